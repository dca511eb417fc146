"""The left side of the Welcome page: recent projects, samples, and what the foot offers."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from annotator.session.recent import RecentProject, when_text
from annotator.session.samples import Sample
from annotator.ui.icons import paint_mark
from annotator.ui.pages.covers import CoverLoader
from annotator.ui.theme import CAPTION, RADIUS_CARD, TEXT, fill_with, scaled, theme_of
from annotator.ui.widgets.buttons import Button, ButtonKind
from annotator.ui.widgets.labels import PlainLabel, set_tooltip
from annotator.ui.widgets.paint import paint_box, paint_ground, paint_progress, paint_text, progress_colors, text_width
from annotator.ui.widgets.surfaces import Divider

ROWS_SHOWN: Final = 6
_THUMBNAIL: Final = QSize(72, 48)
_COVER_HEIGHT: Final = 64
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MARGIN: Final = 28


class WelcomeLeft(QWidget):
    """Emits what was asked for; opens nothing."""

    open_asked = Signal()
    recent_chosen = Signal(object)
    """The `Path` of the project."""
    sample_chosen = Signal(str)
    keys_asked = Signal()
    theme_asked = Signal()

    def __init__(
        self, recent: Sequence[RecentProject], samples: Sequence[Sample], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        fill_with(self, "panel")
        self._rows = [RecentRow(project) for project in recent[:ROWS_SHOWN]]
        self._cards = [SampleCard(sample) for sample in samples]
        self._loader = CoverLoader(self)
        self._loader.loaded.connect(self._on_loaded)
        self._build()

    def load_pictures(self) -> None:
        """Start reading thumbnails and covers; call when the page is on the screen."""
        thumbnails = [row.project.thumbnail for row in self._rows if row.project.thumbnail is not None]
        ratio = self.devicePixelRatioF()
        self._loader.load(thumbnails, _THUMBNAIL * ratio)
        self._loader.load([card.sample.cover for card in self._cards], QSize(160, _COVER_HEIGHT) * ratio)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_ground(painter, QRectF(self.width() - 1, 0, 1, self.height()), theme_of(self).line)

    def _build(self) -> None:
        lists = QWidget()
        column = QVBoxLayout(lists)
        column.setContentsMargins(_MARGIN, 0, _MARGIN, 12)
        column.setSpacing(0)
        open_button = Button("Open…", ButtonKind.LINK)
        open_button.clicked.connect(lambda: self.open_asked.emit())
        column.addLayout(_head("Recent", open_button))
        column.addSpacing(8)
        self._fill_recent(column)
        if self._cards:
            column.addSpacing(23)
            column.addLayout(_head("Samples"))
            column.addSpacing(7)
            cards = QHBoxLayout()
            cards.setSpacing(9)
            for card in self._cards:
                card.clicked.connect(lambda _checked=False, id_=card.sample.id: self.sample_chosen.emit(id_))
                cards.addWidget(card, 1)
            column.addLayout(cards)
        column.addStretch()
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 28, 1, 14)
        page.setSpacing(0)
        page.addLayout(_inset(_Head()))
        page.addSpacing(21)
        page.addWidget(_scrolling(lists), 1)
        page.addLayout(_inset(Divider()))
        page.addSpacing(9)
        page.addLayout(self._foot())

    def _fill_recent(self, column: QVBoxLayout) -> None:
        if not self._rows:
            column.addSpacing(2)
            column.addWidget(PlainLabel("The projects you open are listed here.", "text2"))
            return
        for k, row in enumerate(self._rows):
            if k:
                column.addSpacing(6)
            row.clicked.connect(lambda _checked=False, path=row.project.path: self.recent_chosen.emit(path))
            column.addWidget(row)

    def _foot(self) -> QHBoxLayout:
        keys = Button("Keys", ButtonKind.QUIET, icon="keyboard")
        keys.clicked.connect(lambda: self.keys_asked.emit())
        theme = Button("Theme", ButtonKind.QUIET, icon="sun-moon")
        theme.clicked.connect(lambda: self.theme_asked.emit())
        row = QHBoxLayout()
        row.setContentsMargins(_MARGIN, 0, _MARGIN, 0)
        row.setSpacing(8)
        row.addWidget(keys)
        row.addWidget(theme)
        row.addStretch()
        return row

    def _on_loaded(self, path: str, image: QImage) -> None:
        for row in self._rows:
            if row.project.thumbnail == Path(path):
                row.set_thumbnail(image)
        for card in self._cards:
            if card.sample.cover == Path(path):
                card.set_cover(image)


class RecentRow(QAbstractButton):
    """A project opened lately: picture, name, what is in it, how far it is, when."""

    focus_radius = RADIUS_CARD

    def __init__(self, project: RecentProject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self._thumbnail = QImage()
        self._when = when_text(project.opened, datetime.now())
        self._percent = f"{int(project.fraction_done * 100)} %"
        self.setAccessibleName(f"{project.name}, {project.summary}, {self._percent} done, {self._when}")
        set_tooltip(self, str(project.path))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_thumbnail(self, image: QImage) -> None:
        self._thumbnail = image
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, max(64, scaled(64)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        rect = QRectF(self.rect())
        with QPainter(self) as painter:
            if self.underMouse() or self.isDown():
                paint_box(painter, rect, RADIUS_CARD, theme.press if self.isDown() else theme.hover)
            self._paint_thumbnail(painter, QRectF(8, (rect.height() - 48) / 2, 72, 48))
            left, right = 92.0, rect.width() - 10
            name_line = QRectF(left, scaled(8), right - left, scaled(18))
            summary_line = name_line.translated(0, scaled(18))
            used = paint_text(painter, name_line, self._when, theme.text2, CAPTION, align=_RIGHT)
            name_line.setRight(right - used - 12)
            paint_text(painter, name_line, self.project.name, theme.text, 13, 600)
            paint_text(painter, summary_line, self.project.summary, theme.text2, CAPTION)
            bottom_line = QRectF(left, scaled(42), right - left, scaled(18))
            paint_text(painter, bottom_line, self._percent, theme.text2, CAPTION, 600, _RIGHT)
            bar_end = right - max(58, text_width("100 %", CAPTION, 600) + 14)
            bar = QRectF(left, round(bottom_line.center().y()) - 1, bar_end - left, 3)
            fraction = self.project.fraction_done
            paint_progress(painter, bar, fraction, *progress_colors(fraction, theme))

    def _paint_thumbnail(self, painter: QPainter, rect: QRectF) -> None:
        if not self._thumbnail.isNull():
            _paint_cover(painter, rect, self._thumbnail, _rounded(rect, 4))
            return
        theme = theme_of(self)
        paint_box(painter, rect, 4, theme.raised, theme.line)
        words = [word for word in self.project.name.split() if word[0].isalnum()]
        initials = "".join(word[0] for word in words[:2]).upper()
        paint_text(painter, rect, initials, theme.text2, 15, 600, Qt.AlignmentFlag.AlignCenter)


class SampleCard(QAbstractButton):
    """A set of sample pictures to try the program on."""

    focus_radius = RADIUS_CARD

    def __init__(self, sample: Sample, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sample = sample
        self._cover = QImage()
        self.setAccessibleName(f"{sample.title}, {sample.summary}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_cover(self, image: QImage) -> None:
        self._cover = image
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(110, _COVER_HEIGHT + scaled(44))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        rect = QRectF(self.rect())
        with QPainter(self) as painter:
            is_hovered = self.underMouse() or self.isDown()
            paint_box(painter, rect, RADIUS_CARD, theme.hover if is_hovered else theme.panel)
            if not self._cover.isNull():
                cover = QRectF(0, 0, rect.width(), _COVER_HEIGHT)
                _paint_cover(painter, cover, self._cover, _rounded(rect, RADIUS_CARD))
            paint_box(painter, rect, RADIUS_CARD, None, theme.line)
            room = QRectF(9, _COVER_HEIGHT + scaled(5), rect.width() - 12, scaled(16))
            paint_text(painter, room, self.sample.title, theme.text, CAPTION, 600)
            paint_text(painter, room.translated(0, scaled(16)), self.sample.summary, theme.text2, CAPTION)


class _Head(QWidget):
    """The mark, the name, and what the program is for."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Annotator. Keypoints and skeletons, kept on your computer")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(300, scaled(48))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            paint_mark(painter, QPointF(1, 7), 30, theme.text3)
            room = QRectF(42, scaled(2), self.width() - 42, scaled(26))
            paint_text(painter, room, "Annotator", theme.text, 20, 600)
            room = QRectF(42, scaled(27), self.width() - 42, scaled(18))
            paint_text(painter, room, "Keypoints and skeletons, kept on your computer", theme.text2, TEXT)


def _head(title: str, *trailing: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(PlainLabel(title, weight=600), 1)
    for widget in trailing:
        row.addWidget(widget)
    return row


def _inset(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(_MARGIN, 0, _MARGIN, 0)
    row.addWidget(widget)
    return row


def _scrolling(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    fill_with(area, "panel")
    fill_with(content, "panel")
    area.setWidget(content)
    return area


def _rounded(rect: QRectF, radius: float) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(rect, radius, radius)
    return path


def _paint_cover(painter: QPainter, rect: QRectF, image: QImage, clip: QPainterPath) -> None:
    """Paint the middle of `image` so that it fills `rect`."""
    scale = max(rect.width() / image.width(), rect.height() / image.height())
    seen = QSize(round(rect.width() / scale), round(rect.height() / scale))
    part = QRectF((image.width() - seen.width()) / 2, (image.height() - seen.height()) / 2, *seen.toTuple())
    painter.save()
    painter.setClipPath(clip)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(rect, image, part)
    painter.restore()
