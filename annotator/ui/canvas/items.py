"""Items of poses: the selected and the drafted instance, shadows, ghosts, boxes, rings round keypoints."""

from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from annotator.model.figure import Figure, ghost_figure
from annotator.model.instance import Box, Points
from annotator.model.skeleton import Skeleton
from annotator.session.figures import Batch
from annotator.session.hit_test import handle_places
from annotator.ui.canvas.detail import select
from annotator.ui.canvas.live import Item
from annotator.ui.canvas.painter import FigurePainter, Selection
from annotator.ui.canvas.projection import Projection
from annotator.ui.canvas.styles import HANDLE, LIVE_EXTENT, RING_RADIUS, SELECTED, Density, Size
from annotator.ui.theme import INK, PAPER

_GHOST_OPACITY = 0.85
_SIDE_HANDLES_FROM_SCREEN_PX = 40.0
_CORNERS = 4
_CROSS_GAP, _CROSS_REACH = 5.0, 13.0
_FOCUS_SIDE, _FOCUS_RADIUS = 38.0, 8.0
_PULSE_RADIUS = 13.0


class Items:
    """Makes the items of poses for one screen."""

    def __init__(self, painter: FigurePainter) -> None:
        self._painter = painter
        self._pens = painter.pens

    def pose(self, batch: Batch, projection: Projection, density: Density, name: str) -> list[Item]:
        """Return the items of a batch drawn in full."""
        left, top, right, bottom = _edges(batch)
        if left > right:
            return []
        rect = projection.rect(left, top, right, bottom, LIVE_EXTENT)
        return [
            Item(
                (name, batch, density),
                rect,
                partial(self._paint_pose, batch=batch, projection=projection, density=density, area=rect),
            )
        ]

    def _paint_pose(
        self, painter: QPainter, batch: Batch, projection: Projection, density: Density, area: QRect
    ) -> None:
        rows = np.ones(len(batch.owners), bool)
        chosen, part_boxes = select(batch, rows, projection.screen_scale, density)
        for box in part_boxes:
            self._painter.paint_part_box(painter, box, projection)
        for step in self._painter.steps(batch.figure, chosen, density, projection, area):
            step(painter)

    def ghost(
        self, skeleton: Skeleton, points: Points, next_k: int | None, projection: Projection, with_limbs: bool
    ) -> list[Item]:
        """Return the dotted circles of expected keypoints; those that are not next are fainter."""
        figure = ghost_figure(skeleton, points[None])
        if not len(figure.marker_k):
            return []
        if next_k is not None:
            alpha = np.where(figure.marker_k == next_k, 1.0, _GHOST_OPACITY).astype(np.float32)
            figure = replace(figure, marker_alpha=alpha)
        (left, top), (right, bottom) = figure.marker_xy.min(axis=0), figure.marker_xy.max(axis=0)
        rect = projection.rect(left, top, right, bottom, LIVE_EXTENT)
        segments = np.arange(len(figure.segment_edge) if with_limbs else 0)
        chosen = Selection(segments, segments[:0], np.arange(len(figure.marker_k)), Size.FULL)
        key = ("ghost", figure.marker_xy.tobytes(), next_k, with_limbs)
        return [
            Item(key, rect, partial(self._paint_ghost, figure=figure, chosen=chosen, projection=projection, area=rect))
        ]

    def _paint_ghost(
        self, painter: QPainter, figure: Figure, chosen: Selection, projection: Projection, area: QRect
    ) -> None:
        for step in self._painter.steps(figure, chosen, SELECTED, projection, area):
            step(painter)

    def ghost_limb(self, start: tuple[float, float], end: tuple[float, float], projection: Projection) -> Item:
        """Return the line from the parent to the pointer."""
        rect = _around(projection, [start, end])
        line = QLineF(QPointF(*projection.point(start)), QPointF(*projection.point(end)))
        return Item(("ghost limb", start, end), rect, partial(self._paint_ghost_limb, line=line))

    def _paint_ghost_limb(self, painter: QPainter, line: QLineF) -> None:
        painter.setPen(self._pens.line(INK, 3, 0.6))
        painter.drawLine(line)
        painter.setPen(self._pens.line(PAPER, 1.2, dashes=(2, 2.5)))
        painter.drawLine(line)

    def limb(self, start: tuple[float, float], end: tuple[float, float], projection: Projection) -> Item:
        """Return the highlight of a limb under the pointer."""
        line = QLineF(QPointF(*projection.point(start)), QPointF(*projection.point(end)))
        return Item(("limb", start, end), _around(projection, [start, end]), partial(self._paint_limb, line=line))

    def _paint_limb(self, painter: QPainter, line: QLineF) -> None:
        painter.setPen(self._pens.line(INK, 6.5, 0.6))
        painter.drawLine(line)
        painter.setPen(self._pens.line(PAPER, 3))
        painter.drawLine(line)

    def box(self, box: Box, projection: Projection, *, dashed: bool, handles: bool, fill: QColor | None = None) -> Item:
        """Return a box, with its handles if it can be resized."""
        rect = projection.rect(box[0], box[1], box[0] + box[2], box[1] + box[3], LIVE_EXTENT)
        paint = partial(self._paint_box, box=box, projection=projection, dashed=dashed, handles=handles, fill=fill)
        return Item(("box", box, dashed, handles), rect, paint)

    def _paint_box(
        self, painter: QPainter, box: Box, projection: Projection, dashed: bool, handles: bool, fill: QColor | None
    ) -> None:
        if fill is not None:
            painter.fillRect(QRectF(*projection.box(box)), fill)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.paint_box(painter, box, projection, dashed=dashed)
        if not handles:
            return
        places = list(handle_places(box).values())
        if min(box[2:]) * projection.screen_scale < _SIDE_HANDLES_FROM_SCREEN_PX:
            places = places[:_CORNERS]
        side = round(HANDLE * self._pens.ratio)
        edge = max(round(self._pens.ratio), 1)
        for place in places:
            x, y = projection.point(place)
            left, top = round(x) - side // 2, round(y) - side // 2
            painter.fillRect(left - edge, top - edge, side + 2 * edge, side + 2 * edge, INK)
            painter.fillRect(left, top, side, side, PAPER)

    def ring(self, xy: tuple[float, float], projection: Projection, *, ticks: bool) -> Item:
        """Return the ring round a hovered keypoint, with ticks round a selected one."""
        at = projection.point(xy)
        return Item(("ring", xy, ticks), _around(projection, [xy]), partial(self._paint_ring, at=at, ticks=ticks))

    def _paint_ring(self, painter: QPainter, at: tuple[float, float], ticks: bool) -> None:
        ratio, (x, y) = self._pens.ratio, at
        r = RING_RADIUS * ratio
        near, far = r + 1 * ratio, r + 5 * ratio
        marks = [
            QLineF(x + dx * near, y + dy * near, x + dx * far, y + dy * far)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
        ]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((INK, 4), (PAPER, 2)):
            painter.setPen(self._pens.line(color, width, cap=Qt.PenCapStyle.RoundCap))
            painter.drawEllipse(QPointF(x, y), r, r)
            if ticks:
                painter.drawLines(marks)

    def focus(self, xy: tuple[float, float], accent: QColor, projection: Projection) -> Item:
        """Return the square round the keypoint that the keyboard is at."""
        at = projection.point(xy)
        return Item(
            ("focus", xy, accent.rgb()), _around(projection, [xy]), partial(self._paint_focus, at=at, accent=accent)
        )

    def _paint_focus(self, painter: QPainter, at: tuple[float, float], accent: QColor) -> None:
        half, radius = _FOCUS_SIDE / 2 * self._pens.ratio, _FOCUS_RADIUS * self._pens.ratio
        rect = QRectF(at[0] - half, at[1] - half, 2 * half, 2 * half)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((INK, 5.0), (accent, 2.5)):
            painter.setPen(self._pens.line(color, width))
            painter.drawRoundedRect(rect, radius, radius)

    def pulse(self, xy: tuple[float, float], projection: Projection) -> Item:
        """Return the short flash round a keypoint just placed."""
        at = projection.point(xy)
        return Item(("pulse", xy), _around(projection, [xy]), partial(self._paint_pulse, at=at))

    def _paint_pulse(self, painter: QPainter, at: tuple[float, float]) -> None:
        radius = _PULSE_RADIUS * self._pens.ratio
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._pens.line(PAPER, 3, 0.7))
        painter.drawEllipse(QPointF(*at), radius, radius)

    def cross(self, xy: tuple[float, float], projection: Projection) -> Item:
        """Return the cross that stands for the pointer while placing; open in the middle, where one looks."""
        at = projection.point(xy)
        return Item(("cross", xy), _around(projection, [xy]), partial(self._paint_cross, at=at))

    def _paint_cross(self, painter: QPainter, at: tuple[float, float]) -> None:
        ratio = self._pens.ratio
        x, y = round(at[0]) + 0.5, round(at[1]) + 0.5  # on a pixel, so that it is crisp
        near, far = _CROSS_GAP * ratio, _CROSS_REACH * ratio
        arms = [
            QLineF(x + dx * near, y + dy * near, x + dx * far, y + dy * far)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
        ]
        painter.setPen(self._pens.line(INK, 3.5, 0.75))
        painter.drawLines(arms)
        painter.setPen(self._pens.line(PAPER, 1.75))
        painter.drawLines(arms)


def _edges(batch: Batch) -> tuple[float, float, float, float]:
    if not batch.boxed and len(batch.figure.marker_k):  # quicker than the bounds of every row
        (left, top), (right, bottom) = batch.figure.marker_xy.min(axis=0), batch.figure.marker_xy.max(axis=0)
        return float(left), float(top), float(right), float(bottom)
    left, top, _, _ = batch.bounds.min(axis=1).tolist()
    _, _, right, bottom = batch.bounds.max(axis=1).tolist()
    return left, top, right, bottom


def _around(projection: Projection, places: list[tuple[float, float]]) -> QRect:
    xs, ys = zip(*places, strict=True)
    return projection.rect(min(xs), min(ys), max(xs), max(ys), LIVE_EXTENT)
