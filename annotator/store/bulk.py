"""Bulk changes: imports, prelabel runs, deletions of thousands. One change, rows stored once, read back, undoable."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from pathlib import Path

from annotator.errors import StoreError
from annotator.model.frame import Frame, FrameKey
from annotator.model.instance import Prediction
from annotator.model.skeleton import Skeleton
from annotator.store.batch import FrameBatch, InstanceBatch
from annotator.store.change import PROJECT_KEY, Change, Entry, Settings
from annotator.store.codec import BulkRecord, decode_records, encode_prediction
from annotator.store.counters import pages
from annotator.store.fresh import FreshWriter
from annotator.store.history import entries_of_records
from annotator.store.reader import Reader
from annotator.store.recorder import Begun, Recorder
from annotator.store.settle import FrameWork, check_single, digests_of, ids_of, settle
from annotator.store.sqlite import Connection
from annotator.store.undo import inverse_of_frame


class BulkWriter:
    """Fills one bulk change on the writer thread. Nothing of it exists if any step raises."""

    def __init__(self, recorder: Recorder, change: Change, is_change: bool = True) -> None:
        self._recorder = recorder
        self._connection: Connection = recorder.connection
        self._change = change
        self._is_change = is_change
        self._begun: Begun | None = None
        self._work: dict[FrameKey, FrameWork] = defaultdict(FrameWork)
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
            check_single(self._connection, (frame.key for frame in frames))

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
        found = digests_of(self._connection, self._work, "instances_off", "predictions_off")
        sound = all(found.get(frame, b"") == work.expected for frame, work in self._work.items())
        for table, off in (("instance", "instances_off"), ("prediction", "predictions_off")):
            ids = list(ids_of(self._work, off))
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
        settle(self._connection, self._work, self._begin(), is_inverse=self._change.undoes is not None)


BulkWrite = Callable[[BulkWriter], None]
"""What fills a bulk change, on the writer thread."""
