"""Where the pictures of an import are, and what their EXIF orientation does to its coordinates."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotator.errors import FormatError
from annotator.formats.contract import Coordinates, ImportPlan
from annotator.model.frame import FrameKey
from annotator.store.project import Project

_ASKED = 40


@dataclass(frozen=True, slots=True)
class Place:
    """Where each planned frame's picture is.

    Attributes:
        files: the picture, or None when it was not found.
        names: (root, relative path) to store.
        keys: the frame that the project has for it already, or None.
        roots: folders of roots that are new to the project.
    """

    files: tuple[Path | None, ...]
    names: tuple[tuple[str, str], ...]
    keys: tuple[FrameKey | None, ...]
    roots: dict[str, Path]


def find_place(project: Project | None, plan: ImportPlan, pictures: Path | None) -> Place:
    """Find the pictures of a plan: by their path in likely folders, by their name below them, then in the project.

    Raises:
        FormatError: `pictures` is not a folder, or a path leads out of its folder.
    """
    if pictures is not None and not pictures.is_dir():
        raise FormatError(f"{pictures} is not a folder: choose the folder that holds the pictures")
    for number, frame in enumerate(plan.frames):
        check_path(plan.source, number, frame.path)
    paths = [frame.path for frame in plan.frames]
    folder = _best_folder(paths, plan.source, pictures)
    relative = _relative_paths(paths, folder, pictures is not None)
    files = tuple(folder / path if path is not None else None for path in relative)
    root, keys = _in_project(project, folder, paths, relative)
    names = tuple((root, path if path is not None else paths[n]) for n, path in enumerate(relative))
    is_new = project is None or project.roots.folder(root) != folder
    return Place(files, names, keys, {root: folder} if is_new else {})


def check_path(source: Path, number: int, path: str) -> None:
    """Refuse a path that is empty, absolute, or leads out of its folder.

    Raises:
        FormatError: names the file, the record and the rule.
    """
    where = f"{source.name}: images[{number}] has the file name {path!r}"
    parts = path.replace("\\", "/").split("/")
    if not path.strip() or "\0" in path or path in (".", "/"):
        raise FormatError(f"{where}, which names no picture: correct it")
    if path.startswith(("/", "\\")) or (len(path) > 1 and path[1] == ":") or "://" in path or ".." in parts:
        raise FormatError(f"{where}, which leads out of the picture folder: make it relative to that folder")


def _best_folder(paths: Sequence[str], source: Path, pictures: Path | None) -> Path:
    """Return the folder in which most of a sample of the paths exist."""
    if pictures is not None:
        return pictures.absolute()
    base = source.absolute().parent
    candidates = [base, base / "images", base.parent, base.parent / "images", base / source.stem]
    sample = paths[:: max(len(paths) // _ASKED, 1)][:_ASKED]
    counts = [sum((folder / path).is_file() for path in sample) for folder in candidates]
    return candidates[int(np.argmax(counts))] if any(counts) else base


def _relative_paths(paths: Sequence[str], folder: Path, below: bool) -> list[str | None]:
    """Return each path as it is found in the folder: as named, else by its name alone below it."""
    if not folder.is_dir():
        return [None] * len(paths)
    listed: dict[str, set[str]] = {}
    found: list[str | None] = []
    for path in paths:
        head, _, name = path.replace("\\", "/").rpartition("/")
        if head not in listed:
            try:
                with os.scandir(folder / head) as entries:  # one system call a folder, not one a picture
                    listed[head] = {entry.name for entry in entries}
            except OSError:
                listed[head] = set()
        found.append(f"{head}/{name}" if head and name in listed[head] else name if name in listed[head] else None)
    missing = [n for n, path in enumerate(found) if path is None]
    if missing and (below or len(missing) < len(paths)):
        by_name = _names_below(folder)
        for n in missing:
            found[n] = by_name.get(paths[n].rpartition("/")[2])
    return found


def _names_below(folder: Path) -> dict[str, str]:
    """Return relative paths by file name below a folder; names that occur twice are left out."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for place, _, names in os.walk(folder):
        for name in names:
            path = (Path(place) / name).relative_to(folder).as_posix()
            if name in found:
                twice.add(name)
            found[name] = path
    return {name: path for name, path in found.items() if name not in twice}


def _in_project(
    project: Project | None, folder: Path, paths: Sequence[str], relative: Sequence[str | None]
) -> tuple[str, tuple[FrameKey | None, ...]]:
    """Return the name of the root for a folder, and the project's frames for the pictures it has already."""
    if project is None:
        return folder.name or "pictures", (None,) * len(paths)
    rows = project.reader.rows(
        "SELECT r.name, m.path, f.id FROM frame f JOIN media m ON m.id = f.media JOIN root r ON r.id = m.root "
        "WHERE f.deleted = 0"
    )
    names = [str(row[0]) for row in project.reader.rows("SELECT name FROM root ORDER BY id")]
    places = {name: project.roots.folder(name) for name in names}
    root = next((name for name, place in places.items() if place == folder), "")
    if not root:
        root, number = folder.name or "pictures", 2
        while root in names:
            root, number = f"{folder.name} {number}", number + 1
    if not rows:
        return root, (None,) * len(paths)
    by_place: dict[str, FrameKey] = {}
    by_name: dict[str, FrameKey | None] = {}
    for name, path, key in rows:
        place = places[name]
        if place is not None:
            by_place[f"{place.as_posix()}/{path}"] = key
        short = path.rpartition("/")[2]
        by_name[short] = None if short in by_name else key
    keys = []
    for n, path in enumerate(relative):
        key = by_place.get(f"{folder.as_posix()}/{path}") if path is not None else None
        if key is None and path is None:
            key = by_name.get(paths[n].rpartition("/")[2])
        keys.append(key)
    return root, tuple(keys)


def frame_orientation(
    size: tuple[int, int], displayed: tuple[int, int], orientation: int, chosen: Coordinates | None
) -> bool:
    """Return whether an import's points must be turned to stand upright."""
    if chosen is not None:
        return chosen is Coordinates.STORED
    return size != displayed and orientation >= 5


def to_displayed(
    points: NDArray[np.float64], box: NDArray[np.float64], size: tuple[int, int], orientation: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn points and a box of the stored picture upright.

    Source: EXIF 2.3, tag Orientation.

    Args:
        points: (K, 2) image pixels of the stored picture.
        box: (4,) x, y, width, height.
        size: (width, height) of the stored picture.
        orientation: 1 to 8.
    """
    turned = _turn(points, size, orientation)
    corners = _turn(np.array([[box[0], box[1]], [box[0] + box[2], box[1] + box[3]]]), size, orientation)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return turned, np.array([low[0], low[1], high[0] - low[0], high[1] - low[1]])


def _turn(points: NDArray[np.float64], size: tuple[int, int], orientation: int) -> NDArray[np.float64]:
    width, height = size
    x, y = points[:, 0], points[:, 1]
    columns = {
        1: (x, y),
        2: (width - x, y),
        3: (width - x, height - y),
        4: (x, height - y),
        5: (y, x),
        6: (height - y, x),
        7: (height - y, width - x),
        8: (y, width - x),
    }[orientation]
    return np.stack(columns, axis=1)
