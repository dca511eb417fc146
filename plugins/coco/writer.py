"""Write COCO keypoint JSON: streamed in chunks, ids stable, imported fields written back."""

import os
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np

import annotator
from annotator.plugin import (
    ExportedFrame,
    ExportOptions,
    Frame,
    InstanceBatch,
    Job,
    Project,
    Skeleton,
    Source,
    exported_batches,
    exported_frames,
    exported_keypoints,
)

AREA_OF_BOX = 0.53
BOX_MARGIN = 0.1
AREA_RULE = (
    "area: the imported value while the instance is as it was imported, else that of its polygons, "
    f"else {AREA_OF_BOX} x box width x box height"
)

Fields = dict[str, msgspec.Raw]
_fields = msgspec.json.Decoder(Fields)
_encode = msgspec.json.encode


def write(project: Project, options: ExportOptions, job: Job) -> list[Path]:
    """Write the label files and return them.

    Keypoints that are absent, unlabeled, or in a state that is not exported are 0, 0, 0. Pictures without an instance
    stay, as negatives; instances without a labeled keypoint stay.
    """
    frames = exported_frames(project, options)
    numbers = image_ids(frames)
    chosen = [s for s in project.skeletons.values() if not options.skeletons or s.id in options.skeletons]
    kept = kept_categories(project, chosen)
    categories = category_ids(chosen, {category["id"] for category in kept})
    subsets = ("train", "val") if options.train_share is not None else ("",)
    options.folder.mkdir(parents=True, exist_ok=True)
    files = [options.folder / (f"{subset}.json" if subset else "annotations.json") for subset in subsets]
    beside = [file.with_name(f"{file.name}.new") for file in files]
    streams: dict[str, IO[bytes]] = {}
    try:
        for subset, path in zip(subsets, beside, strict=True):
            streams[subset] = path.open("wb")
            mine = [one for one in frames if one.subset == subset]
            _write_head(streams[subset], project, mine, numbers, chosen, categories, kept)
        _write_annotations(streams, project, options, frames, numbers, categories, job)
        for stream in streams.values():
            stream.write(b"]}\n")
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
        for path, file in zip(beside, files, strict=True):
            path.replace(file)
    finally:
        for stream in streams.values():
            stream.close()
        for path in beside:
            path.unlink(missing_ok=True)
    return files


def image_ids(frames: Sequence[ExportedFrame]) -> dict[int, int]:
    """Return the id of each frame: the imported one when all that have one are unique, else the frame's number."""
    imported = {one.frame.key: _imported_id(one.frame.extra) for one in frames}
    known = [id_ for id_ in imported.values() if id_ is not None]
    if len(set(known)) < len(known):
        return {one.frame.key: one.number for one in frames}
    above = max(known, default=0)
    found = {}
    for one in frames:
        id_ = imported[one.frame.key]
        found[one.frame.key] = above + one.number if id_ is None else id_
    return found


def kept_categories(project: Project, skeletons: Sequence[Skeleton]) -> list[dict[str, Any]]:
    """Return the categories of imports that had no instance, as they were; those that are skeletons by now left out."""
    fields: Fields = _fields.decode(project.settings.exports) if project.settings.exports else {}
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
        id_ = _imported_id(skeleton.extra)
        if id_ is not None and id_ not in taken.values() and id_ not in reserved:
            taken[skeleton.id] = id_
    following = max((*taken.values(), *reserved), default=0) + 1
    for skeleton in skeletons:
        if skeleton.id not in taken:
            taken[skeleton.id] = following
            following += 1
    return taken


def _write_head(
    stream: IO[bytes],
    project: Project,
    frames: Sequence[ExportedFrame],
    numbers: dict[int, int],
    skeletons: Sequence[Skeleton],
    categories: dict[str, int],
    kept: Sequence[dict[str, Any]],
) -> None:
    rest: Fields = _fields.decode(project.settings.exports) if project.settings.exports else {}
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
    stream.write(b'{"info":' + _encode(info) + b',"licenses":' + licenses)
    for name, value in rest.items():
        stream.write(b"," + _encode(name) + b":" + bytes(value))
    stream.write(b',"categories":' + _encode([*(_category(s, categories[s.id]) for s in skeletons), *kept]))
    stream.write(b',"images":[')
    for n, one in enumerate(frames):
        stream.write((b"," if n else b"") + _encode(_image(one.frame, numbers[one.frame.key])))
    stream.write(b'],"annotations":[')


def _category(skeleton: Skeleton, id_: int) -> dict[str, Any]:
    placeable = skeleton.placeable
    number = {k: n for n, k in enumerate(placeable, 1)}
    return {
        "id": id_,
        "name": skeleton.name,
        "supercategory": skeleton.supercategory or skeleton.name,
        "keypoints": [skeleton.names[k] for k in placeable],
        "skeleton": [[number[a], number[b]] for a, b in skeleton.edge_indices if a in number and b in number],
        **_rest(skeleton.extra, ("id",)),
    }


def _image(frame: Frame, id_: int) -> dict[str, Any]:
    return {
        "id": id_,
        "file_name": frame.path,
        "width": frame.width,
        "height": frame.height,
        **_rest(frame.extra, ("id",)),
    }


def _write_annotations(
    streams: dict[str, IO[bytes]],
    project: Project,
    options: ExportOptions,
    frames: Sequence[ExportedFrame],
    numbers: dict[int, int],
    categories: dict[str, int],
    job: Job,
) -> None:
    subsets = {one.frame.key: one.subset for one in frames}
    sizes = {one.frame.key: (one.frame.width, one.frame.height) for one in frames}
    ids = _AnnotationIds(project)
    total = project.counts().instances
    done = 0
    begun: set[str] = set()
    for batch in exported_batches(project, options):
        job.check()
        skeleton = project.skeletons[batch.skeleton_id]
        for subset, records in _records(batch, options, skeleton, categories, numbers, sizes, subsets, ids):
            streams[subset].write((b"," if subset in begun else b"") + records)
            begun.add(subset)
        done += len(batch)
        job.report(done, total, "Writing")


class _AnnotationIds:
    """Ids of annotations: the imported ones while they are unique over the project, else its own numbering."""

    def __init__(self, project: Project) -> None:
        rows = project.reader.rows(
            "SELECT count(*), count(DISTINCT json_extract(extra, '$.id')), ifnull(max(json_extract(extra, '$.id')), 0) "
            "FROM instance WHERE deleted = 0 AND extra <> '' AND json_extract(extra, '$.id') IS NOT NULL"
        )
        count, distinct, highest = rows[0]
        self.keeps = count == distinct
        self._above = int(highest) if self.keeps else 0
        # Rank by creation, removed ones included: an id never changes while the project lives.
        self._ranked = [row[0] for row in project.reader.rows("SELECT id FROM instance ORDER BY id")]
        self._array = np.array(self._ranked, np.int64)

    def own(self, instances: Any) -> list[int]:
        ranks: list[int] = (np.searchsorted(self._array, instances) + 1 + self._above).tolist()
        return ranks


def _records(
    batch: InstanceBatch,
    options: ExportOptions,
    skeleton: Skeleton,
    categories: dict[str, int],
    numbers: dict[int, int],
    sizes: dict[int, tuple[int, int]],
    subsets: dict[int, str],
    ids: _AnnotationIds,
) -> Iterator[tuple[str, bytes]]:
    """Yield the annotations of a batch as text, one piece to a subset."""
    points, states = exported_keypoints(batch, options)
    placeable = list(skeleton.placeable)
    keypoints = np.concatenate([points, states[..., None]], axis=2)[:, placeable].reshape(len(batch), -1)
    keypoint_texts = number_lists(keypoints)
    counts = (states[:, placeable] > 0).sum(axis=1).tolist()
    boxes = _boxes(batch, sizes)
    box_texts = number_lists(boxes)
    areas = (AREA_OF_BOX * boxes[:, 2] * boxes[:, 3]).tolist()
    own = ids.own(batch.ids)
    category = b"%d" % categories[skeleton.id]
    pieces: dict[str, list[bytes]] = {}
    for n, frame in enumerate(batch.frames.tolist()):
        extra: Fields = _fields.decode(batch.extras[n]) if batch.extras[n] else {}
        imported = extra.pop("id", None)
        id_ = bytes(imported) if imported is not None and ids.keeps else b"%d" % own[n]
        area = _area(extra, batch.sources[n] == Source.IMPORT, areas[n])
        rest = b"".join(b"," + _encode(name) + b":" + bytes(value) for name, value in extra.items())
        crowd = b"1" if batch.crowd[n] else b"0"
        pieces.setdefault(subsets[frame], []).append(
            b'{"id":' + id_ + b',"image_id":%d' % numbers[frame] + b',"category_id":' + category
            + b',"keypoints":' + keypoint_texts[n] + b',"num_keypoints":%d' % counts[n]
            + b',"bbox":' + box_texts[n] + b',"area":' + area + b',"iscrowd":' + crowd + rest + b"}"
        )  # fmt: skip
    for subset, texts in pieces.items():
        yield subset, b",".join(texts)


def _boxes(batch: InstanceBatch, sizes: dict[int, tuple[int, int]]) -> Any:
    """Return (N, 4) boxes: the one set by hand or imported, else that of the located points with a margin."""
    boxes = batch.boxes.copy()
    located = (batch.visibility == 1) | (batch.visibility == 2)
    for n in np.flatnonzero(~batch.by_hand | np.isnan(boxes[:, 0])).tolist():
        mine = batch.points[n][located[n]]
        if not len(mine):
            boxes[n] = 0.0 if np.isnan(boxes[n, 0]) else boxes[n]
            continue
        low, high = mine.min(axis=0), mine.max(axis=0)
        pad = BOX_MARGIN * float((high - low).max())
        low, high = low - pad, high + pad
        width, height = sizes[int(batch.frames[n])]
        if width and height:
            low, high = np.maximum(low, 0), np.minimum(high, (width, height))
        boxes[n] = (low[0], low[1], max(high[0] - low[0], 0.0), max(high[1] - low[1], 0.0))
    return boxes


def _area(extra: Fields, is_untouched: bool, of_box: float) -> bytes:
    """Return the area by the stated rule, and take it out of `extra`."""
    imported = extra.pop("area", None)
    if is_untouched and imported is not None:
        return bytes(imported)
    polygons = polygon_area(extra.get("segmentation")) if is_untouched else None
    return _encode(of_box if polygons is None else polygons)


def polygon_area(segmentation: msgspec.Raw | None) -> float | None:
    """Return the area of COCO polygons in square pixels (shoelace formula), or None for anything else."""
    if segmentation is None:
        return None
    try:
        polygons = msgspec.json.decode(segmentation, type=list[list[float]])
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None  # run-length encoded
    total = 0.0
    for polygon in polygons:
        xy = np.array(polygon[: len(polygon) // 2 * 2]).reshape(-1, 2)
        x, y = xy[:, 0], xy[:, 1]
        total += abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2
    return total or None


def number_lists(values: Any) -> list[bytes]:
    """Return one JSON list of numbers per row, bit for bit; whole numbers without ".0"."""
    if not len(values):
        return []
    text = _encode(values.tolist())
    # Inside lists of numbers ".0" before a comma or bracket can only end a whole number.
    text = text.replace(b".0,", b",").replace(b".0]", b"]")
    return [b"[" + row + b"]" for row in text[2:-2].split(b"],[")]


def _imported_id(extra: str) -> int | None:
    if not extra:
        return None
    raw = _fields.decode(extra).get("id")
    return int(bytes(raw)) if raw is not None and bytes(raw).lstrip(b"-").isdigit() else None


def _rest(extra: str, known: Sequence[str]) -> Fields:
    return {name: value for name, value in _fields.decode(extra).items() if name not in known} if extra else {}
