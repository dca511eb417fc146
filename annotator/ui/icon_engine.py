"""Lucide icons for what Qt paints itself: the engine behind the `QIcon` of actions and stock widgets."""

from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPixmap

from annotator.ui.icons import icon_image, paint_icon
from annotator.ui.theme import Role, theme_of_palette


def icon(name: str, role: Role = "text2", active_role: Role = "text") -> QIcon:
    """Return an icon that follows the theme, for actions and stock widgets.

    Args:
        name: file name in `resources/icons` without ".svg".
        role: its colour at rest.
        active_role: its colour under the pointer, selected or switched on.
    """
    return QIcon(LucideEngine(name, role, active_role))


class LucideEngine(QIconEngine):
    """Asks for the theme each time it paints, so that icons of actions follow a switch."""

    def __init__(self, name: str, role: Role, active_role: Role) -> None:
        super().__init__()
        self._name = name
        self._role: Role = role
        self._active_role: Role = active_role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        size = min(rect.width(), rect.height())
        left = rect.x() + (rect.width() - size) / 2
        top = rect.y() + (rect.height() - size) / 2
        paint_icon(painter, self._name, QPointF(left, top), self._color(mode, state), size)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return the icon; `size` is in device pixels."""
        edge = min(size.width(), size.height())
        return QPixmap.fromImage(icon_image(self._name, self._color(mode, state).rgba(), edge))

    def clone(self) -> QIconEngine:
        return LucideEngine(self._name, self._role, self._active_role)

    def _color(self, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        theme = theme_of_palette(QGuiApplication.palette())
        if mode is QIcon.Mode.Disabled:
            return theme.line2
        is_active = mode in (QIcon.Mode.Active, QIcon.Mode.Selected) or state is QIcon.State.On
        return theme.color(self._active_role if is_active else self._role)
