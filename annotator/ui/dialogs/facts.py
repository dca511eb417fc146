"""What import and export show alike: a table of facts, and a banner with what is good, doubtful or wrong."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from annotator.session.messages import MessageKind
from annotator.ui.theme import TEXT, Role, scaled, theme_of
from annotator.ui.widgets.buttons import Button
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.paint import paint_text, text_width
from annotator.ui.widgets.surfaces import Card, IconLabel

_ROW: Final = 22
_LOOKS: Final[dict[MessageKind, tuple[str, Role, Role]]] = {
    MessageKind.OK: ("shield-check", "ok", "ok_background"),
    MessageKind.INFO: ("info", "info", "raised"),
    MessageKind.WARN: ("triangle-alert", "warn", "warn_background"),
    MessageKind.BAD: ("circle-alert", "bad", "bad_background"),
}
_MOST_LINES: Final = 6


class Facts(QWidget):
    """Names and values in two columns."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[tuple[str, str]] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def rows(self) -> Sequence[tuple[str, str]]:
        return self._rows

    def show_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        self._rows = rows
        self.setAccessibleName(". ".join(f"{name}: {value}" for name, value in rows))
        self.setFixedHeight(max(len(rows), 1) * scaled(_ROW))
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.show_rows(self._rows)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        left = max((text_width(name, TEXT) for name, _ in self._rows), default=0) + 18
        with QPainter(self) as painter:
            for k, (name, value) in enumerate(self._rows):
                row = QRectF(0, k * scaled(_ROW), self.width(), scaled(_ROW))
                paint_text(painter, row, name, theme.text2)
                paint_text(painter, row.adjusted(left, 0, 0, 0), value, theme.text, TEXT, 500)


class Banner(Card):
    """A title, some lines, and buttons, in the colour of what they say."""

    def __init__(self) -> None:
        super().__init__()
        self._icon = IconLabel("info")
        self._title = PlainLabel(weight=600, wraps=True)
        self._lines = PlainLabel(role="text2", wraps=True)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._title)
        words.addWidget(self._lines)
        words.addLayout(self._buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(10)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self._buttons.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.hide()

    @property
    def words(self) -> str:
        """What it says, or "" while it says nothing."""
        return f"{self._title.text()}\n{self._lines.text()}" if not self.isHidden() else ""

    def add_button(self, button: Button) -> None:
        self._buttons.insertWidget(self._buttons.count() - 1, button)

    def say(self, kind: MessageKind, title: str, lines: Sequence[str] = ()) -> None:
        """Show a title and lines; beyond some lines, how many more there are."""
        icon, role, ground = _LOOKS[kind]
        self.set_look(ground, role)
        self._icon.set_icon(icon, role)
        self._title.setText(title)
        more = len(lines) - _MOST_LINES
        shown = [*lines[:_MOST_LINES], f"and {more:,} more"] if more > 0 else list(lines)
        self._lines.setText("\n".join(shown))
        self._lines.setVisible(bool(shown))
        self.setAccessibleName(f"{title}. {' '.join(shown)}")
        self.show()
