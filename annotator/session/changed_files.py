"""Pictures that are other files than those that were labeled: their labels are locked until the person chooses."""

from annotator.model.frame import FrameContent, FrameKey
from annotator.store.fingerprint import Fingerprint
from annotator.store.project import Project


class ChangedFiles:
    """What is known of the pictures of one project.

    Attributes:
        locked: frames whose picture has another size than the labeled one, and the sentence that says so.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._accepted: set[FrameKey] = set()
        self._differing: dict[FrameKey, Fingerprint] = {}
        self.locked: dict[FrameKey, str] = {}

    def is_changed(self, key: FrameKey) -> bool:
        """Return whether the person has still to choose what becomes of the labels of a changed picture."""
        return key in self.locked or key in self._differing

    def lock_if_resized(self, content: FrameContent, width: int, height: int) -> str:
        """Lock a labeled frame whose picture has another size than when it was first shown; return why, or "".

        A frame whose picture was never shown, of an import say, takes the size that the picture has.
        """
        frame = content.frame
        self.locked.pop(frame.key, None)
        is_resized = frame.width and (frame.width, frame.height) != (width, height)
        if not is_resized or not content.instances or frame.key in self._accepted:
            return ""
        if self._project.fingerprint(frame.key) is None:
            return ""
        count = len(content.instances)
        labels = "its instance was" if count == 1 else f"its {count} instances were"
        reason = (
            f"It has {width} x {height} pixels now; {labels} labeled on {frame.width} x {frame.height}. "
            "Labels stay locked until you choose."
        )
        self.locked[frame.key] = reason
        return reason

    def compare(self, content: FrameContent, found: Fingerprint) -> bool:
        """Remember what a picture is, and return whether a labeled one is another file than before."""
        key = content.frame.key
        known = self._project.fingerprint(key)
        is_changed = known is not None and not known.is_same_file(found)
        if is_changed and content.instances and key not in self._accepted:
            self._differing[key] = found
            return True
        self._accepted.discard(key)
        if found != known:
            self._note(key, found)
        return False

    def accept(self, key: FrameKey) -> None:
        """Take a picture as it is now: its labels can be changed."""
        self.locked.pop(key, None)
        self._accepted.add(key)
        if found := self._differing.pop(key, None):
            self._note(key, found)

    def _note(self, key: FrameKey, found: Fingerprint) -> None:
        if not self._project.is_read_only:
            self._project.note_fingerprint(key, found)
