"""Decide how much of each figure can be told apart: full keypoints, small ones, or only a box around a part."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from annotator.model.instance import Box, Mask
from annotator.model.skeleton import Skeleton
from annotator.session.figures import Batch
from annotator.ui.canvas.painter import Selection
from annotator.ui.canvas.styles import Density, Size

COMPACT_BELOW_SCREEN_PX = 12.0
"""Neighbours of a part nearer than this are drawn compact."""

BOX_BELOW_SCREEN_PX = 48.0
"""A part smaller than this is drawn as a box only."""

_BOX_PADDING_SCREEN_PX = 6.0
_FEW_KEYPOINTS = 6
"""A part with so few keypoints is never reduced to a box: a foot, a club."""


def select(batch: Batch, rows: Mask, scale: float, density: Density) -> tuple[Selection, list[Box]]:
    """Return what to paint of some instances, and the boxes of parts too small for that, in image pixels.

    Args:
        rows: (N,) bool, the instances of the batch.
        scale: screen pixels per image pixel.
    """
    figure = batch.figure
    segments = rows[figure.segment_instance]
    with_points = rows
    if density.points_from_height > 0:
        with_points = rows & ((batch.bounds[3] - batch.bounds[1]) * scale >= density.points_from_height)
    markers = with_points[figure.marker_instance]
    if not batch.skeleton.parts or density.size is Size.TINY:
        return Selection(np.flatnonzero(segments), np.flatnonzero(markers), density.size), []
    parts = _parts(batch)
    compact = parts.is_detail & (parts.spacing * scale < COMPACT_BELOW_SCREEN_PX)
    boxed = compact & (parts.counts > _FEW_KEYPOINTS) & rows[:, None]
    collapsed = boxed & (parts.extents * scale < BOX_BELOW_SCREEN_PX)
    sizes = np.where(compact, Size.COMPACT, density.size).astype(np.uint8)
    marker_part = parts.of_keypoint[figure.marker_k]
    segment_part = parts.of_edge[figure.segment_edge]
    markers &= ~collapsed[figure.marker_instance, marker_part]
    segments &= (segment_part < 0) | ~collapsed[figure.segment_instance, segment_part]
    chosen = Selection(np.flatnonzero(segments), np.flatnonzero(markers), sizes[figure.marker_instance, marker_part])
    pad = _BOX_PADDING_SCREEN_PX / scale
    low, high = parts.low[boxed] - pad, parts.high[boxed] + pad
    boxes = [(x0, y0, x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in zip(low.tolist(), high.tolist(), strict=True)]
    return chosen, boxes


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The parts of every instance of a batch; P parts, the first of them holds what belongs to none.

    Attributes:
        of_keypoint: (K,) part. of_edge: (E,) part that both ends share, -1 across parts.
        is_detail: (P,) may be drawn small; the body may not.
        counts: (N, P) markers. spacing: (N, P) mean length of its limbs, image pixels.
        low, high: (N, P, 2) bounds. extents: (N, P) the longer side of it.
    """

    of_keypoint: NDArray[np.intp]
    of_edge: NDArray[np.intp]
    is_detail: NDArray[np.bool_]
    counts: NDArray[np.intp]
    spacing: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    extents: NDArray[np.float64]


@lru_cache(maxsize=16)
def _parts(batch: Batch) -> _Parts:
    skeleton, figure = batch.skeleton, batch.figure
    of_keypoint, of_edge = _membership(skeleton)
    shape = (len(batch.owners), len(skeleton.parts) + 1)
    group = figure.marker_instance * shape[1] + of_keypoint[figure.marker_k]
    total = shape[0] * shape[1]
    low, high = np.full((total, 2), np.inf), np.full((total, 2), -np.inf)
    np.minimum.at(low, group, figure.marker_xy)
    np.maximum.at(high, group, figure.marker_xy)
    part = of_edge[figure.segment_edge]
    within = part >= 0
    limb_group = (figure.segment_instance * shape[1] + part)[within]
    along = figure.segment_xy[within, 1] - figure.segment_xy[within, 0]
    lengths = np.bincount(limb_group, np.hypot(along[:, 0], along[:, 1]), total)
    limbs = np.bincount(limb_group, minlength=total)
    spacing = np.where(limbs > 0, lengths / np.maximum(limbs, 1), np.inf)
    extents = np.where(np.isfinite(low[:, 0]), np.nan_to_num(high - low, posinf=0, neginf=0).max(axis=1), 0.0)
    is_detail = np.array([False, *(part.name.lower() != "body" for part in skeleton.parts)])
    return _Parts(
        of_keypoint,
        of_edge,
        is_detail,
        np.bincount(group, minlength=total).reshape(shape),
        spacing.reshape(shape),
        low.reshape(*shape, 2),
        high.reshape(*shape, 2),
        extents.reshape(shape),
    )


def _membership(skeleton: Skeleton) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the part of each keypoint, 0 for none, and the part of each edge, -1 across parts."""
    of_keypoint = np.zeros(len(skeleton), np.intp)
    for number, part in enumerate(skeleton.parts, 1):
        of_keypoint[[skeleton.index(id_) for id_ in part.keypoints]] = number
    ends = of_keypoint[np.array(skeleton.edge_indices, np.intp).reshape(-1, 2)]
    return of_keypoint, np.where(ends[:, 0] == ends[:, 1], ends[:, 0], -1)
