"""Lists of painted rows, quick at any length: what the frames, keypoints and instances lists share."""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final, Generic, TypeVar
from weakref import WeakMethod, ref

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)
from shiboken6 import isValid

from annotator.store.signal import Signal as CoreSignal
from annotator.ui.theme import RADIUS_CONTROL, Theme, fill_with, scaled, theme_of
from annotator.ui.widgets.paint import paint_box

T = TypeVar("T")
R = TypeVar("R")
AnyIndex = QModelIndex | QPersistentModelIndex

EDGE: Final = 6
"""From the sides of the dock to the card of a row."""

_MOVES: Final = frozenset(
    [Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End]
)
_CHOOSES: Final = frozenset([Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])


class RowLook(Enum):
    """What lies under a row."""

    PLAIN = auto()
    HOVERED = auto()
    SELECTED = auto()
    CHOSEN = auto()


class RowModel(QAbstractListModel, Generic[R]):
    """Rows that are read anew when something changed; the view is told only which of them differ.

    Args:
        read: returns the rows as they are now.
        key: tells rows apart, whatever they say.
        text: of a row for a role, or None.
    """

    def __init__(
        self,
        read: Callable[[], tuple[R, ...]],
        key: Callable[[R], object],
        text: Callable[[int, R, int], str | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._read = read
        self._key = key
        self._text = text
        self._rows = read()

    @property
    def rows(self) -> tuple[R, ...]:
        return self._rows

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return self._text(index.row(), self._rows[index.row()], role)

    def refresh(self) -> bool:
        """Read the rows; return whether they are others now."""
        before, now = self._rows, self._read()
        if [self._key(row) for row in before] != [self._key(row) for row in now]:
            self.beginResetModel()
            self._rows = now
            self.endResetModel()
            return True
        self._rows = now
        for number, (old, new) in enumerate(zip(before, now, strict=True)):
            if old != new:
                index = self.index(number, 0)
                self.dataChanged.emit(index, index)
        return False


class RowTable(QTableView):
    """One column of rows of one height.

    A table, because a list view lays every row out again when some are added or its width changes: two seconds for
    a million rows. A click does not take the keyboard from the canvas; Tab brings it here.
    """

    row_chosen = Signal(int)
    """A row was clicked without Shift or Ctrl, or Enter was pressed on it."""

    def __init__(self, name: str, row_height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row_height = row_height
        self._pressed_row = -1
        self._is_keyboard = False
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        for header, mode in (
            (self.horizontalHeader(), QHeaderView.ResizeMode.Stretch),
            (self.verticalHeader(), QHeaderView.ResizeMode.Fixed),
        ):
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(mode)
            header.hide()
        fill_with(self.viewport(), "panel")
        self._set_row_height()

    @property
    def row_height(self) -> int:
        return scaled(self._row_height)

    def row_at(self, position: QPoint) -> int:
        """Return the row under a place of the viewport, or -1."""
        return self.rowAt(position.y())

    def update_row(self, row: int) -> None:
        """Paint one row again."""
        if row >= 0:
            self.viewport().update(self.row_rect(row))

    def row_rect(self, row: int) -> QRect:
        return QRect(0, self.rowViewportPosition(row), self.viewport().width(), self.row_height)

    def rows_on_show(self) -> tuple[int, int]:
        """Return the first row on show and the one behind the last."""
        count = self.model().rowCount() if self.model() is not None else 0
        first = max(self.rowAt(0), 0)
        last = self.rowAt(self.viewport().height() - 1)
        return first, count if last < 0 else last + 1

    def has_ring(self, row: int) -> bool:
        """Return whether the keyboard is on this row."""
        return self._is_keyboard and self.hasFocus() and self.currentIndex().row() == row

    def sizeHint(self) -> QSize:
        count = self.model().rowCount() if self.model() is not None else 0
        return QSize(240, min(count, 1000) * self.row_height)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.row_height)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._set_row_height()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._is_keyboard = event.reason() is not Qt.FocusReason.MouseFocusReason
        super().focusInEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._is_keyboard = False
        is_plain = event.button() is Qt.MouseButton.LeftButton and not event.modifiers()
        self._pressed_row = self.row_at(event.position().toPoint()) if is_plain else -1
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        pressed, self._pressed_row = self._pressed_row, -1
        if pressed >= 0 and self.row_at(event.position().toPoint()) == pressed:
            self.row_chosen.emit(pressed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _CHOOSES and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            if self.currentIndex().isValid():
                self.row_chosen.emit(self.currentIndex().row())
        elif key in _MOVES:
            self._is_keyboard = True
            if key in (Qt.Key.Key_Home, Qt.Key.Key_End):  # those of a table stay in the row
                last = self.model().rowCount() - 1
                self.setCurrentIndex(self.model().index(0 if key == Qt.Key.Key_Home else last, 0))
            else:
                super().keyPressEvent(event)
            self.update_row(self.currentIndex().row())
        else:
            event.ignore()  # letters are commands, not a search

    def _set_row_height(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.row_height)
        self.updateGeometry()


class SweptTable(RowTable):
    """A list whose rows have a part that can be clicked and swept over: a state, an eye. Give it `part_rect`."""

    parts_swept = Signal(int, int)
    """The first and last row whose parts were pressed and swept over; twice the same for a click."""

    def __init__(self, name: str, row_height: int, parent: QWidget | None = None) -> None:
        super().__init__(name, row_height, parent)
        self._sweep: tuple[int, int] | None = None

    def part_rect(self, row: int) -> QRectF:
        """Return where the part of a row can be hit."""
        raise NotImplementedError

    def part_at(self, position: QPoint) -> int:
        """Return the row whose part is under a place of the viewport, or -1."""
        row = self.row_at(position)
        return row if row >= 0 and self.part_rect(row).contains(QPointF(position)) else -1

    def is_swept(self, row: int) -> bool:
        return self._sweep is not None and min(self._sweep) <= row <= max(self._sweep)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.part_at(event.position().toPoint())
        if row >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self._set_sweep((row, row))
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = self.row_at(event.position().toPoint())
        if self._sweep is None:
            super().mouseMoveEvent(event)
        elif row >= 0:
            self._set_sweep((self._sweep[0], row))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        sweep = self._sweep
        if sweep is None or event.button() is not Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        self._set_sweep(None)
        if sweep[0] != sweep[1] or self.part_at(event.position().toPoint()) == sweep[0]:
            self.parts_swept.emit(*sweep)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._sweep is not None:
            self._set_sweep(None)
        else:
            super().keyPressEvent(event)

    def _set_sweep(self, sweep: tuple[int, int] | None) -> None:
        if sweep != self._sweep:
            self._sweep = sweep
            self.viewport().update()


class RowDelegate(QStyledItemDelegate):
    """Paints whole rows; give it `paint_row`."""

    def __init__(self, table: RowTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        rect = QRectF(option.rect)
        state = option.state
        theme = theme_of(self._table)
        painter.save()
        painter.fillRect(rect, theme.panel)  # the style paints a selected row from side to side
        self.paint_row(painter, rect, index.row(), bool(state & QStyle.StateFlag.State_MouseOver), theme)
        if self._table.has_ring(index.row()):
            paint_box(painter, card_of(rect), RADIUS_CONTROL, None, theme.accent, 2)
        painter.restore()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        return QSize(160, self._table.row_height)

    def paint_row(self, painter: QPainter, rect: QRectF, row: int, is_hovered: bool, theme: Theme) -> None:
        raise NotImplementedError


def card_of(rect: QRectF) -> QRectF:
    """Return where a row's card lies."""
    return rect.adjusted(EDGE, 0, -EDGE, 0)


def paint_ground(painter: QPainter, card: QRectF, look: RowLook, theme: Theme) -> None:
    """Paint what lies under a row."""
    if look is RowLook.HOVERED:
        paint_box(painter, card, RADIUS_CONTROL, theme.hover)
    elif look is RowLook.SELECTED:
        paint_box(painter, card, RADIUS_CONTROL, theme.accent_background)
    elif look is RowLook.CHOSEN:
        paint_box(painter, card, RADIUS_CONTROL, theme.accent_background, theme.accent)


class Follower(Generic[T]):
    """Passes a signal of the core on to a method of a widget, and stops when the widget is gone.

    It holds the widget weakly: a strong one in the signal, or in `destroyed`, would let Python's collector and Qt
    end the widget both.
    """

    def __init__(self, widget: QWidget, signal: CoreSignal[T], slot: Callable[[T], None]) -> None:
        """Connect `slot`, a method of `widget`."""
        self._widget = ref(widget)
        self._signal = signal
        self._slot = WeakMethod(slot)
        signal.connect(self)

    def __call__(self, value: T) -> None:
        slot, widget = self._slot(), self._widget()
        if slot is None or widget is None or not isValid(widget):
            self._signal.disconnect(self)
        else:
            slot(value)
