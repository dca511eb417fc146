"""The Edit menu: undo, clear, copy, and what the keyboard does to keypoints."""

from collections.abc import Callable

from annotator.errors import CommandError
from annotator.session import deciding, editing, posing
from annotator.session.commands.contract import (
    Command,
    KeyKind,
    Menu,
    Scope,
    needs_instance,
    needs_selection,
)
from annotator.session.session import Session


def _arrow(dx: int, dy: int, pixels: float) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        if session.selected.keypoints and session.selected_instance is not None and not session.is_placing:
            editing.nudge(session, dx * pixels, dy * pixels)
        elif dx and pixels == 1:
            deciding.step_frame(session, dx)
        else:
            raise CommandError("select a keypoint to nudge it")

    return run


def _arrow_commands() -> tuple[Command, ...]:
    commands = []
    for name, dx, dy in (("Left", -1, 0), ("Right", 1, 0), ("Up", 0, -1), ("Down", 0, 1)):
        for prefix, pixels in (("", 1.0), ("Shift+", 10.0), ("Alt+", 0.1)):
            step = f", or {'next' if dx > 0 else 'previous'} frame" if dx and pixels == 1 else ""
            commands.append(
                Command(
                    f"edit.nudge.{name.lower()}.{pixels:g}",
                    f"Nudge {name.lower()} {pixels:g} px{step}",
                    _arrow(dx, dy, pixels),
                    (f"{prefix}{name}",),
                    kind=KeyKind.GO,
                    short="nudge, frame" if dx else "nudge",
                )
            )
    return tuple(commands)


def select_all(session: Session) -> None:
    """Select every located keypoint of the selected instance."""
    instance = session.selected_instance
    if instance is None:
        raise CommandError("select an instance first")
    session.select(instance.id, frozenset(k for k, there in enumerate(instance.located) if there))


COMMANDS = (
    Command(
        "edit.undo", "Undo", Session.undo, ("Ctrl+Z",), Menu.EDIT, 0, Scope.EVERYWHERE, short="undo", icon="undo-2"
    ),
    Command(
        "edit.redo",
        "Redo",
        Session.redo,
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        Menu.EDIT,
        0,
        Scope.EVERYWHERE,
        short="redo",
        icon="redo-2",
    ),
    Command(
        "edit.delete",
        "Clear keypoints, or delete instance",
        editing.delete,
        ("Delete",),
        Menu.EDIT,
        1,
        kind=KeyKind.STATE,
        short="clear",
        reason=lambda session: "" if session.hovered is not None else needs_selection(session),
    ),
    Command(
        "edit.copy",
        "Copy pose",
        posing.copy_pose,
        ("C",),
        Menu.EDIT,
        2,
        kind=KeyKind.POSE,
        short="copy pose",
        reason=needs_instance,
    ),
    Command(
        "edit.paste",
        "Paste pose",
        posing.paste_pose,
        ("V",),
        Menu.EDIT,
        2,
        kind=KeyKind.POSE,
        short="paste pose",
        reason=lambda session: "" if session.clipboard is not None else "needs a copied pose",
    ),
    Command(
        "edit.swap",
        "Swap left and right",
        posing.swap,
        ("F",),
        Menu.EDIT,
        2,
        kind=KeyKind.POSE,
        short="swap sides",
        icon="arrow-left-right",
        reason=needs_instance,
    ),
    Command(
        "edit.mirror",
        "Mirror pose",
        posing.mirror_pose,
        ("Shift+F",),
        Menu.EDIT,
        2,
        kind=KeyKind.POSE,
        short="mirror",
        reason=needs_instance,
    ),
    Command(
        "edit.all",
        "Select all keypoints of the instance",
        select_all,
        ("Ctrl+A",),
        Menu.EDIT,
        3,
        kind=KeyKind.PLACE,
        short="all keypoints",
        reason=needs_instance,
    ),
    *_arrow_commands(),
)
