"""What an import may be decided about, and what its preview says, in words. No Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from annotator.formats.exchange import Preview, SkeletonMatch
from annotator.formats.matching import match_chosen
from annotator.formats.preview import labeled_counts
from annotator.model.names import match_names, suggest_names
from annotator.model.skeleton import Skeleton
from annotator.model.templates import templates

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class SkeletonChoice:
    """A skeleton that the instances of a file may get.

    Attributes:
        title: "person, in the project: 17 of 17".
        skeleton: None takes it as the file has it.
    """

    title: str
    skeleton: Skeleton | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about one class of a file.

    Attributes:
        skeleton: None is a new one, as in the file.
        by_hand: keypoint of the file to the id of ours; "" leaves it out.
        similar: those of `by_hand` that were filled in because names are spelled alike, and not touched since.
    """

    skeleton: Skeleton | None
    by_hand: Mapping[str, str] = field(default_factory=dict)
    similar: frozenset[str] = frozenset()


class How(StrEnum):
    """Why a keypoint of the file becomes one of ours."""

    NAME = "same name"
    SIMILAR = "similar name"
    HAND = "by hand"
    OUT = "left out"


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A keypoint of the file, and what it becomes.

    Attributes:
        count: how often it is labeled in the file.
        ours: name of our keypoint; "" where it is left out.
    """

    name: str
    count: int
    ours: str
    how: How


def skeleton_choices(theirs: Skeleton, project: Mapping[str, Skeleton]) -> list[SkeletonChoice]:
    """Return what the class `theirs` of a file can become: best first.

    Left out is a template that lacks more than half of its keypoints.
    """
    found = []
    for choice in _offered(project):
        assert choice.skeleton is not None
        sources = match_names(theirs.names, choice.skeleton)
        shared = sum(k >= 0 for k in sources)
        similar = len(suggest_names(theirs.names, choice.skeleton, sources))
        is_ours = choice.skeleton.id in project
        if is_ours or 2 * (shared + similar) >= len(theirs):
            words = f"{choice.title}: {shared} of {len(theirs)}" + (f", {similar} similar" if similar else "")
            rank = (-shared - similar, not is_ours, len(choice.skeleton))
            found.append((rank, replace(choice, title=words)))
    found.sort(key=lambda each: each[0])
    return [*(choice for _, choice in found), SkeletonChoice(f"{theirs.name}, as in the file", None)]


def counted_choices(count: int, project: Mapping[str, Skeleton]) -> list[SkeletonChoice]:
    """Return the skeletons with `count` keypoints, for a class that does not name its keypoints."""
    return [choice for choice in _offered(project) if choice.skeleton is not None and len(choice.skeleton) == count]


def _offered(project: Mapping[str, Skeleton]) -> list[SkeletonChoice]:
    ours = [SkeletonChoice(f"{one.name}, in the project", one) for one in project.values()]
    shipped = [
        SkeletonChoice(f"{template.title}, {template.subtitle}", template.skeleton)
        for template in templates()
        if template.id not in project
    ]
    return ours + shipped


def position_of(match: SkeletonMatch, choices: list[SkeletonChoice]) -> int:
    """Return which of the choices a match is: the project's skeleton, a template, or the last, as in the file."""
    ids = [choice.skeleton.id if choice.skeleton is not None else "" for choice in choices]
    return ids.index(match.ours.id) if match.ours.id in ids else len(choices) - 1


def choose(theirs: Skeleton, skeleton: Skeleton | None, project: Mapping[str, Skeleton]) -> Decision:
    """Decide for a skeleton; names that are spelled alike are filled in, for the person to check."""
    similar = match_chosen(theirs, skeleton, _NOTHING, project).suggestions
    return Decision(skeleton, similar, frozenset(similar))


def map_keypoint(decision: Decision, match: SkeletonMatch, name: str, id_: str) -> Decision:
    """Decide what one keypoint of the file becomes; what had that place before is left out.

    Args:
        decision: so far.
        match: what came of it.
        name: of the file's keypoint.
        id_: of ours; "" leaves it out.
    """
    by_hand = dict(decision.by_hand)
    if id_:
        before = match.order[match.ours.index(id_)]
        if before >= 0:
            by_hand[match.theirs.names[before]] = ""
    by_hand[name] = id_
    similar = frozenset(one for one in decision.similar - {name} if by_hand[one])
    return Decision(decision.skeleton, by_hand, similar)


def decided(preview: Preview, decisions: Mapping[str, Decision], project: Mapping[str, Skeleton]) -> Preview:
    """Return the preview of a file with what was decided about its classes, by their names."""
    matches = tuple(
        match_chosen(match.theirs, decision.skeleton, decision.by_hand, project)
        if (decision := decisions.get(planned.name)) is not None
        else match
        for planned, match in zip(preview.plan.instances, preview.matches, strict=True)
    )
    return replace(preview, matches=matches)


def mapping_rows(preview: Preview, number: int, decision: Decision | None) -> tuple[MappingRow, ...]:
    """Return what becomes of the keypoints of a class, those first that have not simply the same name.

    Empty where names settle everything.

    Args:
        preview: of the file.
        number: of the class in it.
        decision: about the class.
    """
    match = preview.matches[number]
    if decision is None and not match.unmatched:
        return ()
    by_hand = decision.by_hand if decision is not None else _NOTHING
    similar = decision.similar if decision is not None else frozenset()
    if not match.unmatched and not by_hand:
        return ()
    ours = {n: match.ours.names[k] for k, n in enumerate(match.order) if n >= 0}
    rows = []
    counts = labeled_counts(preview.plan.instances[number])
    for n, (name, count) in enumerate(zip(match.theirs.names, counts, strict=True)):
        how = How.OUT if n not in ours else How.NAME
        if n in ours and name in by_hand:
            how = How.SIMILAR if name in similar else How.HAND
        rows.append(MappingRow(name, count, ours.get(n, ""), how))
    return tuple(sorted(rows, key=lambda row: row.how is How.NAME))


def facts_of(preview: Preview) -> list[tuple[str, str]]:
    """Return what an import would bring, as names and values."""
    pictures = f"{preview.found:,} found"
    if preview.missing:
        pictures += f", {preview.missing:,} missing"
    if preview.known:
        pictures += f", {preview.known:,} in the project already"
    states = f"{preview.visible:,} visible, {preview.occluded:,} occluded, {preview.unlabeled:,} unlabeled"
    rows = [("Pictures", pictures), ("Instances", f"{preview.instances:,}"), ("Keypoints", states)]
    for planned, match in zip(preview.plan.instances, preview.matches, strict=True):
        rows.append((f"Skeleton {planned.name}", _became(match)))
    return rows


def mapping_summary(rows: tuple[MappingRow, ...]) -> str:
    """Return "14 of 17 have a place, 3 by similar names"."""
    placed = sum(row.how is not How.OUT for row in rows)
    similar = sum(row.how is How.SIMILAR for row in rows)
    doubt = f", {similar} by similar names: check them" if similar else ""
    return f"{placed} of {len(rows)} have a place{doubt}"


def counted(count: int, noun: str) -> str:
    """Return "1 instance", "1,604 instances"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def sentence_of(note: str) -> str:
    """Return a note as a sentence, without its full stop."""
    return f"{note[:1].upper()}{note[1:]}".removesuffix(".")


def _became(match: SkeletonMatch) -> str:
    what = f"{match.ours.name}, {counted(len(match.ours), 'keypoint')}"
    return f"{what}, new in the project" if match.is_new else f"{what}, in the project"
