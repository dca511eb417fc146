"""Frames in memory: those that wait to be saved as they will be, and lately read ones."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Set

from annotator.model.frame import FrameContent, FrameKey

_CLEAN_FRAMES = 256


class FrameCache:
    """What memory holds of frames. Not thread-safe: `Project` guards it.

    A frame waits as long as a change of it is not on disk; a waiting None is a frame that will be removed.
    """

    def __init__(self, read: Callable[[FrameKey], FrameContent | None]) -> None:
        self._read = read
        self._waiting: dict[FrameKey, FrameContent | None] = {}
        self._changes: Counter[FrameKey] = Counter()
        self._clean: OrderedDict[FrameKey, FrameContent] = OrderedDict()

    def get(self, key: FrameKey) -> FrameContent | None:
        """Return a frame as it is now, saved or not, reading it when needed; None when it does not exist."""
        if key in self._waiting:
            return self._waiting[key]
        found = self._clean.get(key)
        if found is not None:
            self._clean.move_to_end(key)
            return found
        found = self._read(key)
        if found is not None:
            self._keep_clean(key, found)
        return found

    @property
    def waiting(self) -> Mapping[FrameKey, FrameContent | None]:
        """The frames that wait to be saved; None for those that wait to be removed."""
        return self._waiting

    def before(self, key: FrameKey, is_new: bool) -> FrameContent | None:
        """Return a frame as it is before a change; a new one is not looked for on disk."""
        return self._waiting.get(key) if is_new else self.get(key)

    def put(self, key: FrameKey, content: FrameContent | None) -> None:
        """Show a frame as a new change makes it; `saved` must follow."""
        self._changes[key] += 1
        self._waiting[key] = content
        self._clean.pop(key, None)

    def saved(self, keys: Iterable[FrameKey]) -> None:
        """Note that one change of each frame is on disk."""
        for key in keys:
            self._changes[key] -= 1
            if self._changes[key] <= 0:
                del self._changes[key]
                content = self._waiting.pop(key, None)
                if content is not None:
                    self._keep_clean(key, content)

    def reshape(self, convert: Callable[[FrameContent], FrameContent]) -> None:
        """Convert what waits, and forget what can be read again."""
        self._clean.clear()
        for key, content in self._waiting.items():
            if content is not None:
                self._waiting[key] = convert(content)

    def rewrite(self, written: Set[FrameKey], again: Mapping[FrameKey, FrameContent | None]) -> None:
        """Forget frames that were written in bulk, and show those of them that wait as they are now."""
        for key in [key for key in self._clean if key in written]:
            del self._clean[key]
        self._waiting.update(again)

    def _keep_clean(self, key: FrameKey, content: FrameContent) -> None:
        self._clean[key] = content
        self._clean.move_to_end(key)
        if len(self._clean) > _CLEAN_FRAMES:
            self._clean.popitem(last=False)
