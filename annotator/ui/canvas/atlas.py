"""Sprites of keypoints: every look of every side, drawn once and stamped by the thousand."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap, QPolygonF

from annotator.model.figure import MarkerLook
from annotator.ui.canvas.arrays import FRAGMENT_FIELDS, draw_fragments
from annotator.ui.canvas.painting import painting
from annotator.ui.canvas.styles import MARKERS, MAX_EXTENT, MarkerStyle, Pens, Size
from annotator.ui.theme import INK, PAPER

_PHASES = 2
"""Sprites are stamped on whole pixels; this many copies per axis place them on fractions of one."""


class Atlas:
    """The sprites of one size for one screen: a row per look, a column per side and sub-pixel phase."""

    def __init__(self, size: Size, pens: Pens) -> None:
        self._cell = 2 * round(MAX_EXTENT * pens.ratio) + 2
        columns = len(pens.sides) * _PHASES * _PHASES
        self._pixmap = QPixmap(columns * self._cell, len(MarkerLook) * self._cell)
        self._pixmap.fill(Qt.GlobalColor.transparent)
        with painting(self._pixmap) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for look in MarkerLook:
                for column in range(columns):
                    side, phase = divmod(column, _PHASES * _PHASES)
                    down, right = divmod(phase, _PHASES)
                    half = self._cell / 2
                    painter.resetTransform()
                    painter.translate(
                        column * self._cell + half + right / _PHASES, look * self._cell + half + down / _PHASES
                    )
                    _draw(painter, look, pens.sides[side], MARKERS[size], pens)

    def stamp(
        self,
        painter: QPainter,
        xy: NDArray[np.float64],
        side: NDArray[np.uint8],
        look: NDArray[np.uint8],
        alpha: NDArray[np.float32],
    ) -> None:
        """Draw N markers at device pixels (N, 2)."""
        steps = np.floor(xy * _PHASES + 0.5)
        whole = np.floor(steps / _PHASES)
        right, down = (steps - whole * _PHASES).T
        fragments = np.empty((len(xy), FRAGMENT_FIELDS))
        fragments[:, 0:2] = whole
        fragments[:, 2] = (side * _PHASES * _PHASES + down * _PHASES + right) * self._cell
        fragments[:, 3] = look.astype(np.float64) * self._cell
        fragments[:, 4:6] = self._cell
        fragments[:, 6:8] = 1.0
        fragments[:, 8] = 0.0
        fragments[:, 9] = alpha
        draw_fragments(painter, fragments, self._pixmap)


def _draw(painter: QPainter, look: MarkerLook, color: QColor, style: MarkerStyle, pens: Pens) -> None:
    """Draw one marker around the origin."""
    match look:
        case MarkerLook.VISIBLE:
            _disc(painter, color, style, pens)
        case MarkerLook.OCCLUDED:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            _circle(painter, style.radius, pens.line(INK, style.ring_ink, 0.85), pens)
            _circle(painter, style.radius, pens.line(color, style.ring), pens)
        case MarkerLook.PREDICTED | MarkerLook.LOW_CONFIDENCE:
            _diamond(painter, color, style, pens, filled=look is MarkerLook.PREDICTED)
        case MarkerLook.GHOST:
            _dotted(painter, style, pens)


def _disc(painter: QPainter, color: QColor, style: MarkerStyle, pens: Pens) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if style.has_hairline:
        _circle(painter, style.radius + 1.75, pens.line(PAPER, 1, 0.85), pens)
    painter.setBrush(color)
    _circle(painter, style.radius, Qt.PenStyle.NoPen, pens)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _circle(painter, style.radius + 0.5, pens.line(INK, style.ink), pens)


def _diamond(painter: QPainter, color: QColor, style: MarkerStyle, pens: Pens, filled: bool) -> None:
    r = style.diamond * pens.ratio
    corners = QPolygonF([QPointF(0, -r), QPointF(r, 0), QPointF(0, r), QPointF(-r, 0)])
    stroke = min(style.ring, 2.0)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pens.line(INK, 2 * stroke))
    painter.drawPolygon(corners)
    fill = QColor(color)
    fill.setAlphaF(0.8)
    painter.setBrush(QBrush(fill) if filled else Qt.BrushStyle.NoBrush)
    painter.setPen(pens.line(color, stroke))
    painter.drawPolygon(corners)


def _dotted(painter: QPainter, style: MarkerStyle, pens: Pens) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _circle(painter, style.radius, pens.line(INK, 3), pens)
    # Dashes of 1.6 and gaps of 2.0 pen widths, stretched so that a whole number of them closes the circle.
    width = 1.4
    dash = 2 * np.pi * style.radius / max(round(2 * np.pi * style.radius / (3.6 * width)), 3)
    _circle(painter, style.radius, pens.line(PAPER, width, dashes=(dash * 1.6 / 3.6, dash * 2.0 / 3.6)), pens)
    painter.setBrush(INK)
    _circle(painter, 2.0, Qt.PenStyle.NoPen, pens)
    painter.setBrush(PAPER)
    _circle(painter, 1.2, Qt.PenStyle.NoPen, pens)


def _circle(painter: QPainter, radius: float, pen: QPen | Qt.PenStyle, pens: Pens) -> None:
    r = radius * pens.ratio
    painter.setPen(pen)
    painter.drawEllipse(QRectF(-r, -r, 2 * r, 2 * r))
