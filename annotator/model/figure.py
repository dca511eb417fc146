"""What is drawn of instances, predictions and layouts: markers and limbs with their side and look.

The canvas, thumbnails and the command line's pictures all paint from a `Figure`, so there is one visual
language: circle = a person decided, diamond = a model proposes; filled = visible, hollow = occluded;
dots = not there yet. Everything is computed for all instances of a skeleton at once.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.model.geometry import layout_in_box
from annotator.model.instance import Box, Instance, Mask, Points, Prediction, Visibility
from annotator.model.sides import SIDE_CODES, keypoint_sides, limb_sides
from annotator.model.skeleton import Skeleton

Codes = NDArray[np.uint8]
Indices = NDArray[np.intp]
Alphas = NDArray[np.float32]
_Number = TypeVar("_Number", np.uint8, np.float32)


class MarkerLook(IntEnum):
    """The shape of a keypoint."""

    VISIBLE = 0
    OCCLUDED = 1
    PREDICTED = 2
    LOW_CONFIDENCE = 3
    GHOST = 4


class LimbLook(IntEnum):
    """The pattern of a limb."""

    SOLID = 0
    DASHED = 1
    DOTTED = 2
    GHOST = 3


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """M markers and S limbs, ready to paint: limbs first, then markers, both in the order of the arrays.

    Attributes:
        marker_xy: (M, 2) float64 image pixels.
        marker_side: (M,) uint8, `SIDE_CODES`: 0 left, 1 right, 2 centre.
        marker_look: (M,) uint8 of `MarkerLook`.
        marker_alpha: (M,) float32 opacity, 0..1.
        marker_instance: (M,) row of the instance in the arrays that the figure was made from.
        marker_k: (M,) keypoint, position on the skeleton's K axis.
        segment_xy: (S, 2, 2) float64 image pixels: limb, end, x and y.
        segment_side: (S,) uint8, as `marker_side`.
        segment_look: (S,) uint8 of `LimbLook`.
        segment_alpha: (S,) float32 opacity, 0..1.
        segment_instance: (S,) as `marker_instance`.
        segment_edge: (S,) position in `skeleton.edges`.
    """

    marker_xy: Points
    marker_side: Codes
    marker_look: Codes
    marker_alpha: Alphas
    marker_instance: Indices
    marker_k: Indices
    segment_xy: NDArray[np.float64]
    segment_side: Codes
    segment_look: Codes
    segment_alpha: Alphas
    segment_instance: Indices
    segment_edge: Indices


def instance_figure(skeleton: Skeleton, points: ArrayLike, visibility: ArrayLike) -> Figure:
    """Draw N instances as they were decided; absent, unlabeled and retired keypoints are left out.

    Args:
        points: (N, K, 2) image pixels.
        visibility: (N, K) of `Visibility`.
    """
    rig, xy = _rig(skeleton), np.asarray(points, float)
    states = np.asarray(visibility)
    occluded = states == Visibility.OCCLUDED
    marked = (occluded | (states == Visibility.VISIBLE)) & _has_place(rig, xy)
    limb_occluded = occluded[:, rig.start] | occluded[:, rig.end]
    return _figure(
        rig,
        xy,
        marked,
        np.where(occluded, MarkerLook.OCCLUDED, MarkerLook.VISIBLE),
        1.0,
        marked[:, rig.start] & marked[:, rig.end],
        np.where(limb_occluded, LimbLook.DASHED, LimbLook.SOLID),
        1.0,
    )


def prediction_figure(
    skeleton: Skeleton,
    points: ArrayLike,
    scores: ArrayLike,
    threshold: float,
    undecided: ArrayLike | None = None,
) -> Figure:
    """Draw N predictions: diamonds, hollow below the threshold, fainter the less sure the model is.

    Args:
        points: (N, K, 2) image pixels, NaN where there is nothing to draw. Where a keypoint is decided, its
            decided position, so that the limb of its neighbour's proposal still reaches it.
        scores: (N, K) in 0..1.
        threshold: scores below it are low confidence.
        undecided: (N, K) bool, the keypoints that are still a proposal; all by default. See `open_proposal`.
    """
    rig, xy = _rig(skeleton), np.asarray(points, float)
    confidence = np.clip(np.asarray(scores, np.float32), 0, 1)
    low = confidence < np.float32(threshold)
    placed = _has_place(rig, xy)
    proposed = placed if undecided is None else placed & np.asarray(undecided, bool)
    certainty = np.where(proposed, confidence, np.float32(1))  # what a person decided is certain
    start, end = rig.start, rig.end
    return _figure(
        rig,
        xy,
        proposed,
        np.where(low, MarkerLook.LOW_CONFIDENCE, MarkerLook.PREDICTED),
        0.4 + 0.6 * confidence,
        placed[:, start] & placed[:, end] & (proposed[:, start] | proposed[:, end]),
        LimbLook.DOTTED,
        0.45 + 0.55 * np.minimum(certainty[:, start], certainty[:, end]),
    )


def ghost_figure(skeleton: Skeleton, points: ArrayLike) -> Figure:
    """Draw where keypoints are expected: (N, K, 2) image pixels, NaN where nothing is."""
    rig, xy = _rig(skeleton), np.asarray(points, float)
    marked = _has_place(rig, xy)
    limbs = marked[:, rig.start] & marked[:, rig.end]
    return _figure(rig, xy, marked, MarkerLook.GHOST, 1.0, limbs, LimbLook.GHOST, 1.0)


def layout_figure(skeleton: Skeleton, box: Box) -> Figure:
    """Draw the layout as if labeled, all visible, its shape kept, in an (x, y, width, height) box."""
    points = layout_in_box(skeleton, box, keep_shape=True)[None]
    return instance_figure(skeleton, points, np.full(points.shape[:2], Visibility.VISIBLE))


def open_proposal(prediction: Prediction, instance: Instance | None) -> tuple[Points, Mask]:
    """Return points and undecided keypoints of a prediction, as `prediction_figure` takes a row of them.

    Args:
        instance: the one that accepted keypoints went into, or None.

    Returns:
        (K, 2) image pixels, the instance's own where decided, NaN where absent; and (K,) bool.
    """
    if instance is None:
        return prediction.points, np.ones(len(prediction.points), bool)
    undecided = ~instance.decided
    decided_points = np.where(instance.located[:, None], instance.points, np.nan)
    return np.where(undecided[:, None], prediction.points, decided_points), undecided


@dataclass(frozen=True, slots=True, eq=False)
class _Rig:
    """What a figure needs of a skeleton, as arrays.

    Attributes:
        shown: (K,) bool, not retired.
        start, end: (E,) keypoints of the edges.
    """

    sides: Codes
    shown: Mask
    start: Indices
    end: Indices
    limb_sides: Codes


@lru_cache(maxsize=32)
def _rig(skeleton: Skeleton) -> _Rig:
    ends = np.asarray(skeleton.edge_indices, np.intp).reshape(-1, 2)
    return _Rig(
        sides=np.array([SIDE_CODES[side] for side in keypoint_sides(skeleton)], np.uint8),
        shown=np.array([not keypoint.retired for keypoint in skeleton.keypoints], bool),
        start=ends[:, 0],
        end=ends[:, 1],
        limb_sides=np.array([SIDE_CODES[side] for side in limb_sides(skeleton)], np.uint8),
    )


def _has_place(rig: _Rig, xy: Points) -> Mask:
    """Return (N, K): not retired, and with a finite position."""
    return np.isfinite(xy[..., 0] + xy[..., 1]) & rig.shown


def _figure(
    rig: _Rig,
    xy: Points,
    marked: Mask,
    marker_look: ArrayLike,
    marker_alpha: ArrayLike,
    limbs: Mask,
    limb_look: ArrayLike,
    limb_alpha: ArrayLike,
) -> Figure:
    """Gather the marked keypoints (N, K) and limbs (N, E); looks and opacities may be one for all."""
    flat_xy = xy.reshape(-1, 2)
    markers, segments = np.flatnonzero(marked), np.flatnonzero(limbs)  # flat: several times faster than (row, k)
    marker_instance, marker_k = np.divmod(markers, max(marked.shape[1], 1))
    segment_instance, edge = np.divmod(segments, max(limbs.shape[1], 1))
    first = segment_instance * marked.shape[1]
    ends = np.stack([first + rig.start[edge], first + rig.end[edge]], axis=1)
    return Figure(
        marker_xy=np.take(flat_xy, markers, axis=0),
        marker_side=rig.sides[marker_k],
        marker_look=_chosen(marker_look, markers, np.uint8),
        marker_alpha=_chosen(marker_alpha, markers, np.float32),
        marker_instance=marker_instance,
        marker_k=marker_k,
        segment_xy=np.take(flat_xy, ends, axis=0),
        segment_side=rig.limb_sides[edge],
        segment_look=_chosen(limb_look, segments, np.uint8),
        segment_alpha=_chosen(limb_alpha, segments, np.float32),
        segment_instance=segment_instance,
        segment_edge=edge,
    )


def _chosen(values: ArrayLike, chosen: Indices, dtype: type[_Number]) -> NDArray[_Number]:
    """Return one value per chosen entry; `values` is one for all, or shaped like what was chosen from."""
    if np.ndim(values) == 0:
        return np.full(len(chosen), values, dtype)
    return np.take(np.asarray(values, dtype), chosen)
