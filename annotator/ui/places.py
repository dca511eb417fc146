"""Where windows are on the screens: remembered, and brought back where a screen is gone."""

from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from annotator.session.settings import Rectangle, WindowLayout

_DESIGNED: Final = QSize(1440, 900)
_HEAD: Final = QSize(120, 24)
"""What of a window's top left corner must lie on a screen, to be dragged by."""


def place_window(window: QWidget, layout: WindowLayout) -> None:
    """Put a window that is not shown yet where it was left, else let the desktop put it."""
    screen = window.screen()
    room = screen.availableSize() if screen is not None else _DESIGNED
    window.resize(_DESIGNED.boundedTo(room))
    if layout.normal is not None and is_reachable(place := rect_of(layout.normal)):
        window.resize(place.size())
        window.move(place.topLeft())
    if layout.is_maximized:
        window.setWindowState(Qt.WindowState.WindowMaximized)


def window_layout(window: QWidget) -> WindowLayout:
    """Return where a window is now, and where it goes back to from its maximum."""
    normal = window.normalGeometry() if window.isMaximized() else QRect(window.pos(), window.size())
    return WindowLayout(rectangle_of(normal), window.isMaximized())


def is_reachable(place: QRect) -> bool:
    """Return whether enough of a window's head lies on a screen to take hold of it."""
    head = QRect(place.topLeft(), _HEAD.boundedTo(place.size()))
    shown = [screen.availableGeometry() & head for screen in QGuiApplication.screens()]
    return any(2 * part.width() >= head.width() and 2 * part.height() >= head.height() for part in shown)


def rectangle_of(rect: QRect) -> Rectangle:
    return Rectangle(rect.x(), rect.y(), rect.width(), rect.height())


def rect_of(rectangle: Rectangle) -> QRect:
    return QRect(rectangle.x, rectangle.y, rectangle.width, rectangle.height)
