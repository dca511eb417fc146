"""What a command is: a value with a title, keys, a menu place and a function over the session."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from annotator.session.session import Ask, Session


class Menu(StrEnum):
    """The menus, in their order; NONE is for commands that are keys and palette lines only."""

    FILE = "File"
    EDIT = "Edit"
    VIEW = "View"
    LABEL = "Label"
    MODEL = "Model"
    HELP = "Help"
    NONE = ""


class Scope(StrEnum):
    """Where the keys of a command work."""

    EVERYWHERE = "everywhere"
    CANVAS = "canvas"


class KeyKind(StrEnum):
    """What the stripe of a key in the key map says."""

    PLACE = "place and pick"
    STATE = "visibility"
    GO = "go"
    POSE = "pose and model"
    VIEW = "view"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True)
class Command:
    """Something a person can invoke.

    Attributes:
        id: "edit.undo"; stable, user key maps refer to it.
        title: as in menus and the palette, imperative.
        run: what it does; raises `CommandError` with a sentence when it cannot.
        keys: "Ctrl+Shift+Z"; Ctrl is Cmd on macOS.
        short: two words for the key cap in the key map.
        reason: why it does not apply now, or ""; decides whether it is dimmed.
        release: for keys that are held: what letting go does.
        icon: name of its icon, or "".
        group: commands of a menu with another group stand behind a divider.
    """

    id: str
    title: str
    run: Callable[[Session], None]
    keys: tuple[str, ...] = ()
    menu: Menu = Menu.NONE
    group: int = 0
    scope: Scope = Scope.CANVAS
    kind: KeyKind = KeyKind.APPLICATION
    short: str = ""
    icon: str = ""
    reason: Callable[[Session], str] = lambda session: ""
    release: Callable[[Session], None] | None = None


def asks(what: Ask) -> Callable[[Session], None]:
    """Return a `run` that asks the window for something."""
    return lambda session: session.asked.emit(what)


def needs_frame(session: Session) -> str:
    return "" if session.frame_key is not None else "needs a picture"


def needs_instance(session: Session) -> str:
    return "" if session.selected_instance is not None else "needs a selected instance"


def needs_selection(session: Session) -> str:
    return "" if session.selected.id is not None else "needs a selected instance"


def needs_prediction(session: Session) -> str:
    content = session.content
    return "" if content is not None and content.predictions else "needs a prediction: P runs the model"
