"""Export to CSV: one row per decided keypoint."""

import csv
import os
from pathlib import Path

from annotator.plugin import ExportOptions, Job, Project, Visibility, exported_batches, exported_frames, exporter

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("frame", "instance", "skeleton", "keypoint", "x", "y", "visibility")


@exporter("csv", title="CSV table", summary="one row per point", loses="boxes, edges and frames without a keypoint")
def write_csv(project: Project, options: ExportOptions, job: Job) -> list[Path]:
    """Write frame, instance, skeleton, keypoint, x, y (image pixels) and visibility (a word).

    Absent keypoints have a row without a position. Text that a spreadsheet would run as a formula gets a leading '.
    """
    options.folder.mkdir(parents=True, exist_ok=True)
    target = options.folder / "keypoints.csv"
    beside = target.with_name(f"{target.name}.new")
    frames = exported_frames(project, options)
    paths = dict(zip(frames.keys, frames.names, strict=True))
    with beside.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for batch in exported_batches(project, options):
            job.check()
            skeleton = project.skeletons[batch.skeleton_id]
            for n, frame in enumerate(batch.frames.tolist()):
                for k in skeleton.placeable:
                    state = Visibility(int(batch.visibility[n, k]))
                    if state is Visibility.UNLABELED:
                        continue
                    is_located = state in options.states
                    if not is_located and state is not Visibility.ABSENT:
                        continue
                    x, y = (repr(float(value)) for value in batch.points[n, k]) if is_located else ("", "")
                    name = safe(skeleton.names[k])
                    instance = int(batch.ids[n])
                    rows.writerow([safe(paths[frame]), instance, safe(skeleton.name), name, x, y, state.name.lower()])
        file.flush()
        os.fsync(file.fileno())
    beside.replace(target)
    return [target]


def safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula. Source: CWE-1236."""
    return f"'{text}" if text.startswith(_FORMULA) else text
