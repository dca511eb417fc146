"""Markers and limbs as filled polygons, and polygons as smooth pixels: what Pillow has no pen for.

Sizes are those of the canvas in screen pixels, from the centre of a line outward, times a scale. Polygons are
painted four times as large, block by block, and reduced: edges are smooth, and a picture of any size costs the
memory of one block.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, hypot, pi, tau
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.model.figure import Figure, LimbLook, MarkerLook
from annotator.model.sides import CODED_SIDES, INK, PAPER, SIDE_COLORS

if TYPE_CHECKING:
    from PIL import Image

_SMOOTH = 4
_BLOCK = 512

MARKER_RADIUS = 5.0
_COMPACT_RADIUS = 3.2
"""Below it a marker has no room for the paper hairline."""
_LEAST_RADIUS = 1.2
_ROOM_PER_RADIUS = 0.34
"""Markers whose radius is below this share of the distance to their neighbour stay apart."""

_WIDTHS = {LimbLook.SOLID: 3.0, LimbLook.DASHED: 3.0, LimbLook.DOTTED: 2.25, LimbLook.GHOST: 1.2}
_WIDTH_PER_LENGTH = 0.2
_PATTERNS = {LimbLook.DASHED: (6.0, 4.0), LimbLook.DOTTED: (1.5, 3.5), LimbLook.GHOST: (2.0, 2.5)}
_CASING = 2.25
_DARK_CASING = (LimbLook.SOLID, LimbLook.GHOST)

Polygon = NDArray[np.float64]
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A filled polygon, (P, 2) image pixels, seen with an opacity of 0..1."""

    outline: Polygon
    color: Rgb
    alpha: float = 1.0


def rgb(color: str) -> Rgb:
    """Return "#RRGGBB" as numbers."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


_INK, _PAPER = rgb(INK), rgb(PAPER)
SIDE_RGB = tuple(rgb(SIDE_COLORS[side]) for side in CODED_SIDES)
"""By the side codes of a figure."""


def figure_shapes(figure: Figure, scale: float) -> list[Shape]:
    """Return everything of a figure in painting order: casings, limbs, markers."""
    casings: list[Shape] = []
    limbs: list[Shape] = []
    for s, (start, end) in enumerate(figure.segment_xy):
        look, alpha = LimbLook(figure.segment_look[s]), float(figure.segment_alpha[s])
        # A short limb is thin, or the bones of a small hand would be one blob.
        width = min(_WIDTHS[look] * scale, _WIDTH_PER_LENGTH * hypot(*(end - start)))
        casing = width * (1 + _CASING / _WIDTHS[look])
        color = _PAPER if look is LimbLook.GHOST else SIDE_RGB[figure.segment_side[s]]
        casings.append(Shape(capsule(start, end, casing / 2), _INK, (0.6 if look in _DARK_CASING else 0.45) * alpha))
        limbs += [Shape(stroke, color, alpha) for stroke in _strokes(start, end, look, width)]
    radii = _marker_radii(figure, scale)
    markers = [
        shape
        for m, centre in enumerate(figure.marker_xy)
        for shape in _marker(
            centre,
            MarkerLook(figure.marker_look[m]),
            SIDE_RGB[figure.marker_side[m]],
            float(figure.marker_alpha[m]),
            float(radii[m]) / MARKER_RADIUS,
        )
    ]
    return casings + limbs + markers


def paint(image: "Image.Image", shapes: Sequence[Shape]) -> None:
    """Paint shapes onto an RGB picture, one over the other."""
    from PIL import Image, ImageDraw

    if not shapes:
        return
    low = np.array([shape.outline.min(axis=0) for shape in shapes])
    high = np.array([shape.outline.max(axis=0) for shape in shapes])
    for left, top, right, bottom in _blocks(image.size):
        touched = ((high > (left, top)) & (low < (right, bottom))).all(axis=1)
        if not touched.any():
            continue
        size = ((right - left) * _SMOOTH, (bottom - top) * _SMOOTH)
        block = image.crop((left, top, right, bottom)).resize(size, Image.Resampling.NEAREST)
        draw = ImageDraw.Draw(block, "RGBA")
        for number in np.flatnonzero(touched).tolist():
            shape = shapes[number]
            # Pillow counts from the centre of the first pixel, we from its corner.
            outline = (shape.outline - (left, top)) * _SMOOTH - 0.5
            draw.polygon(outline.ravel().tolist(), fill=(*shape.color, round(255 * shape.alpha)))
        image.paste(block.reduce(_SMOOTH), (left, top))


def capsule(start: Polygon, end: Polygon, radius: float) -> Polygon:
    """Return a line with round caps, of twice the radius in width."""
    angle = float(np.arctan2(*(end - start)[::-1]))
    cap = np.linspace(-pi / 2, pi / 2, 9) + angle
    return np.concatenate([end + radius * _circle(cap), start - radius * _circle(cap)])


def disc(centre: Polygon, radius: float) -> Polygon:
    """Return a circle."""
    return centre + radius * _circle(np.linspace(0, tau, 40, endpoint=False))


def ring(centre: Polygon, radius: float, width: float, start: float = 0.0, sweep: float = tau) -> Polygon:
    """Return a line of a width along a circle, or along `sweep` radians of it."""
    angles = np.linspace(start, start + sweep, max(ceil(40 * sweep / tau), 3))
    outer, inner = radius + width / 2, max(radius - width / 2, 0)
    return np.concatenate([centre + outer * _circle(angles), centre + inner * _circle(angles[::-1])])


def _circle(angles: NDArray[np.float64]) -> Polygon:
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def _diamond(centre: Polygon, reach: float) -> Polygon:
    return centre + reach * _circle(np.linspace(0, tau, 5))


def _diamond_line(centre: Polygon, reach: float, width: float) -> Polygon:
    """Return a mitred line along a diamond whose corners lie at `reach`."""
    half = width / 2 * 2**0.5  # across the edge to along the axis
    return np.concatenate([_diamond(centre, reach + half), _diamond(centre, max(reach - half, 0))[::-1]])


def _marker(centre: Polygon, look: MarkerLook, color: Rgb, alpha: float, scale: float) -> list[Shape]:
    """Return one keypoint; with `scale` 1 its radius is `MARKER_RADIUS`."""
    match look:
        case MarkerLook.VISIBLE if scale * MARKER_RADIUS < _COMPACT_RADIUS:
            radius = MARKER_RADIUS * scale
            shapes = [(disc(centre, radius + 0.8), _INK, 1.0), (disc(centre, radius), color, 1.0)]
        case MarkerLook.VISIBLE:
            shapes = [
                (disc(centre, 7.25 * scale), _PAPER, 0.85),
                (disc(centre, 6.25 * scale), _INK, 1.0),
                (disc(centre, 4.75 * scale), color, 1.0),
            ]
        case MarkerLook.OCCLUDED:
            shapes = [
                (ring(centre, 5 * scale, 5 * scale), _INK, 0.85),
                (ring(centre, 5 * scale, 2.25 * scale), color, 1.0),
            ]
        case MarkerLook.PREDICTED | MarkerLook.LOW_CONFIDENCE:
            shapes = [
                (_diamond_line(centre, 7 * scale, 4 * scale), _INK, 1.0),
                (_diamond_line(centre, 7 * scale, 2 * scale), color, 1.0),
            ]
            if look is MarkerLook.PREDICTED:
                shapes.insert(0, (_diamond(centre, 7 * scale), color, 0.8))
        case MarkerLook.GHOST:
            dashes = [(ring(centre, 5 * scale, 1.4 * scale, k * tau / 8, tau / 14), _PAPER, 1.0) for k in range(8)]
            shapes = [
                (ring(centre, 5 * scale, 3 * scale), _INK, 0.85),
                *dashes,
                (disc(centre, 1.8 * scale), _INK, 0.85),
                (disc(centre, 1 * scale), _PAPER, 1.0),
            ]
    return [Shape(outline, fill, opacity * alpha) for outline, fill, opacity in shapes]


def _marker_radii(figure: Figure, scale: float) -> NDArray[np.float64]:
    """Return (M,) radii: the canvas's, less where keypoints of the same instance crowd."""
    radii = np.full(len(figure.marker_xy), MARKER_RADIUS * scale)
    for instance in np.unique(figure.marker_instance):
        rows = np.flatnonzero(figure.marker_instance == instance)
        xy = figure.marker_xy[rows]
        distance = np.linalg.norm(xy[:, None] - xy[None], axis=-1)
        distance[distance < 1e-6] = np.inf
        radii[rows] = np.minimum(radii[rows], np.maximum(distance.min(axis=1) * _ROOM_PER_RADIUS, _LEAST_RADIUS))
    return radii


def _strokes(start: Polygon, end: Polygon, look: LimbLook, width: float) -> list[Polygon]:
    """Return the coloured pieces of a limb: one, or its dashes."""
    if look is LimbLook.SOLID:
        return [capsule(start, end, width / 2)]
    on, off = (length * width / _WIDTHS[look] for length in _PATTERNS[look])
    length = hypot(*(end - start))
    if length <= on:
        return [capsule(start, end, width / 2)]
    along = (end - start) / length
    across = np.array([-along[1], along[0]]) * width / 2
    pieces = []
    for at in np.arange(0, length, on + off):
        a, b = start + at * along, start + min(at + on, length) * along
        pieces.append(np.array([a + across, b + across, b - across, a - across]))
    return pieces


def _blocks(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield left, top, right and bottom of the blocks that tile a picture."""
    width, height = size
    for top in range(0, height, _BLOCK):
        for left in range(0, width, _BLOCK):
            yield left, top, min(left + _BLOCK, width), min(top + _BLOCK, height)
