"""Import labels: where the pictures are, which skeleton, and what would come in, before anything does."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from annotator.formats.contract import (
    Coordinates,
    ImportOptions,
    NeedsCoordinatesError,
    NeedsSkeletonError,
    PlannedInstances,
)
from annotator.formats.exchange import ImportReport, Preview, commit_import, preview_import
from annotator.formats.problems import ProblemsError, first_problems, report_problems
from annotator.jobs import Job
from annotator.model.skeleton import Skeleton
from annotator.session.messages import MessageKind
from annotator.session.session import Session
from annotator.store.project import Project
from annotator.ui.dialogs.class_rows import ClassRows
from annotator.ui.dialogs.facts import Banner, Facts
from annotator.ui.dialogs.import_choices import (
    Decision,
    SkeletonChoice,
    choose,
    counted,
    counted_choices,
    decided,
    facts_of,
    map_keypoint,
    mapping_rows,
    sentence_of,
    skeleton_choices,
)
from annotator.ui.dialogs.mapping_table import MappingPanel
from annotator.ui.job_runner import JobRunner
from annotator.ui.widgets.buttons import ButtonKind
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.fields import Combo, FormRow, PathField
from annotator.ui.widgets.labels import SectionHead
from annotator.ui.widgets.surfaces import Divider

_TYPED_MS: Final = 400
_SHOWN_PROBLEMS: Final = 5
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
        session.say(title, ". ".join(map(sentence_of, lines[:2])), kind)

    words = f"Import {counted(preview.instances, 'instance')}"
    runner.run(words, lambda job: commit_import(session.project, preview, job), done)


class ImportDialog(Dialog):
    """Asks about one file; `preview` is what to import once it was accepted."""

    def __init__(self, parent: QWidget, project: Project, runner: JobRunner, path: Path) -> None:
        super().__init__(parent, "Import labels", path.name, size=QSize(880, 620))
        self._project = project
        self._runner = runner
        self._path = path
        self._job: Job | None = None
        self._options = ImportOptions()
        self._unnamed: set[str] = set()
        self._decisions: dict[str, Decision] = {}
        self._mapped = ""
        self._mappable: list[str] = []
        self._read: Preview | None = None
        self.preview: Preview | None = None
        self._folder = PathField()
        self._folder.setPlaceholderText("Beside the file")
        self._folder_row = FormRow("Folder of the pictures", self._folder, "They stay where they are.")
        self._classes = ClassRows()
        self._coordinates = Combo()
        self._coordinates_row = FormRow("The points are meant for", self._coordinates)
        self._summary = SectionHead("What comes in")
        self._facts = Facts()
        self._skipped, self._notes = Banner(), Banner()
        self._error = Banner()
        self._mapping = MappingPanel()
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
        left.addWidget(self._coordinates_row)
        left.addWidget(self._classes, 1)
        self._coordinates_row.hide()
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._summary)
        right.addWidget(self._facts)
        for banner in (self._error, self._skipped, self._notes):
            right.addWidget(banner)
        right.addWidget(self._mapping, 1)
        right.addStretch(0)
        self._mapping.hide()
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
        self._classes.chosen.connect(self._on_skeleton)
        self._coordinates.activated.connect(self._on_coordinates)
        self._mapping.mapped.connect(self._on_mapped)
        self._mapping.class_chosen.connect(self._on_class)

    # What is decided ---------------------------------------------------------------------------------------

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Where are the pictures?", str(self._path.parent))
        if chosen:
            self._folder.setText(chosen)

    def _on_folder(self) -> None:
        text = self._folder.text().strip()
        self._options = replace(self._options, pictures=Path(text).expanduser() if text else None)
        self._check()

    def _on_skeleton(self, name: str, skeleton: Skeleton | None) -> None:
        if name in self._unnamed:  # the file must be read with the choice
            if skeleton is not None:
                self._options = replace(self._options, skeletons={**self._options.skeletons, name: skeleton})
                self._check()
        elif self._read is not None:
            self._decisions[name] = choose(self._planned(self._read, name).skeleton, skeleton, self._project.skeletons)
            self._mapped = name
            self._show(self._read)

    def _on_mapped(self, name: str, id_: str) -> None:
        """Take what a keypoint becomes; a class that was matched by itself is decided from here on."""
        if self._read is None or self.preview is None:
            return
        numbers = [planned.name for planned in self.preview.plan.instances]
        match = self.preview.matches[numbers.index(self._mapped)]
        decision = self._decisions.get(self._mapped, Decision(match.ours))
        self._decisions[self._mapped] = map_keypoint(decision, match, name, id_)
        self._show(self._read)

    def _on_class(self, row: int) -> None:
        self._mapped = self._mappable[row]
        if self._read is not None:
            self._show(self._read)

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
        options, skeletons = self._options, self._project.skeletons

        def read(job: Job) -> tuple[Preview, dict[str, list[SkeletonChoice]]]:
            preview = preview_import(self._project, self._path, options, job)
            classes = preview.plan.instances
            return preview, {each.name: skeleton_choices(each.skeleton, skeletons) for each in classes}

        job = self._runner.run(
            f"Read {self._path.name}",
            read,
            lambda found: self._on_read(job, *found),
            lambda error: self._on_failed(job, error),
            shown=False,
        )
        self._job = job

    def _on_read(self, job: Job, preview: Preview, choices: dict[str, list[SkeletonChoice]]) -> None:
        if job is not self._job:
            return  # a later check is on its way, or the dialog is closed
        self._job = None
        self._read = preview
        self._classes.offer({name: found for name, found in choices.items() if name not in self._unnamed})
        self._show(preview)

    def _on_failed(self, job: Job, error: BaseException) -> None:
        if job is not self._job:
            return
        self._job = None
        self._summary.set_count("")
        for part in (self._facts, self._skipped, self._notes, self._mapping):
            part.hide()
        self.set_foot_text("Nothing is imported")
        if isinstance(error, NeedsSkeletonError):
            line = f"Choose the skeleton of {error.class_name}: its instances have {counted(error.count, 'keypoint')}."
            self._error.say(MessageKind.WARN, f"{self._path.name} does not name its keypoints", [line])
            self._ask_for_skeleton(error.class_name, error.count)
        elif isinstance(error, NeedsCoordinatesError):
            line = "Choose which picture the points of the file are meant for: the displayed or the stored one."
            self._error.say(MessageKind.WARN, "Some pictures are turned by their EXIF orientation", [line])
            self._coordinates_row.show()
        elif isinstance(error, ProblemsError):
            lines = first_problems(error, report_problems(error), _SHOWN_PROBLEMS)
            self._error.say(MessageKind.BAD, f"{error}", lines)
        else:
            self._error.say(MessageKind.BAD, "This file cannot be imported", [f"{error}."])

    def _ask_for_skeleton(self, name: str, count: int) -> None:
        self._read = None
        self._unnamed.add(name)
        choices = counted_choices(count, self._project.skeletons)
        self._classes.offer({name: [SkeletonChoice(f"Choose one with {counted(count, 'keypoint')}…", None), *choices]})
        self._classes.set_error(name, "" if choices else f"None has {counted(count, 'keypoint')}: make one first.")

    def _show(self, read: Preview) -> None:
        preview = self.preview = decided(read, self._decisions, self._project.skeletons)
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
        for planned, match in zip(preview.plan.instances, preview.matches, strict=True):
            if planned.name not in self._unnamed:
                self._classes.show_match(planned.name, match)
        self._show_mapping(preview)
        pictures = len(preview.plan.frames)
        self._import.set_words(f"Import {counted(preview.instances, 'instance')}")
        self._import.setEnabled(bool(preview.instances or pictures))
        self.set_foot_text(f"{counted(preview.instances, 'instance')} in {counted(pictures, 'picture')}, one undo step")

    def _show_mapping(self, preview: Preview) -> None:
        """Show the keypoints of a class whose names do not settle everything."""
        found = {
            planned.name: (rows, preview.matches[n].ours)
            for n, planned in enumerate(preview.plan.instances)
            if (rows := mapping_rows(preview, n, self._decisions.get(planned.name)))
        }
        self._mappable = list(found)
        self._mapping.setVisible(bool(found))
        if not found:
            return
        if self._mapped not in found:
            self._mapped = self._mappable[0]
        self._mapping.offer_classes(self._mappable, self._mappable.index(self._mapped))
        self._mapping.show_rows(*found[self._mapped])

    @staticmethod
    def _planned(preview: Preview, name: str) -> PlannedInstances:
        return next(planned for planned in preview.plan.instances if planned.name == name)
