"""Read COCO keypoint JSON: parse, validate everything, keep what is not understood."""

import gc
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from annotator.plugin import (
    FormatError,
    ImportOptions,
    ImportPlan,
    Job,
    ModelError,
    NeedsSkeletonError,
    PlannedFrame,
    PlannedInstances,
    Skeleton,
    skeleton_from_names,
)

CHUNK = 8192
Record = dict[str, msgspec.Raw]

_IMAGE_FIELDS = ("file_name", "width", "height")
_INSTANCE_FIELDS = ("image_id", "category_id", "keypoints", "num_keypoints", "bbox", "iscrowd")
_CATEGORY_FIELDS = ("name", "supercategory", "keypoints", "skeleton")
_FILE_FIELDS = ("images", "annotations", "categories")

_records = msgspec.json.Decoder(list[Record])
_floats = msgspec.json.Decoder(list[list[float]])


def looks_like_coco(path: Path) -> bool:
    """Return whether a JSON file begins like an object that has annotations or images."""
    with path.open("rb") as file:
        head = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
        if not head.startswith(b"{"):
            return False
        if re.search(rb'"(annotations|images|categories|info|licenses)"\s*:', head):
            return True
        file.seek(0)
        return b'"annotations"' in file.read()


def read(path: Path, options: ImportOptions, job: Job) -> ImportPlan:
    """Read and validate a whole file.

    Raises:
        FormatError: one sentence that names file, record, rule and remedy.
        NeedsSkeletonError: a category does not name its keypoints.
    """
    with _no_garbage_collection():
        top = _top(path)
        images = _list(path, top, "images")
        annotations = _list(path, top, "annotations")
        categories = _list(path, top, "categories")
        job.check()
        frames, position = _frames(path, images)
        notes: list[str] = []
        skeletons = _skeletons(path, categories, annotations, options, notes)
        planned = list(_instances(path, annotations, position, skeletons, notes, job))
        rest = {name: value for name, value in top.items() if name not in _FILE_FIELDS}
        exports = msgspec.json.encode(rest).decode() if rest else ""
    return ImportPlan("coco", path, frames, planned, (), notes, exports)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Pause the collector: millions of small objects without a cycle would be walked again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _top(path: Path) -> Record:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error
    if not text.strip():
        raise FormatError(f"{path.name} is empty: choose another file")
    if text.startswith(b"\xef\xbb\xbf"):
        text = text[3:]
    try:
        return msgspec.json.decode(text, type=Record)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise FormatError(f"{path.name} is not a COCO file: {_place(text, error)}") from error
    except RecursionError as error:
        raise FormatError(f"{path.name} is not a COCO file: it is nested too deeply") from error


def _place(text: bytes, error: Exception) -> str:
    """Turn "byte 123" of a parser's message into line and column."""
    found = re.search(r"byte (\d+)", str(error))
    if not found:
        return str(error)
    at = int(found[1])
    line = text.count(b"\n", 0, at) + 1
    column = at - (text.rfind(b"\n", 0, at) + 1) + 1
    return f"{str(error).split(' (')[0]} at line {line}, column {column}"


def _list(path: Path, top: Record, name: str) -> list[Record]:
    if name not in top:
        raise FormatError(f"{path.name} has no {name!r}: it is not a COCO keypoint file")
    try:
        return _records.decode(top[name])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise FormatError(f"{path.name}: {name!r} must be a list of objects: {error}") from error
    except RecursionError as error:
        raise FormatError(f"{path.name}: {name!r} is nested too deeply") from error


def _frames(path: Path, images: Sequence[Record]) -> tuple[list[PlannedFrame], dict[int, int]]:
    frames: list[PlannedFrame] = []
    position: dict[int, int] = {}
    names: set[str] = set()
    for n, image in enumerate(images):
        where = f"{path.name}: images[{n}]"
        id_ = _number(image, "id", int, where)
        name = _text(image, "file_name", where)
        if id_ in position:
            raise FormatError(f"{where} has the id {id_}, which another picture has: give each its own")
        if name in names:
            raise FormatError(f"{where} has the file name {name!r}, which another picture has: list it once")
        width = _number(image, "width", int, where) if "width" in image else 0
        height = _number(image, "height", int, where) if "height" in image else 0
        if not (0 <= width < 1_000_000 and 0 <= height < 1_000_000):
            raise FormatError(f"{where} (id {id_}) has the size {width} x {height}: correct it")
        position[id_] = n
        names.add(name)
        frames.append(PlannedFrame(name, width, height, _rest(image, _IMAGE_FIELDS)))
    return frames, position


def _skeletons(
    path: Path,
    categories: Sequence[Record],
    annotations: Sequence[Record],
    options: ImportOptions,
    notes: list[str],
) -> dict[int, Skeleton]:
    """Return the skeleton of each category that has instances; of all categories when none has."""
    if not categories:
        raise FormatError(f"{path.name} has no categories: without them nobody knows what the keypoints are")
    used = _used(path, annotations)
    found: dict[int, Skeleton] = {}
    seen: set[int] = set()
    for n, category in enumerate(categories):
        where = f"{path.name}: categories[{n}]"
        id_ = _number(category, "id", int, where)
        if id_ in seen:
            raise FormatError(f"{where} has the id {id_}, which another category has: give each its own")
        seen.add(id_)
        if id_ in used or not used:
            found[id_] = _skeleton(category, used.get(id_, 0), options, where, path, notes)
    unused = len(categories) - len(found)
    if unused:
        notes.append(f"{unused} of {len(categories)} categories have no instance and are left out")
    return found


def _used(path: Path, annotations: Sequence[Record]) -> dict[int, int]:
    """Return the categories that occur and how many keypoints their first instance has."""
    used: dict[int, int] = {}
    for n, annotation in enumerate(annotations):
        where = f"{path.name}: annotations[{n}]"
        id_ = _number(annotation, "category_id", int, where)
        if id_ not in used:
            try:
                values = msgspec.json.decode(annotation.get("keypoints", msgspec.Raw(b"[]")), type=list[Any])
            except msgspec.ValidationError as error:
                raise FormatError(f"{where}: 'keypoints' must be a list of numbers") from error
            used[id_] = len(values) // 3
    return used


def _skeleton(
    category: Record, count: int, options: ImportOptions, where: str, path: Path, notes: list[str]
) -> Skeleton:
    name = _text(category, "name", where)
    extra = _rest(category, _CATEGORY_FIELDS)
    names: list[str] = []
    if "keypoints" in category:
        try:
            names = msgspec.json.decode(category["keypoints"], type=list[str])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise FormatError(f"{where} ({name}): 'keypoints' must be a list of names: {error}") from error
    if not names:
        chosen = options.skeleton
        if chosen is None:
            raise NeedsSkeletonError(
                f"{where} ({name}) does not name its {count} keypoints: choose their skeleton (--skeleton ID)",
                count,
            )
        if count and len(chosen) != count:
            raise FormatError(
                f"{where} ({name}) has {count} keypoints, but {chosen.name} has {len(chosen)}: choose another skeleton"
            )
        return replace(chosen, extra=extra)
    try:
        skeleton = skeleton_from_names(f"coco-{path.stem}-{name}", name, names)
        edges = _edges(category, skeleton, where, notes)
        supercategory = _text(category, "supercategory", where, may_be_empty=True)
        return replace(skeleton, edges=edges, supercategory=supercategory, extra=extra)
    except ModelError as error:
        raise FormatError(f"{where}: {error}") from error


def _edges(category: Record, skeleton: Skeleton, where: str, notes: list[str]) -> tuple[tuple[str, str], ...]:
    if "skeleton" not in category:
        return ()
    try:
        pairs = msgspec.json.decode(category["skeleton"], type=list[tuple[int, int]])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise FormatError(f"{where}: 'skeleton' must be a list of pairs of keypoint numbers: {error}") from error
    found, wrong = [], 0
    for a, b in pairs:
        if a == b or not (1 <= a <= len(skeleton) and 1 <= b <= len(skeleton)):
            wrong += 1
        else:
            found.append((skeleton.keypoints[a - 1].id, skeleton.keypoints[b - 1].id))
    if wrong:
        notes.append(
            f"{skeleton.name}: {wrong} of {len(pairs)} edges name keypoints outside 1 to {len(skeleton)}: left out"
        )
    return tuple(dict.fromkeys(found))


def _instances(
    path: Path,
    annotations: Sequence[Record],
    position: dict[int, int],
    skeletons: dict[int, Skeleton],
    notes: list[str],
    job: Job,
) -> Iterator[PlannedInstances]:
    """Yield the instances of each category, in the file's order."""
    of_category: dict[int, list[int]] = {}
    ids: set[int] = set()
    for n, annotation in enumerate(annotations):
        where = f"{path.name}: annotations[{n}]"
        id_ = _number(annotation, "id", int, where)
        if id_ in ids:
            raise FormatError(f"{where} has the id {id_}, which another annotation has: give each its own")
        ids.add(id_)
        category = _number(annotation, "category_id", int, where)
        if category not in skeletons:
            raise FormatError(f"{where} (id {id_}) names category {category}, which the file does not have: correct it")
        of_category.setdefault(category, []).append(n)
    counts: Counter[str] = Counter()
    for category, rows in of_category.items():
        skeleton = skeletons[category]
        parts = []
        for start in range(0, len(rows), CHUNK):
            job.check()
            job.report(start, len(rows), f"Reading {path.name}")
            parts.append(_chunk(path, annotations, rows[start : start + CHUNK], position, skeleton, counts))
        yield _joined(skeleton, parts)
    for words, count in counts.items():
        notes.append(f"{count:,} {words}")


def _chunk(
    path: Path,
    annotations: Sequence[Record],
    rows: Sequence[int],
    position: dict[int, int],
    skeleton: Skeleton,
    counts: Counter[str],
) -> PlannedInstances:
    width = 3 * len(skeleton)
    empty = msgspec.Raw(b"[" + b",".join([b"0"] * width) + b"]")
    values = _numbers(path, annotations, rows, "keypoints", width, empty, skeleton)
    keypoints = values.reshape(len(rows), len(skeleton), 3)
    states = keypoints[..., 2]
    bad = ~np.isin(states, (0, 1, 2))
    if bad.any():
        row, k = np.argwhere(bad)[0]
        where = _where(path, annotations, rows[row])
        raise FormatError(f"{where}: {skeleton.names[k]} has v = {states[row, k]:g}: it must be 0, 1 or 2")
    points = np.ascontiguousarray(keypoints[..., :2])
    # A point at 0, 0 that is not labeled has no position; other unlabeled positions are remembered.
    points[(states == 0) & (points == 0).all(axis=2)] = np.nan
    boxes = _numbers(path, annotations, rows, "bbox", 4, None, skeleton)
    frames = np.empty(len(rows), np.int64)
    crowd = np.zeros(len(rows), bool)
    extras = []
    labeled = (states > 0).sum(axis=1)
    for i, n in enumerate(rows):
        annotation = annotations[n]
        image = _number(annotation, "image_id", int, f"{path.name}: annotations[{n}]")
        if image not in position:
            where = _where(path, annotations, n)
            raise FormatError(f"{where} names picture {image}, which the file does not have: correct it")
        frames[i] = position[image]
        crowd[i] = bytes(annotation.get("iscrowd", b"0")) not in (b"0", b"false")
        told = annotation.get("num_keypoints")
        if told is not None and bytes(told) != b"%d" % labeled[i]:
            counts["instances say another num_keypoints than they have: counted anew"] += 1
        extras.append(_rest(annotation, _INSTANCE_FIELDS))
    return PlannedInstances(skeleton, frames, points, states.astype(np.uint8), boxes, crowd, extras)


def _numbers(
    path: Path,
    annotations: Sequence[Record],
    rows: Sequence[int],
    field: str,
    width: int,
    default: msgspec.Raw | None,
    skeleton: Skeleton,
) -> NDArray[np.float64]:
    """Decode one list of numbers per annotation into (N, width) float64; NaN rows where it is missing."""
    raws = [annotations[n].get(field, default) for n in rows]
    present = [raw for raw in raws if raw is not None and bytes(raw) != b"null"]
    try:
        lists = _floats.decode(b"[" + b",".join(present) + b"]")
    except (msgspec.DecodeError, msgspec.ValidationError):
        lists = None
    if lists is None or any(len(values) != width for values in lists):
        _blame(path, annotations, rows, field, width, skeleton)
    decoded = np.array(lists, np.float64).reshape(-1, width)
    if not np.isfinite(decoded).all():
        row = int(np.argwhere(~np.isfinite(decoded).all(axis=1))[0][0])
        raise FormatError(f"{_where(path, annotations, rows[row])}: {field!r} holds a number that is not finite")
    if len(present) == len(raws):
        return decoded
    result = np.full((len(raws), width), np.nan)
    result[[i for i, raw in enumerate(raws) if raw is not None and bytes(raw) != b"null"]] = decoded
    return result


def _blame(
    path: Path, annotations: Sequence[Record], rows: Sequence[int], field: str, width: int, skeleton: Skeleton
) -> None:
    """Raise the sentence for the first annotation whose list is wrong."""
    for n in rows:
        raw = annotations[n].get(field)
        if raw is None or bytes(raw) == b"null":
            continue
        where = _where(path, annotations, n)
        try:
            values = msgspec.json.decode(raw, type=list[float])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise FormatError(f"{where}: {field!r} must be {width} numbers: {error}") from error
        if len(values) != width:
            each = f", three for each of the {len(skeleton)} keypoints" if field == "keypoints" else ""
            raise FormatError(f"{where}: {field!r} has {len(values)} numbers: expected {width}{each}")
    raise FormatError(f"{path.name}: {field!r} cannot be read")


def _joined(skeleton: Skeleton, parts: Sequence[PlannedInstances]) -> PlannedInstances:
    return PlannedInstances(
        skeleton,
        np.concatenate([part.frames for part in parts]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.visibility for part in parts]),
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.crowd for part in parts]),
        [extra for part in parts for extra in part.extras],
    )


def _where(path: Path, annotations: Sequence[Record], n: int) -> str:
    return f"{path.name}: annotations[{n}] (id {bytes(annotations[n]['id']).decode()})"


def _rest(record: Record, known: Sequence[str]) -> str:
    """Return the fields that are not `known` as the text of a JSON object, values to the letter; "" without any."""
    parts = [f"{_quoted(name)}:{bytes(value).decode()}" for name, value in record.items() if name not in known]
    return "{" + ",".join(parts) + "}" if parts else ""


def _quoted(name: str) -> str:
    return f'"{name}"' if name.isidentifier() else msgspec.json.encode(name).decode()


def _number(record: Record, name: str, kind: type[int], where: str) -> int:
    raw = record.get(name)
    if raw is None:
        raise FormatError(f"{where} has no {name!r}: add it")
    text = bytes(raw)
    if text.isdigit() and len(text) < 19:
        return int(text)
    try:
        value = msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        shown = text[:40].decode(errors="replace")
        raise FormatError(f"{where}: {name!r} is {shown}: it must be a whole number") from error
    if not -(2**63) <= value < 2**63:
        raise FormatError(f"{where}: {name!r} is too large: it must fit 64 bits")
    return value


def _text(record: Record, name: str, where: str, *, may_be_empty: bool = False) -> str:
    raw = record.get(name)
    if raw is None:
        if may_be_empty:
            return ""
        raise FormatError(f"{where} has no {name!r}: add it")
    try:
        value = msgspec.json.decode(raw, type=str)
        value.encode()
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError) as error:
        raise FormatError(f"{where}: {name!r} must be text") from error
    if not value and not may_be_empty:
        raise FormatError(f"{where}: {name!r} is empty: name it")
    return value
