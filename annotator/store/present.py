"""What a project holds now, saved or not, as far as transactions and undo need to ask."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from annotator.model.frame import Frame, FrameContent, FrameKey
from annotator.model.skeleton import Skeleton
from annotator.store.change import Settings


@dataclass(frozen=True, slots=True)
class Present:
    """A project's present.

    Attributes:
        content: of a frame, or None where there is none.
        owner: key of the frame that holds an instance, or None.
        has_labels: whether any instance of a skeleton, but these, decided one of these keypoints; without keypoints,
            whether anything but these uses the skeleton at all.
        is_known: whether one of these frames' keys was ever given to a frame.
        first_taken: the first of these new frames whose picture is in the project already, or None.
    """

    skeletons: Mapping[str, Skeleton]
    settings: Settings
    content: Callable[[FrameKey], FrameContent | None]
    owner: Callable[[int], FrameKey | None]
    has_labels: Callable[[str, frozenset[str], frozenset[int]], bool]
    is_known: Callable[[Sequence[Frame]], bool]
    first_taken: Callable[[Sequence[Frame]], Frame | None]
