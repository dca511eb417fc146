"""Writes one change into the database: rows, history, hash chain. Only the writer thread calls it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

import annotator
from annotator.errors import StoreError
from annotator.model.frame import Frame, FrameKey
from annotator.model.instance import Instance, Prediction
from annotator.model.skeleton import Skeleton
from annotator.model.skeleton_file import encode_skeleton
from annotator.store import sqlite
from annotator.store.change import PROJECT_KEY, Change, Entry, Settings
from annotator.store.codec import StoredSkeleton, encode_prediction, encode_records, record_of

NO_HASH = b"\0" * 16


@dataclass(frozen=True, slots=True)
class FrameTotals:
    """The derived counters of a frame row."""

    instances: int
    decided: int
    keypoints: int
    predictions: int


def chain_hash(previous: bytes, change_uid: int, frame: FrameKey, revision: int, before: bytes, after: bytes) -> bytes:
    """Return the 16-byte hash of one history row: BLAKE2b-128 over its predecessor's hash and its own content."""
    digest = hashlib.blake2b(previous, digest_size=16)
    digest.update(b"%d|%d|%d|%d|" % (change_uid, frame, revision, len(before)))
    digest.update(before)
    digest.update(after)
    return digest.digest()


class Recorder:
    """Turns changes into SQL on the writer's connection."""

    def __init__(self, connection: sqlite.Connection, skeletons: dict[str, StoredSkeleton]) -> None:
        self.connection = connection
        self.skeletons = skeletons
        self._roots: dict[str, int] = dict(connection.execute("SELECT name, id FROM root"))
        self._members: dict[str, int] = dict(connection.execute("SELECT name, id FROM member"))

    def write(self, change: Change, totals: Mapping[FrameKey, FrameTotals]) -> None:
        """Write a change with its entries; the caller holds the SQL transaction.

        Args:
            change: not a bulk change.
            totals: the counters of each touched frame after the change.
        """
        row = self.begin(change)
        for frame, entries in change.entries.items():
            self.write_frame(row, change.uid, frame, entries, totals.get(frame))

    def begin(self, change: Change) -> int:
        """Insert the row of the change and return its id."""
        cursor = self.connection.execute(
            "INSERT INTO change (uid, name, kind, bulk, member, client_ms, undoes, version) VALUES (?,?,?,?,?,?,?,?)",
            (
                change.uid,
                change.name,
                str(change.kind),
                int(change.bulk),
                self._member(change.member),
                change.client_ms,
                change.undoes,
                annotator.__version__,
            ),
        )
        return int(cursor.lastrowid or 0)

    def forget(self) -> None:
        """Read small tables again; the transaction that filled the caches was rolled back."""
        self._roots = dict(self.connection.execute("SELECT name, id FROM root"))
        self._members = dict(self.connection.execute("SELECT name, id FROM member"))

    def write_frame(
        self, change_row: int, uid: int, frame: FrameKey, entries: Sequence[Entry], totals: FrameTotals | None
    ) -> None:
        # Definitions first: the instances of the same change are encoded with their slots.
        before, after = [], []
        for entry in entries:
            before.append(record_of(entry.before, self.skeletons))
            if isinstance(entry.after, Skeleton):
                self._put_skeleton(entry.after)
            after.append(record_of(entry.after, self.skeletons))
        revision = self.link(change_row, uid, frame, encode_records(before), encode_records(after))
        for entry in entries:
            self._put(frame, entry, revision)
        if frame == PROJECT_KEY:
            self.connection.execute("UPDATE project SET revision = ?", (revision,))
        elif totals is not None:
            self.connection.execute(
                "UPDATE frame SET revision = ?, instances = ?, decided = ?, keypoints = ?, predictions = ? "
                "WHERE id = ?",
                (revision, totals.instances, totals.decided, totals.keypoints, totals.predictions, frame),
            )
        else:
            self.connection.execute("UPDATE frame SET revision = ? WHERE id = ?", (revision, frame))

    def link(self, change_row: int, uid: int, frame: FrameKey, before: bytes, after: bytes) -> int:
        """Append one history row to a frame's chain and return its revision."""
        last = self.connection.execute(
            "SELECT revision, hash FROM change_frame WHERE frame = ? ORDER BY revision DESC LIMIT 1", (frame,)
        ).fetchone()
        revision, previous = (last[0] + 1, last[1]) if last else (1, NO_HASH)
        self.connection.execute(
            "INSERT INTO change_frame (frame, revision, change, before, after, hash) VALUES (?,?,?,?,?,?)",
            (
                frame,
                revision,
                change_row,
                before,
                after,
                chain_hash(bytes(previous), uid, frame, revision, before, after),
            ),
        )
        return int(revision)

    def _put(self, frame: FrameKey, entry: Entry, revision: int) -> None:
        match (entry.before, entry.after):
            case (_, Instance() as instance):
                self._put_instance(frame, instance, revision)
            case (Instance() as instance, None):
                self._bury("instance", instance.id, revision)
            case (_, Prediction() as prediction):
                self._put_prediction(frame, prediction, revision)
            case (Prediction() as prediction, None):
                self._bury("prediction", prediction.id, revision)
            case (before, Frame() as after):
                self.put_frames([after], revision, replace=before is not None)
            case (Frame() as before, None):
                self.connection.execute("UPDATE frame SET deleted = 1 WHERE id = ?", (before.key,))
            case (_, Settings() as settings):
                text = msgspec.json.encode(settings).decode()
                self.connection.execute("UPDATE project SET settings = ?", (text,))
            case (Skeleton() as skeleton, None):
                self.connection.execute("UPDATE skeleton SET deleted = 1 WHERE uid = ?", (skeleton.id,))

    def _bury(self, table: str, id_: int, revision: int) -> None:
        self.connection.execute(f"UPDATE {table} SET deleted = 1, revision = ? WHERE id = ?", (revision, id_))

    def _put_instance(self, frame: FrameKey, instance: Instance, revision: int) -> None:
        stored = self.skeletons[instance.skeleton_id]
        box = instance.box or (None, None, None, None)
        self.connection.execute(
            "INSERT INTO instance (id, frame, skeleton, keypoints, x, y, width, height, by_hand, crowd, source, run, "
            "track, attributes, note, extra, revision, deleted) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,0) "
            "ON CONFLICT (id) DO UPDATE SET frame = excluded.frame, skeleton = excluded.skeleton, "
            "keypoints = excluded.keypoints, x = excluded.x, y = excluded.y, width = excluded.width, "
            "height = excluded.height, by_hand = excluded.by_hand, crowd = excluded.crowd, source = excluded.source, "
            "run = excluded.run, track = excluded.track, attributes = excluded.attributes, note = excluded.note, "
            "extra = excluded.extra, revision = excluded.revision, deleted = 0",
            (
                instance.id,
                frame,
                stored.row,
                stored.encode(instance.points, instance.visibility),
                *box,
                int(instance.box_by_hand),
                int(instance.crowd),
                str(instance.source),
                instance.run,
                instance.track,
                instance.attributes,
                instance.note,
                instance.extra,
                revision,
            ),
        )

    def _put_prediction(self, frame: FrameKey, prediction: Prediction, revision: int) -> None:
        stored = self.skeletons[prediction.skeleton_id]
        self.connection.execute(
            "INSERT INTO prediction (id, frame, skeleton, points, scores, x, y, width, height, score, run, instance, "
            "revision, deleted) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,0) "
            "ON CONFLICT (id) DO UPDATE SET skeleton = excluded.skeleton, points = excluded.points, "
            "scores = excluded.scores, x = excluded.x, y = excluded.y, width = excluded.width, "
            "height = excluded.height, score = excluded.score, run = excluded.run, instance = excluded.instance, "
            "revision = excluded.revision, deleted = 0",
            (
                prediction.id,
                frame,
                stored.row,
                *encode_prediction(prediction, stored),
                *prediction.box,
                prediction.score,
                prediction.run,
                prediction.instance_id,
                revision,
            ),
        )

    def put_frames(self, frames: Sequence[Frame], revision: int, replace: bool = False) -> None:
        """Insert frames and their media, or replace the fields of existing ones.

        Raises:
            StoreError: a new frame's picture is already in the project.
        """
        if replace:
            self.connection.executemany(
                "UPDATE frame SET number = ?, width = ?, height = ?, orientation = ?, state = ?, tags = ?, split = ?, "
                "note = ?, extra = ?, revision = ?, deleted = 0 WHERE id = ?",
                [(*_frame_row(frame), revision, frame.key) for frame in frames],
            )
            return
        try:
            self.connection.executemany(
                "INSERT INTO media (id, root, path) VALUES (?,?,?) ON CONFLICT (id) DO NOTHING",
                [(frame.key, self.root(frame.root), frame.path) for frame in frames],
            )
        except sqlite.driver.IntegrityError as error:
            taken = self._first_taken(frames)
            raise StoreError(f"{taken} is in the project already: each picture can be added once") from error
        self.connection.executemany(
            "INSERT INTO frame (number, width, height, orientation, state, tags, split, note, extra, revision, id, "
            "media) VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET deleted = 0",
            [(*_frame_row(frame), revision, frame.key, frame.key) for frame in frames],
        )

    def _first_taken(self, frames: Iterable[Frame]) -> str:
        for frame in frames:
            found = self.connection.execute(
                "SELECT 1 FROM media WHERE root = ? AND path = ? AND id <> ?",
                (self.root(frame.root), frame.path, frame.key),
            ).fetchone()
            if found:
                return frame.path
        return "a picture"

    def root(self, name: str) -> int:
        """Return the row of a named root, made on first use."""
        if name not in self._roots:
            cursor = self.connection.execute("INSERT INTO root (name) VALUES (?)", (name,))
            self._roots[name] = int(cursor.lastrowid or 0)
        return self._roots[name]

    def _member(self, name: str) -> int:
        if name not in self._members:
            cursor = self.connection.execute("INSERT INTO member (name) VALUES (?)", (name,))
            self._members[name] = int(cursor.lastrowid or 0)
        return self._members[name]

    def _put_skeleton(self, skeleton: Skeleton) -> None:
        known = self.connection.execute("SELECT id, slots FROM skeleton WHERE uid = ?", (skeleton.id,)).fetchone()
        text = encode_skeleton(skeleton).decode()
        slots: list[str] = msgspec.json.decode(known[1]) if known else []
        slots += [keypoint.id for keypoint in skeleton.keypoints if keypoint.id not in set(slots)]
        encoded = msgspec.json.encode(slots).decode()
        if known:
            row = known[0]
            self.connection.execute(
                "UPDATE skeleton SET definition = ?, slots = ?, deleted = 0 WHERE id = ?", (text, encoded, row)
            )
        else:
            cursor = self.connection.execute(
                "INSERT INTO skeleton (uid, definition, slots) VALUES (?,?,?)", (skeleton.id, text, encoded)
            )
            row = int(cursor.lastrowid or 0)
        self.skeletons[skeleton.id] = StoredSkeleton(row, skeleton, tuple(slots))


def _frame_row(frame: Frame) -> tuple[Any, ...]:
    return (
        frame.index,
        frame.width,
        frame.height,
        frame.orientation,
        str(frame.state),
        msgspec.json.encode(frame.tags).decode(),
        frame.split,
        frame.note,
        frame.extra,
    )
