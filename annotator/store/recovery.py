"""The recovery file: changes that could not be saved, kept in the user's own folder until they can."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import platformdirs

from annotator.errors import AnnotatorError
from annotator.model.skeleton import Skeleton
from annotator.store.change import PROJECT_KEY, Change, ChangeKind
from annotator.store.codec import StoredSkeleton, encode_records, record_of
from annotator.store.definitions import with_definitions
from annotator.store.history import entries_of_records


class _SavedChange(msgspec.Struct, array_like=True, frozen=True):
    uid: int
    name: str
    kind: ChangeKind
    undoes: int | None
    member: str
    client_ms: int
    entries: tuple[tuple[int, bytes, bytes], ...]


class _Saved(msgspec.Struct, frozen=True):
    """The whole file; `path` says which of the copies of a project, all of one uid, it belongs to."""

    path: str
    changes: list[_SavedChange]


class RecoveryFile:
    """The recovery file of one project."""

    def __init__(self, project_uid: int, project_path: Path) -> None:
        folder = Path(platformdirs.user_data_dir("annotator", appauthor=False)) / "recovery"
        place = hashlib.blake2b(os.fsencode(project_path), digest_size=6).hexdigest()
        self.path = folder / f"{project_uid}-{place}.changes"
        self._uid = project_uid
        self._project = project_path

    def write(self, changes: Sequence[Change], skeletons: Mapping[str, StoredSkeleton]) -> bool:
        """Keep these changes, replacing what the file held, and return whether that worked.

        When it does not (the disk that holds the user's folder is full too), memory still has them.

        Args:
            changes: in order; bulk changes are left out.
            skeletons: as they are on disk, before the first of these changes.
        """
        saved = []
        for change in changes:
            if change.bulk:
                continue
            after = with_definitions(skeletons, _definitions(change))
            saved.append(_saved(change, skeletons, after))
            skeletons = after
        encoded = msgspec.msgpack.encode(_Saved(str(self._project), saved))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(".tmp")
            with beside.open("wb") as file:
                file.write(encoded)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError:
            return False
        return True

    def read(self, skeletons: Mapping[str, StoredSkeleton]) -> list[Change]:
        """Return the kept changes, oldest first.

        Args:
            skeletons: as they are on disk.
        """
        self._adopt()
        try:
            saved = msgspec.msgpack.decode(self.path.read_bytes(), type=_Saved)
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError):
            self.set_aside()
            return []
        changes = []
        with suppress(AnnotatorError, KeyError, msgspec.DecodeError):  # what is damaged ends the list
            for change in saved.changes:
                skeletons = with_definitions(skeletons, _saved_definitions(change, skeletons))
                entries = {key: entries_of_records(before, after, skeletons) for key, before, after in change.entries}
                changes.append(
                    Change(
                        change.uid,
                        change.name,
                        entries,
                        change.member,
                        change.client_ms,
                        change.kind,
                        change.undoes,
                    )
                )
        if len(changes) < len(saved.changes):
            self.set_aside()
        return changes

    def _adopt(self) -> None:
        """Take over the file of a project that was moved here since; that of a copy elsewhere is left alone."""
        if self.path.exists():
            return
        for other in self.path.parent.glob(f"{self._uid}-*.changes"):
            with suppress(OSError, msgspec.DecodeError):
                if not Path(msgspec.msgpack.decode(other.read_bytes(), type=_Saved).path).exists():
                    other.replace(self.path)
                    return

    def set_aside(self) -> None:
        """Move the file out of the way: something in it fits no longer, and nothing is dropped."""
        aside = self.path
        while aside.exists():
            aside = aside.with_suffix(aside.suffix + "-kept")
        with suppress(OSError):
            self.path.replace(aside)

    def clear(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def _definitions(change: Change) -> list[Skeleton]:
    """Return the skeletons that a change defines."""
    return [entry.after for entry in change.entries.get(PROJECT_KEY, ()) if isinstance(entry.after, Skeleton)]


def _saved_definitions(change: _SavedChange, skeletons: Mapping[str, StoredSkeleton]) -> list[Skeleton]:
    for key, before, after in change.entries:
        if key == PROJECT_KEY:
            entries = entries_of_records(before, after, skeletons)
            return [entry.after for entry in entries if isinstance(entry.after, Skeleton)]
    return []


def _saved(change: Change, before: Mapping[str, StoredSkeleton], after: Mapping[str, StoredSkeleton]) -> _SavedChange:
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
                encode_records([record_of(entry.before, before) for entry in entries]),
                encode_records([record_of(entry.after, after) for entry in entries]),
            )
            for frame, entries in change.entries.items()
        ),
    )
