"""Small dark cards on the canvas: labels, tags, captions, the guide's callout; each drawn once and kept."""

from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap

from annotator.model.sides import Side
from annotator.model.text import shown
from annotator.session.scene import Callout
from annotator.ui.canvas.painting import painting
from annotator.ui.theme import CALLOUT, DARK, RADIUS_CAP, RADIUS_CARD, TAG, TAG_TEXT, Sides, ui_font

CALLOUT_HEIGHT = 62
_SHORT_CALLOUT_HEIGHT = 34
_HEIGHT = 18
_PADDING = 6
_DOT = 6
_KEPT = 512

Run = tuple[str, int]
"""Text and its weight."""


class Pills:
    """Makes and keeps the cards of one screen, as pixmaps in device pixels."""

    def __init__(self, ratio: float, sides: Sides) -> None:
        self.ratio = ratio
        self._sides = sides
        self._kept: OrderedDict[tuple[object, ...], QPixmap] = OrderedDict()

    def label(self, name: str, side: Side) -> QPixmap:
        """Return the name of a keypoint with a dot of its side."""
        return self._cached(("label", name, side), lambda: self._row([(name, 500)], self._sides.color(side)))

    def tag(self, runs: tuple[Run, ...]) -> QPixmap:
        """Return a line of text in runs of different weight."""
        return self._cached(("tag", runs), lambda: self._row(list(runs), None))

    def callout(self, callout: Callout) -> QPixmap:
        """Return the guide's card: the next keypoint and its keys, or its name alone when there are no keys."""
        return self._cached(("callout", callout), lambda: self._callout(callout))

    def _cached(self, key: tuple[object, ...], make: Callable[[], QPixmap]) -> QPixmap:
        if key not in self._kept:
            self._kept[key] = make()
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _row(self, runs: list[Run], dot: QColor | None) -> QPixmap:
        gap = 7.0
        widths = [_advance(ui_font(11, weight), text) for text, weight in runs]
        start = _PADDING + (_DOT + 5 if dot is not None else 0)
        width = start + sum(widths) + gap * (len(runs) - 1) + _PADDING
        pixmap = self._blank(width, _HEIGHT)
        with painting(pixmap) as painter:
            self._set_up(painter)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(TAG)
            painter.drawRoundedRect(QRectF(0, 0, width, _HEIGHT), RADIUS_CAP, RADIUS_CAP)
            if dot is not None:
                painter.setBrush(dot)
                painter.drawEllipse(QRectF(_PADDING, (_HEIGHT - _DOT) / 2, _DOT, _DOT))
            x = float(start)
            for (text, weight), advance in zip(runs, widths, strict=True):
                _text(painter, x, 0, _HEIGHT, text, ui_font(11, weight), TAG_TEXT)
                x += advance + gap
        return pixmap

    def _callout(self, callout: Callout) -> QPixmap:
        title, caption, key_font = ui_font(13, 600), ui_font(11, 400), ui_font(10, 600)
        caps = [(key, _advance(key_font, key) + 10, text, _advance(caption, text)) for key, text in callout.keys]
        keys_width = sum(cap + 6 + text for _, cap, _, text in caps) + 10 * max(len(caps) - 1, 0)
        position_width = _advance(caption, callout.position)
        width = 24 + max(18 + _advance(title, callout.name) + 20 + position_width, keys_width)
        height = CALLOUT_HEIGHT if caps else _SHORT_CALLOUT_HEIGHT
        pixmap = self._blank(width, height)
        with painting(pixmap) as painter:
            self._set_up(painter)
            painter.setPen(QPen(DARK.line, 1))
            painter.setBrush(CALLOUT)
            painter.drawRoundedRect(QRectF(0.5, 0.5, width - 1, height - 1), RADIUS_CARD, RADIUS_CARD)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._sides.color(Side(callout.side)))
            painter.drawEllipse(QPointF(17, 17), 5.5, 5.5)
            _text(painter, 30, 5, 24, callout.name, title, DARK.text)
            _text(painter, width - 12 - position_width, 5, 24, callout.position, caption, DARK.text2)
            x = 12.0
            for key, cap_width, text, text_width in caps:
                painter.setPen(QPen(DARK.line2, 1))
                painter.setBrush(DARK.raised)
                painter.drawRoundedRect(QRectF(x + 0.5, 34.5, cap_width - 1, 17), RADIUS_CAP, RADIUS_CAP)
                _text(painter, x + 5, 34, 18, key, key_font, DARK.text)
                _text(painter, x + cap_width + 6, 34, 18, text, caption, DARK.text2)
                x += cap_width + 6 + text_width + 10
        return pixmap

    def _blank(self, width: float, height: float) -> QPixmap:
        pixmap = QPixmap(ceil(width * self.ratio), ceil(height * self.ratio))
        pixmap.fill(Qt.GlobalColor.transparent)
        return pixmap

    def _set_up(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.ratio, self.ratio)


def _advance(font: QFont, text: str) -> float:
    return QFontMetricsF(font).horizontalAdvance(shown(text))


def _text(painter: QPainter, x: float, y: float, height: float, text: str, font: QFont, color: QColor) -> None:
    """Write a line of text, its capitals centred in `height`."""
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(QPointF(x, y + (height + QFontMetricsF(font).capHeight()) / 2), shown(text))
