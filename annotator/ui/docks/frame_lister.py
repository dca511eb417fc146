"""Finds and counts frames aside, on a database connection of its own: no list, however long, holds up the window."""

import threading
import time
from array import array
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Signal, SignalInstance

from annotator.errors import AnnotatorError
from annotator.model.frame import FrameKey
from annotator.store.project import Project
from annotator.store.reader import FrameFilter, Reader

FIRST_PAGE: Final = 2_000
NEXT_PAGES: Final = 50_000


@dataclass(frozen=True, slots=True)
class KeyPage:
    """A piece of a list of frames.

    Attributes:
        serial: number of the list, as `FrameLister.list` returned it.
        keys: ascending, int64.
    """

    serial: int
    keys: "array[int]"
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class _Listing:
    serial: int
    filter: FrameFilter
    text: str
    after: FrameKey = 0


class FrameLister(QObject):
    """Answers in pages, the first one soon.

    The thread and its connection live as long as there is something to do.
    """

    found = Signal(object)
    """The next `KeyPage` of the list asked for last; pages of an earlier one may still come."""
    counted = Signal(object, float)
    """`Counts`, and how many seconds it took."""
    failed = Signal(str)
    """Why there is no answer, in a sentence."""

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._lock = threading.Lock()
        self._serial = 0
        self._listing: _Listing | None = None
        self._wants_count = False
        self._is_running = False
        self._is_stopped = False

    def list(self, filter_: FrameFilter, text: str) -> int:
        """Start a list in place of any earlier one; return its number."""
        with self._lock:
            self._serial += 1
            self._listing = _Listing(self._serial, filter_, text)
            self._start()
            return self._serial

    def count(self) -> None:
        """Count the frames of each chip."""
        with self._lock:
            self._wants_count = True
            self._start()

    def stop(self) -> None:
        """End after the query at hand; nothing is told afterwards."""
        with self._lock:
            self._is_stopped = True
            self._listing, self._wants_count = None, False

    def _start(self) -> None:
        if not self._is_running and not self._is_stopped:
            self._is_running = True
            threading.Thread(target=self._run, name="frames", daemon=True).start()

    def _run(self) -> None:
        reader: Reader | None = None
        try:
            reader = Reader(self._project.connect(), self._project.path)
            while (work := self._next_work()) is not None:
                if isinstance(work, _Listing):
                    self._read_page(reader, work)
                else:
                    self._read_counts(reader)
        except AnnotatorError as error:
            with self._lock:
                self._listing, self._wants_count, self._is_running = None, False, False
            self._tell(self.failed, str(error))
        finally:
            if reader is not None:
                reader.close()

    def _next_work(self) -> _Listing | bool | None:
        """Return the page to read next, True for counts, None when all is done; the first page goes before counts."""
        with self._lock:
            listing = self._listing
            if listing is not None and (listing.after == 0 or not self._wants_count):
                return listing
            if self._wants_count:
                self._wants_count = False
                return True
            self._is_running = False
            return None

    def _read_page(self, reader: Reader, listing: _Listing) -> None:
        limit = NEXT_PAGES if listing.after else FIRST_PAGE
        keys = array("q", reader.frame_keys(listing.filter, listing.text, listing.after, limit))
        is_last = len(keys) < limit
        with self._lock:
            if self._listing is not listing:
                return  # another list was asked for meanwhile
            if is_last:
                self._listing = None
            else:
                self._listing = _Listing(listing.serial, listing.filter, listing.text, keys[-1])
        self._tell(self.found, KeyPage(listing.serial, keys, listing.after == 0, is_last))

    def _read_counts(self, reader: Reader) -> None:
        began = time.perf_counter()
        counts = reader.counts()
        self._tell(self.counted, counts, time.perf_counter() - began)

    def _tell(self, signal: SignalInstance, *values: object) -> None:
        if not self._is_stopped:
            with suppress(RuntimeError):  # the window may be gone, with this object
                signal.emit(*values)
