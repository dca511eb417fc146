"""The message bar: one message at a time, at the bottom left of what it speaks about."""

from functools import partial

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from annotator.session.messages import Message, MessageKind
from annotator.ui.theme import RADIUS_CARD, Role, theme_of
from annotator.ui.widgets.buttons import Button, IconButton
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.paint import paint_box
from annotator.ui.widgets.surfaces import IconLabel

SHOWN_MS = 6000
_WIDEST = 480
_WIDEST_TITLE = 300  # a longer one elides
_EDGE = 12  # distance to the edges of the parent
_ICONS = {
    MessageKind.OK: "circle-check",
    MessageKind.INFO: "info",
    MessageKind.WARN: "triangle-alert",
    MessageKind.BAD: "circle-alert",
}
_ROLES: dict[MessageKind, Role] = {
    MessageKind.OK: "ok",
    MessageKind.INFO: "info",
    MessageKind.WARN: "warn",
    MessageKind.BAD: "bad",
}


class MessageBar(QWidget):
    """Shows messages over its parent and keeps to the parent's corner.

    A message goes after six seconds, later while the pointer rests on it; one that stays has a close button.
    """

    acted = Signal(str)
    """A button was pressed: its command id."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._ground = parent
        self._message: Message | None = None
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self.dismiss)
        self._icon = IconLabel("info")
        self._title = PlainLabel(weight=600)
        self._line = PlainLabel(role="text2", wraps=True)
        self._close = IconButton("x", "Dismiss", edge=24, icon_size=14)
        self._close.clicked.connect(self.dismiss)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._build()
        self.hide()
        parent.installEventFilter(self)

    @property
    def message(self) -> Message | None:
        """The message on show."""
        return self._message

    def show_message(self, message: Message) -> None:
        """Show `message` in place of the one before."""
        self._message = message
        role = _ROLES[message.kind]
        self._icon.set_icon(_ICONS[message.kind], role)
        self._title.setText(message.title)
        self._title.setMinimumWidth(min(self._title.sizeHint().width(), _WIDEST_TITLE))
        self._line.setText(message.line)
        self._line.setVisible(bool(message.line))
        self._close.setVisible(message.stays)
        self._set_buttons(message.buttons)
        self.setAccessibleName(f"{message.title}. {message.line}" if message.line else message.title)
        self._place()
        self.show()
        self.raise_()
        self._timer.stop()
        if not message.stays:
            self._timer.start()

    def dismiss(self) -> None:
        self._timer.stop()
        self._message = None
        self.hide()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._message is not None and not self._message.stays:
            self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self._message is not None:
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        kind = self._message.kind if self._message else MessageKind.INFO
        with QPainter(self) as painter:
            paint_box(painter, QRectF(self.rect()), RADIUS_CARD, theme.panel, theme.color(_ROLES[kind]))

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._line)
        said = QHBoxLayout()
        said.setSpacing(10)
        said.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        said.addLayout(words, 1)
        self._buttons.addStretch(1)
        self._buttons.addWidget(self._close)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(12, 10, 10, 10)
        self._row.setSpacing(10)
        self._row.addLayout(said, 1)
        self._row.addLayout(self._buttons)

    def _set_buttons(self, buttons: tuple[tuple[str, str], ...]) -> None:
        for old in self.findChildren(Button):
            self._buttons.removeWidget(old)
            old.hide()
            old.deleteLater()
        for k, (label, command) in enumerate(buttons):
            button = Button(label)
            button.clicked.connect(partial(self._on_button, command))
            self._buttons.insertWidget(k + 1, button)
            button.show()

    def _on_button(self, command: str, _checked: bool = False) -> None:
        self.dismiss()
        self.acted.emit(command)

    def _place(self) -> None:
        """Take the size that the words need and move to the corner."""
        room = self._ground.width() - 2 * _EDGE
        self._row.setDirection(QBoxLayout.Direction.LeftToRight)
        self._row.activate()
        if self._row.minimumSize().width() > room:  # the buttons go below the words
            self._row.setDirection(QBoxLayout.Direction.TopToBottom)
            self._row.activate()
        width = min(self._row.sizeHint().width(), _WIDEST, room)
        height = self._row.heightForWidth(width) if self._row.hasHeightForWidth() else self._row.sizeHint().height()
        self.setGeometry(_EDGE, self._ground.height() - height - _EDGE, width, height)
