"""Skeletons: the keypoints of one class of subject, how they connect, and which mirror which.

No numpy here: the Welcome page lists skeletons before numpy is loaded.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from annotator.errors import ModelError
from annotator.model.sides import Side

DEFAULT_POLICY = "Hidden joint: place it as occluded if you can guess within its circle"


class SigmaSource(StrEnum):
    """Where a keypoint's OKS sigma comes from."""

    MEASURED = "measured"
    ADAPTED = "adapted"
    GUESS = "guess"


@dataclass(frozen=True, slots=True)
class Keypoint:
    """One named node of a skeleton.

    Attributes:
        id: permanent; data refer to it, whatever the name or the order become.
        name: what people and exported files see; unique in the skeleton.
        color: "#RRGGBB", or "" for the colour of the side.
        partner: id of the keypoint of the other side, or "".
        parent: id of the keypoint that this one hangs from, or "".
        sigma: OKS falloff as a fraction of the subject's scale. Source: COCO keypoint evaluation.
        hotkey: "1" to "9" or "0", or "".
        required: a frame is not complete without a decision about it.
        retired: kept with its data, but neither placed nor exported.
        where: "Where exactly", the sentence shown to annotators.
    """

    id: str
    name: str
    color: str = ""
    side: Side = Side.CENTRE
    partner: str = ""
    parent: str = ""
    sigma: float = 0.05
    sigma_source: SigmaSource = SigmaSource.GUESS
    hotkey: str = ""
    required: bool = False
    retired: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A named group of a skeleton's keypoints: body, left hand, club."""

    name: str
    keypoints: tuple[str, ...]


@dataclass(frozen=True)
class Skeleton:
    """The definition of one class of subject. Immutable: edits return a new one.

    The order of `keypoints` is the K axis of every array, and the order of exports.

    Attributes:
        id: permanent, shared by projects made from the same template.
        edges: pairs of keypoint ids.
        layout: ((x, y), ...) per keypoint, a reference pose in a unit box, y down.
        visibility_policy: what "occluded" means in this project, one sentence.
        version: counts the changes of the definition.
        extra: JSON object text, fields of an import that we do not know; "" when none.
    """

    id: str
    name: str
    keypoints: tuple[Keypoint, ...]
    edges: tuple[tuple[str, str], ...] = ()
    layout: tuple[tuple[float, float], ...] = ()
    supercategory: str = ""
    visibility_policy: str = DEFAULT_POLICY
    parts: tuple[Part, ...] = ()
    version: int = 1
    extra: str = ""
    _index: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._index.update({keypoint.id: k for k, keypoint in enumerate(self.keypoints)})
        _validate(self)
        if not self.layout:
            object.__setattr__(self, "layout", _column_layout(len(self.keypoints)))

    def __len__(self) -> int:
        return len(self.keypoints)

    def __hash__(self) -> int:
        """Hash what tells skeletons apart; hashing every keypoint would cost more than most look-ups save."""
        return hash((self.id, self.version, len(self.keypoints)))

    def index(self, keypoint_id: str) -> int:
        """Return the position of a keypoint on the K axis."""
        return self._index[keypoint_id]

    def index_of_name(self, name: str) -> int | None:
        return self._index_of_name.get(name)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(keypoint.name for keypoint in self.keypoints)

    @cached_property
    def _index_of_name(self) -> dict[str, int]:
        return {name: k for k, name in enumerate(self.names)}

    @cached_property
    def edge_indices(self) -> tuple[tuple[int, int], ...]:
        """Edges as positions on the K axis, 0-based."""
        return tuple((self._index[a], self._index[b]) for a, b in self.edges)

    @cached_property
    def flip_indices(self) -> tuple[int, ...]:
        """Per keypoint the position of its partner, or its own; an involution."""
        return tuple(
            self._index[keypoint.partner] if keypoint.partner else k for k, keypoint in enumerate(self.keypoints)
        )

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Mirror pairs as positions, each once."""
        return tuple((k, j) for k, j in enumerate(self.flip_indices) if k < j)

    @cached_property
    def sigmas(self) -> tuple[float, ...]:
        return tuple(keypoint.sigma for keypoint in self.keypoints)

    @cached_property
    def placeable(self) -> tuple[int, ...]:
        """Positions of the keypoints that are not retired."""
        return tuple(k for k, keypoint in enumerate(self.keypoints) if not keypoint.retired)

    def below(self, k: int) -> tuple[int, ...]:
        """Return the positions of all keypoints that hang from `k`, directly or through others."""
        found: list[int] = [k]
        for upper in found:  # grows while it is walked
            id_ = self.keypoints[upper].id
            found += [n for n, keypoint in enumerate(self.keypoints) if keypoint.parent == id_ and n not in found]
        return tuple(found[1:])

    def renamed(self, name: str) -> "Skeleton":
        return replace(self, name=name)


def _validate(skeleton: Skeleton) -> None:
    """Raise `ModelError` for the first rule that the definition breaks."""
    label = f"skeleton {skeleton.name!r}"
    if not skeleton.id or not skeleton.name:
        raise ModelError(f"{label} needs an id and a name")
    if len(skeleton._index) != len(skeleton.keypoints):
        raise ModelError(f"{label} uses a keypoint id twice: give each keypoint its own")
    seen: set[str] = set()
    for keypoint in skeleton.keypoints:
        if not keypoint.name:
            raise ModelError(f"{label} has a keypoint without a name: name it")
        if keypoint.name in seen:
            raise ModelError(f"{label} names {keypoint.name!r} twice: rename one of them")
        seen.add(keypoint.name)
        if not 0 < keypoint.sigma < 10:
            raise ModelError(f"{label}: the sigma of {keypoint.name!r} is {keypoint.sigma}: it must be above 0")
    for keypoint in skeleton.keypoints:
        _validate_relations(skeleton, keypoint, label)
    for a, b in skeleton.edges:
        if a not in skeleton._index or b not in skeleton._index:
            raise ModelError(f"{label} has the edge {a}-{b}, whose keypoints do not both exist: remove it")
        if a == b:
            raise ModelError(f"{label} has an edge from {a} to itself: remove it")
    if skeleton.layout and len(skeleton.layout) != len(skeleton.keypoints):
        raise ModelError(
            f"{label} has {len(skeleton.layout)} layout positions for {len(skeleton.keypoints)} keypoints: "
            "give one for each"
        )
    for part in skeleton.parts:
        for keypoint_id in part.keypoints:
            if keypoint_id not in skeleton._index:
                raise ModelError(f"{label}: part {part.name!r} names {keypoint_id!r}, which does not exist")


def _validate_relations(skeleton: Skeleton, keypoint: Keypoint, label: str) -> None:
    if keypoint.partner:
        if keypoint.partner not in skeleton._index:
            raise ModelError(f"{label}: the partner of {keypoint.name!r} does not exist: choose another")
        partner = skeleton.keypoints[skeleton._index[keypoint.partner]]
        if partner.partner != keypoint.id:
            raise ModelError(
                f"{label}: {keypoint.name!r} is paired with {partner.name!r}, but not the other way: pair both"
            )
        if partner.id == keypoint.id:
            raise ModelError(f"{label}: {keypoint.name!r} is its own partner: leave the partner empty")
        if {keypoint.side, partner.side} not in ({Side.LEFT, Side.RIGHT}, {Side.CENTRE}):
            raise ModelError(
                f"{label}: {keypoint.name!r} ({keypoint.side}) and its partner {partner.name!r} "
                f"({partner.side}) must be left and right"
            )
    if keypoint.parent and keypoint.parent not in skeleton._index:
        raise ModelError(f"{label}: the parent of {keypoint.name!r} does not exist: choose another")


def _column_layout(count: int) -> tuple[tuple[float, float], ...]:
    """Return a plain zigzag for a skeleton that nobody has drawn yet."""
    step = 1.0 / max(count - 1, 1)
    return tuple((0.4 + 0.2 * (k % 2), k * step) for k in range(count))


def skeleton_from_names(id_: str, name: str, names: Iterable[str]) -> Skeleton:
    """Build a skeleton from keypoint names: sides, partners and hot keys come from the names."""
    cleaned = [n.strip() for n in names if n.strip()]
    partners = partner_names(cleaned)
    keypoints = tuple(
        Keypoint(
            id=keypoint_name,
            name=keypoint_name,
            side=side_of_name(keypoint_name) if keypoint_name in partners else Side.CENTRE,
            partner=partners.get(keypoint_name, ""),
            hotkey=str((k + 1) % 10) if k < 10 else "",
        )
        for k, keypoint_name in enumerate(cleaned)
    )
    if not keypoints:
        raise ModelError(f"skeleton {name!r} has no keypoints: write one name per line")
    return Skeleton(id=id_, name=name, keypoints=keypoints)


_SIDE_WORDS = (
    ("left", "right"),
    ("Left", "Right"),
    ("LEFT", "RIGHT"),
    ("near", "off"),
    ("Near", "Off"),
)


def mirrored_name(name: str) -> str | None:
    """Return `name` with the side exchanged (left_eye to right_eye), or None when it names no side.

    Understands left/right, near/off, L_ and _L forms, a leading or trailing L or R beside a capital, a digit
    or the end: `LWrist`, `eyeL`, `forelegL1`.
    """
    for left, right in _SIDE_WORDS:
        if left in name:
            return name.replace(left, right, 1)
        if right in name:
            return name.replace(right, left, 1)
    swap = {"L": "R", "R": "L", "l": "r", "r": "l"}
    for k, letter in enumerate(name):
        if letter not in swap:
            continue
        before = name[k - 1] if k else ""
        after = name[k + 1] if k + 1 < len(name) else ""
        separated = before in ("", "_", "-", ".", " ") and after in ("", "_", "-", ".", " ")
        capital_prefix = letter.isupper() and before == "" and after.isupper()
        capital_suffix = letter.isupper() and before.islower() and (after == "" or after.isdigit())
        if (separated and len(name) > 1) or capital_prefix or capital_suffix:
            return name[:k] + swap[letter] + name[k + 1 :]
    return None


def side_of_name(name: str) -> Side:
    """Return the side that a name tells, CENTRE when it tells none."""
    mirrored = mirrored_name(name)
    if mirrored is None:
        return Side.CENTRE
    for left, right in _SIDE_WORDS:
        if left in name:
            return Side.LEFT
        if right in name:
            return Side.RIGHT
    changed = next(a for a, b in zip(name, mirrored, strict=True) if a != b)
    return Side.LEFT if changed in "lL" else Side.RIGHT


def partner_names(names: Iterable[str]) -> dict[str, str]:
    """Return for each name its mirror partner among `names`; mutual by construction."""
    known = list(names)
    present = set(known)
    partners = {}
    for name in known:
        mirrored = mirrored_name(name)
        if mirrored is not None and mirrored in present and mirrored != name:
            partners[name] = mirrored
    return {a: b for a, b in partners.items() if partners.get(b) == a}
