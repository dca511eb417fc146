"""Find what lies under the pointer: keypoints first, then limbs, then the edges of the boxes on show."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from annotator.model.geometry import distance_to_segments
from annotator.model.instance import Box, Instance, Prediction
from annotator.model.skeleton import Skeleton
from annotator.session.figures import Batch, FrameFigures
from annotator.session.scene import Target

KEYPOINT_RADIUS_SCREEN_PX = 12.0
LIMB_RADIUS_SCREEN_PX = 6.0
BOX_RADIUS_SCREEN_PX = 4.0
HANDLE_RADIUS_SCREEN_PX = 10.0


class Handle(StrEnum):
    """The eight handles of a box, named by where they are."""

    TOP_LEFT = "top left"
    TOP = "top"
    TOP_RIGHT = "top right"
    RIGHT = "right"
    BOTTOM_RIGHT = "bottom right"
    BOTTOM = "bottom"
    BOTTOM_LEFT = "bottom left"
    LEFT = "left"


_HANDLE_PLACES = {
    Handle.TOP_LEFT: (0.0, 0.0),
    Handle.TOP_RIGHT: (1.0, 0.0),
    Handle.BOTTOM_RIGHT: (1.0, 1.0),
    Handle.BOTTOM_LEFT: (0.0, 1.0),
    Handle.TOP: (0.5, 0.0),
    Handle.RIGHT: (1.0, 0.5),
    Handle.BOTTOM: (0.5, 1.0),
    Handle.LEFT: (0.0, 0.5),
}


def handle_places(box: Box) -> dict[Handle, tuple[float, float]]:
    """Return where the handles of a box are, image pixels; corners first."""
    x, y, width, height = box
    return {handle: (x + u * width, y + v * height) for handle, (u, v) in _HANDLE_PLACES.items()}


def box_handle_at(box: Box, xy: tuple[float, float], scale: float) -> Handle | None:
    """Return the handle under an image position, the nearest one when several are in reach."""
    reach = HANDLE_RADIUS_SCREEN_PX / scale
    distances = {
        handle: max(abs(xy[0] - place[0]), abs(xy[1] - place[1])) for handle, place in handle_places(box).items()
    }
    nearest = min(distances, key=distances.__getitem__)
    return nearest if distances[nearest] <= reach else None


def inside_band(instance: Instance, band: Box) -> frozenset[int]:
    """Return the located keypoints inside a rubber band (x, y, width, height); sizes may be negative."""
    x, y, width, height = band
    low = np.array([min(x, x + width), min(y, y + height)])
    high = np.array([max(x, x + width), max(y, y + height)])
    inside = ((instance.points >= low) & (instance.points <= high)).all(axis=1)
    return frozenset(np.flatnonzero(inside & instance.located).tolist())


def hit(
    instances: Sequence[Instance],
    predictions: Sequence[Prediction],
    skeletons: Mapping[str, Skeleton],
    xy: tuple[float, float],
    scale: float,
    selected: int | None = None,
    hidden: AbstractSet[int] = frozenset(),
) -> Target | None:
    """Return what lies at an image position. To ask more than once about the same content, keep a `HitIndex`."""
    return HitIndex(instances, predictions, skeletons).hit(xy, scale, selected, hidden)


class HitIndex:
    """Where everything of a frame is, in arrays. Build it once per content, ask it at every move.

    What is found is what is drawn: both come from the same figures.
    """

    def __init__(
        self,
        instances: Sequence[Instance],
        predictions: Sequence[Prediction],
        skeletons: Mapping[str, Skeleton],
    ) -> None:
        self._set(FrameFigures(instances, predictions, skeletons))

    def updated(self, instances: Sequence[Instance], predictions: Sequence[Prediction]) -> "HitIndex":
        """Return the index of newer content of the same frame, at the price of what changed."""
        newer = object.__new__(HitIndex)
        newer._set(self._figures.updated(instances, predictions))
        return newer

    def _set(self, figures: FrameFigures) -> None:
        self._figures = figures
        self._heights = {id_: z for z, id_ in enumerate(figures.owners)}

    def hit(
        self,
        xy: tuple[float, float],
        scale: float,
        selected: int | None = None,
        hidden: AbstractSet[int] = frozenset(),
    ) -> Target | None:
        """Return what a click at an image position means, or None on empty ground."""
        found = self.hits(xy, scale, selected, hidden)
        return found[0] if found else None

    def hits(
        self,
        xy: tuple[float, float],
        scale: float,
        selected: int | None = None,
        hidden: AbstractSet[int] = frozenset(),
    ) -> list[Target]:
        """Return everything at an image position, best first; a repeated click goes through this list.

        Keypoints come before limbs, and limbs before box edges. Among equals the selected instance comes
        first, then the nearest, then the topmost. A limb or a box is left out when a better part of the same
        instance is listed.

        Args:
            xy: image pixels.
            scale: screen pixels per image pixel, since reach is measured on the screen.
            selected: id of the selected instance or prediction.
            hidden: ids that are not on show.
        """
        found = [] if selected in hidden else self._selected_box_hits(xy, scale, selected)
        for layer in self._figures.layers:
            gone = layer.superseded | hidden
            found += [hit for hit in _hits(layer.batch, xy, scale) if hit[2].id not in gone]
        ranked = sorted(
            (kind, target.id != selected, distance, -self._heights[target.id], i)
            for i, (kind, distance, target) in enumerate(found)
        )
        targets: list[Target] = []
        listed: set[int] = set()
        for *_, i in ranked:
            target = found[i][2]
            if target.k is not None or target.id not in listed:
                targets.append(target)
                listed.add(target.id)
        return targets

    def _selected_box_hits(self, xy: tuple[float, float], scale: float, selected: int | None) -> "list[_Hit]":
        """Find the edge of the box that is drawn because its instance is selected."""
        owner = self._figures.owners.get(selected) if selected is not None else None
        box = owner.shown_box() if isinstance(owner, Instance) else None
        if owner is None or box is None:
            return []
        distance = float(_distance_to_boxes(xy, np.array([box]))[0])
        return [(_BOX, distance, Target(owner.id))] if distance <= BOX_RADIUS_SCREEN_PX / scale else []


_Hit = tuple[int, float, Target]
_KEYPOINT, _LIMB, _BOX = range(3)


def _hits(batch: Batch, xy: tuple[float, float], scale: float) -> list[_Hit]:
    return _keypoint_hits(batch, xy, scale) + _limb_hits(batch, xy, scale) + _box_hits(batch, xy, scale)


def _keypoint_hits(batch: Batch, xy: tuple[float, float], scale: float) -> list[_Hit]:
    reach = KEYPOINT_RADIUS_SCREEN_PX / scale
    xs, ys = batch.marker_columns
    near = np.flatnonzero((np.abs(xs - xy[0]) <= reach) & (np.abs(ys - xy[1]) <= reach))
    distances = np.hypot(xs[near] - xy[0], ys[near] - xy[1])
    figure = batch.figure
    return [
        (_KEYPOINT, distance, _target(batch, int(figure.marker_instance[i]), k=int(figure.marker_k[i])))
        for i, distance in zip(near.tolist(), distances.tolist(), strict=True)
        if distance <= reach
    ]


def _limb_hits(batch: Batch, xy: tuple[float, float], scale: float) -> list[_Hit]:
    reach = LIMB_RADIUS_SCREEN_PX / scale
    left, top, right, bottom = batch.segment_bounds
    near = np.flatnonzero(
        (left <= xy[0] + reach) & (right >= xy[0] - reach) & (top <= xy[1] + reach) & (bottom >= xy[1] - reach)
    )
    figure = batch.figure
    ends = figure.segment_xy[near]
    distances = distance_to_segments(xy, ends[:, 0], ends[:, 1])
    return [
        (_LIMB, distance, _target(batch, int(figure.segment_instance[i]), limb=int(figure.segment_edge[i])))
        for i, distance in zip(near.tolist(), distances.tolist(), strict=True)
        if distance <= reach
    ]


def _box_hits(batch: Batch, xy: tuple[float, float], scale: float) -> list[_Hit]:
    if not batch.boxed:
        return []
    distances = _distance_to_boxes(xy, np.array([batch.owners[row].box for row in batch.boxed], float))
    return [
        (_BOX, distance, _target(batch, row))
        for row, distance in zip(batch.boxed, distances.tolist(), strict=True)
        if distance <= BOX_RADIUS_SCREEN_PX / scale
    ]


def _target(batch: Batch, row: int, k: int | None = None, limb: int | None = None) -> Target:
    return Target(batch.ids[row], k, limb, batch.is_prediction)


def _distance_to_boxes(xy: tuple[float, float], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (B,) distances from a position to the outlines of (B, 4) boxes."""
    half = boxes[:, 2:] / 2
    beyond = np.abs(np.asarray(xy) - boxes[:, :2] - half) - half  # negative inside
    outside = np.hypot(*np.maximum(beyond, 0).T)
    return np.asarray(np.abs(outside + np.minimum(beyond.max(axis=1), 0)))
