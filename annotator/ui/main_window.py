"""The main window: Welcome or Annotate, and what commands ask of it. No decisions about labels.

It is imported before the first paint, so what that does not need is imported inside functions.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget

from annotator.errors import AnnotatorError, NotSavedError, ProjectInUseError
from annotator.session.recent import forget_project, recent_projects
from annotator.session.samples import shipped_samples
from annotator.session.settings import Settings, ThemeChoice, default_projects_folder, write_settings
from annotator.ui.pages.welcome import CreateRequest, WelcomePage
from annotator.ui.places import place_window, window_layout
from annotator.ui.theme import apply_theme, fill_with, theme_of

if TYPE_CHECKING:
    from annotator.model.skeleton import Skeleton
    from annotator.model.templates import Template
    from annotator.session.session import Ask
    from annotator.store.project import Project
    from annotator.ui.workplace import Workplace

_log = logging.getLogger(__name__)


class MainWindow(QMainWindow):
    """The one window.

    Args:
        settings: of the user.
        config: folder of the settings and of the list of recent projects.
        log_path: of the log file.
    """

    def __init__(self, settings: Settings, config: Path, log_path: Path) -> None:
        super().__init__()
        self._settings = settings
        self._config = config
        self._log_path = log_path
        self._workplace: Workplace | None = None
        self._pages = QStackedWidget()
        self._shown_welcome: WelcomePage | None = None
        fill_with(self._pages, "window")
        self.setCentralWidget(self._pages)
        self.setWindowTitle("Annotator")
        self.setMinimumSize(1120, 700)
        place_window(self, settings.window)

    @property
    def workplace(self) -> "Workplace | None":
        """What is open, or None while the Welcome page shows."""
        return self._workplace

    @property
    def is_empty(self) -> bool:
        """Whether neither a project nor the Welcome page shows yet."""
        return self._pages.currentWidget() is None

    # Welcome -----------------------------------------------------------------------------------------------

    def _make_welcome(self) -> WelcomePage:
        page = WelcomePage(
            recent_projects(self._config), shipped_samples(), default_projects_folder(self._settings), _library
        )
        page.create_requested.connect(self._on_create)
        page.open_requested.connect(lambda path: self.open_paths([path]))
        page.sample_requested.connect(self._on_sample)
        page.import_requested.connect(self._on_import_new)
        page.new_skeleton_requested.connect(self._on_new_skeleton)
        page.theme_toggled.connect(self.toggle_theme)
        page.keys_requested.connect(self._show_keys)
        return page

    @property
    def _welcome(self) -> WelcomePage:
        """The Welcome page, made when it is first needed: after the first paint, or never when a project is opened."""
        if self._shown_welcome is None:
            self._shown_welcome = self._make_welcome()
            self._pages.addWidget(self._shown_welcome)
        return self._shown_welcome

    def show_welcome(self) -> None:
        """Close the project, if one is open, and show the Welcome page as things are now."""
        if not self._close_workplace():
            return
        if self._shown_welcome is not None:
            self._pages.removeWidget(self._shown_welcome)
            self._shown_welcome.deleteLater()
            self._shown_welcome = None
        self._pages.setCurrentWidget(self._welcome)
        self.setWindowTitle("Annotator")

    def _on_create(self, request: CreateRequest) -> None:
        self._guarded(lambda: self._create(request.path, request.name, [request.skeleton], request.media))

    def _create(self, path: Path, name: str, skeletons: Sequence["Skeleton"], media: Sequence[Path]) -> None:
        from annotator.store.project import create_project

        member = self._member()
        project = create_project(path, skeletons, name=name, member=member)
        self._open_workplace(project)
        if media and self._workplace is not None:
            self._workplace.add_pictures(media)

    def _on_sample(self, sample_id: str) -> None:
        from annotator.model.templates import template_skeleton

        sample = next(one for one in shipped_samples() if one.id == sample_id)
        path = default_projects_folder(self._settings) / "Samples" / f"{sample.title}.annotator"
        if path.exists():
            self.open_paths([path])
            return
        skeleton = template_skeleton(sample.skeleton_id)
        self._guarded(lambda: self._create(path, sample.title, [skeleton], [sample.folder]))

    def _on_import_new(self, labels: list[Path]) -> None:
        """Labels were dropped on the Welcome page: make a project beside them and import."""
        first = labels[0]
        path = default_projects_folder(self._settings) / f"{first.stem}.annotator"
        number = 2
        while path.exists():
            path, number = path.with_name(f"{first.stem} {number}.annotator"), number + 1

        def make() -> None:
            self._create(path, path.stem, [], [])
            if self._workplace is not None:
                self._workplace.import_labels(labels)

        self._guarded(make)

    def _on_new_skeleton(self) -> None:
        from annotator.ui.dialogs.new_skeleton import NewSkeletonDialog

        skeleton = NewSkeletonDialog.ask(self)
        if skeleton is not None:
            self._welcome.choose_skeleton(skeleton)

    # Opening and closing -----------------------------------------------------------------------------------

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open a project; pictures and folders go into the open one, or into step 1 of a new one."""
        from annotator.session.dropped import sort_dropped

        dropped = sort_dropped(paths)
        if dropped.project is not None:
            self._guarded(lambda: self._open(dropped.project))  # type: ignore[arg-type]  # checked above
        elif self._workplace is not None:
            self._workplace.take(dropped)
        elif dropped.media:
            self._pages.setCurrentWidget(self._welcome)
            self._welcome.add_media(dropped.media)
        elif dropped.labels:
            self._on_import_new(list(dropped.labels))

    def _open(self, path: Path, read_only: bool = False) -> None:
        from annotator.store.project import open_project

        if not path.exists():
            forget_project(path, self._config)
        try:
            project = open_project(path, member=self._member(), read_only=read_only)
        except ProjectInUseError as error:
            if not self._ask("This project is open elsewhere", str(error), "Open for reading"):
                return
            project = open_project(path, member=self._member(), read_only=True)
        self._open_workplace(project)

    def _open_workplace(self, project: "Project") -> None:
        from annotator.ui.workplace import Workplace

        if not self._close_workplace():
            project.close()
            return
        workplace = Workplace(project, self._settings, self._config, self)
        workplace.asked.connect(self._on_asked)
        self._workplace = workplace
        self._pages.addWidget(workplace.page)
        self._pages.setCurrentWidget(workplace.page)
        self.setWindowTitle(f"{workplace.project.name} – Annotator")
        workplace.begin()
        _log.info("opened a project with %d skeletons", len(workplace.project.skeletons))

    def _close_workplace(self) -> bool:
        """Close the open project; False when the person stays."""
        workplace = self._workplace
        if workplace is None:
            return True
        if workplace.runner.shown_title and not self._ask(
            f"{workplace.runner.shown_title} is running", "Close and stop it? What was committed stays.", "Close"
        ):
            return False
        self._workplace = None
        self._remember_layout(workplace)
        self._pages.removeWidget(workplace.page)
        try:
            workplace.close()
        except NotSavedError as error:
            self._tell("Some changes could not be saved", str(error))
        workplace.page.deleteLater()
        return True

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._close_workplace():
            self._change_settings(window=window_layout(self))
            event.accept()
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open and quit by their keys on the Welcome page too; with a project open its commands take them before."""
        acts = {Qt.Key.Key_O: self._choose_project, Qt.Key.Key_Q: self._quit}
        act = acts.get(Qt.Key(event.key()))
        if act is not None and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            act()
        else:
            super().keyPressEvent(event)

    # What commands ask -------------------------------------------------------------------------------------

    def _on_asked(self, what: "Ask") -> None:
        from annotator.session.session import Ask

        acts: dict[Ask, Callable[[], None]] = {
            Ask.NEW_PROJECT: self.show_welcome,
            Ask.CLOSE: self.show_welcome,
            Ask.OPEN: self._choose_project,
            Ask.THEME: self.toggle_theme,
            Ask.QUIT: self._quit,
            Ask.KEYS: self._show_keys,
            Ask.PLUGINS: self._show_plugins,
            Ask.LOG: lambda: self._open_file(self._log_path),
            Ask.ABOUT: self._show_about,
        }
        if what in acts:
            acts[what]()

    def _quit(self) -> None:
        self.close()

    def _choose_project(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        folder = str(default_projects_folder(self._settings))
        name, _ = QFileDialog.getOpenFileName(self, "Open project", folder, "Annotator projects (*.annotator)")
        if name:
            self.open_paths([Path(name)])

    def toggle_theme(self) -> None:
        """Exchange dark and light, now and for the next start."""
        choice = ThemeChoice.LIGHT if theme_of(self).is_dark else ThemeChoice.DARK
        self._change_settings(theme=choice)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, choice, self._settings.text_size.percent)
        if self._workplace is not None:
            self._workplace.dress()

    def _show_keys(self) -> None:
        from annotator.ui.dialogs.key_map import KeyMap

        KeyMap(self).exec()

    def _show_plugins(self) -> None:
        from annotator.session.plugins import PLUGINS
        from annotator.ui.dialogs.plugins import PluginsDialog

        PluginsDialog(self, PLUGINS).exec()

    def _show_about(self) -> None:
        from annotator.ui.dialogs.about import AboutDialog

        AboutDialog(self, self._log_path).exec()

    def _open_file(self, path: Path) -> None:
        from PySide6.QtCore import QUrl
        from PySide6.QtGui import QDesktopServices

        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    # Small things ------------------------------------------------------------------------------------------

    def _member(self) -> str:
        """Return the name that goes into the history; asked once."""
        if not self._settings.member:
            from annotator.ui.dialogs.member import MemberDialog

            name = MemberDialog.ask(self)
            if name:
                self._change_settings(member=name)
        return self._settings.member

    def _remember_layout(self, workplace: "Workplace") -> None:
        self._change_settings(layouts=self._settings.layouts | {workplace.page.name: workplace.page.layout_now})

    def _change_settings(self, **fields: object) -> None:
        changed = msgspec.structs.replace(self._settings, **fields)
        if changed == self._settings:
            return
        self._settings = changed
        try:
            write_settings(self._settings, self._config)
        except OSError as error:
            _log.warning("the settings cannot be kept: %s", error)

    def _guarded(self, call: Callable[[], None]) -> None:
        """Do something that may fail with a sentence, and show it."""
        try:
            call()
        except AnnotatorError as error:
            self._tell("That did not work", f"{str(error)[:1].upper()}{str(error)[1:]}.")

    def _tell(self, title: str, line: str) -> None:
        from annotator.ui.boxes import tell

        tell(self, title, line)

    def _ask(self, title: str, line: str, yes: str) -> bool:
        from annotator.ui.boxes import ask

        return ask(self, title, line, yes)

    def show_unexpected(self, error: BaseException) -> None:
        """Tell about an error that nobody foresaw, with the details to copy."""
        from annotator.ui.boxes import tell_unexpected

        tell_unexpected(self, error, self._log_path)


def _library() -> Sequence["Template"]:
    """Read the shipped skeletons; the Welcome page asks for them once it is on the screen."""
    from annotator.model.templates import templates

    return templates()
