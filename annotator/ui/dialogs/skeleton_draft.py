"""A skeleton while it is being made: names as typed, positions as dragged, edges as clicked. No Qt.

Everything that follows from names (sides, partners, hot keys, where an untouched keypoint stands) is derived, so
that a name typed later finds its partner by itself.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from annotator.model.sides import Side
from annotator.model.skeleton import Keypoint, Part, Skeleton, partner_names, side_of_name

XY = tuple[float, float]

_COLUMNS: Final = {Side.RIGHT: 0.3, Side.CENTRE: 0.5, Side.LEFT: 0.7}
"""Where untouched keypoints stand: the subject looks at us, so its left is at our right."""
_EDGE: Final = 0.06


@dataclass(frozen=True, slots=True)
class SkeletonDraft:
    """What was typed, dragged and clicked so far. Immutable: steps return a new one.

    Attributes:
        text: keypoint names, one a line, as they stand in the editor.
        ids: keypoint id of each name; a line that is typed over keeps its id.
        placed: positions in the unit box of the keypoints that somebody put in place.
        edges: pairs of keypoint ids.
        mirrors: a keypoint that is moved takes its partner along, mirrored.
        base: the skeleton that this began as a copy of.
    """

    text: str = ""
    ids: tuple[str, ...] = ()
    placed: Mapping[str, XY] = field(default_factory=lambda: MappingProxyType({}))
    edges: tuple[tuple[str, str], ...] = ()
    mirrors: bool = True
    base: Skeleton | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names in their order, each once."""
        return tuple(dict.fromkeys(_lines(self.text)))

    @property
    def error(self) -> str:
        """What is wrong with the names, or ""."""
        lines = _lines(self.text)
        if not lines:
            return "Write the name of each keypoint on its own line."
        twice = next((name for k, name in enumerate(lines) if name in lines[:k]), None)
        return f"{twice} stands here twice: rename one of them." if twice is not None else ""

    def with_text(self, text: str) -> "SkeletonDraft":
        """Take the names as they are typed now; what keeps its name or its line keeps id, place and edges."""
        before = dict(zip(self.names, self.ids, strict=True))
        names = tuple(dict.fromkeys(_lines(text)))
        kept = {name: before[name] for name in names if name in before}
        if len(names) == len(self.names):  # a line was typed over: the same keypoint under another name
            lost = [name for name in self.names if name not in names]
            fresh = [name for name in names if name not in before]
            kept |= {new: before[old] for old, new in zip(lost, fresh, strict=False)}
        taken = set(kept.values())
        ids = []
        for name in names:
            id_ = kept.get(name) or _free_id(name, taken)
            taken.add(id_)
            ids.append(id_)
        known = set(ids)
        return replace(
            self,
            text=text,
            ids=tuple(ids),
            placed=MappingProxyType({id_: xy for id_, xy in self.placed.items() if id_ in known}),
            edges=tuple((a, b) for a, b in self.edges if a in known and b in known),
        )

    def moved(self, k: int, xy: XY) -> "SkeletonDraft":
        """Put keypoint `k` somewhere in the unit box, and its partner opposite."""
        x, y = (min(max(value, 0.0), 1.0) for value in xy)
        placed = {**self.placed, self.ids[k]: (x, y)}
        partner = self.partners.get(k)
        if self.mirrors and partner is not None:
            placed[self.ids[partner]] = (1 - x, y)
        return replace(self, placed=MappingProxyType(placed))

    def with_edge_toggled(self, a: int, b: int) -> "SkeletonDraft":
        """Join two keypoints, or part them."""
        edge = (self.ids[a], self.ids[b])
        kept = tuple(each for each in self.edges if set(each) != set(edge))
        return replace(self, edges=kept if len(kept) < len(self.edges) else (*self.edges, edge))

    @property
    def edge_indices(self) -> tuple[tuple[int, int], ...]:
        index = {id_: k for k, id_ in enumerate(self.ids)}
        return tuple((index[a], index[b]) for a, b in self.edges)

    @property
    def partners(self) -> dict[int, int]:
        """Mirror partner by position, both ways: the copied skeleton's where names are unchanged, else from names."""
        names = self.names
        index = {id_: k for k, id_ in enumerate(self.ids)}
        found: dict[int, int] = {}
        for k, keypoint in self._unchanged.items():
            other = index.get(keypoint.partner)
            if other is not None and other in self._unchanged:
                found[k] = other
        by_name = {name: k for k, name in enumerate(names)}
        for name, partner in partner_names(names).items():
            k, other = by_name[name], by_name[partner]
            sides = {side_of_name(name), side_of_name(partner)}
            if k not in found and other not in found.values() and sides == {Side.LEFT, Side.RIGHT}:
                found[k] = other
        return {k: other for k, other in found.items() if found.get(other) == k}

    @property
    def sides(self) -> tuple[Side, ...]:
        partners, unchanged = self.partners, self._unchanged
        return tuple(
            unchanged[k].side if k in unchanged else side_of_name(name) if k in partners else Side.CENTRE
            for k, name in enumerate(self.names)
        )

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs as positions, the left one first."""
        sides = self.sides
        return tuple(
            (other, k) if sides[k] is Side.RIGHT else (k, other) for k, other in self.partners.items() if k < other
        )

    @property
    def layout(self) -> tuple[XY, ...]:
        """(x, y) in the unit box: where it was put, else opposite its partner, else in rows from top to bottom."""
        partners, sides = self.partners, self.sides
        rows = [k for k in range(len(self.ids)) if k not in partners or k < partners[k]]
        step = (1 - 2 * _EDGE) / max(len(rows) - 1, 1)
        height = {k: _EDGE + row * step for row, k in enumerate(rows)}
        found = []
        for k, id_ in enumerate(self.ids):
            partner = partners.get(k)
            opposite = self.placed.get(self.ids[partner]) if partner is not None else None
            if id_ in self.placed:
                found.append(self.placed[id_])
            elif opposite is not None and self.mirrors:
                found.append((1 - opposite[0], opposite[1]))
            else:
                row = k if k in height or partner is None else partner
                found.append((_COLUMNS[sides[k]], height[row]))
        return tuple(found)

    def skeleton(self, name: str) -> Skeleton:
        """Return the finished skeleton, under a fresh id.

        Raises:
            ModelError: the name is empty, or `error` says what is wrong.
        """
        partners, sides = self.partners, self.sides
        base = {keypoint.id: keypoint for keypoint in self.base.keypoints} if self.base else {}
        keypoints = []
        for k, (id_, keypoint_name) in enumerate(zip(self.ids, self.names, strict=True)):
            keypoint = base.get(id_, Keypoint(id_, keypoint_name))
            partner = partners.get(k)
            keypoints.append(
                replace(
                    keypoint,
                    name=keypoint_name,
                    side=sides[k],
                    partner="" if partner is None else self.ids[partner],
                    parent=keypoint.parent if keypoint.parent in self.ids else "",
                    hotkey=str((k + 1) % 10) if k < 10 else "",
                    retired=False,
                )
            )
        new = Skeleton(uuid.uuid4().hex, name.strip(), tuple(keypoints), self.edges, self.layout if keypoints else ())
        if self.base is None:
            return new
        return replace(
            new,
            supercategory=self.base.supercategory,
            visibility_policy=self.base.visibility_policy,
            parts=_kept_parts(self.base.parts, self.ids),
        )

    @property
    def _unchanged(self) -> dict[int, Keypoint]:
        """The keypoints of the copied skeleton that still have their names, by position here."""
        base = {keypoint.id: keypoint for keypoint in self.base.keypoints} if self.base else {}
        return {
            k: base[id_]
            for k, (id_, name) in enumerate(zip(self.ids, self.names, strict=True))
            if id_ in base and base[id_].name == name
        }


def copy_of(skeleton: Skeleton) -> SkeletonDraft:
    """Return a draft that begins as a copy of `skeleton`, without its retired keypoints."""
    shown = skeleton.placeable
    ids = tuple(skeleton.keypoints[k].id for k in shown)
    return SkeletonDraft(
        text="\n".join(skeleton.names[k] for k in shown),
        ids=ids,
        placed=MappingProxyType({skeleton.keypoints[k].id: skeleton.layout[k] for k in shown}),
        edges=tuple((a, b) for a, b in skeleton.edges if a in ids and b in ids),
        mirrors=False,  # a reference pose is rarely symmetric: moving one keypoint must not move another
        base=skeleton,
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _free_id(name: str, taken: set[str]) -> str:
    """Return the name as an id, with a number where a renamed keypoint has it already."""
    id_, number = name, 2
    while id_ in taken:
        id_, number = f"{name}_{number}", number + 1
    return id_


def _kept_parts(parts: Iterable[Part], ids: tuple[str, ...]) -> tuple[Part, ...]:
    kept = (Part(part.name, tuple(id_ for id_ in part.keypoints if id_ in ids)) for part in parts)
    return tuple(part for part in kept if part.keypoints)
