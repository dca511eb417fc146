"""Turning points of a stored picture into points of the displayed one, as EXIF asks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Turn:
    """How one stored picture becomes the displayed one.

    Attributes:
        orientation: EXIF, 1 to 8.
        width, height: of the stored picture.
    """

    orientation: int
    width: float
    height: float

    def points(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn (..., 2) points; their origin is the corner of the first pixel, before and after."""
        x, y = xy[..., 0], xy[..., 1]
        width, height = self.width, self.height
        if self.orientation >= 5:
            x, y, width, height = y, x, height, width
        # Once the axes are swapped, 5 to 8 need the same mirrorings as 1 to 4.
        if self.orientation in (2, 3, 6, 7):
            x = width - x
        if self.orientation in (3, 4, 7, 8):
            y = height - y
        return np.stack([x, y], axis=-1)

    def boxes(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn (..., 4) boxes (x, y, width, height)."""
        first = self.points(boxes[..., :2])
        second = self.points(boxes[..., :2] + boxes[..., 2:])
        low = np.minimum(first, second)
        return np.concatenate([low, np.maximum(first, second) - low], axis=-1)
