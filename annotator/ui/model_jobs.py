"""Running the model from the window: on this picture, on a box, over many frames."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject

from annotator.errors import CommandError
from annotator.jobs import Job
from annotator.model.frame import FrameKey
from annotator.model.instance import Box, Instance, Prediction
from annotator.predict.contract import Predictor, open_predictor
from annotator.session import prelabeling
from annotator.session.messages import MessageKind
from annotator.session.prelabeling import Run
from annotator.session.session import Session
from annotator.ui.job_runner import JobRunner

BOX_MARGIN = 0.1


class ModelJobs(QObject):
    """Starts model runs and says what they found."""

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._predictor: Predictor | None = None
        self._kept: Run | None = None

    def run_on_frame(self) -> None:
        """Run on the shown picture."""
        key = self._session.frame_key
        if key is None:
            raise CommandError("there is no picture: add pictures first")
        self._start("Run the model", [key], None, self._tell_frame)

    def run_on_selection(self) -> None:
        """Run on the box of the selected instance alone."""
        session = self._session
        selected = session.selected_instance or session.selected_prediction
        key = session.frame_key
        if selected is None or key is None:
            raise CommandError("select an instance, or draw a box with B")
        box = _box_of(selected)
        if box is None:
            raise CommandError("this instance has no box yet: draw one with B, or place two keypoints")
        self._start("Run the model", [key], box, self._tell_frame)

    def run_on_frames(self, keys: Sequence[FrameKey]) -> None:
        """Run over many frames; what is finished can be kept when it is stopped."""
        if not keys:
            raise CommandError("no frame is left to prelabel: all have instances or predictions")
        self._start(f"Prelabel {len(keys):,} frames", keys, None, self._tell_frames)

    def keep(self) -> None:
        """Keep what a stopped run had finished."""
        run, self._kept = self._kept, None
        if run is not None:
            self._runner.run(
                "Keep predictions", lambda job: prelabeling.write_run(self._session.project, run), shown=False
            )

    def discard(self) -> None:
        """Drop what a stopped run had finished."""
        self._kept = None

    def _start(self, title: str, keys: Sequence[FrameKey], box: Box | None, tell: Any) -> None:
        session = self._session
        skeleton = session.skeleton
        if skeleton is None:
            raise CommandError("the model needs a skeleton: make one first")
        if self._runner.is_busy and self._runner.title == title:
            raise CommandError("the model is running already")
        project = session.project
        keys = list(keys)

        def work(job: Job) -> tuple[Run, str]:
            if self._predictor is None:
                self._predictor = open_predictor()
            gaps = prelabeling.require_coverage(self._predictor, skeleton)
            run = prelabeling.run_model(project, self._predictor, skeleton, keys, job, box)
            if not run.was_cancelled:
                prelabeling.write_run(project, run)
            return run, gaps

        self._runner.run(title, work, tell)

    def _tell_frame(self, outcome: tuple[Run, str]) -> None:
        run, gaps = outcome
        session = self._session
        if run.was_cancelled:
            session.say("The model was stopped")
            return
        if run.damaged:
            session.say(run.damaged[0], "", MessageKind.BAD)
            return
        content = session.content
        count = len(content.predictions) if content is not None and content.frame.key in run.predictions else run.count
        if not count:
            session.say("The model found nothing new here", "Draw a box with B and press Shift+P to look closer.")
            return
        if content is not None and content.predictions and session.selected_instance is None:
            session.select(content.predictions[0].id)
        words = f"{count} predictions" if count != 1 else "1 prediction"
        session.say(words, gaps or "Space accepts, Delete rejects, Shift+Enter the confident points.", MessageKind.OK)

    def _tell_frames(self, outcome: tuple[Run, str]) -> None:
        run, gaps = outcome
        session = self._session
        done = f"{len(run.predictions):,} of {run.total:,}"
        if run.was_cancelled:
            self._kept = run
            session.say(
                f"Prelabel stopped at {done}",
                f"{run.count:,} predicted instances are ready. Keep them as predictions?",
                MessageKind.INFO,
                ("Keep", "model.keep"),
                ("Discard", "model.discard"),
            )
            return
        line = gaps or "Shift+D goes to the first; Ctrl+Space accepts all in a frame."
        if run.damaged:
            line = f"{len(run.damaged)} could not be read: {run.damaged[0]}"
        kind = MessageKind.WARN if run.damaged else MessageKind.OK
        session.say(f"{run.count:,} predictions in {done} frames", line, kind)


def _box_of(selected: Instance | Prediction) -> Box | None:
    if isinstance(selected, Prediction):
        return selected.box
    return selected.shown_box(BOX_MARGIN)
