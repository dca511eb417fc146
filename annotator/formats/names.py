"""Judge the file names of an import or export: which lead out of their folder, and which cannot be everywhere."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from annotator.formats.problems import Problems
from annotator.model.paths import leads_out
from annotator.model.text import shown

LONGEST_NAME_BYTES = 255
_LISTED = 3

_SUSPICIOUS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\\:\ud800-\udfff]|/[^\S\n]*/|/\.\.?/")
_NOT_ON_WINDOWS = re.compile(
    r'[<>"|?*]|[. ](?:/|$)|(?:^|/)(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.[^/\n]*)?(?:/|$)',
    re.IGNORECASE | re.MULTILINE,
)
_REFUSED_PARTS = (*'<>"|?*', "con", "prn", "aux", "nul", "com", "lpt", "./", " /", ".\n", " \n")


def check_paths(source: Path, paths: Sequence[str]) -> None:
    """Refuse paths that are empty, absolute, not portable, or lead out of their folder.

    Args:
        source: the file that lists the pictures.
        paths: of its pictures, in order.

    Raises:
        FormatError: names the file, the record and the rule; a `ProblemsError` when several are wrong.
    """
    text = "\n".join(paths)
    if text.count("\n") == len(paths) - 1 and all(paths) and not _SUSPICIOUS.search(f"/{text}/".replace("\n", "/\n/")):
        return
    problems = Problems()
    for number, path in enumerate(paths):
        if reason := unsafe(path):
            problems.add(f"{source.name}: images[{number}] has the file name {path!r}, {reason}")
    problems.refuse(source)


def unsafe(path: str) -> str:
    """Return why a path must not be used, with the remedy; "" when it may."""
    if not path.strip() or any(letter < " " or letter == "\x7f" for letter in path):
        return "which names no picture: correct it"
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        return "which is not valid Unicode: correct it"
    if leads_out(path):
        return "which leads out of the picture folder: make it relative to that folder"
    if "\\" in path:
        return "which only Windows understands: write / for \\"
    if any(not part.strip() or part == "." for part in path.split("/")):
        return "which has an empty part: correct it"
    return ""


def odd_names(paths: Sequence[str]) -> list[str]:
    """Return sentences about names that clash or cannot be used on another system; they are kept as they are."""
    text = "\n".join(paths)
    notes = []
    if text.isascii():
        alike = _alike(paths, str.casefold) if len(set(text.casefold().split("\n"))) < len(paths) else []
    else:
        same = _alike(paths, lambda path: unicodedata.normalize("NFC", path))
        if same:
            notes.append(f"{_named(same)} are spelled with the same letters, which some systems hold for one name")
        alike = [
            path for path in _alike(paths, lambda p: unicodedata.normalize("NFC", p).casefold()) if path not in same
        ]
        turned = [path for path in paths if shown(path) != path]
        if turned:
            notes.append(f"{_named(turned)}: letters that change how a name reads are shown by their numbers")
    if alike:
        notes.append(f"{_named(alike)} differ in upper and lower case only, which Windows and macOS hold for one name")
    if _may_be_refused(text.lower()) and _NOT_ON_WINDOWS.search(text):
        refused = [path for path in paths if _NOT_ON_WINDOWS.search(path)]
        notes.append(f"{_named(refused)} cannot be the name of a file on Windows")
    if max(map(len, paths), default=0) * 4 > LONGEST_NAME_BYTES:
        long = [path for path in paths if max(len(part.encode()) for part in path.split("/")) > LONGEST_NAME_BYTES]
        if long:
            notes.append(f"{_named(long)}: a name longer than {LONGEST_NAME_BYTES} bytes cannot be the name of a file")
    return notes


def _may_be_refused(text: str) -> bool:
    """Return False for most lists of names, a hundred times as fast as the pattern."""
    return any(part in text for part in _REFUSED_PARTS) or text.endswith((".", " "))


def _alike(paths: Sequence[str], key: Callable[[str], str]) -> list[str]:
    """Return the paths that share their key with another."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(key(path), []).append(path)
    return [path for group in groups.values() if len(group) > 1 for path in group]


def _named(paths: Sequence[str]) -> str:
    """Return "a.png, b.png, c.png and 12 more"."""
    more = f" and {len(paths) - _LISTED:,} more" if len(paths) > _LISTED else ""
    return ", ".join(shown(path if len(path) <= 80 else f"{path[:77]}…") for path in paths[:_LISTED]) + more
