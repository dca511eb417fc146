"""The figure of a skeleton that is being made: drag keypoints, click two to join or part them."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from annotator.model.sides import Side, limb_side
from annotator.session.settings import SideColours
from annotator.ui.dialogs.skeleton_draft import XY, SkeletonDraft
from annotator.ui.theme import CAPTION, INK, RADIUS_CARD, SIDES, TEXT, theme_of
from annotator.ui.widgets.paint import paint_box, paint_text, text_width

_MARGIN: Final = 34
_HIT: Final = 12
_THRESHOLD: Final = 3  # screen pixels between a click and a drag
_NAMED_UP_TO: Final = 30  # more names than this would cover the figure
_STEPS: Final = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
_SIDES: Final = SIDES[SideColours.OKABE_ITO]


class SkeletonFigure(QWidget):
    """Shows a draft and emits what should be done to it; S and W walk the keypoints, arrows move the chosen one."""

    focus_radius = RADIUS_CARD

    moved = Signal(int, tuple, bool)
    """Keypoint, (x, y) in the unit box, and whether a new step begins."""
    edge_toggled = Signal(int, int)

    def __init__(self, draft: SkeletonDraft) -> None:
        super().__init__()
        self._draft = draft
        self._selected: int | None = None
        self._hovered: int | None = None
        self._pressed: tuple[int, QPointF] | None = None
        self._is_dragging = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Figure: S and W choose a keypoint, arrows move it")

    @property
    def selected(self) -> int | None:
        """The keypoint that waits for a second one."""
        return self._selected

    def show_draft(self, draft: SkeletonDraft) -> None:
        self._draft = draft
        for name in ("_selected", "_hovered"):
            k = getattr(self, name)
            if k is not None and k >= len(draft.ids):
                setattr(self, name, None)
        self.update()

    def select(self, k: int | None) -> None:
        self._selected = k
        self.update()

    def place_of(self, k: int) -> QPointF:
        """Return where keypoint `k` is drawn."""
        square = self._square()
        x, y = self._draft.layout[k]
        return QPointF(square.x() + x * square.width(), square.y() + y * square.height())

    def sizeHint(self) -> QSize:
        return QSize(400, 460)

    def minimumSizeHint(self) -> QSize:
        return QSize(280, 280)

    # Pointer and keys --------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        k = self._keypoint_at(event.position())
        self._is_dragging = False
        self._pressed = None if k is None else (k, event.position())
        if k is None:
            self.select(None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            self._hover(self._keypoint_at(event.position()))
            return
        k, start = self._pressed
        begins = not self._is_dragging
        if begins and (event.position() - start).manhattanLength() < _THRESHOLD:
            return
        self._is_dragging = True
        self.moved.emit(k, self._unit(event.position()), begins)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if event.button() is not Qt.MouseButton.LeftButton or pressed is None or self._is_dragging:
            return
        k = pressed[0]
        if self._selected is None or self._selected == k:
            self.select(None if self._selected == k else k)
        else:
            first, self._selected = self._selected, None
            self.edge_toggled.emit(first, k)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = len(self._draft.ids)
        if event.key() == Qt.Key.Key_Escape and self._selected is not None:
            self.select(None)
        elif event.key() in (Qt.Key.Key_S, Qt.Key.Key_W) and count:
            step = 1 if event.key() == Qt.Key.Key_S else -1
            start = self._selected if self._selected is not None else (-1 if step > 0 else 0)
            self.select((start + step) % count)
        elif event.key() in _STEPS and self._selected is not None:
            size = 0.05 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0.01
            dx, dy = _STEPS[Qt.Key(event.key())]
            x, y = self._draft.layout[self._selected]
            self.moved.emit(self._selected, (x + dx * size, y + dy * size), not event.isAutoRepeat())
        else:
            super().keyPressEvent(event)

    def _hover(self, k: int | None) -> None:
        if k != self._hovered:
            self._hovered = k
            self.setCursor(Qt.CursorShape.ArrowCursor if k is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def _keypoint_at(self, place: QPointF) -> int | None:
        gaps = [(_distance(self.place_of(k), place), k) for k in range(len(self._draft.ids))]
        near = min(gaps, default=None)
        return near[1] if near is not None and near[0] <= _HIT else None

    def _square(self) -> QRectF:
        edge = min(self.width(), self.height()) - 2 * _MARGIN
        return QRectF((self.width() - edge) / 2, (self.height() - edge) / 2, edge, edge)

    def _unit(self, place: QPointF) -> XY:
        square = self._square()
        return (place.x() - square.x()) / square.width(), (place.y() - square.y()) / square.height()

    # Painting ----------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        places = [self.place_of(k) for k in range(len(self._draft.ids))]
        sides = self._draft.sides
        with QPainter(self) as painter:
            paint_box(painter, QRectF(self.rect()), RADIUS_CARD, theme.canvas, theme.line)
            self._paint_ground(painter)
            for width, is_casing in ((4.5, True), (2.5, False)):
                for a, b in self._draft.edge_indices:
                    color = INK if is_casing else _SIDES.color(limb_side(sides[a], sides[b]))
                    painter.setOpacity(0.6 if is_casing else 1)
                    painter.setPen(QPen(color, width, c=Qt.PenCapStyle.RoundCap))
                    painter.drawLine(places[a], places[b])
            painter.setOpacity(1)
            radius = 5.0 if len(places) <= _NAMED_UP_TO else 3.0
            for k, place in enumerate(places):
                self._paint_keypoint(painter, k, place, radius)
            self._paint_names(painter, places)

    def _paint_ground(self, painter: QPainter) -> None:
        """Paint the axis that mirrors, and whose side is where."""
        theme = theme_of(self)
        square = self._square()
        painter.setPen(QPen(theme.line2, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(square.center().x(), 10), QPointF(square.center().x(), self.height() - 10))
        foot = QRectF(14, self.height() - 30, self.width() - 28, 20)
        paint_text(painter, foot, "its right", theme.right_text, CAPTION, 500)
        end = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        paint_text(painter, foot, "its left", theme.left_text, CAPTION, 500, end)
        if not self._draft.ids:
            paint_text(painter, square, "Names become keypoints here", theme.text3, TEXT, 400,
                       Qt.AlignmentFlag.AlignCenter)  # fmt: skip

    def _paint_keypoint(self, painter: QPainter, k: int, place: QPointF, radius: float) -> None:
        theme = theme_of(self)
        if k in (self._selected, self._hovered):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.accent if k == self._selected else theme.text2, 2))
            painter.drawEllipse(place, radius + 4.5, radius + 4.5)
        painter.setPen(QPen(INK, 1.5))
        painter.setBrush(_SIDES.color(self._draft.sides[k]))
        painter.drawEllipse(place, radius, radius)

    def _paint_names(self, painter: QPainter, places: list[QPointF]) -> None:
        """Paint the chosen keypoint's name, then those that find room, each on its side's outer flank."""
        theme = theme_of(self)
        taken: list[QRectF] = []
        names, sides = self._draft.names, self._draft.sides
        chosen = [k for k in (self._selected, self._hovered) if k is not None]
        others = [k for k in range(len(places)) if k not in chosen] if len(places) <= _NAMED_UP_TO else []
        for k in (*dict.fromkeys(chosen), *others):
            weight = 500 if k in chosen else 400
            width = text_width(names[k], CAPTION, weight) + 1
            left = places[k].x() - 12 - width if sides[k] is Side.RIGHT else places[k].x() + 12
            room = QRectF(min(max(left, 4), self.width() - 4 - width), places[k].y() - 9, width, 18)
            if any(room.adjusted(-2, 3, 2, -3).intersects(other) for other in taken):
                continue
            taken.append(room)
            paint_text(painter, room, names[k], theme.text if k in chosen else theme.text2, CAPTION, weight)


def _distance(a: QPointF, b: QPointF) -> float:
    gap = a - b
    return float(QPointF.dotProduct(gap, gap) ** 0.5)
