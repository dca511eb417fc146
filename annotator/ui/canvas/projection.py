"""From image pixels to device pixels: what the painters work in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect

from annotator.model.instance import Box
from annotator.session.view import View

_FARTHEST = 1e6  # device pixels: off every screen


@dataclass(frozen=True, slots=True)
class Projection:
    """device = image * scale + (x, y).

    Attributes:
        scale: device pixels per image pixel.
        ratio: device pixels per screen pixel.
    """

    scale: float
    x: float
    y: float
    ratio: float = 1.0

    @classmethod
    def of(cls, view: View, ratio: float) -> "Projection":
        return cls(view.scale * ratio, view.x * ratio, view.y * ratio, ratio)

    @property
    def screen_scale(self) -> float:
        """Screen pixels per image pixel."""
        return self.scale / self.ratio

    def points(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map (..., 2) image pixels."""
        return xy * self.scale + (self.x, self.y)

    def point(self, xy: tuple[float, float]) -> tuple[float, float]:
        """Map a position; one far off every screen is kept within what Qt can hold."""
        return _held(xy[0] * self.scale + self.x), _held(xy[1] * self.scale + self.y)

    def box(self, box: Box) -> Box:
        """Map a box, its corners as `point` does."""
        left, top = self.point(box[:2])
        right, bottom = self.point((box[0] + box[2], box[1] + box[3]))
        return left, top, right - left, bottom - top

    def rect(self, left: float, top: float, right: float, bottom: float, pad_screen_px: float) -> QRect:
        """Return the device rectangle around image edges, grown by screen pixels; kept within what Qt can hold."""
        pad = pad_screen_px * self.ratio
        low_x, low_y = self._whole(left * self.scale + self.x - pad), self._whole(top * self.scale + self.y - pad)
        high_x = self._whole(right * self.scale + self.x + pad + 1)
        high_y = self._whole(bottom * self.scale + self.y + pad + 1)
        return QRect(low_x, low_y, high_x - low_x, high_y - low_y)

    def image_edges(self, rect: QRect, pad_screen_px: float = 0.0) -> tuple[float, float, float, float]:
        """Return left, top, right, bottom in image pixels of a device rectangle, grown by screen pixels."""
        pad = pad_screen_px * self.ratio
        return (
            (rect.x() - pad - self.x) / self.scale,
            (rect.y() - pad - self.y) / self.scale,
            (rect.x() + rect.width() + pad - self.x) / self.scale,
            (rect.y() + rect.height() + pad - self.y) / self.scale,
        )

    def moved(self, dx: float, dy: float) -> "Projection":
        return Projection(self.scale, self.x + dx, self.y + dy, self.ratio)

    @staticmethod
    def _whole(value: float) -> int:
        return int(np.floor(_held(value)))


def _held(value: float) -> float:
    return min(max(value, -_FARTHEST), _FARTHEST)
