"""Write a CSV table: one row per decided keypoint, frame after frame."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from annotator.plugin import (
    ExportOptions,
    InstanceBatch,
    Job,
    NewFiles,
    Project,
    Visibility,
    exported_frames,
    exported_pages,
)

COLUMNS = ("frame", "instance", "skeleton", "keypoint", "x", "y", "visibility")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def write(project: Project, options: ExportOptions, job: Job) -> list[Path]:
    """Write frame, instance, skeleton, keypoint, x, y (image pixels) and visibility (a word).

    Absent keypoints have a row without a position. Text that a spreadsheet would run as a formula gets a leading '.
    """
    frames = exported_frames(project, options)
    names = dict(zip(frames.keys, map(safe, frames.names), strict=True))
    subsets = dict(zip(frames.keys, frames.subsets, strict=True))
    parts = ("train", "val") if options.train_share is not None else ("",)
    with NewFiles({part: options.folder / f"{part or 'keypoints'}.csv" for part in parts}) as files:
        for part in parts:
            files.write(part, _text([COLUMNS]))
        done = 0
        for page in exported_pages(project, options, details=False):
            job.check()
            rows: dict[str, list[Sequence[object]]] = {part: [] for part in parts}
            for frame, instance, batch, n in _in_order(page):
                for keypoint in _keypoints(project, options, batch, n):
                    rows[subsets[frame]].append((names[frame], instance, *keypoint))
            for part, mine in rows.items():
                files.write(part, _text(mine))
            done += len({frame for batch in page for frame in batch.frames.tolist()})
            job.report(done, len(frames), "Writing")
        return files.publish()


def _in_order(page: Sequence[InstanceBatch]) -> list[tuple[int, int, InstanceBatch, int]]:
    """Return frame, id, batch and position of a page's instances; in a frame in order of creation."""
    found = [
        (frame, id_, batch, n)
        for batch in page
        for n, (frame, id_) in enumerate(zip(batch.frames.tolist(), batch.ids.tolist(), strict=True))
    ]
    return sorted(found, key=lambda one: one[:2])


def _keypoints(
    project: Project, options: ExportOptions, batch: InstanceBatch, n: int
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield skeleton, keypoint, x, y and visibility of what is decided of an instance."""
    skeleton = project.skeletons[batch.skeleton_id]
    states, points = batch.visibility[n].tolist(), batch.points[n].tolist()
    for k in skeleton.placeable:
        state = Visibility(states[k])
        if state is Visibility.ABSENT:
            position = ("", "")
        elif state in options.states:
            position = (repr(points[k][0]), repr(points[k][1]))
        else:
            continue
        yield safe(skeleton.name), safe(skeleton.names[k]), *position, state.name.lower()


def _text(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula; a leading ' is doubled. Source: CWE-1236."""
    return f"'{text}" if text.startswith(_FORMULA) else text
