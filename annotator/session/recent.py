"""The projects opened lately, newest first: what the Welcome page lists.

The list is a convenience: a damaged file is an empty list, and nothing else depends on it.
"""

import logging
from datetime import datetime
from pathlib import Path

import msgspec

from annotator.session.settings import write_json

FILE_NAME = "recent.json"
KEPT = 20

_log = logging.getLogger(__name__)


class RecentProject(msgspec.Struct, frozen=True):
    """One project as the list remembers it; the project file itself is not opened for the list.

    Attributes:
        path: the `.annotator` file.
        done: frames of `frames` that are done.
        opened: local time without zone.
        thumbnail: a small picture made when the project was last closed, or None.
    """

    path: Path
    name: str
    frames: int
    done: int
    skeletons: tuple[str, ...]
    opened: datetime
    thumbnail: Path | None = None

    @property
    def fraction_done(self) -> float:
        return min(self.done / self.frames, 1.0) if self.frames > 0 else 0.0

    @property
    def summary(self) -> str:
        """Return "812 frames · COCO 17"."""
        frames = "1 frame" if self.frames == 1 else f"{self.frames:,} frames"
        if not self.skeletons:
            return frames
        return f"{frames} · {self.skeletons[0] if len(self.skeletons) == 1 else f'{len(self.skeletons)} skeletons'}"


def recent_projects(folder: Path) -> tuple[RecentProject, ...]:
    """Return the list kept in `folder`, newest first."""
    path = folder / FILE_NAME
    try:
        projects = msgspec.json.decode(
            path.read_bytes(), type=tuple[RecentProject, ...], dec_hook=_decode_path, strict=False
        )
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        _log.warning("the list of recent projects %s cannot be read: %s", path, error)
        return ()
    return tuple(sorted(projects, key=lambda project: project.opened, reverse=True))


def remember_project(project: RecentProject, folder: Path) -> None:
    """Put `project` into the list in place of an older entry for the same file; the oldest fall out.

    Raises:
        OSError: the folder cannot be written.
    """
    others = [other for other in recent_projects(folder) if other.path != project.path]
    _write([project, *others][:KEPT], folder)


def forget_project(path: Path, folder: Path) -> None:
    """Take a project out of the list; its file is not touched.

    Raises:
        OSError: the folder cannot be written.
    """
    _write([other for other in recent_projects(folder) if other.path != path], folder)


def when_text(opened: datetime, now: datetime) -> str:
    """Return "today 14:32", "yesterday", "Nov 20" or "Nov 20, 2023"."""
    days = (now.date() - opened.date()).days
    if days == 0:
        return f"today {opened:%H:%M}"
    if days == 1:
        return "yesterday"
    day = f"{opened:%b} {opened.day}"
    return day if opened.year == now.year else f"{day}, {opened.year}"


def _write(projects: list[RecentProject], folder: Path) -> None:
    write_json(folder / FILE_NAME, msgspec.to_builtins(projects, enc_hook=str))


def _decode_path(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError(f"recent projects hold no {kind}")
