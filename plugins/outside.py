"""Check: keypoints outside the picture. Trainers clip them, drop them, or reject the whole picture for one."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from annotator.plugin import Fix, Instance, Issue, Job, Project, Severity, Visibility, check

TOLERANCE_PX = 1.0
"""Tools that count from the middle of a pixel, or round, are off by as much."""


@check("outside", title="Keypoints outside the picture")
def find_outside(project: Project, job: Job) -> Iterator[Issue]:
    """Yield occluded and visible keypoints beyond the edges; frames whose size nobody has read yet are left out."""
    sizes = {frame.key: (frame.width, frame.height) for frame in project.frames() if frame.width and frame.height}
    unknown = (np.inf, np.inf)
    for batch in project.batches():
        job.check()
        keypoints = project.skeletons[batch.skeleton_id].keypoints
        size = np.array([sizes.get(frame, unknown) for frame in batch.frames.tolist()])[:, None]
        # How far beyond the nearer of two opposite edges, along x and y; (N, K).
        beyond = np.maximum(-batch.points, batch.points - size).max(axis=2)
        located = (batch.visibility == Visibility.OCCLUDED) | (batch.visibility == Visibility.VISIBLE)
        is_known = np.isfinite(size).all(axis=2)
        for n, k in np.argwhere(located & is_known & (beyond > TOLERANCE_PX)):
            name = keypoints[k].name
            yield Issue(
                int(batch.frames[n]),
                int(batch.ids[n]),
                keypoints[k].id,
                Severity.DOUBTFUL,
                f"{name} is {beyond[n, k]:.0f} px outside the picture: move it, or mark it absent",
                Fix(f"Mark {name} absent", partial(_without, k=int(k))),
            )


def _without(instance: Instance, k: int) -> Instance:
    return instance.with_state([k], Visibility.ABSENT)
