"""Pure geometry of poses: fitting, mirroring, moving, and what lies under a point."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.model.instance import Box, Instance, Points
from annotator.model.skeleton import Skeleton


def fit_similarity(
    source: ArrayLike, target: ArrayLike, prior_scale: float | None = None, prior_weight: float = 0.0
) -> NDArray[np.float64]:
    """Return the (2, 3) matrix that best maps `source` to `target` by scaling, rotating and moving.

    Points close together tell little about scale and rotation; the prior keeps such a fit upright and of a sensible
    size. Source: least squares over complex numbers (Umeyama 1991 without reflection), with a ridge on the factor.

    Args:
        source: (N, 2), N >= 1.
        target: (N, 2).
        prior_scale: expected scale, without rotation; None when nothing is known.
        prior_weight: squared distance in `source` at which points count as much as the prior.
    """
    a = np.asarray(source, float)
    b = np.asarray(target, float)
    centre_a, centre_b = a.mean(axis=0), b.mean(axis=0)
    za = (a - centre_a) @ np.array([1, 1j])
    zb = (b - centre_b) @ np.array([1, 1j])
    weight = prior_weight if prior_scale is not None else 0.0
    spread = float((np.abs(za) ** 2).sum()) + weight
    pull = complex((np.conj(za) * zb).sum()) + weight * (prior_scale or 0.0)
    factor = pull / spread if spread > 1e-12 else complex(prior_scale or 1.0)
    rotation = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    fitted: NDArray[np.float64] = np.column_stack([rotation, centre_b - rotation @ centre_a])
    return fitted


def apply_affine(matrix: ArrayLike, points: ArrayLike) -> NDArray[np.float64]:
    """Map (N, 2) points with a (2, 3) matrix."""
    m = np.asarray(matrix, float)
    mapped: NDArray[np.float64] = np.asarray(points, float) @ m[:, :2].T + m[:, 2]
    return mapped


def layout_in_box(skeleton: Skeleton, box: Box, keep_shape: bool = False) -> Points:
    """Return the skeleton's layout stretched into a box, (K, 2) image pixels.

    Args:
        keep_shape: scale both axes alike and centre it.
    """
    layout = np.asarray(skeleton.layout, float)
    low, high = layout.min(axis=0), layout.max(axis=0)
    size = np.maximum(high - low, 1e-9)
    x, y, width, height = box
    scale = np.array([width, height]) / size
    if keep_shape:
        scale = np.full(2, scale.min())
    centre = np.array([x + width / 2, y + height / 2])
    placed: Points = (layout - (low + high) / 2) * scale + centre
    return placed


def expected_points(skeleton: Skeleton, instance: Instance, height_hint: float) -> Points:
    """Return where each keypoint is expected, (K, 2) image pixels: the ghost.

    The layout is fitted to the located points; without any it stands in the instance's box, and without a box
    the result is NaN.

    Args:
        skeleton: of the instance.
        instance: as far as it is placed.
        height_hint: how tall such a subject is here, in image pixels; counts while the points lie close together.
    """
    layout = np.asarray(skeleton.layout, float)
    located = np.flatnonzero(instance.located)
    box = instance.box if instance.box_by_hand else None
    if len(located) == 0:
        return np.full((len(skeleton), 2), np.nan) if box is None else layout_in_box(skeleton, box)
    height = float(np.ptp(layout[:, 1])) or float(np.ptp(layout[:, 0])) or 1.0
    scale = (box[3] if box is not None else height_hint) / height
    # Half the weight at 15 % of the layout's height: two eyes say where a person is, not how tall.
    matrix = fit_similarity(layout[located], instance.points[located], scale, (0.15 * height) ** 2)
    return apply_affine(matrix, layout)


def box_of_points(points: ArrayLike, margin: float = 0.0) -> Box | None:
    """Return the (x, y, width, height) box of the finite rows, grown by `margin` of its longer side."""
    finite = np.asarray(points, float)
    finite = finite[np.isfinite(finite).all(axis=1)]
    if not len(finite):
        return None
    low, high = finite.min(axis=0), finite.max(axis=0)
    pad = margin * float((high - low).max())
    return (
        float(low[0] - pad),
        float(low[1] - pad),
        float(high[0] - low[0] + 2 * pad),
        float(high[1] - low[1] + 2 * pad),
    )


def swap_sides(instance: Instance, skeleton: Skeleton, ks: Sequence[int] | None = None) -> Instance:
    """Exchange the left and right keypoints: positions stay, names change places.

    Args:
        ks: only pairs with a member in `ks`; all pairs by default.
    """
    order = np.arange(len(skeleton))
    chosen = set(range(len(skeleton)) if ks is None else ks)
    for a, b in skeleton.pairs:
        if a in chosen or b in chosen:
            order[a], order[b] = b, a
    return replace(instance, points=instance.points[order], visibility=instance.visibility[order])


def mirror(instance: Instance, skeleton: Skeleton, ks: Sequence[int] | None = None) -> Instance:
    """Mirror the pose across the vertical axis of its own bounds, names exchanged with it.

    Args:
        ks: only these keypoints; all by default.
    """
    bounds = instance.bounds()
    if bounds is None:
        return instance
    mirrored = instance.points.copy()
    mirrored[:, 0] = 2 * bounds[0] + bounds[2] - mirrored[:, 0]
    order = np.asarray(skeleton.flip_indices, int)
    chosen = np.ones(len(skeleton), bool) if ks is None else np.isin(np.arange(len(skeleton)), list(ks))
    points = np.where(chosen[:, None], mirrored[order], instance.points)
    return replace(
        instance, points=points, visibility=np.where(chosen, instance.visibility[order], instance.visibility)
    )


def moved_by(instance: Instance, dx: float, dy: float) -> Instance:
    """Return an instance moved by image pixels, with its box."""
    box = instance.box
    return replace(
        instance, points=instance.points + np.array([dx, dy]), box=box and (box[0] + dx, box[1] + dy, box[2], box[3])
    )


def turned_about(points: Points, centre: ArrayLike, angle: float, scale: float = 1.0) -> Points:
    """Turn (N, 2) points about a centre by `angle` radians, clockwise on the screen, and scale them about it."""
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    centre = np.asarray(centre, float)
    turned: Points = (points - centre) @ np.array([[cos, sin], [-sin, cos]]) + centre
    return turned


def distance_to_segments(xy: ArrayLike, starts: ArrayLike, ends: ArrayLike) -> NDArray[np.float64]:
    """Return the (N,) distances from one point to N segments; NaN for a segment with a NaN end."""
    p = np.asarray(xy, float)
    a = np.asarray(starts, float)
    b = np.asarray(ends, float)
    along = b - a
    squared = np.maximum((along**2).sum(axis=1), 1e-12)
    t = np.clip(((p - a) * along).sum(axis=1) / squared, 0.0, 1.0)
    return np.asarray(np.linalg.norm(a + t[:, None] * along - p, axis=1))


def bone_lengths(points: ArrayLike, skeleton: Skeleton) -> NDArray[np.float64]:
    """Return the (E,) lengths of the skeleton's edges in pixels."""
    pose = np.asarray(points, float)
    ends = np.asarray(skeleton.edge_indices, int).reshape(-1, 2)
    return np.asarray(np.linalg.norm(pose[ends[:, 0]] - pose[ends[:, 1]], axis=1))
