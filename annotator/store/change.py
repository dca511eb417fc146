"""What a transaction did: the undo step, the signal's payload and the history row in one value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from annotator.model.frame import Frame, FrameContent, FrameKey
from annotator.model.instance import Instance, Prediction
from annotator.model.skeleton import Skeleton

PROJECT_KEY: FrameKey = 0
"""Stands for the project itself where a frame is expected: skeletons and settings change under it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project remembers beside its labels.

    Attributes:
        name: shown to people.
        low_means_occluded: the project's rule that a low-confidence prediction is accepted as occluded.
        exports: JSON object text: file-level fields of imports that exports write back, or "".
    """

    name: str
    low_means_occluded: bool = False
    exports: str = ""


Value = Instance | Prediction | Frame | Skeleton | Settings


def same_value(a: Value | None, b: Value | None) -> bool:
    """Compare two values, NaN equal to NaN; None where there is none."""
    if isinstance(a, (Instance, Prediction)):
        return a.equals(b)
    return a == b


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One value before and after; None where it did not exist."""

    before: Value | None
    after: Value | None

    def inverted(self) -> "Entry":
        return Entry(self.after, self.before)


class ChangeKind(StrEnum):
    DO = "do"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One named step of the project's history.

    Attributes:
        uid: made before the first try to save, so that a repeated save finds it already there.
        name: imperative, "Move nose".
        entries: per frame what changed; `PROJECT_KEY` holds skeletons and settings. Empty for a bulk change.
        bulk: rows were written in bulk: whoever shows frames or counts reads them again.
        undoes: uid of the change that this one inverts, or None.
        member: who made it.
        client_ms: UTC milliseconds.
    """

    uid: int
    name: str
    entries: Mapping[FrameKey, tuple[Entry, ...]]
    member: str
    client_ms: int
    kind: ChangeKind = ChangeKind.DO
    undoes: int | None = None
    bulk: bool = False

    @property
    def reshapes(self) -> frozenset[str]:
        """Ids of the skeletons whose keypoints this change added, removed or reordered."""
        return frozenset(
            entry.after.id
            for entry in self.entries.get(PROJECT_KEY, ())
            if isinstance(entry.before, Skeleton)
            and isinstance(entry.after, Skeleton)
            and [keypoint.id for keypoint in entry.before.keypoints]
            != [keypoint.id for keypoint in entry.after.keypoints]
        )

    @property
    def frames(self) -> Iterable[FrameKey]:
        return self.entries.keys()


def apply_entries(content: FrameContent | None, entries: Iterable[Entry]) -> FrameContent | None:
    """Return the content after `entries`; None when the frame does not exist then."""
    frame = content.frame if content else None
    instances = {instance.id: instance for instance in content.instances} if content else {}
    predictions = {prediction.id: prediction for prediction in content.predictions} if content else {}
    for entry in entries:
        match (entry.before, entry.after):
            case (_, Frame() as after):
                frame = after
            case (Frame(), None):
                frame = None
            case (_, Instance() as after):
                instances[after.id] = after
            case (Instance() as before, None):
                instances.pop(before.id, None)
            case (_, Prediction() as after):
                predictions[after.id] = after
            case (Prediction() as before, None):
                predictions.pop(before.id, None)
    if frame is None:
        return None
    return FrameContent(
        frame,
        tuple(instances[id_] for id_ in sorted(instances)),
        tuple(predictions[id_] for id_ in sorted(predictions)),
        (content.revision if content else 0) + 1,
    )
