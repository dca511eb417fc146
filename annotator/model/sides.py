"""Which side everything drawn belongs to, and the colours of the sides, without numpy.

The Welcome page draws skeletons before numpy is loaded; `figure` builds its arrays on the same rules.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from annotator.model.skeleton import Skeleton


class Side(StrEnum):
    """The subject's own side."""

    LEFT = "left"
    RIGHT = "right"
    CENTRE = "centre"


SIDE_CODES: Final = {Side.LEFT: 0, Side.RIGHT: 1, Side.CENTRE: 2}
"""The number of a side in the uint8 arrays of a figure; index of `CODED_SIDES`."""

CODED_SIDES: Final = tuple(SIDE_CODES)

SIDE_COLORS: Final = {Side.LEFT: "#56B4E9", Side.RIGHT: "#E69F00", Side.CENTRE: "#009E73"}
"""Safe for the common colour-vision deficiencies. Source: Okabe and Ito, Color Universal Design."""

INK: Final = "#080A0E"
PAPER: Final = "#FFFFFF"


def keypoint_sides(skeleton: "Skeleton") -> tuple[Side, ...]:
    """Return the side of each keypoint, in the order of the skeleton."""
    return tuple(keypoint.side for keypoint in skeleton.keypoints)


def limb_side(a: Side, b: Side) -> Side:
    """Return the side of a limb: that of both ends, or of the one that is not centre; across sides, centre."""
    if a is b or b is Side.CENTRE:
        return a
    return b if a is Side.CENTRE else Side.CENTRE


def limb_sides(skeleton: "Skeleton") -> tuple[Side, ...]:
    """Return the side of each edge, in the order of `skeleton.edges`."""
    sides = keypoint_sides(skeleton)
    return tuple(limb_side(sides[a], sides[b]) for a, b in skeleton.edge_indices)
