"""Annotations of a COCO export as text, a page of instances at a time."""

from collections.abc import Mapping, Sequence
from itertools import chain, compress

import msgspec
import numpy as np
from numpy.typing import NDArray

from annotator.plugin import ExportedFrames, ExportOptions, InstanceBatch, Project, Source, exported_keypoints

from .texts import Kept, fields_of, imported_fields, kept, keypoint_lists, number_lists, number_texts

AREA_OF_BOX = 0.53
BOX_MARGIN = 0.1
AREA_RULE = (
    "area: the imported value while the instance is as it was imported, else that of its polygons, "
    f"else {AREA_OF_BOX} x box width x box height"
)

# What stands before each value of an annotation; its id, its area and fields of an import are the first, together.
_FIELDS = (
    b"},{",
    b',"image_id":',
    b',"category_id":',
    b',"keypoints":[',
    b'],"num_keypoints":',
    b',"bbox":[',
    b'],"iscrowd":',
)

# As one text, which is much faster than as rows. Imports write the id first: there no parser is needed to read it.
_IMPORTED_IDS = (
    "SELECT group_concat(CASE WHEN extra GLOB '{\"id\":[0-9]*' THEN CAST(substr(extra, 7, 20) AS INTEGER) "
    "ELSE json_extract(extra, '$.id') END) FROM instance WHERE deleted = 0 AND extra <> ''"
)


class AnnotationIds:
    """Ids of annotations: the imported ones while they are unique over the project, else its own numbering.

    Attributes:
        keeps: whether the imported ones stay.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        text = project.reader.rows(_IMPORTED_IDS)[0][0]
        try:
            imported = msgspec.json.decode(f"[{text or ''}]", type=list[int])
            self.keeps = len(set(imported)) == len(imported)
        except msgspec.MsgspecError:
            self.keeps = False  # of another format, where ids are no numbers
        self._above = max(imported, default=0) if self.keeps else 0
        self._created: NDArray[np.int64] | None = None

    def own(self, instances: NDArray[np.int64]) -> list[int]:
        """Return the project's numbers: by creation, removed ones included, so that one never changes."""
        if self._created is None:
            rows = self._project.reader.rows("SELECT id FROM instance ORDER BY id")
            self._created = np.array(rows, np.int64).ravel()
        numbers: list[int] = (np.searchsorted(self._created, instances) + 1 + self._above).tolist()
        return numbers


class Records:
    """Turns the instances of an export into annotations.

    Args:
        frames: of the export.
        pictures: picture id of each frame.
        categories: category id by skeleton id.
        ids: of the annotations.
    """

    def __init__(
        self,
        project: Project,
        options: ExportOptions,
        frames: ExportedFrames,
        pictures: Sequence[int],
        categories: Mapping[str, int],
        ids: AnnotationIds,
    ) -> None:
        self._options = options
        self._skeletons = project.skeletons
        self._categories = categories
        self._pictures = {key: b"%d" % id_ for key, id_ in zip(frames.keys, pictures, strict=True)}
        self._subsets = dict(zip(frames.keys, frames.subsets, strict=True))
        self._keys = np.array(frames.keys, np.int64)
        self._sizes = np.array([frames.widths, frames.heights], np.float64).T
        self._ids = ids

    def of(self, page: Sequence[InstanceBatch]) -> dict[str, bytes]:
        """Return the annotations of a page by subset: frame after frame, in a frame in order of creation."""
        columns = [list(chain(*parts)) for parts in zip(*map(self._columns, page), strict=True)]
        frames = np.concatenate([batch.frames for batch in page])
        if len(page) > 1:
            order = np.lexsort((np.concatenate([batch.ids for batch in page]), frames))
            columns = [[column[n] for n in order.tolist()] for column in columns]
            frames = frames[order]
        if self._options.train_share is None:
            return {"": _joined(columns)}
        subsets = [self._subsets[frame] for frame in frames.tolist()]
        chosen = {name: [one == name for one in subsets] for name in ("train", "val")}
        return {
            name: _joined([list(compress(column, mine)) for column in columns])
            for name, mine in chosen.items()
            if any(mine)
        }

    def _columns(self, batch: InstanceBatch) -> list[Sequence[bytes]]:
        """Return the texts of `_FIELDS`."""
        points, states = exported_keypoints(batch, self._options)
        skeleton = self._skeletons[batch.skeleton_id]
        if len(skeleton.placeable) < len(skeleton):
            placeable = list(skeleton.placeable)
            points, states = points[:, placeable], states[:, placeable]
        boxes = self._boxes(batch)
        digits = [b"%d" % n for n in range(len(skeleton) + 1)]
        return [
            self._kept(batch, boxes),
            [self._pictures[frame] for frame in batch.frames.tolist()],
            [b"%d" % self._categories[batch.skeleton_id]] * len(batch),
            keypoint_lists(points, states),
            [digits[n] for n in np.count_nonzero(states, axis=1).tolist()],
            number_lists(boxes),
            [b"1" if is_crowd else b"0" for is_crowd in batch.crowd.tolist()],
        ]

    def _kept(self, batch: InstanceBatch, boxes: NDArray[np.float64]) -> list[bytes]:
        """Return id, area and fields of an import."""
        is_untouched = self._ids.keeps and batch.sources.count(Source.IMPORT) == len(batch)
        if is_untouched and (fields := imported_fields(batch.extras)):
            return fields
        found = kept(batch.extras, with_area=True)
        rows = zip(self._id_texts(batch, found.ids), _areas(batch, boxes, found), found.rests, strict=True)
        return [b'"id":%b,"area":%b%b' % row for row in rows]

    def _id_texts(self, batch: InstanceBatch, imported: Sequence[bytes]) -> Sequence[bytes]:
        if self._ids.keeps and all(imported):
            return imported
        own = self._ids.own(batch.ids)
        if not self._ids.keeps:
            return [b"%d" % number for number in own]
        return [id_ or b"%d" % number for id_, number in zip(imported, own, strict=True)]

    def _boxes(self, batch: InstanceBatch) -> NDArray[np.float64]:
        """Return (N, 4) boxes: the one set by hand or imported, else that of the located points with a margin."""
        boxes = batch.boxes.copy()
        located = (batch.visibility == 1) | (batch.visibility == 2)
        fitted = ~batch.by_hand | np.isnan(boxes[:, 0])
        if not fitted.any():
            return boxes + 0.0  # a box that is stored has no sign of zero either
        boxes[fitted & np.isnan(boxes[:, 0])] = 0.0
        rows = np.flatnonzero(fitted & located.any(axis=1))
        points, there = batch.points[rows], located[rows, :, None]
        low = np.where(there, points, np.inf).min(axis=1, initial=np.inf)
        high = np.where(there, points, -np.inf).max(axis=1, initial=-np.inf)
        pad = BOX_MARGIN * (high - low).max(axis=1, keepdims=True, initial=0.0)
        low, high = low - pad, high + pad
        sizes = self._sizes[np.searchsorted(self._keys, batch.frames[rows])]
        is_known = (sizes > 0).all(axis=1, keepdims=True)
        low = np.where(is_known, np.maximum(low, 0.0), low)
        high = np.where(is_known, np.minimum(high, sizes), high)
        boxes[rows] = np.concatenate([low, np.maximum(high - low, 0.0)], axis=1)
        return boxes + 0.0


def _joined(columns: Sequence[list[bytes]]) -> bytes:
    """Return records whose fields are `columns`, one after the other with a comma between."""
    step = 2 * len(_FIELDS)
    parts = [b""] * (step * len(columns[0]))
    for k, (field, column) in enumerate(zip(_FIELDS, columns, strict=True)):
        parts[2 * k :: step] = [field] * len(column)
        parts[2 * k + 1 :: step] = column
    parts[0] = b"{"
    parts.append(b"}")
    return b"".join(parts)


def _areas(batch: InstanceBatch, boxes: NDArray[np.float64], fields: Kept) -> Sequence[bytes]:
    """Return the areas by the stated rule."""
    with np.errstate(over="ignore"):  # of boxes as no picture has them, which an import may bring
        areas = number_texts(np.minimum(AREA_OF_BOX * boxes[:, 2] * boxes[:, 3], np.finfo(np.float64).max))
    for n, source in enumerate(batch.sources):
        if source != Source.IMPORT:
            continue
        if fields.areas[n]:
            areas[n] = fields.areas[n]
        elif b'"segmentation"' in fields.rests[n]:
            of_polygons = polygon_area(fields_of(b"{%b}" % fields.rests[n][1:]).get("segmentation"))
            areas[n] = areas[n] if of_polygons is None else msgspec.json.encode(of_polygons)
    return areas


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
