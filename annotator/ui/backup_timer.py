"""Backups every half hour while a project is open, beside everything else."""

from typing import Final

from PySide6.QtCore import QObject, QTimer

from annotator.jobs import Job
from annotator.session.messages import MessageKind
from annotator.session.session import Session
from annotator.ui.job_runner import JobRunner

_LOOK_MS: Final = 60_000


class BackupTimer(QObject):
    """Looks each minute whether a backup is due. Silent, unless one failed: that is told once, until one succeeds.

    It has a worker of its own: a backup neither waits for an hour of prelabeling nor holds it up.
    """

    def __init__(self, session: Session, parent: QObject, look_ms: int = _LOOK_MS) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = JobRunner(self)
        self._is_told = False
        self._timer = QTimer(self, interval=look_ms)
        self._timer.timeout.connect(self._look)
        if not session.project.is_read_only:
            self._timer.start()

    def close(self) -> None:
        """Stop, also a backup in the making: closing the project makes one."""
        self._timer.stop()
        self._runner.close()

    def _look(self) -> None:
        if not self._runner.is_busy:
            self._runner.run("Back up", self._make, lambda _: self._tell_problem(), shown=False)

    def _make(self, job: Job) -> None:
        self._session.project.backups.make_if_due(job)

    def _tell_problem(self) -> None:
        problem = self._session.project.backups.problem
        if problem and not self._is_told:
            line = f"{problem[:1].upper()}{problem[1:]}. What you do is saved all the same."
            self._session.say("No backup could be made", line, MessageKind.BAD)
        self._is_told = bool(problem)
