"""Parse any COCO file record by record: what is wrong is said, what is not understood is kept."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotator.plugin import FormatError, FrameColumns, Job

from .columns import (
    ANNOTATION_FIELDS,
    ANNOTATION_ORDER,
    FILE_FIELDS,
    IMAGE_FIELDS,
    IMAGE_ORDER,
    Columns,
    Record,
    compact,
)

_REPORT_EVERY = 4096
_LISTED = 10

_raws = msgspec.json.Decoder(list[msgspec.Raw])
_record = msgspec.json.Decoder(Record)


def parse(path: Path, text: bytes, job: Job) -> Columns:
    """Return the columns of a file.

    Raises:
        FormatError: one sentence that names file, record, rule and remedy.
    """
    top = _top(path, text)
    frames, position = _frames(path, list(records(path, top, "images", job)))
    annotations = list(records(path, top, "annotations", job))
    ids, notes = _ids(path, annotations)
    count = len(annotations)
    images, category_ids = np.empty(count, np.int64), np.empty(count, np.int64)
    crowd, told = np.zeros(count, bool), np.full(count, -1, np.int64)
    extras = []
    for n, annotation in enumerate(annotations):
        where = f"{path.name}: annotations[{n}] (id {ids[n]})"
        image = whole_number(annotation, "image_id", where)
        if image not in position:
            raise FormatError(f"{where} names picture {image}, which the file does not have: correct it")
        images[n] = position[image]
        category_ids[n] = whole_number(annotation, "category_id", where)
        crowd[n] = _crowd(annotation, where)
        if "num_keypoints" in annotation and bytes(annotation["num_keypoints"]) != b"null":
            told[n] = whole_number(annotation, "num_keypoints", where)
        _check_area(annotation, where)
        extras.append(kept_fields(annotation, ANNOTATION_FIELDS, ANNOTATION_ORDER, {"id": b"%d" % ids[n]}))
    return Columns(
        frames,
        list(records(path, top, "categories", job)),
        {name: value for name, value in top.items() if name not in FILE_FIELDS},
        np.array(ids, np.int64),
        images,
        category_ids,
        [_list_or_none(annotation, "keypoints") for annotation in annotations],
        [_list_or_none(annotation, "bbox") for annotation in annotations],
        crowd,
        told,
        extras,
        notes,
    )


def _top(path: Path, text: bytes) -> Record:
    if not text.strip():
        raise FormatError(f"{path.name} is empty: choose another file")
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FormatError(f"{path.name} is written in UTF-16: save it as UTF-8")
    try:
        top = _record.decode(text)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise FormatError(f"{path.name} is not a COCO file: {_place(text, error)}") from error
    except RecursionError as error:
        raise FormatError(f"{path.name} is not a COCO file: it is nested too deeply") from error
    seen: set[str] = set()
    for name in _outer_keys(text, top):
        if name in seen:
            raise FormatError(f"{path.name} has {name!r} twice: remove one of them")
        seen.add(name)
    if seen != top.keys():
        raise FormatError(f"{path.name} has a part twice, one of {', '.join(sorted(top))}: remove one of them")
    for name in top.keys() - set(FILE_FIELDS):
        refuse_doubles(bytes(top[name]), f"{path.name}: {name!r}")
    return top


def _place(text: bytes, error: Exception) -> str:
    """Turn "byte 123" of a parser's message into line and column."""
    found = re.search(r"byte (\d+)", str(error))
    if not found:
        return str(error)
    at = int(found[1])
    line = text.count(b"\n", 0, at) + 1
    column = at - (text.rfind(b"\n", 0, at) + 1) + 1
    return f"{str(error).split(' (')[0]} at line {line}, column {column}"


def records(path: Path, top: Record, name: str, job: Job) -> Iterator[Record]:
    """Yield the records of one list of the file.

    Raises:
        FormatError: there is no such list, or a record is no object or has a key twice.
    """
    if name not in top:
        raise FormatError(f"{path.name} has no {name!r}: it is not a COCO keypoint file")
    try:
        raws = _raws.decode(top[name])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise FormatError(f"{path.name}: {name!r} must be a list of objects: {error}") from error
    for n, raw in enumerate(raws):
        if n % _REPORT_EVERY == 0:
            job.check()
            job.report(n, len(raws), f"Reading {path.name}")
        where = f"{path.name}: {name}[{n}]"
        try:
            yield _checked(raw, where)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            raise FormatError(f"{where} must be an object: {error}") from error


def _checked(raw: msgspec.Raw, where: str) -> Record:
    """Decode one record; a key that stands twice, in it or inside, is refused: the parser would drop one silently."""
    record = _record.decode(raw)
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


def _outer_keys(text: bytes, record: Record) -> Iterator[str]:
    """Yield the keys of the file's own object, as they stand; ends early where one stood before."""
    at = text.index(b"{") + 1
    while found := _KEY.match(text, at):
        name = json.loads(found[1])
        if name not in record:
            return  # inside the first of two lists of one name
        yield name
        at = found.end() + len(bytes(record[name]))


_KEY = re.compile(rb'[\s,]*("(?:[^"\\]|\\.)*")\s*:\s*')


def _frames(path: Path, images: Sequence[Record]) -> tuple[FrameColumns, dict[int, int]]:
    names: dict[str, int] = {}
    position: dict[int, int] = {}
    widths, heights, extras = [], [], []
    for n, image in enumerate(images):
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
        position[id_] = names[name] = n
        widths.append(size[0])
        heights.append(size[1])
        extras.append(kept_fields(image, IMAGE_FIELDS, IMAGE_ORDER, {}))
    return FrameColumns(list(names), widths, heights, extras), position


def _ids(path: Path, annotations: Sequence[Record]) -> tuple[list[int], list[str]]:
    """Return the ids; one that stands twice, or none, is replaced by a new one, which is told."""
    ids: list[int] = []
    taken: set[int] = set()
    changed: list[tuple[int, int | None]] = []
    for n, annotation in enumerate(annotations):
        id_ = whole_number(annotation, "id", f"{path.name}: annotations[{n}]") if "id" in annotation else None
        if id_ is None or id_ in taken:
            changed.append((n, id_))
            id_ = 0
        else:
            taken.add(id_)
        ids.append(id_)
    following = max(taken, default=0) + 1
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
        raise FormatError(f"{where}: 'iscrowd' is {text[:20].decode(errors='replace')}: it must be 0 or 1")
    return text in (b"1", b"true")


def _check_area(annotation: Record, where: str) -> None:
    raw = annotation.get("area")
    if raw is None or bytes(raw) == b"null":
        return
    try:
        msgspec.json.decode(raw, type=float)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        shown = bytes(raw)[:20].decode(errors="replace")
        raise FormatError(f"{where}: 'area' is {shown}: it must be a number") from error


def _list_or_none(annotation: Record, name: str) -> msgspec.Raw | None:
    raw = annotation.get(name)
    return None if raw is None or bytes(raw) in (b"null", b"[]") else raw


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
        shown = text[:40].decode(errors="replace")
        raise FormatError(f"{where}: {name!r} is {shown}: it must be a whole number") from error
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
