"""Gestures that move what is there: keypoints, and the box with everything in it."""

import numpy as np
from numpy.typing import NDArray

from annotator.model.frame import FrameKey
from annotator.model.geometry import moved_by, turned_about
from annotator.model.instance import Box, Instance
from annotator.model.skeleton import Skeleton
from annotator.session.gestures.contract import Draft, Gesture, Pointer, Step
from annotator.session.hit_test import Handle


def move_keypoints(frame: FrameKey, instance: Instance, skeleton: Skeleton, k: int, ks: frozenset[int]) -> Gesture:
    """Move keypoint `k`, and the other selected ones with it; their states stay. Shift keeps to one axis."""
    moved = sorted(ks) if k in ks else [k]
    start = instance.points[k]
    draft = instance
    while not (pointer := (yield Draft(instance=draft))).released:
        if not pointer.moved:
            continue
        offset = np.array(pointer.xy) - start
        if pointer.shift:
            offset[int(np.argmin(np.abs(offset)))] = 0.0
        points = instance.points.copy()
        points[moved] += offset
        draft = instance.with_points(points)
    if draft is instance:
        return None  # a click, not a drag
    name = skeleton.names[k] if len(moved) == 1 else f"{len(moved)} keypoints"
    final = draft
    return Step(f"Move {name}", lambda transaction: transaction.replace(frame, final), instance.id, frozenset(moved))


def move_limb(frame: FrameKey, instance: Instance, skeleton: Skeleton, edge: int, press: Pointer) -> Gesture:
    """Move both ends of a limb; with Ctrl turn it, and all that hangs from it, about its upper end."""
    upper, lower = _ends(skeleton, edge)
    turned = [k for k in (lower, *skeleton.below(lower)) if instance.located[k]]
    pivot, start = instance.points[upper], np.array(press.xy)
    draft, turns = instance, press.ctrl
    while not (pointer := (yield Draft(instance=draft, shadow=None if draft is instance else instance))).released:
        if not pointer.moved:
            continue
        turns = pointer.ctrl
        points = instance.points.copy()
        if turns:
            points[turned] = turned_about(points[turned], pivot, _angle(start - pivot, np.array(pointer.xy) - pivot))
        else:
            points[[upper, lower]] += np.array(pointer.xy) - start
        draft = instance.with_points(points)
    if draft is instance:
        return None
    final = draft
    name = f"{'Turn' if turns else 'Move'} {skeleton.names[upper]} to {skeleton.names[lower]}"
    return Step(name, lambda transaction: transaction.replace(frame, final), instance.id)


def _ends(skeleton: Skeleton, edge: int) -> tuple[int, int]:
    """Return the ends of an edge, the one that the other hangs from first."""
    a, b = skeleton.edge_indices[edge]
    return (b, a) if a in skeleton.below(b) else (a, b)


def _angle(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    return float(np.arctan2(after[1], after[0]) - np.arctan2(before[1], before[0]))


def move_instance(frame: FrameKey, instance: Instance, number: int, press: Pointer) -> Gesture:
    """Move a whole instance, box and all. Shift keeps to one axis."""
    draft = instance
    while not (pointer := (yield Draft(instance=draft, shadow=None if draft is instance else instance))).released:
        if not pointer.moved:
            continue
        offset = np.array(pointer.xy) - press.xy
        if pointer.shift:
            offset[int(np.argmin(np.abs(offset)))] = 0.0
        draft = moved_by(instance, float(offset[0]), float(offset[1]))
    if draft is instance:
        return None
    final = draft
    return Step(f"Move instance {number}", lambda transaction: transaction.replace(frame, final), instance.id)


_EDGES = {
    Handle.TOP_LEFT: (1, 1, 0, 0),
    Handle.TOP: (0, 1, 0, 0),
    Handle.TOP_RIGHT: (0, 1, 1, 0),
    Handle.RIGHT: (0, 0, 1, 0),
    Handle.BOTTOM_RIGHT: (0, 0, 1, 1),
    Handle.BOTTOM: (0, 0, 0, 1),
    Handle.BOTTOM_LEFT: (1, 0, 0, 1),
    Handle.LEFT: (1, 0, 0, 0),
}


def resize_box(frame: FrameKey, instance: Instance, box: Box, handle: Handle) -> Gesture:
    """Resize the box; the points move with it, with Ctrl only the box does."""
    draft = instance
    while not (pointer := (yield Draft(instance=draft, shadow=instance, caption=caption_of(draft.box)))).released:
        if not pointer.moved:
            continue
        resized = _resized(box, handle, pointer.xy)
        draft = instance.with_box(resized, by_hand=True)
        if not pointer.ctrl:
            draft = draft.with_points(_carried(instance, box, resized))
    if draft is instance:
        return None
    final = draft
    return Step("Resize box", lambda transaction: transaction.replace(frame, final), instance.id)


def _resized(box: Box, handle: Handle, xy: tuple[float, float]) -> Box:
    x, y, width, height = box
    left, top, right, bottom = _EDGES[handle]
    x0, x1 = (xy[0] if left else x), (xy[0] if right else x + width)
    y0, y1 = (xy[1] if top else y), (xy[1] if bottom else y + height)
    return (min(x0, x1), min(y0, y1), max(abs(x1 - x0), 1.0), max(abs(y1 - y0), 1.0))


def _carried(instance: Instance, before: Box, after: Box) -> np.ndarray:
    low, size = np.array(before[:2]), np.maximum(np.array(before[2:]), 1e-9)
    placed: np.ndarray = (instance.points - low) / size * np.array(after[2:]) + np.array(after[:2])
    return placed


def caption_of(box: Box | None) -> str:
    """Return "111 × 312 px"."""
    return "" if box is None else f"{box[2]:.0f} × {box[3]:.0f} px"
