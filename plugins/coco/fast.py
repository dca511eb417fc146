"""Parse large COCO files that are as they should be: the whole file at once into plain structs.

Whatever is unusual makes `parse` give up: an unknown field, a field of another type, a key that stands twice. The
strict parser then reads the file anew and either keeps it or says what is wrong. So this module accepts nothing that
the strict one refuses, and words no message.
"""

from collections.abc import Sequence
from itertools import repeat
from operator import attrgetter, is_
from typing import Any

import msgspec
import numpy as np

from annotator.plugin import FrameColumns

from .columns import Columns, Record, compact
from .syntax import is_utf8

_UNSET = msgspec.UNSET
Optional = msgspec.Raw | msgspec.UnsetType


class _Image(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    id: int
    file_name: str
    width: int
    height: int
    license: Optional = _UNSET
    coco_url: Optional = _UNSET
    date_captured: Optional = _UNSET
    flickr_url: Optional = _UNSET


class _Annotation(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    id: int
    image_id: int
    category_id: int
    keypoints: msgspec.Raw
    bbox: msgspec.Raw
    iscrowd: int
    num_keypoints: int
    area: Optional = _UNSET
    segmentation: Optional = _UNSET


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[Record]
    info: Optional = _UNSET
    licenses: Optional = _UNSET
    type: Optional = _UNSET


_decoder = msgspec.json.Decoder(_Document)
_areas = msgspec.json.Decoder(list[float | None])
_NOTHING = (msgspec.Raw(b"null"), msgspec.Raw(b"[]"))
_IMAGE_OPTIONS = ("license", "coco_url", "date_captured", "flickr_url")
_ANNOTATION_OPTIONS = ("area", "segmentation")
_image_columns = attrgetter("id", "file_name", "width", "height", *_IMAGE_OPTIONS)
_annotation_columns = attrgetter(*_Annotation.__struct_fields__)
_LIMIT = 2**53  # ids of larger size are looked at one by one


def parse(text: bytes) -> Columns | None:
    """Return the columns of a file, or None for one that the strict parser must look at."""
    if not is_utf8(text):
        return None
    try:
        document = _decoder.decode(text)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        return None
    if not document.images or not document.annotations:
        return None
    images = [list(column) for column in zip(*map(_image_columns, document.images), strict=True)]
    annotations = [list(column) for column in zip(*map(_annotation_columns, document.annotations), strict=True)]
    if not _has_single_keys(text, document, images, annotations):
        return None
    columns = _columns(document, images, annotations)
    document.images.clear()
    document.annotations.clear()
    return columns


def _columns(document: _Document, images: list[list[Any]], annotations: list[list[Any]]) -> Columns | None:
    ids, names, widths, heights = images[:4]
    own, image_ids, categories, keypoints, boxes, crowd, told = annotations[:7]
    position = {id_: n for n, id_ in enumerate(ids)}
    if len(position) < len(ids) or len(set(names)) < len(names) or len(set(own)) < len(own):
        return None
    try:
        of_images = np.fromiter(map(position.__getitem__, image_ids), np.int64, len(image_ids))
        numbers = np.array([own, categories, told, crowd], np.int64)
        sizes = np.array([widths, heights], np.int64)
        largest = max(map(abs, ids))
    except (KeyError, OverflowError):
        return None
    if largest >= _LIMIT or np.abs(numbers).max() >= _LIMIT or sizes.min() < 0 or sizes.max() >= 1_000_000:
        return None
    if not np.isin(numbers[3], (0, 1)).all() or not all(names):
        return None
    if any(nothing in column for column in (keypoints, boxes) for nothing in _NOTHING) or not _are_areas(
        annotations[7]
    ):
        return None
    try:
        return Columns(
            FrameColumns(names, widths, heights, _objects(ids, _IMAGE_OPTIONS, images[4:])),
            document.categories,
            _given(document),
            numbers[0],
            of_images,
            numbers[1],
            keypoints,
            boxes,
            numbers[3].astype(bool),
            numbers[2],
            _objects(own, _ANNOTATION_OPTIONS, annotations[7:]),
        )
    except UnicodeDecodeError:
        return None


def _are_areas(values: list[Optional]) -> bool:
    """Tell whether all areas that are there are numbers, or null."""
    try:
        _areas.decode(b"[" + b",".join(value for value in values if value is not _UNSET) + b"]")
    except (msgspec.DecodeError, msgspec.ValidationError):
        return False
    return True


def _given(document: _Document) -> Record:
    given = {name: getattr(document, name) for name in ("info", "licenses", "type")}
    # Copies, or the text of the whole file would live as long as they do.
    return {name: msgspec.Raw(bytes(value)) for name, value in given.items() if value is not _UNSET}


def _objects(ids: list[int], names: tuple[str, ...], columns: list[list[Any]]) -> list[str]:
    """Return one JSON object per record: its id and the fields it has, values to the letter."""
    parts: list[Sequence[Any]] = [[b'\0{"id":'] * len(ids), repr(ids)[1:-1].encode().split(b", ")]
    for name, column in zip(names, columns, strict=True):
        key, missing = b',"' + name.encode() + b'":', _missing(column)
        if not missing:
            parts += [[key] * len(ids), column]
        elif missing < len(ids):
            parts.append([b"" if value is _UNSET else key for value in column])
            parts.append([b"" if value is _UNSET else value for value in column])
    parts.append([b"}"] * len(ids))
    pieces: list[Any] = [None] * (len(ids) * len(parts))
    for position, part in enumerate(parts):
        pieces[position :: len(parts)] = part
    # Joined and decoded in one go; a NUL never stands in JSON.
    text = b"".join(pieces)
    if b"\n" in text:
        text = b"".join(b"\0" + compact(record) for record in text.split(b"\0")[1:])
    return text.decode().split("\0")[1:]


def _missing(column: list[Any]) -> int:
    """Return how many records lack an optional field."""
    return sum(map(is_, column, repeat(_UNSET)))


def _has_single_keys(text: bytes, document: _Document, images: list[list[Any]], annotations: list[list[Any]]) -> bool:
    """Tell for certain that no key stands twice in an object: as many keys are in the text as were read.

    A key in another spelling (a space before the colon, an escaped letter) makes the count differ, or is looked for.
    """
    if b"\\u00" in text:
        return False
    outer = [v for v in (document.info, document.licenses, document.type) if not isinstance(v, msgspec.UnsetType)]
    inner = outer + [value for record in document.categories for value in record.values()]
    keys = 3 + len(outer) + 4 * len(document.images) + 7 * len(document.annotations)
    keys += sum(map(len, document.categories))
    options = (*images[4:], *annotations[7:])
    keys += sum(len(column) - _missing(column) for column in options)
    objects = 1 + len(document.images) + len(document.annotations) + len(document.categories)
    objects += sum(bytes(value).count(b"{") for value in inner)
    if text.count(b"{") != objects:  # some value is an object itself: a run-length mask
        inner += [value for column in options for value in column if value is not _UNSET and b"{" in bytes(value)]
    for value in inner:
        found = bytes(value).count(b'":')
        if found and found != _keys_in(value):
            return False
        keys += found
    return text.count(b'":') == keys


def _keys_in(raw: msgspec.Raw) -> int:
    try:
        return _keys_of(msgspec.json.decode(raw))
    except msgspec.DecodeError:
        return -1  # a number out of range


def _keys_of(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_keys_of, value.values()))
    return sum(map(_keys_of, value)) if isinstance(value, list) else 0
