"""The loupe: a few pixels of the picture, large, with the keypoints on them and the position in numbers."""

from enum import StrEnum

from PySide6.QtCore import QLineF, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from annotator.ui.canvas.painting import painting
from annotator.ui.canvas.projection import Projection
from annotator.ui.canvas.stage import Stage
from annotator.ui.theme import INK, PAPER, RADIUS_CARD, TAG, TAG_TEXT, ui_font

SIZE = 148
MIN_MAGNIFICATION, MAX_MAGNIFICATION = 2.0, 16.0
_STEP = 1.25
_MARGIN = 12
_OFFSET = 28
_CROSS_GAP, _CROSS_REACH = 6.0, 18.0


class LoupeMode(StrEnum):
    """Where the loupe is: nowhere, at the pointer, or in the lower right corner."""

    OFF = "off"
    FOLLOWING = "following"
    PINNED = "pinned"


def loupe_corner(mode: LoupeMode, pointer: QPointF, canvas: QSize) -> QPoint:
    """Return where the loupe goes: beside the pointer, on the side where there is room, or the lower right corner."""
    if mode is not LoupeMode.FOLLOWING:
        return QPoint(canvas.width() - SIZE - _MARGIN, canvas.height() - SIZE - _MARGIN)
    right, above = round(pointer.x()) + _OFFSET, round(pointer.y()) - _OFFSET - SIZE
    x = right if right + SIZE <= canvas.width() else right - 2 * _OFFSET - SIZE
    y = above if above >= 0 else above + 2 * _OFFSET + SIZE
    return QPoint(x, y)


class Loupe(QWidget):
    """Magnifies what the canvas shows around an image position.

    Attributes:
        magnification: screen pixels per image pixel.
        is_round: it follows the pointer, instead of being pinned to a corner.
    """

    def __init__(self, stage: Stage, parent: QWidget) -> None:
        super().__init__(parent)
        self._stage = stage
        self._xy: tuple[float, float] | None = None
        self.magnification = 6.0
        self.is_round = False
        self.setFixedSize(SIZE, SIZE)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Loupe")
        self.hide()

    def look_at(self, xy: tuple[float, float] | None) -> None:
        """Show the surroundings of an image position; nothing while the pointer is away."""
        if xy != self._xy:
            self._xy = xy
            self.update()

    def magnify(self, steps: float) -> None:
        """Magnify more, or less for negative steps, between 2 and 16 times."""
        wanted = self.magnification * _STEP**steps
        self.magnification = min(max(wanted, MIN_MAGNIFICATION), MAX_MAGNIFICATION)
        self.update()

    def text(self) -> str:
        """Return what the loupe says: its magnification and the position."""
        position = "" if self._xy is None else f"   {self._xy[0]:.1f}, {self._xy[1]:.1f}"
        return f"{self.magnification:.2g}×{position}"

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame = QPainterPath()
            bounds = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            if self.is_round:
                frame.addEllipse(bounds)
            else:
                frame.addRoundedRect(bounds, RADIUS_CARD, RADIUS_CARD)
            painter.setClipPath(frame)
            painter.fillRect(self.rect(), INK)
            if self._xy is not None:
                self._paint_surroundings(painter, self._xy)
                self._paint_cross(painter)
            painter.setClipping(False)
            painter.setPen(QPen(PAPER, 1.5) if self.is_round else QPen(TAG_TEXT, 1))
            painter.drawPath(frame)
            self._paint_text(painter)

    def _paint_surroundings(self, painter: QPainter, xy: tuple[float, float]) -> None:
        ratio = self.devicePixelRatioF()
        scale, half = self.magnification * ratio, SIZE * ratio / 2
        projection = Projection(scale, round(half - xy[0] * scale), round(half - xy[1] * scale), ratio)
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        self._stage.paint_around(painter, projection, QRect(0, 0, round(2 * half), round(2 * half)))
        painter.restore()

    def _paint_cross(self, painter: QPainter) -> None:
        x = y = SIZE / 2
        arms = [
            QLineF(x + dx * _CROSS_GAP, y + dy * _CROSS_GAP, x + dx * _CROSS_REACH, y + dy * _CROSS_REACH)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
        ]
        for color, width in ((INK, 3.0), (PAPER, 1.25)):
            painter.setPen(QPen(color, width))
            painter.drawLines(arms)

    def _paint_text(self, painter: QPainter) -> None:
        font, text = ui_font(11, 500), self.text()
        metrics = QFontMetricsF(font)
        width, height = metrics.horizontalAdvance(text) + 12, 18
        left = (SIZE - width) / 2 if self.is_round else 7.0
        pill = QRectF(left, SIZE - height - (14 if self.is_round else 7), width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(TAG)
        painter.drawRoundedRect(pill, 4, 4)
        painter.setFont(font)
        painter.setPen(TAG_TEXT)
        painter.drawText(QPointF(pill.x() + 6, pill.y() + (height + metrics.capHeight()) / 2), text)
