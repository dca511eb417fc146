"""Import labels: where the pictures are, which skeleton, and what would come in, before anything does."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from annotator.formats.contract import Coordinates, ImportOptions, NeedsCoordinatesError, NeedsSkeletonError
from annotator.formats.exchange import ImportReport, Preview, commit_import, preview_import
from annotator.jobs import Job
from annotator.session.messages import MessageKind
from annotator.session.session import Session
from annotator.store.project import Project
from annotator.ui.dialogs.facts import Banner, Facts
from annotator.ui.dialogs.import_choices import (
    SkeletonChoice,
    counted,
    counted_choices,
    facts_of,
    sentence_of,
    skeleton_choices,
    with_skeleton,
)
from annotator.ui.job_runner import JobRunner
from annotator.ui.widgets.buttons import ButtonKind
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.fields import Combo, FormRow, PathField
from annotator.ui.widgets.labels import SectionHead
from annotator.ui.widgets.surfaces import Divider

_TYPED_MS: Final = 400
_COORDINATES: Final = (
    ("Choose which…", None),
    ("The picture as it is displayed", Coordinates.DISPLAYED),
    ("The picture as it is stored", Coordinates.STORED),
)


def import_files(
    session: Session, runner: JobRunner, files: Sequence[Path], parent: QWidget, after: Callable[[], None]
) -> None:
    """Ask about each file and import it as a job; `after` is called once each is in."""
    for path in files:
        preview = ImportDialog.ask(parent, session.project, runner, path)
        if preview is not None:
            _run(session, runner, preview, after)


def _run(session: Session, runner: JobRunner, preview: Preview, after: Callable[[], None]) -> None:
    def done(report: ImportReport) -> None:
        after()
        lines = [*report.skipped, *report.notes]
        if report.same:
            lines.insert(0, f"{counted(report.same, 'instance')} of this file were in the project already")
        kind = MessageKind.WARN if report.skipped else MessageKind.OK
        title = f"{counted(report.instances, 'instance')} imported from {report.source.name}"
        session.say(title, ". ".join(lines[:2]), kind)

    words = f"Import {counted(preview.instances, 'instance')}"
    runner.run(words, lambda job: commit_import(session.project, preview, job), done)


class ImportDialog(Dialog):
    """Asks about one file; `preview` is what to import once it was accepted."""

    def __init__(self, parent: QWidget, project: Project, runner: JobRunner, path: Path) -> None:
        super().__init__(parent, "Import labels", path.name, size=QSize(780, 520))
        self._project = project
        self._runner = runner
        self._path = path
        self._job: Job | None = None
        self._options = ImportOptions()
        self._read: Preview | None = None
        self._choices: list[SkeletonChoice] = []
        self.preview: Preview | None = None
        self._folder = PathField()
        self._folder.setPlaceholderText("Beside the file")
        self._folder_row = FormRow("Folder of the pictures", self._folder, "They stay where they are.")
        self._skeleton = Combo()
        self._skeleton_row = FormRow("Skeleton", self._skeleton)
        self._coordinates = Combo()
        self._coordinates_row = FormRow("The points are meant for", self._coordinates)
        self._summary = SectionHead("What comes in")
        self._facts = Facts()
        self._skipped, self._notes = Banner(), Banner()
        self._error = Banner()
        self._lay_out()
        self._typed = QTimer(self, singleShot=True, interval=_TYPED_MS)
        self._connect()
        self._check()

    @classmethod
    def ask(cls, parent: QWidget, project: Project, runner: JobRunner, path: Path) -> Preview | None:
        """Ask about a file; return what to commit, or None when the person changed their mind."""
        dialog = cls(parent, project, runner, path)
        is_chosen = dialog.exec() == cls.DialogCode.Accepted
        return dialog.preview if is_chosen else None

    def accept(self) -> None:
        if self.preview is not None:
            super().accept()

    def done(self, result: int) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
        super().done(result)

    def _lay_out(self) -> None:
        for words, _ in _COORDINATES:
            self._coordinates.addItem(words)
        left = QVBoxLayout()
        left.setSpacing(14)
        left.addWidget(self._folder_row)
        left.addWidget(self._skeleton_row)
        left.addWidget(self._coordinates_row)
        left.addStretch(1)
        self._skeleton_row.hide()
        self._coordinates_row.hide()
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._summary)
        right.addWidget(self._facts)
        for banner in (self._error, self._skipped, self._notes):
            right.addWidget(banner)
        right.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addLayout(left, 5)
        row.addWidget(Divider(upright=True))
        row.addLayout(right, 9)
        self.body.addLayout(row, 1)
        self.add_button("Cancel").clicked.connect(self.reject)
        self._import = self.add_button("Import", ButtonKind.PRIMARY)
        self._import.clicked.connect(self.accept)

    def _connect(self) -> None:
        self._folder.textChanged.connect(self._typed.start)
        self._folder.browse_requested.connect(self._browse)
        self._typed.timeout.connect(self._on_folder)
        self._skeleton.activated.connect(self._on_skeleton)
        self._coordinates.activated.connect(self._on_coordinates)

    # What is decided ---------------------------------------------------------------------------------------

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Where are the pictures?", str(self._path.parent))
        if chosen:
            self._folder.setText(chosen)

    def _on_folder(self) -> None:
        text = self._folder.text().strip()
        self._options = replace(self._options, pictures=Path(text).expanduser() if text else None)
        self._check()

    def _on_skeleton(self, row: int) -> None:
        choice = self._choices[row]
        if self._read is None:  # the file does not name its keypoints: it must be read with the choice
            self._options = replace(self._options, skeleton=choice.skeleton)
            self._check()
        else:
            self._show(with_skeleton(self._read, choice.skeleton, self._project.skeletons))

    def _on_coordinates(self, row: int) -> None:
        self._options = replace(self._options, coordinates=_COORDINATES[row][1])
        self._check()

    # What is shown -----------------------------------------------------------------------------------------

    def _check(self) -> None:
        """Read the file again with what is decided now, beside the window."""
        if self._job is not None:
            self._job.cancel()
        self.preview = None
        self._summary.set_count("Checking…")
        self._import.setEnabled(False)
        options = self._options
        job = self._runner.run(
            f"Read {self._path.name}",
            lambda job: preview_import(self._project, self._path, options, job),
            lambda preview: self._on_read(job, preview),
            lambda error: self._on_failed(job, error),
            shown=False,
        )
        self._job = job

    def _on_read(self, job: Job, preview: Preview) -> None:
        if job is not self._job:
            return  # a later check is on its way, or the dialog is closed
        self._job = None
        if self._options.skeleton is None:
            self._read = preview
            is_one = len(preview.plan.instances) == 1
            if is_one:
                choices = skeleton_choices(preview.plan.instances[0].skeleton, self._project.skeletons)
                self._offer(choices)
            self._skeleton_row.setVisible(is_one)
        self._show(preview)

    def _on_failed(self, job: Job, error: BaseException) -> None:
        if job is not self._job:
            return
        self._job = None
        self._summary.set_count("")
        for part in (self._facts, self._skipped, self._notes):
            part.hide()
        self.set_foot_text("Nothing is imported")
        if isinstance(error, NeedsSkeletonError):
            line = f"Choose the skeleton of its instances: they have {counted(error.count, 'keypoint')}."
            self._error.say(MessageKind.WARN, f"{self._path.name} does not name its keypoints", [line])
            self._ask_for_skeleton(error.count)
        elif isinstance(error, NeedsCoordinatesError):
            line = "Choose which picture the points of the file are meant for: the displayed or the stored one."
            self._error.say(MessageKind.WARN, "Some pictures are turned by their EXIF orientation", [line])
            self._coordinates_row.show()
        else:
            self._error.say(MessageKind.BAD, "This file cannot be imported", [f"{error}."])

    def _ask_for_skeleton(self, count: int) -> None:
        self._read = None
        choices = counted_choices(count, self._project.skeletons)
        self._offer([SkeletonChoice(f"Choose one with {counted(count, 'keypoint')}…", None), *choices])
        self._skeleton_row.set_error("" if choices else f"None has {counted(count, 'keypoint')}: make one first.")
        self._skeleton_row.show()

    def _offer(self, choices: list[SkeletonChoice]) -> None:
        if choices == self._choices:
            return
        self._choices = choices
        self._skeleton.clear()
        for choice in choices:
            self._skeleton.addItem(choice.title)

    def _show(self, preview: Preview) -> None:
        self.preview = preview
        self._summary.set_count("")
        self._error.hide()
        self._facts.show()
        self._facts.show_rows(facts_of(preview))
        skipped, notes = list(preview.plan.skipped), preview.notes
        self._skipped.setVisible(bool(skipped))
        if skipped:
            self._skipped.say(MessageKind.WARN, f"{counted(len(skipped), 'record')} left out", skipped)
        self._notes.setVisible(bool(notes))
        if notes:
            self._notes.say(MessageKind.INFO, "Worth knowing", [f"{sentence_of(note)}." for note in notes])
        pictures = len(preview.plan.frames)
        self._import.set_words(f"Import {counted(preview.instances, 'instance')}")
        self._import.setEnabled(bool(preview.instances or pictures))
        self.set_foot_text(f"{counted(preview.instances, 'instance')} in {counted(pictures, 'picture')}, one undo step")
