"""What the canvas shows now: one immutable value that the painter reads and nothing else.

The session composes it from the frame's content, the draft of a running gesture, the selection and the guide. The
canvas compares two scenes by identity of their members, so an unchanged tuple or instance costs nothing to repaint.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from annotator.model.frame import Frame
from annotator.model.instance import Box, Instance, Points, Prediction
from annotator.model.skeleton import Skeleton


class Labels(StrEnum):
    """Which keypoint names are drawn (Shift+H cycles)."""

    NONE = "none"
    THESE = "these"
    ALL = "all"


class Tool(StrEnum):
    """What a plain click on the canvas does."""

    SELECT = "select"
    PLACE = "place"
    BOX = "box"
    PAN = "pan"


@dataclass(frozen=True, slots=True)
class Target:
    """What the pointer is over: an instance or prediction, and the keypoint or limb of it.

    Attributes:
        id: of the instance or prediction.
        k: keypoint, or None when a limb or the box was hit.
        limb: edge number, or None.
        is_prediction: `id` names a prediction.
    """

    id: int
    k: int | None = None
    limb: int | None = None
    is_prediction: bool = False


@dataclass(frozen=True, slots=True)
class Callout:
    """The floating card of the guide near the pointer."""

    name: str
    side: str
    position: str
    keys: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything on the canvas but the picture and the view.

    Attributes:
        instances: stored ones, without the one being drafted.
        drafted: the instance as the running gesture would leave it, painted live; None when no gesture runs.
        selected: id of the selected instance or prediction.
        keypoints: selected keypoints of it.
        ghost: (K, 2) expected positions for the selected instance, NaN where there is none; unlabeled keypoints only.
        next_k: the guide's next keypoint, drawn as the dotted ghost that Space accepts.
        pointer: image position while placing: a cross is drawn there, and a ghost limb to the parent.
        box: being drawn. band: the rubber band. shadow: the pose before.
        pulse: image position of a keypoint just placed, for the 80 ms highlight; None otherwise.
        threshold: scores below it are low confidence.
        hidden: ids of instances not to draw.
        overlays: False while H is held.
    """

    frame: Frame | None = None
    skeletons: Mapping[str, Skeleton] = field(default_factory=dict)
    instances: tuple[Instance, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    drafted: Instance | None = None
    selected: int | None = None
    keypoints: frozenset[int] = frozenset()
    hovered: Target | None = None
    focused_k: int | None = None
    ghost: Points | None = None
    next_k: int | None = None
    callout: Callout | None = None
    pointer: tuple[float, float] | None = None
    box: Box | None = None
    band: Box | None = None
    shadow: Instance | None = None
    caption: str = ""
    threshold: float = 0.3
    labels: Labels = Labels.THESE
    tool: Tool = Tool.SELECT
    hidden: frozenset[int] = frozenset()
    overlays: bool = True
