"""What an export contains: the chosen frames with stable numbers, and their instances as columns."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.formats.contract import ExportOptions, FrameChoice
from annotator.model.frame import Frame, FrameKey
from annotator.model.instance import Visibility
from annotator.store.batch import InstanceBatch
from annotator.store.project import Project

_CHOICE_SQL = {
    FrameChoice.ALL: "",
    FrameChoice.DONE: " AND f.state IN ('done', 'accepted')",
    FrameChoice.DECIDED: " AND (f.state IN ('done', 'accepted') OR f.decided > 0)",
}


@dataclass(frozen=True, slots=True)
class ExportedFrame:
    """A frame of an export.

    Attributes:
        number: counts the project's frames in order of creation, from 1, removed ones included: it never changes.
        subset: "train", "val", or "" without a split.
    """

    frame: Frame
    number: int
    subset: str


def choice_sql(options: ExportOptions) -> str:
    """Return the SQL condition over `f` (frame) for the chosen frames, beginning with AND."""
    return _CHOICE_SQL[options.frames]


def exported_frames(project: Project, options: ExportOptions) -> list[ExportedFrame]:
    """Return the frames of an export, in the project's order."""
    numbers = {
        row[0]: row[1]
        for row in project.reader.rows(
            "SELECT id, number FROM (SELECT id, row_number() OVER (ORDER BY id) AS number, state, decided, deleted "
            f"FROM frame) f WHERE f.deleted = 0{choice_sql(options)}"
        )
    }
    subsets = split(list(numbers), options)
    return [
        ExportedFrame(frame, numbers[frame.key], subsets.get(frame.key, ""))
        for frame in project.frames()
        if frame.key in numbers
    ]


def split(keys: list[FrameKey], options: ExportOptions) -> dict[FrameKey, str]:
    """Divide frames into train and val; the same seed gives the same split, and a new frame moves no other."""
    if options.train_share is None:
        return {}
    return {
        key: "train" if random.Random(f"{options.seed}:{key}").random() < options.train_share else "val" for key in keys
    }


def exported_batches(project: Project, options: ExportOptions) -> Iterator[InstanceBatch]:
    """Yield the instances of an export in frame order; keypoints that are not exported are 0, 0, UNLABELED."""
    for batch in project.reader.batches(choice_sql(options)):
        if not options.skeletons or batch.skeleton_id in options.skeletons:
            yield batch


def exported_keypoints(batch: InstanceBatch, options: ExportOptions) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return (N, K, 2) points and (N, K) of COCO's v: 0, 0, 0 wherever a keypoint is not exported."""
    shown = np.zeros(batch.visibility.shape, bool)
    for state in options.states:
        if state in (Visibility.OCCLUDED, Visibility.VISIBLE):
            shown |= batch.visibility == state
    points = np.where(shown[..., None], batch.points, 0.0)
    return points, np.where(shown, batch.visibility, 0).astype(np.uint8)
