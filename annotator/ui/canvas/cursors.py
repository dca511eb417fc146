"""Which cursor the canvas wears: it tells what a press would do."""

from dataclasses import dataclass

from PySide6.QtCore import Qt

from annotator.model.instance import Box
from annotator.session.hit_test import Handle, box_handle_at
from annotator.session.scene import Scene, Tool

_HANDLE_CURSORS = {
    Handle.TOP_LEFT: Qt.CursorShape.SizeFDiagCursor,
    Handle.BOTTOM_RIGHT: Qt.CursorShape.SizeFDiagCursor,
    Handle.TOP_RIGHT: Qt.CursorShape.SizeBDiagCursor,
    Handle.BOTTOM_LEFT: Qt.CursorShape.SizeBDiagCursor,
    Handle.TOP: Qt.CursorShape.SizeVerCursor,
    Handle.BOTTOM: Qt.CursorShape.SizeVerCursor,
    Handle.LEFT: Qt.CursorShape.SizeHorCursor,
    Handle.RIGHT: Qt.CursorShape.SizeHorCursor,
}


@dataclass(frozen=True, slots=True)
class Hand:
    """What the person is doing.

    Attributes:
        pans: the view follows the pointer. would_pan: Space is held. presses: a button is down.
    """

    pans: bool
    would_pan: bool
    presses: bool


def cursor_shape(scene: Scene, hand: Hand, box: Box | None, at: tuple[float, float], scale: float) -> Qt.CursorShape:
    """Return the cursor at an image position.

    Args:
        box: of the selected instance, whose handles can be dragged.
        scale: screen pixels per image pixel.
    """
    if hand.pans:
        return Qt.CursorShape.ClosedHandCursor
    if hand.would_pan or scene.tool is Tool.PAN:
        return Qt.CursorShape.OpenHandCursor
    if scene.tool in (Tool.PLACE, Tool.BOX):
        is_drawn = scene.pointer is not None and scene.overlays
        return Qt.CursorShape.BlankCursor if is_drawn else Qt.CursorShape.CrossCursor
    if hand.presses and scene.drafted is not None:
        return Qt.CursorShape.ClosedHandCursor
    if scene.hovered is not None and scene.hovered.k is not None:
        return Qt.CursorShape.PointingHandCursor
    handle = None if box is None else box_handle_at(box, at, scale)
    if handle is not None:
        return _HANDLE_CURSORS[handle]
    return Qt.CursorShape.ArrowCursor if scene.hovered is None else Qt.CursorShape.SizeAllCursor
