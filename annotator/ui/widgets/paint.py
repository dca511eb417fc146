"""Painting that the kit and the lists' delegates share: boxes, bars, key caps, chips, one line of text."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from annotator.model.text import shown
from annotator.ui.icons import paint_icon
from annotator.ui.theme import CAPTION, ICON, RADIUS_CAP, SMALL, TEXT, Theme, scaled, ui_font

_CAP_PADDING: Final = 5
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def paint_box(
    painter: QPainter,
    rect: QRectF,
    radius: float,
    fill: QColor | None,
    border: QColor | None = None,
    border_width: float = 1.0,
) -> None:
    """Paint a rounded box whose border lies inside `rect`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    if border is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(rect, radius, radius)
        return
    painter.setPen(QPen(border, border_width))
    inset = border_width / 2
    painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset)


def paint_ground(painter: QPainter, rect: QRectF, color: QColor) -> None:
    """Fill `rect` to its edges; `QPainter.fillRect` would make PySide6 build two hundred names of gradients first."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRect(rect)


def paint_text(
    painter: QPainter,
    rect: QRectF,
    text: str,
    color: QColor,
    pixels: int = TEXT,
    weight: int = 400,
    align: Qt.AlignmentFlag = _LEFT,
) -> float:
    """Paint one line of plain text, elided in the middle where it does not fit; return the width it takes."""
    font = ui_font(pixels, weight)
    metrics = QFontMetricsF(font)
    line = shown(text).replace("\n", " ")
    width = metrics.horizontalAdvance(line)
    if width > rect.width() + 0.5:
        line = metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, rect.width())
        width = metrics.horizontalAdvance(line)
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(rect, align | Qt.TextFlag.TextSingleLine, line)
    return width


def text_width(text: str, pixels: int = TEXT, weight: int = 400) -> float:
    return QFontMetricsF(ui_font(pixels, weight)).horizontalAdvance(text)


def paint_progress(painter: QPainter, rect: QRectF, fraction: float, color: QColor, track: QColor) -> None:
    """Paint a bar with round ends, `fraction` of it filled."""
    radius = rect.height() / 2
    paint_box(painter, rect, radius, track)
    if fraction > 0:
        filled = QRectF(rect.topLeft(), QSizeF(max(rect.width() * min(fraction, 1), rect.height()), rect.height()))
        paint_box(painter, filled, radius, color)


def progress_colors(fraction: float, theme: Theme) -> tuple[QColor, QColor]:
    """Return the colours of a bar and its track: what is complete turns green."""
    return theme.ok if fraction >= 1 else theme.accent, theme.line2


def key_cap_size(key: str) -> QSizeF:
    """Return the size of a key cap."""
    height = scaled(20)
    return QSizeF(max(text_width(key, SMALL, 600) + 2 * _CAP_PADDING, height - 2), height)


def paint_key_cap(painter: QPainter, top_left: QPointF, key: str, theme: Theme) -> float:
    """Paint a key as it stands on the keyboard; return its width."""
    rect = QRectF(top_left, key_cap_size(key))
    paint_box(painter, rect, RADIUS_CAP, theme.raised, theme.line2)
    paint_text(painter, rect, key, theme.text, SMALL, 600, Qt.AlignmentFlag.AlignCenter)
    return rect.width()


def paint_state_chip(painter: QPainter, rect: QRectF, text: str, look: str, theme: Theme) -> None:
    """Paint the pill of a keypoint's state.

    Args:
        look: "set" for a decided state, "faint" for absent and to do, "next" for the guide's next keypoint.
    """
    radius = rect.height() / 2
    if look == "next":
        paint_box(painter, rect, radius, theme.accent)
        paint_text(painter, rect, text, theme.on_accent, CAPTION, 600, Qt.AlignmentFlag.AlignCenter)
        return
    paint_box(painter, rect, radius, theme.raised if look == "set" else None, theme.line)
    color = theme.text if look == "set" else theme.text3
    paint_text(painter, rect, text, color, CAPTION, 400, Qt.AlignmentFlag.AlignCenter)


def paint_centred_icon(painter: QPainter, name: str, rect: QRectF, color: QColor, size: int = ICON) -> None:
    """Paint an icon in the middle of `rect`, on whole pixels."""
    left = round(rect.x() + (rect.width() - size) / 2)
    top = round(rect.y() + (rect.height() - size) / 2)
    paint_icon(painter, name, QPointF(left, top), color, size)
