"""Writing a previewed import as one change: undoable, and a repeated import of the same file adds nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from annotator.formats.contract import FrameColumns, PlannedInstances, collector_paused
from annotator.formats.matching import SkeletonMatch
from annotator.formats.memory import told_when_full
from annotator.formats.preview import Preview
from annotator.jobs import Job
from annotator.model.frame import FrameKey, FrameState
from annotator.model.ids import new_ids
from annotator.model.instance import Source
from annotator.model.skeleton import Skeleton
from annotator.store.batch import FrameBatch, InstanceBatch
from annotator.store.bulk import BulkWriter
from annotator.store.change import Change
from annotator.store.codec import StoredSkeleton
from annotator.store.counters import pages
from annotator.store.digest import without_blank_keypoints
from annotator.store.project import Project


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


def commit_import(project: Project, preview: Preview, job: Job) -> ImportReport:
    """Write what was previewed as one change; a repeated import of the same file adds nothing.

    Raises:
        AnnotatorError: nothing was changed.
    """
    with told_when_full(preview.plan.source), collector_paused():
        return _Commit(project, preview).run(job)


class _Commit:
    """Turns a preview into rows and writes them."""

    def __init__(self, project: Project, preview: Preview) -> None:
        self._project = project
        self._preview = preview
        self._columns = FrameColumns.of(preview.plan.frames)
        is_new = np.array([key is None for key in preview.place.keys], bool)
        keys = np.array([key or 0 for key in preview.place.keys], np.int64)
        keys[is_new] = np.array(new_ids(max(int(is_new.sum()), 1)), np.int64)[: int(is_new.sum())]
        self._is_new, self._keys = is_new, keys

    def run(self, job: Job) -> ImportReport:
        plan = self._preview.plan
        batches, same = self._batches()
        job.check()
        count = sum(map(len, batches))
        report = ImportReport(
            plan.source,
            int(self._is_new.sum()),
            count,
            sum(int(np.count_nonzero((b.visibility == 1) | (b.visibility == 2))) for b in batches),
            same,
            tuple(plan.skipped),
            tuple(self._preview.notes),
            None,
        )
        skeletons = self._skeletons()
        if not self._is_new.any() and not batches and not skeletons:
            return report
        before = self._project.settings
        after = replace(before, exports=merged(before.exports, plan.exports))
        fresh, known = self._divided(batches)
        frames = self._new_frames(fresh)

        def write(bulk: BulkWriter) -> None:
            for skeleton in skeletons:
                bulk.put_skeleton(skeleton)
            if after != before:
                bulk.set_settings(before, after)
            bulk.add_labeled_frames(frames, fresh)
            for batch in known:
                bulk.add_instances(batch)
            job.check()

        words = f"{count:,} instances" if count != 1 else "1 instance"
        change = self._project.bulk(f"Import {words} from {plan.source.name}", write)
        place = self._preview.place
        if place.is_new_root and self._is_new.any():
            self._project.set_root_hint(place.root, place.folder)
            self._project.roots.set_folder(place.root, place.folder)
        return replace(report, change=change)

    def _skeletons(self) -> list[Skeleton]:
        """Return the skeletons to add, and those of the project that learn what the file says of their category."""
        found: dict[str, Skeleton] = {}
        for match in self._preview.matches:
            known = self._project.skeletons.get(match.ours.id)
            if known is None:
                found[match.ours.id] = match.ours
            elif not known.extra and match.theirs.extra:
                found[known.id] = replace(known, extra=match.theirs.extra)
        return list(found.values())

    def _batches(self) -> tuple[list[InstanceBatch], int]:
        """Return the rows to add, one batch to a skeleton, and how many instances are there already.

        Rows are sorted by frame, and over all batches ids ascend with the frames.
        """
        plan = self._preview.plan
        batches = [
            self._batch(planned, match) for planned, match in zip(plan.instances, self._preview.matches, strict=True)
        ]
        before = sum(map(len, batches))
        batches = [batch for batch in without_present(self._project, batches) if len(batch)]
        if not batches:
            return [], before
        frames = np.concatenate([batch.frames for batch in batches])
        ranks = np.empty(len(frames), np.int64)
        ranks[np.argsort(frames, kind="stable")] = new_ids(len(frames))
        ends = np.cumsum([len(batch) for batch in batches])
        numbered = [replace(batch, ids=ids) for batch, ids in zip(batches, np.split(ranks, ends[:-1]), strict=True)]
        return numbered, before - len(frames)

    def _batch(self, planned: PlannedInstances, match: SkeletonMatch) -> InstanceBatch:
        """Return planned instances as rows of the project, sorted by frame, in the order of our skeleton."""
        keys = self._keys[planned.frames]
        order = np.argsort(keys, kind="stable")
        points, visibility, boxes = planned.points[order], planned.visibility[order], planned.boxes[order]
        extras = [planned.extras[n] for n in order.tolist()]
        if self._preview.sizes.turns:
            self._turn(planned.frames[order], points, boxes, extras)
        points, visibility = _in_our_order(points, visibility, match.order)
        count = len(order)
        return InstanceBatch(
            match.ours.id,
            keys[order],
            np.zeros(count, np.int64),
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
            extras,
        )

    def _turn(
        self, frames: NDArray[np.int64], points: NDArray[np.float64], boxes: NDArray[np.float64], extras: list[str]
    ) -> None:
        turn_extra = self._preview.plan.turn_extra
        for row, n in enumerate(frames.tolist()):
            turn = self._preview.sizes.turns.get(n)
            if turn is None:
                continue
            points[row], boxes[row] = turn.points(points[row]), turn.boxes(boxes[row])
            if turn_extra is not None and extras[row]:
                extras[row] = turn_extra(extras[row], turn)

    def _divided(self, batches: list[InstanceBatch]) -> tuple[list[InstanceBatch], list[InstanceBatch]]:
        """Return the rows of new frames, and those of frames that the project has."""
        if self._is_new.all():
            return batches, []
        new_keys = self._keys[self._is_new]
        masks = [np.isin(batch.frames, new_keys) for batch in batches]
        pairs = list(zip(batches, masks, strict=True))
        fresh = [batch.taken(np.flatnonzero(mask)) for batch, mask in pairs]
        known = [batch.taken(np.flatnonzero(~mask)) for batch, mask in pairs]
        return [batch for batch in fresh if len(batch)], [batch for batch in known if len(batch)]

    def _new_frames(self, fresh: list[InstanceBatch]) -> FrameBatch:
        columns, place, facts = self._columns, self._preview.place, self._preview.sizes.facts
        chosen = np.flatnonzero(self._is_new).tolist()
        keys = self._keys[self._is_new]
        begun = np.zeros(len(chosen), bool)
        for batch in fresh:
            begun[np.searchsorted(keys, batch.frames)] = True
        widths, heights = [columns.widths[n] for n in chosen], [columns.heights[n] for n in chosen]
        orientations = [1] * len(chosen)
        for position, n in enumerate(chosen) if facts else ():
            if found := facts.get(n):
                widths[position], heights[position] = found.width, found.height
                orientations[position] = found.orientation
        states = np.where(begun, FrameState.IN_PROGRESS.value, FrameState.NEW.value).tolist()
        return FrameBatch(
            place.root,
            keys,
            [place.paths[n] for n in chosen],
            widths,
            heights,
            orientations,
            states,
            [columns.extras[n] for n in chosen],
        )


def _in_our_order(
    points: NDArray[np.float64], visibility: NDArray[np.uint8], order: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    take = np.array(order)
    if len(take) == points.shape[1] and (take == np.arange(len(take))).all():
        return points, visibility
    ours = np.full((len(points), len(take), 2), np.nan)
    states = np.zeros((len(points), len(take)), np.uint8)
    there = take >= 0
    ours[:, there], states[:, there] = points[:, take[there]], visibility[:, take[there]]
    return ours, states


def without_present(project: Project, batches: Sequence[InstanceBatch]) -> list[InstanceBatch]:
    """Leave out instances that are in the project already.

    The same record of the same file is there as it was imported, or as somebody changed it since. An instance of
    another file that only bears the same number is not the same.
    """
    if not project.counts().instances:
        return list(batches)
    skeletons = project.reader.skeletons()
    present: dict[tuple[FrameKey, str], list[tuple[Any, ...]]] = defaultdict(list)
    for page in pages(sorted({int(key) for batch in batches for key in np.unique(batch.frames)})):
        marks = ",".join("?" * len(page))
        for frame, extra, *pose in project.reader.rows(
            "SELECT frame, extra, source, skeleton, keypoints, x, y, width, height FROM instance "
            f"WHERE deleted = 0 AND frame IN ({marks})",
            page,
        ):
            present[frame, extra].append(tuple(pose))
    if not present:
        return list(batches)
    result = []
    for batch in batches:
        stored = skeletons.get(batch.skeleton_id)
        kept = [n for n in range(len(batch)) if not _take_present(present, batch, n, stored)]
        result.append(batch.taken(np.array(kept, np.intp)))
    return result


def _take_present(
    present: dict[tuple[FrameKey, str], list[tuple[Any, ...]]],
    batch: InstanceBatch,
    n: int,
    stored: StoredSkeleton | None,
) -> bool:
    """Tell whether an instance is present, and strike it off: of two equal ones in a file each is found once."""
    there = present.get((int(batch.frames[n]), batch.extras[n]))
    if not there or stored is None:
        return False
    box = tuple(None if value != value else value for value in batch.boxes[n].tolist())
    blob = stored.encode(batch.points[n], batch.visibility[n])
    for position, (source, skeleton, keypoints, *theirs) in enumerate(there):
        is_same = (
            skeleton == stored.row
            and without_blank_keypoints(keypoints) == without_blank_keypoints(blob)
            and tuple(theirs) == box
        )
        if is_same or (batch.extras[n] and source != Source.IMPORT):
            del there[position]
            return True
    return False


def merged(before: str, added: str) -> str:
    """Return two JSON objects in one: what stands in `before` stays, lists are joined without doubles."""
    if not before or not added:
        return before or added
    ours, theirs = msgspec.json.decode(before), msgspec.json.decode(added)
    for name, value in theirs.items():
        known = ours.setdefault(name, value)
        if known is not value and isinstance(known, list) and isinstance(value, list):
            known += [one for one in value if one not in known]
    return msgspec.json.encode(ours).decode()
