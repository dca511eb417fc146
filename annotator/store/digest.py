"""The bytes that hashes are made over: rows in one canonical form, history rows, model runs.

A row is hashed as it reads, except for what may differ without meaning anything: trailing keypoints of which nothing
is known (a skeleton that grew pads them when an instance is next written) and the sign of a zero box.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np

from annotator.store.change import Change
from annotator.store.codec import KEYPOINT, FrameRecord, InstanceRecord, PredictionRecord

SIZE = 16
NO_HASH = b"\0" * SIZE

FRAME_CONTENT = (
    "f.id, r.name, m.path, f.number, f.width, f.height, f.orientation, f.state, f.tags, f.split, f.note, f.extra"
)
INSTANCE_CONTENT = (
    "id, frame, skeleton, keypoints, x, y, width, height, by_hand, crowd, source, run, track, attributes, note, extra"
)
PREDICTION_CONTENT = "id, frame, skeleton, points, scores, x, y, width, height, score, run, instance"

_encoder = msgspec.msgpack.Encoder()
_BLANK_KEYPOINT = np.array([(np.nan, np.nan, 0)], KEYPOINT).tobytes()
_BLANK_POINT = np.array([np.nan, np.nan], "<f8").tobytes()
_BLANK_SCORE = np.zeros(1, "<f4").tobytes()


def frame_bytes(row: Sequence[Any]) -> bytes:
    """Return the canonical bytes of a row of `FRAME_CONTENT`."""
    return _encoder.encode(row)


def instance_bytes(row: Sequence[Any]) -> bytes:
    """Return the canonical bytes of a row of `INSTANCE_CONTENT`."""
    if not row[3].endswith(_BLANK_KEYPOINT):
        return _encoder.encode(row)
    return _encoder.encode((*row[:3], without_blank_keypoints(row[3]), *row[4:]))


def prediction_bytes(row: Sequence[Any]) -> bytes:
    """Return the canonical bytes of a row of `PREDICTION_CONTENT`."""
    if not row[3].endswith(_BLANK_POINT):
        return _encoder.encode(row)
    points, scores = row[3], row[4]
    while points.endswith(_BLANK_POINT) and scores.endswith(_BLANK_SCORE):
        points, scores = points[: -len(_BLANK_POINT)], scores[: -len(_BLANK_SCORE)]
    return _encoder.encode((*row[:3], points, scores, *row[5:]))


def rows_bytes(rows: Iterable[Sequence[Any]]) -> list[bytes]:
    """Return the canonical bytes of many rows of frames, or of instances without trailing blank keypoints."""
    return list(map(_encoder.encode, rows))


def without_blank_keypoints(blob: bytes) -> bytes:
    """Cut the trailing keypoints of which nothing is known."""
    while blob.endswith(_BLANK_KEYPOINT):
        blob = blob[: -len(_BLANK_KEYPOINT)]
    return blob


def frame_row(record: FrameRecord) -> tuple[Any, ...]:
    """Return what `FRAME_CONTENT` reads of a frame that a change left like this."""
    return (
        record.key,
        record.root,
        record.path,
        record.index,
        record.width,
        record.height,
        record.orientation,
        str(record.state),
        msgspec.json.encode(record.tags).decode(),
        record.split,
        record.note,
        record.extra,
    )


def instance_row(record: InstanceRecord, frame: int, skeleton: int) -> tuple[Any, ...]:
    """Return what `INSTANCE_CONTENT` reads of an instance that a change left like this."""
    box = (None,) * 4 if record.box is None else tuple(_stored_real(value) for value in record.box)
    return (
        record.id,
        frame,
        skeleton,
        record.keypoints,
        *box,
        int(record.by_hand),
        int(record.crowd),
        str(record.source),
        record.run,
        record.track,
        record.attributes,
        record.note,
        record.extra,
    )


def prediction_row(record: PredictionRecord, frame: int, skeleton: int) -> tuple[Any, ...]:
    """Return what `PREDICTION_CONTENT` reads of a prediction that a change left like this."""
    return (
        record.id,
        frame,
        skeleton,
        record.points,
        record.scores,
        *(_stored_real(value) for value in record.box),
        _stored_real(record.score),
        record.run,
        record.instance,
    )


def _stored_real(value: float) -> float | None:
    """Return a number as SQLite gives it back: no NaN, and no sign of zero."""
    return None if value != value else float(value) + 0.0


def change_header(change: Change, version: str) -> bytes:
    """Return the bytes of a change's own row, which each of its history rows is hashed with."""
    return header_bytes(
        change.uid,
        change.name,
        str(change.kind),
        int(change.bulk),
        change.member,
        change.client_ms,
        change.undoes,
        version,
    )


def header_bytes(*columns: int | str | None) -> bytes:
    """Return the same of the columns uid, name, kind, bulk, member's name, client_ms, undoes, version."""
    return _encoder.encode(columns)


def chain_hash(previous: bytes, header: bytes, frame: int, revision: int, before: bytes, after: bytes) -> bytes:
    """Return the hash of one history row: BLAKE2b-128 over its predecessor's, its change and its own content."""
    sizes = b"%d|%d|%d|%d|" % (frame, revision, len(header), len(before))
    return blake2b(b"".join((previous, sizes, header, before, after)), digest_size=SIZE).digest()


def first_hashes(header: bytes, frames: Sequence[int], after: Sequence[bytes]) -> list[bytes]:
    """Return the same for the first history rows of many new frames."""
    middle = b"|1|%d|0|%b" % (len(header), header)
    rows = zip(frames, after, strict=True)
    return [blake2b(b"%b%d%b%b" % (NO_HASH, key, middle, text), digest_size=SIZE).digest() for key, text in rows]


def project_seed(uid: int, created_ms: int) -> bytes:
    """Return what the project's own chain begins with; the chains of frames begin with `NO_HASH`."""
    return blake2b(b"%d|%d" % (uid, created_ms), digest_size=SIZE).digest()


def run_digest(run: int, model: str, model_hash: str, parameters: str, member: str, started_ms: int) -> bytes:
    """Return the check value of a row of `run`, which no change covers."""
    row = _encoder.encode((run, model, model_hash, parameters, member, started_ms))
    return blake2b(row, digest_size=SIZE).digest()
