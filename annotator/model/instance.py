"""Instances and predictions: poses of subjects in frames, decided by people or proposed by models."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from annotator.errors import ModelError
from annotator.model.skeleton import Skeleton

Points = NDArray[np.float64]
States = NDArray[np.uint8]
Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]


class Visibility(IntEnum):
    """What is known of a keypoint; the first three are COCO's v, ABSENT exports as 0."""

    UNLABELED = 0
    OCCLUDED = 1
    VISIBLE = 2
    ABSENT = 3


class Source(StrEnum):
    """Who decided an instance last."""

    PERSON = "person"
    MODEL = "model"
    IMPORT = "import"


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """The pose of one subject in one frame. Immutable: edits return a new one.

    Attributes:
        id: unique across projects.
        points: (K, 2) float64, image pixels, origin at the top-left corner of the top-left pixel, x right,
            y down, of the displayed (EXIF-upright) picture. Meaningful only where `located`; elsewhere the
            last position, or NaN.
        visibility: (K,) uint8 of `Visibility`.
        box: (x, y, width, height) in image pixels, or None to derive it from the points.
        box_by_hand: the box was drawn or imported, so it does not follow the points.
        track: the subject across frames, or "".
        source: who decided it last.
        run: id of the model run it was accepted from, or 0.
        crowd: one instance stands for many subjects (COCO iscrowd).
        attributes: JSON object text of the project's own attributes, or "".
        extra: JSON object text of imported fields that we do not know, or "".
    """

    id: int
    skeleton_id: str
    points: Points
    visibility: States
    box: Box | None = None
    box_by_hand: bool = False
    track: str = ""
    source: Source = Source.PERSON
    run: int = 0
    crowd: bool = False
    attributes: str = ""
    note: str = ""
    extra: str = ""

    def __post_init__(self) -> None:
        points = np.ascontiguousarray(self.points, dtype=np.float64)
        visibility = np.ascontiguousarray(self.visibility, dtype=np.uint8)
        if points.ndim != 2 or points.shape[1:] != (2,) or visibility.shape != points.shape[:1]:
            raise ModelError(
                f"an instance has points {points.shape} and states {visibility.shape}: expected (K, 2) and (K,)"
            )
        points.flags.writeable = False
        visibility.flags.writeable = False
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "visibility", visibility)

    @property
    def located(self) -> Mask:
        """(K,) bool: the keypoint has a position, occluded or visible."""
        located: Mask = (self.visibility == Visibility.OCCLUDED) | (self.visibility == Visibility.VISIBLE)
        return located

    @property
    def decided(self) -> Mask:
        """(K,) bool: somebody said what it is, absent included."""
        decided: Mask = self.visibility != Visibility.UNLABELED
        return decided

    @property
    def decided_count(self) -> int:
        return int(np.count_nonzero(self.visibility))

    def bounds(self, margin: float = 0.0) -> Box | None:
        """Return the box of the located points, grown by `margin` of its longer side; None without points."""
        located = self.located
        if not located.any():
            return None
        low, high = self.points[located].min(axis=0), self.points[located].max(axis=0)
        pad = margin * float(max(high - low))
        return (
            float(low[0]) - pad,
            float(low[1]) - pad,
            float(high[0] - low[0]) + 2 * pad,
            float(high[1] - low[1]) + 2 * pad,
        )

    def shown_box(self, margin: float = 0.1) -> Box | None:
        """Return the box set by hand, else the one that follows the points."""
        if self.box is not None and self.box_by_hand:
            return self.box
        return self.bounds(margin) or self.box

    def with_point(self, k: int, xy: tuple[float, float], state: Visibility | None = None) -> "Instance":
        """Return a copy with keypoint `k` at `xy`; its visibility stays unless `state` is given."""
        points = self.points.copy()
        points[k] = xy
        if state is None:
            return replace(self, points=points)
        visibility = self.visibility.copy()
        visibility[k] = state
        return replace(self, points=points, visibility=visibility)

    def with_state(self, ks: Iterable[int], state: Visibility) -> "Instance":
        """Return a copy with the given keypoints in `state`; positions are remembered.

        A keypoint that never had a position cannot become occluded or visible and keeps its state.
        """
        visibility = self.visibility.copy()
        for k in ks:
            if state in (Visibility.OCCLUDED, Visibility.VISIBLE) and not np.isfinite(self.points[k]).all():
                continue
            visibility[k] = state
        return replace(self, visibility=visibility)

    def with_points(self, points: Points) -> "Instance":
        """Return a copy with all positions replaced, (K, 2) float64 image pixels."""
        return replace(self, points=points)

    def with_box(self, box: Box | None, by_hand: bool) -> "Instance":
        return replace(self, box=box, box_by_hand=by_hand)

    def equals(self, other: object) -> bool:
        """Compare by value, NaN equal to NaN."""
        if not isinstance(other, Instance):
            return False
        return (
            np.array_equal(self.points, other.points, equal_nan=True)
            and np.array_equal(self.visibility, other.visibility)
            and all(getattr(self, name) == getattr(other, name) for name in _PLAIN_INSTANCE_FIELDS)
        )


_PLAIN_INSTANCE_FIELDS = tuple(name for name in Instance.__slots__ if name not in ("points", "visibility"))


def new_instance(id_: int, skeleton: Skeleton, **fields: object) -> Instance:
    """Return an instance of `skeleton` with nothing decided."""
    count = len(skeleton)
    return Instance(
        id_,
        skeleton.id,
        np.full((count, 2), np.nan),
        np.zeros(count, np.uint8),
        **fields,  # type: ignore[arg-type]  # forwarded to the constructor, which names a wrong field
    )


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """A proposed instance. It lives beside the labels until a person accepts it.

    Attributes:
        id: unique across projects.
        points: (K, 2) float64 image pixels, in the order of the skeleton; NaN where the model has no such
            keypoint.
        scores: (K,) float32 in 0..1; 0 where the model has no such keypoint.
        box: (x, y, width, height) in image pixels.
        score: of the whole instance, 0..1.
        run: id of the model run.
        instance_id: the instance that accepted keypoints went into, or None.
    """

    id: int
    skeleton_id: str
    points: Points
    scores: Scores
    box: Box
    score: float
    run: int
    instance_id: int | None = None

    def __post_init__(self) -> None:
        points = np.ascontiguousarray(self.points, dtype=np.float64)
        scores = np.ascontiguousarray(self.scores, dtype=np.float32)
        if points.ndim != 2 or points.shape[1:] != (2,) or scores.shape != points.shape[:1]:
            raise ModelError(
                f"a prediction has points {points.shape} and scores {scores.shape}: expected (K, 2) and (K,)"
            )
        points.flags.writeable = False
        scores.flags.writeable = False
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "scores", scores)

    @property
    def placed(self) -> Mask:
        """(K,) bool: the model gave a position."""
        placed: Mask = np.isfinite(self.points[:, 0]) & np.isfinite(self.points[:, 1])
        return placed

    def confident(self, threshold: float) -> Mask:
        """(K,) bool: placed, with a score at or above `threshold`."""
        return self.placed & (self.scores >= np.float32(threshold))

    def equals(self, other: object) -> bool:
        """Compare by value, NaN equal to NaN."""
        if not isinstance(other, Prediction):
            return False
        return (
            np.array_equal(self.points, other.points, equal_nan=True)
            and np.array_equal(self.scores, other.scores)
            and all(getattr(self, name) == getattr(other, name) for name in _PLAIN_PREDICTION_FIELDS)
        )


_PLAIN_PREDICTION_FIELDS = tuple(name for name in Prediction.__slots__ if name not in ("points", "scores"))
