"""A project as it is now, saved or not: its settings, its skeletons, and the frames that wait or were lately read."""

from collections.abc import Iterable, Mapping, Sequence, Set

from annotator.model.frame import Frame, FrameContent, FrameKey
from annotator.model.skeleton import Skeleton
from annotator.store.cache import FrameCache
from annotator.store.change import PROJECT_KEY, Change, Entry, Settings, apply_entries
from annotator.store.definitions import reshaped
from annotator.store.reader import Reader, missing_frame
from annotator.store.undo import check_shapes


class Memory:
    """What memory holds of a project. Not thread-safe: `Project` guards it.

    Attributes:
        frames: those that wait to be saved, and lately read ones.
        settings: of the project.
        skeletons: by id, in order of creation.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._readers = [reader]
        self.frames = FrameCache(reader.content)
        self.settings: Settings = reader.settings()
        self.skeletons: Mapping[str, Skeleton] = _skeletons_on_disk(reader)

    def add_reader(self, reader: Reader) -> None:
        """Keep another reader informed of the skeletons that what it reads must fit."""
        self._readers.append(reader)
        reader.expect_skeletons(self.skeletons)

    def apply(self, change: Change) -> None:
        """Show a change; it may name values that do not exist, and then nothing of it is shown.

        Raises:
            StoreError: a frame is not there, or an instance does not fit its skeleton.
        """
        check_shapes(change, self.skeletons)
        contents = {key: self._content_after(key, entries) for key, entries in change.entries.items() if key}
        if PROJECT_KEY in change.entries:
            before = self._define(change)
            if change.reshapes:
                shapes = {id_: (before[id_], self.skeletons[id_]) for id_ in change.reshapes}
                self.frames.reshape(lambda content: reshaped(content, shapes))
        for key, content in contents.items():
            self.frames.put(key, content)

    def _content_after(self, key: FrameKey, entries: Sequence[Entry]) -> FrameContent | None:
        is_new = any(isinstance(entry.after, Frame) and entry.before is None for entry in entries)
        before = self.frames.before(key, is_new)
        if before is None and not is_new:
            raise missing_frame(key)
        return apply_entries(before, entries)

    def _define(self, change: Change) -> Mapping[str, Skeleton]:
        """Show what a change makes of the settings and the skeletons, and return the skeletons before it."""
        before = self.skeletons
        self.skeletons, self.settings = _after(change, before, self.settings)
        self._tell_readers()
        return before

    def _tell_readers(self) -> None:
        for reader in self._readers:
            reader.expect_skeletons(self.skeletons)

    def read_again(self, touched: Set[FrameKey], waiting: Iterable[Change]) -> None:
        """Drop what a bulk change wrote anew on disk, and put the changes that wait back on top."""
        self.settings, self.skeletons = self._reader.settings(), _skeletons_on_disk(self._reader)
        self._tell_readers()
        again: dict[FrameKey, FrameContent | None] = {}
        for change in waiting:
            if PROJECT_KEY in change.entries:
                before = self._define(change)
                shapes = {id_: (before[id_], self.skeletons[id_]) for id_ in change.reshapes}
                again = {key: content and reshaped(content, shapes) for key, content in again.items()}
            for key in change.entries.keys() & touched:
                content = again[key] if key in again else self._reader.content(key)
                again[key] = apply_entries(content, change.entries[key])
        self.frames.rewrite(touched, again)


def _skeletons_on_disk(reader: Reader) -> dict[str, Skeleton]:
    return {id_: stored.skeleton for id_, stored in reader.skeletons().items()}


def _after(
    change: Change, skeletons: Mapping[str, Skeleton], settings: Settings
) -> tuple[dict[str, Skeleton], Settings]:
    """Return the skeletons and settings after a change."""
    result = dict(skeletons)
    for entry in change.entries[PROJECT_KEY]:
        match (entry.before, entry.after):
            case (_, Skeleton() as defined):
                result[defined.id] = defined
            case (Skeleton() as removed, None):
                result.pop(removed.id, None)
            case (_, Settings() as after):
                settings = after
    return result, settings
