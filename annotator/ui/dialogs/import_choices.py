"""What an import may be decided about, and what its preview says, in words. No Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from annotator.formats.exchange import Preview, SkeletonMatch, match_skeleton
from annotator.model.names import match_names
from annotator.model.skeleton import Skeleton
from annotator.model.templates import templates


@dataclass(frozen=True, slots=True)
class SkeletonChoice:
    """A skeleton that the instances of a file may get.

    Attributes:
        title: "person, in the project: 17 of 17".
        skeleton: None takes it as the file has it.
    """

    title: str
    skeleton: Skeleton | None


def skeleton_choices(theirs: Skeleton, project: Mapping[str, Skeleton]) -> list[SkeletonChoice]:
    """Return what the class `theirs` of a file can become, best first; what shares no keypoint is left out."""
    best = match_skeleton(theirs, project).ours
    offered = [SkeletonChoice(f"{one.name}, in the project", one) for one in project.values()]
    offered += [
        SkeletonChoice(f"{template.title}, {template.subtitle}", template.skeleton)
        for template in templates()
        if template.skeleton.id not in project
    ]
    found = []
    for choice in offered:
        assert choice.skeleton is not None
        shared = sum(k >= 0 for k in match_names(theirs.names, choice.skeleton))
        if shared:
            title = f"{choice.title}: {shared} of {len(theirs)}"
            found.append((choice.skeleton.id != best.id, -shared, replace(choice, title=title)))
    found.sort(key=lambda each: each[:2])
    return [*(choice for _, _, choice in found), SkeletonChoice(f"{theirs.name}, as in the file", None)]


def counted_choices(count: int, project: Mapping[str, Skeleton]) -> list[SkeletonChoice]:
    """Return the skeletons with `count` keypoints, for a file that does not name its keypoints."""
    offered = [SkeletonChoice(f"{one.name}, in the project", one) for one in project.values()]
    offered += [
        SkeletonChoice(f"{template.title}, {template.subtitle}", template.skeleton)
        for template in templates()
        if template.skeleton.id not in project
    ]
    return [choice for choice in offered if choice.skeleton is not None and len(choice.skeleton) == count]


def with_skeleton(preview: Preview, skeleton: Skeleton | None, project: Mapping[str, Skeleton]) -> Preview:
    """Return the preview of a file with one class of subject with that skeleton for it; by name, never by position."""
    theirs = preview.plan.instances[0].skeleton
    ours = theirs if skeleton is None else skeleton
    order = tuple(range(len(theirs))) if skeleton is None else match_names(theirs.names, ours)
    match = SkeletonMatch(theirs, ours, order, is_new=ours.id not in project)
    return replace(preview, matches=(match,))


def facts_of(preview: Preview) -> list[tuple[str, str]]:
    """Return what an import would bring, as names and values."""
    pictures = f"{preview.found:,} found"
    if preview.missing:
        pictures += f", {preview.missing:,} missing"
    if preview.known:
        pictures += f", {preview.known:,} in the project already"
    states = f"{preview.visible:,} visible, {preview.occluded:,} occluded, {preview.unlabeled:,} unlabeled"
    rows = [("Pictures", pictures), ("Instances", f"{preview.instances:,}"), ("Keypoints", states)]
    rows += [(f"Skeleton {match.theirs.name}", _became(match)) for match in preview.matches]
    return rows


def counted(count: int, noun: str) -> str:
    """Return "1 instance", "1,604 instances"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def sentence_of(note: str) -> str:
    """Return a note as a sentence, without its full stop."""
    return f"{note[:1].upper()}{note[1:]}".removesuffix(".")


def _became(match: SkeletonMatch) -> str:
    what = f"{match.ours.name}, {counted(len(match.ours), 'keypoint')}"
    return f"{what}, new in the project" if match.is_new else f"{what}, in the project"
