"""From image pixels to device pixels: what the painters work in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect

from annotator.model.instance import Box
from annotator.session.view import View


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
        return xy[0] * self.scale + self.x, xy[1] * self.scale + self.y

    def box(self, box: Box) -> Box:
        return box[0] * self.scale + self.x, box[1] * self.scale + self.y, box[2] * self.scale, box[3] * self.scale

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
        return int(np.floor(min(max(value, -1e6), 1e6)))
