"""Export: format, options, what would be written keypoint by keypoint; then the proof of what was written."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from annotator.errors import AnnotatorError, JobCancelled
from annotator.formats.contract import Exporter, ExportOptions, FrameChoice, exporters
from annotator.formats.export import REPORT, Exported, ExportPreview, export, folder_problem, preview_export
from annotator.jobs import Job, Progress
from annotator.model.instance import Visibility
from annotator.session.messages import MessageKind
from annotator.session.session import Session
from annotator.ui.dialogs.choices import Choices
from annotator.ui.dialogs.count_bars import CountBars
from annotator.ui.dialogs.export_words import bars, default_folder, foot, obstacle, proof_words, totals, warnings
from annotator.ui.dialogs.facts import Banner
from annotator.ui.dialogs.import_choices import counted, sentence_of
from annotator.ui.job_runner import JobRunner
from annotator.ui.theme import CAPTION
from annotator.ui.widgets.buttons import Button, ButtonKind
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.fields import Check, Combo, FormRow, PathField
from annotator.ui.widgets.labels import PlainLabel, SectionHead
from annotator.ui.widgets.surfaces import Divider

_FRAMES: Final = (
    ("Done or with decisions", FrameChoice.DECIDED),
    ("Done only", FrameChoice.DONE),
    ("All", FrameChoice.ALL),
)
_SPLITS: Final = (("One file", None), ("80 / 20, seed 7", 0.8), ("90 / 10, seed 7", 0.9))
_SEED: Final = 7
_STATES: Final = frozenset({Visibility.VISIBLE, Visibility.OCCLUDED})


class ExportDialog(Dialog):
    """Asks what to export, runs it as a job, and shows whether it was proved."""

    def __init__(self, parent: QWidget, session: Session, runner: JobRunner) -> None:
        super().__init__(parent, "Export", session.project.name, size=QSize(1080, 736))
        self._session = session
        self._project = session.project
        self._runner = runner
        self._checking: Job | None = None
        self._exporting: Job | None = None
        self._preview: ExportPreview | None = None
        self._exported: Exported | None = None
        self._obstacle = ""
        self._formats = Choices([(one.name, one.title, one.summary) for one in exporters.values()])
        self._folder = PathField()
        self._folder_row = FormRow("Folder", self._folder)
        self._frames, self._split, self._skeleton = Combo(), Combo(), Combo()
        self._visible, self._occluded = Check("Visible", True), Check("Occluded", True)
        self._copy = Check("Copy the pictures", False)
        self._loses = PlainLabel("", "text2", wraps=True)
        self._summary = SectionHead("What is written")
        self._bars = CountBars()
        self._bars_area = self._bars.scrolled()
        self._warning, self._outcome = Banner(), Banner()
        self._rechecks = QTimer(self, singleShot=True, interval=0)
        self._lay_out()
        self._connect()
        self._on_format(self._formats.choice)

    @property
    def options(self) -> ExportOptions:
        """What is decided now."""
        states = {Visibility.VISIBLE: self._visible.isChecked(), Visibility.OCCLUDED: self._occluded.isChecked()}
        skeleton = self._skeleton.currentData()
        return ExportOptions(
            folder=self._chosen_folder(),
            frames=_FRAMES[self._frames.currentIndex()][1],
            states=frozenset(state for state, is_on in states.items() if is_on),
            train_share=_SPLITS[self._split.currentIndex()][1],
            seed=_SEED,
            copy_pictures=self._copy.isChecked(),
            skeletons=(skeleton,) if skeleton else (),
        )

    @property
    def exported(self) -> Exported | None:
        """What was written last, or None."""
        return self._exported

    def done(self, result: int) -> None:
        for job in (self._checking, self._exporting):
            if job is not None:
                job.cancel()
        self._checking = self._exporting = None
        super().done(result)

    def accept(self) -> None:
        """Export; the dialog stays to show the proof."""
        if self._export.isEnabled():
            self._start()

    # Parts -------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.body.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.setSpacing(0)
        for part, width in ((self._format_part(), 178), (self._options_part(), 238)):
            part.setFixedWidth(width)
            row.addWidget(part)
            row.addWidget(Divider(upright=True))
        row.addWidget(self._preview_part(), 1)
        self.body.addLayout(row, 1)
        self._close = self.add_button("Cancel")
        self._close.clicked.connect(self.reject)
        self._export = self.add_button("Export", ButtonKind.PRIMARY)
        self._export.clicked.connect(self.accept)

    def _format_part(self) -> QWidget:
        part, column = _part()
        column.addWidget(PlainLabel("Format", "text2", pixels=CAPTION))
        column.addWidget(self._formats)
        column.addStretch(1)
        return part

    def _options_part(self) -> QWidget:
        part, column = _part()
        for words, _ in _FRAMES:
            self._frames.addItem(words)
        for words, _ in _SPLITS:
            self._split.addItem(words)
        self._skeleton.addItem("All", "")
        for skeleton in self._project.skeletons.values():
            self._skeleton.addItem(skeleton.name, skeleton.id)
        skeleton_row = FormRow("Skeleton", self._skeleton)
        skeleton_row.setVisible(len(self._project.skeletons) > 1)
        column.setSpacing(10)
        column.addWidget(self._folder_row)
        column.addWidget(FormRow("Frames", self._frames))
        column.addWidget(FormRow("Split", self._split))
        column.addWidget(skeleton_row)
        column.addWidget(PlainLabel("States with a position; others v=0", "text2", pixels=CAPTION))
        for check in (self._visible, self._occluded):
            column.addWidget(check)
        column.addWidget(self._copy)
        column.addSpacing(6)
        column.addWidget(PlainLabel("Not in this format", "text2", pixels=CAPTION, weight=500))
        column.addWidget(self._loses)
        column.addStretch(1)
        return part

    def _preview_part(self) -> QWidget:
        part, column = _part()
        column.addWidget(self._summary)
        column.addWidget(self._bars_area, 100)
        column.addWidget(PlainLabel("Solid v=2, hatched v=1, hollow v=0. Trained: points whose position is learnt.",
                                    "text2", pixels=CAPTION))  # fmt: skip
        column.addWidget(self._warning)
        column.addWidget(self._outcome)
        column.addStretch(1)
        for words, act in (("Open the report", self._open_report), ("Show in folder", self._show_folder)):
            button = Button(words)
            button.clicked.connect(act)
            self._outcome.add_button(button)
        return part

    def _connect(self) -> None:
        self._formats.chosen.connect(self._on_format)
        self._folder.textChanged.connect(self._on_changed)
        self._folder.browse_requested.connect(self._browse)
        for combo in (self._frames, self._split, self._skeleton):
            combo.currentIndexChanged.connect(self._on_changed)
        for check in (self._visible, self._occluded, self._copy):
            check.toggled.connect(self._on_changed)
        self._rechecks.timeout.connect(self._check)
        self._runner.progressed.connect(self._on_progressed)

    # What is decided ---------------------------------------------------------------------------------------

    def _exporter(self) -> Exporter:
        return exporters[self._formats.choice]

    def _chosen_folder(self) -> Path:
        folder = Path(self._folder.text().strip()).expanduser()
        return folder if folder.is_absolute() else self._project.path.parent / folder

    def _on_format(self, name: str) -> None:
        """Follow the format; the folder follows too while it is still the one that was offered."""
        path, project = self._project.path, self._project.name
        offered = {str(default_folder(path, project, one)) for one in exporters.values()}
        if self._folder.text() in offered | {""}:
            self._folder.setText(str(default_folder(path, project, exporters[name])))
        loses = exporters[name].loses
        self._loses.setText(f"{loses[:1].upper()}{loses[1:]}." if loses else "Nothing is lost.")
        self._on_changed()

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Export into", str(self._chosen_folder().parent))
        if chosen:
            self._folder.setText(chosen)

    def _on_changed(self, _: object = None) -> None:
        self._outcome.hide()
        self._exported = None
        self._close.set_words("Cancel")
        self._export.setEnabled(False)
        self._rechecks.start()

    # The preview -------------------------------------------------------------------------------------------

    def _check(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
        self._summary.set_count("Checking…")
        counted_options = replace(self.options, states=_STATES)  # both: what is left out is told beside its tick

        def count(job: Job) -> tuple[ExportPreview, str, bool]:
            folder = counted_options.folder
            preview = preview_export(self._project, counted_options, job)
            return preview, folder_problem(folder), (folder / REPORT).exists()

        job = self._runner.run(
            "Count what is exported",
            count,
            lambda found: self._on_counted(job, *found),
            lambda error: self._on_failed(job, error),
            shown=False,
        )
        self._checking = job

    def _on_counted(self, job: Job, preview: ExportPreview, problem: str, is_earlier: bool) -> None:
        if job is not self._checking:
            return  # a later check is on its way, or the dialog is closed
        self._checking = None
        self._preview = preview
        self._folder_row.set_error("No export of ours" if problem else "")
        self._obstacle = "Choose another folder" if problem else obstacle(preview, self._folder.text())
        self._summary.set_count("")
        visible, occluded = totals(preview)
        self._visible.set_words(f"Visible, {visible:,}")
        self._occluded.set_words(f"Occluded, {occluded:,}")
        self._bars.show_groups(bars(preview, self.options.states, self._project.skeletons))
        self._bars_area.setMaximumHeight(self._bars.height())
        found = warnings(preview)
        if is_earlier:
            found.append("The folder is not empty: files of an earlier export there are replaced.")
        self._warning.setVisible(bool(found or problem))
        if problem:
            self._warning.say(
                MessageKind.BAD, "Nothing is exported into this folder", [f"{sentence_of(problem)}.", *found]
            )
        elif found:
            self._warning.say(MessageKind.WARN, found[0], found[1:])
        self._end(preview)

    def _on_failed(self, job: Job, error: BaseException) -> None:
        if job is not self._checking:
            return
        self._checking = None
        self._summary.set_count("")
        self._outcome.say(MessageKind.BAD, "This cannot be exported", [f"{error}."])

    # The export --------------------------------------------------------------------------------------------

    def _start(self) -> None:
        exporter, options = self._exporter(), self.options
        self._export.setEnabled(False)
        self._export.set_words("Exporting…")
        job = self._runner.run(
            f"Export {exporter.title}",
            lambda job: export(self._project, exporter, options, job),
            lambda exported: self._on_exported(job, exported),
            lambda error: self._on_export_failed(job, error),
        )
        self._exporting = job

    def _on_progressed(self, _title: str, progress: Progress) -> None:
        if self._exporting is not None and progress.total:
            self.set_foot_text(f"{progress.note} {progress.done:,} of {progress.total:,}")

    def _on_exported(self, job: Job, exported: Exported) -> None:
        if job is not self._exporting:
            return
        self._exporting = None
        self._exported = exported
        holds, title, lines = proof_words(exported)
        kind = {True: MessageKind.OK, False: MessageKind.BAD, None: MessageKind.INFO}[holds]
        self._warning.hide()
        self._outcome.say(kind, title, lines)
        self._close.set_words("Close")
        self._end(exported.preview)

    def _on_export_failed(self, job: Job, error: BaseException) -> None:
        if job is not self._exporting:
            return
        self._exporting = None
        if not isinstance(error, AnnotatorError | JobCancelled):
            raise error  # not something a person can mend: the excepthook shows it
        words = "Stopped" if isinstance(error, JobCancelled) else "Nothing was exported"
        self._outcome.say(MessageKind.BAD, words, [f"{error}."])
        self._end(self._preview)

    def _end(self, preview: ExportPreview | None) -> None:
        """Offer the export again, or say what it waits for."""
        if preview is not None:
            self.set_foot_text(self._obstacle or foot(preview), "warn" if self._obstacle else "text2")
            self._export.set_words(f"Export {counted(preview.instances, 'row')}")
        self._export.setEnabled(not self._obstacle)

    def _open_report(self) -> None:
        if self._exported is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._exported.report)))

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._chosen_folder())))


def _part() -> tuple[QWidget, QVBoxLayout]:
    part = QWidget()
    column = QVBoxLayout(part)
    column.setContentsMargins(14, 12, 14, 12)
    column.setSpacing(8)
    column.setAlignment(Qt.AlignmentFlag.AlignTop)
    return part, column
