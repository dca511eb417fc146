"""Categories of a COCO file as skeletons."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from annotator.plugin import (
    FormatError,
    ImportOptions,
    ModelError,
    NeedsSkeletonError,
    Skeleton,
    skeleton_from_names,
)

from .columns import CATEGORY_FIELDS, Record
from .strict import kept_fields, text_of, whole_number


def skeletons_of(
    path: Path, categories: Sequence[Record], used: Mapping[int, int], options: ImportOptions, notes: list[str]
) -> tuple[dict[int, Skeleton], list[Record]]:
    """Return the skeleton of each category that has instances, and the other categories; of all when none has.

    A category without names whose instances have no keypoints either is one of boxes: it counts as another while the
    file has something better.

    Args:
        path: of the file.
        categories: its records.
        used: ids of the categories that occur, and how many keypoints their first instance has.
        options: for a category that does not name its keypoints.
        notes: what was mended is added.

    Raises:
        FormatError: a category is not sound, or one that occurs is not there.
        NeedsSkeletonError: a category does not name its keypoints.
    """
    if not categories:
        raise FormatError(f"{path.name} has no categories: without them nobody knows what the keypoints are")
    found: dict[int, Skeleton] = {}
    others = []
    seen: set[int] = set()
    names: set[str] = set()
    is_mixed = options.skeleton is None and any(_has_names(category) for category in categories)
    for n, category in enumerate(categories):
        where = f"{path.name}: categories[{n}]"
        id_ = whole_number(category, "id", where)
        name = text_of(category, "name", where)
        if id_ in seen:
            raise FormatError(f"{where} has the id {id_}, which another category has: give each its own")
        if name in names:
            raise FormatError(f"{where} has the name {name!r}, which another category has: rename one of them")
        seen.add(id_)
        names.add(name)
        is_chosen = name in options.skeletons
        is_of_boxes = is_mixed and not is_chosen and not used.get(id_) and not _has_names(category)
        if (id_ in used or not used) and not is_of_boxes:
            found[id_] = _skeleton(category, name, used.get(id_, 0), options, where, path, notes)
        else:
            others.append(category)
    if missing := used.keys() - seen:
        raise FormatError(f"{path.name}: annotations name category {min(missing)}, which the file does not have")
    return found, others


def class_names(categories: Sequence[Record]) -> dict[int, str]:
    """Return the name of each category of a file that `skeletons_of` found sound."""
    return {whole_number(one, "id", "categories"): text_of(one, "name", "categories") for one in categories}


def _has_names(category: Record) -> bool:
    return bytes(category.get("keypoints", b"[]")) not in (b"[]", b"null")


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
