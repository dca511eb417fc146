"""Categories of a COCO file as skeletons."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from annotator.plugin import (
    FormatError,
    ImportOptions,
    ModelError,
    NeedsSkeletonError,
    Skeleton,
    skeleton_from_names,
)

from .columns import CATEGORY_FIELDS, Columns, Record
from .strict import kept_fields, text_of, whole_number


def skeletons_of(
    path: Path, columns: Columns, used: Mapping[int, int], options: ImportOptions, notes: list[str]
) -> tuple[dict[int, Skeleton], list[Record]]:
    """Return the skeleton of each category that has instances, and the other categories; of all when none has.

    A category without names whose instances have no keypoints either is one of boxes: it counts as another while the
    file has something better. What is wrong is added to the problems of the columns.

    Args:
        path: of the file.
        columns: its records.
        used: ids of the categories that occur, and how many keypoints their first instance has.
        options: for a category that does not name its keypoints.
        notes: what was mended is added.

    Raises:
        FormatError: there is no category at all.
        NeedsSkeletonError: a category does not name its keypoints.
    """
    if not columns.categories:
        raise FormatError(f"{path.name} has no categories: without them nobody knows what the keypoints are")
    found: dict[int, Skeleton] = {}
    others = []
    ids: set[int] = set()
    names: set[str] = set()
    is_mixed = options.skeleton is None and any(map(_has_names, columns.categories))
    is_whole = True
    for n, category in enumerate(columns.categories):
        is_sound = False
        if category is None:
            is_whole = False
            continue
        with columns.problems:
            where = f"{path.name}: categories[{n}]"
            id_ = whole_number(category, "id", where)
            name = text_of(category, "name", where)
            if id_ in ids:
                raise FormatError(f"{where} has the id {id_}, which another category has: give each its own")
            if name in names:
                raise FormatError(f"{where} has the name {name!r}, which another category has: rename one of them")
            ids.add(id_)
            names.add(name)
            is_chosen = name in options.skeletons
            is_of_boxes = is_mixed and not is_chosen and not used.get(id_) and not _has_names(category)
            if (id_ in used or not used) and not is_of_boxes:
                found[id_] = _skeleton(category, name, used.get(id_, 0), options, where, path, notes)
            else:
                others.append(category)
            is_sound = True
        is_whole &= is_sound
    if is_whole:
        for row in np.flatnonzero(~np.isin(columns.category_ids, list(ids))).tolist():
            columns.problems.add(
                f"{path.name}: {columns.where(row)} names category {columns.category_ids[row]}, which the file does "
                "not have: correct it"
            )
    return found, others


def class_names(categories: Sequence[Record | None]) -> dict[int, str]:
    """Return the name of each category of a file, as far as it is sound."""
    names: dict[int, str] = {}
    for category in categories:
        with suppress(FormatError):
            if category is not None:
                names.setdefault(whole_number(category, "id", ""), text_of(category, "name", ""))
    return names


def _has_names(category: Record | None) -> bool:
    return category is not None and bytes(category.get("keypoints", b"[]")) not in (b"[]", b"null")


def _skeleton(
    category: Record, name: str, count: int, options: ImportOptions, where: str, path: Path, notes: list[str]
) -> Skeleton:
    extra = kept_fields(category, CATEGORY_FIELDS, ("id",), {})
    names: list[str] = []
    if "keypoints" in category:
        try:
            names = msgspec.json.decode(category["keypoints"], type=list[str])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise FormatError(f"{where} ({name}): 'keypoints' must be a list of names: {error}") from error
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise FormatError(f"{where} ({name}) names the keypoint {twice[0]!r} twice: rename one of them")
    if not names:
        return replace(_chosen(name, count, options, where), extra=extra)
    try:
        skeleton = skeleton_from_names(f"coco-{path.stem}-{name}", name, names)
        if skeleton.names != tuple(names):
            raise FormatError(
                f"{where} ({name}) has a keypoint whose name is blank or begins or ends with one: mend it"
            )
        supercategory = text_of(category, "supercategory", where, may_be_empty=True)
        edges = _edges(category, skeleton, where, notes)
        return replace(skeleton, edges=edges, supercategory=supercategory, extra=extra)
    except ModelError as error:
        raise FormatError(f"{where}: {error}") from error


def _chosen(name: str, count: int, options: ImportOptions, where: str) -> Skeleton:
    chosen = options.skeleton_of(name)
    if chosen is None:
        raise NeedsSkeletonError(
            f"{where} ({name}) does not name its {count} keypoints: choose their skeleton (--skeleton ID)", count, name
        )
    if count and len(chosen) != count:
        raise FormatError(
            f"{where} ({name}) has {count} keypoints, but {chosen.name} has {len(chosen)}: choose another skeleton"
        )
    return chosen


def _edges(category: Record, skeleton: Skeleton, where: str, notes: list[str]) -> tuple[tuple[str, str], ...]:
    """Return the edges as keypoint ids. COCO counts from 1; a list that counts from 0 is understood.

    A list that leaves the keypoints on any edge was made for another skeleton: none of its edges means anything.
    """
    raw = category.get("skeleton")
    if raw is None or bytes(raw) == b"null":
        return ()
    try:
        pairs = msgspec.json.decode(raw, type=list[tuple[int, int]])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise FormatError(f"{where}: 'skeleton' must be a list of pairs of keypoint numbers: {error}") from error
    numbers = [number for pair in pairs for number in pair]
    first = 0 if 0 in numbers else 1
    if any(not first <= number < len(skeleton) + first for number in numbers):
        notes.append(
            f"the edges of {skeleton.name} name keypoints outside 1 to {len(skeleton)}: they are left out, all of them"
        )
        return ()
    if first == 0:
        notes.append(f"the edges of {skeleton.name} count from 0 instead of 1: understood so")
    ids = [keypoint.id for keypoint in skeleton.keypoints]
    edges = tuple(dict.fromkeys((ids[a - first], ids[b - first]) for a, b in pairs if a != b))
    if len(edges) < len(pairs):
        notes.append(f"{len(pairs) - len(edges)} edges of {skeleton.name} stand twice or lead nowhere: left out")
    return edges
