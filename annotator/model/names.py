"""Which names of a file or a model mean which keypoints of a skeleton: by hand, by id, by name, never by position."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from annotator.model.skeleton import Skeleton, side_of_name

_ALIKE = 0.7
"""From this share of common letters on, one name is suggested for another: "shldr" is a shoulder, "hosel" no nose."""
_SIDE_WORDS = frozenset(["left", "right", "l", "r", "near", "off"])
_SIDE_AT_AN_END = re.compile(r"^(left|right)|(left|right)$")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def match_names(
    names: Sequence[str], skeleton: Skeleton, *, by_hand: Mapping[str, str] | None = None, loosely: bool = False
) -> tuple[int, ...]:
    """Return for each keypoint of `skeleton` its position in `names`, or -1.

    By hand first, then by id, then by name; a name serves one keypoint only, and never by its position. Retired
    keypoints get none.

    Args:
        names: of a file's or a model's keypoints.
        skeleton: ours.
        by_hand: name to the id of our keypoint; "" leaves it out.
        loosely: at last also by name without case and separators (`LeftEye` is `left_eye`).
    """
    sources = [-1] * len(skeleton)
    ids = [keypoint.id for keypoint in skeleton.keypoints]
    decided = by_hand or {}
    for n, name in enumerate(names):
        if target := decided.get(name):
            sources[skeleton.index(target)] = n
    passes = [(names, ids), (names, skeleton.names)]
    if loosely:
        passes.append(([_plain(name) for name in names], [_plain(name) for name in skeleton.names]))
    for theirs, ours in passes:
        free = [n for n, name in enumerate(names) if n not in sources and name not in decided]
        open_ = [k for k in skeleton.placeable if sources[k] < 0]
        offered = _unique({n: theirs[n] for n in free})
        for key, k in _unique({k: ours[k] for k in open_}).items():
            sources[k] = offered.get(key, -1)
    return tuple(sources)


def suggest_names(names: Sequence[str], skeleton: Skeleton, sources: Sequence[int]) -> dict[str, str]:
    """Return, for names without a place, the id of the open keypoint of the same side that is spelled most alike.

    Args:
        names: of a file's keypoints.
        skeleton: ours.
        sources: as `match_names` returned them.
    """
    open_ = [k for k in skeleton.placeable if sources[k] < 0]
    ours = {k: _Spelling(skeleton.names[k]) for k in open_}
    theirs = {n: _Spelling(name) for n, name in enumerate(names) if n not in sources}
    alike = [(a.likeness(b), n, k) for n, a in theirs.items() for k, b in ours.items()]
    found: dict[str, str] = {}
    for score, n, k in sorted(alike, key=lambda each: (-each[0], each[1:])):
        if score < _ALIKE:
            break
        if names[n] not in found and k in open_:
            found[names[n]] = skeleton.keypoints[k].id
            open_.remove(k)
    return found


class _Spelling:
    """What a name is compared by: its side, its figures, and its other words."""

    def __init__(self, name: str) -> None:
        words = [word.lower() for word in _WORD.findall(name)]
        self._fixed = side_of_name(name), tuple(filter(str.isdigit, words))
        stem = "".join(word for word in words if word not in _SIDE_WORDS)
        self._stem = _SIDE_AT_AN_END.sub("", stem) or stem

    def likeness(self, other: "_Spelling") -> float:
        """Return the share of letters that two names have in common, 0 where side or figures differ."""
        if self._fixed != other._fixed:
            return 0.0
        matcher = SequenceMatcher(None, self._stem, other._stem, autojunk=False)
        return matcher.ratio() if matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE else 0.0


def _plain(name: str) -> str:
    """Return a name without case and separators."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _unique(keys: Mapping[int, str]) -> dict[str, int]:
    """Return the position of each key that occurs once."""
    counts = Counter(keys.values())
    return {key: position for position, key in keys.items() if key and counts[key] == 1}
