"""Buttons: with words, with an icon only, chips that filter, and the switch between a few modes."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from annotator.ui.icons import paint_icon
from annotator.ui.theme import (
    CAPTION,
    CONTROL_HEIGHT,
    ICON,
    RADIUS_CONTROL,
    TEXT,
    Theme,
    scaled,
    theme_of,
)
from annotator.ui.widgets.labels import set_tooltip
from annotator.ui.widgets.paint import paint_box, paint_centred_icon, paint_text, text_width

_CENTRE: Final = Qt.AlignmentFlag.AlignCenter
_GAP: Final = 6


class ButtonKind(StrEnum):
    """How much a button asks to be pressed: one primary per place; quiet ones stand in bars; links in heads."""

    PRIMARY = "primary"
    PLAIN = "plain"
    QUIET = "quiet"
    LINK = "link"


class Button(QPushButton):
    """A button with words, optionally an icon before them and its key behind."""

    focus_radius = RADIUS_CONTROL

    def __init__(
        self,
        text: str,
        kind: ButtonKind = ButtonKind.PLAIN,
        *,
        icon: str = "",
        key: str = "",
        height: int = CONTROL_HEIGHT,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        self._icon = icon
        self._key = key
        self._height = height
        self._words = ""
        self.set_words(text)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def words(self) -> str:
        return self._words

    def set_words(self, text: str) -> None:
        """Show `text` as it is: no letter of it becomes a shortcut."""
        self._words = text
        self.setText(text.replace("&", "&&"))
        self.setAccessibleName(_spoken(text, self._key))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        padding = {ButtonKind.LINK: 0, ButtonKind.QUIET: 8}.get(self._kind, 13)
        return QSize(round(self._content_width() + 2 * padding), scaled(self._height))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            rect = QRectF(self.rect())
            color = self._paint_ground(painter, rect, theme)
            left = (rect.width() - self._content_width()) / 2
            if self._icon:
                top = round((rect.height() - ICON) / 2)
                tint = color if self._kind is ButtonKind.PRIMARY or not self.isEnabled() else theme.text2
                paint_icon(painter, self._icon, QRectF(round(left), top, 0, 0).topLeft(), tint)
                left += ICON + _GAP
            room = QRectF(left, 0, rect.width() - left, rect.height())
            used = paint_text(painter, room, self._words, color, TEXT, self._weight())
            if self._key:
                room.setLeft(left + used + _GAP)
                paint_text(painter, room, self._key, color, TEXT, 600)

    def _paint_ground(self, painter: QPainter, rect: QRectF, theme: Theme) -> QColor:
        """Paint what lies under the words; return the colour of the words."""
        is_hovered, is_down = self.underMouse() and self.isEnabled(), self.isDown() or self.isChecked()
        if self._kind is ButtonKind.LINK:
            return theme.accent if self.isEnabled() else theme.text3
        if self._kind is ButtonKind.QUIET:
            if is_hovered or is_down:
                paint_box(painter, rect, RADIUS_CONTROL, theme.press if is_down else theme.hover)
            return theme.text if is_hovered else theme.text2
        if self._kind is ButtonKind.PRIMARY and self.isEnabled():
            fill = theme.accent
            if is_down:
                fill = fill.darker(112)
            elif is_hovered:
                fill = fill.lighter(106)
            paint_box(painter, rect, RADIUS_CONTROL, fill)
            return theme.on_accent
        fill = theme.press if is_down else theme.hover if is_hovered else theme.raised
        paint_box(painter, rect, RADIUS_CONTROL, fill, theme.line2)
        return theme.text if self.isEnabled() else theme.text3

    def _content_width(self) -> float:
        width = text_width(self._words, TEXT, self._weight())
        if self._icon:
            width += ICON + _GAP
        if self._key:
            width += _GAP + text_width(self._key, TEXT, 600)
        return width

    def _weight(self) -> int:
        return {ButtonKind.PRIMARY: 600, ButtonKind.PLAIN: 500}.get(self._kind, 400)


class IconButton(QAbstractButton):
    """A button that is an icon; its name and key are told by tool tip and screen reader."""

    focus_radius = RADIUS_CONTROL

    def __init__(
        self,
        icon: str,
        name: str,
        key: str = "",
        *,
        checkable: bool = False,
        edge: int = CONTROL_HEIGHT,
        icon_size: int = ICON,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._icon_size = icon_size
        self.setCheckable(checkable)
        self.setFixedSize(edge, edge)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.set_name(name, key)

    def set_name(self, name: str, key: str = "") -> None:
        """Say what the button does now: "Undo", "Ctrl+Z"."""
        set_tooltip(self, f"{name}  {key}" if key else name)
        self.setAccessibleName(_spoken(name, key))

    def set_icon(self, icon: str) -> None:
        self._icon = icon
        self.update()

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        rect = QRectF(self.rect())
        is_hovered = self.underMouse() and self.isEnabled()
        with QPainter(self) as painter:
            if self.isChecked():
                paint_box(painter, rect, RADIUS_CONTROL, theme.accent_background, theme.accent)
            elif self.isDown() or is_hovered:
                paint_box(painter, rect, RADIUS_CONTROL, theme.press if self.isDown() else theme.hover)
            color = theme.text if self.isChecked() or is_hovered else theme.text2
            paint_centred_icon(painter, self._icon, rect, color if self.isEnabled() else theme.line2, self._icon_size)


class Chip(QAbstractButton):
    """A pill that filters a list, with the number of what it lets through."""

    focus_radius = 11

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = text
        self._count: int | None = None
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_count(None)

    def set_count(self, count: int | None) -> None:
        self._count = count
        self.setAccessibleName(self._shown())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(text_width(self._shown(), CAPTION, 500)) + 18, scaled(22))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        rect = QRectF(self.rect())
        with QPainter(self) as painter:
            if self.isChecked():
                paint_box(painter, rect, rect.height() / 2, theme.accent_background, theme.accent)
            else:
                paint_box(painter, rect, rect.height() / 2, theme.hover if self.underMouse() else None, theme.line2)
            color = theme.text if self.isChecked() else theme.text2
            paint_text(painter, rect, self._shown(), color, CAPTION, 500, _CENTRE)

    def _shown(self) -> str:
        return self._words if self._count is None else f"{self._words} {self._count:,}"


class Segmented(QWidget):
    """A switch between a few modes, one of which is always on; Left and Right move it."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """Make a switch of (key, words) options; the first is on."""
        super().__init__(parent)
        self._segments: dict[str, _Segment] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(2)
        for key, words in options:
            segment = _Segment(words, self)
            segment.clicked.connect(lambda _checked, key=key: self._on_clicked(key))
            self._segments[key] = segment
            row.addWidget(segment)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.choose(next(iter(self._segments)))

    @property
    def choice(self) -> str:
        return next(key for key, segment in self._segments.items() if segment.isChecked())

    def choose(self, key: str) -> None:
        """Show `key` as the one that is on, without telling anybody."""
        for each, segment in self._segments.items():
            segment.setChecked(each == key)
            segment.setFocusPolicy(Qt.FocusPolicy.StrongFocus if each == key else Qt.FocusPolicy.ClickFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        keys = list(self._segments)
        key = keys[(keys.index(self.choice) + step) % len(keys)]
        self._on_clicked(key)
        self._segments[key].setFocus(Qt.FocusReason.ShortcutFocusReason)  # the one reason that shows the ring

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            paint_box(painter, QRectF(self.rect()), RADIUS_CONTROL, theme.field if theme.is_dark else theme.window,
                      theme.line)  # fmt: skip

    def _on_clicked(self, key: str) -> None:
        is_new = key != self.choice if any(each.isChecked() for each in self._segments.values()) else True
        self.choose(key)
        if is_new:
            self.chosen.emit(key)


class _Segment(QAbstractButton):
    focus_radius = 4

    def __init__(self, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = words
        self.setAccessibleName(words)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def nextCheckState(self) -> None:
        """Leave the state to the switch, which knows the previous choice."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()  # the switch moves
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(round(text_width(self._words, TEXT, 500)) + 34, scaled(24))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        rect = QRectF(self.rect())
        with QPainter(self) as painter:
            if self.isChecked():
                fill = theme.press if theme.is_dark else theme.panel
                paint_box(painter, rect, 5, fill, theme.line2 if theme.is_dark else theme.line)
            color = theme.text if self.isChecked() or self.underMouse() else theme.text2
            paint_text(painter, rect, self._words, color, TEXT, 500, _CENTRE)


def _spoken(name: str, key: str) -> str:
    """Return what a screen reader says: "Undo, Control Z"."""
    if not key:
        return name
    return f"{name}, {key.replace('Ctrl', 'Control').replace('+', ' ')}"
