"""Whether a project is whole: SQLite's own check, the hash chain of every frame, and every row against its history.

SQLite sees damage to its pages but not to what lies in them. So each history row carries a hash over its predecessor's,
and each row must be what its history says: an instance that a transaction wrote equals its newest entry; rows that a
bulk change wrote (an import stores them once, not again in the history) hash to the digest that the change noted.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from annotator.jobs import Job
from annotator.model.frame import FrameKey
from annotator.store.chain import (
    Finding,
    cut_short,
    file_findings,
    header_of,
    history_rows,
    seed_of,
    verify_chain,
)
from annotator.store.change import PROJECT_KEY
from annotator.store.damage import DAMAGE
from annotator.store.digest import FRAME_CONTENT, INSTANCE_CONTENT, PREDICTION_CONTENT, run_digest
from annotator.store.fold import FrameRows, frame_problems, project_problems
from annotator.store.opening import open_place
from annotator.store.project import Project
from annotator.store.sqlite import Connection


def check_project(project: Project | Path, job: Job | None = None) -> list[Finding]:
    """Check a project, open or not, on disk; many findings of one kind are cut short.

    Raises:
        StoreError: the file is so damaged, or so foreign, that it cannot be opened.
        JobCancelled: the job was cancelled.
    """
    with _connection(project) as connection:
        # What is damaged is to be compared, not to be refused by the decoder.
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        return cut_short(_findings(connection, job or Job()))


@contextmanager
def _connection(project: Project | Path) -> Iterator[Connection]:
    if isinstance(project, Project):
        project.flush()
        with closing(project.connect()) as connection:
            yield connection
        return
    place = open_place(project, read_only=True, allow_network=True)
    try:
        with closing(place.connect(read_only=True)) as connection:
            yield connection
    finally:
        place.release()


def _findings(connection: Connection, job: Job) -> Iterator[Finding]:
    damage = list(file_findings(connection))
    yield from damage
    if damage:
        return  # pages that point to each other can be walked for ever
    try:
        connection.execute("BEGIN")  # one snapshot for all cursors
        yield from _content_findings(connection, job)
    except DAMAGE as error:
        yield Finding("file", f"the rest of the file cannot be read: {error}")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _content_findings(connection: Connection, job: Job) -> Iterator[Finding]:
    seed = seed_of(connection)
    header = lru_cache(1000)(partial(header_of, connection))
    skeletons = dict(connection.execute("SELECT uid, id FROM skeleton"))
    histories = _Grouped(history_rows(connection))
    frames = _Grouped(
        connection.execute(
            f"SELECT {FRAME_CONTENT}, f.deleted, f.revision, f.instances, f.decided, f.keypoints, f.predictions "
            "FROM frame f LEFT JOIN media m ON m.id = f.media LEFT JOIN root r ON r.id = m.root ORDER BY f.id"
        )
    )
    instances = _Grouped(
        connection.execute(f"SELECT frame, deleted, revision, {INSTANCE_CONTENT} FROM instance ORDER BY frame, id")
    )
    predictions = _Grouped(
        connection.execute(f"SELECT frame, deleted, revision, {PREDICTION_CONTENT} FROM prediction ORDER BY frame, id")
    )
    total = connection.execute("SELECT count(*) FROM frame").fetchone()[0]
    streams = (histories, frames, instances, predictions)
    done = 0
    while (key := min((stream.key for stream in streams if stream.key is not None), default=None)) is not None:
        job.check()
        history, findings = verify_chain(key, histories.take(key), seed, header)
        yield from findings
        rows = FrameRows(frames.take(key), instances.take(key), predictions.take(key))
        if findings:
            continue  # a broken history says nothing about the rows
        if key == PROJECT_KEY:
            settings = connection.execute("SELECT settings, revision FROM project").fetchone()
            stored = connection.execute("SELECT uid, definition, slots, deleted FROM skeleton ORDER BY id").fetchall()
            problems = project_problems(history, settings, stored)
        else:
            problems = frame_problems(key, history, rows, skeletons)
        yield from (Finding(kind, sentence, key or None) for kind, sentence in problems)
        done += 1
        job.report(done, max(total, done), "Check")
    yield from _lone_rows(connection)
    job.report(1, 1, "Check")


def _lone_rows(connection: Connection) -> Iterator[Finding]:
    """Check what belongs to no single frame."""
    for row in connection.execute("SELECT id, model, hash, parameters, member, started_ms, digest FROM run"):
        if run_digest(*row[:6]) != row[6]:
            yield Finding("run", f"the note of the model run {row[0]} ({row[1]}) is damaged")
    for uid, name in connection.execute(
        "SELECT uid, name FROM change c WHERE NOT EXISTS (SELECT 1 FROM change_frame h WHERE h.change = c.id)"
    ):
        yield Finding("history", f"the change {name!r} ({uid}) says nothing of what it changed")
    for (path,) in connection.execute(
        "SELECT path FROM media m WHERE NOT EXISTS (SELECT 1 FROM frame f WHERE f.media = m.id)"
    ):
        yield Finding("picture", f"{path} has no frame")
    for key, path in connection.execute(
        "SELECT f.id, m.path FROM frame f JOIN frame g ON g.media = f.media AND g.number = f.number AND g.id < f.id "
        "AND g.deleted = 0 JOIN media m ON m.id = f.media WHERE f.deleted = 0"
    ):
        yield Finding("picture", f"{path} is in the project twice", key)


class _Grouped:
    """A cursor that is sorted by its first column, taken group by group."""

    def __init__(self, cursor: Iterator[Any]) -> None:
        self._cursor = iter(cursor)
        self._next = next(self._cursor, None)

    @property
    def key(self) -> FrameKey | None:
        return None if self._next is None else int(self._next[0])

    def take(self, key: FrameKey) -> Iterator[Any]:
        """Yield the rows of `key`, which must be the lowest key left."""
        rows = []
        while self._next is not None and self._next[0] == key:
            rows.append(self._next)
            self._next = next(self._cursor, None)
        return iter(rows)
