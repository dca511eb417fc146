"""Text that is read, not edited: labels, heads of sections, key caps, the pill of a state."""

from typing import Final, Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QWidget

from annotator.model.text import shown
from annotator.ui.theme import CAPTION, TEXT, Role, scaled, theme_of, ui_font
from annotator.ui.widgets.paint import key_cap_size, paint_key_cap, paint_state_chip, paint_text

StateLook = Literal["set", "faint", "next"]
_MINIMUM_ELIDED: Final = 40


def plain_tooltip(text: str) -> str:
    """Return a tool tip that shows `text` letter by letter, whatever it holds."""
    text = shown(text)
    if "<" not in text:
        return text  # Qt guesses rich text from tags alone; what has none is plain as it stands
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>")
    return f"<span>{escaped}</span>"


def set_tooltip(widget: QWidget, text: str) -> None:
    """Give `widget` a tool tip that shows `text` letter by letter."""
    widget.setToolTip(plain_tooltip(text))


class PlainLabel(QLabel):
    """Plain text in a colour of the theme. One line elides in the middle and shows whole in the tool tip."""

    def __init__(
        self,
        text: str = "",
        role: Role = "text",
        *,
        pixels: int = TEXT,
        weight: int = 400,
        wraps: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role: Role = role
        self._pixels = pixels
        self._weight = weight
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(ui_font(pixels, weight))
        self.setWordWrap(wraps)
        if not wraps:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def set_role(self, role: Role) -> None:
        self._role = role
        self.update()

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return hint if self.wordWrap() else QSize(min(hint.width(), _MINIMUM_ELIDED), hint.height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.setFont(ui_font(self._pixels, self._weight))

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip:
            is_elided = not self.wordWrap() and super().sizeHint().width() > self.width()
            set_tooltip(self, self.text() if is_elided else "")
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        color = theme_of(self).color(self._role)
        rect = QRectF(self.contentsRect())
        with QPainter(self) as painter:
            if self.wordWrap():
                painter.setFont(self.font())
                painter.setPen(color)
                painter.drawText(rect, self.alignment() | Qt.TextFlag.TextWordWrap, shown(self.text()))
            else:
                paint_text(painter, rect, self.text(), color, self._pixels, self._weight, self.alignment())


class SectionHead(QWidget):
    """The head of a section: its title, a number or name beside it, buttons at the end."""

    def __init__(self, title: str, count: str = "", *trailing: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = PlainLabel(count, "text2", pixels=CAPTION)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(PlainLabel(title, weight=600))
        row.addWidget(self._count, 1)
        for widget in trailing:
            row.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_count(self, count: str) -> None:
        self._count.setText(count)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), scaled(34))


class KeyCap(QWidget):
    """A key as it stands on the keyboard."""

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self.setAccessibleName(key)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return key_cap_size(self._key).toSize()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_key_cap(painter, QPointF(0, 0), self._key, theme_of(self))


class StateChip(QAbstractButton):
    """The pill of a keypoint's state, which a click changes."""

    focus_radius = 9

    def __init__(self, text: str = "", look: StateLook = "set", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = text
        self._look: StateLook = look
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_state(text, look)

    def set_state(self, text: str, look: StateLook) -> None:
        self._words = text
        self._look = look
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(scaled(62), scaled(18))

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_state_chip(painter, QRectF(self.rect()), self._words, self._look, theme_of(self))
