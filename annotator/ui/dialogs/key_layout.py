"""What the key map shows: the keyboard's caps with their commands, and the columns of keys held with another.

No Qt. Everything but the mouse comes from the command declarations, so that a key without a command stays empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from annotator.session.commands.contract import Command, KeyKind
from annotator.ui.dialogs.palette_lines import ARROWS

MOUSE: Final = (
    ("Click", "place or select"),
    ("Right click", "place as occluded"),
    ("Drag", "move keypoint, box edge"),
    ("Shift+drag", "keep to the axis"),
    ("Shift+click", "add to selection"),
    ("Drag on empty", "select keypoints"),
    ("Double-click", "zoom to instance"),
    ("Wheel", "zoom at pointer"),
    ("Space+drag", "pan"),
)
"""What the pointer does on the canvas; `session.pointing` and the canvas do it."""

# Cap, the key as commands declare it, width in units of a letter's cap.
_ROWS: Final = (
    (("`", "`", 1), *((digit, digit, 1) for digit in "1234567890"), ("–", "-", 1), ("=", "=", 1),
     ("Backspace", "Backspace", 1.9)),
    (("Tab", "Tab", 1.5), *((letter, letter, 1) for letter in "QWERTYUIOP"), ("[", "[", 1), ("]", "]", 1),
     ("\\", "\\", 1.4)),
    (("Caps", "", 1.75), *((letter, letter, 1) for letter in "ASDFGHJKL"), (";", ";", 1), ("'", "'", 1),
     ("Enter", "Enter", 2.15)),
    (("Shift", "Shift+", 2.3), *((letter, letter, 1) for letter in "ZXCVBNM"), (",", ",", 1), (".", ".", 1),
     ("/", "?", 1), ("Shift", "Shift+", 2.6)),
    (("Ctrl", "Ctrl+", 1.4), ("Alt", "Alt+", 1.4), ("Space", "Space", 4.4),
     *((ARROWS[name], name, 1.25) for name in ("Left", "Up", "Down", "Right")), ("Delete", "Delete", 1.4),
     ("Esc", "Escape", 1.3)),
)  # fmt: skip
UNITS: Final = 14.9
"""Width of every row in units."""


@dataclass(frozen=True, slots=True)
class Cap:
    """One key of the drawn keyboard.

    Attributes:
        key: as commands declare it; a modifier ends with "+", "" is no key for commands.
        x, width: in units, from the keyboard's left edge.
        words: what it does, in two words; "" when it is free.
        command: None when it is free, and for a modifier.
    """

    label: str
    key: str
    x: float
    width: float
    words: str
    kind: KeyKind
    command: Command | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a column: the keys as one cap, what they do, which commands that is."""

    cap: str
    words: str
    commands: tuple[Command, ...] = ()


def by_key(commands: Iterable[Command]) -> dict[str, Command]:
    """Return every declared key with its command."""
    return {key: command for command in commands for key in command.keys}


def keyboard(keys: Mapping[str, Command]) -> tuple[tuple[Cap, ...], ...]:
    """Return the rows of the keyboard, each key with its command."""
    rows = []
    for row in _ROWS:
        x = 0.0
        caps = []
        for label, key, width in row:
            caps.append(_cap(label, key, x, width, keys))
            x += width
        rows.append(tuple(caps))
    return tuple(rows)


def with_shift(keys: Mapping[str, Command]) -> list[Entry]:
    """Return the keys held with Shift or Alt; the four arrows are one line."""
    return _entries({key: c for key, c in keys.items() if key.startswith(("Shift+", "Alt+"))})


def with_ctrl(keys: Mapping[str, Command]) -> list[Entry]:
    """Return the keys held with Ctrl, and the function keys."""
    return _entries({key: c for key, c in keys.items() if key.startswith("Ctrl+") or _is_function_key(key)})


def matches(command: Command, text: str) -> bool:
    """Return whether a search finds the command: every word in its title, its words on the cap or its keys."""
    where = f"{command.title} {command.short} {' '.join(command.keys)}".lower()
    return all(word in where for word in text.lower().split())


def sentence_of(command: Command, key: str) -> str:
    """Say what a key does: "Shift+D: next thing to decide"."""
    return f"{key}: {_lowered(command.title)}"


def _cap(label: str, key: str, x: float, width: float, keys: Mapping[str, Command]) -> Cap:
    command = keys.get(key)
    if command is not None:
        return Cap(label, key, x, width, command.short or _lowered(command.title), command.kind, command)
    is_used = key.endswith("+") and len(key) > 1 and any(each.startswith(key) for each in keys)
    return Cap(label, key, x, width, "more" if is_used else "", KeyKind.APPLICATION, None)


def _entries(keys: Mapping[str, Command]) -> list[Entry]:
    entries: dict[str, Entry] = {}
    for key, command in keys.items():
        held, _, last = key.rpartition("+")
        if last in ARROWS and held:
            cap = f"{held}+arrows"
            before = entries[cap].commands if cap in entries else ()
            words = _lowered(command.title).replace(f" {last.lower()}", "")
            entries[cap] = Entry(cap, words, (*before, command))
        else:
            entries[key] = Entry(key, command.short or _lowered(command.title), (command,))
    return list(entries.values())


def _is_function_key(key: str) -> bool:
    return len(key) > 1 and key[0] == "F" and key[1:].isdigit()


def _lowered(title: str) -> str:
    words = title.removesuffix("…")
    return words[:1].lower() + words[1:]
