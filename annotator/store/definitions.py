"""Skeleton rows: how a definition lies in the database, and how its slots grow when keypoints are added."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from annotator.model.frame import FrameContent
from annotator.model.instance import Instance, Prediction
from annotator.model.skeleton import Skeleton
from annotator.model.skeleton_file import decode_skeleton
from annotator.store.codec import StoredSkeleton

COLUMNS = "id, definition, slots, deleted FROM skeleton ORDER BY id"


def stored_of_row(row: Iterable[Any], origin: str) -> tuple[StoredSkeleton, bool]:
    """Return a skeleton from a row of `COLUMNS`, and whether it is live."""
    id_, definition, slots, deleted = row
    skeleton = decode_skeleton(definition.encode(), origin)
    return StoredSkeleton(id_, skeleton, tuple(msgspec.json.decode(slots))), not deleted


def grown(known: StoredSkeleton | None, skeleton: Skeleton, row: int = 0) -> StoredSkeleton:
    """Return a skeleton with a new definition; slots are only ever appended.

    Args:
        known: how it lay before, or None.
        skeleton: the new definition.
        row: of a skeleton that was not known.
    """
    slots = known.slots if known else ()
    added = tuple(keypoint.id for keypoint in skeleton.keypoints if keypoint.id not in set(slots))
    return StoredSkeleton(known.row if known else row, skeleton, slots + added)


def with_definitions(
    skeletons: Mapping[str, StoredSkeleton], definitions: Iterable[Skeleton]
) -> dict[str, StoredSkeleton]:
    """Return the skeletons as they are after new definitions."""
    result = dict(skeletons)
    for skeleton in definitions:
        result[skeleton.id] = grown(result.get(skeleton.id), skeleton)
    return result


def reshaped(content: FrameContent, changed: Mapping[str, tuple[Skeleton, Skeleton]]) -> FrameContent:
    """Return a frame whose poses have the keypoints of new definitions.

    Args:
        content: the frame.
        changed: by skeleton id its definition before and after.
    """

    def columns(skeleton_id: str) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
        before, after = changed[skeleton_id]
        shared = [(before.index(k.id), j) for j, k in enumerate(after.keypoints) if k.id in set(_ids(before))]
        old, new = np.array(shared, np.intp).reshape(-1, 2).T
        return old, new, len(after)

    def instance(value: Instance) -> Instance:
        if value.skeleton_id not in changed:
            return value
        old, new, count = columns(value.skeleton_id)
        points, visibility = np.full((count, 2), np.nan), np.zeros(count, np.uint8)
        points[new], visibility[new] = value.points[old], value.visibility[old]
        return replace(value, points=points, visibility=visibility)

    def prediction(value: Prediction) -> Prediction:
        if value.skeleton_id not in changed:
            return value
        old, new, count = columns(value.skeleton_id)
        points, scores = np.full((count, 2), np.nan), np.zeros(count, np.float32)
        points[new], scores[new] = value.points[old], value.scores[old]
        return replace(value, points=points, scores=scores)

    return replace(
        content,
        instances=tuple(map(instance, content.instances)),
        predictions=tuple(map(prediction, content.predictions)),
    )


def _ids(skeleton: Skeleton) -> tuple[str, ...]:
    return tuple(keypoint.id for keypoint in skeleton.keypoints)
