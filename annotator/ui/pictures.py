"""Bring pictures to the screen: worker threads decode them, look ahead, and keep the newest in memory.

Everything public here belongs to the GUI thread; workers answer through signals.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.errors import AnnotatorError, MediaError
from annotator.store.fingerprint import Fingerprint, fingerprint
from annotator.store.media import probe
from annotator.ui.canvas.picture import DisplayPicture, read_display_picture, read_preview

CACHE_BYTES = 256 * 1024 * 1024
_WORKERS = 2
_MAX_THREADS = 6
PATIENCE_S = 1.0
REST_MS = 300
_BYTES_PER_PIXEL = 16 / 3  # four, and a third for the halved levels

T = TypeVar("T")


class Workers(Generic[T]):
    """A few threads that take the first item of a list that may be rewritten at any time.

    A thread that hangs, in a read from a dead network drive say, cannot be stopped; `relieve` starts another in
    its place, and when it comes back it ends.

    Args:
        work: called in a thread for each path.
        tell: called in that thread with the result, when the path counts as done and may be wanted again.
        name: of the threads.
    """

    def __init__(
        self, work: Callable[[Path], T], tell: Callable[[T], None], name: str, threads: int = _WORKERS
    ) -> None:
        self._work = work
        self._tell = tell
        self._name = name
        self._threads = threads
        self._wanted: list[Path] = []
        self._running: dict[int, tuple[Path, float]] = {}
        self._alive = 0
        self._stopped = False
        self._changed = threading.Condition()

    def want(self, paths: Sequence[Path]) -> None:
        """Replace the list of what is waited for, most urgent first; what is being worked on is not repeated."""
        with self._changed:
            running = {path for path, _ in self._running.values()}
            self._wanted = [path for path in paths if path not in running]
            while self._wanted and self._alive < self._threads:
                self._start()
            self._changed.notify_all()

    @property
    def wanted(self) -> list[Path]:
        with self._changed:
            return list(self._wanted)

    def relieve(self) -> None:
        """Start a further thread if something waits while all threads have been busy for long."""
        with self._changed:
            if self._wanted and self._useful < self._threads and self._alive < _MAX_THREADS:
                self._start()

    def stop(self) -> None:
        """Let the threads end after the item at hand; does not wait for them."""
        with self._changed:
            self._stopped = True
            self._wanted = []
            self._changed.notify_all()

    @property
    def _useful(self) -> int:
        """How many threads there are that do not hang."""
        long_ago = time.monotonic() - PATIENCE_S
        return self._alive - sum(started < long_ago for _, started in self._running.values())

    def _start(self) -> None:
        self._alive += 1
        threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        me = threading.get_ident()
        while True:
            with self._changed:
                if self._useful > self._threads:  # another took my place
                    break
                self._changed.wait_for(lambda: self._wanted or self._stopped)
                if self._stopped:
                    break
                path = self._wanted.pop(0)
                self._running[me] = (path, time.monotonic())
            result = self._work(path)
            with self._changed:
                del self._running[me]
            self._tell(result)
        with self._changed:
            self._alive -= 1


class PictureLoader(QObject):
    """Decodes the picture on show, then its neighbours, and keeps as many as fit a budget.

    Signals:
        loaded: (Path, DisplayPicture) for the requested picture only; twice when a preview comes first.
        failed: (Path, str) with one sentence; nothing of the picture may be shown.
    """

    loaded = Signal(object, object)
    failed = Signal(object, str)
    _done = Signal(object)

    def __init__(self, parent: QObject | None = None, budget: int = CACHE_BYTES) -> None:
        super().__init__(parent)
        self._budget = budget
        self._cache: OrderedDict[Path, DisplayPicture] = OrderedDict()
        self._failed: set[Path] = set()
        self._current: Path | None = None
        self._neighbours: tuple[Path, ...] = ()
        self._ahead: Path | None = None
        self._room = 0
        self._workers = Workers(self._decode, self._tell, "picture")
        self._done.connect(self._on_done)
        self._patience = QTimer(self, interval=int(PATIENCE_S * 1000))
        self._patience.timeout.connect(self._workers.relieve)

    def request(self, path: Path, neighbours: Sequence[Path] = ()) -> None:
        """Show this picture, and decode its neighbours ahead, nearest first.

        A picture at hand is announced before this returns. Requests that nobody waits for any more are dropped.

        Args:
            path: of the picture; its EXIF orientation is read with it.
            neighbours: what is likely to come next: two ahead, one back.
        """
        self._current = path
        self._neighbours = tuple(neighbours)
        self._ahead = None
        self._failed.discard(path)
        at_hand = self._cache.get(path)
        if at_hand is None:
            self._workers.want([path])
            self._patience.start()
            return
        self._cache.move_to_end(path)
        self._look_ahead()
        self.loaded.emit(path, at_hand)

    def picture(self, path: Path) -> DisplayPicture | None:
        """Return a decoded picture, or None; never waits."""
        return self._cache.get(path)

    def is_outdated(self, path: Path, found: Fingerprint) -> bool:
        """Return whether a file was written since its picture was decoded."""
        at_hand = self._cache.get(path)
        facts = at_hand.facts if at_hand else None
        return facts is not None and (facts.bytes, facts.mtime_ms) != (found.size, found.modified_ms)

    def forget(self, path: Path) -> None:
        """Drop what is known of a file that has changed or was relinked."""
        self._cache.pop(path, None)
        self._failed.discard(path)

    def close(self) -> None:
        """Stop decoding; nothing is announced afterwards."""
        self._current = None
        self._patience.stop()
        self._workers.stop()

    def _look_ahead(self) -> None:
        """Decode the first missing neighbour; one at a time, so that a thread is free for the next request."""
        self._patience.stop()
        wanted = [self._current, *self._neighbours]
        self._room = self._budget - sum(kept.bytes for path, kept in self._cache.items() if path in wanted)
        missing = [path for path in self._neighbours if path not in self._cache and path not in self._failed]
        self._ahead = missing[0] if missing else None
        self._workers.want(missing[:1])

    def _decode(self, path: Path) -> "_Outcome":
        """Run in a worker: decode one picture."""
        try:
            facts = probe(path)
            if path == self._current:
                preview = read_preview(path, facts)
                if preview is not None:
                    self._tell(_Outcome(path, preview))
            elif facts.width * facts.height * _BYTES_PER_PIXEL > self._room:
                return _Outcome(path, None)
            return _Outcome(path, read_display_picture(path, facts))
        except AnnotatorError as error:
            return _Outcome(path, None, str(error))

    def _tell(self, outcome: "_Outcome") -> None:
        """Hand an outcome to the GUI thread."""
        # The window may be gone, with this object, while a thread still reads.
        with suppress(RuntimeError):
            self._done.emit(outcome)

    def _on_done(self, outcome: "_Outcome") -> None:
        path, picture = outcome.path, outcome.picture
        if picture is not None and picture.fraction < 1.0:
            if path == self._current:
                self.loaded.emit(path, picture)
            return
        if picture is not None:
            self._keep(path, picture)
        elif outcome.failure:
            self._failed.add(path)
        else:
            self._neighbours = ()  # no room: look no farther until the next request
        if self._current is None:
            return
        if path == self._current:
            if picture is not None:
                self.loaded.emit(path, picture)
            elif outcome.failure:
                self.failed.emit(path, outcome.failure)
            else:  # it was refused as a neighbour, and is what is asked for by now
                self._workers.want([path])
                return
        if path in (self._current, self._ahead):
            self._look_ahead()

    def _keep(self, path: Path, picture: DisplayPicture) -> None:
        """Add a picture to the cache; those that are wanted now are dropped last."""
        self._cache[path] = picture
        for wanted in (*reversed(self._neighbours), self._current):
            if wanted is not None and wanted in self._cache:
                self._cache.move_to_end(wanted)
        used = sum(kept.bytes for kept in self._cache.values())
        while used > self._budget and len(self._cache) > 1:
            used -= self._cache.popitem(last=False)[1].bytes


class FileWatch(QObject):
    """Reads what file the picture on show is, some time after it came on show, in a thread of its own.

    Signals:
        looked: (Path, Fingerprint).
    """

    looked = Signal(object, object)
    _done = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._workers = Workers(self._look, self._tell, "fingerprint", threads=1)
        self._done.connect(self._on_done)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(lambda: self._workers.want([self._path] if self._path else []))

    def look(self, path: Path) -> None:
        """Read this file once it has been on show for a moment; one asked for before is forgotten."""
        self._path = path
        self._rest.start()

    def close(self) -> None:
        """Stop reading; nothing is told afterwards."""
        self._path = None
        self._rest.stop()
        self._workers.stop()

    def _look(self, path: Path) -> tuple[Path, Fingerprint | None]:
        try:
            return path, fingerprint(path)
        except MediaError:
            return path, None  # it went away meanwhile: the next time it is shown, that is told

    def _tell(self, outcome: tuple[Path, Fingerprint | None]) -> None:
        # The window may be gone, with this object, while a thread still reads.
        with suppress(RuntimeError):
            self._done.emit(outcome)

    def _on_done(self, outcome: tuple[Path, Fingerprint | None]) -> None:
        path, found = outcome
        if found is not None and path == self._path:
            self.looked.emit(path, found)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a worker found: a picture, a failure, or neither when there is no room to look ahead."""

    path: Path
    picture: DisplayPicture | None
    failure: str = ""
