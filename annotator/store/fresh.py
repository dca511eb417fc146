"""New frames together with their new instances: what an import writes, column by column and in one pass.

Nothing is known of these frames yet, so nothing has to be looked up, switched on or counted afterwards: rows,
counters and the first link of each frame's history are written at once, and every row is read back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import repeat
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.errors import StoreError
from annotator.store.batch import FrameBatch, InstanceBatch
from annotator.store.codec import KEYPOINT, BulkRecord, StoredSkeleton, encode_records
from annotator.store.digest import INSTANCE_CONTENT, NO_HASH, SIZE, chain_hash, frame_bytes, instance_bytes
from annotator.store.recorder import Begun, Recorder

_CHUNK = 2048  # frames
_COLUMNS = tuple(INSTANCE_CONTENT.split(", "))
_MAY_BE_SHARED = (2, 8, 9, 10, 11, 12, 13, 14)  # skeleton, by_hand, crowd, source, run, track, attributes, note
_BLANK = np.array([(np.nan, np.nan, 0)], KEYPOINT)

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows of `INSTANCE_CONTENT` in the order of their ids, which is also the order of their frames.

    Attributes:
        kept: bytes of each row's keypoints without the trailing ones of which nothing is known.
        instances, decided, keypoints: counters, one for each frame of the chunk.
    """

    rows: list[Row]
    kept: list[int]
    instances: NDArray[np.int64]
    decided: NDArray[np.int64]
    keypoints: NDArray[np.int64]


class FreshWriter:
    """Writes one batch of new frames with what is in them.

    Args:
        recorder: of the writer's connection.
        begun: the change.
        frames: new to the project.
        batches: instances of these frames, each sorted by frame and id; over all of them, ids ascend with the frames.
    """

    def __init__(self, recorder: Recorder, begun: Begun, frames: FrameBatch, batches: Sequence[InstanceBatch]) -> None:
        self._recorder = recorder
        self._connection = recorder.connection
        self._begun = begun
        self._frames = frames
        self._root = recorder.root(frames.root)
        self._batches = [(batch, recorder.skeletons[batch.skeleton_id]) for batch in batches if len(batch)]
        self._columns = self._divided_columns()

    def write(self) -> None:
        """Write everything.

        Raises:
            StoreError: a picture is in the project already, or a row read back is not the one written.
        """
        written = 0
        for start in range(0, len(self._frames), _CHUNK):
            written += self._write_chunk(slice(start, min(start + _CHUNK, len(self._frames))))
        if written != sum(len(batch) for batch, _ in self._batches):
            raise StoreError("an instance belongs to a frame that is not among the new ones: nothing was changed")

    def _divided_columns(self) -> tuple[list[int], dict[int, str | int]]:
        """Return which columns of an instance vary, and the values of those that all share: these need no binding."""
        values: dict[int, set[str | int]] = {n: set() for n in _MAY_BE_SHARED}
        for batch, stored in self._batches:
            values[2].add(stored.row)
            for n, column in zip(
                _MAY_BE_SHARED[1:],
                (
                    batch.by_hand.astype(np.int64).tolist(),
                    batch.crowd.astype(np.int64).tolist(),
                    batch.sources,
                    batch.runs,
                    batch.tracks,
                    batch.attributes,
                    batch.notes,
                ),
                strict=True,
            ):
                values[n].update(column)
        shared = {n: found.pop() for n, found in values.items() if len(found) == 1 and "\0" not in str(found)}
        return [n for n in range(len(_COLUMNS)) if n not in shared], shared

    def _write_chunk(self, part: slice) -> int:
        made = self._instance_rows(self._frames.keys[part])
        frames = self._frame_rows(part)
        self._insert_frames(frames, made)
        if made.rows:
            self._insert_instances(made.rows)
        self._connection.executemany(
            "INSERT INTO change_frame (frame, revision, change, before, after, hash) VALUES (?,1,?,x'',?,?)",
            self._history_rows(frames, made),
        )
        return len(made.rows)

    def _frame_rows(self, part: slice) -> list[Row]:
        """Return rows of `FRAME_CONTENT`."""
        frames = self._frames
        return list(
            zip(
                frames.keys[part].tolist(),
                repeat(frames.root),
                frames.paths[part],
                repeat(0),
                frames.widths[part],
                frames.heights[part],
                frames.orientations[part],
                frames.states[part],
                repeat("[]"),
                repeat(""),
                repeat(""),
                frames.extras[part],
            )
        )

    def _insert_frames(self, frames: list[Row], made: _Rows) -> None:
        inserted = self._connection.executemany(
            "INSERT INTO media (id, root, path) VALUES (?,?,?) ON CONFLICT DO NOTHING",
            zip((row[0] for row in frames), repeat(self._root), (row[2] for row in frames)),
        ).rowcount
        media = [row[0] for row in frames] if inserted == len(frames) else self._known_media(frames)
        counters = zip(made.instances.tolist(), made.decided.tolist(), made.keypoints.tolist(), strict=True)
        self._connection.executemany(
            "INSERT INTO frame (id, number, width, height, orientation, state, tags, split, note, extra, instances, "
            "decided, keypoints, media, revision) VALUES (?1,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,1)",
            ((*row, *counts, medium) for row, counts, medium in zip(frames, counters, media, strict=True)),
        )

    def _known_media(self, frames: list[Row]) -> list[int]:
        """Return the media of frames, some of which the project had before and removed."""
        media: list[int] = []
        taken: set[int] = set()
        for row in frames:
            medium, live = self._connection.execute(
                "SELECT m.id, (SELECT count(*) FROM frame f WHERE f.media = m.id AND f.number = 0 AND f.deleted = 0) "
                "FROM media m WHERE m.root = ? AND m.path = ?",
                (self._root, row[2]),
            ).fetchone()
            if live or medium in taken:
                raise StoreError(f"{row[2]} is in the project already: each picture can be added once")
            media.append(medium)
            taken.add(medium)
        return media

    def _instance_rows(self, keys: NDArray[np.int64]) -> _Rows:
        counters = np.zeros((3, len(keys)), np.int64)
        rows: list[Row] = []
        kept: list[int] = []
        for batch, stored in self._batches:
            start, end = np.searchsorted(batch.frames, (keys[0], keys[-1] + 1)).tolist()
            if start == end:
                continue
            part = slice(start, end)
            packed = stored.pack(batch.points[part], batch.visibility[part])
            where = np.searchsorted(keys, batch.frames[part])
            counters[0] += np.bincount(where, minlength=len(keys))
            decided = np.count_nonzero(packed["v"], axis=1)
            counters[1] += np.bincount(where, decided, len(keys)).astype(np.int64)
            counters[2] += np.bincount(where, minlength=len(keys)) * packed.shape[1]
            rows += _rows_of(batch, stored, part, packed)
            kept += _known_bytes(packed).tolist()
        if len(self._batches) > 1:
            order = sorted(range(len(rows)), key=lambda n: rows[n][0])
            rows, kept = [rows[n] for n in order], [kept[n] for n in order]
        return _Rows(rows, kept, *counters)

    def _insert_instances(self, rows: list[Row]) -> None:
        """Insert rows and compare every value with what the database gives back.

        Raises:
            StoreError: they differ.
        """
        varying, shared = self._columns
        values = list(map(itemgetter(*varying), rows))
        names = ", ".join(_COLUMNS[n] for n in varying)
        fixed = "".join(f", {_COLUMNS[n]}" for n in shared)
        marks = ",".join("?" * len(varying))
        literals = "".join(f", {_literal(value)}" for value in shared.values())
        self._connection.executemany(f"INSERT INTO instance ({names}{fixed}) VALUES ({marks}{literals})", values)
        same = "".join(f" AND {_COLUMNS[n]} = {_literal(value)}" for n, value in shared.items())
        found = self._connection.execute(
            f"SELECT {names} FROM instance WHERE id BETWEEN ? AND ?{same} ORDER BY id", (rows[0][0], rows[-1][0])
        ).fetchall()
        if found != values:
            raise StoreError("what was written is not what was read back: nothing was changed; check the disk")

    def _history_rows(self, frames: list[Row], made: _Rows) -> Iterator[tuple[int, int, bytearray, bytearray]]:
        ids = [row[0] for row in made.rows]
        contents = [
            instance_bytes(row if kept == len(row[3]) else (*row[:3], row[3][:kept], *row[4:]))
            for row, kept in zip(made.rows, made.kept, strict=True)
        ]
        header, change = self._begun.header, self._begun.row
        start = 0
        for frame, count in zip(frames, made.instances.tolist(), strict=True):
            key, end = frame[0], start + count
            digest = blake2b(b"".join(contents[start:end]), digest_size=SIZE).digest() if count else b""
            frame_digest = blake2b(frame_bytes(frame), digest_size=SIZE).digest()
            record = BulkRecord(
                frame_on=True, instances_on=tuple(ids[start:end]), digest=digest, frame_digest=frame_digest
            )
            after = encode_records([record])
            link = chain_hash(NO_HASH, header, key, 1, b"", after)
            # The driver looks for an adapter for each bytes object, but takes a bytearray as it is.
            yield key, change, bytearray(after), bytearray(link)
            start = end


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _rows_of(batch: InstanceBatch, stored: StoredSkeleton, part: slice, packed: NDArray[np.void]) -> Iterator[Row]:
    """Yield rows of `INSTANCE_CONTENT`."""
    step = packed.shape[1] * KEYPOINT.itemsize
    # A bytearray is bound several times faster than bytes: the driver looks for an adapter for those.
    text = bytearray(packed.tobytes())
    boxes = batch.boxes[part] + 0.0  # SQLite knows no sign of zero
    has_box = np.isfinite(boxes).all(axis=1)
    columns: list[list[Any]] = boxes.T.tolist()
    if not has_box.all():
        for n in np.flatnonzero(~has_box).tolist():
            for column in columns:
                column[n] = None
    return zip(
        batch.ids[part].tolist(),
        batch.frames[part].tolist(),
        repeat(stored.row),
        (text[k : k + step] for k in range(0, len(text), step)),
        *columns,
        batch.by_hand[part].astype(np.int64).tolist(),
        batch.crowd[part].astype(np.int64).tolist(),
        batch.sources[part],
        batch.runs[part],
        batch.tracks[part],
        batch.attributes[part],
        batch.notes[part],
        batch.extras[part],
    )


def _known_bytes(packed: NDArray[np.void]) -> NDArray[np.int64]:
    """Return for each row of keypoints how many bytes are left without the trailing blank ones."""
    size = KEYPOINT.itemsize
    blank = (packed.view(np.uint8).reshape(*packed.shape, size) == _BLANK.view(np.uint8)).all(axis=2)
    trailing = np.logical_and.accumulate(blank[:, ::-1], axis=1).sum(axis=1)
    known: NDArray[np.int64] = (packed.shape[1] - trailing) * size
    return known
