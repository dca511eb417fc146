"""What an import would do, known before anything is written."""

from dataclasses import dataclass

import numpy as np

from annotator.formats.contract import ImportPlan, PlannedInstances
from annotator.formats.matching import SkeletonMatch
from annotator.formats.pictures import Place, Sizes
from annotator.model.instance import Visibility


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """What an import would do.

    Attributes:
        found, missing: pictures.
        visible, occluded, unlabeled: keypoints.
        known: pictures that the project has already.
        rotated: pictures whose points are turned upright.
        names: sentences about file names that are odd.
        outside: labeled keypoints that lie outside their picture, which real sets have.
        first_outside: the path of the first picture with one.
    """

    plan: ImportPlan
    place: Place
    sizes: Sizes
    matches: tuple[SkeletonMatch, ...]
    instances: int
    visible: int
    occluded: int
    unlabeled: int
    found: int
    missing: int
    known: int
    names: tuple[str, ...] = ()
    outside: int = 0
    first_outside: str = ""

    @property
    def rotated(self) -> int:
        return len(self.sizes.turns)

    @property
    def notes(self) -> list[str]:
        """What the person should know before it is done."""
        notes = [*self.plan.notes, *self.names]
        if self.missing:
            words = "1 picture was" if self.missing == 1 else f"{self.missing:,} pictures were"
            notes.append(f"{words} not found; their labels are kept and shown when they are")
        for match, planned in zip(self.matches, self.plan.instances, strict=True):
            theirs, ours = match.theirs.name, match.ours.name
            if match.is_new and ours != theirs:
                notes.append(f"the project has another skeleton named {theirs}: that of the file becomes {ours}")
            if match.unmatched:
                names = ", ".join(match.unmatched[:5]) + (", …" if len(match.unmatched) > 5 else "")
                counts = labeled_counts(planned)
                lost = sum(count for k, count in enumerate(counts) if k not in match.order)
                what = "1 labeled keypoint is" if lost == 1 else f"{lost:,} labeled keypoints are"
                notes.append(f"{match.ours.name} has no place for {names}: {what} left out")
        if self.rotated:
            notes.append(f"the points of {self.rotated} pictures are turned upright with their EXIF orientation")
        if differing := self.sizes.differing:
            first = self.plan.frames[differing[0]].path
            words = "1 picture has" if len(differing) == 1 else f"{len(differing):,} pictures have"
            notes.append(
                f"{words} another size than the file says, {first} first: their labels may not fit, and are not scaled"
            )
        if swapped := self.sizes.swapped:
            first = self.plan.frames[swapped[0]].path
            others = f" and of {len(swapped) - 1:,} others" if len(swapped) > 1 else ""
            notes.append(
                f"width and height of {first}{others} are swapped: whoever labeled it saw it turned by an EXIF "
                "orientation that this file does not have; put the file that has it in its place"
            )
        if self.outside:
            words = "1 keypoint lies" if self.outside == 1 else f"{self.outside:,} keypoints lie"
            notes.append(f"{words} outside the picture, in {self.first_outside} first: kept as they are")
        return notes


def labeled_counts(planned: PlannedInstances) -> list[int]:
    """Return how often each keypoint of the file's class is labeled, as visible or occluded."""
    is_labeled = (planned.visibility == Visibility.VISIBLE) | (planned.visibility == Visibility.OCCLUDED)
    counts: list[int] = np.count_nonzero(is_labeled, axis=0).tolist()
    return counts
