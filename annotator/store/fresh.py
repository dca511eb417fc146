"""New frames together with their new instances: what an import writes, column by column and in one pass.

Nothing is known of these frames yet, so nothing has to be looked up, switched on or counted afterwards: rows,
counters and the first link of each frame's history are written at once, and every instance is read back.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.errors import StoreError
from annotator.store.batch import FrameBatch, InstanceBatch
from annotator.store.codec import KEYPOINT, BulkRecord, StoredSkeleton, encode_record_each
from annotator.store.digest import INSTANCE_CONTENT, SIZE, first_hashes, rows_bytes
from annotator.store.insert import Shared, insert_columns, literal, shared_values
from annotator.store.recorder import Begun, Recorder

_CHUNK = 2048  # frames
_COLUMNS = tuple(INSTANCE_CONTENT.split(", "))
_MAY_BE_SHARED = ("skeleton", "by_hand", "crowd", "source", "run", "track", "attributes", "note")
_BLANK = np.array([(np.nan, np.nan, 0)], KEYPOINT)

Table = dict[str, list[Any]]
"""Columns by name."""


@dataclass(frozen=True, slots=True, eq=False)
class _Poses:
    """The instances of a chunk, in the order of their ids, which is also the order of their frames.

    Attributes:
        table: columns of `INSTANCE_CONTENT`.
        contents: each row's canonical bytes.
        instances, decided, keypoints: counters, one for each frame of the chunk.
    """

    table: Table
    contents: list[bytes]
    instances: NDArray[np.int64]
    decided: NDArray[np.int64]
    keypoints: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.contents)


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

    def write(self) -> None:
        """Write everything.

        Raises:
            StoreError: a picture is in the project already, or a row read back is not the one written.
        """
        written = 0
        parts = [slice(start, min(start + _CHUNK, len(self._frames))) for start in range(0, len(self._frames), _CHUNK)]
        with ThreadPoolExecutor(1) as ahead:  # the next chunk is prepared while SQLite writes this one
            prepared = [ahead.submit(self._prepared, part) for part in parts[:1]]
            for part, following in zip(parts, [*parts[1:], None], strict=True):
                poses, history = prepared.pop().result()
                if following is not None:
                    prepared.append(ahead.submit(self._prepared, following))
                written += self._write_chunk(part, poses, history)
        if written != sum(len(batch) for batch, _ in self._batches):
            raise StoreError("an instance belongs to a frame that is not among the new ones: nothing was changed")

    def _prepared(self, part: slice) -> tuple[_Poses, Table]:
        """Return the instances of a chunk and the first history row of each frame; it reads nothing but columns."""
        keys = self._frames.keys[part]
        poses = self._poses(keys)
        return poses, self._history(keys.tolist(), self._frame_contents(part), poses)

    def _write_chunk(self, part: slice, poses: _Poses, history: Table) -> int:
        self._insert_frames(part, poses)
        if len(poses):
            self._insert_instances(poses.table)
        shared: Shared = {"revision": 1, "change": self._begun.row, "before": b""}
        insert_columns(self._connection, "change_frame", history, shared)
        return len(poses)

    def _frame_contents(self, part: slice) -> list[bytes]:
        """Return the canonical bytes of each frame."""
        frames, count = self._frames, part.stop - part.start
        return rows_bytes(
            zip(
                frames.keys[part].tolist(),
                [frames.root] * count,
                frames.paths[part],
                [0] * count,
                frames.widths[part],
                frames.heights[part],
                frames.orientations[part],
                frames.states[part],
                ["[]"] * count,
                [""] * count,
                [""] * count,
                frames.extras[part],
                strict=True,
            )
        )

    def _insert_frames(self, part: slice, poses: _Poses) -> None:
        frames = self._frames
        keys, paths = frames.keys[part].tolist(), frames.paths[part]
        media = {"id": keys, "path": paths}
        inserted = insert_columns(self._connection, "media", media, {"root": self._root}, "ON CONFLICT DO NOTHING")
        columns = {
            "id": keys,
            "width": frames.widths[part],
            "height": frames.heights[part],
            "orientation": frames.orientations[part],
            "state": frames.states[part],
            "extra": frames.extras[part],
            "instances": poses.instances.tolist(),
            "decided": poses.decided.tolist(),
            "keypoints": poses.keypoints.tolist(),
            "media": keys if inserted == len(keys) else self._known_media(paths),
        }
        shared: Shared = {"number": 0, "tags": "[]", "split": "", "note": "", "revision": 1}
        insert_columns(self._connection, "frame", columns, shared)

    def _known_media(self, paths: Sequence[str]) -> list[int]:
        """Return the media of frames, some of which the project had before and removed."""
        media: list[int] = []
        taken: set[int] = set()
        for path in paths:
            medium, live = self._connection.execute(
                "SELECT m.id, (SELECT count(*) FROM frame f WHERE f.media = m.id AND f.number = 0 AND f.deleted = 0) "
                "FROM media m WHERE m.root = ? AND m.path = ?",
                (self._root, path),
            ).fetchone()
            if live or medium in taken:
                raise StoreError(f"{path} is in the project already: each picture can be added once")
            media.append(medium)
            taken.add(medium)
        return media

    def _poses(self, keys: NDArray[np.int64]) -> _Poses:
        counters = np.zeros((3, len(keys)), np.int64)
        table: Table = {name: [] for name in _COLUMNS}
        known: list[bytearray] = []
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
            blobs = _blobs(packed)
            for name, column in _columns_of(batch, stored, part, blobs).items():
                table[name] += column
            step = packed.shape[1] * KEYPOINT.itemsize
            sizes = _known_bytes(packed).tolist()
            known += [blob if size == step else blob[:size] for blob, size in zip(blobs, sizes, strict=True)]
        if len(self._batches) > 1:
            order = np.argsort(np.array(table["id"], np.int64)).tolist()
            table = {name: [column[n] for n in order] for name, column in table.items()}
            known = [known[n] for n in order]
        contents = rows_bytes(zip(*(table | {"keypoints": known}).values(), strict=True))
        return _Poses(table, contents, *counters)

    def _insert_instances(self, table: Table) -> None:
        """Insert rows and compare every value with what the database gives back.

        Raises:
            StoreError: they differ.
        """
        shared = shared_values({name: table[name] for name in _MAY_BE_SHARED})
        varying = {name: column for name, column in table.items() if name not in shared}
        insert_columns(self._connection, "instance", varying, shared)
        same = "".join(f" AND {name} = {literal(value)}" for name, value in shared.items())
        found = self._connection.execute(
            f"SELECT {', '.join(varying)} FROM instance WHERE id BETWEEN ? AND ?{same} ORDER BY id",
            (table["id"][0], table["id"][-1]),
        ).fetchall()
        if found != list(zip(*varying.values(), strict=True)):
            raise StoreError("what was written is not what was read back: nothing was changed; check the disk")

    def _history(self, keys: list[int], frames: list[bytes], poses: _Poses) -> Table:
        """Return the first history row of each frame."""
        ids, contents = poses.table["id"], poses.contents
        ends = np.cumsum(poses.instances).tolist()
        spans = list(zip([0, *ends], ends, strict=False))
        digests = [
            blake2b(b"".join(contents[start:end]), digest_size=SIZE).digest() if end > start else b""
            for start, end in spans
        ]
        frame_digests = [blake2b(content, digest_size=SIZE).digest() for content in frames]
        after = encode_record_each(
            BulkRecord(True, False, tuple(ids[start:end]), (), (), (), digest, False, False, frame_digest)
            for (start, end), digest, frame_digest in zip(spans, digests, frame_digests, strict=True)
        )
        hashes = first_hashes(self._begun.header, keys, after)
        return {"frame": keys, "after": list(map(bytearray, after)), "hash": list(map(bytearray, hashes))}


def _columns_of(batch: InstanceBatch, stored: StoredSkeleton, part: slice, blobs: list[bytearray]) -> Table:
    """Return columns of `INSTANCE_CONTENT`."""
    boxes = batch.boxes[part] + 0.0  # SQLite knows no sign of zero
    sides: list[list[Any]] = boxes.T.tolist()
    for n in np.flatnonzero(~np.isfinite(boxes).all(axis=1)).tolist():
        for side in sides:
            side[n] = None
    values = (
        batch.ids[part].tolist(),
        batch.frames[part].tolist(),
        [stored.row] * len(blobs),
        blobs,
        *sides,
        batch.by_hand[part].astype(np.int64).tolist(),
        batch.crowd[part].astype(np.int64).tolist(),
        batch.sources[part],
        batch.runs[part],
        batch.tracks[part],
        batch.attributes[part],
        batch.notes[part],
        batch.extras[part],
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _blobs(packed: NDArray[np.void]) -> list[bytearray]:
    """Return each row of keypoints as it is stored."""
    text, step = bytearray(packed.tobytes()), packed.shape[1] * KEYPOINT.itemsize
    return [text[k : k + step] for k in range(0, len(text), step)]


def _known_bytes(packed: NDArray[np.void]) -> NDArray[np.int64]:
    """Return for each row of keypoints how many bytes are left without the trailing blank ones."""
    size = KEYPOINT.itemsize
    blank = (packed.view(np.uint8).reshape(*packed.shape, size) == _BLANK.view(np.uint8)).all(axis=2)
    trailing = np.logical_and.accumulate(blank[:, ::-1], axis=1).sum(axis=1)
    known: NDArray[np.int64] = (packed.shape[1] - trailing) * size
    return known
