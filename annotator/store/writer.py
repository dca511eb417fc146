"""The writer thread: commits changes in order, and keeps them when a commit fails."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from annotator.errors import NotSavedError, StoreError
from annotator.model.frame import FrameKey
from annotator.store import sqlite
from annotator.store.bulk import BulkWriter
from annotator.store.change import Change
from annotator.store.recorder import FrameTotals, Recorder
from annotator.store.signal import Signal


class SaveKind(StrEnum):
    SAVED = "saved"
    SAVING = "saving"
    FAILED = "not saved"


@dataclass(frozen=True, slots=True)
class SaveState:
    """What the status line says about saving.

    Attributes:
        pending: changes that wait.
        at: seconds since the epoch of the newest commit, 0.0 before the first.
        reason: the sentence, when saving failed.
    """

    kind: SaveKind
    pending: int = 0
    at: float = 0.0
    reason: str = ""


@dataclass(slots=True, eq=False)
class Task:
    """One change on its way to the disk.

    Attributes:
        totals: counters of the touched frames after the change.
        write: for a bulk change, what fills it; runs on the writer thread inside the SQL transaction.
        is_change: False for rows that are nobody's work, such as the note of a model run.
        done: set once the change is committed, or given up.
        error: why a bulk change was given up. Other changes are never given up.
    """

    change: Change
    totals: Mapping[FrameKey, FrameTotals] = field(default_factory=dict)
    write: Callable[[BulkWriter], None] | None = None
    is_change: bool = True
    done: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class Writer:
    """Owns the writing connection. `state_changed` and `committed` are emitted on its thread."""

    def __init__(self, connection: sqlite.Connection, recorder: Recorder, path: Path) -> None:
        self.state_changed: Signal[SaveState] = Signal()
        self.committed: Signal[Task] = Signal()
        self.recorder = recorder
        self._connection = connection
        self._path = path
        self._queue: deque[Task] = deque()
        self._condition = threading.Condition()
        self._state = SaveState(SaveKind.SAVED)
        self._retry = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @property
    def state(self) -> SaveState:
        return self._state

    def pending(self) -> list[Task]:
        """Return the changes that are not on disk yet, oldest first."""
        with self._condition:
            return list(self._queue)

    def submit(self, task: Task) -> None:
        """Queue a change; it is committed in order."""
        with self._condition:
            self._queue.append(task)
            self._condition.notify_all()

    def retry(self) -> None:
        """Try again after a failed commit."""
        with self._condition:
            self._retry = True
            self._condition.notify_all()

    def flush(self, timeout_s: float | None = None) -> None:
        """Wait until everything queued is on disk.

        Raises:
            NotSavedError: a commit failed, or the time is over.
        """
        with self._condition:
            done = self._condition.wait_for(lambda: not self._queue or self._state.kind is SaveKind.FAILED, timeout_s)
            if self._queue:
                reason = self._state.reason if done else "saving takes longer than expected"
                raise NotSavedError(f"{len(self._queue)} changes are not saved: {reason}")

    def close(self) -> None:
        """Stop after what can be saved is saved; what cannot stays in `pending`."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(self._has_work)
                if self._closing and (not self._queue or self._state.kind is SaveKind.FAILED):
                    return
                self._retry = False
                tasks = self._next_group()
            self._set_state(SaveState(SaveKind.SAVING, len(self._queue), self._state.at))
            self._commit(tasks)

    def _has_work(self) -> bool:
        if self._closing or self._retry:
            return True
        return bool(self._queue) and self._state.kind is not SaveKind.FAILED

    def _next_group(self) -> list[Task]:
        """Take what waits: plain changes share one commit, a bulk change has its own."""
        if not self._queue:
            return []
        if self._queue[0].write is not None:
            return [self._queue[0]]
        group: list[Task] = []
        for task in self._queue:
            if task.write is not None or len(group) == 100:
                break
            group.append(task)
        return group

    def _commit(self, tasks: list[Task]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for task in tasks:
                self._write(task)
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the queue must survive it
            self._roll_back()
            self._fail(tasks, error)
            return
        with self._condition:
            for _ in tasks:
                self._queue.popleft()
            self._condition.notify_all()
        for task in tasks:
            self.committed.emit(task)
            task.done.set()
        kind = SaveKind.SAVING if self._queue else SaveKind.SAVED
        self._set_state(SaveState(kind, len(self._queue), time.time()))

    def _write(self, task: Task) -> None:
        if task.write is None:
            known = self._connection.execute("SELECT 1 FROM change WHERE uid = ?", (task.change.uid,)).fetchone()
            if not known:  # a commit whose answer was lost is not written twice
                self.recorder.write(task.change, task.totals)
            return
        bulk = BulkWriter(self.recorder, task.change, task.is_change)
        task.write(bulk)
        bulk.finish()

    def _roll_back(self) -> None:
        with suppress(sqlite.Error):  # SQLite may have rolled back by itself
            self._connection.execute("ROLLBACK")
        self.recorder.forget()

    def _fail(self, tasks: list[Task], error: BaseException) -> None:
        if tasks and tasks[0].write is not None:
            # A bulk change is all or nothing and its caller waits: give it up and go on with the rest.
            tasks[0].error = sqlite.explain(error, self._path) if isinstance(error, sqlite.Error) else error
            with self._condition:
                self._queue.popleft()
                self._condition.notify_all()
            tasks[0].done.set()
            kind = SaveKind.SAVING if self._queue else SaveKind.SAVED
            self._set_state(SaveState(kind, len(self._queue), self._state.at))
            return
        sentence = error if isinstance(error, StoreError) else sqlite.explain(error, self._path)  # type: ignore[arg-type]
        self._set_state(SaveState(SaveKind.FAILED, len(self._queue), self._state.at, str(sentence)))

    def _set_state(self, state: SaveState) -> None:
        with self._condition:
            self._state = state
            self._condition.notify_all()
        self.state_changed.emit(state)
