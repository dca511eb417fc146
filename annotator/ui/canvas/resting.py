"""Everything on the canvas that no gesture touches: painted into the cached frame, a rectangle at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QRect

from annotator.model.instance import Mask
from annotator.session.figures import Batch, FrameFigures, Layer
from annotator.ui.canvas.detail import select
from annotator.ui.canvas.painter import FigurePainter, Step
from annotator.ui.canvas.projection import Projection
from annotator.ui.canvas.styles import LIVE_EXTENT, MAX_EXTENT, Density


@dataclass(frozen=True, slots=True, eq=False)
class Resting:
    """The figures of a frame less those that are painted live or hidden.

    Attributes:
        excluded: ids that are not painted here.
        density: how they are drawn.
    """

    figures: FrameFigures
    excluded: frozenset[int]
    density: Density

    def steps(self, figure_painter: FigurePainter, projection: Projection, area: QRect) -> Iterator[Step]:
        """Yield what paints all that touches `area`, device pixels."""
        for layer in self.figures.layers:
            rows = self._rows(layer, projection, area)
            if not rows.any():
                continue
            batch = layer.batch
            chosen, part_boxes = select(batch, rows, projection.screen_scale, self.density)
            for row in batch.boxed:
                box = batch.owners[row].box
                if rows[row] and box is not None and (self.density.has_boxes or not batch.is_prediction):
                    yield partial(
                        figure_painter.paint_box,
                        box=box,
                        projection=projection,
                        dashed=batch.is_prediction,
                        opacity=self.density.opacity,
                    )
            for box in part_boxes:
                yield partial(figure_painter.paint_part_box, box=box, projection=projection)
            yield from figure_painter.steps(batch.figure, chosen, self.density, projection, area)

    def work(self, projection: Projection, area: QRect) -> int:
        """Return about how many lines and markers `steps` would draw."""
        work = 0
        for layer in self.figures.layers:
            batch = layer.batch
            parts = len(batch.figure.segment_edge) + len(batch.figure.marker_k)
            if parts:
                rows = int(np.count_nonzero(self._rows(layer, projection, area)))
                work += rows * parts // len(batch.owners)
        return work

    def rect(self, id_: int, projection: Projection) -> QRect:
        """Return the device rectangle that one instance occupies; empty when nothing of it is drawn."""
        bounds = self.figures.bounds(id_)
        return QRect() if bounds is None else projection.rect(*bounds, pad_screen_px=LIVE_EXTENT)

    def _rows(self, layer: Layer, projection: Projection, area: QRect) -> Mask:
        left, top, right, bottom = projection.image_edges(area, MAX_EXTENT)
        low_x, low_y, high_x, high_y = layer.batch.bounds
        rows: Mask = (low_x <= right) & (high_x >= left) & (low_y <= bottom) & (high_y >= top)
        rows[_rows_of(layer.batch, layer.superseded | self.excluded)] = False
        return rows


def _rows_of(batch: Batch, ids: frozenset[int]) -> list[int]:
    return [batch.rows[id_] for id_ in ids if id_ in batch.rows]
