"""One moment of the canvas: the scene, how it is seen, and plain questions about it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from annotator.model.instance import Box, Instance, Points, Prediction
from annotator.session.figures import FrameFigures, Owner
from annotator.session.scene import Scene
from annotator.ui.canvas.projection import Projection
from annotator.ui.canvas.styles import Density

_TIGHT_MARGIN = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """All that the live layer depends on.

    Attributes:
        screen: size in device pixels.
        density: of the instances at rest.
        callout_opacity: it fades when the pointer stands still.
        pulse: image position of a keypoint just placed.
        is_hurried: the view moves and time is short: leave out the labels.
    """

    scene: Scene
    figures: FrameFigures
    projection: Projection
    screen: tuple[int, int]
    density: Density
    accent: QColor
    callout_opacity: float = 1.0
    pulse: tuple[float, float] | None = None
    is_hurried: bool = False

    @property
    def selected(self) -> Owner | None:
        """The selected instance or prediction, as the running gesture would leave it."""
        return None if self.scene.selected is None else self.owner(self.scene.selected)

    @property
    def hovered(self) -> Owner | None:
        return None if self.scene.hovered is None else self.owner(self.scene.hovered.id)

    def owner(self, id_: int) -> Owner | None:
        """Return an instance or prediction that is on show."""
        if self.scene.drafted is not None and self.scene.drafted.id == id_:
            return self.scene.drafted
        return None if id_ in self.scene.hidden else self.figures.owners.get(id_)

    @property
    def live(self) -> list[Owner]:
        """What is painted live: the selected instance or prediction, and the drafted one."""
        owners = (self.selected, self.scene.drafted)
        return list(dict.fromkeys(owner for owner in owners if owner is not None))


def place_of(owner: Owner, k: int) -> tuple[float, float] | None:
    """Return where a keypoint is, or None when it has no place on the canvas."""
    if isinstance(owner, Instance) and not owner.located[k]:
        return None
    return finite(owner.points[k])


def finite(xy: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return a position, or None where it is NaN."""
    x, y = xy.tolist()
    return (x, y) if np.isfinite(x + y) else None


def places_of(owner: Owner) -> Points:
    """Return (N, 2) positions of all keypoints that have one."""
    placed: Points = owner.points[owner.located if isinstance(owner, Instance) else owner.placed]
    return placed


@lru_cache(maxsize=128)
def box_of(owner: Owner) -> Box | None:
    """Return the box that belongs to an instance or prediction."""
    return owner.box if isinstance(owner, Prediction) else owner.shown_box()


@lru_cache(maxsize=128)
def tight_box_of(instance: Instance) -> Box | None:
    """Return the box of the keypoints of an instance whose own box is not drawn."""
    return instance.bounds(_TIGHT_MARGIN) or instance.box
