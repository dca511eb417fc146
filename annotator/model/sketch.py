"""The drawing of a skeleton's layout as plain tuples, without numpy: tiles, the guide, the library.

It is the layout as a person recognises it, every keypoint in place; `figure` draws what was really labeled.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import hypot, inf

from annotator.model.sides import Side, limb_sides
from annotator.model.skeleton import Skeleton

_ROOM_PER_RADIUS = 0.32
"""Dots whose radius is below this share of the distance to their neighbour stay apart, with paper between."""


@dataclass(frozen=True, slots=True)
class SketchDot:
    """One keypoint.

    Attributes:
        x, y: centre, in the unit of the asked size.
        radius: at most the asked one; smaller where neighbours are near.
        k: keypoint, position on the K axis.
    """

    x: float
    y: float
    radius: float
    side: Side
    k: int


@dataclass(frozen=True, slots=True)
class SketchLine:
    """One edge, between the centres of its ends; thinner where both of them are small."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    side: Side


@dataclass(frozen=True, slots=True)
class Sketch:
    """What to draw: the lines first, then the dots over them."""

    lines: tuple[SketchLine, ...]
    dots: tuple[SketchDot, ...]


def sketch(skeleton: Skeleton, width: float, height: float, radius: float = 2.2, line_width: float = 1.6) -> Sketch:
    """Return the layout drawn as large as fits, centred, its shape kept.

    Args:
        width, height: of the area to draw in; the centres of the outermost dots reach its border.
        radius: of a dot that stands free.
        line_width: of a line between two such dots.
    """
    left, top, layout_width, layout_height, spacing = _extent(skeleton)
    scale = min(
        width / layout_width if layout_width else inf,
        height / layout_height if layout_height else inf,
    )
    if scale == inf:  # a single keypoint, or all in one place
        scale = 0.0
    dx = (width - layout_width * scale) / 2 - left * scale
    dy = (height - layout_height * scale) / 2 - top * scale
    placed = [(x * scale + dx, y * scale + dy) for x, y in skeleton.layout]
    shown = set(skeleton.placeable)
    radii = [min(radius, room * scale * _ROOM_PER_RADIUS or radius) for room in spacing]
    lines = tuple(
        SketchLine(*placed[a], *placed[b], line_width * max(radii[a], radii[b]) / radius, side)
        for (a, b), side in zip(skeleton.edge_indices, limb_sides(skeleton), strict=True)
        if a in shown and b in shown
    )
    dots = tuple(
        SketchDot(*placed[k], radii[k], keypoint.side, k) for k, keypoint in enumerate(skeleton.keypoints) if k in shown
    )
    return Sketch(lines, dots)


@lru_cache(maxsize=64)
def _extent(skeleton: Skeleton) -> tuple[float, float, float, float, tuple[float, ...]]:
    """Return left, top, width and height of the layout, and each keypoint's distance to its nearest neighbour."""
    xs, ys = zip(*skeleton.layout, strict=True)
    left, top = min(xs), min(ys)
    spacing = _spacing(skeleton.layout)
    return left, top, max(xs) - left, max(ys) - top, spacing


def _spacing(places: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    """Return each place's distance to its nearest neighbour elsewhere, 0 when all are one.

    Looks along x only as far as something nearer can lie: a mesh has hundreds of keypoints.
    """
    ranked = sorted(range(len(places)), key=lambda k: places[k])
    spacing = [0.0] * len(places)
    for rank, k in enumerate(ranked):
        x, y = places[k]
        nearest = inf
        for others in (ranked[rank + 1 :], ranked[:rank][::-1]):
            for other in others:
                ox, oy = places[other]
                if abs(ox - x) >= nearest:
                    break
                distance = hypot(ox - x, oy - y)
                if 1e-6 < distance < nearest:
                    nearest = distance
        spacing[k] = nearest if nearest < inf else 0.0
    return tuple(spacing)
