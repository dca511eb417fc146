"""The versions that each instance and prediction of a frame had: what a merge compares.

A version is the history record in one canonical form: keypoints in the slots of the project that is merged into,
without trailing ones of which nothing is known, so that equal means the same labels.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from annotator.model.frame import Frame, FrameKey, FrameState
from annotator.model.instance import Source
from annotator.store.codec import (
    KEYPOINT,
    BulkRecord,
    FrameRecord,
    InstanceRecord,
    PredictionRecord,
    Record,
    StoredSkeleton,
    decode_records,
)
from annotator.store.digest import INSTANCE_CONTENT, PREDICTION_CONTENT, without_blank_keypoints
from annotator.store.sqlite import Connection

Pose = InstanceRecord | PredictionRecord


@dataclass(slots=True)
class Versions:
    """What one instance or prediction is, and was.

    Attributes:
        now: None when it is removed.
        past: all that it was, None among them when it was removed at some time.
        last: the newest version, even of a removed one.
    """

    now: Pose | None = None
    past: set[Pose | None] = field(default_factory=set)
    last: Pose | None = None


class Translator:
    """Brings poses of one project into the form of another, by keypoint ids."""

    def __init__(self, theirs: Mapping[str, StoredSkeleton], ours: Mapping[str, StoredSkeleton]) -> None:
        self._theirs = theirs
        self._ours = ours

    def __call__(self, pose: Pose) -> Pose:
        """Return the canonical version of a pose."""
        theirs, ours = self._theirs[pose.skeleton], self._ours.get(pose.skeleton)
        slots = None if ours is None or ours.slots[: len(theirs.slots)] == theirs.slots else _order(theirs, ours)
        if isinstance(pose, InstanceRecord):
            keypoints = pose.keypoints if slots is None else _reordered(pose.keypoints, slots, KEYPOINT, _NO_KEYPOINT)
            box = None if pose.box is None else tuple(value + 0.0 for value in pose.box)
            return msgspec.structs.replace(pose, keypoints=without_blank_keypoints(keypoints), box=box)
        points, scores = pose.points, pose.scores
        if slots is not None:
            points = _reordered(points, slots, _POINT, _NO_POINT)
            scores = _reordered(scores, slots, _SCORE, _NO_SCORE)
        while points.endswith(_NO_POINT) and scores.endswith(_NO_SCORE):
            points, scores = points[: -len(_NO_POINT)], scores[: -len(_NO_SCORE)]
        box_ = tuple(value + 0.0 for value in pose.box)
        return msgspec.structs.replace(pose, points=points, scores=scores, box=box_)


_POINT = np.dtype([("x", "<f8"), ("y", "<f8")])
_SCORE = np.dtype("<f4")
_NO_KEYPOINT = np.array([(np.nan, np.nan, 0)], KEYPOINT).tobytes()
_NO_POINT = np.array([(np.nan, np.nan)], _POINT).tobytes()
_NO_SCORE = np.zeros(1, _SCORE).tobytes()


def _order(theirs: StoredSkeleton, ours: StoredSkeleton) -> list[int | None]:
    """Return for each of our slots the slot that holds the same keypoint there."""
    place = {keypoint: slot for slot, keypoint in enumerate(theirs.slots)}
    return [place.get(keypoint) for keypoint in ours.slots]


def _reordered(blob: bytes, slots: Sequence[int | None], kind: np.dtype[Any], blank: bytes) -> bytes:
    size = kind.itemsize
    parts = [blob[slot * size : (slot + 1) * size] if slot is not None else b"" for slot in slots]
    return b"".join(part or blank for part in parts)


def versions_of_frame(
    connection: Connection, frame: FrameKey, skeletons: Mapping[int, str], canonical: Callable[[Pose], Pose]
) -> dict[int, Versions]:
    """Return the versions of each pose that the history of a frame speaks of, by id.

    Args:
        connection: of the project.
        frame: its key.
        skeletons: id of each skeleton by its row.
        canonical: what makes versions comparable.
    """
    sql = "SELECT before, after FROM change_frame WHERE frame = ? ORDER BY revision"
    steps = [(decode_records(before), decode_records(after)) for before, after in connection.execute(sql, (frame,))]
    rows = poses_of(connection, sorted(_ids(steps)), skeletons)
    found: dict[int, Versions] = {}
    # What a bulk change wrote stands in no entry: it is what the first later entry says it was, else what is stored.
    for before, _ in steps:
        for record in before:
            if isinstance(record, (InstanceRecord, PredictionRecord)):
                found.setdefault(record.id, Versions(last=canonical(record)))
    for id_, (pose, _) in rows.items():
        found.setdefault(id_, Versions(last=canonical(pose)))
    for id_, new, is_live in _events(steps):
        versions = found.setdefault(id_, Versions())
        if new is not None:
            versions.last = canonical(new)
        versions.past.add(versions.last if is_live else None)
    for id_, (pose, is_live) in rows.items():
        found[id_].last = canonical(pose)
        found[id_].now = found[id_].last if is_live else None
    return found


def fields_of_frame(connection: Connection, frame: Frame) -> dict[str, set[object]]:
    """Return for each field of a frame that people set all values it had."""
    seen: dict[str, set[object]] = {name: {getattr(frame, name)} for name in FIELDS}
    sql = "SELECT before, after FROM change_frame WHERE frame = ?"
    for before, after in connection.execute(sql, (frame.key,)):
        for record in (*decode_records(before), *decode_records(after)):
            if isinstance(record, FrameRecord):
                for name in FIELDS:
                    seen[name].add(getattr(record, name))
            elif isinstance(record, BulkRecord) and (record.begun_on or record.begun_off):
                seen["state"] |= {FrameState.NEW, FrameState.IN_PROGRESS}
    return seen


FIELDS = ("state", "tags", "split", "note", "extra")

Steps = Sequence[tuple[list[Record | None], list[Record | None]]]


def _events(steps: Steps) -> Iterator[tuple[int, Pose | None, bool]]:
    """Yield (id, new value or None when it stays, whether it is there) for everything that happened to a pose."""
    for before, after in steps:
        if not before and after and isinstance(after[0], BulkRecord):
            bulk = after[0]
            yield from ((id_, None, True) for id_ in (*bulk.instances_on, *bulk.predictions_on))
            yield from ((id_, None, False) for id_ in (*bulk.instances_off, *bulk.predictions_off))
            continue
        for old, new in zip(before, after, strict=True):
            if isinstance(new, (InstanceRecord, PredictionRecord)):
                yield new.id, new, True
            elif isinstance(old, (InstanceRecord, PredictionRecord)):
                yield old.id, None, False


def _ids(steps: Steps) -> set[int]:
    return {id_ for id_, _, _ in _events(steps)}


def poses_of(connection: Connection, ids: Sequence[int], skeletons: Mapping[int, str]) -> dict[int, tuple[Pose, bool]]:
    """Return the stored poses of these ids, with whether each is live.

    Args:
        connection: of the project.
        ids: of instances and predictions, at most some thousand.
        skeletons: id of each skeleton by its row.
    """
    marks = ",".join("?" * len(ids))
    found: dict[int, tuple[Pose, bool]] = {}
    for row in connection.execute(f"SELECT {INSTANCE_CONTENT}, deleted FROM instance WHERE id IN ({marks})", ids):
        found[row[0]] = instance_of_row(row, skeletons), not row[16]
    for row in connection.execute(f"SELECT {PREDICTION_CONTENT}, deleted FROM prediction WHERE id IN ({marks})", ids):
        found[row[0]] = prediction_of_row(row, skeletons), not row[12]
    return found


def instance_of_row(row: Sequence[Any], skeletons: Mapping[int, str]) -> InstanceRecord:
    """Return the record of a row of `INSTANCE_CONTENT`."""
    box = None if row[4] is None else (row[4], row[5], row[6], row[7])
    return InstanceRecord(
        row[0],
        skeletons[row[2]],
        bytes(row[3]),
        box,
        bool(row[8]),
        row[12],
        Source(row[10]),
        row[11],
        bool(row[9]),
        row[13],
        row[14],
        row[15],
    )


def prediction_of_row(row: Sequence[Any], skeletons: Mapping[int, str]) -> PredictionRecord:
    """Return the record of a row of `PREDICTION_CONTENT`."""
    return PredictionRecord(
        row[0],
        skeletons[row[2]],
        bytes(row[3]),
        bytes(row[4]),
        (row[5], row[6], row[7], row[8]),
        row[9],
        row[10],
        row[11],
    )
