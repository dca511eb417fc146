"""Lucide icons, tinted with the theme's colours and drawn sharp at any size and screen density."""

from functools import cache, lru_cache
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QImage, QPainter, QPixmap

from annotator.bundle import bundled
from annotator.ui.theme import ICON, Role, theme_of_palette

STROKE: Final = 1.75
"""Line width in the icons' own 24 px grid."""


def icon(name: str, role: Role = "text2", active_role: Role = "text") -> QIcon:
    """Return an icon that follows the theme, for actions and stock widgets.

    Args:
        name: file name in `resources/icons` without ".svg".
        role: its colour at rest.
        active_role: its colour under the pointer, selected or switched on.
    """
    return QIcon(_LucideEngine(name, role, active_role))


def paint_icon(painter: QPainter, name: str, top_left: QPointF | QPoint, color: QColor, size: int = ICON) -> None:
    """Paint an icon of `size` logical pixels."""
    ratio = painter.device().devicePixelRatioF()
    image = icon_image(name, color.rgba(), round(size * ratio))
    painter.drawImage(QRectF(top_left.x(), top_left.y(), size, size), image)


@lru_cache(maxsize=512)
def icon_image(name: str, rgba: int, size: int) -> QImage:
    """Return an icon as a square image of `size` device pixels."""
    from PySide6.QtSvg import QSvgRenderer

    color = QColor.fromRgba(rgba)
    svg = _svg(name).replace("currentColor", color.name()).replace('stroke-width="2"', f'stroke-width="{STROKE}"')
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setOpacity(color.alphaF())
    QSvgRenderer(svg.encode()).render(painter)
    painter.end()
    return image


@cache
def _svg(name: str) -> str:
    return bundled("resources", "icons", f"{name}.svg").read_text(encoding="utf-8")


class _LucideEngine(QIconEngine):
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
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:  # noqa: N802
        edge = min(size.width(), size.height())
        pixmap = QPixmap.fromImage(icon_image(self._name, self._color(mode, state).rgba(), edge))
        pixmap.setDevicePixelRatio(scale)
        return pixmap

    def clone(self) -> QIconEngine:
        return _LucideEngine(self._name, self._role, self._active_role)

    def _color(self, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        theme = theme_of_palette(QGuiApplication.palette())
        if mode is QIcon.Mode.Disabled:
            return theme.line2
        is_active = mode in (QIcon.Mode.Active, QIcon.Mode.Selected) or state is QIcon.State.On
        return theme.color(self._active_role if is_active else self._role)
