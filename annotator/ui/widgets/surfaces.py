"""What holds other things: cards, dividers, bars of progress, and the page that has nothing to show."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from annotator.ui.theme import CAPTION, ICON_EMPTY, RADIUS_CARD, Role, theme_of, ui_font
from annotator.ui.widgets.buttons import Button
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.paint import paint_box, paint_centred_icon, paint_ground, paint_progress, progress_colors

_STEPS = 1000


class Card(QWidget):
    """A rounded surface with a thin border; give it a layout."""

    def __init__(self, surface: Role = "panel", border: Role = "line", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._surface: Role = surface
        self._border: Role = border

    def set_look(self, surface: Role, border: Role) -> None:
        self._surface, self._border = surface, border
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            rect = QRectF(self.rect())
            paint_box(painter, rect, RADIUS_CARD, theme.color(self._surface), theme.color(self._border))


class TextCard(Card):
    """Longer plain text to read, select and copy."""

    def __init__(self, name: str, text: str = "", parent: QWidget | None = None) -> None:
        """Make the card; `name` tells the screen reader what it holds."""
        super().__init__("field", "line", parent)
        self._box = QPlainTextEdit(text)
        self._box.setReadOnly(True)
        self._box.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self._box.setFont(ui_font(CAPTION))
        self._box.setAccessibleName(name)
        self._box.viewport().setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 3, 6)
        column.addWidget(self._box)

    @property
    def text(self) -> str:
        return self._box.toPlainText()

    def set_text(self, text: str) -> None:
        self._box.setPlainText(text)


class Divider(QFrame):
    """A line of one pixel between two sections, lying or upright."""

    def __init__(self, *, upright: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if upright:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_ground(painter, QRectF(self.rect()), theme_of(self).line)


class ProgressBar(QProgressBar):
    """A bar of three pixels; green when complete."""

    def __init__(self, fraction: float = 0.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(0, _STEPS)
        self.setTextVisible(False)
        self.setFixedHeight(3)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_fraction(fraction)

    def set_fraction(self, fraction: float) -> None:
        """Fill the bar: 0 to 1."""
        self.setValue(round(_STEPS * min(max(fraction, 0.0), 1.0)))

    def sizeHint(self) -> QSize:
        return QSize(80, 3)

    def paintEvent(self, _event: QPaintEvent) -> None:
        fraction = self.value() / _STEPS
        with QPainter(self) as painter:
            paint_progress(painter, QRectF(self.rect()), fraction, *progress_colors(fraction, theme_of(self)))


class IconLabel(QWidget):
    """An icon that says something and does nothing."""

    def __init__(self, icon: str, role: Role = "text2", size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._role: Role = role
        self._size = size
        self.setFixedSize(size, size)

    def set_icon(self, icon: str, role: Role) -> None:
        self._icon, self._role = icon, role
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        color = theme_of(self).color(self._role)
        with QPainter(self) as painter:
            paint_centred_icon(painter, self._icon, QRectF(self.rect()), color, self._size)


class EmptyState(QWidget):
    """What stands where nothing is: an icon, what is missing, what it means, what to do."""

    def __init__(
        self,
        icon: str,
        title: str,
        line: str = "",
        buttons: Sequence[Button] = (),
        *,
        role: Role = "accent",
        title_pixels: int = 13,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = IconLabel(icon, role, ICON_EMPTY)
        self._title = PlainLabel(title, pixels=title_pixels, weight=600)
        self._line = PlainLabel(line, "text2", wraps=True)
        for label in (self._title, self._line):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch()
        for button in buttons:
            row.addWidget(button)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addStretch()
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._title)
        column.addWidget(self._line)
        column.addSpacing(4)
        column.addLayout(row)
        column.addStretch()

    def set_words(self, title: str, line: str) -> None:
        self._title.setText(title)
        self._line.setText(line)
