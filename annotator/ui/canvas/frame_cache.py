"""The cached frame: picture and resting figures rendered with a margin, so that panning is one copy of pixels.

The frame is kept in blocks. A fresh block is right; a stale one may be shown for a moment; an empty one must not.
What is cheap is mended before it is shown, what is dear is mended in slices while the program is idle.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from math import ceil

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QRegion

from annotator.ui.canvas.content import Content
from annotator.ui.canvas.painter import Step
from annotator.ui.canvas.painting import painting
from annotator.ui.canvas.projection import Projection

BLOCK = 128
MARGIN_SCREEN_PX = 160
MARGIN_LEFT_SCREEN_PX = 64
"""The frame is moved on when so little of its margin is left, while there is time to render the other side."""

_CHEAP_WORK = 1200
"""So many lines and markers, about four milliseconds, are painted at once."""

_QUADS = (8, 4, 2, 1)


class Block(IntEnum):
    FRESH = 0
    STALE = 1
    EMPTY = 2


@dataclass(slots=True, eq=False)
class _Job:
    """Blocks that are being rendered beside the frame, in slices."""

    blocks: QRect
    scratch: QImage
    steps: Iterator[Step]


class FrameCache:
    """A window with a margin into the drawn world; all rectangles are device pixels of the screen.

    World pixels are image pixels times the scale; the frame starts at a world pixel that is a whole block.
    """

    def __init__(self, content: Content) -> None:
        self._content = content
        self._projection = Projection(1.0, 0.0, 0.0)
        self._size = QSize()
        self._frame = QImage()
        self._spare = QImage()
        self._origin = QPoint()
        self._states = np.zeros((0, 0), np.uint8)
        self._job: _Job | None = None

    @property
    def is_fresh(self) -> bool:
        return not self._states.any()

    def set_content(self, content: Content) -> None:
        """Take other content; what differs must be marked by the caller."""
        self._job = None
        self._content = content

    def show(self, projection: Projection, size: QSize) -> None:
        """Look at another part, at another zoom, in another size; paints nothing but stand-ins.

        Args:
            projection: `x` and `y` are whole device pixels.
            size: of the screen, device pixels.
        """
        rescaled = projection.scale != self._projection.scale or projection.ratio != self._projection.ratio
        before, old_screen, old_origin = self._projection, self._screen, QPoint(self._origin)
        self._projection = projection
        self._size = size
        if self._blocks_needed() != self._states.shape:
            self._allocate()
        elif rescaled:
            self._origin = self._centred_origin()
            self._job = None
            self._states[:] = Block.EMPTY
            if self._content.work(projection, QRect(QPoint(), size)) > _CHEAP_WORK:
                self._stand_in(before, old_screen, old_origin)
        elif self._margin_left() < MARGIN_LEFT_SCREEN_PX * projection.ratio:
            self._scroll(self._centred_origin())

    def clear(self) -> None:
        """Nothing in the frame may be shown any more."""
        self._job = None
        self._states[:] = Block.EMPTY

    def mark_stale(self) -> None:
        """Everything in the frame is out of date."""
        self._job = None
        np.maximum(self._states, np.uint8(Block.STALE), out=self._states)

    def patch(self, rect: QRect) -> None:
        """Mend a rectangle: at once if that is cheap, else when idle."""
        area = rect.intersected(self._frame_on_screen)
        if area.isEmpty():
            return
        area.translate(-self._offset)
        blocks = self._blocks_around(area)
        if self._job is not None and self._job.blocks.intersects(blocks):
            self._job = None
        states = self._states_of(blocks)
        if (states != Block.FRESH).all():
            return
        if self._content.work(self._in_frame, area) <= _CHEAP_WORK:
            self._render(area)
        else:
            np.maximum(states, np.uint8(Block.STALE), out=states)

    def prepare(self) -> None:
        """Make all that is on the screen fit to be shown; call before `blit`."""
        visible = self._blocks_around(self._screen)
        states = self._states_of(visible)
        if not states.any():
            return
        rows, columns = np.nonzero(states)
        todo = QRect(
            QPoint(int(columns.min()), int(rows.min())), QPoint(int(columns.max()), int(rows.max()))
        ).translated(visible.topLeft())
        area = self._area_of(todo)
        if self._content.work(self._in_frame, area) <= _CHEAP_WORK:
            self._job = None
            self._render(area)
            self._states_of(todo)[:] = Block.FRESH
            return
        empty = np.argwhere(states == Block.EMPTY)
        if len(empty):
            region = QRegion()
            for row, column in empty.tolist():
                region += self._area_of(QRect(visible.x() + column, visible.y() + row, 1, 1))
            with painting(self._frame) as painter:
                painter.setClipRegion(region)
                self._content.paint_picture(painter, self._in_frame, region.boundingRect())
            states[states == Block.EMPTY] = Block.STALE

    def refine(self, seconds: float) -> QRegion:
        """Render stale blocks for so long, nearest to the middle of the screen first; return what has changed."""
        deadline = time.perf_counter() + seconds
        changed = QRegion()
        while not self.is_fresh and time.perf_counter() < deadline:
            if self._job is None:
                self._job = self._new_job()
            if self._work_on(self._job, deadline):
                changed += self._put_in(self._job)
                self._job = None
        return changed

    def _work_on(self, job: _Job, deadline: float) -> bool:
        """Take steps of a job until time is up; return whether it is done."""
        with painting(job.scratch) as painter:
            for step in job.steps:
                step(painter)
                if time.perf_counter() >= deadline:
                    return False
        return True

    def finish(self) -> None:
        """Render all that is stale, however long it takes."""
        while not self.is_fresh:
            self.refine(1.0)

    def blit(self, painter: QPainter, rect: QRect) -> None:
        """Copy a rectangle of the frame to the screen."""
        painter.drawImage(rect.topLeft(), self._frame, rect.translated(-self._offset))

    # Where things are ----------------------------------------------------------------------------------------

    @property
    def _offset(self) -> QPoint:
        """Screen position of the frame's first pixel."""
        return self._origin + QPoint(round(self._projection.x), round(self._projection.y))

    @property
    def _screen(self) -> QRect:
        """The screen in pixels of the frame."""
        return QRect(-self._offset, self._size)

    @property
    def _frame_on_screen(self) -> QRect:
        return QRect(self._offset, self._frame.size())

    @property
    def _in_frame(self) -> Projection:
        """From image pixels to pixels of the frame."""
        return self._projection.moved(self._offset.x() * -1.0, self._offset.y() * -1.0)

    def _margin_left(self) -> int:
        screen = self._screen
        return min(
            screen.x(),
            screen.y(),
            self._frame.width() - screen.x() - screen.width(),
            self._frame.height() - screen.y() - screen.height(),
        )

    def _centred_origin(self) -> QPoint:
        """Return the first world pixel of a frame with equal margins, up to a block."""
        margin = MARGIN_SCREEN_PX * self._projection.ratio
        return QPoint(
            int((-self._projection.x - margin) // BLOCK * BLOCK), int((-self._projection.y - margin) // BLOCK * BLOCK)
        )

    def _blocks_around(self, area: QRect) -> QRect:
        """Return the blocks that an area of the frame touches, as a rectangle of columns and rows."""
        left, top = max(area.left() // BLOCK, 0), max(area.top() // BLOCK, 0)
        rows, columns = self._states.shape
        return QRect(
            QPoint(left, top), QPoint(min(area.right() // BLOCK, columns - 1), min(area.bottom() // BLOCK, rows - 1))
        )

    def _area_of(self, blocks: QRect) -> QRect:
        return QRect(blocks.x() * BLOCK, blocks.y() * BLOCK, blocks.width() * BLOCK, blocks.height() * BLOCK)

    def _states_of(self, blocks: QRect) -> np.ndarray:
        return self._states[blocks.top() : blocks.bottom() + 1, blocks.left() : blocks.right() + 1]

    # Rendering -----------------------------------------------------------------------------------------------

    def _allocate(self) -> None:
        self._job = None
        rows, columns = self._blocks_needed()
        self._frame = QImage(columns * BLOCK, rows * BLOCK, QImage.Format.Format_RGB32)
        self._spare = QImage(self._frame.size(), QImage.Format.Format_RGB32)
        self._states = np.full((rows, columns), Block.EMPTY, np.uint8)
        self._origin = self._centred_origin()

    def _blocks_needed(self) -> tuple[int, int]:
        """Return rows and columns of a frame with its margins."""
        room = 2 * MARGIN_SCREEN_PX * self._projection.ratio + BLOCK - 1
        rows, columns = (self._size.height() + room) / BLOCK, (self._size.width() + room) / BLOCK
        return ceil(rows), ceil(columns)

    def _scroll(self, origin: QPoint) -> None:
        """Move the frame by whole blocks; what stays inside keeps its pixels."""
        self._job = None
        by = self._origin - origin
        with painting(self._spare) as painter:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.drawImage(by, self._frame)
        self._frame, self._spare = self._spare, self._frame
        self._origin = origin
        kept = np.full_like(self._states, Block.EMPTY)
        rows, columns = self._states.shape
        down, right = by.y() // BLOCK, by.x() // BLOCK
        if abs(down) < rows and abs(right) < columns:
            source = self._states[max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)]
            kept[max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)] = source
        self._states = kept

    def _stand_in(self, before: Projection, old_screen: QRect, old_origin: QPoint) -> None:
        """Show the last screen at the new zoom until the right pixels are there."""
        ratio = self._projection.scale / before.scale
        target = QRectF(
            (old_screen.x() + old_origin.x()) * ratio - self._origin.x(),
            (old_screen.y() + old_origin.y()) * ratio - self._origin.y(),
            old_screen.width() * ratio,
            old_screen.height() * ratio,
        )
        with painting(self._spare) as painter:
            painter.setClipRect(self._area_of(self._blocks_around(self._screen)))
            painter.drawImage(target, self._frame, QRectF(old_screen))
        self._frame, self._spare = self._spare, self._frame
        covered = target.toAlignedRect().adjusted(1, 1, -1, -1)
        visible = self._blocks_around(self._screen)
        first = QPoint(max(-(-covered.left() // BLOCK), visible.left()), max(-(-covered.top() // BLOCK), visible.top()))
        last = QPoint(
            min((covered.right() + 1) // BLOCK - 1, visible.right()),
            min((covered.bottom() + 1) // BLOCK - 1, visible.bottom()),
        )
        if first.x() <= last.x() and first.y() <= last.y():
            self._states_of(QRect(first, last))[:] = Block.STALE

    def _render(self, area: QRect) -> None:
        """Paint an area of the frame at once."""
        with painting(self._frame) as painter:
            painter.setClipRect(area)
            self._content.paint(painter, self._in_frame, area)

    def _new_job(self) -> _Job:
        rows, columns = np.nonzero(self._states)
        screen = self._screen
        middle = screen.center()
        away_x = (columns + 0.5) * BLOCK - middle.x()
        away_y = (rows + 0.5) * BLOCK - middle.y()
        nearest = int(np.argmin(np.hypot(away_x / screen.width(), away_y / screen.height())))
        blocks = self._quad(int(columns[nearest]), int(rows[nearest]))
        area = self._area_of(blocks)
        scratch = QImage(area.size(), QImage.Format.Format_RGB32)
        projection = self._in_frame.moved(-area.x(), -area.y())
        return _Job(blocks, scratch, self._content.steps(projection, scratch.rect()))

    def _quad(self, column: int, row: int) -> QRect:
        """Return the largest square of outdated blocks around one: fewer edges at which things are drawn twice."""
        rows, columns = self._states.shape
        for side in _QUADS:
            left, top = column // side * side, row // side * side
            quad = QRect(left, top, min(side, columns - left), min(side, rows - top))
            if (self._states_of(quad) != Block.FRESH).all():
                break
        return quad

    def _put_in(self, job: _Job) -> QRect:
        """Put rendered blocks into the frame; return where they are on the screen."""
        area = self._area_of(job.blocks)
        with painting(self._frame) as painter:
            painter.drawImage(area.topLeft(), job.scratch)
        self._states_of(job.blocks)[:] = Block.FRESH
        return area.translated(self._offset).intersected(QRect(QPoint(), self._size))
