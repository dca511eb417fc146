"""The library of shipped skeletons, read from `resources/skeletons/`."""

from dataclasses import dataclass
from functools import cache

from annotator.bundle import bundled
from annotator.errors import AnnotatorError
from annotator.model.skeleton import Skeleton
from annotator.model.skeleton_file import decode_template


@dataclass(frozen=True, slots=True)
class Template:
    """A shipped skeleton and how the library shows it.

    Attributes:
        title: "Person with feet".
        subtitle: "Halpe 26".
        group: "People", "Hands and faces", "Animals", "Sports".
        source: where names, edges, pairs and sigmas come from.
        notes: contradictions of the source and how they were resolved.
    """

    skeleton: Skeleton
    title: str
    subtitle: str
    group: str
    order: int
    source: str
    notes: tuple[str, ...]


@cache
def templates() -> tuple[Template, ...]:
    """Return every shipped template, in the library's order."""
    found = []
    for path in bundled("resources", "skeletons").glob("*.json"):
        skeleton, shown = decode_template(path.read_bytes(), path.name)
        found.append(
            Template(skeleton, shown.title, shown.subtitle, shown.group, shown.order, shown.source, shown.notes)
        )
    return tuple(sorted(found, key=lambda template: (template.order, template.title)))


def template_skeleton(id_: str) -> Skeleton:
    """Return the template with this id.

    Raises:
        AnnotatorError: there is none; the sentence lists the known ids.
    """
    for template in templates():
        if template.skeleton.id == id_:
            return template.skeleton
    known = ", ".join(template.skeleton.id for template in templates())
    raise AnnotatorError(f"there is no skeleton template {id_!r}; known: {known}")
