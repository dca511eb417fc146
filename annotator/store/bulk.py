"""Bulk changes: imports, prelabel runs, deletions of thousands. One change, rows stored once, read back, undoable."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from annotator.errors import StoreError
from annotator.model.frame import Frame, FrameKey
from annotator.model.instance import Prediction
from annotator.model.skeleton import Skeleton
from annotator.store.batch import FrameBatch, InstanceBatch
from annotator.store.change import PROJECT_KEY, Change, Entry, Settings
from annotator.store.codec import BulkRecord, decode_records, encode_prediction, encode_records
from annotator.store.counters import count_frames, pages
from annotator.store.digest import (
    FRAME_CONTENT,
    INSTANCE_CONTENT,
    NO_HASH,
    PREDICTION_CONTENT,
    chain_hash,
    frame_bytes,
    instance_bytes,
    prediction_bytes,
)
from annotator.store.fresh import FreshWriter
from annotator.store.history import entries_of_records
from annotator.store.reader import Reader
from annotator.store.recorder import Begun, Recorder
from annotator.store.sqlite import Connection
from annotator.store.undo import inverse_of_frame


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
    expected: bytes = b""  # digest of the rows to switch off, when this inverts what switched them on


class BulkWriter:
    """Fills one bulk change on the writer thread. Nothing of it exists if any step raises."""

    def __init__(self, recorder: Recorder, change: Change, is_change: bool = True) -> None:
        self._recorder = recorder
        self._connection: Connection = recorder.connection
        self._change = change
        self._is_change = is_change
        self._begun: Begun | None = None
        self._work: dict[FrameKey, _FrameWork] = defaultdict(_FrameWork)
        self._fresh: set[FrameKey] = set()
        self._entered: set[FrameKey] = set()

    @property
    def connection(self) -> Connection:
        """The writing connection, inside the SQL transaction."""
        return self._connection

    def root(self, name: str) -> int:
        """Return the row of a named root, made on first use."""
        return self._recorder.root(name)

    def put_skeleton(self, skeleton: Skeleton) -> None:
        """Add a skeleton to the project as part of this change, or replace its definition.

        Raises:
            StoreError: the project has the skeleton with other keypoints: what waits to be saved would not fit.
        """
        known = self._live_skeleton(skeleton.id)
        if known and [keypoint.id for keypoint in known.keypoints] != [keypoint.id for keypoint in skeleton.keypoints]:
            raise StoreError(f"{skeleton.name!r} is in the project with other keypoints: edit it there first")
        if known != skeleton:
            self._project_entry(Entry(known, skeleton))

    def _live_skeleton(self, id_: str) -> Skeleton | None:
        live = self._connection.execute("SELECT 1 FROM skeleton WHERE uid = ? AND deleted = 0", (id_,)).fetchone()
        return self._recorder.skeletons[id_].skeleton if live else None

    def set_settings(self, before: Settings, after: Settings) -> None:
        """Replace the project's settings as part of this change."""
        self._project_entry(Entry(before, after))

    def _project_entry(self, entry: Entry) -> None:
        self._recorder.write_frame(self._begin(), PROJECT_KEY, [entry])

    def _begin(self) -> Begun:
        """Return the row of the change, written at the first need: a change that comes to nothing leaves none."""
        if self._begun is None:
            self._begun = self._recorder.begin(self._change)
        return self._begun

    @property
    def is_empty(self) -> bool:
        """Nothing was changed, so there is no change."""
        return self._begun is None

    def add_frames(self, frames: Sequence[Frame]) -> None:
        """Add frames; their keys are fresh ids.

        Raises:
            StoreError: a picture is in the project already, or a key is known.
        """
        for page in pages([frame.key for frame in frames]):
            marks = ",".join("?" * len(page))
            if self._connection.execute(f"SELECT 1 FROM frame WHERE id IN ({marks})", page).fetchone():
                raise StoreError("a frame of the same key is in the project, or was: give the new one a key of its own")
        all_new = self._recorder.put_frames(frames, 1)
        for frame in frames:
            self._work[frame.key].frame_on = True
        if not all_new:
            self._check_single(frame.key for frame in frames)

    def add_labeled_frames(self, frames: FrameBatch, batches: Sequence[InstanceBatch]) -> None:
        """Add frames whose pictures are new to the project, together with all that is in them: the fast way.

        Args:
            frames: keys ascend.
            batches: each sorted by frame and id; over all of them, ids ascend with the frames.

        Raises:
            StoreError: a picture is in the project already, or what was read back is not what was written.
            RuntimeError: on `finish`, when the same change wrote anything else into these frames.
        """
        if len(frames):
            self._fresh.update(frames.keys.tolist())
            FreshWriter(self._recorder, self._begin(), frames, batches).write()

    def _check_single(self, keys: Iterable[FrameKey]) -> None:
        """Refuse a picture that is in the project twice.

        Raises:
            StoreError: one of `keys` shows what another frame shows already.
        """
        for page in pages(list(keys)):
            marks = ",".join("?" * len(page))
            twin = self._connection.execute(
                "SELECT m.path FROM frame f JOIN frame g ON g.media = f.media AND g.number = f.number AND g.id <> f.id "
                "AND g.deleted = 0 JOIN media m ON m.id = f.media "
                f"WHERE f.deleted = 0 AND f.id IN ({marks}) LIMIT 1",
                page,
            ).fetchone()
            if twin:
                raise StoreError(f"{twin[0]} is in the project already: each picture can be added once")

    def remove_frames(self, keys: Iterable[FrameKey]) -> None:
        """Remove frames, with what is in them; undo brings both back."""
        removed = [key for (key,) in self._live("frame", "id", keys)]
        for key in removed:
            self._work[key].frame_off = True
        for table, name in (("instance", "instances_off"), ("prediction", "predictions_off")):
            for page in pages(removed):
                marks = ",".join("?" * len(page))
                for key, id_ in self._connection.execute(
                    f"SELECT frame, id FROM {table} WHERE deleted = 0 AND frame IN ({marks}) ORDER BY id", page
                ):
                    getattr(self._work[key], name).append(id_)

    def _live(self, table: str, columns: str, ids: Iterable[int]) -> Iterator[tuple[int, ...]]:
        """Yield `columns` of the rows that are there to be removed: undo must bring back no others."""
        for page in pages(sorted(ids)):
            marks = ",".join("?" * len(page))
            yield from self._connection.execute(
                f"SELECT {columns} FROM {table} WHERE deleted = 0 AND id IN ({marks}) ORDER BY id", page
            ).fetchall()

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

    @property
    def touched(self) -> Set[FrameKey]:
        """The frames into which this change wrote."""
        return self._work.keys() | self._fresh | self._entered

    def put_entries(self, frame: FrameKey, entries: Sequence[Entry]) -> None:
        """Change single values as a transaction does: for the few that a bulk change does not add or remove."""
        self._entered.add(frame)
        self._recorder.write_frame(self._begin(), frame, entries)

    def remove_instances(self, ids: Iterable[tuple[FrameKey, int]]) -> None:
        """Remove instances, given with their frames; those removed meanwhile are passed over."""
        for frame, id_ in self._live("instance", "frame, id", (id_ for _, id_ in ids)):
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
        """Remove predictions of a frame; those removed meanwhile are passed over."""
        for owner, id_ in self._live("prediction", "frame, id", ids):
            if owner == frame:
                self._work[frame].predictions_off.append(id_)

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
        """Take back a bulk change, given its history rows (frame, before, after).

        Raises:
            StoreError: what it switched on was changed again since; nothing is dropped.
        """
        plain: list[tuple[FrameKey, bytes, bytes]] = []
        for frame, before, after in records:
            decoded = decode_records(after)
            bulk = decoded[0] if decoded else None
            if not isinstance(bulk, BulkRecord):
                plain.append((frame, before, after))
                continue
            back = bulk.inverted()
            work = self._work[frame]
            work.frame_on, work.frame_off = back.frame_on, back.frame_off
            work.instances_on.extend(back.instances_on)
            work.instances_off.extend(back.instances_off)
            work.predictions_on.extend(back.predictions_on)
            work.predictions_off.extend(back.predictions_off)
            work.begun_on, work.begun_off = back.begun_on, back.begun_off
            work.expected = bulk.digest
        self._check_unmoved()
        for frame, before, after in reversed(plain):
            entries = entries_of_records(before, after, self._recorder.skeletons)
            if frame == PROJECT_KEY:
                self._recorder.write_frame(self._begin(), frame, [entry.inverted() for entry in reversed(entries)])
            else:
                content = Reader(self._connection, Path()).content(frame)
                self.put_entries(frame, inverse_of_frame(entries, content, self._change.name))

    def _check_unmoved(self) -> None:
        """Refuse to switch off what was changed since it was switched on, and frames where others worked since."""
        found = self._digests("instances_off", "predictions_off")
        sound = all(found.get(frame, b"") == work.expected for frame, work in self._work.items())
        for table, off in (("instance", "instances_off"), ("prediction", "predictions_off")):
            ids = [id_ for (id_,) in self._ids(off)]
            sound = sound and sum(1 for _ in self._live(table, "id", ids)) == len(ids)
        if not sound or any(self._work[frame].frame_off for frame in self._frames_of_others() & self._work.keys()):
            raise StoreError(f"{self._change.name!r} cannot be taken back: what it wrote was changed again since")

    def _frames_of_others(self) -> set[FrameKey]:
        """Return the frames in which others changed something, not taken back, after the change that this inverts."""
        return {
            frame
            for (frame,) in self._connection.execute(
                "SELECT h.frame FROM change c JOIN member m ON m.id = c.member JOIN change_frame h ON h.change = c.id "
                "WHERE c.id > (SELECT id FROM change WHERE uid = ?) AND c.kind IN ('do', 'redo') "
                "AND m.name NOT IN ('', ?) AND NOT EXISTS (SELECT 1 FROM change u WHERE u.undoes = c.uid)",
                (self._change.undoes, self._change.member),
            )
        }

    def finish(self) -> None:
        """Switch rows on and off, read everything back, and link the history.

        Raises:
            StoreError: what was read back is not what was written.
        """
        if not self._is_change or not self._work:
            return
        if not self._fresh.isdisjoint(self._work):
            raise RuntimeError("frames that were added with their labels get nothing else in the same change")
        touched = sorted(self._work)
        self._switch("instance", "instances_on", "instances_off")
        self._switch("prediction", "predictions_on", "predictions_off")
        self._switch_frames()
        if self._change.undoes:
            self._check_single(key for key, work in self._work.items() if work.frame_on)
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
        """Move new frames that got an instance to "in progress", or back when that is undone.

        Only frames that really move are noted, so that the history can be followed in either direction.
        """
        if self._change.undoes:
            may_begin = [key for key, work in self._work.items() if work.begun_on]
            may_end = [key for key, work in self._work.items() if work.begun_off]
        else:
            may_begin, may_end = [key for key, work in self._work.items() if work.instances_on], []
        begun, ended = self._in_state("new", may_begin), self._in_state("in progress", may_end)
        for key, work in self._work.items():
            work.begun_on, work.begun_off = key in begun, key in ended
        for state, keys in (("in progress", begun), ("new", ended)):
            self._connection.executemany("UPDATE frame SET state = ? WHERE id = ?", [(state, key) for key in keys])

    def _in_state(self, state: str, keys: Sequence[FrameKey]) -> set[FrameKey]:
        found: set[FrameKey] = set()
        for page in pages(keys):
            marks = ",".join("?" * len(page))
            sql = f"SELECT id FROM frame WHERE state = ? AND id IN ({marks})"
            found.update(key for (key,) in self._connection.execute(sql, (state, *page)))
        return found

    def _link(self, touched: Sequence[FrameKey]) -> None:
        digests = self._digests("instances_on", "predictions_on")
        frame_digests = self._frame_digests()
        chains = self._chains(touched)
        begun = self._begin()

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
                    frame_digests.get(key, b""),
                )
                after = encode_records([record])
                revision, previous = chains.get(key, (0, NO_HASH))
                revision += 1
                digest = chain_hash(previous, begun.header, key, revision, b"", after)
                yield key, revision, begun.row, b"", after, digest

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

    def _digests(self, instances: str, predictions: str) -> dict[FrameKey, bytes]:
        """Read the listed rows back from the database and hash them per frame.

        Args:
            instances: name of the list of instances.
            predictions: name of the list of predictions.

        Raises:
            StoreError: a row that was written is not there.
        """
        expected = count = 0
        digests: dict[FrameKey, Any] = {}
        for table, columns, name, encode in (
            ("instance", INSTANCE_CONTENT, instances, instance_bytes),
            ("prediction", PREDICTION_CONTENT, predictions, prediction_bytes),
        ):
            ids = sorted(id_ for (id_,) in self._ids(name))
            expected += len(ids)
            for row in rows_by_id(self._connection, f"SELECT {columns} FROM {table}", "id", ids):
                count += 1
                frame = row[1]
                if frame not in digests:
                    digests[frame] = hashlib.blake2b(digest_size=16)
                digests[frame].update(encode(row))
        _check_read_back(count, expected)
        return {frame: digest.digest() for frame, digest in digests.items()}

    def _frame_digests(self) -> dict[FrameKey, bytes]:
        """Read the frames switched on back from the database and hash each."""
        keys = sorted(key for key, work in self._work.items() if work.frame_on)
        select = f"SELECT {FRAME_CONTENT} FROM frame f JOIN media m ON m.id = f.media JOIN root r ON r.id = m.root"
        digests = {
            row[0]: hashlib.blake2b(frame_bytes(row), digest_size=16).digest()
            for row in rows_by_id(self._connection, select, "f.id", keys)
        }
        _check_read_back(len(digests), len(keys))
        return digests

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


def rows_by_id(connection: Connection, select: str, id_column: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
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


BulkWrite = Callable[[BulkWriter], None]
