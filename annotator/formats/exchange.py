"""From a file to a project: read, match skeletons by name, find the pictures, preview, commit as one change."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotator.errors import FormatError, MediaError
from annotator.formats.contract import (
    Importer,
    ImportOptions,
    ImportPlan,
    NeedsCoordinatesError,
    PlannedInstances,
    importers,
)
from annotator.formats.pictures import Place, find_place, frame_orientation, to_displayed
from annotator.jobs import Job
from annotator.model.frame import Frame, FrameKey
from annotator.model.ids import new_ids
from annotator.model.instance import Source, Visibility
from annotator.model.skeleton import Skeleton
from annotator.model.templates import templates
from annotator.store.batch import InstanceBatch
from annotator.store.bulk import BulkWriter
from annotator.store.change import Change
from annotator.store.media import probe
from annotator.store.project import Project

PROBED_PICTURES = 500


@dataclass(frozen=True, slots=True)
class SkeletonMatch:
    """Which skeleton the instances of one class of the file get.

    Attributes:
        theirs: as the file defines it.
        ours: in the project afterwards.
        order: for each keypoint of `ours` its position in `theirs`, -1 where the file has none.
        is_new: the import adds it to the project.
    """

    theirs: Skeleton
    ours: Skeleton
    order: tuple[int, ...]
    is_new: bool

    @property
    def unmatched(self) -> tuple[str, ...]:
        """Names of the file's keypoints that have no place."""
        return tuple(name for k, name in enumerate(self.theirs.names) if k not in self.order)


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
    matches: tuple[SkeletonMatch, ...]
    instances: int
    visible: int
    occluded: int
    unlabeled: int
    found: int
    missing: int
    known: int
    rotated: int
    orientations: Mapping[int, tuple[int, bool]]

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
        return notes


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        same: instances that were there already, from an earlier import of this file.
    """

    source: Path
    frames: int
    instances: int
    keypoints: int
    same: int
    skipped: tuple[str, ...]
    notes: tuple[str, ...]
    change: Change | None


def importer_for(path: Path, name: str = "auto") -> Importer:
    """Return the importer for a file, by name or by looking at it.

    Raises:
        FormatError: no importer reads it, or it does not exist.
    """
    if name != "auto":
        return importers[name]
    if not path.is_file():
        raise FormatError(f"{path} does not exist: check the name")
    for candidate in importers.values():
        if path.suffix.lower() in candidate.suffixes and candidate.sniff(path):
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
    matches = tuple(match_skeleton(planned.skeleton, skeletons, several) for planned in plan.instances)
    orientations = _orientations(plan, place, options, job)
    states: Counter[int] = Counter()
    for planned in plan.instances:
        values, counts = np.unique(planned.visibility, return_counts=True)
        states.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
    found = sum(1 for location in place.files if location is not None)
    return Preview(
        plan=plan,
        place=place,
        matches=matches,
        instances=sum(map(len, plan.instances)),
        visible=states[Visibility.VISIBLE],
        occluded=states[Visibility.OCCLUDED],
        unlabeled=states[Visibility.UNLABELED],
        found=found,
        missing=len(plan.frames) - found,
        known=sum(1 for key in place.keys if key is not None),
        rotated=sum(1 for _, turned in orientations.values() if turned),
        orientations=orientations,
    )


def match_skeleton(theirs: Skeleton, project: Mapping[str, Skeleton], several: bool = False) -> SkeletonMatch:
    """Find the skeleton for a class of a file: the project's with these keypoints, a template with them, or a new one.

    Keypoints are matched by id, then by name, never by position.

    Args:
        theirs: as the file defines it.
        project: skeletons by id.
        several: the file has several classes, so each needs a skeleton of its own name.
    """
    for ours in project.values():
        if set(ours.names) == set(theirs.names) and (not several or ours.name == theirs.name):
            return SkeletonMatch(theirs, ours, _order(theirs, ours), is_new=False)
    for template in templates():
        ours = template.skeleton
        if set(ours.names) == set(theirs.names):
            if several or ours.id in project:
                ours = replace(ours, id=theirs.id)
            named = replace(ours, name=theirs.name, supercategory=theirs.supercategory or ours.supercategory)
            ours = replace(named, extra=theirs.extra)
            return SkeletonMatch(theirs, ours, _order(theirs, ours), is_new=True)
    return SkeletonMatch(theirs, theirs, tuple(range(len(theirs))), is_new=True)


def _order(theirs: Skeleton, ours: Skeleton) -> tuple[int, ...]:
    by_id = {keypoint.id: k for k, keypoint in enumerate(theirs.keypoints)}
    found = []
    for keypoint in ours.keypoints:
        k = theirs.index_of_name(keypoint.name)
        found.append(by_id.get(keypoint.id, -1) if k is None else k)
    return tuple(found)


def _orientations(plan: ImportPlan, place: Place, options: ImportOptions, job: Job) -> dict[int, tuple[int, bool]]:
    """Return for frames with another orientation than 1 that orientation, and whether points must be turned.

    Looks into the pictures only while there are at most some hundred of them.
    """
    if len(plan.frames) > PROBED_PICTURES and options.coordinates is None:
        return {}
    result: dict[int, tuple[int, bool]] = {}
    for n, (frame, location) in enumerate(zip(plan.frames, place.files, strict=True)):
        job.check()
        if location is None:
            continue
        try:
            facts = probe(location)
        except MediaError:
            continue  # shown as damaged when it is opened
        if facts.orientation == 1:
            continue
        size, displayed = (frame.width, frame.height), (facts.width, facts.height)
        result[n] = (facts.orientation, frame_orientation(size, displayed, facts.orientation, options.coordinates))
        if options.coordinates is None and (size != displayed or facts.orientation in (2, 3, 4)):
            raise NeedsCoordinatesError(
                f"{plan.source.name}: {frame.path} has EXIF orientation {facts.orientation}, so its points may be "
                "meant for the displayed or for the stored picture: choose which (--coordinates displayed or stored)"
            )
    return result


def commit_import(project: Project, preview: Preview, job: Job) -> ImportReport:
    """Write what was previewed as one change; a repeated import of the same file adds nothing.

    Raises:
        AnnotatorError: nothing was changed.
    """
    plan, place = preview.plan, preview.place
    keys, new_frames = _frames(preview)
    batches: list[InstanceBatch] = []
    same = 0
    present = _imported_already(project, [key for key in place.keys if key is not None])
    for planned, match in zip(plan.instances, preview.matches, strict=True):
        job.check()
        batch = _batch(planned, match, keys, preview)
        if present:
            rows = zip(batch.frames.tolist(), batch.extras, strict=True)
            fresh = np.array([row not in present for row in rows], bool)
            same += int((~fresh).sum())
            batch = batch.taken(np.flatnonzero(fresh))
        if len(batch):
            batches.append(batch)
    count = sum(map(len, batches))
    new_skeletons = [m.ours for m in preview.matches if m.is_new and m.ours.id not in project.skeletons]
    report = ImportReport(
        plan.source,
        len(new_frames),
        count,
        sum(int(np.count_nonzero((b.visibility == 1) | (b.visibility == 2))) for b in batches),
        same,
        tuple(plan.skipped),
        tuple(preview.notes),
        None,
    )
    if not new_frames and not batches and not new_skeletons:
        return report
    before = project.settings
    after = replace(before, exports=before.exports or plan.exports)

    def write(bulk: BulkWriter) -> None:
        for skeleton in new_skeletons:
            bulk.put_skeleton(skeleton)
        bulk.add_frames(new_frames)
        for batch in batches:
            job.check()
            bulk.add_instances(batch)
        if after != before:
            bulk.set_settings(before, after)

    words = f"{count:,} instances" if count != 1 else "1 instance"
    change = project.bulk(f"Import {words} from {plan.source.name}", write)
    for root, folder in place.roots.items():
        project.set_root_hint(root, folder)
        project.roots.set_folder(root, folder)
    return replace(report, change=change)


def _frames(preview: Preview) -> tuple[NDArray[np.int64], list[Frame]]:
    """Return the key of each planned frame, and the frames to add."""
    plan, place = preview.plan, preview.place
    fresh = iter(new_ids(max(len(plan.frames), 1)))
    keys: list[FrameKey] = []
    frames = []
    for n, planned in enumerate(plan.frames):
        known = place.keys[n]
        if known is not None:
            keys.append(known)
            continue
        key = next(fresh)
        orientation, turned = preview.orientations.get(n, (1, False))
        width, height = planned.width, planned.height
        if turned and orientation >= 5:
            width, height = height, width
        root, path = place.names[n]
        frames.append(Frame(key, root, path, 0, width, height, orientation, extra=planned.extra))
        keys.append(key)
    return np.array(keys, np.int64), frames


def _batch(planned: PlannedInstances, match: SkeletonMatch, keys: NDArray[np.int64], preview: Preview) -> InstanceBatch:
    """Return planned instances as rows of the project, sorted by frame, in the order of our skeleton."""
    order = np.argsort(planned.frames, kind="stable")
    points, visibility = planned.points[order], planned.visibility[order]
    boxes = planned.boxes[order].copy()
    frames = planned.frames[order]
    turned = {n: orientation for n, (orientation, must) in preview.orientations.items() if must}
    if turned:
        points = points.copy()
        for row, n in enumerate(frames.tolist()):
            if n in turned:
                frame = preview.plan.frames[n]
                size = (frame.width, frame.height)
                points[row], boxes[row] = to_displayed(points[row], boxes[row], size, turned[n])
    take = np.array(match.order)
    if (take != np.arange(len(take))).any() or len(take) != points.shape[1]:
        wide = np.full((len(points), len(take), 2), np.nan)
        states = np.zeros((len(points), len(take)), np.uint8)
        there = take >= 0
        wide[:, there], states[:, there] = points[:, take[there]], visibility[:, take[there]]
        points, visibility = wide, states
    count = len(frames)
    return InstanceBatch(
        match.ours.id,
        keys[frames],
        np.array(new_ids(max(count, 1)), np.int64)[:count],
        points,
        visibility,
        boxes,
        ~np.isnan(boxes[:, 0]),
        planned.crowd[order],
        [str(Source.IMPORT)] * count,
        [0] * count,
        [""] * count,
        [""] * count,
        [""] * count,
        [planned.extras[n] for n in order.tolist()],
    )


def _imported_already(project: Project, keys: Sequence[FrameKey]) -> set[tuple[FrameKey, str]]:
    """Return (frame, extra) of the imported instances in these frames: what a repeated import would bring again."""
    found: set[tuple[FrameKey, str]] = set()
    for start in range(0, len(keys), 500):
        page = list(keys[start : start + 500])
        marks = ",".join("?" * len(page))
        found.update(
            (row[0], row[1])
            for row in project.reader.rows(
                f"SELECT frame, extra FROM instance WHERE deleted = 0 AND extra <> '' AND frame IN ({marks})", page
            )
        )
    return found
