"""Reads cost the same in a project of ten frames and of a million: the key leads, no index is walked and sorted."""

import pytest

from annotator.store.reader import FrameFilter


@pytest.mark.parametrize(
    "read",
    [
        lambda reader: reader.frame_keys(limit=100),
        lambda reader: reader.frame_keys(FrameFilter.PREDICTED, limit=100),
        lambda reader: reader.frame_keys(text="a", limit=100),
        lambda reader: reader.neighbour(1, 1),
        lambda reader: reader.neighbour(1, -1),
        lambda reader: reader.next_undecided(1, 1),
        lambda reader: reader.summaries(list(range(1, 30))),
        lambda reader: list(reader.frames()),
        lambda reader: reader.content(1),
    ],
    ids=["all", "predicted", "by name", "next", "previous", "next to decide", "rows", "every frame", "one frame"],
)
def test_frames_are_found_by_their_key(project, read):
    connection = project.reader.connection
    statements = []
    connection.set_trace_callback(statements.append)
    read(project.reader)
    connection.set_trace_callback(None)

    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statements[0]}")]

    assert plan[0].startswith(("SEARCH f USING INTEGER PRIMARY KEY", "SEARCH frame USING INTEGER PRIMARY KEY"))
    assert not [step for step in plan if "TEMP B-TREE" in step]
