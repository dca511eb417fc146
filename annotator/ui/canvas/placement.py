"""Find room on the canvas for labels and the guide's card, without covering what a person aims at."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rect = tuple[float, float, float, float]
"""x, y, width, height in device pixels."""

LABEL_GAP_SCREEN_PX = 13.0
CALLOUT_GAP_SCREEN_PX = 14.0
_CLEARANCE_SCREEN_PX = 6.0
_FAR_SCREEN_PX = 26.0


def place_labels(
    anchors: NDArray[np.float64],
    sizes: NDArray[np.float64],
    keypoints: NDArray[np.float64],
    taken: Sequence[Rect],
    screen: tuple[float, float],
    ratio: float = 1.0,
    forced: int | None = None,
) -> list[tuple[float, float] | None]:
    """Return the top-left corner of each label at its first free position, None where there is none.

    The positions are right, right below, left, above, below, far right; each is moved inside the screen.

    Args:
        anchors: (N, 2) keypoints to label, most important first.
        sizes: (N, 2) of the labels.
        keypoints: (M, 2) that no label may cover.
        taken: rectangles that no label may touch.
        screen: width and height.
        forced: the label that is shown even without room.
    """
    if not len(anchors):
        return []
    corners = _candidates(anchors, sizes, ratio)
    corners = np.clip(corners, 0, np.maximum(np.array(screen) - sizes, 0)[:, None, :])
    ends = corners + sizes[:, None, :]
    keypoints = np.concatenate([keypoints, anchors])
    clearance = _CLEARANCE_SCREEN_PX * ratio
    above = keypoints >= corners[:, :, None, :] - clearance
    below = keypoints <= ends[:, :, None, :] + clearance
    covered = np.any(np.all(above & below, axis=3), axis=2)
    occupied = [np.array([x, y, x + width, y + height]) for x, y, width, height in taken]
    placed: list[tuple[float, float] | None] = []
    for i in range(len(anchors)):
        boxes = np.concatenate([corners[i], ends[i]], axis=1)
        free = ~covered[i]
        if occupied:
            others = np.array(occupied)
            meets = (boxes[:, None, :2] < others[None, :, 2:]) & (boxes[:, None, 2:] > others[None, :, :2])
            free &= ~np.any(np.all(meets, axis=2), axis=1)
        position = int(np.argmax(free)) if free.any() else 0
        if not free.any() and i != forced:
            placed.append(None)
            continue
        occupied.append(boxes[position])
        placed.append((float(boxes[position, 0]), float(boxes[position, 1])))
    return placed


def _candidates(anchors: NDArray[np.float64], sizes: NDArray[np.float64], ratio: float) -> NDArray[np.float64]:
    """Return (N, 6, 2) top-left corners in the order of preference."""
    gap, far = LABEL_GAP_SCREEN_PX * ratio, _FAR_SCREEN_PX * ratio
    width, height = sizes[:, 0], sizes[:, 1]
    x, y = anchors[:, 0], anchors[:, 1]
    level = y - height / 2
    return np.stack(
        [
            np.stack([x + gap, level], axis=1),
            np.stack([x + gap * 0.7, y + gap * 0.7], axis=1),
            np.stack([x - gap - width, level], axis=1),
            np.stack([x - width / 2, y - gap - height], axis=1),
            np.stack([x - width / 2, y + gap], axis=1),
            np.stack([x + gap + far, level], axis=1),
        ],
        axis=1,
    )


def place_callout(
    pointer: tuple[float, float],
    size: tuple[float, float],
    centre: tuple[float, float],
    avoid: NDArray[np.float64],
    screen: tuple[float, float],
    ratio: float = 1.0,
) -> tuple[float, float]:
    """Return the top-left corner of the guide's card: beside the pointer, away from the instance.

    Args:
        pointer: where the person aims; never covered.
        centre: of the instance.
        avoid: (N, 2) expected keypoints: the side with the fewest of them below the card is taken, and on equal
            terms the one farthest from `centre`.
    """
    gap = CALLOUT_GAP_SCREEN_PX * ratio
    width, height = size
    px, py = pointer
    corners = [
        (px + (gap if right else -gap - width), py + (gap if below else -gap - height))
        for right in (False, True)
        for below in (False, True)
    ]
    corners += [(px + gap, py - height / 2), (px - gap - width, py - height / 2)]
    best, best_cost = corners[0], np.inf
    for x, y in corners:
        x = min(max(x, 0.0), max(screen[0] - width, 0.0))
        y = min(max(y, 0.0), max(screen[1] - height, 0.0))
        reach = gap / 2
        covers_pointer = x - reach < px < x + width + reach and y - reach < py < y + height + reach
        inside = (avoid >= (x - reach, y - reach)) & (avoid <= (x + width + reach, y + height + reach))
        away = np.hypot(x + width / 2 - centre[0], y + height / 2 - centre[1])
        cost = 1e9 * covers_pointer + 1e5 * np.count_nonzero(inside.all(axis=1)) - float(away)
        if cost < best_cost:
            best, best_cost = (x, y), cost
    return best
