"""Progress and cancellation for long work, without threads or Qt.

A long function takes a `Job`, reports through it, and is stopped by it. Who runs the function (the window's
job runner, the command line's progress bar, a test) decides what to do with the reports.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from annotator.errors import JobCancelled

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        done: items finished.
        total: items in all; 0 while unknown.
        note: what is being done now, for the status line.
        seconds_left: estimate, or None before 5 % are done.
    """

    done: int
    total: int
    note: str = ""
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        return self.done / self.total if self.total else 0.0


@dataclass(slots=True)
class Job:
    """What a long function reports to, and asks whether to stop.

    Attributes:
        title: "Prelabel 812 frames".
        on_progress: called from the working thread, at most every 50 ms and at the end.
    """

    title: str = ""
    on_progress: Callable[[Progress], None] | None = None
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _started: float = field(default_factory=time.monotonic)
    _reported: float = 0.0
    _stops: list[Callable[[], None]] = field(default_factory=list)

    def cancel(self) -> None:
        """Ask the working thread to stop after the item at hand, or inside it where `stopping` says how."""
        self._cancelled.set()
        for stop in tuple(self._stops):
            stop()

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Have `stop` called, on the thread that cancels, when the job is cancelled before the block ends."""
        self._stops.append(stop)
        try:
            if self.is_cancelled:
                stop()
            yield
        finally:
            self._stops.remove(stop)

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise `JobCancelled` when the person pressed Cancel."""
        if self._cancelled.is_set():
            raise JobCancelled(self.title)

    def report(self, done: int, total: int, note: str = "") -> None:
        """Tell how far the work is; cheap enough to call for every item."""
        if self.on_progress is None:
            return
        now = time.monotonic()
        if done < total and now - self._reported < 0.05:
            return
        self._reported = now
        left = None
        if total and done / total >= 0.05:
            left = (now - self._started) / done * (total - done)
        self.on_progress(Progress(done, total, note, left))

    def track(self, items: Iterable[T], total: int, note: str = "") -> Iterator[T]:
        """Yield `items`, reporting after each; raises `JobCancelled` between two of them."""
        for done, item in enumerate(items):
            self.check()
            self.report(done, total, note)
            yield item
        self.report(total, total, note)
