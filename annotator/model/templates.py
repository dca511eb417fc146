"""The library of shipped skeletons, read from `resources/skeletons/`.

A list of the library costs a look into each file; a skeleton is made when somebody asks for it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from annotator.bundle import bundled
from annotator.errors import AnnotatorError
from annotator.model.skeleton import Skeleton
from annotator.model.skeleton_file import decode_heading, read_skeleton

GROUPS: Final = ("People", "Hands and faces", "Animals", "Sports")
"""The groups of the library, in its order."""

_COMMON_BELOW: Final = 100
"""The order of the first template that is not among the common ones."""


@dataclass(frozen=True, eq=False)
class Template:
    """A shipped skeleton and how the library shows it.

    Attributes:
        id: of the skeleton.
        names: of its keypoints, in their order.
        title: "Person with feet".
        subtitle: "Halpe 26".
        group: one of `GROUPS`.
        order: place in the library; the common ones come first.
        source: where names, edges, pairs and sigmas come from.
        notes: contradictions of the source and how they were resolved.
        read: returns the skeleton.
    """

    id: str
    names: tuple[str, ...]
    title: str
    subtitle: str
    group: str
    order: int
    source: str
    notes: tuple[str, ...]
    read: Callable[[], Skeleton] = field(repr=False)

    @cached_property
    def skeleton(self) -> Skeleton:
        """The skeleton itself, made at the first question."""
        return self.read()

    @property
    def is_common(self) -> bool:
        """Whether most people look for this one, so that it is shown before anybody searches."""
        return self.order < _COMMON_BELOW

    @cached_property
    def heading(self) -> str:
        """Title, subtitle and group, casefolded for a search."""
        return " ".join((self.title, self.subtitle, self.group)).casefold()

    @cached_property
    def words(self) -> str:
        """The heading and the names of the keypoints, casefolded for a search."""
        return " ".join((self.heading, *self.names)).casefold()


@cache
def templates() -> tuple[Template, ...]:
    """Return every shipped template, in the library's order."""
    found = [_template(path) for path in bundled("resources", "skeletons").glob("*.json")]
    return tuple(sorted(found, key=lambda template: (template.order, template.title)))


def find_templates(library: Iterable[Template], query: str) -> list[Template]:
    """Return the templates that contain every word of `query`, those first that need no keypoint name for it."""
    words = query.casefold().split()
    found = [template for template in library if all(word in template.words for word in words)]
    return sorted(found, key=lambda template: not all(word in template.heading for word in words))


def by_group(library: Iterable[Template]) -> list[tuple[str, list[Template]]]:
    """Return the templates of each group that has some, in the order of the groups and of the library."""
    kept = list(library)
    members = [(group, [template for template in kept if template.group == group]) for group in GROUPS]
    return [(group, found) for group, found in members if found]


def template_skeleton(id_: str) -> Skeleton:
    """Return the template with this id.

    Raises:
        AnnotatorError: there is none; the sentence lists the known ids.
    """
    for template in templates():
        if template.id == id_:
            return template.skeleton
    known = ", ".join(template.id for template in templates())
    raise AnnotatorError(f"there is no skeleton template {id_!r}; known: {known}")


def own_template(skeleton: Skeleton) -> Template:
    """Return a skeleton of the person's own as the library would show it."""
    count = f"{len(skeleton)} keypoints"
    return Template(skeleton.id, skeleton.names, skeleton.name, count, "", 0, "", (), lambda: skeleton)


def _template(path: Path) -> Template:
    heading = decode_heading(path.read_bytes(), path.name)
    shown = heading.template
    names = tuple(keypoint.name for keypoint in heading.keypoints)
    return Template(
        heading.id,
        names,
        shown.title or heading.name,
        shown.subtitle or str(len(names)),
        shown.group,
        shown.order,
        shown.source,
        shown.notes,
        lambda: read_skeleton(path),
    )
