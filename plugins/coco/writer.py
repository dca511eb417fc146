"""Write COCO keypoint JSON: streamed page by page, ids stable, imported fields written back."""

from bisect import bisect_right
from collections.abc import Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

import annotator
from annotator.plugin import (
    ExportedFrames,
    ExportOptions,
    Job,
    NewFiles,
    Project,
    Skeleton,
    collector_paused,
    exported_frames,
    exported_pages,
)

from .records import AREA_RULE, AnnotationIds, Records
from .texts import fields_of, kept, spliced

_PAGE = 4096
_encode = msgspec.json.encode


def write(project: Project, options: ExportOptions, job: Job) -> list[Path]:
    """Write the label files and return them.

    Keypoints that are absent, unlabeled, or in a state that is not exported are 0, 0, 0. Pictures without an instance
    stay, as negatives; instances without a labeled keypoint stay.
    """
    subsets = ("train", "val") if options.train_share is not None else ("",)
    paths = {subset: options.folder / (f"{subset}.json" if subset else "annotations.json") for subset in subsets}
    with NewFiles(paths) as files, ThreadPoolExecutor(1) as beside, collector_paused():
        _write_all(files, subsets, project, options, beside, job)
        return files.publish()


def _write_all(
    files: NewFiles,
    subsets: Sequence[str],
    project: Project,
    options: ExportOptions,
    beside: ThreadPoolExecutor,
    job: Job,
) -> None:
    frames = exported_frames(project, options)
    ids = beside.submit(AnnotationIds, project)  # one long query, while the pictures are written
    chosen = [s for s in project.skeletons.values() if not options.skeletons or s.id in options.skeletons]
    others = kept_categories(project, chosen)
    categories = category_ids(chosen, {category["id"] for category in others})
    shown = [*(_category(skeleton, categories[skeleton.id]) for skeleton in chosen), *others]
    head = _fields(project, chosen) + b',"categories":' + _encode(shown) + b',"images":['
    pictures = _write_pictures(files, subsets, head, frames)
    records = Records(project, options, frames, pictures, categories, ids.result())
    begun: set[str] = set()
    for page in exported_pages(project, options, details=False):
        job.check()
        for subset, annotations in records.of(page).items():
            files.write(subset, b"," + annotations if subset in begun else annotations)
            begun.add(subset)
        last = max(int(batch.frames[-1]) for batch in page)
        job.report(bisect_right(frames.keys, last), len(frames), "Writing")
    for subset in subsets:
        files.write(subset, b"]}\n")


def _write_pictures(files: NewFiles, subsets: Sequence[str], head: bytes, frames: ExportedFrames) -> list[int]:
    """Write `head` and the records of the pictures, and return their ids."""
    parts = [kept(frames.extras[start : start + _PAGE]) for start in range(0, len(frames), _PAGE)]
    ids = picture_ids(frames.numbers, [id_ for part in parts for id_ in part.ids])
    rests = chain.from_iterable(part.rests for part in parts)
    rows = zip(ids, map(_encode, frames.names), frames.widths, frames.heights, rests, strict=True)
    texts = [b'{"id":%d,"file_name":%b,"width":%d,"height":%d%b}' % row for row in rows]
    for subset in subsets:
        mine = [text for text, name in zip(texts, frames.subsets, strict=True) if name == subset]
        files.write(subset, head + b",".join(mine) + b'],"annotations":[')
    return ids


def picture_ids(numbers: Sequence[int], imported: Sequence[bytes]) -> list[int]:
    """Return the id of each picture: the imported one when all that have one are unique, else the frame's number.

    Args:
        numbers: of the frames.
        imported: JSON values, b"" where there is none; only whole numbers count.
    """
    ids = [int(id_) if id_.lstrip(b"-").isdigit() else None for id_ in imported]
    known = [id_ for id_ in ids if id_ is not None]
    if len(set(known)) < len(known):
        return list(numbers)
    above = max(known, default=0)
    return [above + number if id_ is None else id_ for id_, number in zip(ids, numbers, strict=True)]


def kept_categories(project: Project, skeletons: Sequence[Skeleton]) -> list[dict[str, Any]]:
    """Return the categories of imports that had no instance, as they were; those that are skeletons by now left out."""
    fields = fields_of(project.settings.exports)
    found = msgspec.json.decode(fields.get("categories", msgspec.Raw(b"[]")), type=list[dict[str, Any]])
    names = {skeleton.name for skeleton in skeletons}
    return [category for category in found if category["name"] not in names]


def category_ids(skeletons: Sequence[Skeleton], reserved: Set[int] = frozenset()) -> dict[str, int]:
    """Return the id of each skeleton's category: the imported one while unique, else counted on.

    Args:
        skeletons: that are exported.
        reserved: ids of other categories in the file.
    """
    taken: dict[str, int] = {}
    for skeleton in skeletons:
        imported = bytes(fields_of(skeleton.extra).get("id", b""))
        id_ = int(imported) if imported.lstrip(b"-").isdigit() else None
        if id_ is not None and id_ not in taken.values() and id_ not in reserved:
            taken[skeleton.id] = id_
    following = max((*taken.values(), *reserved), default=0) + 1
    for skeleton in skeletons:
        if skeleton.id not in taken:
            taken[skeleton.id] = following
            following += 1
    return taken


def _fields(project: Project, skeletons: Sequence[Skeleton]) -> bytes:
    """Return the opening brace and the file's own fields."""
    rest = fields_of(project.settings.exports)
    imported = msgspec.json.decode(rest.pop("info", msgspec.Raw(b"null")))
    info = {
        **(imported if isinstance(imported, dict) else {}),
        "tool": "Annotator",
        "tool_version": annotator.__version__,
        "project": project.name,
        "visibility_policy": {skeleton.name: skeleton.visibility_policy for skeleton in skeletons},
        "area_rule": AREA_RULE,
        "coordinates": "pixels of the upright picture, origin at the top-left corner of the top-left pixel",
    }
    licenses = bytes(rest.pop("licenses", msgspec.Raw(b"[]")))
    rest.pop("categories", None)  # they stand among the others, see `kept_categories`
    return b'{"info":' + _encode(info) + b',"licenses":' + licenses + spliced(rest)


def _category(skeleton: Skeleton, id_: int) -> dict[str, Any]:
    placeable = skeleton.placeable
    number = {k: n for n, k in enumerate(placeable, 1)}
    rest = fields_of(skeleton.extra)
    rest.pop("id", None)
    return {
        "id": id_,
        "name": skeleton.name,
        "supercategory": skeleton.supercategory or skeleton.name,
        "keypoints": [skeleton.names[k] for k in placeable],
        "skeleton": [[number[a], number[b]] for a, b in skeleton.edge_indices if a in number and b in number],
        **rest,
    }
