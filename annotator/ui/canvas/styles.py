"""Sizes, patterns and colours of the canvas: the one place that knows how a state looks.

All lengths are screen pixels, the same at any zoom; `Pens` multiplies them by the device pixel ratio.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from annotator.model.figure import LimbLook
from annotator.model.sides import CODED_SIDES
from annotator.ui.theme import INK, PAPER, Sides


class Size(IntEnum):
    """How large a keypoint is drawn."""

    FULL = 0
    OTHER = 1
    TINY = 2
    COMPACT = 3
    HIDDEN = 4


@dataclass(frozen=True, slots=True)
class MarkerStyle:
    """Radii and strokes of one size.

    Attributes:
        radius: of the disc or ring. diamond: from the centre to a corner.
        ink: width of the dark outline of a disc.
        ring: width of the coloured stroke of rings and diamonds. ring_ink: of the dark stroke beneath.
        has_hairline: a light line around the outline.
    """

    radius: float
    diamond: float
    ink: float
    ring: float
    ring_ink: float
    has_hairline: bool


MARKERS: Final = {
    Size.FULL: MarkerStyle(5, 7, 1.5, 2.25, 5, True),
    Size.OTHER: MarkerStyle(3.75, 5.25, 1.5, 2, 4.25, True),
    Size.TINY: MarkerStyle(2, 3, 0.8, 1.25, 2.5, False),
    Size.COMPACT: MarkerStyle(1.9, 2.6, 0.8, 1.1, 2.3, False),
}
MAX_EXTENT: Final = 11
"""No marker reaches farther from its centre, its strokes included."""

RING_RADIUS: Final = 9.5
LIVE_EXTENT: Final = 22
"""No ring, tick, handle or focus square reaches farther from its keypoint or box."""


@dataclass(frozen=True, slots=True)
class Density:
    """How instances at rest are drawn; it depends on how many are on show.

    Attributes:
        size: of their keypoints.
        points_from_height: keypoints are drawn when the instance is at least so high on the screen.
        limb, predicted_limb: width. casing: how much wider the dark stroke beneath is.
        tags_from_height: the box is at least so high for a tag; infinite: none.
        has_boxes: predictions show their box.
        is_smooth: dark strokes are antialiased too; in a crowd that would cost more than it shows.
        opacity: of everything.
    """

    size: Size
    limb: float
    predicted_limb: float
    casing: float = 2.25
    casing_opacity: float = 1.0
    points_from_height: float = 0.0
    tags_from_height: float = float("inf")
    has_boxes: bool = False
    is_smooth: bool = True
    opacity: float = 0.85


SELECTED: Final = Density(Size.FULL, 3, 2.25, has_boxes=True, opacity=1.0)
_FEW: Final = Density(Size.FULL, 3, 2.25, tags_from_height=0, has_boxes=True)
_SOME: Final = Density(Size.OTHER, 2, 1.75, tags_from_height=40, has_boxes=True)
_MANY: Final = Density(Size.TINY, 1.4, 1.25, casing=1.5, casing_opacity=0.75)
_CROWD: Final = Density(Size.TINY, 1.25, 1.0, casing=1.25, casing_opacity=0.6, points_from_height=120, is_smooth=False)


def density_for(count: int) -> Density:
    """Return how instances that are not selected are drawn when `count` are on show."""
    if count <= 3:
        return _FEW
    if count <= 20:
        return _SOME
    return _MANY if count <= 80 else _CROWD


def thinned(density: Density) -> Density:
    """Return the density with the limbs of parts that are drawn compact."""
    limb, predicted = min(density.limb, _MANY.limb), min(density.predicted_limb, _MANY.predicted_limb)
    return replace(density, limb=limb, predicted_limb=predicted, casing=_MANY.casing)


@dataclass(frozen=True, slots=True)
class LimbPattern:
    """Dashes in screen pixels, on and off; none for a solid line. And the opacity of the dark stroke beneath."""

    dashes: tuple[float, float] | None
    casing_opacity: float


LIMBS: Final = {
    LimbLook.SOLID: LimbPattern(None, 0.60),
    LimbLook.DASHED: LimbPattern((6, 4), 0.45),
    LimbLook.DOTTED: LimbPattern((1.5, 3.5), 0.45),
    LimbLook.GHOST: LimbPattern((2, 2.5), 0.60),
}
GHOST_LIMB: Final = 1.2
GHOST_CASING: Final = 1.8
BOX_LINE: Final = 1.25
BOX_CASING: Final = 1.75
BOX_DASHES: Final = (5.0, 4.0)
PART_BOX_DASHES: Final = (3.0, 3.0)
HANDLE: Final = 7

ALPHA_STEPS: Final = 16
"""Opacities are rounded to so many steps, so that limbs of like opacity share one call."""


_FLAT: Final = Qt.PenCapStyle.FlatCap


class Pens:
    """The pens of one screen, made once each.

    Attributes:
        ratio: device pixels per screen pixel.
        sides: the colours of left, right and centre.
    """

    def __init__(self, ratio: float, sides: Sides) -> None:
        self.ratio = ratio
        self.sides = tuple(sides.color(side) for side in CODED_SIDES)
        self._made: dict[tuple[object, ...], QPen] = {}

    def limb(self, side: int, look: LimbLook, width: float, alpha_step: int) -> QPen:
        """Return the pen of a coloured stroke."""
        color = PAPER if look is LimbLook.GHOST else self.sides[side]
        return self.line(color, width, alpha_step / ALPHA_STEPS, LIMBS[look].dashes)

    def casing(self, look: LimbLook, width: float, opacity: float) -> QPen:
        """Return the pen of the dark stroke beneath; it is solid beneath dashes too."""
        return self.line(INK, width, LIMBS[look].casing_opacity * opacity)

    def line(
        self,
        color: QColor,
        width: float,
        opacity: float = 1.0,
        dashes: tuple[float, float] | None = None,
        cap: Qt.PenCapStyle = _FLAT,
    ) -> QPen:
        """Return a pen, lengths in screen pixels. Ends are flat, since round ones cost ten times as much."""
        key = (color.rgba(), width, opacity, dashes, cap)
        pen = self._made.get(key)
        if pen is None:
            shade = QColor(color)
            shade.setAlphaF(color.alphaF() * opacity)
            pen = QPen(shade, width * self.ratio)
            pen.setCapStyle(cap)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            if dashes is not None:
                pen.setDashPattern([length / width for length in dashes])
            self._made[key] = pen
        return pen
