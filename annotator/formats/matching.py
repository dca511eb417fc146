"""Which skeleton of a project the instances of a file get: matched by id, then by name, never by position."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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


def match_skeleton(theirs: Skeleton, project: Mapping[str, Skeleton], several: bool = False) -> SkeletonMatch:
    """Find the skeleton for a class of a file: the project's with these keypoints, a template with them, or a new one.

    A template lends sides, pairs, sigmas, layout and colours; order and edges stay the file's.

    Args:
        theirs: as the file defines it.
        project: skeletons by id.
        several: the file has several classes, so each needs a skeleton of its own name.
    """
    for ours in project.values():
        if _has_names(ours, theirs.names) and (not several or ours.name == theirs.name):
            return SkeletonMatch(theirs, ours, match_names(theirs.names, ours), is_new=False)
    for template in templates():
        if _has_names(template.skeleton, theirs.names):
            ours = _after_template(theirs, template.skeleton)
            if several or ours.id in project:
                ours = replace(ours, id=theirs.id)
            return _new(theirs, ours, project)
    return _new(theirs, theirs, project)


def match_names(names: Sequence[str], skeleton: Skeleton) -> tuple[int, ...]:
    """Return for each keypoint of `skeleton` its position in `names`, by id, then by name, or -1; retired ones: -1."""
    position = {name: n for n, name in enumerate(names)}
    sources = [-1] * len(skeleton)
    for keys in ([keypoint.id for keypoint in skeleton.keypoints], skeleton.names):
        used = set(sources)
        for k in skeleton.placeable:
            n = position.get(keys[k], -1)
            if sources[k] < 0 and n not in used:
                sources[k] = n
    return tuple(sources)


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
    id_, number = ours.id, 2
    while id_ in project:
        id_, number = f"{ours.id}-{number}", number + 1
    return SkeletonMatch(theirs, replace(ours, id=id_), tuple(range(len(theirs))), is_new=True)
