"""Paint figures: limbs by pen, markers by stamp, boxes; in short steps, so that a caller may pause between two."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from annotator.model.figure import Figure, LimbLook
from annotator.model.instance import Box
from annotator.ui.canvas.arrays import draw_lines
from annotator.ui.canvas.atlas import Atlas
from annotator.ui.canvas.projection import Projection
from annotator.ui.canvas.styles import (
    ALPHA_STEPS,
    BOX_CASING,
    BOX_DASHES,
    BOX_LINE,
    GHOST_CASING,
    GHOST_LIMB,
    PART_BOX_DASHES,
    Density,
    Pens,
    Size,
    thinned,
)
from annotator.ui.theme import INK, PAPER, Sides

Step = Callable[[QPainter], None]
"""A few milliseconds of painting. Each sets all the state it needs; no painter lives from one pause to the next."""

_ANTIALIASING = QPainter.RenderHint.Antialiasing
_SLICE_LINES = 1500
"""About three milliseconds of thick antialiased lines."""

_SLICE_MARKERS = 8000
_LONG_DEVICE_PX = 3000.0
"""Longer limbs are cut at the edge of the painted area: dashes cost time along their whole length."""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Which parts of a figure to paint, and how large.

    Attributes:
        segments: indices of limbs. thin_segments: of those in parts drawn compact. markers: indices of markers.
        sizes: (M,) of `Size` per marker of the figure, or one for all.
    """

    segments: NDArray[np.intp]
    thin_segments: NDArray[np.intp]
    markers: NDArray[np.intp]
    sizes: NDArray[np.uint8] | Size


class FigurePainter:
    """Paints figures for one screen, in device pixels."""

    def __init__(self, ratio: float, sides: Sides) -> None:
        self.pens = Pens(ratio, sides)
        self._atlases: dict[Size, Atlas] = {}

    def steps(
        self, figure: Figure, chosen: Selection, density: Density, projection: Projection, area: QRect
    ) -> Iterator[Step]:
        """Yield what paints the chosen limbs, then the chosen markers.

        Args:
            area: device pixels that matter; what reaches far beyond is cut.
        """
        yield from self._limbs(figure, chosen.segments, density, projection, area)
        if len(chosen.thin_segments):
            yield from self._limbs(figure, chosen.thin_segments, thinned(density), projection, area)
        yield from self._markers(figure, chosen, density.opacity, projection)

    def _limbs(
        self, figure: Figure, segments: NDArray[np.intp], density: Density, projection: Projection, area: QRect
    ) -> Iterator[Step]:
        if not len(segments):
            return
        look = figure.segment_look[segments].astype(np.uint16)
        step = np.rint(figure.segment_alpha[segments] * (density.opacity * ALPHA_STEPS)).astype(np.uint16)
        code = look * 256 + step * 8 + figure.segment_side[segments]
        order = np.argsort(code, kind="stable")
        code = code[order]
        lines = _shortened(projection.points(figure.segment_xy[segments[order]]), area, projection.ratio)
        for is_casing in (True, False):
            # Dark strokes do not depend on the side, so that they share longer calls.
            pens = code // 8 if is_casing else code
            edges = [0, *(np.flatnonzero(pens[1:] != pens[:-1]) + 1).tolist(), len(pens)]
            for first, end in pairwise(edges):
                value = int(code[first])
                pen = self._limb_pen(LimbLook(value // 256), value % 256 // 8, value % 8, density, is_casing)
                for start in range(first, end, _SLICE_LINES):
                    part = lines[start : min(start + _SLICE_LINES, end)]
                    yield partial(_paint_lines, pen=pen, lines=part, smooth=density.is_smooth or not is_casing)

    def _limb_pen(self, look: LimbLook, alpha_step: int, side: int, density: Density, is_casing: bool) -> QPen:
        width = density.predicted_limb if look is LimbLook.DOTTED else density.limb
        extra = density.casing
        if look is LimbLook.GHOST:
            width, extra = GHOST_LIMB, GHOST_CASING
        if not is_casing:
            return self.pens.limb(side, look, width, alpha_step)
        return self.pens.casing(look, width + extra, density.casing_opacity * alpha_step / ALPHA_STEPS)

    def _markers(self, figure: Figure, chosen: Selection, opacity: float, projection: Projection) -> Iterator[Step]:
        markers, sizes = chosen.markers, chosen.sizes
        for size in (Size.TINY, Size.COMPACT, Size.OTHER, Size.FULL):
            if isinstance(sizes, Size):
                same = markers if sizes is size else markers[:0]
            else:
                same = markers[sizes[markers] == size]
            for start in range(0, len(same), _SLICE_MARKERS):
                part = same[start : start + _SLICE_MARKERS]
                yield partial(
                    self.atlas(size).stamp,
                    xy=projection.points(figure.marker_xy[part]),
                    side=figure.marker_side[part],
                    look=figure.marker_look[part],
                    alpha=figure.marker_alpha[part] * np.float32(opacity),
                )

    def atlas(self, size: Size) -> Atlas:
        if size not in self._atlases:
            self._atlases[size] = Atlas(size, self.pens)
        return self._atlases[size]

    def paint_box(
        self, painter: QPainter, box: Box, projection: Projection, *, dashed: bool = False, opacity: float = 1.0
    ) -> None:
        """Paint the outline of a box in image pixels: light over dark, dashed while nobody decided it."""
        self._outline(painter, projection.box(box), BOX_DASHES if dashed else None, opacity)

    def paint_part_box(self, painter: QPainter, box: Box, projection: Projection) -> None:
        """Paint the finely dashed outline of a part that is too small to draw in full."""
        self._outline(painter, projection.box(box), PART_BOX_DASHES, 0.85)

    def _outline(self, painter: QPainter, box: Box, dashes: tuple[float, float] | None, opacity: float) -> None:
        # Whole device pixels: thin lines are crisp, and rectangles are filled ten times as fast as strokes.
        x, y, width, height = (round(value) for value in box)
        line = max(round(BOX_LINE * self.pens.ratio), 1)
        outer = line + 2 * max(round(BOX_CASING / 2 * self.pens.ratio), 1)
        ink = QColor(INK)
        ink.setAlphaF(0.6 * opacity)
        _fill_frame(painter, x, y, width, height, outer, ink)
        if dashes is None:
            paper = QColor(PAPER)
            paper.setAlphaF(opacity)
            _fill_frame(painter, x, y, width, height, line, paper)
            return
        painter.setRenderHint(_ANTIALIASING, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self.pens.line(PAPER, line / self.pens.ratio, opacity, dashes))
        painter.drawRect(x, y, width, height)
        painter.setRenderHint(_ANTIALIASING)


def _fill_frame(painter: QPainter, x: int, y: int, width: int, height: int, line: int, color: QColor) -> None:
    """Fill the four sides of a frame around whole pixels, without touching a corner twice."""
    half = line // 2
    across, down = width + line, max(height - line, 0)
    painter.fillRect(x - half, y - half, across, line, color)
    painter.fillRect(x - half, y + height - half, across, line, color)
    painter.fillRect(x - half, y - half + line, line, down, color)
    painter.fillRect(x + width - half, y - half + line, line, down, color)


def _paint_lines(painter: QPainter, pen: QPen, lines: NDArray[np.float64], smooth: bool) -> None:
    painter.setRenderHint(_ANTIALIASING, smooth)
    painter.setPen(pen)
    draw_lines(painter, lines)


def _shortened(lines: NDArray[np.float64], area: QRect, ratio: float) -> NDArray[np.float64]:
    """Cut (N, 2, 2) lines that are long to the surroundings of `area`, and leave out those that miss it.

    Cuts lie on whole periods of every dash pattern, so that dashes stay where they are while the area moves.
    """
    along = lines[:, 1] - lines[:, 0]
    if np.abs(along).max() < _LONG_DEVICE_PX:
        return lines
    length = np.hypot(along[:, 0], along[:, 1])
    long = length >= _LONG_DEVICE_PX
    start, direction = lines[long, 0], along[long] / length[long, None]
    low = np.array([area.left(), area.top()]) - 100.0
    high = np.array([area.left() + area.width(), area.top() + area.height()]) + 100.0
    with np.errstate(divide="ignore", invalid="ignore"):
        enter, leave = (low - start) / direction, (high - start) / direction
    # Along an axis on which the line stands still, it is inside everywhere or nowhere.
    still = np.abs(direction) < 1e-9
    inside = (start >= low) & (start <= high)
    near = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(enter, leave)).max(axis=1)
    far = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(enter, leave)).min(axis=1)
    period = 10 * ratio
    near = np.floor(np.clip(near, 0.0, length[long]) / period) * period
    far = np.minimum(far, length[long])
    cut = np.stack([start + direction * near[:, None], start + direction * far[:, None]], axis=1)
    shortened = lines.copy()
    shortened[long] = np.where((near < far)[:, None, None], cut, start[:, None, :])
    return shortened
