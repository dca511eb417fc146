"""The key map: a drawn keyboard that says what every key does; a key pressed in it is explained, not run."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from annotator.session.commands.contract import Command, KeyKind
from annotator.session.commands.registry import commands
from annotator.ui.dialogs.key_layout import (
    MOUSE,
    UNITS,
    Cap,
    Entry,
    by_key,
    keyboard,
    matches,
    sentence_of,
    with_ctrl,
    with_shift,
)
from annotator.ui.keys import key_name
from annotator.ui.theme import CAPTION, RADIUS_CONTROL, SMALL, TEXT, Role, scaled, theme_of
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.fields import SearchField
from annotator.ui.widgets.labels import PlainLabel, set_tooltip
from annotator.ui.widgets.paint import key_cap_size, paint_box, paint_key_cap, paint_text, text_width
from annotator.ui.widgets.surfaces import Divider

WIDTH: Final = 1140
_CAP_HEIGHT: Final = 48
_GAP: Final = 5
_ROW: Final = 22
_HINT: Final = "Dim keys are free. Press any key to find its command."
_STRIPES: Final[dict[KeyKind, Role]] = {
    KeyKind.PLACE: "accent",
    KeyKind.STATE: "warn",
    KeyKind.GO: "info",
    KeyKind.POSE: "ok",
    KeyKind.VIEW: "text2",
    KeyKind.APPLICATION: "control",
}
_MODIFIERS: Final = (
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_CapsLock,
)


class KeyMap(Dialog):
    """Shows all keys. F6 goes to the search and back; Escape closes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "Keys", has_foot=False)
        self._content = QWidget()
        self._commands = commands()
        self._keys = by_key(self._commands.values())
        self._search = SearchField("Find a command, or press a key")
        self._search.setFixedWidth(256)
        self._board = Keyboard(keyboard(self._keys))
        ctrl = with_ctrl(self._keys)
        half = max((len(ctrl) + 1) // 2, len(MOUSE))
        self._columns = (
            KeyColumn("Mouse on the canvas", [Entry(cap, words) for cap, words in MOUSE]),
            KeyColumn("With Shift or Alt", with_shift(self._keys)),
            KeyColumn("With Ctrl", ctrl[:half]),
            KeyColumn("", ctrl[half:]),
        )
        self._said = PlainLabel(_HINT, "text2", pixels=CAPTION)
        self._said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._lay_out()
        self._search.textChanged.connect(self._on_searched)
        self._board.pressed.connect(self._on_pressed)
        self._board.setFocus()

    @property
    def sentence(self) -> str:
        """What the line beside the legend says."""
        return self._said.text()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F6:
            (self._board if self._search.hasFocus() else self._search).setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, self._content.sizeHint().height() + scaled(44) + 6)

    def _lay_out(self) -> None:
        self.add_to_head(self._search)
        area = QScrollArea()  # the largest text is taller than the smallest window
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setWidget(self._content)
        area.viewport().setAutoFillBackground(False)
        self._content.setAutoFillBackground(False)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(area)
        parts = QVBoxLayout(self._content)
        parts.setContentsMargins(19, 12, 19, 14)
        parts.setSpacing(10)
        parts.addWidget(self._board)
        legend = QHBoxLayout()
        legend.setSpacing(24)
        for kind in KeyKind:
            legend.addWidget(_Legend(kind))
        legend.addWidget(self._said, 1)
        parts.addLayout(legend)
        parts.addWidget(Divider())
        columns = QHBoxLayout()
        columns.setSpacing(20)
        for column in self._columns:
            columns.addWidget(column, 1, Qt.AlignmentFlag.AlignTop)
        parts.addLayout(columns)
        parts.addStretch(1)

    def _on_pressed(self, key: str) -> None:
        command = self._keys.get(key)
        self._say(sentence_of(command, key) if command else f"{key} is free")
        self._mark([command] if command else [], key)

    def _on_searched(self, text: str) -> None:
        found = [c for c in self._commands.values() if text.strip() and matches(c, text)]
        with_key = [command for command in found if command.keys]
        if not text.strip():
            self._say(_HINT)
        elif not found:
            self._say(f"No command matches “{text.strip()}”")
        elif len(found) == 1:
            command = found[0]
            self._say(sentence_of(command, " or ".join(command.keys)) if command.keys else f"{command.title}: no key")
        else:
            self._say(f"{len(found)} commands, {len(with_key)} of them with a key")
        self._mark(found, "", dim_others=bool(text.strip()))

    def _say(self, sentence: str) -> None:
        self._said.setText(sentence)

    def _mark(self, found: Sequence[Command], key: str, *, dim_others: bool = False) -> None:
        ids = frozenset(command.id for command in found)
        self._board.mark(ids, key, dim_others)
        for column in self._columns:
            column.mark(ids, dim_others)


class Keyboard(QWidget):
    """The drawn keyboard. While it has the focus every key is explained, Tab as well; Escape goes to the dialog."""

    pressed = Signal(str)
    """A key, as commands declare it."""

    def __init__(self, rows: Sequence[Sequence[Cap]]) -> None:
        super().__init__()
        self._rows = rows
        self._marked: frozenset[str] = frozenset()
        self._key = ""
        self._dims_others = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Keyboard: press a key to hear what it does. F6 goes to the search")
        self.setFixedHeight(len(rows) * (scaled(_CAP_HEIGHT) + _GAP) - _GAP)

    def mark(self, ids: frozenset[str], key: str, dims_others: bool) -> None:
        """Light up the caps of commands, and of one key; dim the rest when a search asks for it."""
        self._marked, self._key, self._dims_others = ids, key, dims_others
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH - 40, self.height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            cap = self._cap_at(QPointF(event.pos()))
            set_tooltip(self, sentence_of(cap.command, cap.label) if cap is not None and cap.command else "")
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_F6):
            event.ignore()
        elif event.key() not in _MODIFIERS and not event.isAutoRepeat():
            self.pressed.emit(key_name(event))

    def focusNextPrevChild(self, _next: bool) -> bool:
        return False  # Tab is a key like any other here

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            for cap, rect in self._placed():
                self._paint_cap(painter, cap, rect)

    def _placed(self) -> list[tuple[Cap, QRectF]]:
        unit = (self.width() + _GAP) / UNITS
        height = scaled(_CAP_HEIGHT)
        return [
            (cap, QRectF(round(cap.x * unit), row * (height + _GAP), round(cap.width * unit) - _GAP, height))
            for row, caps in enumerate(self._rows)
            for cap in caps
        ]

    def _cap_at(self, place: QPointF) -> Cap | None:
        return next((cap for cap, rect in self._placed() if rect.contains(place)), None)

    def _paint_cap(self, painter: QPainter, cap: Cap, rect: QRectF) -> None:
        theme = theme_of(self)
        is_marked = self._is_marked(cap)
        is_dim = not cap.words or (self._dims_others and not is_marked)
        if is_marked:
            paint_box(painter, rect, RADIUS_CONTROL, theme.accent_background, theme.accent, 1.5)
        else:
            paint_box(painter, rect, RADIUS_CONTROL, None if is_dim else theme.raised, theme.line if is_dim else
                      theme.line2)  # fmt: skip
        room = rect.adjusted(8, 4, -4, 0)
        room.setHeight(scaled(18))
        paint_text(painter, room, cap.label, theme.text3 if is_dim else theme.text, TEXT, 600)
        if not cap.words:
            return
        room = QRectF(rect.x() + 8, rect.bottom() - scaled(24), rect.width() - 9, scaled(16))
        paint_text(painter, room, cap.words, theme.text3 if is_dim else theme.text2, SMALL)
        if not is_dim:
            stripe = QRectF(rect.x() + 1.5, rect.bottom() - 3.5, rect.width() - 3, 3)
            paint_box(painter, stripe, 1.5, theme.color(_STRIPES[cap.kind]))

    def _is_marked(self, cap: Cap) -> bool:
        if cap.command is not None and cap.command.id in self._marked:
            return True
        held, _, last = self._key.rpartition("+")
        if not self._key or not cap.key:
            return False
        return cap.key == self._key or cap.key == last or (cap.key.endswith("+") and cap.key[:-1] in held.split("+"))


class KeyColumn(QWidget):
    """Lines of keys and what they do, under a title."""

    def __init__(self, title: str, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._entries = list(entries)
        self._marked: frozenset[str] = frozenset()
        self._dims_others = False
        self._caps_width = max((key_cap_size(entry.cap).width() for entry in entries), default=0.0)
        self.setAccessibleName(". ".join([title, *(f"{entry.cap}: {entry.words}" for entry in entries)]))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        head = PlainLabel(title, weight=600)
        head.setFixedHeight(scaled(20))
        column.addWidget(head)
        column.addStretch(1)
        self.setFixedHeight(scaled(24) + len(self._entries) * scaled(_ROW))

    def mark(self, ids: frozenset[str], dims_others: bool) -> None:
        self._marked, self._dims_others = ids, dims_others
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        height = scaled(_ROW)
        left = self._caps_width + 14
        with QPainter(self) as painter:
            for k, entry in enumerate(self._entries):
                row = QRectF(0, scaled(24) + k * height, self.width(), height)
                is_marked = any(command.id in self._marked for command in entry.commands)
                if is_marked:
                    paint_box(painter, row.adjusted(0, 0, 0, -1), 4, theme.accent_background)
                paint_key_cap(painter, QPointF(0, row.y() + (height - scaled(20)) // 2), entry.cap, theme)
                color: QColor = theme.text3 if self._dims_others and not is_marked else theme.text2
                paint_text(painter, row.adjusted(left, 0, 0, 0), entry.words, theme.text if is_marked else color)


class _Legend(QWidget):
    """What the colour of a stripe means."""

    def __init__(self, kind: KeyKind) -> None:
        super().__init__()
        self._kind = kind
        self.setFixedSize(round(text_width(kind, CAPTION)) + 22, scaled(18))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            paint_box(painter, QRectF(0, self.height() / 2 - 2, 14, 4), 2, theme.color(_STRIPES[self._kind]))
            paint_text(painter, QRectF(self.rect()).adjusted(20, 0, 2, 0), self._kind, theme.text2, CAPTION)
