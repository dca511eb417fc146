"""What undo and redo take back next: the newest steps from memory, all others from the log."""

from collections import deque
from collections.abc import Sequence

from annotator.store.change import Change, ChangeKind
from annotator.store.history import NextChange, load_change, next_change
from annotator.store.reader import Reader

_IN_MEMORY = 500  # the log has them all


class UndoSteps:
    """My steps, newest on top. Not thread-safe: `Project` guards it."""

    def __init__(self, reader: Reader, member: str) -> None:
        self._reader = reader
        self._member = member
        self._done: deque[Change] = deque(maxlen=_IN_MEMORY)
        self._undone: deque[Change] = deque(maxlen=_IN_MEMORY)
        self._in_log: dict[ChangeKind, NextChange | None] = {}

    def note(self, change: Change) -> None:
        """Keep the steps equal to what the log will say once a change is on disk."""
        self._in_log.clear()
        if change.reshapes:
            self.forget()  # what lies below holds instances of the old shape; the log gives them in the new one
        if change.kind is ChangeKind.DO:
            if change.member:
                self._done.append(change)
                self._undone.clear()
            return
        taken, given = self._done, self._undone
        if change.kind is ChangeKind.REDO:
            taken, given = given, taken
        if taken and taken[-1].uid == change.undoes:
            taken.pop()
        given.append(change)

    def forget(self) -> None:
        """Go by the log alone from here on."""
        self._done.clear()
        self._undone.clear()
        self._in_log.clear()

    def log_grew(self) -> None:
        """Ask the log anew."""
        self._in_log.clear()

    def newest(self, kind: ChangeKind) -> Change | None:
        """Return the step that undo or redo takes back next when memory holds it."""
        steps = self._done if kind is ChangeKind.UNDO else self._undone
        return steps[-1] if steps else None

    def load(self, kind: ChangeKind) -> Change | None:
        """Return the same from the log; everything must be saved."""
        found = next_change(self._reader, self._member, kind)
        return load_change(self._reader, found.uid, self._reader.all_skeletons()) if found else None

    def next(self, kind: ChangeKind, waiting: Sequence[Change]) -> NextChange:
        """Tell what undo or redo takes back next, without waiting for the disk.

        Args:
            kind: which of both.
            waiting: changes that are not in the log yet.
        """
        if newest := self.newest(kind):
            return NextChange(newest.uid, newest.name, newest.bulk)
        if kind not in self._in_log:
            self._in_log[kind] = next_change(self._reader, self._member, kind, waiting)
        return self._in_log[kind] or NextChange(0, "", False)
