"""A project: one SQLite file that holds skeletons, frames, instances, predictions and every change ever made.

Reads show memory at once; a writer thread commits. Only `transaction` and `bulk` write.
"""

import getpass
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from annotator.errors import NotSavedError, ReadOnlyError, StoreError
from annotator.model.frame import Frame, FrameContent, FrameKey, FrameSummary
from annotator.model.ids import new_id
from annotator.model.instance import Instance, Prediction
from annotator.model.skeleton import Skeleton
from annotator.store import history, sqlite
from annotator.store.batch import InstanceBatch
from annotator.store.bulk import BulkWrite, BulkWriter
from annotator.store.change import PROJECT_KEY, Change, ChangeKind, Settings, apply_entries
from annotator.store.location import ProjectPlace, take_place
from annotator.store.reader import Counts, FrameFilter, Reader, missing_frame
from annotator.store.recorder import FrameTotals, Recorder
from annotator.store.recovery import RecoveryFile
from annotator.store.roots import Roots
from annotator.store.signal import Signal
from annotator.store.transaction import Transaction
from annotator.store.writer import SaveKind, SaveState, Task, Writer

SUFFIX = ".annotator"
_CACHED_FRAMES = 256


class Project:
    """An open project. Use `open_project` or `create_project`, and close it (or use it in a `with`).

    Write from one thread (the window's); `bulk` may be called from a job's thread. Reads work from any thread.

    Attributes:
        changed: every change, right after memory shows it; a bulk change after it is on disk.
        save_state_changed: emitted on the writer thread.
        saved: a change that is now on disk; emitted on the writer thread.
        recovered: how many changes of an earlier run came back from its recovery file.
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
        self._contents: OrderedDict[FrameKey, FrameContent] = OrderedDict()
        self._pinned: Counter[FrameKey] = Counter()
        self._undo_stack: list[Change] = []
        self._redo_stack: list[Change] = []
        self._in_transaction = False
        self._reader = Reader(place.connect(read_only=True), self.path)
        self._settings = self._reader.settings()
        self._skeletons = {id_: stored.skeleton for id_, stored in self._reader.skeletons().items()}
        self.uid = self._reader.uid()
        self.roots = Roots(self.uid, self.path, self._reader, settings_folder)
        self._recovery = RecoveryFile(self.uid)
        self._writer: Writer | None = None
        if not self.is_read_only:
            connection = place.connect(read_only=False)
            recorder = Recorder(connection, self._reader.skeletons())
            self._writer = Writer(connection, recorder, self.path)
            self._connection = connection
            self._writer.state_changed.connect(self._on_save_state)
            self._writer.committed.connect(self._on_committed)
            self._recover()

    # Reads -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def skeletons(self) -> Mapping[str, Skeleton]:
        """The skeletons by id, in order of creation."""
        return self._skeletons

    @property
    def save_state(self) -> SaveState:
        return self._writer.state if self._writer else SaveState(SaveKind.SAVED)

    def content(self, key: FrameKey) -> FrameContent:
        """Return a frame with its instances and predictions, as they are now, saved or not.

        Raises:
            StoreError: there is no such frame.
        """
        with self._lock:
            found = self._contents.get(key)
            if found is not None:
                self._contents.move_to_end(key)
                return found
            content = self._reader.content(key)
            if content is None:
                raise missing_frame(key)
            self._remember(key, content)
            return content

    def frames(self, filter_: FrameFilter = FrameFilter.ALL) -> Iterator[Frame]:
        """Yield the frames in order, as they are on disk."""
        return self._reader.frames(filter_)

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
            fresh = {key: self._contents[key] for key in keys if self._pinned[key] and key in self._contents}
        rows = {row.frame.key: row for row in self._reader.summaries(keys)}
        for key, content in fresh.items():
            totals = totals_of(content)
            rows[key] = FrameSummary(
                content.frame, totals.instances, totals.decided, totals.keypoints, totals.predictions
            )
        return [rows[key] for key in keys if key in rows]

    def counts(self) -> Counts:
        return self._reader.counts()

    def batches(self, frames: FrameFilter = FrameFilter.ALL, size: int = 4096) -> Iterator[InstanceBatch]:
        """Yield all instances on disk as columns, in frame order."""
        return self._reader.batches(size=size)

    @property
    def reader(self) -> Reader:
        """SQL reads for lists and proofs."""
        return self._reader

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
            transaction = Transaction(name, self.content, lambda: self._skeletons, self._settings)
            yield transaction
            entries = transaction.entries()
        finally:
            self._in_transaction = False
        if entries:
            member = self.member if undoable else ""
            self._apply(Change(new_id(), transaction.name, entries, member, _now_ms()))

    def bulk(self, name: str, write: BulkWrite, timeout_s: float | None = None) -> Change:
        """Write many rows as one change; returns when it is on disk.

        Args:
            name: of the change.
            write: fills it, on the writer thread.
            timeout_s: None waits for ever.

        Raises:
            ReadOnlyError: the project was opened for reading only.
            AnnotatorError: what `write` raised; nothing was changed.
        """
        return self._bulk(Change(new_id(), name, {}, self.member, _now_ms(), bulk=True), write, timeout_s)

    def _bulk(self, change: Change, write: BulkWrite, timeout_s: float | None = None) -> Change:
        writer = self._require_writable()
        task = Task(change, write=write)
        writer.submit(task)
        if not task.done.wait(timeout_s):
            raise NotSavedError(f"{change.name!r} takes longer than expected")
        if task.error is not None:
            raise task.error
        return change

    def undo(self) -> Change | None:
        """Take back my newest change that is not taken back yet; None when there is none.

        Raises:
            StoreError: what it changed was changed again by somebody else; nothing is dropped.
        """
        self._require_writable()
        target = self._undo_stack[-1] if self._undo_stack else self._from_log(history.next_undo)
        if target is None:
            return None
        done = self._invert(target, ChangeKind.UNDO)
        del self._undo_stack[-1:]
        self._redo_stack.append(done)
        return done

    def redo(self) -> Change | None:
        """Bring back what the newest undo took; None when there is nothing."""
        self._require_writable()
        target = self._redo_stack[-1] if self._redo_stack else self._from_log(history.next_redo)
        if target is None:
            return None
        done = self._invert(target, ChangeKind.REDO)
        del self._redo_stack[-1:]
        self._undo_stack.append(done)
        return done

    @property
    def undo_name(self) -> str:
        """Name of the change that Undo would take back, or ""."""
        return self._peek(self._undo_stack, history.next_undo)

    @property
    def redo_name(self) -> str:
        """Name of the change that Redo would bring back, or ""."""
        return self._peek(self._redo_stack, history.next_redo)

    def history(self, limit: int = 200) -> list[history.HistoryRow]:
        """Return the newest changes on disk, newest first."""
        return history.history(self._reader, limit)

    def start_run(self, model: str, model_hash: str, parameters: str) -> int:
        """Note a model run and return its id; predictions refer to it."""
        run = new_id()

        def write(bulk: BulkWriter) -> None:
            bulk.connection.execute(
                "INSERT INTO run (id, model, hash, parameters, member, started_ms) VALUES (?,?,?,?,?,?)",
                (run, model, model_hash, parameters, self.member, _now_ms()),
            )

        self._aside(write)
        return run

    def _aside(self, write: BulkWrite) -> None:
        """Write rows that are no change of anybody's work: runs, root hints."""
        writer = self._require_writable()
        task = Task(Change(new_id(), "", {}, self.member, _now_ms(), bulk=True), write=write, is_change=False)
        writer.submit(task)
        task.done.wait()
        if task.error is not None:
            raise task.error

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

    def close(self) -> None:
        """Save what waits and close the file, leaving one file. Safe to call twice.

        Raises:
            NotSavedError: something could not be saved; it is in the recovery file and comes back at the next open.
        """
        writer, self._writer = self._writer, None
        waiting: list[Task] = []
        if writer is not None:
            writer.close()
            waiting = writer.pending()
            self._recovery.write([task.change for task in waiting], writer.recorder.skeletons)
        self._reader.close()
        if writer is not None:
            self._place.finish(self._connection)
            self.is_read_only = True
        self._place.release()
        if waiting:
            raise NotSavedError(
                f"{len(waiting)} changes of {self.path.name} could not be saved; "
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

    def _apply(self, change: Change) -> None:
        """Show a change in memory, queue it for the disk, tell everybody."""
        writer = self._require_writable()
        totals: dict[FrameKey, FrameTotals] = {}
        with self._lock:
            for key, entries in change.entries.items():
                if key == PROJECT_KEY:
                    self._apply_to_project(change)
                    continue
                self._pinned[key] += 1
                is_new = isinstance(entries[0].after, Frame) and entries[0].before is None
                content = apply_entries(None if is_new and key not in self._contents else self.content(key), entries)
                if content is None:
                    self._contents.pop(key, None)
                else:
                    self._remember(key, content)
                    totals[key] = totals_of(content)
        writer.submit(Task(change, totals))
        if change.kind is ChangeKind.DO and change.member:
            self._undo_stack.append(change)
            self._redo_stack.clear()
        self.changed.emit(change)

    def _apply_to_project(self, change: Change) -> None:
        skeletons = dict(self._skeletons)
        for entry in change.entries[PROJECT_KEY]:
            match (entry.before, entry.after):
                case (_, Skeleton() as after):
                    skeletons[after.id] = after
                case (Skeleton() as before, None):
                    skeletons.pop(before.id, None)
                case (_, Settings() as after):
                    self._settings = after
        self._skeletons = skeletons

    def _invert(self, target: Change, kind: ChangeKind) -> Change:
        if target.bulk:
            return self._invert_bulk(target, kind)
        self._check_unmoved(target)
        change = target.inverted(new_id(), kind, self.member, _now_ms())
        self._apply(change)
        return change

    def _invert_bulk(self, target: Change, kind: ChangeKind) -> Change:
        self.flush()
        row = self._reader.rows("SELECT id FROM change WHERE uid = ?", (target.uid,))[0][0]
        change = Change(new_id(), target.name, {}, self.member, _now_ms(), kind, undoes=target.uid, bulk=True)
        return self._bulk(change, lambda bulk: bulk.invert(history.change_rows(self._reader, row)))

    def _check_unmoved(self, target: Change) -> None:
        """Refuse to take back a change over somebody else's newer one."""
        for key, entries in target.entries.items():
            if key == PROJECT_KEY:
                continue
            content = self._contents.get(key) or self._reader.content(key)
            for entry in entries:
                if not _stands(content, entry.after, entry.before):
                    name = content.frame.name if content else "a removed frame"
                    raise StoreError(
                        f"{target.name!r} cannot be taken back: what it changed in {name} was changed again since"
                    )

    def _from_log(self, find: Callable[[Reader, str], int | None]) -> Change | None:
        """Return the change that the log says is next; everything pending is saved first."""
        self.flush()
        uid = find(self._reader, self.member)
        return None if uid is None else history.load_change(self._reader, uid, self._reader.skeletons())

    def _peek(self, stack: list[Change], find: Callable[[Reader, str], int | None]) -> str:
        if stack:
            return stack[-1].name
        if self._writer is None or self._writer.pending():
            return ""
        uid = find(self._reader, self.member)
        if uid is None:
            return ""
        return str(self._reader.rows("SELECT name FROM change WHERE uid = ?", (uid,))[0][0])

    def _remember(self, key: FrameKey, content: FrameContent) -> None:
        self._contents[key] = content
        self._contents.move_to_end(key)
        if len(self._contents) > _CACHED_FRAMES:
            for old in list(self._contents):
                if not self._pinned[old] and old != key:
                    del self._contents[old]
                    if len(self._contents) <= _CACHED_FRAMES:
                        break

    def _on_committed(self, task: Task) -> None:
        if not task.is_change:
            return
        change = task.change
        with self._lock:
            for key in change.entries:
                self._pinned[key] -= 1
                if self._pinned[key] <= 0:
                    del self._pinned[key]
        if change.entries.keys() & {PROJECT_KEY}:
            self._reader.forget_skeletons()
        if change.bulk:
            self._after_bulk(change)
        self.saved.emit(change)

    def _after_bulk(self, change: Change) -> None:
        """Drop what memory held, put what waits back on top, and tell everybody."""
        self._reader.forget_skeletons()
        with self._lock:
            self._settings = self._reader.settings()
            self._skeletons = {id_: stored.skeleton for id_, stored in self._reader.skeletons().items()}
            self._contents.clear()
            waiting = self._writer.pending() if self._writer else []
            for task in waiting:
                for key, entries in task.change.entries.items():
                    if key == PROJECT_KEY:
                        self._apply_to_project(task.change)
                        continue
                    content = apply_entries(self._contents.get(key) or self._reader.content(key), entries)
                    if content is not None:
                        self._contents[key] = content
            if change.kind is ChangeKind.DO:
                self._undo_stack.append(change)
                self._redo_stack.clear()
        self.changed.emit(change)

    def _on_save_state(self, state: SaveState) -> None:
        if state.kind is SaveKind.FAILED and self._writer is not None:
            self._recovery.write([task.change for task in self._writer.pending()], self._writer.recorder.skeletons)
        elif state.kind is SaveKind.SAVED:
            self._recovery.clear()
        self.save_state_changed.emit(state)

    def _recover(self) -> None:
        """Bring back what an earlier run could not save."""
        for change in self._recovery.read(self._reader.skeletons()):
            if self._reader.rows("SELECT 1 FROM change WHERE uid = ?", (change.uid,)):
                continue
            self._apply(replace(change, client_ms=_now_ms()))
            self.recovered += 1


def totals_of(content: FrameContent) -> FrameTotals:
    """Count what a frame holds."""
    return FrameTotals(
        len(content.instances),
        sum(instance.decided_count for instance in content.instances),
        sum(len(instance.visibility) for instance in content.instances),
        len(content.predictions),
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
    if path.exists():
        raise StoreError(f"{path} exists already: choose another name, or open it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite.create(path)
    except (OSError, sqlite.Error) as error:
        raise StoreError(f"{path} cannot be made: {getattr(error, 'strerror', None) or error}") from error
    settings = msgspec.json.encode(Settings(name or path.stem)).decode()
    connection.execute(
        "INSERT INTO project (id, uid, settings, created_ms) VALUES (1, ?, ?, ?)", (new_id(), settings, _now_ms())
    )
    connection.close()
    project = open_project(path, member=member)
    chosen = list(skeletons)
    if chosen:
        with project.transaction(f"Create {project.name}", undoable=False) as transaction:
            for skeleton in chosen:
                transaction.put_skeleton(skeleton)
    return project


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
    place = take_place(Path(path), read_only=read_only, allow_network=allow_network)
    try:
        return Project(place, member or _login_name())
    except BaseException:
        place.release()
        raise


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "me"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _stands(content: FrameContent | None, expected: object, before: object) -> bool:
    """Return whether a frame holds `expected` where a change left it."""
    value = expected if expected is not None else before
    if isinstance(value, Instance):
        current: object = content.instance(value.id) if content else None
    elif isinstance(value, Prediction):
        current = content.prediction(value.id) if content else None
    else:
        current = content.frame if content else None
        return current == expected
    if expected is None or current is None:
        return current is expected
    return bool(expected.equals(current))  # type: ignore[attr-defined]  # an instance or a prediction
