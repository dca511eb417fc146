"""Read a large COCO file piece by piece, in little memory, and tell of every key that stands twice.

For the proof: it shares nothing with the writer, and trusts neither the order nor the form of what it reads.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec

Record = dict[str, msgspec.Raw]

LISTS = ("images", "annotations")
_PIECE = 2 << 20
_NO_BLANK = re.compile(r"[^ \t\r\n]")
_COMMA = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")

_records = msgspec.json.Decoder(list[Record])


def pieces(file: Path, tell: Callable[[str], None]) -> Iterator[tuple[str, Any]]:
    """Yield name and value of the file's fields in their order; `LISTS` as many lists of records, values to the letter.

    Args:
        file: to read.
        tell: is given a sentence about every key that stands twice in one object: readers disagree about those.

    Raises:
        ValueError: the file is not JSON, or holds something else than expected.
    """
    with file.open(encoding="utf-8", newline="") as stream:
        text = _Text(stream, lambda key: tell(f"{file.name} has the key {key!r} twice in one object"))
        yield from text.fields()


class _Text:
    """A JSON object of which only a piece is in memory."""

    def __init__(self, stream: IO[str], twice: Callable[[str], None]) -> None:
        self._stream = stream
        self._twice = twice
        self._text = ""
        self._at = 0
        self._plain = json.JSONDecoder()
        self._checking = json.JSONDecoder(object_pairs_hook=self._once)

    def fields(self) -> Iterator[tuple[str, Any]]:
        names = set()
        self._take("{")
        while True:
            name = self._value()
            if name in names:
                self._twice(name)
            names.add(name)
            self._take(":")
            if name in LISTS:
                for records in self._list():
                    yield name, records
            else:
                yield name, self._value()
            if self._take(",}") == "}":
                break
        if self._next() != "":
            raise ValueError("something stands after the end of the object")

    def _list(self) -> Iterator[list[Record]]:
        self._take("[")
        if self._next() == "]":
            self._take("]")
            return
        while True:
            yield self._some_records()
            if self._take(",]") == "]":
                return

    def _some_records(self) -> list[Record]:
        """Return the next records, as many as are in memory."""
        self._next()
        if len(self._text) - self._at < _PIECE:
            self._read()
        # In text like ours the last record ends at "}]", or one of many at "},{". Where these letters mean something
        # else, a bracket or a quote is missing in front of them, so that it is no JSON: then a parser finds the end.
        end = self._text.find("}]", self._at)
        end = self._text.rfind("},{", self._at) if end < 0 else end
        if end >= 0:
            with suppress(msgspec.DecodeError):
                return self._records_to(end + 1)
        return self._records_to(self._end_of_records())

    def _records_to(self, end: int) -> list[Record]:
        text = self._text[self._at : end]
        found = _records.decode(f"[{text}]")
        # As many keys as were read: none stands twice. A blank before a colon may hide one from the count.
        hides = any(blank in text for blank in "\t\r\n") or (" " in text and " :" in text)
        if hides or text.count('":') != sum(map(len, found)):
            self._checking.decode(f"[{text}]")
        self._at = end
        return found

    def _end_of_records(self) -> int:
        at = end = self._at
        while True:
            try:
                _, end = self._plain.raw_decode(self._text, at)
            except json.JSONDecodeError:
                if end > self._at:
                    return end
                if not self._read():
                    raise
                at = end = self._at
                continue
            comma = _COMMA.match(self._text, end)
            if comma is None:
                return end
            at = comma.end()

    def _value(self) -> Any:
        """Return the next value, whole."""
        self._next()
        while True:
            try:
                value, end = self._checking.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._read():
                    raise
                continue
            # A number at the end of what is in memory may go on.
            if end < len(self._text) or not self._read():
                self._at = end
                return value

    def _next(self) -> str:
        """Return the next letter that is no blank; "" at the end of the file."""
        while True:
            if letter := _NO_BLANK.search(self._text, self._at):
                self._at = letter.start()
                return letter[0]
            self._at = len(self._text)
            if not self._read():
                return ""

    def _take(self, allowed: str) -> str:
        letter = self._next()
        if not letter or letter not in allowed:
            raise ValueError(f"{letter!r} stands where one of {allowed} should")
        self._at += 1
        return letter

    def _read(self) -> bool:
        """Read on, and forget what was taken; return False at the end of the file."""
        more = self._stream.read(_PIECE)
        if more:
            self._text, self._at = self._text[self._at :] + more, 0
        return bool(more)

    def _once(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) != len(pairs):
            names = [name for name, _ in pairs]
            self._twice(next(name for name in names if names.count(name) > 1))
        return values
