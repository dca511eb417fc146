"""What a person chose or dropped: which of it is a project, which labels, which pictures."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import MediaError


@dataclass(frozen=True, slots=True)
class Dropped:
    """Paths by what they are for.

    Attributes:
        project: the first project file, or None.
        labels: files to import.
        media: pictures and folders of pictures.
    """

    project: Path | None
    labels: tuple[Path, ...]
    media: tuple[Path, ...]


def sort_dropped(paths: Iterable[Path]) -> Dropped:
    """Sort paths by their endings alone: nothing is opened.

    Labels are what an import format that is loaded by now may read, and JSON in any case.
    """
    from annotator.formats.contract import importers

    label_suffixes = {".json", *(suffix for importer in importers.values() for suffix in importer.suffixes)}
    projects, labels, media = [], [], []
    for path in paths:
        suffix = path.suffix.lower()
        if suffix == ".annotator":
            projects.append(path)
        elif suffix in label_suffixes:
            labels.append(path)
        else:
            media.append(path)
    return Dropped(projects[0] if projects else None, tuple(labels), tuple(media))


def count_pictures(media: Iterable[Path]) -> int:
    """Count the pictures among and below `media`; slow on large folders, so not for the thread of the window."""
    from annotator.store.media import PICTURE_SUFFIXES, list_pictures

    count = 0
    for path in media:
        try:
            count += len(list_pictures(path)) if path.is_dir() else path.suffix.lower() in PICTURE_SUFFIXES
        except MediaError:
            continue  # told when the project is made; here it has no picture
    return count


def pictures_sentence(count: int, media: tuple[Path, ...]) -> str:
    """Return "312 pictures in Park", or "3 pictures" when they come from several places."""
    pictures = "1 picture" if count == 1 else f"{count:,} pictures"
    places = {path if path.is_dir() else path.parent for path in media}
    if count == 0:
        pictures = "No pictures"
    return f"{pictures} in {places.pop().name or media[0].anchor}" if len(places) == 1 else pictures


def project_name(media: tuple[Path, ...]) -> str:
    """Return the name that a project of these pictures is offered, "" when nothing suggests one."""
    if not media:
        return ""
    return media[0].name if media[0].is_dir() else media[0].parent.name
