"""From a file to a project: read, match skeletons by name, find the pictures, preview; `commit` writes it."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from annotator.errors import FormatError
from annotator.formats.commit import ImportReport, commit_import
from annotator.formats.contract import FrameColumns, Importer, ImportOptions, ImportPlan, PlannedInstances, importers
from annotator.formats.matching import SkeletonMatch, match_chosen, match_skeleton, skeleton_holding
from annotator.formats.memory import told_when_full
from annotator.formats.names import odd_names
from annotator.formats.pictures import compare_sizes, find_place
from annotator.formats.preview import Preview
from annotator.jobs import Job
from annotator.model.instance import Visibility
from annotator.model.skeleton import Skeleton
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

_log = logging.getLogger(__name__)
_CHUNK = 2048


def importer_for(path: Path, name: str = "auto") -> Importer:
    """Return the importer for a file, by name or by looking at it.

    Raises:
        FormatError: no importer reads it, or it does not exist.
    """
    if name != "auto":
        return importers[name]
    if path.is_dir():
        raise FormatError(f"{path} is a folder: choose the label file in it")
    if not path.is_file():
        raise FormatError(f"{path} does not exist: check the name")
    fitting = [candidate for candidate in importers.values() if path.suffix.lower() in candidate.suffixes]
    if len(fitting) == 1:
        return fitting[0]  # what is wrong with the file it can say better than "no format fits"
    for candidate in fitting:
        if _fits(candidate, path):
            return candidate
    known = ", ".join(candidate.title for candidate in importers.values())
    raise FormatError(f"{path.name} is in no format that is read here ({known})")


def _fits(candidate: Importer, path: Path) -> bool:
    try:
        return candidate.sniff(path)
    except Exception:  # noqa: BLE001 - a plugin's, asked about anybody's file: it must not hide the other formats
        _log.info("import format %s fails to look at a file", candidate.name, exc_info=True)
        return False


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
        FormatError: one sentence about file, record, rule and remedy; a `ProblemsError` when several records are wrong.
    """
    with told_when_full(path):
        return _preview(project, path, options, job, format_)


def _preview(project: Project | None, path: Path, options: ImportOptions, job: Job, format_: str) -> Preview:
    plan = importer_for(path, format_).read(path, options, job)
    job.check()
    place = find_place(project, plan, options.pictures)
    skeletons = project.skeletons if project is not None else {}
    found = sum(place.found)
    columns = FrameColumns.of(plan.frames)
    outside, first_outside = _outside(columns, plan.instances)
    states = np.sum([np.bincount(one.visibility.ravel(), minlength=4) for one in plan.instances], axis=0, dtype=int)
    return Preview(
        plan=plan,
        place=place,
        sizes=compare_sizes(plan, place, options.coordinates, job),
        matches=match_classes(plan, skeletons, options),
        instances=sum(map(len, plan.instances)),
        visible=int(states[Visibility.VISIBLE]) if plan.instances else 0,
        occluded=int(states[Visibility.OCCLUDED]) if plan.instances else 0,
        unlabeled=int(states[Visibility.UNLABELED]) if plan.instances else 0,
        found=found,
        missing=len(plan.frames) - found,
        known=sum(key is not None for key in place.keys),
        names=tuple(odd_names(columns.paths)),
        outside=outside,
        first_outside=first_outside,
    )


def match_classes(
    plan: ImportPlan, project: Mapping[str, Skeleton], options: ImportOptions
) -> tuple[SkeletonMatch, ...]:
    """Return the skeleton of each class of a file: as a person decided, else by the names of its keypoints.

    Raises:
        FormatError: what was decided does not fit the file or the project.
    """
    names = {name for planned in plan.instances for name in planned.skeleton.names}
    if strange := options.by_hand.keys() - names:
        raise FormatError(f"{plan.source.name} has no keypoint {min(strange)}: it cannot be mapped")
    if strange := options.skeletons.keys() - {planned.name for planned in plan.instances}:
        raise FormatError(f"{plan.source.name} has no class {min(strange)} with keypoints: no skeleton fits it")
    return tuple(_match_class(planned, plan, project, options) for planned in plan.instances)


def _match_class(
    planned: PlannedInstances, plan: ImportPlan, project: Mapping[str, Skeleton], options: ImportOptions
) -> SkeletonMatch:
    theirs, several = planned.skeleton, len(plan.instances) > 1
    ours = options.skeletons.get(planned.name)
    if ours is None and not several and options.skeleton is not None and options.skeleton.names != theirs.names:
        ours = options.skeleton  # the file names its keypoints, and the person says whose they are
    if ours is None and not options.by_hand.keys().isdisjoint(theirs.names):
        ours = skeleton_holding(theirs, options.by_hand, project)
    if ours is None:
        return match_skeleton(theirs, project, several)
    return match_chosen(theirs, ours, options.by_hand, project)


def _outside(frames: FrameColumns, instances: Sequence[PlannedInstances]) -> tuple[int, str]:
    """Count labeled keypoints outside their picture, and return the path of the first such picture.

    Sizes are those of the file, as its points are; a picture whose size it does not tell has no outside.
    """
    sizes = np.array([frames.widths, frames.heights], np.float64).T.reshape(-1, 2)
    sizes[(sizes == 0).any(axis=1)] = np.inf
    count, first = 0, len(frames)
    for planned in instances:
        for start in range(0, len(planned), _CHUNK):  # so small that it stays in the processor's cache
            part = slice(start, start + _CHUNK)
            points, states, frame = planned.points[part], planned.visibility[part], planned.frames[part]
            beyond = (points < 0) | (points > sizes[frame][:, None])
            if not beyond.any():
                continue
            located = (states == Visibility.VISIBLE) | (states == Visibility.OCCLUDED)
            wrong = beyond.any(axis=2) & located
            if wrong.any():
                count += int(np.count_nonzero(wrong))
                first = min(first, int(frame[wrong.any(axis=1)].min()))
    return count, frames.paths[first] if count else ""
