"""New frames that come in together with their instances are what they would be, added one by one."""

import tempfile
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from store_values import dump, dump_of_file

from annotator.errors import StoreError
from annotator.model.frame import Frame, FrameState
from annotator.model.ids import new_ids
from annotator.model.instance import Instance, Source
from annotator.model.skeleton import skeleton_from_names
from annotator.store.batch import FrameBatch, InstanceBatch
from annotator.store.integrity import check_project
from annotator.store.project import Project, create_project, open_project

BIRD = skeleton_from_names("bird", "Bird", ["beak", "left_wing", "right_wing"])
FISH = skeleton_from_names("fish", "Fish", ["fin"])

coordinates = st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, np.nan, 1e300, 5e-324])
texts = st.sampled_from(["", "", '{"id":1}', "O'Brien", "ü\n", "nul\0", "🦑"])


@st.composite
def labels(draw: st.DrawFn) -> tuple[list[Frame], list[tuple[int, Instance]]]:
    """Draw frames, and instances with the number of their frame, in order of their ids and frames."""
    count = draw(st.integers(1, 4))
    of = sorted(draw(st.lists(st.integers(0, count - 1), max_size=6)))
    instances = []
    shared = draw(texts)
    for n, id_ in zip(of, new_ids(len(of)) if of else (), strict=True):
        skeleton = draw(st.sampled_from([BIRD, FISH]))
        k = len(skeleton)
        box = draw(st.none() | st.tuples(*(st.floats(-100, 100),) * 4))
        instance = Instance(
            id_,
            skeleton.id,
            np.array(draw(st.lists(st.tuples(coordinates, coordinates), min_size=k, max_size=k))),
            np.array(draw(st.lists(st.integers(0, 3), min_size=k, max_size=k)), np.uint8),
            box,
            box is not None,
            draw(texts),
            draw(st.sampled_from([Source.IMPORT, Source.PERSON])),
            draw(st.integers(0, 2)),
            draw(st.booleans()),
            shared,
            draw(texts),
            draw(texts),
        )
        instances.append((n, instance))
    frames = [
        Frame(
            key,
            "pictures",
            f"{n}.png",
            width=draw(st.integers(0, 9)),
            height=draw(st.integers(0, 9)),
            orientation=draw(st.integers(1, 8)),
            state=FrameState.IN_PROGRESS if n in of else FrameState.NEW,
            extra=draw(texts),
        )
        for n, key in enumerate(new_ids(count))
    ]
    return frames, instances


def frame_batch(frames: list[Frame]) -> FrameBatch:
    columns = ("path", "width", "height", "orientation", "state", "extra")
    return FrameBatch(
        "pictures",
        np.array([frame.key for frame in frames], np.int64),
        *([getattr(frame, name) for frame in frames] for name in columns),
    )


def batches(frames: list[Frame], instances: list[tuple[int, Instance]]) -> list[InstanceBatch]:
    """Return the instances as columns, one batch to a skeleton."""
    found = []
    for skeleton in (BIRD, FISH):
        mine = [(frames[n].key, instance) for n, instance in instances if instance.skeleton_id == skeleton.id]
        if not mine:
            continue
        each = [instance for _, instance in mine]
        found.append(
            InstanceBatch(
                skeleton.id,
                np.array([key for key, _ in mine], np.int64),
                np.array([instance.id for instance in each], np.int64),
                np.stack([instance.points for instance in each]),
                np.stack([instance.visibility for instance in each]),
                np.array([instance.box or (np.nan,) * 4 for instance in each], float),
                np.array([instance.box_by_hand for instance in each]),
                np.array([instance.crowd for instance in each]),
                [str(instance.source) for instance in each],
                *([getattr(i, name) for i in each] for name in ("run", "track", "attributes", "note", "extra")),
            )
        )
    return found


def project_in(folder: str, name: str) -> Project:
    return create_project(Path(folder) / name, [BIRD, FISH], name="p", member="ann")


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(labels())
def test_added_together_or_one_by_one_the_rows_are_the_same(values) -> None:
    frames, instances = values
    with tempfile.TemporaryDirectory() as folder:
        with project_in(folder, "together") as project:
            empty = dump(project)
            project.bulk("Import", lambda bulk: bulk.add_labeled_frames(frame_batch(frames), batches(*values)))
            together = dump(project)
        with project_in(folder, "singly") as project:
            with project.transaction("Add pictures") as transaction:
                transaction.add_frames(replace(frame, state=FrameState.NEW) for frame in frames)
            for n, instance in instances:
                with project.transaction("Add instance") as transaction:
                    transaction.add(frames[n].key, instance)
            project.flush()
            singly = dump(project)

        paths = [Path(folder) / f"{name}.annotator" for name in ("together", "singly")]
        assert together == singly
        assert dump_of_file(paths[0]) == dump_of_file(paths[1])
        assert [check_project(path) for path in paths] == [[], []]
        with open_project(paths[0], member="ann") as project:
            assert dump(project) == singly
            project.undo()
            assert dump(project) == empty


def test_an_instance_of_no_frame_of_the_batch_is_refused_and_nothing_stays(tmp_path) -> None:
    frames = [Frame(key, "pictures", f"{n}.png") for n, key in enumerate(new_ids(2))]
    (id_,) = new_ids(1)
    instance = Instance(id_, "fish", np.zeros((1, 2)), np.ones(1, np.uint8))
    labeled = batches(frames, [(1, instance)])
    with project_in(str(tmp_path), "p") as project:
        with pytest.raises(StoreError, match="not among the new ones"):
            project.bulk("Import", lambda bulk: bulk.add_labeled_frames(frame_batch(frames[:1]), labeled))

        assert project.frame_keys() == []
        assert project.undo_name == ""
    assert check_project(tmp_path / "p.annotator") == []
