"""The frames list as it is painted: thumbnail, name, line of state, icon, progress."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QImage, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QTransform
from PySide6.QtWidgets import QAbstractItemView, QWidget

from annotator.model.frame import FrameKey
from annotator.session.session import Session
from annotator.ui.docks.frame_model import FrameModel
from annotator.ui.docks.frame_poses import FramePoses
from annotator.ui.docks.rows import RowDelegate, RowLook, RowTable, card_of, paint_ground
from annotator.ui.icons import paint_icon
from annotator.ui.theme import CAPTION, RADIUS_CAP, TEXT, Theme, scaled
from annotator.ui.thumbnails import ThumbnailLoader
from annotator.ui.widgets.paint import paint_box, paint_centred_icon, paint_progress, paint_text

ROW: Final = 58
THUMB: Final = QSize(64, 44)
_LEFT: Final = 12
_RIGHT: Final = 16
_ICON: Final = 15


class Thumbnails(QObject):
    """Asks for the thumbnails of what is on show, and calls off those that have scrolled away unmade."""

    def __init__(self, session: Session, loader: ThumbnailLoader, table: "FrameTable") -> None:
        super().__init__(table)
        self._session = session
        self._loader = loader
        self._table = table
        self._asked: dict[Path, FrameKey] = {}
        loader.ready.connect(self._on_ready)

    def picture(self, row: int) -> QImage | None:
        """Return the thumbnail of a row, or None while it is made, is missing or cannot be read."""
        summary = self._table.frames.summary(row)
        path = self._session.project.path_of(summary.frame) if summary is not None else None
        if summary is None or path is None:
            return None
        image = self._loader.thumbnail(path)
        if image is None:
            self._asked[path] = summary.frame.key
        return image

    def keep_only(self, first: int, last: int) -> None:
        """Call off what was asked for rows outside of these."""
        on_show = {self._table.frames.key(row) for row in range(first, last)}
        for path in [path for path, key in self._asked.items() if key not in on_show]:
            del self._asked[path]
            self._loader.forget(path)

    def _on_ready(self, path: Path) -> None:
        key = self._asked.pop(path, None)
        self._table.update_row(self._table.frames.row_of(key))


class FrameTable(RowTable):
    """The list of frames."""

    def __init__(
        self, session: Session, frames: FrameModel, thumbnails: ThumbnailLoader, parent: QWidget | None = None
    ) -> None:
        super().__init__("Frames", ROW, parent)
        self.frames = frames
        self.thumbnails = Thumbnails(session, thumbnails, self)
        self.poses = FramePoses(session.project, self)
        self.poses.ready.connect(self._on_pose_ready)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setModel(frames)
        self.setItemDelegate(_FrameDelegate(session, self))

    def paintEvent(self, event: QPaintEvent) -> None:
        first, last = self.rows_on_show()
        self.frames.read(first, last)
        self.thumbnails.keep_only(first, last)
        super().paintEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def _on_pose_ready(self, key: FrameKey) -> None:
        self.update_row(self.frames.row_of(key))


class _FrameDelegate(RowDelegate):
    def __init__(self, session: Session, table: FrameTable) -> None:
        super().__init__(table)
        self._session = session
        self._frames = table.frames
        self._thumbnails = table.thumbnails
        self._poses = table.poses
        self._selection = table.selectionModel()

    def paint_row(self, painter: QPainter, rect: QRectF, row: int, is_hovered: bool, theme: Theme) -> None:
        key = self._frames.key(row)
        is_shown = key is not None and key == self._session.frame_key
        look = RowLook.HOVERED if is_hovered else RowLook.PLAIN
        if is_shown:
            look = RowLook.CHOSEN
        elif self._selection.isRowSelected(row):
            look = RowLook.SELECTED
        paint_ground(painter, card_of(rect), look, theme)
        shown = self._frames.row(row)
        if shown is None:
            return
        middle = rect.y() + rect.height() / 2
        thumb = QRectF(_LEFT, round(middle - THUMB.height() / 2), THUMB.width(), THUMB.height())
        self._paint_thumb(painter, thumb, row, theme)
        left, right = thumb.right() + 10, rect.right() - _RIGHT
        icons_left = right + 4
        for name, role in shown.icons:
            icons_left -= _ICON + 4
            place = QPointF(icons_left, round(middle - scaled(12) - _ICON / 2))
            paint_icon(painter, name, place, theme.color(role), _ICON)
        line = scaled(18)
        words = QRectF(left, middle - scaled(12) - line / 2, icons_left - left - 6, line)
        paint_text(painter, words, shown.name, theme.text, TEXT, 500 if is_shown else 400)
        words = QRectF(left, middle + scaled(6) - line / 2, right - left, line)
        paint_text(painter, words, shown.line, theme.text2, CAPTION)
        if shown.progress is not None:
            bar = QRectF(left, round(middle + scaled(20)) - 1, right - left, 3)
            color = theme.ok if shown.progress >= 1 else theme.accent
            paint_progress(painter, bar, shown.progress, color, theme.line2 if theme.is_dark else theme.line)

    def _paint_thumb(self, painter: QPainter, rect: QRectF, row: int, theme: Theme) -> None:
        image = self._thumbnails.picture(row)
        if image is None:
            paint_box(painter, rect, RADIUS_CAP, theme.raised)
            summary = self._frames.summary(row)
            if summary is not None and self._session.project.path_of(summary.frame) is None:
                paint_centred_icon(painter, "image-off", rect, theme.text3)
            return
        brush = QBrush(image)
        scale = rect.width() / image.width()
        brush.setTransform(QTransform.fromTranslate(rect.x(), rect.y()).scale(scale, scale))
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(brush)
        painter.drawRoundedRect(rect, RADIUS_CAP, RADIUS_CAP)
        summary = self._frames.summary(row)
        if summary is not None and summary.instances:
            self._poses.paint(painter, rect, summary.frame.key)
