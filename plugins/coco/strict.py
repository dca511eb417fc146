"""Parse any COCO file record by record: all that is wrong is said, what is not understood is kept."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from annotator.plugin import FormatError, FrameColumns, Job, Problems

from .columns import (
    ANNOTATION_FIELDS,
    ANNOTATION_ORDER,
    FILE_FIELDS,
    IMAGE_FIELDS,
    IMAGE_ORDER,
    Columns,
    Record,
    compact,
    is_blank,
)
from .syntax import is_utf8, problem_of

_REPORT_EVERY = 4096
_LISTED = 10

_raws = msgspec.json.Decoder(list[msgspec.Raw])
_record = msgspec.json.Decoder(Record)


class _Row(NamedTuple):
    """An annotation that is sound, but for its lists of numbers."""

    position: int
    id: int
    image: int
    category: int
    crowd: bool
    told: int
    extra: str
    keypoints: msgspec.Raw | None
    box: msgspec.Raw | None


def parse(path: Path, text: bytes, job: Job) -> Columns:
    """Return the columns of a file; records that are wrong are left out, and named in `problems`.

    Raises:
        FormatError: the file is not one of COCO at all: one sentence that names rule and remedy.
    """
    top = _top(path, text)
    problems = Problems()
    categories = records(path, top, "categories", problems, job)
    frames, positions, is_whole = _frames(path, records(path, top, "images", problems, job), problems)
    annotations = records(path, top, "annotations", problems, job)
    ids, notes = _ids(path, annotations, problems)
    rows = []
    for n, (annotation, id_) in enumerate(zip(annotations, ids, strict=True)):
        if annotation is None or id_ is None:
            continue
        with problems:
            rows.append(_row(annotation, n, id_, positions, is_whole, f"{path.name}: annotations[{n}] (id {id_})"))
    return Columns(
        frames,
        categories,
        {name: value for name, value in top.items() if name not in FILE_FIELDS},
        np.array([row.id for row in rows], np.int64),
        np.array([row.image for row in rows], np.int64),
        np.array([row.category for row in rows], np.int64),
        [row.keypoints for row in rows],
        [row.box for row in rows],
        np.array([row.crowd for row in rows], bool),
        np.array([row.told for row in rows], np.int64),
        [row.extra for row in rows],
        notes,
        [row.position for row in rows],
        problems,
    )


def _row(annotation: Record, n: int, id_: int, positions: Mapping[int, int], is_whole: bool, where: str) -> _Row:
    image = whole_number(annotation, "image_id", where)
    if image not in positions and is_whole:
        raise FormatError(f"{where} names picture {image}, which the file does not have: correct it")
    return _Row(
        n,
        id_,
        positions.get(image, 0),
        whole_number(annotation, "category_id", where),
        _crowd(annotation, where),
        _told(annotation, where),
        _extra(annotation, id_, where),
        _list_or_none(annotation, "keypoints"),
        _list_or_none(annotation, "bbox"),
    )


def _top(path: Path, text: bytes) -> Record:
    if not text.strip():
        raise FormatError(f"{path.name} is empty: choose another file")
    try:
        top = _record.decode(text)
        if not is_utf8(text):
            raise UnicodeError
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError) as error:
        raise FormatError(f"{path.name} is not a COCO file: {problem_of(text, error)}") from error
    names = _outer_keys(text, top)
    if len(names) != len(top):
        raise FormatError(f"{path.name} has {names[-1]!r} twice: remove one of them")
    for name in FILE_FIELDS:
        if name not in top:
            raise FormatError(f"{path.name} has no {name!r}: it is not a COCO keypoint file")
    for name in top.keys() - set(FILE_FIELDS):
        refuse_doubles(bytes(top[name]), f"{path.name}: {name!r}")
    return top


def records(path: Path, top: Record, name: str, problems: Problems, job: Job) -> list[Record | None]:
    """Return the records of one list of the file; None for one that is no object or has a key twice.

    Raises:
        FormatError: it is no list.
    """
    try:
        raws = _raws.decode(top[name])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise FormatError(f"{path.name}: {name!r} must be a list of objects: {error}") from error
    found: list[Record | None] = [None] * len(raws)
    for n, raw in enumerate(raws):
        if n % _REPORT_EVERY == 0:
            job.check()
            job.report(n, len(raws), f"Reading {path.name}")
        with problems:
            found[n] = _checked(raw, f"{path.name}: {name}[{n}]")
    return found


def _checked(raw: msgspec.Raw, where: str) -> Record:
    """Decode one record; a key that stands twice, in it or inside, is refused: the parser would drop one silently."""
    try:
        record = _record.decode(raw)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise FormatError(f"{where} must be an object: {error}") from error
    plain = bytes(raw)
    if plain.count(b'":') != len(record) or b"\\u" in plain:
        refuse_doubles(plain, where)
    return record


def refuse_doubles(text: bytes, where: str) -> None:
    """Refuse JSON in which an object has a key twice.

    Raises:
        FormatError: it does, or it is nested too deeply.
    """

    def once(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            raise FormatError(f"{where} has {_twice(names)!r} twice: remove one of them")

    try:
        json.loads(text, object_pairs_hook=once)
    except RecursionError as error:
        raise FormatError(f"{where} is nested too deeply") from error
    except ValueError as error:
        raise FormatError(f"{where} cannot be read: {error}") from error


def _twice(names: Sequence[str]) -> str:
    return next(name for n, name in enumerate(names) if name in names[:n])


def _outer_keys(text: bytes, record: Record) -> list[str]:
    """Return the keys of the file's own object, as they stand; the last one stands twice if there are too few or many.

    What follows a key is as long as the value of the last key of its name: after one that stands twice the walk loses
    its way.
    """
    names: list[str] = []
    at = text.index(b"{") + 1
    while found := _KEY.match(text, at):
        name = json.loads(found[1])
        if name not in record:
            break
        names.append(name)
        if name in names[:-1]:
            break
        at = found.end() + len(bytes(record[name]))
    return names


_KEY = re.compile(rb'[\s,]*("(?:[^"\\]|\\.)*")\s*:\s*')


def _frames(
    path: Path, images: Sequence[Record | None], problems: Problems
) -> tuple[FrameColumns, dict[int, int], bool]:
    """Return the pictures, the position of each by its id, and whether all ids could be read.

    The ids of pictures that are left out are among the positions: their annotations are not to blame.
    """
    names: dict[str, int] = {}
    position: dict[int, int] = {}
    widths, heights, extras = [], [], []
    is_whole = True
    for n, image in enumerate(images):
        id_ = None
        if image is None:
            is_whole = False
            continue
        with problems:
            where = f"{path.name}: images[{n}]"
            id_ = whole_number(image, "id", where)
            name = text_of(image, "file_name", where)
            if id_ in position:
                raise FormatError(f"{where} has the id {id_}, which another picture has: give each its own")
            if name in names:
                raise FormatError(f"{where} has the file name {name!r}, which another picture has: list it once")
            size = [whole_number(image, side, where) if side in image else 0 for side in ("width", "height")]
            if not all(0 <= side < 1_000_000 for side in size):
                raise FormatError(f"{where} (id {id_}) has the size {size[0]} x {size[1]}: correct it")
            extra = kept_fields(image, IMAGE_FIELDS, IMAGE_ORDER, {})
            position[id_] = names[name] = len(names)
            widths.append(size[0])
            heights.append(size[1])
            extras.append(extra)
        if id_ is None:
            is_whole = False
        else:
            position.setdefault(id_, 0)
    return FrameColumns(list(names), widths, heights, extras), position, is_whole


def _ids(path: Path, annotations: Sequence[Record | None], problems: Problems) -> tuple[list[int | None], list[str]]:
    """Return the ids, None for a wrong one; one that stands twice, or none, is replaced by a new one, which is told."""
    ids: list[int | None] = [None] * len(annotations)
    taken: set[int] = set()
    changed: list[tuple[int, int | None]] = []
    for n, annotation in enumerate(annotations):
        if annotation is None:
            continue
        with problems:
            id_ = whole_number(annotation, "id", f"{path.name}: annotations[{n}]") if "id" in annotation else None
            if id_ is None or id_ in taken:
                changed.append((n, id_))
            else:
                taken.add(id_)
                ids[n] = id_
    following = max(taken, default=0) + 1
    if following + len(changed) > 2**63:
        raise FormatError(
            f"{path.name}: annotations without an id of their own find no room above {following - 1}: number them"
        )
    told = []
    for number, (n, id_) in enumerate(changed, following):
        ids[n] = number
        told.append(f"annotations[{n}]: {'none' if id_ is None else id_} became {number}")
    if not told:
        return ids, []
    shown = "; ".join(told[:_LISTED]) + (f"; and {len(told) - _LISTED:,} more" if len(told) > _LISTED else "")
    return ids, [f"{len(told):,} ids of annotations were missing or stood twice ({shown})"]


def _crowd(annotation: Record, where: str) -> bool:
    text = bytes(annotation.get("iscrowd", b"0"))
    if text not in (b"0", b"1", b"false", b"true"):
        raise FormatError(f"{where}: 'iscrowd' is {shown(text)}: it must be 0 or 1")
    return text in (b"1", b"true")


def _told(annotation: Record, where: str) -> int:
    if bytes(annotation.get("num_keypoints", b"null")) == b"null":
        return -1
    return whole_number(annotation, "num_keypoints", where)


def _extra(annotation: Record, id_: int, where: str) -> str:
    """Return the fields to keep, once it is certain that an export can write the area."""
    raw = bytes(annotation.get("area", b"null"))
    try:
        msgspec.json.decode(raw, type=float | None)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise FormatError(f"{where}: 'area' is {shown(raw)}: it must be a number") from error
    return kept_fields(annotation, ANNOTATION_FIELDS, ANNOTATION_ORDER, {"id": b"%d" % id_})


def _list_or_none(annotation: Record, name: str) -> msgspec.Raw | None:
    raw = annotation.get(name)
    return None if raw is None or is_blank(raw) else raw


def kept_fields(record: Record, known: Sequence[str], order: Sequence[str], given: dict[str, bytes]) -> str:
    """Return the fields that are not `known` as the text of a JSON object, values to the letter; "" without any.

    Args:
        order: these stand first.
        given: values that replace those of the record.
    """
    fields = {name: bytes(record[name]) for name in record if name not in known} | given
    names = [name for name in order if name in fields] + [name for name in fields if name not in order]
    parts = [f"{_quoted(name)}:{fields[name].decode()}" for name in names]
    text = "{" + ",".join(parts) + "}" if parts else ""
    return compact(text.encode()).decode() if "\n" in text else text


def _quoted(name: str) -> str:
    return f'"{name}"' if name.isidentifier() else msgspec.json.encode(name).decode()


def shown(text: bytes) -> str:
    """Return a value for a message: its beginning, on one line."""
    return " ".join(text[:20].decode(errors="replace").split()) + ("…" if len(text) > 20 else "")


def whole_number(record: Record, name: str, where: str) -> int:
    """Return a field that must be a whole number of 64 bits."""
    raw = record.get(name)
    if raw is None:
        raise FormatError(f"{where} has no {name!r}: add it")
    text = bytes(raw)
    if text.isdigit() and len(text) < 19:
        return int(text)
    try:
        value = msgspec.json.decode(raw, type=int)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise FormatError(f"{where}: {name!r} is {shown(text)}: it must be a whole number") from error
    if not -(2**63) <= value < 2**63:
        raise FormatError(f"{where}: {name!r} is too large: it must fit 64 bits")
    return value


def text_of(record: Record, name: str, where: str, *, may_be_empty: bool = False) -> str:
    """Return a field that must be text."""
    raw = record.get(name)
    if raw is None:
        if may_be_empty:
            return ""
        raise FormatError(f"{where} has no {name!r}: add it")
    try:
        value: str = msgspec.json.decode(raw, type=str)
        value.encode()
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError) as error:
        raise FormatError(f"{where}: {name!r} must be text") from error
    if not value and not may_be_empty:
        raise FormatError(f"{where}: {name!r} is empty: name it")
    return value
