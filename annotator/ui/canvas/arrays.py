"""Hand numpy arrays to QPainter as they are: one call for thousands of lines or sprites."""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF
from PySide6.QtGui import QPainter, QPixmap
from shiboken6 import Shiboken

FRAGMENT_FIELDS = 10
"""A `QPainter.PixmapFragment` is ten doubles: x, y, source left and top, width, height, scale x and y, rotation,
opacity."""


def draw_lines(painter: QPainter, lines: NDArray[np.float64]) -> None:
    """Draw (N, 2, 2) lines, device pixels, with the painter's pen.

    A `QLineF` is four doubles, so that the array is a `QLineF[N]` in memory; it is only borrowed for the call.
    """
    if len(lines):
        lines = np.ascontiguousarray(lines, np.float64)
        painter.drawLines(cast(QLineF, Shiboken.wrapInstance(lines.ctypes.data, QLineF)), len(lines))


def draw_fragments(painter: QPainter, fragments: NDArray[np.float64], pixmap: QPixmap) -> None:
    """Draw (N, 10) fragments of a pixmap, in the order of `FRAGMENT_FIELDS`."""
    if len(fragments):
        fragments = np.ascontiguousarray(fragments, np.float64)
        first = Shiboken.wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment)
        painter.drawPixmapFragments(cast(QPainter.PixmapFragment, first), len(fragments), pixmap)
