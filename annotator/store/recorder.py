"""Writes one change into the database: rows, history, hash chain. Only the writer thread calls it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

import annotator
from annotator.model.frame import Frame, FrameKey
from annotator.model.instance import Instance, Prediction
from annotator.model.skeleton import Skeleton
from annotator.model.skeleton_file import encode_skeleton
from annotator.store import definitions, sqlite
from annotator.store.change import PROJECT_KEY, Change, Entry, Settings
from annotator.store.codec import StoredSkeleton, encode_prediction, encode_records, record_of
from annotator.store.counters import count_frames
from annotator.store.digest import NO_HASH, chain_hash, change_header, project_seed


@dataclass(frozen=True, slots=True)
class Begun:
    """A change whose own row is written.

    Attributes:
        row: id of that row.
        header: what each history row of the change is hashed with.
    """

    row: int
    header: bytes


class Recorder:
    """Turns changes into SQL on the writer's connection.

    Attributes:
        skeletons: by id, removed ones too: history may bring them back.
    """

    def __init__(self, connection: sqlite.Connection) -> None:
        self.connection = connection
        self.skeletons: dict[str, StoredSkeleton] = {}
        self._roots: dict[str, int] = {}
        self._members: dict[str, int] = {}
        self.forget()

    def forget(self) -> None:
        """Read small tables again; the transaction that filled the caches was rolled back."""
        run = self.connection.execute
        stored = (definitions.stored_of_row(row, "the project") for row in run(f"SELECT {definitions.COLUMNS}"))
        self.skeletons = {skeleton.skeleton.id: skeleton for skeleton, _ in stored}
        self._roots = dict(run("SELECT name, id FROM root"))
        self._members = dict(run("SELECT name, id FROM member"))

    def write(self, change: Change) -> None:
        """Write a change that is not a bulk change; the caller holds the SQL transaction."""
        begun = self.begin(change)
        for frame, entries in change.entries.items():
            self.write_frame(begun, frame, entries)

    def begin(self, change: Change) -> Begun:
        """Insert the row of the change."""
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
        return Begun(int(cursor.lastrowid or 0), change_header(change, annotator.__version__))

    def write_frame(self, begun: Begun, frame: FrameKey, entries: Sequence[Entry]) -> None:
        """Write the rows and the history of one frame, or of the project itself."""
        before, after = [], []
        for entry in entries:
            before.append(record_of(entry.before, self.skeletons))
            if isinstance(entry.after, Skeleton):
                self._put_skeleton(entry.after)
            after.append(record_of(entry.after, self.skeletons))
        revision = self.link(begun, frame, encode_records(before), encode_records(after))
        for entry in entries:
            self._put(frame, entry, revision)
        if frame == PROJECT_KEY:
            self.connection.execute("UPDATE project SET revision = ?", (revision,))
            return
        self.connection.execute("UPDATE frame SET revision = ? WHERE id = ?", (revision, frame))
        if any(isinstance(entry.after or entry.before, (Instance, Prediction)) for entry in entries):
            self._recount(frame)

    def _recount(self, frame: FrameKey) -> None:
        # From the rows: memory did not know of a bulk change that was committed first.
        totals = count_frames(self.connection, [frame])[frame]
        self.connection.execute(
            "UPDATE frame SET instances = ?, decided = ?, keypoints = ?, predictions = ? WHERE id = ?",
            (totals.instances, totals.decided, totals.keypoints, totals.predictions, frame),
        )

    def link(self, begun: Begun, frame: FrameKey, before: bytes, after: bytes) -> int:
        """Append one history row to a frame's chain and return its revision."""
        last = self.connection.execute(
            "SELECT revision, hash FROM change_frame WHERE frame = ? ORDER BY revision DESC LIMIT 1", (frame,)
        ).fetchone()
        revision, previous = (last[0] + 1, bytes(last[1])) if last else (1, self._seed(frame))
        self.connection.execute(
            "INSERT INTO change_frame (frame, revision, change, before, after, hash) VALUES (?,?,?,?,?,?)",
            (
                frame,
                revision,
                begun.row,
                before,
                after,
                chain_hash(previous, begun.header, frame, revision, before, after),
            ),
        )
        return int(revision)

    def _seed(self, frame: FrameKey) -> bytes:
        if frame != PROJECT_KEY:
            return NO_HASH
        uid, created_ms = self.connection.execute("SELECT uid, created_ms FROM project").fetchone()
        return project_seed(uid, created_ms)

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

    def put_frames(self, frames: Sequence[Frame], revision: int, replace: bool = False) -> bool:
        """Insert frames and their media, or replace the fields of existing ones; return whether all media are new."""
        if replace:
            self.connection.executemany(
                "UPDATE frame SET number = ?, width = ?, height = ?, orientation = ?, state = ?, tags = ?, split = ?, "
                "note = ?, extra = ?, revision = ?, deleted = 0 WHERE id = ?",
                [(*_frame_row(frame), revision, frame.key) for frame in frames],
            )
            return False
        inserted = self.connection.executemany(
            "INSERT INTO media (id, root, path) VALUES (?,?,?) ON CONFLICT DO NOTHING",
            [(frame.key, self.root(frame.root), frame.path) for frame in frames],
        ).rowcount
        all_new = inserted == len(frames)
        media = [frame.key for frame in frames] if all_new else self._media_of(frames)
        self.connection.executemany(
            "INSERT INTO frame (number, width, height, orientation, state, tags, split, note, extra, revision, id, "
            "media) VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET number = excluded.number, "
            "width = excluded.width, height = excluded.height, orientation = excluded.orientation, "
            "state = excluded.state, tags = excluded.tags, split = excluded.split, note = excluded.note, "
            "extra = excluded.extra, revision = excluded.revision, media = excluded.media, deleted = 0",
            [(*_frame_row(frame), revision, frame.key, row) for frame, row in zip(frames, media, strict=True)],
        )
        return all_new

    def _media_of(self, frames: Sequence[Frame]) -> list[int]:
        # A removed frame leaves its media, so that the picture can be added again as another frame.
        find = "SELECT id FROM media WHERE root = ? AND path = ?"
        return [
            int(self.connection.execute(find, (self.root(frame.root), frame.path)).fetchone()[0]) for frame in frames
        ]

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
        stored = definitions.grown(self.skeletons.get(skeleton.id), skeleton)
        text = encode_skeleton(skeleton).decode()
        slots = msgspec.json.encode(stored.slots).decode()
        if stored.row:
            self.connection.execute(
                "UPDATE skeleton SET definition = ?, slots = ?, deleted = 0 WHERE id = ?", (text, slots, stored.row)
            )
        else:
            cursor = self.connection.execute(
                "INSERT INTO skeleton (uid, definition, slots) VALUES (?,?,?)", (skeleton.id, text, slots)
            )
            stored = StoredSkeleton(int(cursor.lastrowid or 0), skeleton, stored.slots)
        self.skeletons[skeleton.id] = stored


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
