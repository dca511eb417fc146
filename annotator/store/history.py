"""Undo and redo over the project's own log: unlimited, and the same after a restart.

A change is taken back by a new change that inverts it and says which one it undoes; each change is undone at most
once. So the next one to undo is the newest "do" or "redo" of mine that nothing undoes, and the next one to redo is
the newest "undo" of mine that nothing undoes and that is newer than my last "do".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from annotator.errors import StoreError
from annotator.model.frame import FrameKey
from annotator.model.skeleton_file import decode_skeleton
from annotator.store.change import Change, ChangeKind, Entry, Settings, Value
from annotator.store.codec import (
    BulkRecord,
    DefinitionRecord,
    FrameRecord,
    InstanceRecord,
    PredictionRecord,
    Record,
    SettingsRecord,
    StoredSkeleton,
    decode_records,
    frame_of,
    instance_of,
    prediction_of,
)
from annotator.store.damage import understood
from annotator.store.reader import Reader


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One line of the history list."""

    uid: int
    name: str
    kind: ChangeKind
    member: str
    client_ms: int
    bulk: bool
    is_undone: bool


_UNDONE = "EXISTS (SELECT 1 FROM change u WHERE u.undoes = c.uid)"
_NEWEST = f"SELECT c.id, c.uid, c.name, c.bulk FROM change c WHERE c.member = ? AND c.kind = ? AND NOT {_UNDONE}"


@dataclass(frozen=True, slots=True)
class NextChange:
    """What undo or redo takes back next, as far as a menu needs it."""

    uid: int
    name: str
    is_bulk: bool


def next_change(reader: Reader, member: str, kind: ChangeKind, waiting: Sequence[Change] = ()) -> NextChange | None:
    """Return the change that the next undo or redo of a member takes back, or None.

    Args:
        reader: of the log.
        member: whose.
        kind: undo or redo.
        waiting: changes that are not in the log yet, oldest first, read before the log is.
    """
    wanted = (ChangeKind.DO, ChangeKind.REDO) if kind is ChangeKind.UNDO else (ChangeKind.UNDO,)
    taken_back = [change.undoes for change in waiting if change.undoes is not None]
    for change in reversed(waiting):
        if change.member == member:
            if change.kind in wanted and change.uid not in taken_back:
                return NextChange(change.uid, change.name, change.bulk)
            if change.kind is ChangeKind.DO and kind is ChangeKind.REDO:
                return None
    members = reader.rows("SELECT id FROM member WHERE name = ?", (member,))
    if not members:
        return None
    row = members[0][0]
    # One statement for each kind, so that each walks its index backwards and stops at the first hit.
    marks = ",".join("?" * len(taken_back))
    sql = f"{_NEWEST} AND c.uid NOT IN ({marks}) ORDER BY c.id DESC LIMIT 1"
    found = [newest[0] for one in wanted if (newest := reader.rows(sql, (row, str(one), *taken_back)))]
    if not found:
        return None
    id_, uid, name, bulk = max(found)
    if kind is ChangeKind.REDO:
        last = reader.rows("SELECT max(id) FROM change WHERE member = ? AND kind = 'do'", (row,))
        if id_ < (last[0][0] or 0):
            return None
    return NextChange(uid, name, bool(bulk))


def history(reader: Reader, limit: int = 200) -> list[HistoryRow]:
    """Return the newest changes, newest first."""
    rows = reader.rows(
        f"SELECT c.uid, c.name, c.kind, m.name, c.client_ms, c.bulk, {_UNDONE} FROM change c "
        "JOIN member m ON m.id = c.member ORDER BY c.id DESC LIMIT ?",
        (limit,),
    )
    with understood(reader.path, "its history"):
        return [HistoryRow(r[0], r[1], ChangeKind(r[2]), r[3], r[4], bool(r[5]), bool(r[6])) for r in rows]


def load_change(reader: Reader, uid: int, skeletons: Mapping[str, StoredSkeleton]) -> Change:
    """Read a change back from the log; a bulk change comes without entries.

    Raises:
        StoreError: there is no such change, or it is damaged.
    """
    rows = reader.rows(
        "SELECT c.id, c.name, m.name, c.client_ms, c.kind, c.undoes, c.bulk FROM change c "
        "JOIN member m ON m.id = c.member WHERE c.uid = ?",
        (uid,),
    )
    if not rows:
        raise StoreError("the change to take back is not in the project's history any more")
    row, name, member, client_ms, kind, undoes, bulk = rows[0]
    entries = {}
    with understood(reader.path, "its history"):
        for frame, before, after in change_rows(reader, row) if not bulk else ():
            entries[frame] = entries_of_records(before, after, skeletons)
        return Change(uid, name, entries, member, client_ms, ChangeKind(kind), undoes, bool(bulk))


def change_rows(reader: Reader, row: int) -> list[tuple[FrameKey, bytes, bytes]]:
    """Return the (frame, before, after) history rows of a change, given its row id."""
    return reader.rows(
        "SELECT frame, before, after FROM change_frame WHERE change = ? ORDER BY frame, revision", (row,)
    )


def entries_of_records(before: bytes, after: bytes, skeletons: Mapping[str, StoredSkeleton]) -> tuple[Entry, ...]:
    """Decode the before and after of one history row."""
    old, new = decode_records(before), decode_records(after)
    return tuple(Entry(_value(a, skeletons), _value(b, skeletons)) for a, b in zip(old, new, strict=True))


def _value(record: Record | None, skeletons: Mapping[str, StoredSkeleton]) -> Value | None:
    match record:
        case None:
            return None
        case InstanceRecord():
            return instance_of(record, skeletons[record.skeleton])
        case PredictionRecord():
            return prediction_of(record, skeletons[record.skeleton])
        case FrameRecord():
            return frame_of(record)
        case DefinitionRecord():
            return decode_skeleton(record.text, "the history")
        case SettingsRecord():
            return msgspec.json.decode(record.text, type=Settings)
        case BulkRecord():
            raise StoreError("a bulk record stands where a value is expected: the history is damaged")
