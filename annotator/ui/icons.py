"""Lucide icons, tinted with the theme's colours and drawn sharp at any size and screen density."""

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from annotator.bundle import bundled
from annotator.session.settings import SideColours
from annotator.ui.theme import ICON, SIDES

if TYPE_CHECKING:  # the first window has none of them, and Qt classes cost time when first used
    from PySide6.QtGui import QIcon

STROKE: Final = 1.75
"""Line width in the icons' own 24 px grid."""


def paint_icon(painter: QPainter, name: str, top_left: QPointF | QPoint, color: QColor, size: int = ICON) -> None:
    """Paint an icon of `size` logical pixels."""
    ratio = painter.device().devicePixelRatioF()
    image = icon_image(name, color.rgba(), round(size * ratio))
    painter.drawImage(QRectF(top_left.x(), top_left.y(), size, size), image)


def paint_mark(painter: QPainter, top_left: QPointF | QPoint, edge: float, link: QColor) -> None:
    """Paint the program's mark: three keypoints, one of each side, joined by two limbs."""
    unit = edge / 30
    top, left, right = (
        QPointF(top_left.x() + x * unit, top_left.y() + y * unit) for x, y in ((15, 6.5), (6.5, 22.5), (23.5, 22.5))
    )
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(link, 2.2 * unit))
    painter.drawLine(top, left)
    painter.drawLine(top, right)
    painter.setPen(Qt.PenStyle.NoPen)
    sides = SIDES[SideColours.OKABE_ITO]
    for centre, color in ((top, sides.centre), (left, sides.right), (right, sides.left)):
        painter.setBrush(color)
        painter.drawEllipse(centre, 5 * unit, 5 * unit)
    painter.restore()


def app_icon() -> "QIcon":
    """Return the mark as the icon of windows and task bars."""
    from PySide6.QtGui import QIcon, QPixmap

    found = QIcon()
    for edge in (16, 32, 64, 256):
        pixmap = QPixmap(edge, edge)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            paint_mark(painter, QPointF(0, 0), edge, QColor("#8A93A0"))
        found.addPixmap(pixmap)
    return found


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
