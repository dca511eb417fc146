"""The View menu and moving between frames."""

from collections.abc import Callable

from annotator.session import deciding
from annotator.session.commands.contract import (
    Command,
    KeyKind,
    Menu,
    Scope,
    asks,
    needs_frame,
    needs_selection,
)
from annotator.session.scene import Labels, Tool
from annotator.session.session import Ask, Session
from annotator.session.view import fit

VIEW = Menu.VIEW
GO, LOOK = KeyKind.GO, KeyKind.VIEW


def _zoom(factor: float) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        centre = (session.screen[0] / 2, session.screen[1] / 2)
        session.view_requested.emit(session.view.zoomed(factor, centre))

    return run


def fit_picture(session: Session) -> None:
    """Show the whole picture."""
    frame = session.frame
    if frame is not None and frame.width:
        session.view_requested.emit(fit((0, 0, frame.width, frame.height), session.screen))


def _show_overlays(session: Session, shown: bool) -> None:
    session.overlays = shown
    session.scene_changed.emit(None)


def _cycle_labels(session: Session) -> None:
    order = list(Labels)
    session.labels = order[(order.index(session.labels) + 1) % len(order)]
    session.scene_changed.emit(None)
    session.say(
        {Labels.NONE: "Names off", Labels.THESE: "Names of the selection", Labels.ALL: "All names"}[session.labels]
    )


def _toggle_pan(session: Session) -> None:
    session.set_tool(Tool.SELECT if session.tool is Tool.PAN else Tool.PAN)


def _toggle_overlays(session: Session) -> None:
    _show_overlays(session, not session.overlays)


def _frames(act: Callable[[Session, int], None], step: int) -> Callable[[Session], None]:
    return lambda session: act(session, step)


COMMANDS = (
    Command(
        "view.next",
        "Next frame",
        _frames(deciding.step_frame, 1),
        ("D",),
        VIEW,
        0,
        kind=GO,
        short="next frame",
        reason=needs_frame,
    ),
    Command(
        "view.previous",
        "Previous frame",
        _frames(deciding.step_frame, -1),
        ("A",),
        VIEW,
        0,
        kind=GO,
        short="prev. frame",
        reason=needs_frame,
    ),
    Command(
        "view.next_decision",
        "Next thing to decide",
        _frames(deciding.next_decision, 1),
        ("Shift+D",),
        VIEW,
        0,
        kind=GO,
        short="next unfinished",
        reason=needs_frame,
    ),
    Command(
        "view.previous_decision",
        "Previous thing to decide",
        _frames(deciding.next_decision, -1),
        ("Shift+A",),
        VIEW,
        0,
        kind=GO,
        short="previous unfinished",
        reason=needs_frame,
    ),
    Command("view.go_to", "Go to frame number…", asks(Ask.GO_TO), ("Ctrl+G",), VIEW, 0, Scope.EVERYWHERE, GO),
    Command("view.find", "Find frames", asks(Ask.FIND), ("Ctrl+F",), VIEW, 0, Scope.EVERYWHERE, GO, "find frames"),
    Command(
        "view.zoom_selection",
        "Zoom to the instance, and back",
        deciding.toggle_zoom,
        ("Ctrl+J",),
        VIEW,
        1,
        kind=LOOK,
        reason=needs_selection,
    ),
    Command(
        "view.fit",
        "Fit the picture",
        fit_picture,
        ("Ctrl+0",),
        VIEW,
        1,
        Scope.EVERYWHERE,
        LOOK,
        "fit picture",
        "scan",
        needs_frame,
    ),
    Command(
        "view.zoom_in", "Zoom in", _zoom(1.25), ("+", "="), VIEW, 1, kind=LOOK, short="zoom in", reason=needs_frame
    ),
    Command("view.zoom_out", "Zoom out", _zoom(0.8), ("-",), VIEW, 1, kind=LOOK, short="zoom out", reason=needs_frame),
    Command(
        "view.pan", "Pan with the left button", _toggle_pan, (), VIEW, 1, kind=LOOK, icon="hand", reason=needs_frame
    ),
    Command(
        "view.hide",
        "Hide overlays while held",
        lambda session: _show_overlays(session, False),
        ("H",),
        kind=LOOK,
        short="hide",
        release=lambda session: _show_overlays(session, True),
    ),
    Command("view.overlays", "Overlays on or off", _toggle_overlays, (), VIEW, 2, kind=LOOK, icon="eye"),
    Command(
        "view.labels",
        "Names: none, selection, all",
        _cycle_labels,
        ("Shift+H",),
        VIEW,
        2,
        kind=LOOK,
        short="labels",
        icon="tag",
    ),
    Command(
        "view.loupe",
        "Loupe",
        asks(Ask.LOUPE),
        ("Z",),
        VIEW,
        2,
        kind=LOOK,
        short="loupe",
        icon="zoom-in",
        reason=needs_frame,
        release=asks(Ask.LOUPE_END),
    ),
    Command("view.left", "Left dock", asks(Ask.LEFT_DOCK), ("Ctrl+B",), VIEW, 3, Scope.EVERYWHERE, LOOK),
    Command("view.right", "Right dock", asks(Ask.RIGHT_DOCK), ("Ctrl+Alt+B",), VIEW, 3, Scope.EVERYWHERE, LOOK),
    Command(
        "view.left_float",
        "Tear the left dock off, or put it back",
        asks(Ask.FLOAT_LEFT),
        (),
        VIEW,
        3,
        Scope.EVERYWHERE,
        LOOK,
    ),
    Command(
        "view.right_float",
        "Tear the right dock off, or put it back",
        asks(Ask.FLOAT_RIGHT),
        (),
        VIEW,
        3,
        Scope.EVERYWHERE,
        LOOK,
    ),
    Command("view.reset", "Reset the layout", asks(Ask.RESET_LAYOUT), (), VIEW, 3, Scope.EVERYWHERE, LOOK),
    Command(
        "view.next_area",
        "Keyboard to the next part of the window",
        asks(Ask.NEXT_AREA),
        ("F6",),
        scope=Scope.EVERYWHERE,
        kind=GO,
        short="next part",
    ),
    Command(
        "view.previous_area",
        "Keyboard to the previous part of the window",
        asks(Ask.PREVIOUS_AREA),
        ("Shift+F6",),
        scope=Scope.EVERYWHERE,
        kind=GO,
        short="previous part",
    ),
    Command("view.theme", "Dark or light", asks(Ask.THEME), (), VIEW, 4, Scope.EVERYWHERE, LOOK, icon="sun-moon"),
)
