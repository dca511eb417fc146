"""The Welcome page: open a project, try a sample, or make a new one in two steps.

The page only gathers wishes and emits them; what they lead to is decided elsewhere. It is the first thing
on the screen: what its first paint does not show is read, and imported, after that.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from annotator.session.recent import RecentProject
from annotator.session.samples import Sample
from annotator.ui.pages.drop_zone import DropZone
from annotator.ui.pages.welcome_left import WelcomeLeft
from annotator.ui.theme import TEXT, fill_with, scaled, theme_of
from annotator.ui.tiles import COLUMNS, COMMON, EVERYTHING, TileGrid
from annotator.ui.widgets.buttons import Button, ButtonKind
from annotator.ui.widgets.fields import Combo, PathField, SearchField, TextField
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.paint import paint_box, paint_text

if TYPE_CHECKING:
    from PySide6.QtGui import QRegularExpressionValidator

    from annotator.model.skeleton import Skeleton
    from annotator.model.templates import Template

UNTITLED: Final = "Untitled project"
_LEFT_SHARE: Final = 456 / 1440
_LEFT_RANGE: Final = (376, 456)
_ROOMY: Final = 1300
# What no file system that people carry disks between takes in a name.
_NAME: Final = r'[^\\/:*?"<>|\x00-\x1f]*'


class CreateRequest(msgspec.Struct, frozen=True):
    """A project to make.

    Attributes:
        media: pictures and folders of pictures; may be empty.
    """

    name: str
    folder: Path
    skeleton: "Skeleton"
    media: tuple[Path, ...]

    @property
    def path(self) -> Path:
        """The project file."""
        return self.folder / f"{self.name}.annotator"


class WelcomePage(QWidget):
    """What a person sees first.

    Args:
        default_folder: where a new project is saved when the person does not choose another.
        library: gives the skeletons to choose from; asked once, after the page is painted.
    """

    create_requested = Signal(object)
    """A `CreateRequest`."""
    open_requested = Signal(object)
    """The `Path` of a project file."""
    sample_requested = Signal(str)
    import_requested = Signal(object)
    """A list of `Path`, label files."""
    new_skeleton_requested = Signal()
    theme_toggled = Signal()
    keys_requested = Signal()

    def __init__(
        self,
        recent: Sequence[RecentProject],
        samples: Sequence[Sample],
        default_folder: Path,
        library: Callable[[], Sequence["Template"]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        fill_with(self, "window")
        self.setAcceptDrops(True)
        self._library = library
        self._templates: Sequence[Template] | None = None
        self._is_filled = False
        self._left = WelcomeLeft(recent, samples)
        self._to_do_when_painted = [self._left.load_pictures, self._read_library, self._fill]
        self._after_paint = QTimer(self)
        self._after_paint.timeout.connect(self._do_next)
        self._zone = DropZone()
        self._search = SearchField("")
        self._groups: Combo | None = None
        self._tiles = TileGrid(self._search)
        self._name = TextField(UNTITLED)
        self._folder = PathField(_shown_path(default_folder))
        self._create = Button("Create project", ButtonKind.PRIMARY)
        self._build()
        self._connect()
        self._refresh()

    def add_media(self, paths: Sequence[Path]) -> None:
        """Take pictures and folders into step 1, and go on to step 2."""
        from annotator.session.dropped import project_name

        self._fill()
        known = self._zone.media
        self._zone.set_media((*known, *(path for path in paths if path not in known)))
        if self._name.text() in ("", UNTITLED):
            self._name.setText(project_name(self._zone.media) or UNTITLED)
        self._tiles.focus_choice()

    def choose_skeleton(self, skeleton: "Skeleton") -> None:
        """Choose a skeleton in step 2; one that the library lacks gets its own tile."""
        self._fill()
        self._search.clear()
        if self._groups is not None:
            self._groups.setCurrentText(COMMON)
        self._tiles.choose(skeleton)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._to_do_when_painted:
            self._after_paint.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._left.setFixedWidth(max(min(round(self.width() * _LEFT_SHARE), _LEFT_RANGE[1]), _LEFT_RANGE[0]))
        margin = 36 if self.width() >= _ROOMY else 24
        self._steps.setContentsMargins(margin, 26, margin, 4)
        self._foot.setContentsMargins(margin, 16, margin, 24)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._zone.set_targeted(True)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._zone.set_targeted(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._zone.set_targeted(False)
        event.acceptProposedAction()
        self._take([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def _do_next(self) -> None:
        """Do one thing that could wait for the first paint, so that none holds up the window for long."""
        self._to_do_when_painted.pop(0)()
        if not self._to_do_when_painted:
            self._after_paint.stop()

    def _read_library(self) -> None:
        self._templates = self._library()

    def _fill(self) -> None:
        """Show the skeletons, which the first paint does without."""
        if self._is_filled:
            return
        self._is_filled = True
        self._name.setValidator(_name_validator(self))
        templates = self._library() if self._templates is None else self._templates
        self._search.set_placeholder(f"Search {len(templates)} skeletons")
        self._tiles.set_templates(templates)
        self._search.setHidden(len(templates) < COLUMNS)
        if len(templates) >= COLUMNS:
            self._offer_groups(templates)
        if templates:
            self._tiles.choose(templates[0].skeleton)
        self._refresh()

    def _offer_groups(self, templates: Sequence["Template"]) -> None:
        """Put the groups before the search, where Tab reaches them first."""
        from annotator.model.templates import by_group

        self._groups = Combo()
        self._groups.setAccessibleName("Group of skeletons")
        self._groups.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._groups.addItems([COMMON, *(group for group, _ in by_group(templates)), EVERYTHING])
        self._groups.currentTextChanged.connect(self._tiles.show_group)
        self._second.insertWidget(self._second.count() - 1, self._groups)
        self.setTabOrder(self._zone.clear, self._groups)

    def _take(self, paths: Sequence[Path]) -> None:
        """Send what was dropped or chosen where it belongs."""
        from annotator.session.dropped import sort_dropped

        dropped = sort_dropped(paths)
        if dropped.project is not None:
            self.open_requested.emit(dropped.project)
            return
        if dropped.media:
            self.add_media(dropped.media)
        if dropped.labels:
            self.import_requested.emit(list(dropped.labels))

    def _refresh(self) -> None:
        has_name = bool(self._name.text().strip(" ."))
        has_folder = bool(self._folder.text().strip())
        has_skeleton = self._tiles.skeleton is not None or not self._is_filled  # the first one is chosen then
        self._create.setEnabled(has_name and has_folder and has_skeleton)

    def _on_create(self) -> None:
        self._fill()
        skeleton = self._tiles.skeleton
        if not self._create.isEnabled() or skeleton is None:
            return
        folder = Path(self._folder.text().strip()).expanduser()
        self.create_requested.emit(CreateRequest(self._name.text().strip(" ."), folder, skeleton, self._zone.media))

    def _on_open(self) -> None:
        self._ask_files("Open a project", "Projects (*.annotator)", many=False)

    def _on_import(self) -> None:
        self._ask_files("Import a data set", "COCO keypoints (*.json)", many=True)

    def _on_files(self) -> None:
        from annotator.store.media import PICTURE_SUFFIXES  # loads numpy, which the page itself must not

        patterns = " ".join(sorted(f"*{suffix}" for suffix in PICTURE_SUFFIXES))
        self._ask_files("Choose pictures", f"Pictures ({patterns})", many=True)

    def _ask_files(self, title: str, name_filter: str, *, many: bool) -> None:
        from annotator.ui.pages.choosers import ask_for_files

        ask_for_files(self, title, name_filter, self._take, many=many)

    def _on_folder(self) -> None:
        from annotator.ui.pages.choosers import ask_for_folder

        ask_for_folder(self, "Choose a folder of pictures", Path.home(), lambda folder: self.add_media([folder]))

    def _on_browse(self) -> None:
        from annotator.ui.pages.choosers import ask_for_folder

        start = Path(self._folder.text()).expanduser()
        ask_for_folder(self, "Save projects in", start, lambda path: self._folder.setText(_shown_path(path)))

    def _connect(self) -> None:
        self._left.open_asked.connect(self._on_open)
        self._left.recent_chosen.connect(self.open_requested)
        self._left.sample_chosen.connect(self.sample_requested)
        self._left.keys_asked.connect(self.keys_requested)
        self._left.theme_asked.connect(self.theme_toggled)
        self._zone.files_asked.connect(self._on_files)
        self._zone.folder_asked.connect(self._on_folder)
        self._zone.import_asked.connect(self._on_import)
        self._search.textChanged.connect(self._tiles.filter)
        self._tiles.chosen.connect(lambda _skeleton: self._refresh())
        self._tiles.new_requested.connect(self.new_skeleton_requested)
        self._name.textChanged.connect(lambda _text: self._refresh())
        self._folder.textChanged.connect(lambda _text: self._refresh())
        self._folder.browse_requested.connect(self._on_browse)
        for field in (self._name, self._folder):
            field.returnPressed.connect(self._on_create)
        self._create.clicked.connect(self._on_create)

    def _build(self) -> None:
        self._name.setAccessibleName("Name of the project")
        self._folder.setAccessibleName("Folder that the project is saved in")
        self._folder.setCursorPosition(0)
        self._search.setFixedWidth(210)
        for field in (self._name, self._folder, self._search):
            field.setAcceptDrops(False)  # files dropped on them are for the page
        for field in (self._name, self._folder):
            field.setMaximumWidth(260)
        steps = QWidget()
        fill_with(steps, "window")
        self._steps = column = QVBoxLayout(steps)
        column.setSpacing(0)
        column.addWidget(_StepHead(1, "Add pictures", "they stay where they are; only labels are written"))
        column.addSpacing(5)
        column.addWidget(self._zone)
        column.addSpacing(22)
        second = QHBoxLayout()
        second.addWidget(_StepHead(2, "Choose a skeleton", "you can change it later, even after labeling"), 1)
        second.setSpacing(8)
        second.addWidget(self._search)
        self._second = second
        column.addLayout(second)
        column.addSpacing(10)
        column.addWidget(self._tiles, 1)
        scrolling = QScrollArea()
        scrolling.setFrameShape(QFrame.Shape.NoFrame)
        scrolling.setWidgetResizable(True)
        scrolling.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scrolling.setWidget(steps)
        fill_with(scrolling, "window")
        self._foot = self._foot_row()
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(scrolling, 1)
        right.addLayout(self._foot)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._left)
        row.addLayout(right, 1)

    def _foot_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(9)
        row.addWidget(PlainLabel("Name", "text2"))
        row.addWidget(self._name, 1000)
        row.addSpacing(7)
        row.addWidget(PlainLabel("Saved in", "text2"))
        row.addWidget(self._folder, 1000)
        row.addStretch(1)
        row.addWidget(self._create)
        return row


class _StepHead(QWidget):
    """The number of a step, what to do, and what is good to know."""

    def __init__(self, number: int, title: str, line: str) -> None:
        super().__init__()
        self._number = number
        self._title = title
        self._line = line
        self.setAccessibleName(f"Step {number}: {title}, {line}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(280, scaled(28))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        height = scaled(19)
        badge = QRectF(0, round((self.height() - height) / 2), 32, height)
        with QPainter(self) as painter:
            paint_box(painter, badge, 4, theme.accent_background)
            paint_text(painter, badge, str(self._number), theme.accent, TEXT, 600, Qt.AlignmentFlag.AlignCenter)
            room = QRectF(40, 0, self.width() - 40, self.height())
            used = paint_text(painter, room, self._title, theme.text, 14, 600)
            room.setLeft(room.left() + used + 9)
            paint_text(painter, room, self._line, theme.text2, TEXT)


def _name_validator(parent: QWidget) -> "QRegularExpressionValidator":
    from PySide6.QtCore import QRegularExpression
    from PySide6.QtGui import QRegularExpressionValidator

    return QRegularExpressionValidator(QRegularExpression(_NAME), parent)


def _shown_path(path: Path) -> str:
    """Return the path with "~" for the home folder."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except ValueError:
        return str(path)
