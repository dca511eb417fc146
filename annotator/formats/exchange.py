"""From a file to a project: read, match skeletons by name, find the pictures, preview; `commit` writes it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotator.errors import FormatError
from annotator.formats.commit import ImportReport, commit_import
from annotator.formats.contract import Importer, ImportOptions, ImportPlan, importers
from annotator.formats.matching import SkeletonMatch, match_skeleton
from annotator.formats.pictures import Place, Sizes, compare_sizes, find_place
from annotator.jobs import Job
from annotator.model.instance import Visibility
from annotator.store.project import Project

__all__ = [
    "ImportReport",
    "Preview",
    "SkeletonMatch",
    "commit_import",
    "importer_for",
    "match_skeleton",
    "preview_import",
]


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """What an import would do.

    Attributes:
        found, missing: pictures.
        visible, occluded, unlabeled: keypoints.
        known: pictures that the project has already.
        rotated: pictures whose points are turned upright.
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

    @property
    def rotated(self) -> int:
        return len(self.sizes.turns)

    @property
    def notes(self) -> list[str]:
        """What the person should know before it is done."""
        notes = list(self.plan.notes)
        if self.missing:
            notes.append(f"{self.missing:,} pictures were not found; their labels are kept and shown when they are")
        for match in self.matches:
            if match.unmatched:
                names = ", ".join(match.unmatched[:5])
                notes.append(f"{match.ours.name} has no place for {names}: these keypoints are not imported")
        if self.rotated:
            notes.append(f"the points of {self.rotated} pictures are turned upright with their EXIF orientation")
        if differing := self.sizes.differing:
            first = self.plan.frames[differing[0]].path
            notes.append(
                f"{len(differing):,} pictures have another size than the file says, {first} first: their labels may "
                "not fit, and are not scaled"
            )
        return notes


def importer_for(path: Path, name: str = "auto") -> Importer:
    """Return the importer for a file, by name or by looking at it.

    Raises:
        FormatError: no importer reads it, or it does not exist.
    """
    if name != "auto":
        return importers[name]
    if not path.is_file():
        raise FormatError(f"{path} does not exist: check the name")
    fitting = [candidate for candidate in importers.values() if path.suffix.lower() in candidate.suffixes]
    if len(fitting) == 1:
        return fitting[0]  # what is wrong with the file it can say better than "no format fits"
    for candidate in fitting:
        if candidate.sniff(path):
            return candidate
    known = ", ".join(candidate.title for candidate in importers.values())
    raise FormatError(f"{path.name} is in no format that is read here ({known})")


def preview_import(
    project: Project | None, path: Path, options: ImportOptions, job: Job, format_: str = "auto"
) -> Preview:
    """Read a file and say what importing it would do; nothing is written.

    Args:
        project: it goes into; None for a project that is still to be made.
        path: of the label file.
        options: what was decided so far.
        job: reports and cancels.
        format_: name of an importer, or "auto".

    Raises:
        FormatError: one sentence about file, record, rule and remedy.
    """
    plan = importer_for(path, format_).read(path, options, job)
    job.check()
    place = find_place(project, plan, options.pictures)
    skeletons = project.skeletons if project is not None else {}
    several = len(plan.instances) > 1
    found = sum(place.found)
    states = np.sum([np.bincount(one.visibility.ravel(), minlength=4) for one in plan.instances], axis=0, dtype=int)
    return Preview(
        plan=plan,
        place=place,
        sizes=compare_sizes(plan, place, options.coordinates, job),
        matches=tuple(match_skeleton(planned.skeleton, skeletons, several) for planned in plan.instances),
        instances=sum(map(len, plan.instances)),
        visible=int(states[Visibility.VISIBLE]) if plan.instances else 0,
        occluded=int(states[Visibility.OCCLUDED]) if plan.instances else 0,
        unlabeled=int(states[Visibility.UNLABELED]) if plan.instances else 0,
        found=found,
        missing=len(plan.frames) - found,
        known=sum(key is not None for key in place.keys),
    )
