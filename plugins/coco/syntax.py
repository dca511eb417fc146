"""Say where a file stops being JSON: the record, line and column, and what stands there."""

import codecs
import re

_SEARCHED_BYTES = 30_000_000  # what follows is only named by line and column
_SHOWN_BYTES = 12
_DEPTH = 900
_CHUNK = 1 << 20
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],]', re.DOTALL)
_NO_NUMBERS = (b"NaN", b"Infinity", b"-Infinity", b"nan", b"inf", b"-inf")


def is_utf8(text: bytes) -> bool:
    """Return whether all of a file is UTF-8, in pieces, since decoding may take four times its size."""
    return text.isascii() or utf8_end(text) == len(text)


def utf8_end(text: bytes) -> int:
    """Return the position of the first byte that is not UTF-8, or the length."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, max(len(text), 1), _CHUNK):
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(text[start : start + _CHUNK], final=start + _CHUNK >= len(text))
        except UnicodeDecodeError as error:
            return start - waiting + error.start
    return len(text)


def problem_of(text: bytes, error: Exception) -> str:
    """Return what a parser's refusal of a whole file means, where it is, and the remedy."""
    text = text.rstrip()
    if isinstance(error, RecursionError):
        return f"{_record_at(text, len(text)) or 'it'} is nested too deeply: simplify it"
    if text[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in text[:4]:
        return "it is written in UTF-16: save it as UTF-8"
    if (end := utf8_end(text)) < len(text):
        return f"it is not UTF-8 at {_place(text, end)}: save it as UTF-8"
    found = re.search(r"\(byte (\d+)\)", str(error))
    if "truncated" in str(error):
        return f"it ends too early, at {_place(text, len(text))}: copy it again from its source"
    if not found:
        return f"{error}".replace("`", "'")
    at = int(found[1])
    if text[max(at - 1, 0) : at] == b"-":
        at -= 1
    for word in _NO_NUMBERS:
        if text.startswith(word, at):
            return f"{word.decode()} at {_place(text, at)} is no number in JSON: correct it"
    what = str(error).removesuffix(found[0]).removeprefix("JSON is malformed:").strip()
    shown = text[at : at + _SHOWN_BYTES].decode(errors="replace")
    return f"{what} at {_place(text, at)}, before {shown!r}: correct it there"


def _place(text: bytes, at: int) -> str:
    """Name a byte of the file: "annotations[3], line 7, column 12"."""
    record = _record_at(text, at)
    line = text.count(b"\n", 0, at) + 1
    column = at - (text.rfind(b"\n", 0, at) + 1) + 1
    return f"{record}, line {line}, column {column}" if record else f"line {line}, column {column}"


def _record_at(text: bytes, at: int) -> str:
    """Name the record of one of the file's lists that a byte belongs to, or the part of the file; "" for neither."""
    if at > _SEARCHED_BYTES:
        return ""
    depth = number = 0
    part = before = b""
    for token in _TOKEN.finditer(text, 0, at):
        letter = token[0][:1]
        if letter in b"{[":
            depth += 1
            if depth == 2:
                part, number, is_list = before, 0, letter == b"["
            elif depth > _DEPTH:
                break
        elif letter in b"}]":
            depth -= 1
        elif letter == b",":
            number += depth == 2
        elif depth == 1:
            before = token[0]
    if depth < 2 or not part:
        return ""
    name = part[1:-1].decode(errors="replace")
    if not is_list or not name.isidentifier():
        return f"{name!r}"
    return f"{name}[{number}]"
