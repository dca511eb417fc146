"""What a frame and the project must look like, given their histories: the other half of the integrity check."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from annotator.errors import AnnotatorError
from annotator.model.frame import FrameKey
from annotator.model.skeleton_file import decode_skeleton
from annotator.store.codec import (
    BulkRecord,
    DefinitionRecord,
    FrameRecord,
    InstanceRecord,
    PredictionRecord,
    Record,
    SettingsRecord,
    StoredSkeleton,
    decode_records,
)
from annotator.store.definitions import grown
from annotator.store.digest import (
    SIZE,
    frame_bytes,
    frame_row,
    instance_bytes,
    instance_row,
    prediction_bytes,
    prediction_row,
)

Problem = tuple[str, str]
"""(kind, sentence)"""

_STATE = 7  # column of FRAME_CONTENT


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One history row whose hash is right."""

    revision: int
    before: bytes
    after: bytes


class FrameRows:
    """The rows of one frame.

    Attributes:
        frame: `FRAME_CONTENT`, or None when there is no row.
        frame_rest: deleted, revision and the four counters.
        poses: by (kind, id) whether the row is live, its revision and its canonical bytes.
        totals: the counters as the live rows give them.
    """

    def __init__(self, frame: Iterator[Any], instances: Iterator[Any], predictions: Iterator[Any]) -> None:
        row = next(frame, None)
        self.frame = row[:12] if row else None
        self.frame_rest = row[12:] if row else None
        self.poses: dict[tuple[str, int], tuple[bool, int, bytes]] = {}
        totals = [0, 0, 0, 0]
        for row in instances:
            self.poses["instance", row[3]] = (not row[1], row[2], instance_bytes(row[3:]))
            if not row[1]:
                states = row[6][16::17]
                totals[0] += 1
                totals[1] += len(states) - states.count(0)
                totals[2] += len(states)
        for row in predictions:
            self.poses["prediction", row[3]] = (not row[1], row[2], prediction_bytes(row[3:]))
            totals[3] += not row[1]
        self.totals = tuple(totals)


@dataclass(slots=True)
class _Pose:
    """What the history says of one instance or prediction so far."""

    content: bytes | None = None
    is_live: bool = False
    revision: int = 0
    is_known: bool = False


@dataclass(slots=True)
class _Fold:
    """A frame's state while its history is followed."""

    poses: dict[tuple[str, int], _Pose]
    frame: tuple[Any, ...] | None
    is_live: bool = False
    problems: list[Problem] = field(default_factory=list)


def frame_problems(
    key: FrameKey, history: Sequence[HistoryEntry], rows: FrameRows, skeletons: Mapping[str, int]
) -> list[Problem]:
    """Return what is wrong with a frame's rows.

    Args:
        key: of the frame.
        history: all of it, hashes verified.
        rows: as they are stored, removed ones too.
        skeletons: row of each skeleton.
    """
    try:
        steps = [(entry.revision, decode_records(entry.before), decode_records(entry.after)) for entry in history]
    except msgspec.MsgspecError as error:
        return [("history", f"the history of frame {key} cannot be understood: {error}")]

    def content_of(record: Record | None) -> bytes | None:
        match record:
            case InstanceRecord():
                return instance_bytes(instance_row(record, key, skeletons.get(record.skeleton, 0)))
            case PredictionRecord():
                return prediction_bytes(prediction_row(record, key, skeletons.get(record.skeleton, 0)))
        return None

    fold = _begin(steps, rows, content_of)
    for revision, before, after in steps:
        if not before and after and isinstance(after[0], BulkRecord):
            _follow_bulk(fold, after[0])
            continue
        for old, new in zip(before, after, strict=True):
            _follow(fold, revision, old, new, content_of)
    return fold.problems + list(_compare(key, fold, rows, len(history)))


def _begin(steps: Sequence[tuple[int, list[Any], list[Any]]], rows: FrameRows, content_of: Any) -> _Fold:
    """Return what stood before the first step.

    What a bulk change wrote stands in no entry. It is what the first later entry says it was before; without such an
    entry it is what is stored now, and the digest will tell.
    """
    poses = {what: _Pose(content) for what, (_, _, content) in rows.poses.items()}
    frame: tuple[Any, ...] | None = rows.frame
    seen: set[tuple[str, int]] = set()
    frame_seen = False
    for _, before, after in steps:
        for old, new in zip(before, after, strict=bool(before)):
            what = _what(old or new)
            if what is not None and what not in seen:
                seen.add(what)
                poses[what] = _Pose(content_of(old))
            elif isinstance(old or new, FrameRecord) and not frame_seen:
                frame_seen = True
                frame = frame_row(old) if isinstance(old, FrameRecord) else None
    if frame is not None:
        frame = _with_state(frame, _first_state(steps, str(frame[_STATE])))
    return _Fold(poses, frame)


def _first_state(steps: Sequence[tuple[int, list[Any], list[Any]]], state: str) -> str:
    """Walk back from a known state through the frames that bulk changes began, up to the first plain entry."""
    begun: list[BulkRecord] = []
    for _, before, after in steps:
        if not before and after and isinstance(after[0], BulkRecord):
            begun.append(after[0])
        elif any(isinstance(record, FrameRecord) for record in (*before, *after)):
            break
    for record in reversed(begun):
        if record.begun_on:
            state = "new"
        elif record.begun_off:
            state = "in progress"
    return state


def _follow(fold: _Fold, revision: int, old: Record | None, new: Record | None, content_of: Any) -> None:
    what = _what(old or new)
    if what is not None:
        pose = fold.poses.setdefault(what, _Pose())
        if old is not None and pose.content != content_of(old):
            fold.problems.append((what[0], f"the history of {what[0]} {what[1]} contradicts itself"))
        pose.revision, pose.is_live, pose.is_known = revision, new is not None, True
        if new is not None:
            pose.content = content_of(new)
    elif isinstance(new, FrameRecord):
        fold.frame, fold.is_live = frame_row(new), True
    elif isinstance(old, FrameRecord):
        fold.is_live = False


def _follow_bulk(fold: _Fold, record: BulkRecord) -> None:
    digest = hashlib.blake2b(digest_size=SIZE)
    count = 0
    for kind, on, off in (
        ("instance", record.instances_on, record.instances_off),
        ("prediction", record.predictions_on, record.predictions_off),
    ):
        for id_ in sorted(on):
            pose = fold.poses.setdefault((kind, id_), _Pose())
            pose.is_live = pose.is_known = True
            digest.update(pose.content or b"")
            count += 1
        for id_ in off:
            fold.poses.setdefault((kind, id_), _Pose()).is_live = False
    if count and digest.digest() != record.digest:
        fold.problems.append(("instance", f"the {count} poses that a bulk change wrote are not as it wrote them"))
    _follow_bulk_frame(fold, record)


def _follow_bulk_frame(fold: _Fold, record: BulkRecord) -> None:
    if record.frame_on or record.frame_off:
        fold.is_live = record.frame_on
    if fold.frame is None:
        return
    if record.begun_on or record.begun_off:
        wanted, result = ("new", "in progress") if record.begun_on else ("in progress", "new")
        if fold.frame[_STATE] != wanted:
            fold.problems.append(("frame", f"its state is {fold.frame[_STATE]!r} where its history says {wanted!r}"))
        fold.frame = _with_state(fold.frame, result)
    if record.frame_digest:
        found = hashlib.blake2b(frame_bytes(fold.frame), digest_size=SIZE).digest()
        if found != record.frame_digest:
            fold.problems.append(("frame", f"{fold.frame[2]} is not as the bulk change that added it wrote it"))


def _compare(key: FrameKey, fold: _Fold, rows: FrameRows, revision: int) -> Iterator[Problem]:
    for what in sorted(fold.poses.keys() | rows.poses.keys()):
        kind, id_ = what
        said, stored = fold.poses.get(what), rows.poses.get(what)
        if stored is None:
            yield kind, f"{kind} {id_} is missing"
        elif said is None or not said.is_known:
            yield kind, f"{kind} {id_} stands in no history"
        elif stored[2] != said.content:
            yield kind, f"{kind} {id_} is not what its newest change made of it"
        elif stored[0] != said.is_live:
            yield kind, f"{kind} {id_} is {'there' if stored[0] else 'removed'} against its history"
        elif stored[1] != said.revision:
            yield kind, f"{kind} {id_} has the revision {stored[1]} instead of {said.revision}"
    if rows.frame is None or rows.frame_rest is None:
        yield "frame", f"frame {key} is missing"
        return
    if not revision:
        yield "frame", f"frame {key} stands in no history"
        return
    if fold.frame is None or frame_bytes(rows.frame) != frame_bytes(fold.frame):
        yield "frame", f"{rows.frame[2]} is not what its newest change made of it"
    if bool(rows.frame_rest[0]) == fold.is_live:
        yield "frame", f"{rows.frame[2]} is {'removed' if fold.is_live else 'there'} against its history"
    if rows.frame_rest[1] != revision:
        yield "frame", f"{rows.frame[2]} has the revision {rows.frame_rest[1]} instead of {revision}"
    if not fold.is_live and any(rows.totals):
        yield "frame", f"{rows.frame[2]} is removed, but what was in it is not"
    if tuple(rows.frame_rest[2:]) != rows.totals:
        yield "frame", f"the counters of {rows.frame[2]} are {tuple(rows.frame_rest[2:])} instead of {rows.totals}"


def project_problems(
    history: Sequence[HistoryEntry], project: tuple[str, int], stored: Iterable[tuple[str, str, str, int]]
) -> list[Problem]:
    """Return what is wrong with the settings and the skeletons.

    Args:
        history: of the project itself, hashes verified.
        project: its settings and revision.
        stored: uid, definition, slots and deleted of each skeleton.
    """
    settings: bytes | None = None
    skeletons: dict[str, tuple[StoredSkeleton, bytes, bool]] = {}
    try:
        for entry in history:
            before, after = decode_records(entry.before), decode_records(entry.after)
            for old, new in zip(before, after, strict=True):
                match new or old:
                    case SettingsRecord() as record:
                        settings = record.text
                    case DefinitionRecord() as record:
                        skeleton = decode_skeleton(record.text, "the history")
                        known = skeletons.get(skeleton.id)
                        now = grown(known[0] if known else None, skeleton) if new or known is None else known[0]
                        skeletons[skeleton.id] = (now, record.text if new or known is None else known[1], bool(new))
    except (msgspec.MsgspecError, AnnotatorError) as error:
        return [("history", f"the project's own history cannot be understood: {error}")]
    problems: list[Problem] = []
    if settings != project[0].encode():
        problems.append(("settings", "the project's settings are not what the newest change made of them"))
    if project[1] != len(history):
        problems.append(("settings", f"the project has the revision {project[1]} instead of {len(history)}"))
    expected = {
        uid: (text, msgspec.json.encode(skeleton.slots), int(not is_live))
        for uid, (skeleton, text, is_live) in skeletons.items()
    }
    found = {uid: (text.encode(), slots.encode(), deleted) for uid, text, slots, deleted in stored}
    for uid in sorted(expected.keys() | found.keys()):
        if expected.get(uid) != found.get(uid):
            problems.append(("skeleton", f"skeleton {uid!r} is not what the newest change made of it"))
    return problems


def _what(record: Record | None) -> tuple[str, int] | None:
    match record:
        case InstanceRecord():
            return "instance", record.id
        case PredictionRecord():
            return "prediction", record.id
    return None


def _with_state(frame: tuple[Any, ...], state: str) -> tuple[Any, ...]:
    return (*frame[:_STATE], state, *frame[_STATE + 1 :])
