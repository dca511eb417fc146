"""Text that came from data, made safe to look at and to pass on."""

import re

_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# One slash too: that is what a path makes of two.
_PASSWORD = re.compile(r"(:/+[^/\s:@]*:)[^/\s]*@")


def shown(text: str) -> str:
    """Return a text with the letters that turn the direction of reading spelled by their numbers.

    `photo` + U+202E + `gnp.exe` would look like `photoexe.png`.
    """
    return text if text.isascii() else _TURNING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def without_passwords(text: str) -> str:
    """Return a text in which the passwords of addresses (`scheme://user:password@host`) are left out."""
    return _PASSWORD.sub(r"\1***@", text) if "@" in text else text
