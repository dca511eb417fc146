"""Gestures that make something new: a keypoint at the pointer, a box with a template in it, a rubber band."""

from annotator.model.frame import FrameKey
from annotator.model.instance import Box, Instance, Visibility
from annotator.model.skeleton import Skeleton
from annotator.session.gestures.contract import Draft, Gesture, Pointer, PointerButton, Step
from annotator.session.gestures.move import caption_of
from annotator.store.transaction import Transaction


def place_keypoint(
    frame: FrameKey, instance: Instance, is_new: bool, skeleton: Skeleton, k: int, press: Pointer
) -> Gesture:
    """Place keypoint `k` where the pointer is released: visible with the left button, occluded with the right."""
    state = Visibility.OCCLUDED if press.button is PointerButton.RIGHT else Visibility.VISIBLE
    draft = instance.with_point(k, press.xy, state)
    while not (pointer := (yield Draft(instance=draft))).released:
        if pointer.moved:
            draft = instance.with_point(k, pointer.xy, state)
    final = draft

    def write(transaction: Transaction) -> None:
        if is_new:
            transaction.add(frame, final)
        else:
            transaction.replace(frame, final)

    return Step(f"Place {skeleton.names[k]}", write, final.id)


def place_or_move(place: Gesture, move: Gesture) -> Gesture:
    """Place on a click, move what was grabbed on a drag: for presses on a keypoint that is there already."""
    draft = next(place)
    next(move)
    moving = False
    while True:
        pointer = yield draft
        moving = moving or pointer.moved
        try:
            draft = (move if moving else place).send(pointer)
        except StopIteration as end:
            step: Step | None = end.value
            return step


def draw_box(press: Pointer, empty: Instance) -> Gesture:
    """Draw a box; the template drops in while it grows. Shift keeps it square, Alt draws from the centre.

    It ends without a step: the box is read from the last draft, since what it is for is the caller's decision.
    """
    draft = Draft()
    while not (pointer := (yield draft)).released:
        if pointer.moved:
            box = box_between(press.xy, pointer.xy, square=pointer.shift, centred=pointer.alt)
            draft = Draft(instance=empty.with_box(box, by_hand=True), box=box, caption=caption_of(box))
    return None


def box_between(a: tuple[float, float], b: tuple[float, float], *, square: bool = False, centred: bool = False) -> Box:
    """Return the box from the press at `a` to the pointer at `b`."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    if square:
        side = max(abs(dx), abs(dy))
        dx, dy = (side if dx >= 0 else -side), (side if dy >= 0 else -side)
    if centred:
        return (a[0] - abs(dx), a[1] - abs(dy), 2 * abs(dx), 2 * abs(dy))
    return (min(a[0], a[0] + dx), min(a[1], a[1] + dy), abs(dx), abs(dy))


def rubber_band(press: Pointer) -> Gesture:
    """Draw a rubber band; it ends without a step, what it selects is read from the last draft."""
    band: Box | None = None
    while not (pointer := (yield Draft(band=band))).released:
        if pointer.moved:
            band = box_between(press.xy, pointer.xy)
    return None
