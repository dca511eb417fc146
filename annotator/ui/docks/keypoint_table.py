"""The keypoints list as it is painted and clicked: glyph, name, key, state, confidence."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from annotator.ui.docks.keypoint_rows import KeypointRow, Mark
from annotator.ui.docks.rows import RowDelegate, RowLook, RowModel, SweptTable, card_of, paint_ground
from annotator.ui.theme import CAPTION, TEXT, Sides, Theme, scaled
from annotator.ui.widgets.labels import StateLook
from annotator.ui.widgets.paint import paint_progress, paint_state_chip, paint_text

ROW: Final = 23
_CHIP: Final = 62
_CHIP_HEIGHT: Final = 17
_BAR: Final = 42
_VALUE: Final = 23
_GLYPH: Final = 20
_NAME: Final = 34
_CENTRE: Final = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the parts of a row lie.

    Attributes:
        bar: None where the dock is too narrow for it.
    """

    name: QRectF
    key: QRectF
    chip: QRectF
    bar: QRectF | None
    value: QRectF


def columns_of(rect: QRectF, name_width: float, has_key: bool = True, margin: int = 20) -> Columns:
    """Divide a row; names come before the bar.

    Args:
        name_width: what the longest name needs.
        has_key: without a hot key its place is the name's.
        margin: free at the right end.
    """
    value = QRectF(rect.right() - margin - scaled(_VALUE), rect.y(), scaled(_VALUE) + 4, rect.height())
    bar_left = value.left() - 5 - _BAR
    bar: QRectF | None = QRectF(bar_left, rect.center().y() - 2, _BAR, 4)
    chip_right = bar_left - 10
    if chip_right - scaled(_CHIP) - scaled(24) - 4 - _NAME < name_width:
        bar, chip_right = None, value.left() - 8
    height = scaled(_CHIP_HEIGHT)
    chip = QRectF(chip_right - scaled(_CHIP), round(rect.center().y() - height / 2), scaled(_CHIP), height)
    key = QRectF(chip.left() - scaled(24), rect.y(), scaled(14), rect.height())
    name_right = key.left() - 4 if has_key else chip.left() - 8
    name = QRectF(_NAME, rect.y(), name_right - _NAME, rect.height())
    return Columns(name, key, chip, bar, value)


class KeypointTable(SweptTable):
    """The list; its states can be clicked, right-clicked and swept over.

    Attributes:
        is_guided: the guide waits for one of the rows, which then alone is marked as chosen.
        name_width: what the longest name needs.
    """

    state_right_clicked = Signal(int)
    row_hovered = Signal(int)
    """The row under the pointer or the keyboard, -1 for none."""

    def __init__(self, model: RowModel[KeypointRow], sides: Sides, parent: QWidget | None = None) -> None:
        super().__init__("Keypoints", ROW, parent)
        self.sides = sides
        self.is_guided = False
        self.name_width = 0.0
        self._hovered = -1
        self.setModel(model)
        self.setItemDelegate(_KeypointDelegate(lambda row: model.rows[row], self))

    def part_rect(self, row: int) -> QRectF:
        return self.columns(QRectF(self.row_rect(row))).chip

    def columns(self, rect: QRectF, has_key: bool = True) -> Columns:
        """Divide a row; the scroll bar takes its place from the margin."""
        margin = 12 if self.verticalScrollBar().isVisible() else 20
        return columns_of(rect, self.name_width, has_key, margin)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.part_at(event.position().toPoint())
        if row >= 0 and event.button() is Qt.MouseButton.RightButton:
            self.state_right_clicked.emit(row)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._tell_hovered(self.row_at(event.position().toPoint()))
        super().mouseMoveEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:
            self._tell_hovered(-1)
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if self.has_ring(self.currentIndex().row()):
            self._tell_hovered(self.currentIndex().row())

    def _tell_hovered(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.row_hovered.emit(row)


class _KeypointDelegate(RowDelegate):
    def __init__(self, row: Callable[[int], KeypointRow], table: KeypointTable) -> None:
        super().__init__(table)
        self._row = row
        self._keypoints = table

    def paint_row(self, painter: QPainter, rect: QRectF, row: int, is_hovered: bool, theme: Theme) -> None:
        shown = self._row(row)
        columns = self._keypoints.columns(rect, bool(shown.hotkey))
        is_swept = self._keypoints.is_swept(row)
        paint_ground(painter, card_of(rect), self._look(shown, is_hovered or is_swept), theme)
        is_open = shown.mark in (Mark.TO_DO, Mark.ABSENT) and not shown.is_next
        glyph = QPointF(_GLYPH, rect.center().y())
        paint_glyph(painter, glyph, shown.mark, self._keypoints.sides.color(shown.side), theme)
        color = theme.text3 if is_open else theme.text
        paint_text(painter, columns.name, shown.name, color, TEXT, 500 if shown.is_next or shown.is_selected else 400)
        paint_text(painter, columns.key, shown.hotkey, theme.text3, CAPTION, 400, _CENTRE)
        look: StateLook = "next" if shown.is_next else "faint" if is_open or shown.mark is Mark.LOW else "set"
        paint_state_chip(painter, columns.chip, shown.word, look, theme)
        self._paint_score(painter, columns, shown, theme)

    def _look(self, shown: KeypointRow, is_hovered: bool) -> RowLook:
        if shown.is_next:
            return RowLook.CHOSEN
        if shown.is_selected and not self._keypoints.is_guided:
            return RowLook.CHOSEN
        return RowLook.HOVERED if is_hovered or shown.is_hovered or shown.is_selected else RowLook.PLAIN

    def _paint_score(self, painter: QPainter, columns: Columns, shown: KeypointRow, theme: Theme) -> None:
        if shown.score is None:
            paint_text(painter, columns.value, "–", theme.text3, CAPTION)
            return
        color = theme.warn if shown.is_unsure else theme.text2
        if columns.bar is not None:
            track = theme.line2 if theme.is_dark else theme.line
            paint_progress(painter, columns.bar, shown.score, color, track)
        paint_text(painter, columns.value, f"{shown.score:.2f}", color, CAPTION)


def paint_glyph(painter: QPainter, centre: QPointF, mark: Mark, color: QColor, theme: Theme) -> None:
    """Paint the sign of a state: a disc, a ring, a dash, dots; a diamond for what a model proposes."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if mark is Mark.VISIBLE:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(centre, 4, 4)
    elif mark is Mark.OCCLUDED:
        painter.setPen(QPen(color, 1.75))
        painter.drawEllipse(centre, 3.6, 3.6)
    elif mark is Mark.ABSENT:
        painter.setPen(QPen(theme.text2, 1.5))
        painter.drawLine(centre - QPointF(4, 0), centre + QPointF(4, 0))
    elif mark is Mark.TO_DO:
        pen = QPen(theme.text3, 1.25)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([1.7, 1.5])
        painter.setPen(pen)
        painter.drawEllipse(centre, 3.9, 3.9)
    else:
        corner = 4.6 if mark is Mark.PREDICTED else 4.1
        points = [QPointF(0, -corner), QPointF(corner, 0), QPointF(0, corner), QPointF(-corner, 0)]
        painter.setPen(Qt.PenStyle.NoPen if mark is Mark.PREDICTED else QPen(color, 1.25))
        painter.setBrush(color if mark is Mark.PREDICTED else Qt.BrushStyle.NoBrush)
        painter.drawPolygon(QPolygonF([centre + point for point in points]))
