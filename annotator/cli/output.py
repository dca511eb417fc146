"""What a command prints: text and tables for people, one JSON object for programs, progress while it works."""

import json
import logging
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from annotator.jobs import Job, Progress
from annotator.model.text import shown, without_passwords

if TYPE_CHECKING:
    from types import FrameType

_WIDE = 10_000
"""Columns of an output that is no terminal: whoever reads it wants whole lines."""


class Output:
    """Where a command's results go.

    Args:
        as_json: print nothing but `result`, as JSON.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def say(self, text: str = "") -> None:
        """Print a line for people."""
        if not self.as_json:
            print(printable(text))

    def note(self, text: str) -> None:
        """Print a line beside the results, on stderr: something that the person should know."""
        print(printable(text), file=sys.stderr)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table for people; columns that hold numbers are aligned to the right."""
        if self.as_json or not rows:
            return
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False)
        for number, column in enumerate(columns):
            is_number = all(isinstance(row[number], (int, float)) for row in rows)
            table.add_column(column, justify="right" if is_number else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(_cell(value)) for value in row))
        width = None if sys.stdout.isatty() else _WIDE
        Console(file=sys.stdout, width=width, highlight=False).print(table)

    def result(self, value: Mapping[str, object]) -> None:
        """Print the command's result for programs."""
        if self.as_json:
            print(json.dumps(value, indent=2))

    @contextmanager
    def job(self, title: str) -> Iterator[Job]:
        """Give a job whose progress is drawn on a terminal, and which the first Ctrl+C cancels."""
        job = Job(title)
        with _cancelled_by_ctrl_c(job):
            if self.as_json or not sys.stderr.isatty():
                yield job
                return
            with _progress_bar(job):
                yield job


class _Sentences(logging.Handler):
    """Prints warnings of the core as lines on stderr, without the traceback that a log file gets."""

    def emit(self, record: logging.LogRecord) -> None:
        reason = f": {record.exc_info[1]}" if record.exc_info and record.exc_info[1] else ""
        print(printable(record.getMessage() + reason), file=sys.stderr)


@contextmanager
def log_on_stderr() -> Iterator[None]:
    """Show what the core warns of while a command runs."""
    handler, log = _Sentences(logging.WARNING), logging.getLogger("annotator")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def printable(text: str) -> str:
    """Return a text that cannot steer the terminal, since names may come from anybody, and tells no password."""
    text = without_passwords(shown(text))
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text)


def counted(count: int, one: str, many: str = "") -> str:
    """Return "1 picture" or "1,234 pictures"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else printable(str(value))


@contextmanager
def _progress_bar(job: Job) -> Iterator[None]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(job.title, total=None, note="")

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total or None, note=printable(progress.note))

        job.on_progress = show
        yield


@contextmanager
def _cancelled_by_ctrl_c(job: Job) -> Iterator[None]:
    """Let Ctrl+C ask the job to stop, so that what is finished is kept; a second one ends the program."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(_number: int, _frame: "FrameType | None") -> None:
        job.cancel()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
