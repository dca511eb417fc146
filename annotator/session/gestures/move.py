"""Gestures that move what is there: keypoints, and the box with everything in it."""

import numpy as np

from annotator.model.frame import FrameKey
from annotator.model.instance import Box, Instance
from annotator.model.skeleton import Skeleton
from annotator.session.gestures.contract import Draft, Gesture, Step
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
