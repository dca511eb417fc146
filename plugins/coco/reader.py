"""Read COCO keypoint JSON: parse, validate everything, keep what is not understood."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from annotator.plugin import (
    FormatError,
    ImportOptions,
    ImportPlan,
    Job,
    PlannedInstances,
    Skeleton,
    Turn,
    collector_paused,
)

from . import fast, strict
from .categories import class_names, skeletons_of
from .columns import Columns, Record, is_blank
from .faults import fault_of
from .numbers import CHUNK, number_rows

SMALL_BYTES = 4_000_000
"""Up to this size a file is parsed strictly at once: it takes no time."""


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
        FormatError: one sentence that names file, record, rule and remedy; a `ProblemsError` has more of them.
        NeedsSkeletonError: a category does not name its keypoints.
    """
    with collector_paused():
        columns = _columns(path, job)
        job.check()
        notes = list(columns.notes)
        used = _used(path, columns)
        skeletons, others = skeletons_of(path, columns, used, options, notes)
        planned = list(_instances(path, columns, skeletons, notes, job))
        columns.problems.refuse(path)
        boxes = len(columns.ids) - sum(map(len, planned))
        skipped = [f"{boxes:,} annotations are of categories without keypoints"] if boxes else []
        exports = _exports(path, columns.rest, others, notes)
        return ImportPlan("coco", path, columns.frames, planned, skipped, notes, exports, turn_segmentation)


def _columns(path: Path, job: Job) -> Columns:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error
    text = text.removeprefix(b"\xef\xbb\xbf")
    columns = fast.parse(text) if len(text) > SMALL_BYTES else None
    return columns or strict.parse(path, text, job)


def _used(path: Path, columns: Columns) -> dict[int, int]:
    """Return the categories that occur, and how many keypoints the first of their instances with any has."""
    used = {}
    for category in np.unique(columns.category_ids).tolist():
        used[category] = 0
        for n in np.flatnonzero(columns.category_ids == category).tolist():
            raw = columns.keypoints[n]
            if raw is not None and not is_blank(raw):
                used[category] = bytes(raw).count(b",") // 3 + 1
                break
    return used


def _exports(path: Path, rest: Record, others: Sequence[Record], notes: list[str]) -> str:
    """Return the file's own fields, to be written back; categories without an instance are among them.

    Raises:
        FormatError: one of them holds a number that no program can read.
    """
    fields = dict(rest)
    if others:
        words = "1 category has" if len(others) == 1 else f"{len(others)} categories have"
        notes.append(f"{words} no instance with keypoints: kept for exports, without a skeleton in the project")
        fields["categories"] = msgspec.Raw(msgspec.json.encode(list(others)))
    for name, raw in fields.items():
        try:
            msgspec.json.decode(raw)
        except msgspec.DecodeError as error:
            raise FormatError(f"{path.name}: {name!r} cannot be kept ({error}): correct or remove it") from error
    return msgspec.json.encode(fields).decode() if fields else ""


def _instances(
    path: Path, columns: Columns, skeletons: dict[int, Skeleton], notes: list[str], job: Job
) -> Iterator[PlannedInstances]:
    """Yield the instances of each category, in the file's order."""
    wrong = at_origin = 0
    names = class_names(columns.categories)
    for category, skeleton in skeletons.items():
        rows = np.flatnonzero(columns.category_ids == category)
        points = np.empty((len(rows), len(skeleton), 2))
        states = np.empty((len(rows), len(skeleton)), np.uint8)
        boxes = np.empty((len(rows), 4))
        for start in range(0, len(rows), CHUNK):
            job.check()
            job.report(start, len(rows), f"Reading {path.name}")
            part, here = rows[start : start + CHUNK], slice(start, start + CHUNK)
            keypoints = _numbers(path, columns, part, "keypoints", skeleton)
            keypoints = keypoints.reshape(len(part), len(skeleton), 3)
            states[here] = _states(path, columns, part, keypoints[..., 2], skeleton)
            is_origin = (keypoints[..., 0] == 0) & (keypoints[..., 1] == 0)
            at_origin += int(np.count_nonzero(is_origin & (states[here] > 0)))
            # A point at 0, 0 that is not labeled has no position; other unlabeled positions are remembered.
            keypoints[is_origin & (states[here] == 0)] = np.nan
            points[here] = keypoints[..., :2]
            told, labeled = columns.told[part], np.count_nonzero(states[here], axis=1)
            wrong += int(np.count_nonzero((told >= 0) & (told != labeled)))
            boxes[here] = _boxes(path, columns, part, skeleton)
        extras = columns.extras if len(rows) == len(columns.extras) else [columns.extras[n] for n in rows.tolist()]
        where = columns.images[rows]
        crowd, name = columns.crowd[rows], names[category]
        yield PlannedInstances(skeleton, where, points, states, boxes, crowd, extras, name)
    if wrong:
        notes.append(f"{wrong:,} instances say another num_keypoints than they have: counted anew")
    if at_origin:
        notes.append(f"{at_origin:,} keypoints are labeled at exactly 0, 0, which often means a missing one: kept")


def _states(
    path: Path, columns: Columns, rows: NDArray[np.intp], states: NDArray[np.float64], skeleton: Skeleton
) -> NDArray[np.uint8]:
    """Return COCO's v as states; a keypoint of an annotation without any is unlabeled."""
    bad = (states != 0) & (states != 1) & (states != 2)
    if bad.any():
        for row, k in np.argwhere(bad & ~np.isnan(states)).tolist():
            where = f"{path.name}: {columns.where(rows[row])}"
            columns.problems.add(f"{where}: {skeleton.names[k]} has v = {states[row, k]:g}: it must be 0, 1 or 2")
        states = np.where(bad, 0, states)
    return states.astype(np.uint8)


def _boxes(path: Path, columns: Columns, rows: NDArray[np.intp], skeleton: Skeleton) -> NDArray[np.float64]:
    boxes = _numbers(path, columns, rows, "bbox", skeleton)
    for row in np.flatnonzero((boxes[:, 2:] < 0).any(axis=1)).tolist():
        width, height = boxes[row, 2:].tolist()
        where = f"{path.name}: {columns.where(rows[row])}"
        columns.problems.add(f"{where}: 'bbox' has the size {width:g} x {height:g}: no side may be negative")
    return boxes


def _numbers(
    path: Path, columns: Columns, rows: NDArray[np.intp], field: str, skeleton: Skeleton
) -> NDArray[np.float64]:
    """Return (N, width) of one list of numbers per annotation; NaN rows where it has none, or a wrong one."""
    width = 3 * len(skeleton) if field == "keypoints" else 4
    raws = columns.keypoints if field == "keypoints" else columns.boxes
    chosen = [raws[n] for n in rows.tolist()]
    present = [raw for raw in chosen if raw is not None]
    values = number_rows(present, width)
    if values is None:
        return _one_by_one(path, columns, rows, field, width, skeleton)
    if len(present) == len(chosen):
        return values
    result = np.full((len(rows), width), np.nan)
    result[[n for n, raw in enumerate(chosen) if raw is not None]] = values
    return result


def _one_by_one(
    path: Path, columns: Columns, rows: NDArray[np.intp], field: str, width: int, skeleton: Skeleton
) -> NDArray[np.float64]:
    """Return the same, and say of each list that is wrong why."""
    raws = columns.keypoints if field == "keypoints" else columns.boxes
    result = np.full((len(rows), width), np.nan)
    for row, n in enumerate(rows.tolist()):
        raw = raws[n]
        if raw is None or is_blank(raw):
            continue
        if fault := fault_of(raw, field, width, skeleton):
            columns.problems.add(f"{path.name}: {columns.where(n)}: {fault}")
        else:
            result[row] = msgspec.json.decode(raw, type=list[float])
    return result


def turn_segmentation(extra: str, turn: Turn) -> str:
    """Turn the polygons of a stored picture upright; a run-length mask cannot be turned and is left out."""
    fields = msgspec.json.decode(extra, type=Record)
    raw = fields.pop("segmentation", None)
    if raw is None:
        return extra
    try:
        polygons = msgspec.json.decode(raw, type=list[list[float]])
        turned = [turn.points(np.array(polygon).reshape(-1, 2)).ravel().tolist() for polygon in polygons]
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError):
        return msgspec.json.encode(fields).decode()
    return msgspec.json.encode(fields | {"segmentation": turned}).decode()
