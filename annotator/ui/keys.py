"""Keys to commands: one event filter on the window, fed from the command declarations."""

import re
from collections.abc import Callable

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QWidget,
)

from annotator.session.commands.contract import Command, Scope
from annotator.session.commands.registry import commands

_NAMES = {"Return": "Enter", "Ins": "Insert", "Del": "Delete", "Esc": "Escape", "Backtab": "Tab"}
_FUNCTION_KEY = re.compile(r"(^|\+)F\d+$")
_FOR_WIDGETS = frozenset(
    ["Tab", "Shift+Tab", "Enter", "Space", "Left", "Right", "Up", "Down", "Shift+Up", "Shift+Down", "Delete"]
)
"""Keys that a focused list or button uses itself; the canvas has them only while it has the focus."""


def key_name(event: QKeyEvent) -> str:
    """Return a key as the declarations write it: "Ctrl+Shift+Z", "?", "Shift+Tab"."""
    if event.text() in ("?", "+", "-", "=") and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return event.text()
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    name = QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key()))).toString(
        QKeySequence.SequenceFormat.PortableText
    )
    *held, key = name.split("+") if not name.endswith("++") else (*name[:-2].split("+"), "+")
    return "+".join((*held, _NAMES.get(key, key)))


class Keys(QObject):
    """Runs the command of a key.

    Args:
        window: whose keys.
        canvas: has the canvas's keys to itself while it has the focus.
        run: runs a command by id.
        release: ends a held command by id.
        is_dragging_space: whether Space just panned, so that letting it go accepts nothing.
    """

    def __init__(
        self,
        window: QWidget,
        canvas: QWidget,
        run: Callable[[str], None],
        release: Callable[[str], None],
        was_space_dragged: Callable[[], bool],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._canvas = canvas
        self._run = run
        self._release = release
        self._was_space_dragged = was_space_dragged
        self._by_key = {key: command for command in commands().values() for key in command.keys}
        self._held: dict[int, Command] = {}
        self.is_enabled = True
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    def close(self) -> None:
        """Stop listening."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride):
            return False
        if not self.is_enabled or not isinstance(watched, QWidget) or not isinstance(event, QKeyEvent):
            return False
        if not self._is_ours(watched.window()):
            return False
        if watched is not QApplication.focusWidget() and QApplication.focusWidget() is not None:
            return False
        if kind == QEvent.Type.KeyRelease:
            return self._on_release(event)
        command = self._by_key.get(key_name(event))
        if command is None or not self._belongs(command, key_name(event), QApplication.focusWidget()):
            return False
        if kind == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return self._on_press(command, event)

    def _is_ours(self, window: QWidget) -> bool:
        """Return whether a window has the keyboard and is ours: the one, or a dock torn off from it."""
        if isinstance(window, QDockWidget):
            docked_in = window.parentWidget()
            return window.isActiveWindow() and docked_in is not None and docked_in.window() is self._window
        return window is self._window and window.isActiveWindow()

    def _belongs(self, command: Command, key: str, focus: QWidget | None) -> bool:
        """Return whether the key is the command's while this widget has the focus."""
        typing = isinstance(focus, (QLineEdit, QAbstractSpinBox)) or (
            isinstance(focus, QComboBox) and focus.isEditable()
        )
        if typing:
            return (
                command.scope is Scope.EVERYWHERE
                and ("Ctrl+" in key or _FUNCTION_KEY.search(key) is not None)
                and key not in ("Ctrl+Z", "Ctrl+Y")
            )
        if command.scope is Scope.EVERYWHERE or focus in (None, self._canvas) or isinstance(focus, QDockWidget):
            return True
        if isinstance(focus, QAbstractButton) and key in ("Space", "Enter"):
            return False
        return key not in _FOR_WIDGETS

    def _on_press(self, command: Command, event: QKeyEvent) -> bool:
        if command.id == "label.space":
            if not event.isAutoRepeat():
                self._held[event.key()] = command
            return False  # the canvas sees it too: held, it pans
        if command.release is not None:
            if not event.isAutoRepeat():
                self._held[event.key()] = command
                self._run(command.id)
            return True
        self._run(command.id)
        return True

    def _on_release(self, event: QKeyEvent) -> bool:
        if event.isAutoRepeat():
            return False
        command = self._held.pop(event.key(), None)
        if command is None:
            return False
        if command.id == "label.space":
            if not self._was_space_dragged():
                self._run(command.id)
            return False
        self._release(command.id)
        return True
