"""The Label menu: instances, keypoints, states and frames."""

from collections.abc import Callable
from functools import partial

from annotator.session import deciding, editing, posing
from annotator.session.commands.contract import (
    Command,
    KeyKind,
    Menu,
    needs_frame,
    needs_instance,
    needs_selection,
)
from annotator.session.scene import Tool
from annotator.session.session import Session

LABEL = Menu.LABEL
PLACE, STATE, GO = KeyKind.PLACE, KeyKind.STATE, KeyKind.GO


def _escape(session: Session) -> None:
    """Drop the gesture, else stop placing, else drop the selection: one step at a time."""
    if session.cancel_gesture():
        return
    if session.tool is not Tool.SELECT:
        session.set_tool(Tool.SELECT)
    elif session.selected.keypoints:
        session.select(session.selected.id)
    else:
        session.select(None)


def _with_step(act: Callable[[Session, int], None], step: int) -> Callable[[Session], None]:
    return lambda session: act(session, step)


COMMANDS = (
    Command(
        "label.new",
        "New instance",
        editing.begin_instance,
        ("I",),
        LABEL,
        0,
        kind=PLACE,
        short="new inst.",
        icon="plus",
        reason=needs_frame,
    ),
    Command(
        "label.box",
        "Draw a box",
        lambda session: session.set_tool(Tool.BOX),
        ("B",),
        LABEL,
        0,
        kind=PLACE,
        short="box",
        icon="scan",
        reason=needs_frame,
    ),
    Command(
        "label.select",
        "Select and move",
        lambda session: session.set_tool(Tool.SELECT),
        (),
        LABEL,
        0,
        kind=PLACE,
        icon="mouse-pointer",
        reason=needs_frame,
    ),
    Command(
        "label.place",
        "Place keypoints",
        lambda session: (
            session.set_tool(Tool.PLACE) if session.selected_instance is not None else editing.begin_instance(session)
        ),
        (),
        LABEL,
        0,
        kind=PLACE,
        icon="crosshair",
        reason=needs_frame,
    ),
    Command("label.escape", "Stop, or select nothing", _escape, ("Escape",), LABEL, 0, kind=PLACE, short="stop"),
    Command(
        "label.space",
        "Accept and go on",
        deciding.go_on,
        ("Space",),
        LABEL,
        1,
        kind=PLACE,
        short="accept and go on",
        reason=needs_frame,
    ),
    Command(
        "label.absent",
        "Absent, or frame is empty",
        deciding.mark_absent,
        ("N",),
        LABEL,
        1,
        kind=STATE,
        short="absent",
        reason=needs_frame,
    ),
    Command(
        "label.cycle",
        "Cycle visible, occluded, absent",
        _with_step(editing.cycle_state, 1),
        ("X",),
        LABEL,
        1,
        kind=STATE,
        short="cycle state",
        reason=needs_frame,
    ),
    Command(
        "label.cycle_back",
        "Cycle states backwards",
        _with_step(editing.cycle_state, -1),
        ("Shift+X",),
        LABEL,
        1,
        kind=STATE,
        reason=needs_frame,
    ),
    Command(
        "label.back",
        "Step back one keypoint",
        editing.step_back,
        ("Backspace",),
        LABEL,
        1,
        kind=PLACE,
        short="step back",
        reason=needs_instance,
    ),
    Command(
        "label.auto_box",
        "Box follows the points, on or off",
        posing.toggle_auto_box,
        ("Q",),
        LABEL,
        2,
        kind=KeyKind.POSE,
        short="box fit",
        reason=needs_instance,
    ),
    Command(
        "label.done",
        "Mark frame done, or reopen it",
        deciding.toggle_done,
        ("Ctrl+Enter",),
        LABEL,
        2,
        kind=STATE,
        icon="circle-check",
        reason=needs_frame,
    ),
    Command(
        "label.next_instance",
        "Next instance",
        _with_step(deciding.next_instance, 1),
        ("Tab",),
        LABEL,
        3,
        kind=GO,
        short="next instance",
        reason=needs_frame,
    ),
    Command(
        "label.previous_instance",
        "Previous instance",
        _with_step(deciding.next_instance, -1),
        ("Shift+Tab",),
        LABEL,
        3,
        kind=GO,
        reason=needs_frame,
    ),
    Command(
        "label.next_keypoint",
        "Next keypoint",
        _with_step(deciding.next_keypoint, 1),
        ("S",),
        LABEL,
        3,
        kind=PLACE,
        short="next point",
        reason=needs_frame,
    ),
    Command(
        "label.previous_keypoint",
        "Previous keypoint",
        _with_step(deciding.next_keypoint, -1),
        ("W",),
        LABEL,
        3,
        kind=PLACE,
        short="prev. point",
        reason=needs_frame,
    ),
    *(
        Command(
            f"label.jump.{digit}",
            f"Go to the keypoint with key {digit}",
            partial(deciding.jump_to_digit, digit=digit),
            (digit,),
            kind=PLACE,
            short=f"keypoint {digit if digit != '0' else '10'}",
            reason=lambda session: needs_selection(session) if session.tool is not Tool.PLACE else "",
        )
        for digit in "1234567890"
    ),
)
