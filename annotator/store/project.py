"""A project: one SQLite file that holds skeletons, frames, instances, predictions and every change ever made.

Reads show memory at once; a writer thread commits. Only `transaction` and `bulk` write.
"""

import getpass
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from annotator.errors import NotSavedError, ReadOnlyError, StoreError
from annotator.model.frame import Frame, FrameContent, FrameKey, FrameSummary
from annotator.model.ids import new_id
from annotator.model.skeleton import Skeleton
from annotator.store import history, sqlite
from annotator.store.backup import Backups
from annotator.store.batch import InstanceBatch
from annotator.store.bulk import BulkWrite, BulkWriter
from annotator.store.change import PROJECT_KEY, Change, ChangeKind, Entry, Settings, same_value
from annotator.store.counters import pages, totals_of
from annotator.store.damage import understood
from annotator.store.digest import run_digest
from annotator.store.fingerprint import Fingerprint
from annotator.store.history import NextChange
from annotator.store.location import ProjectPlace
from annotator.store.memory import Memory
from annotator.store.opening import open_place
from annotator.store.present import Present
from annotator.store.reader import FILTER_SQL, Counts, FrameFilter, Reader, missing_frame
from annotator.store.recorder import Recorder
from annotator.store.recovery import RecoveryFile
from annotator.store.roots import Roots
from annotator.store.signal import Signal
from annotator.store.steps import UndoSteps
from annotator.store.transaction import Transaction
from annotator.store.undo import current_value, inverse_entries
from annotator.store.writer import SaveKind, SaveState, Task, Writer

SUFFIX = ".annotator"
_PATIENCE_S = 2.0  # that a person's undo waits for a running import


class Project:
    """An open project. Use `open_project` or `create_project`, and close it (or use it in a `with`).

    Write from one thread (the window's); `bulk` may be called from a job's thread. Reads work from any thread.

    Attributes:
        changed: every change, right after memory shows it; a bulk change after it is on disk.
        save_state_changed: emitted on the writer thread.
        saved: a change that is now on disk; emitted on the writer thread.
        recovered: how many changes of an earlier run came back from its recovery file.
        backups: made before bulk changes and at close by themselves; call `make_if_due` now and then from a worker.
    """

    def __init__(self, place: ProjectPlace, member: str, *, settings_folder: Path | None = None) -> None:
        self.changed: Signal[Change] = Signal()
        self.save_state_changed: Signal[SaveState] = Signal()
        self.saved: Signal[Change] = Signal()
        self.path = place.path
        self.member = member
        self.is_read_only = place.read_only_reason != ""
        self.read_only_reason = place.read_only_reason
        self.recovered = 0
        self._place = place
        self._lock = threading.RLock()
        self._in_transaction = False
        self._writer: Writer | None = None
        self._long_reader: Reader | None = None
        self._is_closed = False
        self._has_saved = False
        self._is_recovering = False
        with ExitStack() as opened:
            self._open(place, settings_folder, opened)
            opened.pop_all()  # all went well: it is `close` that closes them

    def _open(self, place: ProjectPlace, settings_folder: Path | None, opened: ExitStack) -> None:
        """Connect and read what is always at hand; `opened` closes it again if something in the file makes no sense."""
        if not self.is_read_only:
            self._connection = place.connect(read_only=False)  # first: it may have to set how the file is written
            opened.callback(self._connection.close)
        self._reader = Reader(place.connect(read_only=True), self.path)
        opened.callback(self._reader.close)
        self._memory = Memory(self._reader)
        self._steps = UndoSteps(self._reader, self.member)
        self._disk_skeletons = self._reader.all_skeletons()
        self.uid = self._reader.uid()
        self.roots = Roots(self.uid, self.path, self._reader, settings_folder)
        self.backups = Backups(self.uid, self.path, self.connect)
        self._recovery = RecoveryFile(self.uid, self.path)
        if not self.is_read_only:
            self._writer = Writer(self._connection, Recorder(self._connection), self.path)
            opened.callback(self._writer.close)
            self._writer.state_changed.connect(self._on_save_state)
            self._writer.committed.connect(self._on_committed)
            self._recover(self._writer)

    # Reads -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._memory.settings.name

    @property
    def settings(self) -> Settings:
        return self._memory.settings

    @property
    def skeletons(self) -> Mapping[str, Skeleton]:
        """The skeletons by id, in order of creation."""
        return self._memory.skeletons

    @property
    def save_state(self) -> SaveState:
        return self._writer.state if self._writer else SaveState(SaveKind.SAVED)

    def content(self, key: FrameKey) -> FrameContent:
        """Return a frame with its instances and predictions, as they are now, saved or not.

        Raises:
            StoreError: there is no such frame.
        """
        with self._lock:
            content = self._memory.frames.get(key)
        if content is None:
            raise missing_frame(key)
        return content

    def frames(self, filter_: FrameFilter = FrameFilter.ALL) -> Iterator[Frame]:
        """Yield the frames in order, as they are on disk."""
        return self.reader.frames(filter_)

    def frame_keys(
        self, filter_: FrameFilter = FrameFilter.ALL, text: str = "", after: FrameKey = 0, limit: int = -1
    ) -> list[FrameKey]:
        """Return frame keys in order; see `Reader.frame_keys`."""
        return self._reader.frame_keys(filter_, text, after, limit)

    def neighbour(self, key: FrameKey, step: int) -> FrameKey | None:
        return self._reader.neighbour(key, step)

    def next_undecided(self, key: FrameKey, step: int) -> FrameKey | None:
        return self._reader.next_undecided(key, step)

    def summaries(self, keys: list[FrameKey]) -> list[FrameSummary]:
        """Return list rows for frames; those that wait to be saved are told from memory."""
        with self._lock:
            waiting = {key: self._memory.frames.waiting[key] for key in keys if key in self._memory.frames.waiting}
        rows = {row.frame.key: row for row in self._reader.summaries(keys)}
        for key, content in waiting.items():
            rows.pop(key, None)
            if content is None:
                continue
            totals = totals_of(content)
            rows[key] = FrameSummary(
                content.frame, totals.instances, totals.decided, totals.keypoints, totals.predictions
            )
        return [rows[key] for key in keys if key in rows]

    def counts(self) -> Counts:
        """Count frames, instances and predictions as they are on disk; call it on a worker thread."""
        return self.reader.counts()

    def batches(self, frames: FrameFilter = FrameFilter.ALL, size: int = 4096) -> Iterator[InstanceBatch]:
        """Yield the instances of these frames on disk as columns, in frame order."""
        return self.reader.batches(FILTER_SQL[frames], size=size)

    @property
    def reader(self) -> Reader:
        """SQL reads for lists, exports and proofs, on a connection that the frame on show never waits for."""
        with self._lock:
            if self._long_reader is None:
                self._long_reader = Reader(self.connect(), self.path)
                self._memory.add_reader(self._long_reader)
            return self._long_reader

    def connect(self) -> sqlite.Connection:
        """Open a reading connection of one's own, for long reads that must not hold up the others; close it."""
        return self._place.connect(read_only=True)

    def path_of(self, frame: Frame) -> Path | None:
        """Return where a frame's picture lies on this computer, or None while its folder is unknown."""
        return self.roots.path_of(frame)

    # Writes ------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self, name: str, *, undoable: bool = True) -> Iterator[Transaction]:
        """Stage changes; on leaving they become one `Change` named `name`, unless they came to nothing.

        Args:
            name: imperative, "Move nose".
            undoable: False for the change that makes the project: it is nobody's, so nobody's undo takes it back.

        Raises:
            ReadOnlyError: the project was opened for reading only.
            StoreError: called inside another transaction.
        """
        self._require_writable()
        if self._in_transaction:
            raise StoreError(f"{name!r} began inside another change: finish that one first")
        self._in_transaction = True
        try:
            transaction = Transaction(name, self._present())
            yield transaction
            entries = transaction.entries()
        finally:
            self._in_transaction = False
        if entries:
            member = self.member if undoable else ""
            self._apply(Change(new_id(), transaction.name, entries, member, now_ms()))

    def bulk(self, name: str, write: BulkWrite, timeout_s: float | None = None) -> Change:
        """Write many rows as one change, after a backup; returns when it is on disk.

        Args:
            name: of the change.
            write: fills it, on the writer thread.
            timeout_s: None waits for ever.

        Raises:
            ReadOnlyError: the project was opened for reading only.
            AnnotatorError: what `write` raised; nothing was changed.
        """
        self._require_writable().refuse_own_thread()
        self.backups.before_bulk()
        return self._bulk(Change(new_id(), name, {}, self.member, now_ms(), bulk=True), write, timeout_s)

    def _bulk(self, change: Change, write: BulkWrite, timeout_s: float | None = None) -> Change:
        writer = self._require_writable()
        writer.refuse_own_thread()
        task = Task(change, write)
        writer.submit(task)
        if not task.done.wait(timeout_s):
            raise NotSavedError(f"{change.name!r} takes longer than expected")
        if task.error is not None:
            raise task.error
        return change

    def undo(self) -> Change | None:
        """Take back my newest change that is not taken back yet; None when there is none.

        Raises:
            StoreError: what it changed was changed again since; nothing is dropped.
        """
        return self._take_back(ChangeKind.UNDO)

    def redo(self) -> Change | None:
        """Bring back what the newest undo took; None when there is nothing.

        Raises:
            StoreError: what the undo left was changed since; nothing is dropped.
        """
        return self._take_back(ChangeKind.REDO)

    @property
    def undo_name(self) -> str:
        """Name of the change that Undo would take back, or ""."""
        return self._next(ChangeKind.UNDO).name

    @property
    def redo_name(self) -> str:
        """Name of the change that Redo would bring back, or ""."""
        return self._next(ChangeKind.REDO).name

    @property
    def undo_is_bulk(self) -> bool:
        """Undo would take back a bulk change and wait for the disk: call it from a job's thread."""
        return self._next(ChangeKind.UNDO).is_bulk

    @property
    def redo_is_bulk(self) -> bool:
        """Redo would bring back a bulk change and wait for the disk: call it from a job's thread."""
        return self._next(ChangeKind.REDO).is_bulk

    def history(self, limit: int = 200) -> list[history.HistoryRow]:
        """Return the newest changes on disk, newest first."""
        return history.history(self._reader, limit)

    def start_run(self, model: str, model_hash: str, parameters: str) -> int:
        """Note a model run and return its id; predictions refer to it."""
        row = (new_id(), model, model_hash, parameters, self.member, now_ms())

        def write(bulk: BulkWriter) -> None:
            bulk.connection.execute(
                "INSERT INTO run (id, model, hash, parameters, member, started_ms, digest) VALUES (?,?,?,?,?,?,?)",
                (*row, run_digest(*row)),
            )

        self._aside(write)
        return row[0]

    def _aside(self, write: BulkWrite) -> None:
        """Write rows that are no change of anybody's work: runs, root hints."""
        self._require_writable().refuse_own_thread()
        task = self._submit_aside(write)
        task.done.wait()
        if task.error is not None:
            raise task.error

    def _submit_aside(self, write: BulkWrite) -> Task:
        task = Task(Change(new_id(), "", {}, self.member, now_ms(), bulk=True), write, is_change=False)
        self._require_writable().submit(task)
        return task

    def fingerprint(self, key: FrameKey) -> Fingerprint | None:
        """Return what the picture of a frame was when it was first shown, or None when it never was."""
        return self._reader.fingerprint(key)

    def note_fingerprint(self, key: FrameKey, found: Fingerprint) -> None:
        """Remember what a frame's picture is, without waiting for the disk; no change of anybody's work.

        While earlier changes cannot be saved it is not remembered: the picture is looked at again when it is shown.
        """

        def write(bulk: BulkWriter) -> None:
            bulk.connection.execute(
                "UPDATE media SET bytes = ?, modified_ms = ?, hash = ? "
                "WHERE id = (SELECT media FROM frame WHERE id = ?)",
                (found.size, found.modified_ms, found.hash, key),
            )

        with suppress(NotSavedError):
            self._submit_aside(write)

    def set_root_hint(self, root: str, folder: Path) -> None:
        """Remember in the project where a root lies relative to the project file."""
        hint = self.roots.hint_for(folder)

        def write(bulk: BulkWriter) -> None:
            bulk.root(root)
            bulk.connection.execute("UPDATE root SET hint = ? WHERE name = ?", (hint, root))

        self._aside(write)
        self.roots.forget()

    def retry(self) -> None:
        """Try to save again after a failure."""
        if self._writer:
            self._writer.retry()

    def flush(self, timeout_s: float | None = None) -> None:
        """Wait until everything is on disk.

        Raises:
            NotSavedError: it cannot be saved now.
        """
        if self._writer:
            self._writer.flush(timeout_s)

    def close(self, *, lose_unsaved: bool = False) -> None:
        """Save what waits, make a backup if anything changed, and close, leaving one file. Safe to call twice.

        With a large project the backup takes a second or two: a window closes on a worker thread.

        Args:
            lose_unsaved: close even when something can be kept nowhere.

        Raises:
            NotSavedError: something could not be saved. The sentence says either that it is in the recovery file and
                comes back at the next open (the project is closed), or that it is in memory only (still open).
        """
        if self._is_closed:
            return
        writer = self._writer
        unsaved = writer.drain() if writer else []
        if unsaved and not self._keep(unsaved) and not lose_unsaved:
            raise NotSavedError(
                f"{len(unsaved)} changes of {self.path.name} are in memory only and would be lost: "
                "free some space, then press Retry"
            )
        self._is_closed = True
        if writer is not None:
            if self._has_saved:
                self.backups.at_close()
            writer.close()
        if self._long_reader is not None:
            self._long_reader.close()
        self._reader.close()  # first: a reading connection that closes last leaves the log lying there
        if writer is not None:
            self._place.finish(self._connection)
            self._writer = None
            self.is_read_only = True
        self._place.release()
        if unsaved and not lose_unsaved:
            raise NotSavedError(
                f"{len(unsaved)} changes of {self.path.name} could not be saved; "
                f"they are kept in {self._recovery.path} and come back when the project is opened"
            )

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Inside ------------------------------------------------------------------------------------------------

    def _require_writable(self) -> Writer:
        if self._writer is None:
            raise ReadOnlyError(f"{self.path.name} is open for reading only: {self.read_only_reason or 'it is closed'}")
        return self._writer

    def _present(self) -> Present:
        return Present(
            self._memory.skeletons,
            self._memory.settings,
            self._content_or_none,
            self._owner,
            self._has_labels,
            self._is_known,
            self._first_taken,
        )

    def _content_or_none(self, key: FrameKey) -> FrameContent | None:
        with self._lock:
            return self._memory.frames.get(key)

    def _owner(self, instance: int) -> FrameKey | None:
        with self._lock:
            waiting = dict(self._memory.frames.waiting)
        for key, content in waiting.items():
            if content is not None and content.instance(instance) is not None:
                return key
        rows = self._reader.rows("SELECT frame FROM instance WHERE id = ? AND deleted = 0", (instance,))
        return rows[0][0] if rows and rows[0][0] not in waiting else None

    def _has_labels(self, skeleton: str, keypoints: frozenset[str], but: frozenset[int]) -> bool:
        self.flush(_PATIENCE_S)
        return self._reader.has_labels(skeleton, keypoints, but)

    def _is_known(self, frames: Sequence[Frame]) -> bool:
        keys = [frame.key for frame in frames]
        with self._lock:
            if not self._memory.frames.waiting.keys().isdisjoint(keys):
                return True
        return any(self._reader.has_frame(page) for page in pages(keys))

    def _first_taken(self, frames: Sequence[Frame]) -> Frame | None:
        with self._lock:
            waiting = dict(self._memory.frames.waiting)
        pictures = {(c.frame.root, c.frame.path, c.frame.index): key for key, c in waiting.items() if c is not None}
        for page in pages(frames):
            on_disk = self._reader.keys_of_pictures(page)
            for frame in page:
                picture = (frame.root, frame.path, frame.index)
                key = pictures.get(picture, on_disk.get(picture))
                if key is not None and key != frame.key and waiting.get(key, frame) is not None:
                    return frame
        return None

    def _apply(self, change: Change) -> None:
        """Show a change in memory, queue it for the disk, tell everybody."""
        writer = self._require_writable()
        with self._lock:
            self._memory.apply(change)
            self._steps.note(change)
            writer.submit(Task(change))
        self.changed.emit(change)

    def _take_back(self, kind: ChangeKind) -> Change | None:
        self._require_writable()
        target = self._target(kind)
        if target is None:
            return None
        change = Change(new_id(), target.name, {}, self.member, now_ms(), kind, target.uid, target.bulk)
        if target.bulk:
            row = self._reader.rows("SELECT id FROM change WHERE uid = ?", (target.uid,))[0][0]
            return self._bulk(change, lambda bulk: bulk.invert(history.change_rows(self._reader, row)))
        change = replace(change, entries=inverse_entries(target, self._present()))
        self._apply(change)
        return change

    def _target(self, kind: ChangeKind) -> Change | None:
        """Return what undo or redo takes back next; when memory does not hold it, everything is saved first."""
        with self._lock:
            if newest := self._steps.newest(kind):
                return newest
        self.flush(_PATIENCE_S)
        return self._steps.load(kind)

    def _next(self, kind: ChangeKind) -> NextChange:
        """Tell what undo or redo takes back next, without waiting."""
        if self._writer is None:
            return NextChange(0, "", False)
        with self._lock:
            waiting = [task.change for task in self._writer.pending() if task.write is None]
            return self._steps.next(kind, waiting)

    def _on_committed(self, task: Task) -> None:
        if not task.is_change:
            return
        change = task.change
        self._has_saved = True
        with self._lock:
            self._memory.frames.saved(key for key in change.entries if key != PROJECT_KEY)
            self._steps.log_grew()
            if change.bulk or PROJECT_KEY in change.entries:
                self._disk_skeletons = self._reader.all_skeletons()
            if change.bulk:
                # A change that was made while the bulk change was written stands above it in the log.
                self._steps.forget()
                waiting = self._writer.pending() if self._writer else []
                self._memory.read_again(task.touched, [waiter.change for waiter in waiting])
        if change.bulk:
            self.changed.emit(change)
        self.saved.emit(change)

    def _on_save_state(self, state: SaveState) -> None:
        writer = self._writer
        if state.kind is SaveKind.FAILED and writer is not None:
            self._keep(writer.pending())
        elif state.kind is SaveKind.SAVED and not self._is_recovering:
            self._recovery.clear()
        self.save_state_changed.emit(state)

    def _keep(self, unsaved: Sequence[Task]) -> bool:
        """Write the recovery file and return whether everything is in it."""
        return self._recovery.write([task.change for task in unsaved], self._disk_skeletons)

    def _recover(self, writer: Writer) -> None:
        """Bring back what an earlier run could not save; what fits no longer stays in a file."""
        self._is_recovering = True
        found = [change for change in self._recovery.read(self._disk_skeletons) if not self._is_in_log(change.uid)]
        for change in found:
            if not self._fits(change):
                self._recovery.set_aside()
                break
            self._apply(change)
            self.recovered += 1
        self._is_recovering = False
        if not found:
            self._recovery.clear()
        elif self.recovered < len(found):
            self._keep(writer.pending())

    def _is_in_log(self, uid: int) -> bool:
        return bool(self._reader.rows("SELECT 1 FROM change WHERE uid = ?", (uid,)))

    def _fits(self, change: Change) -> bool:
        """Return whether the project is as it was before a recovered change."""
        if change.undoes is not None and not self._is_in_log(change.undoes):
            self.flush()  # it may undo a change that was recovered just now
            if not self._is_in_log(change.undoes):
                return False
        present = self._present()
        return all(
            same_value(current_value(present, key, entry), entry.before)
            for key, entries in change.entries.items()
            for entry in entries
        )


def create_project(
    path: Path | str, skeletons: Iterable[Skeleton] = (), *, name: str = "", member: str = ""
) -> Project:
    """Make a new project file and open it.

    Args:
        path: ends in ".annotator" (added when missing); must not exist.
        skeletons: of the project; more can be added at any time.
        name: shown to people; the file's name by default.
        member: who works on it; the login name by default.

    Raises:
        StoreError: the file exists or its folder cannot be written.
    """
    path = Path(path)
    if path.suffix != SUFFIX:
        path = path.with_name(path.name + SUFFIX)
    settings = Settings(name or path.stem)
    entries = (Entry(None, settings), *(Entry(None, skeleton) for skeleton in skeletons))
    change = Change(new_id(), f"Create {settings.name}", {PROJECT_KEY: entries}, "", now_ms())

    def fill(connection: sqlite.Connection) -> None:
        connection.execute(
            "INSERT INTO project (id, uid, settings, created_ms) VALUES (1, ?, '', ?)", (new_id(), change.client_ms)
        )
        Recorder(connection).write(change)

    sqlite.create(path, fill)
    return open_project(path, member=member)


def open_project(
    path: Path | str, *, member: str = "", read_only: bool = False, allow_network: bool = False
) -> Project:
    """Open a project file.

    Args:
        path: of the file.
        member: who works on it; the login name by default.
        read_only: never write; several programs may read at once.
        allow_network: open a file on a network drive, with the settings that are safest there.

    Raises:
        StoreError: the file is missing, damaged, foreign, made by a newer version, or on a network drive.
        ProjectInUseError: another program has it open for writing.
    """
    place = open_place(Path(path), read_only=read_only, allow_network=allow_network)
    try:
        with understood(place.path, "its tables"):
            return Project(place, member or _login_name())
    except BaseException:
        place.release()
        raise


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "me"


def now_ms() -> int:
    return time.time_ns() // 1_000_000
