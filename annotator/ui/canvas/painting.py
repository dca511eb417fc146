"""Painters that always end, and regions as rectangles."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil, floor

from PySide6.QtCore import QRect
from PySide6.QtGui import QPaintDevice, QPainter, QRegion


@contextmanager
def painting(device: QPaintDevice) -> Iterator[QPainter]:
    """Paint on a device; the painter ends even when an error does, else Qt aborts with the device."""
    painter = QPainter(device)
    try:
        yield painter
    finally:
        painter.end()


def rects_of(region: QRegion) -> list[QRect]:
    """Return the rectangles of a region."""
    found: list[QRect] = list(region)  # type: ignore[call-overload]  # the stubs do not know that it can be iterated
    return found


def scaled_region(region: QRegion, factor: float) -> QRegion:
    """Return the region in other pixels, rounded outwards."""
    if factor == 1:
        return region
    scaled = QRegion()
    for rect in rects_of(region):
        left, top = floor(rect.x() * factor), floor(rect.y() * factor)
        right, bottom = ceil((rect.x() + rect.width()) * factor), ceil((rect.y() + rect.height()) * factor)
        scaled += QRect(left, top, right - left, bottom - top)
    return scaled
