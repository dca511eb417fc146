"""Skeletons as JSON: the files of `resources/skeletons/`, users' own files, and the project's rows.

`schemas/skeleton.json` is generated from the types below, and a test keeps the two equal.
"""

from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from annotator.errors import FormatError, ModelError
from annotator.model.sides import Side
from annotator.model.skeleton import DEFAULT_POLICY, Keypoint, Part, SigmaSource, Skeleton

Positive = Annotated[float, msgspec.Meta(gt=0, lt=10)]


class KeypointRecord(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One keypoint; see `Keypoint` for the meaning of the fields."""

    id: str
    name: str
    color: str = ""
    side: Side = Side.CENTRE
    partner: str = ""
    parent: str = ""
    sigma: Positive = 0.05
    sigma_source: SigmaSource = SigmaSource.GUESS
    hotkey: str = ""
    required: bool = False
    retired: bool = False
    where: str = ""


class PartRecord(msgspec.Struct, forbid_unknown_fields=True):
    """A named group of keypoints, by id."""

    name: str
    keypoints: tuple[str, ...]


class TemplateRecord(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """What only a shipped skeleton has: how the library shows it, and where its facts come from."""

    title: str = ""
    subtitle: str = ""
    group: str = ""
    order: int = 100
    source: str = ""
    notes: tuple[str, ...] = ()


class SkeletonRecord(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A whole skeleton file."""

    id: str
    name: str
    keypoints: tuple[KeypointRecord, ...]
    edges: tuple[tuple[str, str], ...] = ()
    layout: tuple[tuple[float, float], ...] = ()
    supercategory: str = ""
    visibility_policy: str = DEFAULT_POLICY
    parts: tuple[PartRecord, ...] = ()
    version: int = 1
    extra: str = ""
    template: TemplateRecord | None = None


class NameRecord(msgspec.Struct):
    """The name of a keypoint, without all else."""

    name: str


class Heading(msgspec.Struct):
    """What a list of skeletons shows of one of them: a tenth of the work of the whole record."""

    id: str
    name: str
    keypoints: tuple[NameRecord, ...]
    template: TemplateRecord = msgspec.field(default_factory=TemplateRecord)


_Record = TypeVar("_Record", SkeletonRecord, Heading)


def encode_skeleton(skeleton: Skeleton, template: TemplateRecord | None = None) -> bytes:
    """Return the skeleton as one line of JSON."""
    record = SkeletonRecord(
        id=skeleton.id,
        name=skeleton.name,
        keypoints=tuple(
            KeypointRecord(**{name: getattr(keypoint, name) for name in KeypointRecord.__struct_fields__})
            for keypoint in skeleton.keypoints
        ),
        edges=skeleton.edges,
        layout=skeleton.layout,
        supercategory=skeleton.supercategory,
        visibility_policy=skeleton.visibility_policy,
        parts=tuple(PartRecord(part.name, part.keypoints) for part in skeleton.parts),
        version=skeleton.version,
        extra=skeleton.extra,
        template=template,
    )
    return msgspec.json.encode(record)


def decode_skeleton(text: bytes, origin: str) -> Skeleton:
    """Parse a skeleton.

    Args:
        text: JSON.
        origin: what to call the text in messages: a file name.

    Raises:
        FormatError: not JSON, a field of the wrong type, or an unknown field.
        ModelError: a rule of `Skeleton` is broken.
    """
    return _skeleton(_decode(text, origin, SkeletonRecord), origin)


def decode_heading(text: bytes, origin: str) -> Heading:
    """Parse of a skeleton file only what a list shows; the rest is skipped, not checked.

    Raises:
        FormatError: not JSON, or a field of the heading is missing or of the wrong type.
    """
    return _decode(text, origin, Heading)


def read_skeleton(path: Path) -> Skeleton:
    """Read a skeleton file; raises as `decode_skeleton`."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error
    return decode_skeleton(text, path.name)


def _decode(text: bytes, origin: str, kind: type[_Record]) -> _Record:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise FormatError(f"{origin} is not a skeleton file: {error}") from error


def _skeleton(record: SkeletonRecord, origin: str) -> Skeleton:
    try:
        return Skeleton(
            id=record.id,
            name=record.name,
            keypoints=tuple(
                Keypoint(**{name: getattr(keypoint, name) for name in KeypointRecord.__struct_fields__})
                for keypoint in record.keypoints
            ),
            edges=record.edges,
            layout=record.layout,
            supercategory=record.supercategory,
            visibility_policy=record.visibility_policy,
            parts=tuple(Part(part.name, part.keypoints) for part in record.parts),
            version=record.version,
            extra=record.extra,
        )
    except ModelError as error:
        raise ModelError(f"{origin}: {error}") from error
