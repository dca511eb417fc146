"""One choice among a few, each with a line of its own: which frames, which format."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from annotator.ui.theme import CAPTION, RADIUS_CONTROL, TEXT, scaled, theme_of
from annotator.ui.widgets.paint import paint_box, paint_text, text_width

_PADDING: Final = 10


class Choices(QWidget):
    """Rows of which one is on; Tab enters once, arrows move."""

    chosen = Signal(str)
    """The key of the row that is on now."""

    def __init__(self, rows: Sequence[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        """Make rows of (key, title, line); the first is on."""
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._rows: dict[str, _Row] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for key, title, line in rows:
            row = _Row(title, line)
            row.toggled.connect(lambda is_on, key=key: self.chosen.emit(key) if is_on else None)
            self._rows[key] = row
            self._group.addButton(row)
            column.addWidget(row)
        if self._rows:
            next(iter(self._rows.values())).setChecked(True)

    @property
    def choice(self) -> str:
        """The key of the row that is on; "" without rows."""
        return next((key for key, row in self._rows.items() if row.isChecked()), "")

    def choose(self, key: str) -> None:
        self._rows[key].setChecked(True)


class _Row(QAbstractButton):
    focus_radius = RADIUS_CONTROL

    def __init__(self, title: str, line: str) -> None:
        super().__init__()
        self._title = title
        self._line = line
        self.setCheckable(True)
        self.setAccessibleName(f"{title}, {line}" if line else title)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        width = max(text_width(self._title, TEXT, 500), text_width(self._line, CAPTION)) + 2 * _PADDING
        return QSize(round(width), scaled(43 if self._line else 30))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        rect = QRectF(self.rect())
        with QPainter(self) as painter:
            if self.isChecked():
                paint_box(painter, rect, RADIUS_CONTROL, theme.accent_background, theme.accent)
            elif self.underMouse():
                paint_box(painter, rect, RADIUS_CONTROL, theme.hover)
            room = rect.adjusted(_PADDING, 0, -_PADDING, 0)
            if not self._line:
                paint_text(painter, room, self._title, theme.text, TEXT, 500)
                return
            height = scaled(17)
            room = QRectF(room.x(), (rect.height() - 2 * height) / 2, room.width(), height)
            paint_text(painter, room, self._title, theme.text, TEXT, 500)
            room.translate(0, height)
            paint_text(painter, room, self._line, theme.text2, CAPTION)
