"""All commands, by id, by menu and by key. Menus, palette, key map and shortcuts are built from here."""

from collections.abc import Callable
from functools import cache

from annotator.errors import AnnotatorError, CommandError
from annotator.session.commands import edit, files, label, models, view
from annotator.session.commands.contract import Command, Menu
from annotator.session.messages import MessageKind
from annotator.session.session import Session


@cache
def commands() -> dict[str, Command]:
    """Return every command by id, in declaration order.

    Raises:
        AnnotatorError: two commands share an id, or a key.
    """
    found: dict[str, Command] = {}
    taken: dict[str, str] = {}
    for module in (files, edit, view, label, models):
        for command in module.COMMANDS:
            if command.id in found:
                raise AnnotatorError(f"command {command.id} is declared twice: rename one")
            found[command.id] = command
            for key in command.keys:
                if key in taken:
                    raise AnnotatorError(f"{command.id} and {taken[key]} share the key {key}: give one another key")
                taken[key] = command.id
    return found


def menu_commands(menu: Menu) -> list[list[Command]]:
    """Return the commands of a menu, in groups."""
    groups: dict[int, list[Command]] = {}
    for command in commands().values():
        if command.menu is menu:
            groups.setdefault(command.group, []).append(command)
    return [groups[group] for group in sorted(groups)]


def run(session: Session, command_id: str) -> bool:
    """Run a command; what it cannot do is said in the message bar. Return whether it ran."""
    command = commands()[command_id]
    return attempt(session, lambda: command.run(session))


def attempt(session: Session, call: Callable[[], object]) -> bool:
    """Call something that a person asked for, and say it when it does not apply or fails."""
    try:
        call()
    except CommandError as error:
        session.say(sentence(error))
        return False
    except AnnotatorError as error:
        session.say(sentence(error), "", MessageKind.BAD)
        return False
    return True


def sentence(error: BaseException) -> str:
    """Return an error's text as a sentence for a title."""
    text = str(error)
    first = text.split(" ", 1)[0]
    is_name = "." in first.rstrip(".") or "/" in first  # a file keeps its name as it is
    return text if is_name else text[:1].upper() + text[1:]


def search(session: Session, text: str) -> list[Command]:
    """Return the commands that match every word of `text`, those that apply now first."""
    words = text.lower().split()
    matching = [c for c in commands().values() if all(w in f"{c.title} {c.id}".lower() for w in words)]
    starts = [c for c in matching if words and c.title.lower().startswith(words[0])]
    ordered = starts + [c for c in matching if c not in starts]
    return sorted(ordered, key=lambda command: bool(command.reason(session)))
