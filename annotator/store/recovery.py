"""The recovery file: changes that could not be saved, kept in the user's own folder until they can."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import platformdirs

from annotator.store.change import Change, ChangeKind
from annotator.store.codec import StoredSkeleton, encode_records, record_of
from annotator.store.history import entries_of_records


class _SavedChange(msgspec.Struct, array_like=True, frozen=True):
    uid: int
    name: str
    kind: ChangeKind
    undoes: int | None
    member: str
    client_ms: int
    entries: tuple[tuple[int, bytes, bytes], ...]


class RecoveryFile:
    """The recovery file of one project."""

    def __init__(self, project_uid: int) -> None:
        folder = Path(platformdirs.user_data_dir("annotator", appauthor=False)) / "recovery"
        self.path = folder / f"{project_uid}.changes"

    def write(self, changes: Sequence[Change], skeletons: Mapping[str, StoredSkeleton]) -> None:
        """Keep these changes, replacing what the file held; without any it is removed.

        When this fails too (the disk that holds the user's folder is full), memory still has them.
        """
        changes = [change for change in changes if not change.bulk]
        if not changes:
            self.clear()
            return
        encoded = msgspec.msgpack.encode([_saved(change, skeletons) for change in changes])
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(".tmp")
            with beside.open("wb") as file:
                file.write(encoded)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError:
            return

    def read(self, skeletons: Mapping[str, StoredSkeleton]) -> list[Change]:
        """Return the kept changes, oldest first; what cannot be read is left in the file and skipped."""
        try:
            saved = msgspec.msgpack.decode(self.path.read_bytes(), type=list[_SavedChange])
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return []
        return [
            Change(
                change.uid,
                change.name,
                {frame: entries_of_records(before, after, skeletons) for frame, before, after in change.entries},
                change.member,
                change.client_ms,
                change.kind,
                change.undoes,
            )
            for change in saved
        ]

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)


def _saved(change: Change, skeletons: Mapping[str, StoredSkeleton]) -> _SavedChange:
    return _SavedChange(
        change.uid,
        change.name,
        change.kind,
        change.undoes,
        change.member,
        change.client_ms,
        tuple(
            (
                frame,
                encode_records([record_of(entry.before, skeletons) for entry in entries]),
                encode_records([record_of(entry.after, skeletons) for entry in entries]),
            )
            for frame, entries in change.entries.items()
        ),
    )
