"""Bulk changes: imports, prelabel runs, deletions of thousands. One change, rows stored once, read back, undoable."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from annotator.errors import StoreError
from annotator.model.frame import Frame, FrameKey
from annotator.model.instance import Prediction
from annotator.model.skeleton import Skeleton
from annotator.store.batch import InstanceBatch
from annotator.store.change import PROJECT_KEY, Change, Entry, Settings
from annotator.store.codec import BulkRecord, decode_records, encode_prediction, encode_records
from annotator.store.history import entries_of_records
from annotator.store.recorder import NO_HASH, FrameTotals, Recorder, chain_hash
from annotator.store.sqlite import Connection

_row_encoder = msgspec.msgpack.Encoder()

INSTANCE_CONTENT = (
    "id, frame, skeleton, keypoints, x, y, width, height, by_hand, crowd, source, run, track, attributes, note, extra"
)
PREDICTION_CONTENT = "id, frame, skeleton, points, scores, x, y, width, height, score, run, instance"


@dataclass(slots=True)
class _FrameWork:
    """What one bulk change does to one frame."""

    frame_on: bool = False
    frame_off: bool = False
    instances_on: list[int] = field(default_factory=list)
    instances_off: list[int] = field(default_factory=list)
    predictions_on: list[int] = field(default_factory=list)
    predictions_off: list[int] = field(default_factory=list)
    begun_on: bool = False
    begun_off: bool = False


class BulkWriter:
    """Fills one bulk change on the writer thread. Nothing of it exists if any step raises."""

    def __init__(self, recorder: Recorder, change: Change, is_change: bool = True) -> None:
        self._recorder = recorder
        self._connection: Connection = recorder.connection
        self._change = change
        self._is_change = is_change
        self._row = recorder.begin(change) if is_change else 0
        self._work: dict[FrameKey, _FrameWork] = defaultdict(_FrameWork)

    @property
    def connection(self) -> Connection:
        """The writing connection, inside the SQL transaction."""
        return self._connection

    def root(self, name: str) -> int:
        """Return the row of a named root, made on first use."""
        return self._recorder.root(name)

    def put_skeleton(self, skeleton: Skeleton) -> None:
        """Add a skeleton to the project as part of this change."""
        known = self._recorder.skeletons.get(skeleton.id)
        self._project_entry(Entry(known.skeleton if known else None, skeleton))

    def set_settings(self, before: Settings, after: Settings) -> None:
        self._project_entry(Entry(before, after))

    def _project_entry(self, entry: Entry) -> None:
        self._recorder.write_frame(self._row, self._change.uid, PROJECT_KEY, [entry], None)

    def keys_of(self, root: str, paths: Iterable[str]) -> dict[str, tuple[FrameKey, bool]]:
        """Return for each known path of a root its frame key and whether the frame is live."""
        row = self._recorder.root(root)
        found: dict[str, tuple[FrameKey, bool]] = {}
        wanted = list(paths)
        for start in range(0, len(wanted), 500):
            page = wanted[start : start + 500]
            marks = ",".join("?" * len(page))
            for path, key, deleted in self._connection.execute(
                f"SELECT m.path, f.id, f.deleted FROM media m JOIN frame f ON f.media = m.id "
                f"WHERE m.root = ? AND f.number = 0 AND m.path IN ({marks})",
                (row, *page),
            ):
                found[path] = (key, not deleted)
        return found

    def add_frames(self, frames: Sequence[Frame]) -> None:
        """Add frames; a removed frame of the same key comes back.

        Raises:
            StoreError: a picture is in the project already.
        """
        self._recorder.put_frames(frames, 1)
        for frame in frames:
            self._work[frame.key].frame_on = True

    def remove_frames(self, keys: Iterable[FrameKey]) -> None:
        for key in keys:
            self._work[key].frame_off = True

    def add_instances(self, batch: InstanceBatch) -> None:
        """Add instances; their frames must exist, their ids must be new."""
        stored = self._recorder.skeletons[batch.skeleton_id]
        blobs = stored.encode_many(batch.points, batch.visibility)
        boxes = batch.boxes.tolist()
        frames, ids = batch.frames.tolist(), batch.ids.tolist()
        by_hand, crowd = batch.by_hand.astype(int).tolist(), batch.crowd.astype(int).tolist()
        none = (None, None, None, None)
        self._connection.executemany(
            "INSERT INTO instance (id, frame, skeleton, keypoints, x, y, width, height, by_hand, crowd, source, run, "
            "track, attributes, note, extra) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                (
                    ids[n],
                    frames[n],
                    stored.row,
                    blobs[n],
                    *(boxes[n] if boxes[n][0] == boxes[n][0] else none),
                    by_hand[n],
                    crowd[n],
                    batch.sources[n],
                    batch.runs[n],
                    batch.tracks[n],
                    batch.attributes[n],
                    batch.notes[n],
                    batch.extras[n],
                )
                for n in range(len(ids))
            ),
        )
        for id_, frame in zip(ids, frames, strict=True):
            self._work[frame].instances_on.append(id_)

    def remove_instances(self, ids: Iterable[tuple[FrameKey, int]]) -> None:
        for frame, id_ in ids:
            self._work[frame].instances_off.append(id_)

    def add_predictions(self, frame: FrameKey, predictions: Sequence[Prediction]) -> None:
        """Add predictions to a frame; their ids must be new."""
        self._connection.executemany(
            "INSERT INTO prediction (id, frame, skeleton, points, scores, x, y, width, height, score, run, instance) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                (
                    prediction.id,
                    frame,
                    self._recorder.skeletons[prediction.skeleton_id].row,
                    *encode_prediction(prediction, self._recorder.skeletons[prediction.skeleton_id]),
                    *prediction.box,
                    prediction.score,
                    prediction.run,
                    prediction.instance_id,
                )
                for prediction in predictions
            ],
        )
        self._work[frame].predictions_on.extend(prediction.id for prediction in predictions)

    def remove_predictions(self, frame: FrameKey, ids: Iterable[int]) -> None:
        self._work[frame].predictions_off.extend(ids)

    def predictions_of_models(self, frame: FrameKey, skeleton_id: str, model: str) -> list[int]:
        """Return the open, untouched predictions that earlier runs of a model left in a frame."""
        stored = self._recorder.skeletons.get(skeleton_id)
        if stored is None:
            return []
        return [
            row[0]
            for row in self._connection.execute(
                "SELECT p.id FROM prediction p JOIN run r ON r.id = p.run WHERE p.frame = ? AND p.deleted = 0 "
                "AND p.instance IS NULL AND p.skeleton = ? AND r.model = ?",
                (frame, stored.row, model),
            )
        ]

    def invert(self, records: Iterable[tuple[FrameKey, bytes, bytes]]) -> None:
        """Take back a bulk change, given its history rows (frame, before, after)."""
        for frame, before, after in records:
            decoded = decode_records(after)
            bulk = decoded[0] if decoded else None
            if not isinstance(bulk, BulkRecord):
                self._invert_entries(frame, before, after)
                continue
            back = bulk.inverted()
            work = self._work[frame]
            work.frame_on, work.frame_off = back.frame_on, back.frame_off
            work.instances_on.extend(back.instances_on)
            work.instances_off.extend(back.instances_off)
            work.predictions_on.extend(back.predictions_on)
            work.predictions_off.extend(back.predictions_off)
            work.begun_on, work.begun_off = back.begun_on, back.begun_off

    def _invert_entries(self, frame: FrameKey, before: bytes, after: bytes) -> None:
        # Only skeletons and settings stand as plain entries inside a bulk change.
        entries = entries_of_records(before, after, self._recorder.skeletons)
        for entry in reversed(entries):
            self._recorder.write_frame(self._row, self._change.uid, frame, [entry.inverted()], None)

    def finish(self) -> None:
        """Switch rows on and off, read everything back, and link the history.

        Raises:
            StoreError: what was read back is not what was written.
        """
        if not self._is_change:
            return
        touched = sorted(self._work)
        self._switch("instance", "instances_on", "instances_off")
        self._switch("prediction", "predictions_on", "predictions_off")
        self._switch_frames()
        self._begin_frames()
        self._link(touched)
        self._recount(touched)

    def _switch(self, table: str, on: str, off: str) -> None:
        run = self._connection.executemany
        run(f"UPDATE {table} SET deleted = 0 WHERE id = ? AND deleted = 1", self._ids(on))
        run(f"UPDATE {table} SET deleted = 1 WHERE id = ?", self._ids(off))

    def _ids(self, name: str) -> Iterator[tuple[int]]:
        return ((id_,) for work in self._work.values() for id_ in getattr(work, name))

    def _switch_frames(self) -> None:
        self._connection.executemany(
            "UPDATE frame SET deleted = 1 WHERE id = ?",
            [(key,) for key, work in self._work.items() if work.frame_off],
        )
        self._connection.executemany(
            "UPDATE frame SET deleted = 0 WHERE id = ? AND deleted = 1",
            [(key,) for key, work in self._work.items() if work.frame_on],
        )

    def _begin_frames(self) -> None:
        """Move new frames that got an instance to "in progress", or back when that is undone."""
        if not self._change.undoes:
            gained = [key for key, work in self._work.items() if work.instances_on]
            for page in pages(gained):
                marks = ",".join("?" * len(page))
                for (key,) in self._connection.execute(
                    f"SELECT id FROM frame WHERE state = 'new' AND id IN ({marks})", page
                ):
                    self._work[key].begun_on = True
        for state, before, keys in (
            ("in progress", "new", [(key,) for key, work in self._work.items() if work.begun_on]),
            ("new", "in progress", [(key,) for key, work in self._work.items() if work.begun_off]),
        ):
            self._connection.executemany(
                f"UPDATE frame SET state = '{state}' WHERE id = ? AND state = '{before}'", keys
            )

    def _link(self, touched: Sequence[FrameKey]) -> None:
        digests = self._digests()
        chains = self._chains(touched)
        uid, row = self._change.uid, self._row

        def rows() -> Iterator[tuple[int, int, int, bytes, bytes, bytes]]:
            for key in touched:
                work = self._work[key]
                record = BulkRecord(
                    work.frame_on,
                    work.frame_off,
                    tuple(work.instances_on),
                    tuple(work.instances_off),
                    tuple(work.predictions_on),
                    tuple(work.predictions_off),
                    digests.get(key, b""),
                    work.begun_on,
                    work.begun_off,
                )
                after = encode_records([record])
                revision, previous = chains.get(key, (0, NO_HASH))
                revision += 1
                yield key, revision, row, b"", after, chain_hash(previous, uid, key, revision, b"", after)

        self._connection.executemany(
            "INSERT INTO change_frame (frame, revision, change, before, after, hash) VALUES (?,?,?,?,?,?)", rows()
        )

    def _chains(self, touched: Sequence[FrameKey]) -> dict[FrameKey, tuple[int, bytes]]:
        """Return the end of each frame's chain; frames made by this change have none yet."""
        found = {}
        for page in pages(touched):
            marks = ",".join("?" * len(page))
            for key, revision, digest in self._connection.execute(
                f"SELECT frame, max(revision), hash FROM change_frame WHERE frame IN ({marks}) GROUP BY frame",
                page,
            ):
                found[key] = (revision, bytes(digest))
        return found

    def _digests(self) -> dict[FrameKey, bytes]:
        """Read the rows switched on back from the database and hash them per frame.

        Raises:
            StoreError: a row that was written is not there.
        """
        expected = sum(len(work.instances_on) + len(work.predictions_on) for work in self._work.values())
        digests: dict[FrameKey, Any] = {}
        count = 0
        for table, columns, name in (
            ("instance", INSTANCE_CONTENT, "instances_on"),
            ("prediction", PREDICTION_CONTENT, "predictions_on"),
        ):
            for row in rows_by_id(self._connection, table, columns, sorted(id_ for (id_,) in self._ids(name))):
                count += 1
                frame = row[1]
                if frame not in digests:
                    digests[frame] = hashlib.blake2b(digest_size=16)
                digests[frame].update(_row_encoder.encode(row))
        if count != expected:
            raise StoreError(f"{count} of {expected} rows were read back: nothing was changed; try again")
        return {frame: digest.digest() for frame, digest in digests.items()}

    def _recount(self, touched: Sequence[FrameKey]) -> None:
        """Set the counters and the revision of the touched frames from their live rows."""
        totals = count_frames(self._connection, touched)
        self._connection.executemany(
            "UPDATE frame SET instances = ?, decided = ?, keypoints = ?, predictions = ?, "
            "revision = (SELECT max(c.revision) FROM change_frame c WHERE c.frame = frame.id) WHERE id = ?",
            (
                (
                    totals[key].instances,
                    totals[key].decided,
                    totals[key].keypoints,
                    totals[key].predictions,
                    key,
                )
                for key in touched
                if key != PROJECT_KEY
            ),
        )


def rows_by_id(connection: Connection, table: str, columns: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """Yield rows of a table by ascending id; consecutive ids are read as ranges."""
    if not ids:
        return
    wanted = np.asarray(ids, np.int64)
    breaks = np.flatnonzero(np.diff(wanted) != 1) + 1
    starts = np.concatenate([[0], breaks])
    ends = np.concatenate([breaks, [len(wanted)]])
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield from connection.execute(
            f"SELECT {columns} FROM {table} WHERE id BETWEEN ? AND ? ORDER BY id",
            (int(wanted[start]), int(wanted[end - 1])),
        )


def count_frames(connection: Connection, keys: Sequence[FrameKey]) -> dict[FrameKey, FrameTotals]:
    """Count the live instances and predictions of frames from their rows."""
    counted = {key: [0, 0, 0, 0] for key in keys}
    for page in pages(keys):
        marks = ",".join("?" * len(page))
        for frame, blob in connection.execute(
            f"SELECT frame, keypoints FROM instance WHERE deleted = 0 AND frame IN ({marks})", page
        ):
            totals = counted[frame]
            states = blob[16::17]
            totals[0] += 1
            totals[1] += len(states) - states.count(0)
            totals[2] += len(states)
        for frame, count in connection.execute(
            f"SELECT frame, count(*) FROM prediction WHERE deleted = 0 AND frame IN ({marks}) GROUP BY frame", page
        ):
            counted[frame][3] = count
    return {key: FrameTotals(*totals) for key, totals in counted.items()}


def pages(values: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    """Cut a list into pieces that fit into one statement's parameters."""
    return (values[start : start + size] for start in range(0, len(values), size))


BulkWrite = Callable[[BulkWriter], None]
