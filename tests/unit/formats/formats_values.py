"""Planned instances as an importer gives them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from annotator.formats.contract import PlannedInstances
from annotator.model.skeleton import Skeleton, skeleton_from_names

THING = skeleton_from_names("theirs", "thing", ["tip", "base"])


def people(
    frames: Sequence[int], seed: int = 0, skeleton: Skeleton = THING, extras: Sequence[str] = (), **columns: Any
) -> PlannedInstances:
    """Return one instance for each of `frames`, all keypoints visible, without a box."""
    count = len(frames)
    points = np.random.default_rng(seed).uniform(0, 10, (count, len(skeleton), 2))
    filled = {
        "points": points,
        "visibility": np.full(points.shape[:2], 2, np.uint8),
        "boxes": np.full((count, 4), np.nan),
        "crowd": np.zeros(count, bool),
        "extras": list(extras) or [""] * count,
    }
    return PlannedInstances(skeleton, np.array(frames, np.int64), **(filled | columns))
