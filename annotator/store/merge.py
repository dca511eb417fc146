"""Merging the work of two people: frames by picture, instances by id, and what both changed is kept twice.

Nobody's labels are dropped. An instance that one side changed is taken from that side: whose turn it was is read from
the histories, where the older version stands among what the other once was. What both changed stays as it is here, and
the other version comes in beside it as a new instance with a note. A second merge finds nothing left to do.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np

from annotator.errors import StoreError
from annotator.jobs import Job
from annotator.model.frame import Frame, FrameKey
from annotator.model.instance import Instance, Prediction
from annotator.model.skeleton import Skeleton
from annotator.store.batch import InstanceBatch
from annotator.store.bulk import BulkWriter
from annotator.store.change import Change, Entry, Settings
from annotator.store.codec import InstanceRecord, PredictionRecord, StoredSkeleton, instance_of, prediction_of
from annotator.store.definitions import with_definitions
from annotator.store.project import Project, open_project
from annotator.store.reader import Reader
from annotator.store.sqlite import Connection
from annotator.store.versions import FIELDS, Pose, Translator, Versions, fields_of_frame, versions_of_frame

_KEPT_SKELETON = "skeleton {name!r} differs in {other}: the definition here stays"


@dataclass(frozen=True, slots=True)
class Conflict:
    """What both sides changed.

    Attributes:
        frame: its key in the project that was merged into.
        picture: path of the frame.
        instance: id of the version that was here.
        copy: id of the other version, now an instance beside it; None when there it was removed.
        sentence: what happened, to show.
    """

    frame: FrameKey
    picture: str
    instance: int
    copy: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge did.

    Attributes:
        frames, instances, predictions, skeletons: how many were added.
        updated: instances and predictions taken from there, since only that side had changed them.
        removed: those taken away, since only that side had.
        conflicts: what both changed; nothing of it is lost.
        differing: sentences about skeletons and fields of frames that both changed; those here stay.
        change: the one change to undo; None when there was nothing to do.
    """

    frames: int
    instances: int
    predictions: int
    skeletons: int
    updated: int
    removed: int
    conflicts: tuple[Conflict, ...]
    differing: tuple[str, ...]
    change: Change | None


def merge_projects(into: Project, other: Path, job: Job | None = None) -> MergeReport:
    """Bring everything of another project into this one, as one change.

    Only when a skeleton there has keypoints that it lacks here, a change that adds them comes first.

    Raises:
        StoreError: the other file is no project, or this very one.
        NotSavedError: changes here wait that cannot be saved.
        JobCancelled: nothing was changed.
    """
    job = job or Job("Merge")
    if other.exists() and other.resolve() == into.path.resolve():
        raise StoreError(f"{other.name} is the project itself: choose another one")
    into.flush()
    with open_project(other, read_only=True) as theirs:
        differing = _add_keypoints(into, theirs)
        plan = _Planner(into, theirs).plan(job)
        job.check()
        change = into.bulk(f"Merge {theirs.path.stem}", plan.write) if plan.has_work else None
        for root, folder in plan.folders.items():
            into.set_root_hint(root, folder)
    return MergeReport(
        len(plan.frames),
        sum(map(len, plan.instances.values())),
        sum(map(len, plan.predictions.values())),
        len(plan.skeletons),
        plan.updated,
        sum(map(len, plan.removed_instances.values())) + sum(map(len, plan.removed_predictions.values())),
        tuple(plan.conflicts),
        (*differing, *plan.differing),
        change,
    )


def _add_keypoints(into: Project, theirs: Project) -> list[str]:
    """Add keypoints that only the other project has, and tell of definitions that differ."""
    differing = []
    for skeleton in theirs.skeletons.values():
        ours = into.skeletons.get(skeleton.id)
        if ours is None or ours == skeleton:
            continue
        differing.append(_KEPT_SKELETON.format(name=ours.name, other=theirs.path.name))
        if missing := [
            keypoint for keypoint in skeleton.keypoints if keypoint.id not in {k.id for k in ours.keypoints}
        ]:
            grown = _with_keypoints(ours, skeleton, [keypoint.id for keypoint in missing])
            with into.transaction(f"Add keypoints of {theirs.path.stem}") as transaction:
                transaction.put_skeleton(grown)
            names = ", ".join(keypoint.name for keypoint in missing)
            differing.append(f"skeleton {ours.name!r} got the keypoints that only {theirs.path.name} had: {names}")
    into.flush()
    return differing


def _with_keypoints(ours: Skeleton, theirs: Skeleton, ids: list[str]) -> Skeleton:
    """Return our definition with some keypoints of theirs; relations only where both ends come in or are here."""
    taken = {keypoint.name for keypoint in ours.keypoints}
    known = {keypoint.id for keypoint in ours.keypoints} | set(ids)
    added = []
    for id_ in ids:
        keypoint = theirs.keypoints[theirs.index(id_)]
        name = keypoint.name
        while name in taken:
            name += "'"
        taken.add(name)
        added.append(
            replace(
                keypoint,
                name=name,
                hotkey="",
                partner=keypoint.partner if keypoint.partner in ids else "",
                parent=keypoint.parent if keypoint.parent in known else "",
            )
        )
    edges = [edge for edge in theirs.edges if set(edge) <= known and set(edge) & set(ids)]
    return replace(
        ours,
        keypoints=(*ours.keypoints, *added),
        edges=(*ours.edges, *edges),
        layout=(*ours.layout, *(theirs.layout[theirs.index(id_)] for id_ in ids)),
        version=ours.version + 1,
    )


@dataclass(slots=True)
class _Plan:
    """What the bulk change writes; by frame key of the project that is merged into."""

    stored: Mapping[str, StoredSkeleton]
    skeletons: list[Skeleton] = field(default_factory=list)
    settings: tuple[Settings, Settings] | None = None
    runs: list[tuple[object, ...]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    instances: dict[FrameKey, list[Instance]] = field(default_factory=dict)
    predictions: dict[FrameKey, list[Prediction]] = field(default_factory=dict)
    entries: dict[FrameKey, list[Entry]] = field(default_factory=dict)
    removed_instances: dict[FrameKey, list[int]] = field(default_factory=dict)
    removed_predictions: dict[FrameKey, list[int]] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    updated: int = 0
    folders: dict[str, Path] = field(default_factory=dict)

    @property
    def has_work(self) -> bool:
        return bool(
            self.skeletons
            or self.settings
            or self.frames
            or self.instances
            or self.predictions
            or self.entries
            or self.removed_instances
            or self.removed_predictions
        )

    def write(self, bulk: BulkWriter) -> None:
        for skeleton in self.skeletons:
            bulk.put_skeleton(skeleton)
        if self.settings is not None:
            bulk.set_settings(*self.settings)
        bulk.connection.executemany(
            "INSERT INTO run (id, model, hash, parameters, member, started_ms, digest) VALUES (?,?,?,?,?,?,?) "
            "ON CONFLICT DO NOTHING",
            self.runs,
        )
        if self.frames:
            bulk.add_frames(self.frames)
        for frame, entries in self.entries.items():
            bulk.put_entries(frame, entries)
        for batch in _batches(self.instances):
            bulk.add_instances(batch)
        for frame, predictions in self.predictions.items():
            bulk.add_predictions(frame, predictions)
        for frame, ids in self.removed_instances.items():
            bulk.remove_instances((frame, id_) for id_ in ids)
        for frame, ids in self.removed_predictions.items():
            bulk.remove_predictions(frame, ids)


class _Planner:
    """Compares two projects; nothing is written."""

    def __init__(self, into: Project, theirs: Project) -> None:
        self._into = into
        self._theirs = theirs
        their_skeletons, our_skeletons = theirs.reader.all_skeletons(), into.reader.all_skeletons()
        self._their_rows = {stored.row: id_ for id_, stored in their_skeletons.items()}
        self._our_rows = {stored.row: id_ for id_, stored in our_skeletons.items()}
        new = [skeleton for id_, skeleton in theirs.skeletons.items() if id_ not in into.skeletons]
        stored = with_definitions(our_skeletons, new)
        self._translate = Translator(their_skeletons, stored)
        self._canonical = Translator(stored, stored)
        self._plan = _Plan(stored, skeletons=new)

    def plan(self, job: Job) -> _Plan:
        with closing(self._into.connect()) as ours, closing(self._theirs.connect()) as theirs:
            self._ours, self._theirs_connection = ours, theirs
            self._our_reader = Reader(ours, self._into.path)
            frames = list(self._theirs.frames())
            live = dict(self._keys_of_pictures(frames))
            for frame in job.track(frames, len(frames), "Comparing"):
                self._plan_frame(frame, live)
            self._plan_rest()
        return self._plan

    def _plan_rest(self) -> None:
        plan = self._plan
        known = {row[0] for row in self._ours.execute("SELECT id FROM run")}
        rows = self._theirs_connection.execute(
            "SELECT id, model, hash, parameters, member, started_ms, digest FROM run"
        )
        plan.runs = [tuple(row) for row in rows if row[0] not in known]
        if not self._into.settings.exports and self._theirs.settings.exports:
            before = self._into.settings
            plan.settings = before, replace(before, exports=self._theirs.settings.exports)
        for root in {frame.root for frame in plan.frames}:
            folder = self._theirs.roots.folder(root)
            if folder is not None and self._into.roots.folder(root) is None:
                plan.folders[root] = folder

    def _keys_of_pictures(self, frames: list[Frame]) -> Iterator[tuple[tuple[str, str, int], FrameKey]]:
        for start in range(0, len(frames), 500):
            yield from self._our_reader.keys_of_pictures(frames[start : start + 500]).items()

    def _plan_frame(self, theirs: Frame, live: Mapping[tuple[str, str, int], FrameKey]) -> None:
        key = live.get((theirs.root, theirs.path, theirs.index))
        is_new = key is None
        removed_here = False
        if key is None:
            removed_here = bool(self._ours.execute("SELECT 1 FROM frame WHERE id = ?", (theirs.key,)).fetchone())
            if removed_here and self._has_history(theirs.key):
                return
            key = _derived(theirs.key, theirs.path.encode()) if removed_here else theirs.key
            if removed_here and self._ours.execute("SELECT 1 FROM frame WHERE id = ?", (key,)).fetchone():
                return  # removed here a second time
        elif key == theirs.key and self._has_history(key):
            return  # nothing was done there that is not known here
        their_poses = versions_of_frame(self._theirs_connection, theirs.key, self._their_rows, self._translate)
        our_poses = {} if is_new else versions_of_frame(self._ours, key, self._our_rows, self._canonical)
        if is_new:
            self._plan.frames.append(replace(theirs, key=key))
        else:
            self._plan_fields(key, theirs)
        for id_, versions in sorted(their_poses.items()):
            if id_ in our_poses:
                self._plan_pose(key, theirs, versions, our_poses)
            elif versions.now is not None:
                self._add(key, versions.now, removed_here)

    def _has_history(self, key: FrameKey) -> bool:
        """Return whether the newest link of their chain of a frame stands in ours."""
        sql = "SELECT hash FROM change_frame WHERE frame = ? ORDER BY revision DESC LIMIT 1"
        newest = self._theirs_connection.execute(sql, (key,)).fetchone()
        sql = "SELECT 1 FROM change_frame WHERE frame = ? AND hash = ?"
        return newest is not None and self._ours.execute(sql, (key, newest[0])).fetchone() is not None

    def _plan_fields(self, key: FrameKey, theirs: Frame) -> None:
        """Take the fields of a frame that only they changed, and its size where none is known here."""
        content = self._our_reader.content(key)
        assert content is not None, "the frame is live"
        ours = taken = content.frame
        if not ours.width and theirs.width:
            taken = replace(taken, width=theirs.width, height=theirs.height, orientation=theirs.orientation)
        if any(getattr(ours, name) != getattr(theirs, name) for name in FIELDS):
            seen_here = fields_of_frame(self._ours, ours)
            seen_there = fields_of_frame(self._theirs_connection, theirs)
            for name in FIELDS:
                here, there = getattr(ours, name), getattr(theirs, name)
                if here == there or there in seen_here[name]:
                    continue
                if here in seen_there[name]:
                    taken = replace(taken, **{name: there})
                else:
                    self._plan.differing.append(
                        f"{ours.path}: its {name} is {here} here and {there} in {self._theirs.path.name}: {here} stays"
                    )
        if taken != ours:
            self._plan.entries.setdefault(key, []).append(Entry(ours, taken))

    def _plan_pose(self, key: FrameKey, frame: Frame, theirs: Versions, ours: Mapping[int, Versions]) -> None:
        here = ours[_id(theirs)]
        if theirs.now == here.now or theirs.now in here.past:
            return  # the same, or what we went on from
        if here.now in theirs.past:
            self._take(key, theirs, here)
        elif isinstance(theirs.last, InstanceRecord):
            self._note_conflict(key, frame, theirs, here, ours)

    def _take(self, key: FrameKey, theirs: Versions, here: Versions) -> None:
        """Take their version: only they changed it."""
        plan = self._plan
        if theirs.now is None:
            is_instance = isinstance(theirs.last, InstanceRecord)
            removed = plan.removed_instances if is_instance else plan.removed_predictions
            removed.setdefault(key, []).append(_id(theirs))
            return
        before = None if here.now is None else self._value(here.now)
        plan.entries.setdefault(key, []).append(Entry(before, self._value(theirs.now)))
        plan.updated += 1

    def _note_conflict(
        self, key: FrameKey, frame: Frame, theirs: Versions, here: Versions, ours: Mapping[int, Versions]
    ) -> None:
        id_, name = _id(theirs), self._theirs.path.name
        if theirs.now is None:
            sentence = f"an instance in {frame.path} was removed in {name} and changed here: it stays"
            self._plan.conflicts.append(Conflict(key, frame.path, id_, None, sentence))
            return
        copy = _derived(id_, msgspec.msgpack.encode(theirs.now))
        if copy in ours:
            return  # an earlier merge told of it
        self._add(key, theirs.now, as_copy=True)
        if here.now is None:
            sentence = f"an instance in {frame.path} was removed here and changed in {name}: the changed one came in"
        else:
            sentence = f"an instance in {frame.path} was changed here and in {name}: both versions are there"
        self._plan.conflicts.append(Conflict(key, frame.path, id_, copy, sentence))

    def _add(self, key: FrameKey, pose: Pose, as_copy: bool) -> None:
        if not as_copy and self._is_elsewhere(pose.id):
            as_copy = True
        if as_copy:
            pose = msgspec.structs.replace(pose, id=_derived(pose.id, msgspec.msgpack.encode(pose)))
            if self._is_elsewhere(pose.id):
                return
        if isinstance(pose, PredictionRecord):
            self._plan.predictions.setdefault(key, []).append(prediction_of(pose, self._plan.stored[pose.skeleton]))
            return
        if as_copy:
            note = f"Other version, from {self._theirs.path.name}"
            pose = msgspec.structs.replace(pose, note=f"{note}. {pose.note}" if pose.note else note)
        self._plan.instances.setdefault(key, []).append(instance_of(pose, self._plan.stored[pose.skeleton]))

    def _is_elsewhere(self, id_: int) -> bool:
        """Return whether the project has, or had, this id: in another frame, since it is not in the one at hand."""
        sql = "SELECT 1 FROM instance WHERE id = ?1 UNION ALL SELECT 1 FROM prediction WHERE id = ?1"
        return self._ours.execute(sql, (id_,)).fetchone() is not None

    def _value(self, pose: Pose) -> Instance | Prediction:
        stored = self._plan.stored[pose.skeleton]
        return instance_of(pose, stored) if isinstance(pose, InstanceRecord) else prediction_of(pose, stored)

    _ours: Connection
    _theirs_connection: Connection
    _our_reader: Reader


def _id(versions: Versions) -> int:
    assert versions.last is not None
    return versions.last.id


def _derived(id_: int, content: bytes) -> int:
    """Return the id of another version: always the same for the same content, so that merging twice adds it once."""
    digest = hashlib.blake2b(b"%d|" % id_ + content, digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 | 1


def _batches(instances: Mapping[FrameKey, list[Instance]]) -> Iterator[InstanceBatch]:
    """Yield instances as columns, one batch to a skeleton."""
    by_skeleton: dict[str, list[tuple[FrameKey, Instance]]] = {}
    for frame, values in instances.items():
        for value in values:
            by_skeleton.setdefault(value.skeleton_id, []).append((frame, value))
    for skeleton_id, rows in by_skeleton.items():
        yield _batch(skeleton_id, rows)


def _batch(skeleton_id: str, rows: list[tuple[FrameKey, Instance]]) -> InstanceBatch:
    values = [value for _, value in rows]

    def column(name: str) -> list[object]:
        return [getattr(value, name) for value in values]

    return InstanceBatch(
        skeleton_id,
        np.array([frame for frame, _ in rows], np.int64),
        np.array(column("id"), np.int64),
        np.stack([value.points for value in values]),
        np.stack([value.visibility for value in values]),
        np.array([value.box or (np.nan,) * 4 for value in values], float).reshape(-1, 4),
        np.array(column("box_by_hand"), bool),
        np.array(column("crowd"), bool),
        [str(value.source) for value in values],
        [value.run for value in values],
        [value.track for value in values],
        [value.attributes for value in values],
        [value.note for value in values],
        [value.extra for value in values],
    )
