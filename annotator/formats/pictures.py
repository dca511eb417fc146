"""Where the pictures of an import are, and what their EXIF orientation does to its coordinates."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotator.errors import FormatError, MediaError
from annotator.formats.contract import Coordinates, FrameColumns, ImportPlan, NeedsCoordinatesError, Turn
from annotator.formats.names import check_paths
from annotator.formats.problems import Problems
from annotator.jobs import Job
from annotator.model.frame import FrameKey
from annotator.store.media import PictureFacts, probe
from annotator.store.project import Project

PROBED_PICTURES = 500
_ASKED = 40
_MOST_FILES = 500_000  # looked at when pictures are searched by name: a home folder has millions


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where each planned frame's picture is.

    Attributes:
        folder: that `found` is relative to.
        paths: for each frame the path to store, relative to the root.
        found: for each frame, whether its picture is there.
        root: name of the root for `folder`.
        is_new_root: the project does not know the folder yet.
        keys: for each frame the one that the project has for it already, or None.
    """

    folder: Path
    paths: Sequence[str]
    found: Sequence[bool]
    root: str
    is_new_root: bool
    keys: Sequence[FrameKey | None]

    def file(self, n: int) -> Path | None:
        """Return the picture of a frame, or None when it was not found."""
        return self.folder / self.paths[n] if self.found[n] else None


def find_place(project: Project | None, plan: ImportPlan, pictures: Path | None) -> Place:
    """Find the pictures of a plan: by their path in likely folders, by their name below them, then in the project.

    Raises:
        FormatError: `pictures` is not a folder, or a path leads out of its folder.
    """
    if pictures is not None and not pictures.is_dir():
        raise FormatError(f"{pictures} is not a folder: choose the folder that holds the pictures")
    paths = FrameColumns.of(plan.frames).paths
    check_paths(plan.source, paths)
    folder = _best_folder(paths, plan.source, pictures)
    relative = _relative_paths(plan.source, paths, folder, pictures is not None)
    root, is_new, keys = _in_project(project, folder, paths, relative)
    found = [path is not None for path in relative]
    stored = paths if all(found) else [paths[n] if path is None else path for n, path in enumerate(relative)]
    return Place(folder, stored, found, root, is_new, keys)


def _best_folder(paths: Sequence[str], source: Path, pictures: Path | None) -> Path:
    """Return the folder in which most of a sample of the paths exist."""
    if pictures is not None:
        return pictures.absolute()
    base = source.absolute().parent
    candidates = [base, base / "images", base.parent, base.parent / "images", base / source.stem]
    sample = paths[:: max(len(paths) // _ASKED, 1)][:_ASKED]
    # Path.is_file would raise on a name that is too long.
    counts = [sum(os.path.isfile(folder / path) for path in sample) for folder in candidates]  # noqa: PTH113
    return candidates[int(np.argmax(counts))] if any(counts) else base


def _relative_paths(source: Path, paths: Sequence[str], folder: Path, below: bool) -> list[str | None]:
    """Return each path as it is found in the folder: as named, else by its name alone below it.

    Raises:
        FormatError: a picture is there by a link that leads out of the folder.
    """
    listed: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    found: list[str | None] = []
    problems = Problems()
    for n, path in enumerate(paths):
        head, _, name = path.rpartition("/")
        if head not in listed:
            listed[head] = _names_in(folder, head)
        inside, outside = listed[head]
        found.append(path if name in inside else None)
        if name in outside:
            problems.add(
                f"{source.name}: images[{n}], {path}, is reached by a link that leads out of {folder.name}: put the "
                "picture itself there, or choose the folder that the link leads to"
            )
    problems.refuse(source)
    missing = [n for n, path in enumerate(found) if path is None]
    if missing and (below or len(missing) < len(paths)):
        taken = set(found)
        by_name = _names_below(folder)
        for n in missing:
            there = by_name.get(paths[n].rpartition("/")[2])
            if there is not None and there not in taken and not _leads_out(folder / there, folder):
                found[n] = there
                taken.add(there)
    return found


def _names_in(folder: Path, head: str) -> tuple[frozenset[str], frozenset[str]]:
    """List one subfolder: its own files, and those that links outside the folder stand for.

    One system call a folder, not one a picture.
    """
    place = folder / head
    try:
        with os.scandir(place) as listing:
            entries = [entry for entry in listing if not entry.is_dir()]
        if head and not place.resolve().is_relative_to(folder.resolve()):
            return frozenset(), frozenset(entry.name for entry in entries)
        outside = frozenset(e.name for e in entries if e.is_symlink() and _leads_out(place / e.name, folder))
        return frozenset(entry.name for entry in entries) - outside, outside
    except OSError:
        return frozenset(), frozenset()


def _leads_out(file: Path, folder: Path) -> bool:
    return file.is_symlink() and not file.resolve().is_relative_to(folder.resolve())


def _names_below(folder: Path) -> dict[str, str]:
    """Return relative paths by file name below a folder; names that occur twice are left out."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    seen = 0
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        prefix = Path(place).relative_to(folder).as_posix()
        prefix = "" if prefix == "." else f"{prefix}/"
        for name in names:
            if name in found:
                twice.add(name)
            found[name] = prefix + name
        seen += len(names)
        if seen > _MOST_FILES:
            break
    return {name: path for name, path in found.items() if name not in twice}


def _in_project(
    project: Project | None, folder: Path, paths: Sequence[str], relative: Sequence[str | None]
) -> tuple[str, bool, Sequence[FrameKey | None]]:
    """Return the root for a folder, whether it is new, and the project's frames for the pictures it has already."""
    unknown = (None,) * len(paths)
    if project is None:
        return folder.name or "pictures", True, unknown
    names = [str(row[0]) for row in project.reader.rows("SELECT name FROM root ORDER BY id")]
    places = {name: project.roots.folder(name) for name in names}
    known = next((name for name, place in places.items() if place == folder), "")
    root, number = known or folder.name or "pictures", 2
    while not known and root in names:
        root, number = f"{folder.name} {number}", number + 1
    rows = project.reader.rows(
        "SELECT r.name, m.path, f.id FROM frame f JOIN media m ON m.id = f.media JOIN root r ON r.id = m.root "
        "WHERE f.deleted = 0 AND f.number = 0"
    )
    if not rows:
        return root, not known, unknown
    by_place: dict[str, FrameKey] = {}
    by_path: dict[str, FrameKey | None] = {}
    by_name: dict[str, FrameKey | None] = {}
    for name, path, key in rows:
        place = places[name]
        if place is not None:
            by_place[f"{place.as_posix()}/{path}"] = key
        if name == root:
            by_path[path] = key
        short = path.rpartition("/")[2]
        by_name[short] = None if short in by_name else key
    keys: list[FrameKey | None] = []
    taken: set[FrameKey] = set()
    for n, path in enumerate(relative):
        key = by_place.get(f"{folder.as_posix()}/{path}") if path is not None else by_path.get(paths[n])
        if key is None and path is None:
            key = by_name.get(paths[n].rpartition("/")[2])
        if key is not None and key in taken:
            key = None  # two pictures of the file never share a frame
        if key is not None:
            taken.add(key)
        keys.append(key)
    return root, not known, keys


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the headers of the pictures say against the sizes in the file.

    Attributes:
        facts: by the position of the frame.
        turns: frames whose coordinates mean the stored picture.
        differing: frames whose picture has another size than the file says.
        swapped: of them, those whose width and height stand in each other's place.
    """

    facts: Mapping[int, PictureFacts]
    turns: Mapping[int, Turn]
    differing: tuple[int, ...]
    swapped: tuple[int, ...] = ()


def compare_sizes(plan: ImportPlan, place: Place, chosen: Coordinates | None, job: Job) -> Sizes:
    """Read the headers of the pictures that were found, unless there are too many, and compare.

    Raises:
        NeedsCoordinatesError: EXIF turns a picture, and the sizes do not tell which picture the coordinates mean.
    """
    columns = FrameColumns.of(plan.frames)
    facts: dict[int, PictureFacts] = {}
    turns: dict[int, Turn] = {}
    differing = []
    if len(columns) > PROBED_PICTURES and chosen is None:
        return Sizes({}, {}, ())
    for n in range(len(columns)):
        job.check()
        file = place.file(n)
        try:
            found = probe(file) if file is not None else None
        except MediaError:
            found = None  # shown as damaged when it is opened
        if found is None:
            continue
        facts[n] = found
        told, displayed = (columns.widths[n], columns.heights[n]), (found.width, found.height)
        stored = displayed[::-1] if found.orientation >= 5 else displayed
        if all(told) and told not in (displayed, stored):
            differing.append(n)
        if found.orientation == 1:
            continue
        if chosen is None and (told != displayed or found.orientation <= 4):
            raise NeedsCoordinatesError(
                f"{plan.source.name}: {columns.paths[n]} has EXIF orientation {found.orientation}, so its points may "
                "be meant for the displayed or for the stored picture: choose which (--coordinates displayed or stored)"
            )
        if chosen is Coordinates.STORED and not (told == displayed and told != stored):
            turns[n] = Turn(found.orientation, *(told if all(told) else stored))
    swapped = tuple(
        n for n in differing if (columns.heights[n], columns.widths[n]) == (facts[n].width, facts[n].height)
    )
    return Sizes(facts, turns, tuple(differing), swapped)
