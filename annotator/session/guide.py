"""The guide: which keypoint comes next, and where it is expected."""

import numpy as np

from annotator.model.geometry import expected_points
from annotator.model.instance import Instance, Points, Visibility
from annotator.model.sides import Side
from annotator.model.skeleton import Skeleton
from annotator.session.scene import Callout


def next_undecided(skeleton: Skeleton, instance: Instance | None, after: int = -1) -> int | None:
    """Return the first undecided keypoint after `after` in the skeleton's order, around the end; None when all are.

    Args:
        skeleton: of the instance.
        instance: None for one that is not begun.
        after: start behind this keypoint.
    """
    placeable = skeleton.placeable
    ordered = [k for k in placeable if k > after] + [k for k in placeable if k <= after]
    for k in ordered:
        if instance is None or instance.visibility[k] == Visibility.UNLABELED:
            return k
    return None


def previous_decided(skeleton: Skeleton, instance: Instance, before: int | None) -> int | None:
    """Return the keypoint that stepping back takes: the decided one before `before`, or the last."""
    decided = [k for k in skeleton.placeable if instance.visibility[k] != Visibility.UNLABELED]
    if not decided:
        return None
    earlier = [k for k in decided if before is not None and k < before]
    return earlier[-1] if earlier else decided[-1]


def ghost(skeleton: Skeleton, instance: Instance | None, height_hint: float) -> Points | None:
    """Return (K, 2) expected positions of the undecided keypoints, NaN elsewhere; None without anything to go by.

    A keypoint that was placed and taken back is expected where it was.
    """
    if instance is None:
        return None
    expected = expected_points(skeleton, instance, height_hint).copy()
    remembered = np.isfinite(instance.points).all(axis=1) & (instance.visibility == Visibility.UNLABELED)
    expected[remembered] = instance.points[remembered]
    expected[instance.visibility != Visibility.UNLABELED] = np.nan
    retired = [k for k, keypoint in enumerate(skeleton.keypoints) if keypoint.retired]
    expected[retired] = np.nan
    return expected if np.isfinite(expected).any() else None


def callout(skeleton: Skeleton, k: int, keys: tuple[tuple[str, str], ...]) -> Callout:
    """Return the card beside the pointer for the next keypoint."""
    keypoint = skeleton.keypoints[k]
    position = skeleton.placeable.index(k) + 1
    return Callout(keypoint.name, str(keypoint.side), f"{position} of {len(skeleton.placeable)}", keys)


def whose_side(skeleton: Skeleton, k: int) -> str:
    """Return "the person's left", or "" for a keypoint of the centre."""
    side = skeleton.keypoints[k].side
    if side is Side.CENTRE:
        return ""
    subject = "person" if skeleton.supercategory in ("", "person") else skeleton.name
    return f"the {subject}'s {side}"


def keypoint_of_hotkey(skeleton: Skeleton, digit: str) -> int | None:
    """Return the keypoint with this hot key, or None."""
    for k in skeleton.placeable:
        if skeleton.keypoints[k].hotkey == digit:
            return k
    return None
