"""The end of a bulk change: its rows are switched on and off, read back, linked to the history and counted."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotator.errors import StoreError
from annotator.model.frame import FrameKey
from annotator.store.change import PROJECT_KEY
from annotator.store.codec import BulkRecord, encode_records
from annotator.store.counters import count_frames, pages
from annotator.store.digest import (
    FRAME_CONTENT,
    INSTANCE_CONTENT,
    NO_HASH,
    PREDICTION_CONTENT,
    SIZE,
    chain_hash,
    frame_bytes,
    instance_bytes,
    prediction_bytes,
)
from annotator.store.recorder import Begun
from annotator.store.sqlite import Connection


@dataclass(slots=True)
class FrameWork:
    """What one bulk change does to one frame.

    Attributes:
        instances_on, predictions_on: ids of rows that are there from now on.
        instances_off, predictions_off: ids of rows to remove.
        begun_on, begun_off: the frame moved to "in progress", or back.
        expected: digest of the rows to switch off, when this inverts what switched them on.
    """

    frame_on: bool = False
    frame_off: bool = False
    instances_on: list[int] = field(default_factory=list)
    instances_off: list[int] = field(default_factory=list)
    predictions_on: list[int] = field(default_factory=list)
    predictions_off: list[int] = field(default_factory=list)
    begun_on: bool = False
    begun_off: bool = False
    expected: bytes = b""


Work = Mapping[FrameKey, FrameWork]


def settle(connection: Connection, work: Work, begun: Begun, *, is_inverse: bool) -> None:
    """Switch rows on and off, read everything back, link the history and count.

    Args:
        connection: inside the change's SQL transaction.
        work: what the change does, by frame.
        begun: the change.
        is_inverse: it takes back another bulk change, or brings it back.

    Raises:
        StoreError: what was read back is not what was written.
    """
    touched = sorted(work)
    _switch(connection, work)
    if is_inverse:
        check_single(connection, (key for key, one in work.items() if one.frame_on))
    _begin_frames(connection, work, is_inverse)
    _link(connection, work, touched, begun)
    _recount(connection, touched)


def check_single(connection: Connection, keys: Iterable[FrameKey]) -> None:
    """Refuse a picture that is in the project twice.

    Raises:
        StoreError: one of `keys` shows what another frame shows already.
    """
    for page in pages(list(keys)):
        marks = ",".join("?" * len(page))
        twin = connection.execute(
            "SELECT m.path FROM frame f JOIN frame g ON g.media = f.media AND g.number = f.number AND g.id <> f.id "
            "AND g.deleted = 0 JOIN media m ON m.id = f.media "
            f"WHERE f.deleted = 0 AND f.id IN ({marks}) LIMIT 1",
            page,
        ).fetchone()
        if twin:
            raise StoreError(f"{twin[0]} is in the project already: each picture can be added once")


def digests_of(connection: Connection, work: Work, instances: str, predictions: str) -> dict[FrameKey, bytes]:
    """Read the listed rows back from the database and hash them per frame.

    Args:
        connection: inside the change's SQL transaction.
        work: what the change does.
        instances, predictions: names of the lists.

    Raises:
        StoreError: a row that was written is not there.
    """
    expected = count = 0
    digests: dict[FrameKey, Any] = {}
    for table, columns, name, encode in (
        ("instance", INSTANCE_CONTENT, instances, instance_bytes),
        ("prediction", PREDICTION_CONTENT, predictions, prediction_bytes),
    ):
        ids = sorted(ids_of(work, name))
        expected += len(ids)
        for row in _rows_by_id(connection, f"SELECT {columns} FROM {table}", "id", ids):
            count += 1
            frame = row[1]
            if frame not in digests:
                digests[frame] = hashlib.blake2b(digest_size=SIZE)
            digests[frame].update(encode(row))
    _check_read_back(count, expected)
    return {frame: digest.digest() for frame, digest in digests.items()}


def ids_of(work: Work, name: str) -> Iterator[int]:
    """Yield the ids of all lists of that name."""
    return (id_ for one in work.values() for id_ in getattr(one, name))


def _switch(connection: Connection, work: Work) -> None:
    removed = [key for key, one in work.items() if one.frame_off]
    added = [key for key, one in work.items() if one.frame_on]
    for table, on, off in (
        ("instance", ids_of(work, "instances_on"), ids_of(work, "instances_off")),
        ("prediction", ids_of(work, "predictions_on"), ids_of(work, "predictions_off")),
        ("frame", added, removed),
    ):
        run = connection.executemany
        run(f"UPDATE {table} SET deleted = 0 WHERE id = ? AND deleted = 1", ((id_,) for id_ in on))
        run(f"UPDATE {table} SET deleted = 1 WHERE id = ?", ((id_,) for id_ in off))


def _begin_frames(connection: Connection, work: Work, is_inverse: bool) -> None:
    """Move new frames that got an instance to "in progress", or back when that is undone.

    Only frames that really move are noted, so that the history can be followed in either direction.
    """
    if is_inverse:
        may_begin = [key for key, one in work.items() if one.begun_on]
        may_end = [key for key, one in work.items() if one.begun_off]
    else:
        may_begin, may_end = [key for key, one in work.items() if one.instances_on], []
    begun, ended = _in_state(connection, "new", may_begin), _in_state(connection, "in progress", may_end)
    for key, one in work.items():
        one.begun_on, one.begun_off = key in begun, key in ended
    for state, keys in (("in progress", begun), ("new", ended)):
        connection.executemany("UPDATE frame SET state = ? WHERE id = ?", [(state, key) for key in keys])


def _in_state(connection: Connection, state: str, keys: Sequence[FrameKey]) -> set[FrameKey]:
    found: set[FrameKey] = set()
    for page in pages(keys):
        marks = ",".join("?" * len(page))
        sql = f"SELECT id FROM frame WHERE state = ? AND id IN ({marks})"
        found.update(key for (key,) in connection.execute(sql, (state, *page)))
    return found


def _link(connection: Connection, work: Work, touched: Sequence[FrameKey], begun: Begun) -> None:
    digests = digests_of(connection, work, "instances_on", "predictions_on")
    frame_digests = _frame_digests(connection, work)
    chains = _chains(connection, touched)

    def rows() -> Iterator[tuple[int, int, int, bytes, bytes, bytes]]:
        for key in touched:
            one = work[key]
            record = BulkRecord(
                one.frame_on,
                one.frame_off,
                tuple(one.instances_on),
                tuple(one.instances_off),
                tuple(one.predictions_on),
                tuple(one.predictions_off),
                digests.get(key, b""),
                one.begun_on,
                one.begun_off,
                frame_digests.get(key, b""),
            )
            after = encode_records([record])
            revision, previous = chains.get(key, (0, NO_HASH))
            revision += 1
            digest = chain_hash(previous, begun.header, key, revision, b"", after)
            yield key, revision, begun.row, b"", after, digest

    connection.executemany(
        "INSERT INTO change_frame (frame, revision, change, before, after, hash) VALUES (?,?,?,?,?,?)", rows()
    )


def _chains(connection: Connection, touched: Sequence[FrameKey]) -> dict[FrameKey, tuple[int, bytes]]:
    """Return the end of each frame's chain; frames made by this change have none yet."""
    found: dict[FrameKey, tuple[int, bytes]] = {}
    for page in pages(touched):
        marks = ",".join("?" * len(page))
        sql = f"SELECT frame, max(revision), hash FROM change_frame WHERE frame IN ({marks}) GROUP BY frame"
        found.update((key, (revision, bytes(digest))) for key, revision, digest in connection.execute(sql, page))
    return found


def _frame_digests(connection: Connection, work: Work) -> dict[FrameKey, bytes]:
    """Read the frames switched on back from the database and hash each."""
    keys = sorted(key for key, one in work.items() if one.frame_on)
    select = f"SELECT {FRAME_CONTENT} FROM frame f JOIN media m ON m.id = f.media JOIN root r ON r.id = m.root"
    digests = {
        row[0]: hashlib.blake2b(frame_bytes(row), digest_size=SIZE).digest()
        for row in _rows_by_id(connection, select, "f.id", keys)
    }
    _check_read_back(len(digests), len(keys))
    return digests


def _recount(connection: Connection, touched: Sequence[FrameKey]) -> None:
    """Set the counters and the revision of the touched frames from their live rows."""
    totals = count_frames(connection, touched)
    connection.executemany(
        "UPDATE frame SET instances = ?, decided = ?, keypoints = ?, predictions = ?, "
        "revision = (SELECT max(c.revision) FROM change_frame c WHERE c.frame = frame.id) WHERE id = ?",
        (
            (totals[key].instances, totals[key].decided, totals[key].keypoints, totals[key].predictions, key)
            for key in touched
            if key != PROJECT_KEY
        ),
    )


def _rows_by_id(connection: Connection, select: str, id_column: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a SELECT by ascending id; consecutive ids are read as ranges."""
    if not ids:
        return
    wanted = np.asarray(ids, np.int64)
    breaks = np.flatnonzero(np.diff(wanted) != 1) + 1
    starts = np.concatenate([[0], breaks])
    ends = np.concatenate([breaks, [len(wanted)]])
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield from connection.execute(
            f"{select} WHERE {id_column} BETWEEN ? AND ? ORDER BY {id_column}",
            (int(wanted[start]), int(wanted[end - 1])),
        )


def _check_read_back(count: int, expected: int) -> None:
    if count != expected:
        raise StoreError(f"{count} of {expected} rows were read back: nothing was changed; try again")
