"""The drawn parts of a whole frame as arrays, kept across edits: what the canvas paints and what the pointer hits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from annotator.model.figure import Figure, instance_figure, open_proposal, prediction_figure
from annotator.model.instance import Instance, Prediction
from annotator.model.skeleton import Skeleton

Owner = Instance | Prediction
Columns = NDArray[np.float64]

_MAX_SUPERSEDED = 64
"""After so many edits the arrays are built anew, else every question would visit too many small batches."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Instances, or predictions, of one skeleton, drawn in one go.

    Attributes:
        owners: the rows that `figure` was made from.
    """

    skeleton: Skeleton
    owners: tuple[Owner, ...]
    figure: Figure
    is_prediction: bool

    @cached_property
    def ids(self) -> tuple[int, ...]:
        return tuple(owner.id for owner in self.owners)

    @cached_property
    def rows(self) -> dict[int, int]:
        """The row of each id."""
        return {id_: row for row, id_ in enumerate(self.ids)}

    @cached_property
    def marker_columns(self) -> Columns:
        """(2, M): x and y of the markers, each contiguous, which compares several times faster."""
        return np.ascontiguousarray(self.figure.marker_xy.T)

    @cached_property
    def segment_bounds(self) -> Columns:
        """(4, S): left, top, right, bottom of the limbs."""
        start, end = self.figure.segment_xy[:, 0], self.figure.segment_xy[:, 1]
        return np.concatenate([np.minimum(start, end).T, np.maximum(start, end).T])

    @cached_property
    def bounds(self) -> Columns:
        """(4, N): left, top, right, bottom of all that is drawn of each row; infinite where that is nothing.

        That includes the box of a prediction, and of an instance without a point.
        """
        bounds = np.array([[np.inf], [np.inf], [-np.inf], [-np.inf]]).repeat(len(self.owners), axis=1)
        rows, xy = self.figure.marker_instance, self.marker_columns
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        if len(starts):
            drawn = rows[starts]
            bounds[:2, drawn] = np.minimum.reduceat(xy, starts, axis=1)
            bounds[2:, drawn] = np.maximum.reduceat(xy, starts, axis=1)
        for row in self.boxed:
            box = self.owners[row].box
            if box is not None:
                edges = np.array([box[0], box[1], box[0] + box[2], box[1] + box[3]])
                bounds[:2, row] = np.minimum(bounds[:2, row], edges[:2])
                bounds[2:, row] = np.maximum(bounds[2:, row], edges[2:])
        return bounds

    @cached_property
    def boxed(self) -> tuple[int, ...]:
        """Rows whose box is drawn whether selected or not: predictions, and instances without a point."""
        if self.is_prediction:
            return tuple(range(len(self.owners)))
        drawn = np.bincount(self.figure.marker_instance, minlength=len(self.owners))
        return tuple(row for row in np.flatnonzero(drawn == 0).tolist() if self.owners[row].box is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A batch, and the ids in it that a later batch draws instead, or that are gone."""

    batch: Batch
    superseded: frozenset[int] = frozenset()


class FrameFigures:
    """All figures of a frame, lowest first: predictions lie below instances, earlier ones below later ones.

    Building it costs some ten microseconds per instance; `updated` pays only for what changed.

    Attributes:
        layers: from the lowest to the topmost.
        owners: instance or prediction by id.
    """

    def __init__(
        self,
        instances: Sequence[Instance],
        predictions: Sequence[Prediction],
        skeletons: Mapping[str, Skeleton],
        threshold: float = 0.0,
    ) -> None:
        self.owners = _by_id(instances, predictions)
        self._skeletons = skeletons
        self._threshold = threshold
        self.layers = tuple(
            Layer(batch) for batch in _batches(instances, predictions, self.owners, skeletons, threshold)
        )
        self._places = _places(self.layers)

    def updated(self, instances: Sequence[Instance], predictions: Sequence[Prediction]) -> "FrameFigures":
        """Return the figures of newer content of the same frame; unchanged values keep their arrays."""
        owners = _by_id(instances, predictions)
        changed = {id_ for id_, owner in owners.items() if self.owners.get(id_) is not owner}
        changed |= self.owners.keys() - owners.keys()
        # What is left to propose depends on the linked instance.
        changed |= {prediction.id for prediction in predictions if prediction.instance_id in changed}
        superseded = sum(len(layer.superseded) for layer in self.layers)
        if len(changed) + superseded > _MAX_SUPERSEDED:
            return FrameFigures(instances, predictions, self._skeletons, self._threshold)
        fresh = _batches(
            [instance for instance in instances if instance.id in changed],
            [prediction for prediction in predictions if prediction.id in changed],
            owners,
            self._skeletons,
            self._threshold,
        )
        layers = [Layer(layer.batch, layer.superseded | changed) for layer in self.layers]
        layers += [Layer(batch) for batch in fresh]
        newer = object.__new__(FrameFigures)
        newer.owners = owners
        newer._skeletons = self._skeletons
        newer._threshold = self._threshold
        newer.layers = tuple(sorted(layers, key=lambda layer: not layer.batch.is_prediction))
        newer._places = {id_: place for id_, place in self._places.items() if id_ not in changed}
        newer._places.update(_places([Layer(batch) for batch in fresh]))
        return newer

    def changed_since(self, older: "FrameFigures") -> set[int]:
        """Return the ids that are drawn differently, or in one of the two only."""
        return {
            id_ for id_ in self._places.keys() | older._places.keys() if self._places.get(id_) != older._places.get(id_)
        }

    def bounds(self, id_: int) -> tuple[float, float, float, float] | None:
        """Return left, top, right, bottom of what is drawn of one instance, or None when that is nothing."""
        place = self._places.get(id_)
        if place is None:
            return None
        left, top, right, bottom = place[0].bounds[:, place[1]].tolist()
        return (left, top, right, bottom) if left <= right else None


def batch_of(
    owner: Owner, owners: Mapping[int, Owner], skeletons: Mapping[str, Skeleton], threshold: float
) -> Batch | None:
    """Return one instance or prediction as a batch of its own, or None when its skeleton is unknown.

    Args:
        owners: of the frame, to find the instance that a prediction is linked to.
    """
    instances, predictions = ([owner], []) if isinstance(owner, Instance) else ([], [owner])
    return next(iter(_batches(instances, predictions, owners, skeletons, threshold)), None)


def moved_batch(batch: Batch, instance: Instance) -> Batch | None:
    """Return the batch of an instance that differs from the one in `batch` in its positions only, else None.

    Many times as fast as a new batch: states, sides and looks stay. That is what a drag does sixty times a second.
    """
    (before,) = batch.owners
    if not isinstance(before, Instance) or not np.array_equal(before.visibility, instance.visibility):
        return None
    figure = batch.figure
    marker_xy = instance.points[figure.marker_k]
    if not np.isfinite(marker_xy).all():
        return None
    segment_xy = instance.points[_edges_of(batch.skeleton)[figure.segment_edge]]
    return Batch(batch.skeleton, (instance,), replace(figure, marker_xy=marker_xy, segment_xy=segment_xy), False)


@lru_cache(maxsize=32)
def _edges_of(skeleton: Skeleton) -> NDArray[np.intp]:
    return np.array(skeleton.edge_indices, np.intp).reshape(-1, 2)


def _by_id(instances: Sequence[Instance], predictions: Sequence[Prediction]) -> dict[int, Owner]:
    owners: dict[int, Owner] = {prediction.id: prediction for prediction in predictions}
    owners.update({instance.id: instance for instance in instances})
    return owners


def _places(layers: Sequence[Layer]) -> dict[int, tuple[Batch, int]]:
    return {id_: (layer.batch, row) for layer in layers for row, id_ in enumerate(layer.batch.ids)}


def _batches(
    instances: Sequence[Instance],
    predictions: Sequence[Prediction],
    owners: Mapping[int, Owner],
    skeletons: Mapping[str, Skeleton],
    threshold: float,
) -> list[Batch]:
    """Return one batch per kind and skeleton, predictions first."""
    batches = []
    for skeleton_id in dict.fromkeys(prediction.skeleton_id for prediction in predictions):
        if skeleton_id in skeletons:
            proposed = [prediction for prediction in predictions if prediction.skeleton_id == skeleton_id]
            batches.append(_proposed(skeletons[skeleton_id], proposed, owners, threshold))
    for skeleton_id in dict.fromkeys(instance.skeleton_id for instance in instances):
        if skeleton_id in skeletons:
            decided = [instance for instance in instances if instance.skeleton_id == skeleton_id]
            batches.append(_decided(skeletons[skeleton_id], decided))
    return batches


def _decided(skeleton: Skeleton, instances: Sequence[Instance]) -> Batch:
    points = np.array([instance.points for instance in instances])
    visibility = np.array([instance.visibility for instance in instances])
    return Batch(skeleton, tuple(instances), instance_figure(skeleton, points, visibility), False)


def _proposed(
    skeleton: Skeleton, predictions: Sequence[Prediction], owners: Mapping[int, Owner], threshold: float
) -> Batch:
    proposals = [open_proposal(prediction, _linked(prediction, owners)) for prediction in predictions]
    figure = prediction_figure(
        skeleton,
        np.array([points for points, _ in proposals]),
        np.array([prediction.scores for prediction in predictions]),
        threshold,
        np.array([undecided for _, undecided in proposals]),
    )
    return Batch(skeleton, tuple(predictions), figure, True)


def _linked(prediction: Prediction, owners: Mapping[int, Owner]) -> Instance | None:
    linked = owners.get(prediction.instance_id) if prediction.instance_id is not None else None
    return linked if isinstance(linked, Instance) else None
