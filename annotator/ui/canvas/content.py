"""What the cached frame shows: the picture, and everything at rest on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QPainter

from annotator.ui.canvas.arrays import draw_lines
from annotator.ui.canvas.painter import FigurePainter, Step
from annotator.ui.canvas.picture import DisplayPicture
from annotator.ui.canvas.projection import Projection
from annotator.ui.canvas.resting import Resting

SHARP_FROM_SCALE = 4.0
GRID_FROM_SCALE = 16.0
_GRID = QColor(128, 128, 128, 90)


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """A picture, what rests on it, and who paints that.

    Attributes:
        resting: None while overlays are off.
        background: around the picture.
    """

    picture: DisplayPicture | None
    resting: Resting | None
    figure_painter: FigurePainter
    background: QColor

    def steps(self, projection: Projection, area: QRect) -> Iterator[Step]:
        """Yield what paints `area`, device pixels, from the ground up."""
        yield partial(self.paint_picture, projection=projection, area=area)
        if self.resting is not None:
            yield from self.resting.steps(self.figure_painter, projection, area)

    def paint(self, painter: QPainter, projection: Projection, area: QRect) -> None:
        """Paint `area` at once."""
        for step in self.steps(projection, area):
            step(painter)

    def work(self, projection: Projection, area: QRect) -> int:
        """Return about how many lines and markers lie in `area`."""
        return 0 if self.resting is None else self.resting.work(projection, area)

    def paint_picture(self, painter: QPainter, projection: Projection, area: QRect) -> None:
        """Paint the picture alone, and the background where it ends."""
        picture = self.picture
        if picture is None:
            painter.fillRect(area, self.background)
            return
        edges = projection.box((0, 0, picture.width, picture.height))
        if not QRectF(*edges).contains(QRectF(area)):
            painter.fillRect(area, self.background)
        level = picture.level_for(projection.scale)
        across, down = level.width() / picture.width, level.height() / picture.height
        left, top, right, bottom = projection.image_edges(area)
        # Only what is needed, and a little more for the smoothing: coordinates far outside are inexact in Qt.
        x0, x1 = max(int(left * across) - 2, 0), min(int(right * across) + 3, level.width())
        y0, y1 = max(int(top * down) - 2, 0), min(int(bottom * down) + 3, level.height())
        if x0 >= x1 or y0 >= y1:
            return
        target = projection.box((x0 / across, y0 / down, (x1 - x0) / across, (y1 - y0) / down))
        is_sharp = projection.screen_scale >= SHARP_FROM_SCALE
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not is_sharp)
        painter.drawImage(QRectF(*target), level, QRectF(x0, y0, x1 - x0, y1 - y0))
        if projection.screen_scale >= GRID_FROM_SCALE:
            _paint_grid(painter, projection, picture, area)


def _paint_grid(painter: QPainter, projection: Projection, picture: DisplayPicture, area: QRect) -> None:
    left, top, right, bottom = projection.image_edges(area)
    x0, x1 = max(np.floor(left), 0.0), min(np.ceil(right), picture.width)
    y0, y1 = max(np.floor(top), 0.0), min(np.ceil(bottom), picture.height)
    columns, rows = np.arange(x0, x1 + 1), np.arange(y0, y1 + 1)
    lines = np.empty((len(columns) + len(rows), 2, 2))
    lines[: len(columns), :, 0] = columns[:, None]
    lines[: len(columns), :, 1] = y0, y1
    lines[len(columns) :, :, 0] = x0, x1
    lines[len(columns) :, :, 1] = rows[:, None]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(_GRID)
    draw_lines(painter, np.floor(projection.points(lines)))
