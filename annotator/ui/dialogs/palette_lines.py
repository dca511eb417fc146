"""What the command palette lists: the commands that match, in groups, with what was matched and why some wait.

No Qt: the palette paints these lines, and tests read them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from annotator.session.commands.contract import Command, Menu, Scope
from annotator.session.commands.registry import search
from annotator.session.session import Session

EVERYWHERE: Final = "Everywhere"
HELP: Final = "Help"
ARROWS: Final = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓"}
"""What stands on the caps of the arrow keys."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """One command on offer.

    Attributes:
        reason: why it does not apply now; "" when it does.
        spans: (start, length) of what was matched in the title, in its order, without overlap.
    """

    command: Command
    reason: str
    spans: tuple[Span, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The caps of its first key: ("Ctrl", "Z"); empty when it has none."""
        return key_caps(self.command.keys[0]) if self.command.keys else ()


@dataclass(frozen=True, slots=True)
class Group:
    """Commands under one head."""

    title: str
    lines: tuple[Line, ...]


def palette_groups(session: Session, text: str) -> tuple[Group, ...]:
    """Return the commands that match every word of `text`: here, everywhere, help; empty groups are left out."""
    grouped: dict[str, list[Line]] = {here_title(session): [], EVERYWHERE: [], HELP: []}
    here = next(iter(grouped))
    found = search(session, text)
    if not text.strip():  # what has no place in a menu is steps of a hand, found by its name
        found.sort(key=lambda command: (bool(command.reason(session)), command.menu is Menu.NONE))
    for command in found:
        line = Line(command, command.reason(session), matched_spans(command.title, text))
        if command.menu is Menu.HELP:
            grouped[HELP].append(line)
        else:
            grouped[here if command.scope is Scope.CANVAS else EVERYWHERE].append(line)
    return tuple(Group(title, tuple(lines)) for title, lines in grouped.items() if lines)


def here_title(session: Session) -> str:
    """Return the head of what concerns the canvas: "Here: instance 2, left_elbow selected"."""
    frame = session.frame
    if frame is None:
        return "Here"
    selected = session.selected
    if selected.id is None:
        return f"Here: {frame.name}"
    what = "prediction" if session.selected_prediction is not None else "instance"
    words = f"Here: {what} {session.number_of(selected.id)}"
    skeleton = session.skeleton
    if not selected.keypoints or skeleton is None:
        return f"{words} selected"
    if len(selected.keypoints) > 1:
        return f"{words}, {len(selected.keypoints)} keypoints selected"
    return f"{words}, {skeleton.names[next(iter(selected.keypoints))]} selected"


def matched_spans(title: str, text: str) -> tuple[Span, ...]:
    """Return where the words of `text` stand in a title: at the start of a word where one starts so."""
    lowered = title.lower()
    found = []
    for word in text.lower().split():
        at = f" {lowered}".find(f" {word}")
        at = at if at >= 0 else lowered.find(word)
        if at >= 0:
            found.append((at, at + len(word)))
    return tuple((start, end - start) for start, end in _joined(found))


def key_caps(key: str) -> tuple[str, ...]:
    """Return a declared key as caps: "Ctrl+Shift+Z" is ("Ctrl", "Shift", "Z"), "+" is one cap."""
    held, _, last = key.rpartition("+")
    if not last:  # the key is "+" itself
        held, last = held.rstrip("+"), "+"
    return (*filter(None, held.split("+")), ARROWS.get(last, last))


def _joined(ranges: Iterable[Span]) -> list[Span]:
    """Return (start, end) ranges in order, those that overlap as one."""
    joined: list[Span] = []
    for start, end in sorted(ranges):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
