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

_NONE = np.zeros(0, np.intp)
_BOX_PADDING_SCREEN_PX = 6.0
_ALONE = 1e6
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
        return Selection(np.flatnonzero(segments), _NONE, np.flatnonzero(markers), density.size), []
    parts, membership = _parts(batch), _membership(batch.skeleton)
    # The layout tells how dense a part is; an instance tells how large it is here.
    spacing = np.where(parts.extents > 0, membership.spacing * parts.extents, np.inf)
    compact = membership.is_detail & (spacing * scale < COMPACT_BELOW_SCREEN_PX)
    boxed = compact & (parts.counts > _FEW_KEYPOINTS) & rows[:, None]
    collapsed = boxed & (parts.extents * scale < BOX_BELOW_SCREEN_PX)
    sizes = np.where(compact, Size.COMPACT, density.size).astype(np.uint8)
    marker_part = membership.of_keypoint[figure.marker_k]
    segment_part = membership.of_edge[figure.segment_edge]
    markers &= ~collapsed[figure.marker_instance, marker_part]
    segments &= (segment_part < 0) | ~collapsed[figure.segment_instance, segment_part]
    thin = segments & (segment_part >= 0) & compact[figure.segment_instance, segment_part]
    chosen = Selection(
        np.flatnonzero(segments & ~thin),
        np.flatnonzero(thin),
        np.flatnonzero(markers),
        sizes[figure.marker_instance, marker_part],
    )
    pad = _BOX_PADDING_SCREEN_PX / scale
    low, high = parts.low[boxed] - pad, parts.high[boxed] + pad
    boxes = [(x0, y0, x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in zip(low.tolist(), high.tolist(), strict=True)]
    return chosen, boxes


@dataclass(frozen=True, slots=True, eq=False)
class _Membership:
    """Which part each keypoint and edge of a skeleton belongs to; part 0 holds what belongs to none.

    Attributes:
        of_keypoint: (K,) part. of_edge: (E,) part that both ends share, -1 across parts.
        is_detail: (P,) may be drawn small; the body may not.
        spacing: (P,) distance of neighbours in the layout, as a share of the part's size.
    """

    of_keypoint: NDArray[np.intp]
    of_edge: NDArray[np.intp]
    is_detail: NDArray[np.bool_]
    spacing: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The parts of every instance of a batch.

    Attributes:
        counts: (N, P) markers.
        low, high: (N, P, 2) bounds in image pixels. extents: (N, P) the longer side of it.
    """

    counts: NDArray[np.intp]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    extents: NDArray[np.float64]


@lru_cache(maxsize=16)
def _parts(batch: Batch) -> _Parts:
    figure = batch.figure
    shape = (len(batch.owners), len(batch.skeleton.parts) + 1)
    group = figure.marker_instance * shape[1] + _membership(batch.skeleton).of_keypoint[figure.marker_k]
    total = shape[0] * shape[1]
    low, high = np.full((total, 2), np.inf), np.full((total, 2), -np.inf)
    np.minimum.at(low, group, figure.marker_xy)
    np.maximum.at(high, group, figure.marker_xy)
    counts = np.bincount(group, minlength=total)
    extents = np.zeros(total)
    extents[counts > 0] = (high - low)[counts > 0].max(axis=1)
    return _Parts(counts.reshape(shape), low.reshape(*shape, 2), high.reshape(*shape, 2), extents.reshape(shape))


@lru_cache(maxsize=16)
def _membership(skeleton: Skeleton) -> _Membership:
    of_keypoint = np.zeros(len(skeleton), np.intp)
    for number, part in enumerate(skeleton.parts, 1):
        of_keypoint[[skeleton.index(id_) for id_ in part.keypoints]] = number
    ends = of_keypoint[np.array(skeleton.edge_indices, np.intp).reshape(-1, 2)]
    layout = np.array(skeleton.layout, float)
    return _Membership(
        of_keypoint,
        np.where(ends[:, 0] == ends[:, 1], ends[:, 0], -1),
        np.array([False, *(part.name.lower() != "body" for part in skeleton.parts)]),
        np.array([_relative_spacing(layout[of_keypoint == number]) for number in range(len(skeleton.parts) + 1)]),
    )


def _relative_spacing(points: NDArray[np.float64]) -> float:
    """Return the mean distance of points to their nearest neighbour, as a share of their extent."""
    if len(points) < 2:
        return _ALONE
    distances = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(distances, np.inf)
    return float(distances.min(axis=1).mean() / max(np.ptp(points, axis=0).max(), 1e-9))
