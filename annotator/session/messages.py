"""What to tell the person: one message at a time, title and line, with verbs to act on it."""

from dataclasses import dataclass
from enum import StrEnum


class MessageKind(StrEnum):
    OK = "ok"
    INFO = "info"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for the message bar.

    Attributes:
        title: what happened.
        line: what it means; may be empty.
        buttons: (label, command id) pairs.
        stays: until dismissed; errors do.
    """

    title: str
    line: str = ""
    kind: MessageKind = MessageKind.INFO
    buttons: tuple[tuple[str, str], ...] = ()

    @property
    def stays(self) -> bool:
        return self.kind is MessageKind.BAD
