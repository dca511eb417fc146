"""Which skeleton of a project the instances of a file get: matched by id, then by name, by hand, never by position."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from annotator.errors import FormatError
from annotator.model.names import match_names, suggest_names
from annotator.model.skeleton import Skeleton
from annotator.model.templates import templates


@dataclass(frozen=True, slots=True)
class SkeletonMatch:
    """Which skeleton the instances of one class of the file get.

    Attributes:
        theirs: as the file defines it.
        ours: in the project afterwards.
        order: for each keypoint of `ours` its position in `theirs`, -1 where the file has none.
        is_new: the import adds it to the project.
    """

    theirs: Skeleton
    ours: Skeleton
    order: tuple[int, ...]
    is_new: bool

    @property
    def unmatched(self) -> tuple[str, ...]:
        """Names of the file's keypoints that have no place."""
        return tuple(name for k, name in enumerate(self.theirs.names) if k not in self.order)

    @property
    def suggestions(self) -> dict[str, str]:
        """For names without a place, the id of the open keypoint of ours that is spelled most alike."""
        return suggest_names(self.theirs.names, self.ours, self.order)


def match_skeleton(theirs: Skeleton, project: Mapping[str, Skeleton], several: bool = False) -> SkeletonMatch:
    """Find the skeleton for a class of a file: the project's with these keypoints, a template with them, or a new one.

    A template lends sides, pairs, sigmas, layout and colours; order and edges stay the file's.

    Args:
        theirs: as the file defines it.
        project: skeletons by id.
        several: the file has several classes, so each needs a skeleton of its own name.
    """
    known = _known(theirs, project, several)
    if known is not None:
        return SkeletonMatch(theirs, known, match_names(theirs.names, known), is_new=False)
    template = _matching_template(theirs)
    if template is None:
        return _new(theirs, theirs, project)
    ours = _after_template(theirs, template)
    if several or ours.id in project:
        ours = replace(ours, id=theirs.id)
    return _new(theirs, ours, project)


def match_chosen(
    theirs: Skeleton, ours: Skeleton | None, by_hand: Mapping[str, str], project: Mapping[str, Skeleton]
) -> SkeletonMatch:
    """Give a class of a file the skeleton that a person chose for it.

    Args:
        theirs: as the file defines it.
        ours: of the project, or a template; None is a new one as the file has it.
        by_hand: keypoint of the file to ours, by id or name; "" leaves it out. All others go by id and name.
        project: skeletons by id.

    Raises:
        FormatError: `by_hand` names a keypoint that is not there, or one of ours twice.
    """
    if ours is None:
        return _new(theirs, theirs, project)
    ids = {name: _id_by_hand(name, target, ours) for name, target in by_hand.items() if name in theirs.names}
    placed: dict[str, str] = {}
    for name, id_ in ids.items():
        if id_ and placed.setdefault(id_, name) != name:
            raise FormatError(f"{placed[id_]} and {name} cannot both become {id_}: map one of them to another")
    return SkeletonMatch(theirs, ours, match_names(theirs.names, ours, by_hand=ids), is_new=ours.id not in project)


def skeleton_holding(theirs: Skeleton, by_hand: Mapping[str, str], project: Mapping[str, Skeleton]) -> Skeleton:
    """Return the one skeleton of the project that has all the keypoints which `by_hand` leads to.

    Raises:
        FormatError: there is none, or several.
    """
    targets = [target for name, target in by_hand.items() if target and name in theirs.names]
    holding = [ours for ours in project.values() if all(_find(target, ours) is not None for target in targets)]
    if len(holding) == 1:
        return holding[0]
    what = "no skeleton of the project has" if not holding else f"{len(holding)} skeletons of the project have"
    raise FormatError(f"{what} {', '.join(targets)}: name the one that {theirs.name} gets (--skeleton ID)")


def _id_by_hand(name: str, target: str, ours: Skeleton) -> str:
    k = _find(target, ours) if target else None
    if k is None and target:
        raise FormatError(f"{name} cannot become {target}: {ours.name} has no such keypoint to place")
    return ours.keypoints[k].id if k is not None else ""


def _find(target: str, ours: Skeleton) -> int | None:
    """Return the placeable keypoint with this id or name."""
    for k in ours.placeable:
        if target in (ours.keypoints[k].id, ours.keypoints[k].name):
            return k
    return None


def _matching_template(theirs: Skeleton) -> Skeleton | None:
    """Return the template with exactly the keypoints of a file; of several the one of that name, or of that order.

    People, people in art and monkeys have the same names; so have hands that count from either end.
    """
    sized = (template.skeleton for template in templates() if len(template.names) == len(theirs))
    found = [skeleton for skeleton in sized if _has_names(skeleton, theirs.names)]
    return max(found, key=lambda ours: (ours.name == theirs.name, ours.names == theirs.names), default=None)


def _known(theirs: Skeleton, project: Mapping[str, Skeleton], several: bool) -> Skeleton | None:
    """Return the project's skeleton with these keypoints: that of the same name, else the only one of its kind."""
    fitting = [ours for ours in project.values() if _has_names(ours, theirs.names)]
    for ours in fitting:
        if ours.name == theirs.name:
            return ours
    if not several:
        return fitting[0] if len(fitting) == 1 else None
    if all(ours.name != theirs.name for ours in project.values()):
        return None
    # Another skeleton has the name: an earlier import gave this one a number behind it.
    return next((ours for ours in fitting if re.fullmatch(rf"{re.escape(theirs.name)} \d+", ours.name)), None)


def _has_names(skeleton: Skeleton, names: Sequence[str]) -> bool:
    """Tell whether names are exactly the skeleton's placeable keypoints, each by its id or its name."""
    if len(names) != len(skeleton.placeable):
        return False
    sources = match_names(names, skeleton)
    return all(sources[k] >= 0 for k in skeleton.placeable)


def _after_template(theirs: Skeleton, template: Skeleton) -> Skeleton:
    """Return a template with the order, the edges and the names of a file."""
    sources = match_names(theirs.names, template)
    order = sorted(range(len(template)), key=lambda k: sources[k])
    id_of = {theirs.keypoints[n].id: template.keypoints[k].id for k, n in enumerate(sources)}
    return replace(
        template,
        name=theirs.name,
        supercategory=theirs.supercategory or template.supercategory,
        keypoints=tuple(template.keypoints[k] for k in order),
        layout=tuple(template.layout[k] for k in order),
        edges=tuple((id_of[a], id_of[b]) for a, b in theirs.edges) or template.edges,
        extra=theirs.extra,
    )


def _new(theirs: Skeleton, ours: Skeleton, project: Mapping[str, Skeleton]) -> SkeletonMatch:
    """Add a skeleton under an id and a name that are free: files tell skeletons apart by their names."""
    id_, number = ours.id, 2
    while id_ in project:
        id_, number = f"{ours.id}-{number}", number + 1
    name, number = ours.name, 2
    while any(name == known.name for known in project.values()):
        name, number = f"{ours.name} {number}", number + 1
    return SkeletonMatch(theirs, replace(ours, id=id_, name=name), tuple(range(len(theirs))), is_new=True)
