"""Columns to JSON text, thousands of records at a time: lists of numbers, and fields of an import as they were."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import contains

import msgspec
import numpy as np
from numpy.typing import NDArray

Fields = dict[str, msgspec.Raw]

_fields = msgspec.json.Decoder(Fields)
_encode = msgspec.json.encode

# "0," to "9999," padded with NUL: the text of a whole number is one look-up.
_SHORT = np.array([b"%d," % n for n in range(1000)], "S4").view(np.uint32)
_LONG = np.array([b"%d," % n for n in range(10_000)], "S8").view(np.uint64)

_KEPT = re.compile(rb'^(?:\{"id":(-?\d+)((?:,.*)?)\})?$', re.MULTILINE)
_KEPT_WITH_AREA = re.compile(rb'^(?:\{"id":(-?\d+)(?:,"area":([^,{}\[\]"]+))?((?:,.*)?)\})?$', re.MULTILINE)


def fields_of(text: str | bytes) -> Fields:
    """Return the fields of a JSON object, values to the letter; none for no text."""
    return _fields.decode(text) if text else {}


def spliced(fields: Fields) -> bytes:
    """Return fields as they stand inside an object, each after a comma."""
    return b"".join(b"," + _encode(name) + b":" + bytes(value) for name, value in fields.items())


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What N records keep of an import, values to the letter; b"" for a field that a record does not have.

    Attributes:
        ids: JSON values.
        areas: JSON values; only when they were asked for.
        rests: the other fields, each after a comma.
    """

    ids: Sequence[bytes]
    areas: Sequence[bytes]
    rests: Sequence[bytes]


def kept(texts: Sequence[str], *, with_area: bool = False) -> Kept:
    """Take kept fields apart.

    Args:
        texts: JSON objects, or "".
        with_area: take "area" out of the rest.
    """
    text = "\n".join(texts).encode()
    pattern = _KEPT_WITH_AREA if with_area else _KEPT
    found: list[tuple[bytes, ...]] = pattern.findall(text) if texts else []
    columns: list[Sequence[bytes]] = list(zip(*found, strict=True)) or [()] * pattern.groups
    ids, areas, rests = columns if with_area else (columns[0], (), columns[1])
    names = {b'"id"': ids, b'"area"': areas} if with_area else {b'"id"': ids}
    # A name that stands once more may be a field in the rest: then the parser must tell.
    is_certain = len(found) == len(texts) == text.count(b"\n") + 1 and b"\\u00" not in text
    if is_certain and all(text.count(name) == len(values) - values.count(b"") for name, values in names.items()):
        return Kept(ids, areas, rests)
    return _kept_one_by_one(texts, with_area)


def imported_fields(texts: Sequence[str]) -> list[bytes] | None:
    """Return the fields of objects as one text each, if all have an id, which stands first, and an area; else None.

    Most pages of an import are such, and need no parser.
    """
    text = "\n".join(texts).encode()
    count = len(texts)
    found = text[1:-1].split(b"}\n{")
    is_certain = (
        len(found) == count == text.count(b"\n") + 1
        and text.startswith(b'{"id":')
        and text.count(b'\n{"id":') == count - 1
        # Without objects inside, every name is one of the object's own, and none may stand twice.
        and text.count(b"{") == count
        and text.count(b'"id"') == text.count(b'"area":') == text.count(b'"area"') == count
        and b"\\u00" not in text
        and all(map(contains, found, repeat(b'"area":')))
    )
    return found if is_certain else None


def _kept_one_by_one(texts: Sequence[str], with_area: bool) -> Kept:
    """Do the same for texts of any form."""
    ids, areas, rests = [], [], []
    for text in texts:
        fields = fields_of(text)
        ids.append(bytes(fields.pop("id", b"")))
        areas.append(bytes(fields.pop("area", b"")) if with_area else b"")
        rests.append(spliced(fields))
    return Kept(ids, areas, rests)


def keypoint_lists(points: NDArray[np.float64], states: NDArray[np.uint8]) -> list[bytes]:
    """Return x, y, v of the keypoints of N instances, as they stand inside a JSON list.

    Args:
        points: (N, K, 2).
        states: (N, K).
    """
    if texts := _whole_keypoints(points, states):
        return texts
    return number_lists(np.concatenate([points, states[..., None]], axis=2).reshape(len(points), -1))


def _whole_keypoints(points: NDArray[np.float64], states: NDArray[np.uint8]) -> list[bytes] | None:
    """Return the same for whole numbers below 10,000, else None: most keypoints are such, and it is much faster."""
    count, width = states.shape
    values = np.empty((count, width, 3), np.uint16)
    with np.errstate(invalid="ignore"):
        values[..., :2] = points
    values[..., 2] = states
    highest = int(values.max(initial=0))
    if not values.size or highest >= len(_LONG) or not np.array_equal(values[..., :2], points):
        return None
    if np.signbit(points).any():
        return None  # -0
    table = _SHORT if highest < len(_SHORT) else _LONG
    letters = np.empty((count, 3 * width + 1), table.dtype)
    letters[:, :-1] = table.take(values.reshape(count, -1))
    letters[:, -1] = ord("\n")
    return letters.tobytes().translate(None, b"\0").split(b",\n")[:-1]


def number_lists(values: NDArray[np.float64]) -> list[bytes]:
    """Return N rows of numbers as they stand inside a JSON list: bit for bit, whole ones without ".0"."""
    if not len(values):
        return []
    text = _encode(values.tolist())
    if (values == np.rint(values)).any():
        # Inside lists of numbers ".0" before a comma or bracket can only end a whole number. Minus zero keeps it: -0
        # is a whole number to JSON, and those have no sign.
        text = text.replace(b".0,", b",").replace(b".0]", b"]").replace(b"-0,", b"-0.0,").replace(b"-0]", b"-0.0]")
    return text[2:-2].split(b"],[")


def number_texts(values: NDArray[np.float64]) -> list[bytes]:
    """Return the text of each of N numbers, bit for bit; whole ones with ".0"."""
    return _encode(values.tolist())[1:-1].split(b",") if len(values) else []
