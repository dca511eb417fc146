"""Long work beside the window: one job at a time, its reports on the window's thread."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal

from annotator.errors import AnnotatorError, JobCancelled
from annotator.jobs import Job, Progress


@dataclass(slots=True, eq=False)
class _Work:
    job: Job
    call: Callable[[Job], Any]
    done: Callable[[Any], None] | None
    failed: Callable[[BaseException], None] | None
    shown: bool
    result: Any = field(default=None)
    error: BaseException | None = None


class JobRunner(QObject):
    """Runs jobs in order on one worker thread.

    Attributes:
        progressed: (title, `Progress`) of the running job.
        idle: nothing runs any more.
        failed: a job failed and its caller did not say what to do; the error.
    """

    progressed = Signal(str, object)
    started = Signal(str)
    idle = Signal()
    failed = Signal(object)
    _finished = Signal(object)
    _reported = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="job")
        self._waiting: deque[_Work] = deque()
        self._running: _Work | None = None
        self._finished.connect(self._on_finished)
        self._reported.connect(self._on_reported)

    @property
    def title(self) -> str:
        """Title of the running job, or ""."""
        return self._running.job.title if self._running else ""

    @property
    def shown_title(self) -> str:
        """Title of the running job when the person was told of it, or ""."""
        return self._running.job.title if self._running and self._running.shown else ""

    @property
    def is_busy(self) -> bool:
        return self._running is not None

    def run(
        self,
        title: str,
        call: Callable[[Job], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[BaseException], None] | None = None,
        *,
        shown: bool = True,
    ) -> Job:
        """Run `call` on the worker; `done` or `failed` is called here afterwards.

        Args:
            title: "Prelabel 812 frames".
            call: the work; it reports through the job it is given.
            done: takes the result.
            failed: takes the error; without it the window says what went wrong.
            shown: the status line shows it.
        """
        work = _Work(Job(title), call, done, failed, shown)
        work.job.on_progress = lambda progress: self._reported.emit(work, progress)
        self._waiting.append(work)
        self._next()
        return work.job

    def cancel(self) -> None:
        """Stop the running job after the item at hand, and forget those that wait."""
        self._waiting.clear()
        if self._running is not None:
            self._running.job.cancel()

    def close(self) -> None:
        """Stop everything and wait for the item at hand."""
        self.cancel()
        self._pool.shutdown(wait=True)
        self._running = None

    def _next(self) -> None:
        if self._running is not None or not self._waiting:
            return
        self._running = work = self._waiting.popleft()
        if work.shown:
            self.started.emit(work.job.title)
        self._pool.submit(self._work, work)

    def _work(self, work: _Work) -> None:
        try:
            work.result = work.call(work.job)
        except Exception as error:  # noqa: BLE001 - whatever a job raises is told on the window's thread
            work.error = error
        self._finished.emit(work)

    def _on_reported(self, work: _Work, progress: Progress) -> None:
        if work is self._running and work.shown:
            self.progressed.emit(work.job.title, progress)

    def _on_finished(self, work: _Work) -> None:
        self._running = None
        try:
            if work.error is None:
                if work.done is not None:
                    work.done(work.result)
            elif work.failed is not None:
                work.failed(work.error)
            elif not isinstance(work.error, JobCancelled):
                self._tell(work.error)
        finally:
            self._next()
            if self._running is None:
                self.idle.emit()

    def _tell(self, error: BaseException) -> None:
        if isinstance(error, AnnotatorError):
            self.failed.emit(error)
        else:
            raise error  # not something a person can mend: the excepthook shows it
