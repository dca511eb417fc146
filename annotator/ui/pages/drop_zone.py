"""Step 1 of the Welcome page: the dashed zone that takes pictures, or tells which were taken."""

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from annotator.ui.theme import ICON_EMPTY, RADIUS_DIALOG, scaled, theme_of
from annotator.ui.widgets.buttons import Button, ButtonKind
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.surfaces import IconLabel

_EMPTY_TITLE = "Drop images or a folder here"
_EMPTY_LINE = "A COCO file dropped here is imported, a project is opened"
_CHOSEN_LINE = "They stay where they are; only labels are written"


class DropZone(QWidget):
    """Keeps what was chosen, and counts it without holding up the window."""

    files_asked = Signal()
    folder_asked = Signal()
    import_asked = Signal()
    media_changed = Signal()
    counted = Signal(int)
    """The pictures among what was chosen are counted."""
    _count_ready = Signal(object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._media: tuple[Path, ...] = ()
        self._is_targeted = False
        self._icon = IconLabel("image-up", "accent", ICON_EMPTY)
        self._title = PlainLabel(_EMPTY_TITLE, pixels=15, weight=600)
        self._line = PlainLabel(_EMPTY_LINE, "text2")
        self.files = Button("Choose files…", ButtonKind.PRIMARY)
        self.folder = Button("Choose a folder…")
        self.import_ = Button("Import a data set…")
        self.clear = Button("Clear")
        self._count_ready.connect(self._on_count_ready)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._build()

    @property
    def media(self) -> tuple[Path, ...]:
        """The pictures and folders that were chosen."""
        return self._media

    @property
    def sentence(self) -> str:
        """What the zone says."""
        return self._title.text()

    def set_media(self, media: tuple[Path, ...]) -> None:
        """Take pictures and folders in place of those before; none empties the zone."""
        self._media = media
        self._icon.set_icon("circle-check" if media else "image-up", "ok" if media else "accent")
        name = media[0].name if len(media) == 1 else f"{len(media):,} files and folders"
        self._title.setText(name if media else _EMPTY_TITLE)
        self._line.setText(_CHOSEN_LINE if media else _EMPTY_LINE)
        for button in (self.files, self.folder, self.import_):
            button.setHidden(bool(media))
        self.clear.setHidden(not media)
        if media:
            QThreadPool.globalInstance().start(lambda: self._count(media))
        self.media_changed.emit()

    def set_targeted(self, is_targeted: bool) -> None:
        """Show that what is being dragged would be taken."""
        self._is_targeted = is_targeted
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(560, 96 + scaled(100))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(theme.accent if self._is_targeted else theme.line2, 2)
            pen.setDashPattern([4, 2.5])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.setBrush(theme.accent_background if self._is_targeted else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS_DIALOG, RADIUS_DIALOG)

    def _build(self) -> None:
        for button, asked in (
            (self.files, self.files_asked),
            (self.folder, self.folder_asked),
            (self.import_, self.import_asked),
        ):
            button.clicked.connect(lambda _checked=False, asked=asked: asked.emit())
        self.clear.clicked.connect(lambda: self.set_media(()))
        self.clear.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch()
        for button in (self.files, self.folder, self.import_, self.clear):
            row.addWidget(button)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 0, 16, 0)
        column.setSpacing(0)
        column.addStretch()
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(9)
        for label, space in ((self._title, 5), (self._line, 11)):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
            column.addSpacing(space)
        column.addLayout(row)
        column.addStretch()

    def _count(self, media: tuple[Path, ...]) -> None:
        """Run in another thread."""
        from annotator.session.dropped import count_pictures

        count = count_pictures(media)
        try:
            self._count_ready.emit(media, count)
        except RuntimeError:  # the page went away meanwhile
            return

    def _on_count_ready(self, media: tuple[Path, ...], count: int) -> None:
        if media != self._media:
            return  # something else was chosen meanwhile
        from annotator.session.dropped import pictures_sentence

        self._title.setText(pictures_sentence(count, media))
        if count == 0:
            self._icon.set_icon("triangle-alert", "warn")
            self._line.setText("Choose JPEG, PNG, WebP, TIFF or BMP files")
        self.counted.emit(count)
