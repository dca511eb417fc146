"""One open project in the window: project, session, jobs, page; and the commands that need files or dialogs."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import platformdirs
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from annotator.formats.contract import importers
from annotator.model.frame import Frame, FrameKey
from annotator.session import pictures, prelabeling
from annotator.session.commands.registry import attempt, run
from annotator.session.dropped import Dropped, sort_dropped
from annotator.session.messages import MessageKind
from annotator.session.plugins import PLUGINS
from annotator.session.recent import RecentProject, remember_project
from annotator.session.session import Ask, Session
from annotator.session.settings import PageLayout, Settings
from annotator.store.project import Project
from annotator.store.reader import FrameFilter
from annotator.ui.backup_timer import BackupTimer
from annotator.ui.bridge import Bridge
from annotator.ui.job_runner import JobRunner
from annotator.ui.pages.annotate import AnnotatePage
from annotator.ui.plugin_loader import PluginLoader

SIZES_AT_ONCE = 200


class Workplace(QObject):
    """Everything that belongs to one open project.

    Attributes:
        asked: a command needs the window itself; `Ask`.
    """

    asked = Signal(object)

    def __init__(self, project: Project, settings: Settings, config: Path, window: QWidget) -> None:
        super().__init__(window)
        PLUGINS.load(others=False)
        self.project = project
        self._config = config
        self._window = window
        self._bridge = Bridge(project, self)
        self.session = Session(project, settings.threshold, self._bridge.dispatch)
        self.runner = JobRunner(self)
        self._backups = BackupTimer(self.session, self)
        self._plugins = PluginLoader(PLUGINS, self.session, self)
        cache = Path(platformdirs.user_cache_dir("annotator", appauthor=False)) / "thumbnails"
        self.page = AnnotatePage(self.session, self._bridge, self.runner, cache, window)
        self.page.set_layout(settings.layouts.get(self.page.name, PageLayout()))
        self.page.asked.connect(self._on_asked)
        self.page.dropped.connect(lambda paths: self.take(sort_dropped(paths)))

    def begin(self) -> None:
        """Show the first frame, say what was recovered, read sizes that are missing."""
        self.page.show_first()
        self.page.canvas.setFocus()
        if self.project.recovered:
            self.session.say(
                f"Welcome back: {self.project.recovered} changes were recovered", "Nothing was lost.", MessageKind.OK
            )
        elif self.project.is_read_only:
            reason = self.project.read_only_reason
            self.session.say(
                "Open for reading only",
                f"{reason[:1].upper()}{reason[1:]}. Nothing that you do here is kept; a copy can be changed.",
                MessageKind.WARN,
                ("Save a copy…", "file.copy"),
            )
            self.page.status.show_read_only()
        if missing := self.project.roots.missing():
            self.session.say(
                f"The pictures of {missing[0]} are not where they were",
                "Their labels are safe.",
                MessageKind.WARN,
                ("Find the folder…", "file.relink"),
            )
        QTimer.singleShot(500, self._read_sizes)

    def dress(self) -> None:
        """Follow a change of the theme."""
        self.page.dress()

    def close(self) -> None:
        """Stop the jobs, remember the project, close it.

        Raises:
            NotSavedError: something could not be saved.
        """
        self.runner.close()
        self._backups.close()
        self._plugins.close()
        self._remember()
        self.page.close_page()
        self.session.close()

    def take(self, dropped: Dropped) -> None:
        """Take what was dropped on the page: pictures become frames, labels are imported."""
        if dropped.project is not None:
            self.asked.emit(dropped.project)
        if dropped.media:
            self.add_pictures(dropped.media)
        if dropped.labels:
            self.import_labels(dropped.labels)

    def add_pictures(self, sources: Sequence[Path]) -> None:
        """Add pictures; the first of them shows at once, the rest is committed in the background."""
        found: list[pictures.Found] = []

        def find() -> None:
            found.extend(pictures.find_pictures(sources))
            first = found[0].folder / found[0].paths[0]
            if self.session.frame_key is None:
                self.page.show_ahead(first, lambda: attempt(self.session, add))
            else:
                add()

        def add() -> None:
            keys = pictures.add_pictures(self.project, found)
            if not keys:
                self.session.say("These pictures are in the project already")
                return
            if self.session.frame_key is None:
                self.session.show_frame(keys[0])
            self.page.frames.refresh()
            self.session.say(f"Added {len(keys):,} pictures" if len(keys) > 1 else "Added 1 picture")
            QTimer.singleShot(500, self._read_sizes)

        attempt(self.session, find)

    def _read_sizes(self) -> None:
        """Read the sizes of pictures in the background, a batch at a time, written on this thread."""
        if self.project.is_read_only:
            return
        rows = self.project.reader.rows(
            "SELECT id FROM frame WHERE deleted = 0 AND width = 0 ORDER BY id LIMIT ?", (SIZES_AT_ONCE,)
        )
        keys = [row[0] for row in rows]
        if not keys:
            return
        frames = [self.project.content(key).frame for key in keys]

        def done(result: tuple[list[Frame], list[str]]) -> None:
            sized, _ = result
            attempt(self.session, lambda: pictures.note_sizes(self.project, sized))
            if len(keys) == SIZES_AT_ONCE and sized:
                QTimer.singleShot(0, self._read_sizes)

        self.runner.run("Read sizes", lambda job: pictures.probe_sizes(self.project, frames), done, shown=False)

    # What commands ask -------------------------------------------------------------------------------------

    def _on_asked(self, what: Ask) -> None:
        acts: dict[Ask, Callable[[], None]] = {
            Ask.ADD_PICTURES: self._choose_pictures,
            Ask.IMPORT: self._choose_labels,
            Ask.EXPORT: self._export,
            Ask.NEW_SKELETON: self._new_skeleton,
            Ask.SAVE_COPY: self._save_copy,
            Ask.RELINK: self._relink,
            Ask.PALETTE: self._palette,
            Ask.GO_TO: self._go_to,
            Ask.RUN_ON_FRAMES: self._run_on_frames,
        }
        act = acts.get(what)
        if act is None:
            self.asked.emit(what)
        else:
            self._with_dialog(act)

    def _with_dialog(self, act: Callable[[], None]) -> None:
        """Give a dialog the keys, and the canvas the focus afterwards."""
        self.page.set_keys_enabled(False)
        try:
            attempt(self.session, act)
        finally:
            self.page.set_keys_enabled(True)
            self.page.canvas.setFocus()

    def _choose_pictures(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(
            self._window, "Add pictures", "", "Pictures (*.jpg *.jpeg *.png *.tif *.tiff *.webp *.bmp);;All files (*)"
        )
        if names:
            self.add_pictures([Path(name) for name in names])

    def _choose_labels(self) -> None:
        formats = [f"{one.title} ({' '.join(f'*{suffix}' for suffix in one.suffixes)})" for one in importers.values()]
        names, _ = QFileDialog.getOpenFileNames(
            self._window, "Import labels", "", ";;".join((*formats, "All files (*)"))
        )
        if names:
            self.import_labels([Path(name) for name in names])

    def import_labels(self, files: Sequence[Path]) -> None:
        """Preview an import and run it."""
        from annotator.ui.dialogs.import_dialog import import_files

        self._with_dialog(lambda: import_files(self.session, self.runner, files, self._window, self._after_import))

    def _after_import(self) -> None:
        self.page.frames.refresh()
        self.page.show_first()
        QTimer.singleShot(500, self._read_sizes)

    def _export(self) -> None:
        from annotator.ui.dialogs.export_dialog import ExportDialog

        ExportDialog(self._window, self.session, self.runner).exec()

    def _new_skeleton(self) -> None:
        from annotator.ui.dialogs.new_skeleton import NewSkeletonDialog

        skeleton = NewSkeletonDialog.ask(self._window)
        if skeleton is None:
            return
        with self.project.transaction(f"Add skeleton {skeleton.name}") as transaction:
            transaction.put_skeleton(skeleton)
        self.session.skeleton_id = skeleton.id
        self.session.select(None)
        self.page.right.refresh()
        self.session.say(f"New instances are {skeleton.name} now", "I begins one.")

    def _save_copy(self) -> None:
        from annotator.store.save_copy import save_a_copy

        name, _ = QFileDialog.getSaveFileName(
            self._window,
            "Save a copy",
            str(self.project.path.with_stem(f"{self.project.path.stem} copy")),
            "*.annotator",
        )
        if name:
            target = Path(name)
            self.runner.run(
                "Save a copy",
                lambda job: save_a_copy(self.project, target, job),
                lambda _: self.session.say("Copy saved and verified", str(target), MessageKind.OK),
            )

    def _relink(self) -> None:
        missing = self.project.roots.missing()
        names = missing or [str(row[0]) for row in self.project.reader.rows("SELECT name FROM root ORDER BY id")]
        for name in names[: len(missing) or 1]:
            chosen = QFileDialog.getExistingDirectory(self._window, f"Where is {name} now?")
            if not chosen:
                return
            self.project.roots.set_folder(name, Path(chosen))
            self.project.set_root_hint(name, Path(chosen))
        found = sum(1 for frame in self.project.frames() if (path := self.project.path_of(frame)) and path.exists())
        self.page.show_again()
        self.session.say(f"{found:,} pictures are found now", "", MessageKind.OK if found else MessageKind.WARN)

    def _palette(self) -> None:
        from annotator.ui.dialogs.palette import Palette

        chosen = Palette.choose(self.session, self._window)
        if chosen is not None:
            QTimer.singleShot(0, lambda: run(self.session, chosen))

    def _go_to(self) -> None:
        from annotator.ui.dialogs.go_to import GoToDialog

        total = self.project.counts().frames
        number = GoToDialog.ask(self._window, total)
        if number is not None:
            rows = self.project.reader.rows(
                "SELECT id FROM frame WHERE deleted = 0 ORDER BY id LIMIT 1 OFFSET ?", (number - 1,)
            )
            if rows:
                self.session.show_frame(rows[0][0])

    def _run_on_frames(self) -> None:
        from annotator.ui.dialogs.prelabel_frames import PrelabelFramesDialog

        choices: dict[str, list[FrameKey]] = {
            "Frames without instances or predictions": prelabeling.frames_to_prelabel(self.project),
            "Frames to do": self.project.frame_keys(FrameFilter.TO_DO),
            "Selected in the list": list(self.page.frames.selected_keys()),
        }
        keys = PrelabelFramesDialog.ask(self._window, {words: keys for words, keys in choices.items() if keys})
        if keys is not None:
            self.page.models.run_on_frames(keys)

    def _remember(self) -> None:
        counts = self.project.counts()
        remember_project(
            RecentProject(
                self.project.path,
                self.project.name,
                counts.frames,
                counts.done,
                tuple(skeleton.name for skeleton in self.project.skeletons.values()),
                datetime.now(),
            ),
            self._config,
        )
