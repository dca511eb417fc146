"""Counts per keypoint as bars: solid is v = 2, hatched v = 1, hollow v = 0; shape first, colour second."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from annotator.session.settings import SideColours
from annotator.ui.dialogs.export_words import Bar
from annotator.ui.theme import CAPTION, SIDES, Theme, scaled, theme_of
from annotator.ui.widgets.paint import paint_box, paint_text, text_width

_ROW: Final = 19
_NUMBER: Final = 48
_HATCH: Final = 4.5
_HEADS: Final = ("v=2", "v=1", "v=0", "trained")
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_SIDES: Final = SIDES[SideColours.OKABE_ITO]


class CountBars(QWidget):
    """One row a keypoint, under the name of its skeleton where there are several."""

    def __init__(self) -> None:
        super().__init__()
        self._groups: Sequence[tuple[str, Sequence[Bar]]] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def scrolled(self) -> QScrollArea:
        """Return the bars in a scroll area that lets the ground through."""
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self)
        area.viewport().setAutoFillBackground(False)
        self.setAutoFillBackground(False)
        return area

    def show_groups(self, groups: Sequence[tuple[str, Sequence[Bar]]]) -> None:
        self._groups = groups
        rows = sum(len(each) for _, each in groups) + (len(groups) if len(groups) > 1 else 0)
        self.setFixedHeight((rows + 1) * scaled(_ROW) + 4)
        spoken = [
            f"{bar.name}: {bar.visible} visible, {bar.occluded} occluded, {bar.unlabeled} unlabeled"
            for _, each in groups
            for bar in each
        ]
        self.setAccessibleName(". ".join(spoken) or "No keypoint is written")
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.show_groups(self._groups)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        height = scaled(_ROW)
        names = max((text_width(bar.name, CAPTION, 500) for _, each in self._groups for bar in each), default=0.0)
        left = min(names + 14, self.width() * 0.3)
        with QPainter(self) as painter:
            row = QRectF(0, 0, self.width() - 4, height)
            _paint_numbers(painter, row, _HEADS, theme.text2, theme.text2)
            for name, each in self._groups:
                if len(self._groups) > 1:
                    row.translate(0, height)
                    paint_text(painter, row, name, theme.text2, CAPTION, 600)
                for bar in each:
                    row.translate(0, height)
                    _paint_bar(painter, row, bar, left, theme)


def _paint_bar(painter: QPainter, row: QRectF, bar: Bar, left: float, theme: Theme) -> None:
    paint_text(painter, QRectF(row.x(), row.y(), left - 10, row.height()), bar.name, theme.text, CAPTION, 500)
    numbers = tuple(f"{count:,}" for count in (bar.visible, bar.occluded, bar.unlabeled, bar.trained))
    _paint_numbers(painter, row, numbers, theme.text2, theme.text)
    track = QRectF(left, row.y() + (row.height() - 11) / 2, row.width() - left - 4 * scaled(_NUMBER) - 14, 11)
    paint_box(painter, track, 2, None, theme.line2)
    if not bar.total:
        return
    color = _SIDES.color(bar.side)
    solid = QRectF(track.x(), track.y(), track.width() * bar.visible / bar.total, track.height())
    hatched = QRectF(solid.right(), track.y(), track.width() * bar.occluded / bar.total, track.height())
    if bar.visible:
        paint_box(painter, solid, 2, color)
    if bar.occluded:
        _paint_hatched(painter, hatched, color)


def _paint_hatched(painter: QPainter, rect: QRectF, color: QColor) -> None:
    paint_box(painter, rect, 2, None, color)
    painter.save()
    painter.setClipRect(rect)
    painter.setPen(QPen(color, 1.25))
    x = rect.x() - rect.height()
    while x < rect.right():
        painter.drawLine(QPointF(x, rect.bottom()), QPointF(x + rect.height(), rect.top()))
        x += _HATCH
    painter.restore()


def _paint_numbers(painter: QPainter, row: QRectF, words: Sequence[str], color: QColor, last: QColor) -> None:
    width = scaled(_NUMBER)
    for k, word in enumerate(words):
        room = QRectF(row.right() - (len(words) - k) * width, row.y(), width, row.height())
        is_last = k == len(words) - 1
        paint_text(painter, room, word, last if is_last else color, CAPTION, 600 if is_last else 400, _RIGHT)
