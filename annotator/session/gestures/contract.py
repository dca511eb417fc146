"""What a gesture is: a generator that takes pointers, yields drafts, and returns one step or nothing.

The code before the first `yield` is the press, the loop is the drag, the rest is the release. Closing the generator
(Escape) drops the draft; there is nothing to restore, because nothing was written.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import StrEnum

from annotator.model.instance import Box, Instance
from annotator.store.transaction import Transaction


class PointerButton(StrEnum):
    NONE = "none"
    LEFT = "left"
    RIGHT = "right"
    MIDDLE = "middle"


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the pointer is and what is held.

    Attributes:
        xy: image pixels.
        screen: logical pixels of the canvas.
        moved: farther than the click threshold (3 screen px) since the press.
        released: this is the end of the gesture.
    """

    xy: tuple[float, float]
    screen: tuple[float, float]
    button: PointerButton = PointerButton.NONE
    shift: bool = False
    ctrl: bool = False
    alt: bool = False
    moved: bool = False
    released: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """What the painter shows in place of the stored values while a gesture runs.

    Attributes:
        instance: replaces the stored instance of the same id, or is shown beside the others when new.
        box: a box being drawn, (x, y, width, height) image pixels.
        band: a rubber band for selecting, image pixels.
        shadow: the pose before, shown faintly.
        caption: a short text at the pointer: "111 x 312 px".
    """

    instance: Instance | None = None
    box: Box | None = None
    band: Box | None = None
    shadow: Instance | None = None
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """The end of a gesture: a name for the history and what to write.

    Attributes:
        name: imperative, "Move nose".
        write: called inside the transaction.
        select: id of the instance to select afterwards, or None to leave the selection.
        keypoints: keypoints to select afterwards, or None to leave them.
    """

    name: str
    write: Callable[[Transaction], None]
    select: int | None = None
    keypoints: frozenset[int] | None = field(default=None)


Gesture = Generator[Draft, Pointer, Step | None]
