"""Whether a project is whole: SQLite's own check, the hash chain of every frame, and every row against its history.

SQLite sees damage to its pages but not to what lies in them. So each history row carries a hash over its predecessor's,
and each row must be what its history says: an instance that a transaction wrote equals its newest entry; rows that a
bulk change wrote (an import stores them once, not again in the history) hash to the digest that the change noted.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from annotator.errors import StoreError
from annotator.jobs import Job
from annotator.model.frame import FrameKey
from annotator.store import sqlite
from annotator.store.change import PROJECT_KEY
from annotator.store.digest import (
    FRAME_CONTENT,
    INSTANCE_CONTENT,
    NO_HASH,
    PREDICTION_CONTENT,
    chain_hash,
    header_bytes,
    project_seed,
    run_digest,
)
from annotator.store.fold import FrameRows, HistoryEntry, frame_problems, project_problems
from annotator.store.location import take_place
from annotator.store.project import Project
from annotator.store.sqlite import Connection

_SHOWN_OF_A_KIND = 20
# A damaged page can give a number where text belongs, and the other way round.
_DAMAGE = (sqlite.Error, ValueError, TypeError, LookupError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be.

    Attributes:
        kind: "file", "history", "frame", "instance", "prediction", "skeleton", "settings", "run" or "picture".
        sentence: what is wrong, to show.
        frame: where, or None.
    """

    kind: str
    sentence: str
    frame: FrameKey | None = None


def check_project(project: Project | Path, job: Job | None = None) -> list[Finding]:
    """Check a project, open or not, on disk; many findings of one kind are cut short.

    Raises:
        StoreError: the file is so damaged, or so foreign, that it cannot be opened.
        JobCancelled: the job was cancelled.
    """
    with _connection(project) as connection:
        # What is damaged is to be compared, not to be refused by the decoder.
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        return _cut_short(_findings(connection, job or Job()))


def chain_findings(connection: Connection) -> list[Finding]:
    """Return what SQLite's check and the hash chains alone find: quick, and enough for a fresh copy."""
    findings = list(_file_findings(connection))
    if findings:
        return findings
    try:
        seed = _project_seed(connection)
        for frame, rows in groupby(_history(connection), itemgetter(0)):
            _, findings_of_frame = _chain(frame, rows, seed)
            findings += findings_of_frame
    except _DAMAGE as error:
        findings.append(Finding("file", f"the history cannot be read: {error}"))
    return _cut_short(findings)


@contextmanager
def _connection(project: Project | Path) -> Iterator[Connection]:
    if isinstance(project, Project):
        project.flush()
        with closing(project.connect()) as connection:
            yield connection
        return
    place = take_place(project, read_only=True, allow_network=True)
    try:
        with closing(place.connect(read_only=True)) as connection:
            yield connection
    finally:
        place.release()


def _findings(connection: Connection, job: Job) -> Iterator[Finding]:
    damage = list(_file_findings(connection))
    yield from damage
    if damage:
        return  # pages that point to each other can be walked for ever
    try:
        connection.execute("BEGIN")  # one snapshot for all cursors
        yield from _content_findings(connection, job)
    except _DAMAGE as error:
        yield Finding("file", f"the rest of the file cannot be read: {error}")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _file_findings(connection: Connection) -> Iterator[Finding]:
    try:
        for (text,) in connection.execute("PRAGMA integrity_check(20)").fetchall():
            if text != "ok":
                yield Finding("file", f"the file is damaged: {text}")
                return
        for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(_SHOWN_OF_A_KIND):
            yield Finding("file", f"a row of {table} names a row of {parent} that does not exist")
    except _DAMAGE as error:
        yield Finding("file", f"the file is damaged: {error}")


def _content_findings(connection: Connection, job: Job) -> Iterator[Finding]:
    seed = _project_seed(connection)
    skeletons = dict(connection.execute("SELECT uid, id FROM skeleton"))
    histories = _Grouped(_history(connection))
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
        history, findings = _chain(key, histories.take(key), seed)
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


def _project_seed(connection: Connection) -> bytes:
    row = connection.execute("SELECT uid, created_ms FROM project").fetchone()
    if row is None:
        raise StoreError("the project's own row is missing: restore a backup")
    return project_seed(*row)


def _history(connection: Connection) -> Iterator[Any]:
    return iter(
        connection.execute(
            "SELECT h.frame, h.revision, h.before, h.after, h.hash, c.bulk, "
            "c.uid, c.name, c.kind, c.bulk, m.name, c.client_ms, c.undoes, c.version "
            "FROM change_frame h LEFT JOIN change c ON c.id = h.change LEFT JOIN member m ON m.id = c.member "
            "ORDER BY h.frame, h.revision"
        )
    )


def _chain(key: FrameKey, rows: Iterator[Any], seed: bytes) -> tuple[list[HistoryEntry], list[Finding]]:
    """Verify the hashes of one frame and return its history; after the first break nothing can be trusted."""
    entries: list[HistoryEntry] = []
    previous = NO_HASH if key != PROJECT_KEY else seed
    where = "the project's own history" if key == PROJECT_KEY else f"the history of frame {key}"
    for expected, row in enumerate(rows, 1):
        revision, before, after, stored = row[1:5]
        if revision != expected:
            return entries, [Finding("history", f"{where} lacks its revision {expected}", key or None)]
        digest = chain_hash(previous, header_bytes(*row[6:]), key, revision, before, after)
        if digest != stored:
            name = row[7] or "a change"
            return entries, [Finding("history", f"{where} is damaged at revision {revision} ({name})", key or None)]
        entries.append(HistoryEntry(revision, before, after, bool(row[5])))
        previous = digest
    return entries, []


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


def _cut_short(findings: Iterator[Finding] | list[Finding]) -> list[Finding]:
    shown: list[Finding] = []
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.kind] = counts.get(finding.kind, 0) + 1
        if counts[finding.kind] <= _SHOWN_OF_A_KIND:
            shown.append(finding)
    shown += [
        Finding(kind, f"and {count - _SHOWN_OF_A_KIND} more of this kind")
        for kind, count in counts.items()
        if count > _SHOWN_OF_A_KIND
    ]
    return shown
