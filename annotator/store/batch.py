"""Many frames and instances at once, as columns: what imports write and exports read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class InstanceBatch:
    """N instances of one skeleton with K keypoints; the columns mean what `Instance` says.

    Attributes:
        frames: (N,) int64 frame keys.
        ids: (N,) int64.
        points: (N, K, 2) float64 image pixels.
        visibility: (N, K) uint8.
        boxes: (N, 4) float64 (x, y, width, height); NaN rows have no box.
        by_hand, crowd: (N,) bool.
        sources, extras: N values each.
        runs, tracks, attributes, notes: N values each, or none where only the labels were read.
    """

    skeleton_id: str
    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    points: NDArray[np.float64]
    visibility: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    by_hand: NDArray[np.bool_]
    crowd: NDArray[np.bool_]
    sources: Sequence[str]
    runs: Sequence[int]
    tracks: Sequence[str]
    attributes: Sequence[str]
    notes: Sequence[str]
    extras: Sequence[str]

    def __len__(self) -> int:
        return len(self.ids)

    def taken(self, rows: NDArray[np.intp]) -> "InstanceBatch":
        """Return the given rows, in that order."""
        return InstanceBatch(
            self.skeleton_id,
            self.frames[rows],
            self.ids[rows],
            self.points[rows],
            self.visibility[rows],
            self.boxes[rows],
            self.by_hand[rows],
            self.crowd[rows],
            *([column[k] for k in rows] for column in self._text_columns()),
        )

    def _text_columns(self) -> tuple[Sequence[object], ...]:
        return (self.sources, self.runs, self.tracks, self.attributes, self.notes, self.extras)


@dataclass(frozen=True, slots=True, eq=False)
class FrameBatch:
    """N frames of stills below one root; the columns mean what `Frame` says.

    Attributes:
        keys: (N,) int64, ascending.
        paths, widths, heights, orientations, states, extras: N values each.
    """

    root: str
    keys: NDArray[np.int64]
    paths: Sequence[str]
    widths: Sequence[int]
    heights: Sequence[int]
    orientations: Sequence[int]
    states: Sequence[str]
    extras: Sequence[str]

    def __len__(self) -> int:
        return len(self.keys)
