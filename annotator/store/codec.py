"""How values lie in the database: keypoints as one BLOB, history as MessagePack records.

A keypoint is 17 bytes: float64 x, float64 y (little-endian), uint8 visibility; float32 would change imported
values. The keypoints of a BLOB stand in the order of the skeleton's *slots*: ids in order of creation, append-only.
So renaming, reordering and adding keypoints touches no instance: a BLOB that is too short has unlabeled keypoints.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from annotator.model.frame import Frame, FrameState
from annotator.model.instance import Instance, Points, Prediction, Source, States
from annotator.model.skeleton import Skeleton
from annotator.model.skeleton_file import encode_skeleton
from annotator.store.change import Settings, Value

KEYPOINT = np.dtype([("x", "<f8"), ("y", "<f8"), ("v", "u1")])


@dataclass(frozen=True, slots=True, eq=False)
class StoredSkeleton:
    """A skeleton and how its instances lie in BLOBs.

    Attributes:
        row: id of the database row.
        slots: keypoint ids in the order of BLOBs.
    """

    row: int
    skeleton: Skeleton
    slots: tuple[str, ...]
    _slot_of_k: NDArray[np.intp] | None = field(init=False)

    def __post_init__(self) -> None:
        position = {keypoint_id: slot for slot, keypoint_id in enumerate(self.slots)}
        order = [position[keypoint.id] for keypoint in self.skeleton.keypoints]
        same = order == list(range(len(order))) and len(order) == len(self.slots)
        object.__setattr__(self, "_slot_of_k", None if same else np.array(order, np.intp))

    def encode(self, points: Points, visibility: States) -> bytes:
        """Pack (K, 2) points and (K,) states."""
        return self.encode_many(points[None], visibility[None])[0]

    def encode_many(self, points: NDArray[np.float64], visibility: NDArray[np.uint8]) -> list[bytes]:
        """Pack (N, K, 2) points and (N, K) states, one BLOB each."""
        text = self.pack(points, visibility).tobytes()
        step = len(self.slots) * KEYPOINT.itemsize
        return [text[k : k + step] for k in range(0, len(text), step)] if step else [b""] * len(points)

    def pack(self, points: NDArray[np.float64], visibility: NDArray[np.uint8]) -> NDArray[np.void]:
        """Return (N, S) keypoints as they lie in N BLOBs of S slots, given (N, K, 2) points and (N, K) states."""
        order = self._slot_of_k
        packed = np.empty((len(points), len(self.slots)), KEYPOINT)
        if order is None:
            packed["x"], packed["y"], packed["v"] = points[..., 0], points[..., 1], visibility
        else:
            packed["x"], packed["y"], packed["v"] = np.nan, np.nan, 0
            packed["x"][:, order], packed["y"][:, order] = points[..., 0], points[..., 1]
            packed["v"][:, order] = visibility
        return packed

    def decode(self, blob: bytes) -> tuple[Points, States]:
        """Unpack one BLOB to (K, 2) points and (K,) states."""
        points, visibility = self.decode_many([blob])
        return points[0], visibility[0]

    def decode_many(self, blobs: Sequence[bytes]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Unpack N BLOBs to (N, K, 2) points and (N, K) states."""
        width = len(self.slots)
        step = width * KEYPOINT.itemsize
        if set(map(len, blobs)) - {step}:
            blank = np.zeros(width, KEYPOINT)
            blank["x"] = blank["y"] = np.nan
            filler = blank.tobytes()
            blobs = [blob[:step] + filler[len(blob) :] for blob in blobs]
        packed = np.frombuffer(b"".join(blobs), KEYPOINT).reshape(len(blobs), width)
        if self._slot_of_k is not None:
            packed = packed[:, self._slot_of_k]
        points = np.empty((*packed.shape, 2))
        points[..., 0], points[..., 1] = packed["x"], packed["y"]
        return points, np.ascontiguousarray(packed["v"])


class InstanceRecord(msgspec.Struct, array_like=True, tag="i", frozen=True):
    """An instance inside a change; keypoints in slot order."""

    id: int
    skeleton: str
    keypoints: bytes
    box: tuple[float, float, float, float] | None
    by_hand: bool
    track: str
    source: Source
    run: int
    crowd: bool
    attributes: str
    note: str
    extra: str


class PredictionRecord(msgspec.Struct, array_like=True, tag="p", frozen=True):
    """A prediction inside a change; points float64, scores float32, in slot order."""

    id: int
    skeleton: str
    points: bytes
    scores: bytes
    box: tuple[float, float, float, float]
    score: float
    run: int
    instance: int | None


class FrameRecord(msgspec.Struct, array_like=True, tag="f", frozen=True):
    """A frame's own fields inside a change."""

    key: int
    root: str
    path: str
    index: int
    width: int
    height: int
    orientation: int
    state: FrameState
    tags: tuple[str, ...]
    split: str
    note: str
    extra: str


class DefinitionRecord(msgspec.Struct, array_like=True, tag="s", frozen=True):
    """A skeleton's definition as JSON, inside a change."""

    text: bytes


class SettingsRecord(msgspec.Struct, array_like=True, tag="g", frozen=True):
    """The project's settings as JSON, inside a change."""

    text: bytes


class BulkRecord(msgspec.Struct, array_like=True, tag="b", frozen=True):
    """What a bulk change switched on or off in one frame; the rows themselves are stored once, elsewhere.

    `digest` is over the rows switched on, instances then predictions, in id order, and `frame_digest` over the
    frame's own fields after it was switched on, so that damage shows.
    `begun_on`: the frame went from "new" to "in progress" with its first instance.
    """

    frame_on: bool = False
    frame_off: bool = False
    instances_on: tuple[int, ...] = ()
    instances_off: tuple[int, ...] = ()
    predictions_on: tuple[int, ...] = ()
    predictions_off: tuple[int, ...] = ()
    digest: bytes = b""
    begun_on: bool = False
    begun_off: bool = False
    frame_digest: bytes = b""

    def inverted(self) -> "BulkRecord":
        return BulkRecord(
            self.frame_off,
            self.frame_on,
            self.instances_off,
            self.instances_on,
            self.predictions_off,
            self.predictions_on,
            b"",
            self.begun_off,
            self.begun_on,
        )


Record = InstanceRecord | PredictionRecord | FrameRecord | DefinitionRecord | SettingsRecord | BulkRecord

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Record | None])


def encode_records(records: Sequence[Record | None]) -> bytes:
    return _encoder.encode(list(records))


def encode_record_each(records: Iterable[Record]) -> list[bytes]:
    """Encode records as history rows with one record each."""
    return list(map(_encoder.encode, ([record] for record in records)))


def decode_records(blob: bytes) -> list[Record | None]:
    return _decoder.decode(blob) if blob else []


def instance_record(instance: Instance, stored: StoredSkeleton) -> InstanceRecord:
    return InstanceRecord(
        instance.id,
        instance.skeleton_id,
        stored.encode(instance.points, instance.visibility),
        instance.box,
        instance.box_by_hand,
        instance.track,
        instance.source,
        instance.run,
        instance.crowd,
        instance.attributes,
        instance.note,
        instance.extra,
    )


def instance_of(record: InstanceRecord, stored: StoredSkeleton) -> Instance:
    points, visibility = stored.decode(record.keypoints)
    return Instance(
        record.id,
        record.skeleton,
        points,
        visibility,
        record.box,
        record.by_hand,
        record.track,
        record.source,
        record.run,
        record.crowd,
        record.attributes,
        record.note,
        record.extra,
    )


def prediction_record(prediction: Prediction, stored: StoredSkeleton) -> PredictionRecord:
    points, scores = encode_prediction(prediction, stored)
    return PredictionRecord(
        prediction.id,
        prediction.skeleton_id,
        points,
        scores,
        prediction.box,
        prediction.score,
        prediction.run,
        prediction.instance_id,
    )


def encode_prediction(prediction: Prediction, stored: StoredSkeleton) -> tuple[bytes, bytes]:
    """Pack points (float64) and scores (float32) in slot order."""
    points, scores = prediction.points, prediction.scores
    order = stored._slot_of_k
    if order is not None:
        wide = np.full((len(stored.slots), 2), np.nan)
        wide_scores = np.zeros(len(stored.slots), np.float32)
        wide[order], wide_scores[order] = points, scores
        points, scores = wide, wide_scores
    return points.astype("<f8").tobytes(), scores.astype("<f4").tobytes()


def decode_prediction(points: bytes, scores: bytes, stored: StoredSkeleton) -> tuple[Points, NDArray[np.float32]]:
    """Unpack what `encode_prediction` packed; keypoints added since are NaN with score 0."""
    width = len(stored.slots)
    wide = np.full((width, 2), np.nan)
    wide_scores = np.zeros(width, np.float32)
    found = np.frombuffer(points, "<f8").reshape(-1, 2)[:width]
    wide[: len(found)] = found
    wide_scores[: len(found)] = np.frombuffer(scores, "<f4")[:width]
    order = stored._slot_of_k
    return (wide, wide_scores) if order is None else (wide[order], wide_scores[order])


def prediction_of(record: PredictionRecord, stored: StoredSkeleton) -> Prediction:
    points, scores = decode_prediction(record.points, record.scores, stored)
    return Prediction(record.id, record.skeleton, points, scores, record.box, record.score, record.run, record.instance)


def frame_record(frame: Frame) -> FrameRecord:
    return FrameRecord(*(getattr(frame, name) for name in FrameRecord.__struct_fields__))


def frame_of(record: FrameRecord) -> Frame:
    return Frame(**{name: getattr(record, name) for name in FrameRecord.__struct_fields__})


def record_of(value: Value | None, skeletons: Mapping[str, StoredSkeleton]) -> Record | None:
    """Return the history record of any value; None stays None."""
    match value:
        case None:
            return None
        case Instance():
            return instance_record(value, skeletons[value.skeleton_id])
        case Prediction():
            return prediction_record(value, skeletons[value.skeleton_id])
        case Frame():
            return frame_record(value)
        case Skeleton():
            return DefinitionRecord(encode_skeleton(value))
        case Settings():
            return SettingsRecord(msgspec.json.encode(value))
