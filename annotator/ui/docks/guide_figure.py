"""The figure of the guide: the skeleton's layout with what is decided, what is not, and what is next."""

from collections.abc import Collection
from dataclasses import replace
from math import hypot
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from annotator.model.sides import Side
from annotator.model.skeleton import Part, Skeleton
from annotator.model.sketch import Sketch, SketchDot, SketchLine, sketch
from annotator.session.session import Session
from annotator.ui.docks import keypoint_rows
from annotator.ui.docks.keypoint_rows import Mark
from annotator.ui.theme import SMALL, Sides, Theme, theme_of
from annotator.ui.widgets.labels import plain_tooltip
from annotator.ui.widgets.paint import paint_text

_DOT: Final = 2.75
_LINE: Final = 1.75
_HALO: Final = 13.0
_NEXT: Final = 5.75
_REACH: Final = 12.0
_LEAST_DOT: Final = 2.25
"""Of figures with few keypoints, however near they are: their states must be told apart."""

_FEW: Final = 40
_DENSE: Final = 1.3
"""A part with dots that would be smaller is shown alone: a hand, a face."""

_DECIDED: Final = (Mark.VISIBLE, Mark.OCCLUDED, Mark.PREDICTED, Mark.LOW)


class GuideFigure(QWidget):
    """A click on a keypoint asks for it."""

    keypoint_clicked = Signal(int)

    def __init__(self, session: Session, sides: Sides, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sides = sides
        self._focus: int | None = None
        self._sketched: tuple[object, Sketch] | None = None
        self._radii: tuple[object, dict[str, float]] | None = None
        self.setMouseTracking(True)
        self.setAccessibleName("Figure of the skeleton")

    def set_sides(self, sides: Sides) -> None:
        self._sides = sides
        self.update()

    def set_focus_on(self, k: int | None) -> None:
        """Mark a keypoint; where its part is too small to see, that part alone is shown."""
        self._focus = k
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(118, 156)

    def dot_at(self, position: QPointF) -> SketchDot | None:
        """Return the keypoint nearest to a place, within reach."""
        figure = self._figure()
        if figure is None:
            return None
        near = [(hypot(dot.x - position.x(), dot.y - position.y()), dot) for dot in figure.dots]
        distance, dot = min(near, key=lambda pair: pair[0])
        return dot if distance <= _REACH else None

    def position_of(self, k: int) -> QPointF | None:
        """Return where a keypoint is drawn, or None when it is not."""
        figure = self._figure()
        return next((QPointF(dot.x, dot.y) for dot in figure.dots if dot.k == k), None) if figure else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        dot = self.dot_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if dot else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dot = self.dot_at(event.position())
        if dot is not None and event.button() is Qt.MouseButton.LeftButton:
            self.keypoint_clicked.emit(dot.k)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            dot, skeleton = self.dot_at(QPointF(event.pos())), self._session.skeleton
            if dot is not None and skeleton is not None:
                keypoint = skeleton.keypoints[dot.k]
                text = f"{keypoint.name}\n{keypoint.where}" if keypoint.where else keypoint.name
                QToolTip.showText(event.globalPos(), plain_tooltip(text), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        figure, skeleton = self._figure(), self._session.skeleton
        if figure is None or skeleton is None:
            return
        theme = theme_of(self)
        instance, prediction = keypoint_rows.subject(self._session)
        found = keypoint_rows.marks(skeleton, instance, prediction, self._session.threshold)
        is_begun = instance is not None or prediction is not None or self._session.is_placing
        drawn = {dot.k: dot for dot in figure.dots}
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for line, (a, b) in zip(figure.lines, _ends(skeleton, drawn), strict=True):
                is_decided = not is_begun or (found[a] in _DECIDED and found[b] in _DECIDED)
                self._paint_line(painter, line, self._sides.color(line.side) if is_decided else theme.line2)
            for dot in figure.dots:
                mark = found[dot.k] if is_begun else Mark.VISIBLE
                if dot.k == self._focus and is_begun:
                    self._paint_next(painter, dot, mark, theme)
                else:
                    _paint_dot(painter, dot, mark, self._sides.color(dot.side), theme)
            part = self._part(skeleton)
            if part is None:
                self._paint_letters(painter, figure, theme)
            else:
                rect = QRectF(0, self.height() - 14, self.width(), 14)
                paint_text(painter, rect, part.name, theme.text3, SMALL, 400, Qt.AlignmentFlag.AlignCenter)

    def _paint_line(self, painter: QPainter, line: SketchLine, color: QColor) -> None:
        pen = QPen(color, line.width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(line.x1, line.y1), QPointF(line.x2, line.y2))

    def _paint_next(self, painter: QPainter, dot: SketchDot, mark: Mark, theme: Theme) -> None:
        """Paint the keypoint that the guide is about: a halo, and a disc or, where occluded, a ring."""
        centre, color = QPointF(dot.x, dot.y), self._sides.color(dot.side)
        size = min(1.0, max(dot.radius / _DOT, 0.55))
        halo = QColor(color)
        halo.setAlphaF(0.35)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(halo)
        painter.drawEllipse(centre, _HALO * size, _HALO * size)
        painter.setBrush(theme.panel if mark is Mark.OCCLUDED else color)
        painter.setPen(QPen(theme.text, 2 * size))
        painter.drawEllipse(centre, _NEXT * size, _NEXT * size)
        if mark is Mark.OCCLUDED:
            painter.setPen(QPen(color, 2 * size))
            painter.drawEllipse(centre, (_NEXT - 2) * size, (_NEXT - 2) * size)

    def _paint_letters(self, painter: QPainter, figure: Sketch, theme: Theme) -> None:
        """Write which side is the subject's left, where the figure has two sides that lie apart."""
        xs = {side: [dot.x for dot in figure.dots if dot.side is side] for side in (Side.LEFT, Side.RIGHT)}
        if not xs[Side.LEFT] or not xs[Side.RIGHT]:
            return
        means = {side: sum(values) / len(values) for side, values in xs.items()}
        if abs(means[Side.LEFT] - means[Side.RIGHT]) < 0.08 * self.width():
            return
        low, high = min(dot.x for dot in figure.dots), max(dot.x for dot in figure.dots)
        is_facing = means[Side.RIGHT] < means[Side.LEFT]
        for letter, x, color in (
            ("R", low if is_facing else high, theme.right_text),
            ("L", high if is_facing else low, theme.left_text),
        ):
            x = min(max(x, 7.0), self.width() - 7.0)
            rect = QRectF(x - 7, self.height() - 14, 14, 14)
            paint_text(painter, rect, letter, color, SMALL, 700, Qt.AlignmentFlag.AlignCenter)

    def _figure(self) -> Sketch | None:
        """Return what to draw, made once per skeleton, size and part."""
        skeleton = self._session.skeleton
        if skeleton is None:
            return None
        key = (skeleton, self.width(), self.height(), self._part(skeleton))
        if self._sketched is None or self._sketched[0] != key:
            self._sketched = (key, _fitted(skeleton, key[3], self.width(), self.height()))
        return self._sketched[1]

    def _part(self, skeleton: Skeleton) -> Part | None:
        """Return the part to show alone, or None for the whole."""
        if self._focus is None:
            return None
        id_ = skeleton.keypoints[self._focus].id
        part = next((part for part in skeleton.parts if id_ in part.keypoints), None)
        if part is None:
            return None
        key = (skeleton, self.size())
        if self._radii is None or self._radii[0] != key:
            whole = sketch(skeleton, self.width(), self.height(), _DOT)
            self._radii = (key, {skeleton.keypoints[dot.k].id: dot.radius for dot in whole.dots})
        smallest = min(self._radii[1].get(keypoint, _DOT) for keypoint in part.keypoints)
        return part if smallest < _DENSE else None


def _ends(skeleton: Skeleton, drawn: Collection[int]) -> list[tuple[int, int]]:
    """Return the ends of the lines between drawn keypoints, in their order."""
    return [(a, b) for a, b in skeleton.edge_indices if a in drawn and b in drawn]


def _fitted(skeleton: Skeleton, part: Part | None, width: int, height: int) -> Sketch:
    """Return the layout, or a part of it, as large as fits between the halo's margin and the letters."""
    side, top, bottom = 10, 17, 19
    room_x, room_y = width - 2 * side, height - top - bottom
    figure = sketch(skeleton, room_x, room_y, _DOT, _LINE)
    if part is not None:
        ks = set(map(skeleton.index, part.keypoints))
        dots = [dot for dot in figure.dots if dot.k in ks]
        wide = max(dot.x for dot in dots) - min(dot.x for dot in dots)
        high = max(dot.y for dot in dots) - min(dot.y for dot in dots)
        scale = min(room_x / max(wide, 1e-6), room_y / max(high, 1e-6))
        figure = sketch(skeleton, room_x * scale, room_y * scale, _DOT, _LINE)
        dots = [dot for dot in figure.dots if dot.k in ks]
        ends = _ends(skeleton, skeleton.placeable)
        lines = [line for line, (a, b) in zip(figure.lines, ends, strict=True) if a in ks and b in ks]
        figure = Sketch(tuple(lines), tuple(dots))
    least = _LEAST_DOT if len(figure.dots) <= _FEW else 0.0
    xs, ys = [dot.x for dot in figure.dots], [dot.y for dot in figure.dots]
    dx = side + room_x / 2 - (min(xs) + max(xs)) / 2
    dy = top + room_y / 2 - (min(ys) + max(ys)) / 2
    return Sketch(
        tuple(
            replace(line, x1=line.x1 + dx, y1=line.y1 + dy, x2=line.x2 + dx, y2=line.y2 + dy) for line in figure.lines
        ),
        tuple(replace(dot, x=dot.x + dx, y=dot.y + dy, radius=max(dot.radius, least)) for dot in figure.dots),
    )


def _paint_dot(painter: QPainter, dot: SketchDot, mark: Mark, color: QColor, theme: Theme) -> None:
    """Paint one keypoint in its state, set off from the limbs by a line of the ground."""
    centre, radius = QPointF(dot.x, dot.y), dot.radius
    casing = 0.75 if radius > _DENSE else 0.35
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.panel)
    if mark in (Mark.TO_DO, Mark.ABSENT):
        painter.drawEllipse(centre, radius + 1, radius + 1)
        painter.setPen(QPen(theme.text3, 1.25 if radius > _DENSE else 0.75))
        if mark is Mark.ABSENT:
            painter.drawLine(centre - QPointF(radius + 0.5, 0), centre + QPointF(radius + 0.5, 0))
        else:
            painter.drawEllipse(centre, radius + 0.5, radius + 0.5)
        return
    painter.drawEllipse(centre, radius + casing, radius + casing)
    if mark is Mark.OCCLUDED:
        painter.setPen(QPen(color, min(1.5, radius * 0.7)))
        painter.drawEllipse(centre, radius * 0.8, radius * 0.8)
    elif mark is Mark.VISIBLE:
        painter.setBrush(color)
        painter.drawEllipse(centre, radius, radius)
    else:
        corner = radius * 1.35
        if mark is Mark.LOW:
            painter.setPen(QPen(color, 1))
        else:
            painter.setBrush(color)
        points = [QPointF(0, -corner), QPointF(corner, 0), QPointF(0, corner), QPointF(-corner, 0)]
        painter.drawPolygon(QPolygonF([centre + point for point in points]))
