"""The live layer: what moves with the pointer, as items that know their rectangle, so that only changes repaint."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QRegion


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One thing on the canvas.

    Attributes:
        key: equal keys and rectangles look equal.
        rect: device pixels that it may touch.
        paint: draws it with a painter in device pixels; antialiasing is on.
    """

    key: tuple[object, ...]
    rect: QRect
    paint: Callable[[QPainter], None]


class LiveLayer:
    """The items on show, lowest first."""

    def __init__(self) -> None:
        self._items: dict[tuple[object, ...], Item] = {}

    def replace(self, items: Iterable[Item]) -> QRegion:
        """Show other items; return what must be repainted."""
        fresh = {(*item.key, item.rect.getRect()): item for item in items}
        changed = QRegion()
        for key in fresh.keys() ^ self._items.keys():
            changed += (fresh.get(key) or self._items[key]).rect
        self._items = fresh
        return changed

    def paint(self, painter: QPainter, region: QRegion) -> None:
        """Paint what touches the region."""
        for item in self._items.values():
            if region.intersects(item.rect):
                item.paint(painter)
