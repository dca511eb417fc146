"""The writer thread: commits changes in order, and keeps them when a commit fails."""

import threading
import time
from collections import deque
from collections.abc import Callable, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from annotator.errors import NotSavedError, StoreError
from annotator.model.frame import FrameKey
from annotator.store import sqlite
from annotator.store.bulk import BulkWriter
from annotator.store.change import Change
from annotator.store.recorder import Recorder
from annotator.store.signal import Signal

_GROUP = 100
_IDLE_S = 60.0
_LOG_PAGES = 1000  # SQLite's own default


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
        write: for a bulk change, what fills it; runs on the writer thread inside the SQL transaction.
        is_change: False for rows that are nobody's work, such as the note of a model run, and for a bulk change
            that came to nothing.
        touched: the frames into which a bulk change wrote.
        done: set once the change is committed and announced, or given up.
        error: why a bulk change was given up. Other changes are never given up.
    """

    change: Change
    write: Callable[[BulkWriter], None] | None = None
    is_change: bool = True
    touched: Set[FrameKey] = frozenset()
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
        self._announcing = False
        self._log_grew = False
        self._caches_are_stale = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @property
    def state(self) -> SaveState:
        return self._state

    @property
    def is_idle(self) -> bool:
        """Everything is on disk and announced."""
        return not self._queue and not self._announcing

    def pending(self) -> list[Task]:
        """Return the changes that are not on disk yet, oldest first."""
        with self._condition:
            return list(self._queue)

    def submit(self, task: Task) -> None:
        """Queue a change; it is committed in order.

        Raises:
            NotSavedError: a bulk change, while earlier changes cannot be saved.
        """
        with self._condition:
            if task.write is not None and self._state.kind is SaveKind.FAILED:
                raise self._not_saved(self._state.reason)
            self._queue.append(task)
            self._condition.notify_all()

    def retry(self) -> None:
        """Try again after a failed commit."""
        with self._condition:
            self._retry = self._state.kind is SaveKind.FAILED
            self._condition.notify_all()

    def flush(self, timeout_s: float | None = None) -> None:
        """Wait until everything queued is on disk and announced.

        Raises:
            NotSavedError: a commit failed, or the time is over.
        """
        self.refuse_own_thread()
        with self._condition:
            done = self._condition.wait_for(lambda: self.is_idle or self._has_failed(), timeout_s)
            if not self.is_idle:
                raise self._not_saved(self._state.reason if done else "saving takes longer than expected")

    def drain(self) -> list[Task]:
        """Save what can be saved, trying once more what failed, and return what cannot."""
        self.retry()
        with suppress(NotSavedError):
            self.flush()
        return self.pending()

    def close(self) -> None:
        """End the thread after what can be saved is saved; what cannot stays in `pending`."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join()

    def refuse_own_thread(self) -> None:
        """Raise where a listener or a bulk writer would wait for the thread that it runs on."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("the writer thread cannot wait for itself: do this from another thread")

    def _not_saved(self, reason: str) -> NotSavedError:
        return NotSavedError(f"{len(self._queue)} changes are not saved: {reason}")

    def _has_failed(self) -> bool:
        return self._state.kind is SaveKind.FAILED and not self._retry and not self._announcing

    def _run(self) -> None:
        while True:
            with self._condition:
                has_work = self._condition.wait_for(self._has_work, _IDLE_S if self._log_grew else None)
                if self._closing and (not self._queue or self._has_failed()):
                    break
                tasks = [] if self._has_failed() else self._next_group()
                self._retry = False
                self._announcing = bool(tasks)
            if tasks:
                self._set_state(SaveState(SaveKind.SAVING, len(self._queue), self._state.at))
                self._commit(tasks)
            elif has_work:
                # More changes were made after a failure: whoever keeps them elsewhere is told.
                self._set_state(replace(self._state, pending=len(self._queue)))
            else:
                self._fold_log()
        self._give_up_bulk()

    def _has_work(self) -> bool:
        if self._closing or (self._retry and self._queue):
            return True
        if self._state.kind is SaveKind.FAILED:
            return len(self._queue) != self._state.pending
        return bool(self._queue)

    def _next_group(self) -> list[Task]:
        """Take what waits: plain changes share one commit, a bulk change has its own."""
        if not self._queue:
            return []
        if self._queue[0].write is not None:
            return [self._queue[0]]
        group: list[Task] = []
        for task in self._queue:
            if task.write is not None or len(group) == _GROUP:
                break
            group.append(task)
        return group

    def _commit(self, tasks: list[Task]) -> None:
        is_bulk = tasks[0].write is not None
        try:
            if self._connection.in_transaction:  # an earlier ROLLBACK failed with the disk
                self._connection.execute("ROLLBACK")
            self._connection.execute("BEGIN IMMEDIATE")
            if self._caches_are_stale:
                self.recorder.forget()
                self._caches_are_stale = False
            for task in tasks:
                self._write(task)
            if is_bulk:
                # Its log is large. Whoever waits is told first; then the log is folded in.
                self._connection.execute("PRAGMA wal_autocheckpoint = 0")
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the queue must survive it
            self._roll_back()
            self._fail(tasks, error)
            return
        self._log_grew = True
        with self._condition:
            for _ in tasks:
                self._queue.popleft()
        for task in tasks:
            self.committed.emit(task)
            task.done.set()
        self._go_on(time.time())
        if is_bulk:
            self._fold_bulk_log()

    def _fold_bulk_log(self) -> None:
        with suppress(sqlite.Error):  # it is tried again at the next commit
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _write(self, task: Task) -> None:
        if task.write is None:
            known = self._connection.execute("SELECT 1 FROM change WHERE uid = ?", (task.change.uid,)).fetchone()
            if not known:  # a commit whose answer was lost is not written twice
                self.recorder.write(task.change)
            return
        bulk = BulkWriter(self.recorder, task.change, task.is_change)
        task.write(bulk)
        bulk.finish()
        task.is_change = task.is_change and not bulk.is_empty
        task.touched = bulk.touched

    def _roll_back(self) -> None:
        with suppress(sqlite.Error):  # SQLite may have rolled back by itself
            self._connection.execute("ROLLBACK")
        with suppress(sqlite.Error):
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        self._caches_are_stale = True

    def _fail(self, tasks: list[Task], error: Exception) -> None:
        if tasks[0].write is not None:
            # A bulk change is all or nothing and its caller waits: give it up and go on with the rest.
            self._give_up(tasks[0], sqlite.explain(error, self._path) if isinstance(error, sqlite.Error) else error)
            self._go_on(self._state.at)
            return
        sentence = error if isinstance(error, StoreError) else sqlite.explain(error, self._path)
        state = SaveState(SaveKind.FAILED, len(self._queue), self._state.at, str(sentence))
        self._set_state(state, announced=True)
        self._give_up_bulk()

    def _give_up(self, task: Task, error: BaseException) -> None:
        task.error = error
        with self._condition:
            self._queue.remove(task)
        task.done.set()

    def _give_up_bulk(self) -> None:
        """Release those who wait for bulk changes that stand behind what cannot be saved."""
        for task in self.pending():
            if task.write is not None:
                self._give_up(task, self._not_saved(self._state.reason))

    def _go_on(self, at: float) -> None:
        with self._condition:
            kind = SaveKind.SAVING if self._queue else SaveKind.SAVED
            state = SaveState(kind, len(self._queue), at)
        self._set_state(state, announced=True)

    def _set_state(self, state: SaveState, announced: bool = False) -> None:
        with self._condition:
            self._state = state
        self.state_changed.emit(state)
        with self._condition:
            self._announcing = self._announcing and not announced
            self._condition.notify_all()

    def _fold_log(self) -> None:
        """Fold the write-ahead log into the file after an idle minute, so that a copied file is a whole one."""
        with suppress(sqlite.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._log_grew = False
