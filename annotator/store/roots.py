"""Where the named roots of a project lie on this computer.

A root is a folder of pictures. Its place is a user setting, kept outside the project; the project holds only a hint
relative to itself, so that a folder copied together with its project is found by itself.
"""

import os
from pathlib import Path

import msgspec
import platformdirs

from annotator.model.frame import Frame
from annotator.model.paths import leads_out
from annotator.store.reader import Reader


class Roots:
    """The roots of one project."""

    def __init__(
        self, project_uid: int, project_path: Path, reader: Reader, settings_folder: Path | None = None
    ) -> None:
        self._uid = str(project_uid)
        self._project_folder = project_path.parent
        self._reader = reader
        folder = settings_folder or Path(platformdirs.user_config_dir("annotator", appauthor=False))
        self._settings = folder / "roots.json"
        self._found: dict[str, Path | None] = {}

    def forget(self) -> None:
        """Look the folders up again at the next use."""
        self._found = {}

    def path_of(self, frame: Frame) -> Path | None:
        """Return where a frame's picture lies; None while its root's folder is unknown, or if its path leads out of it.

        A project that somebody sent may name any path.
        """
        folder = self.folder(frame.root)
        return folder / frame.path if folder is not None and not leads_out(frame.path) else None

    def folder(self, root: str) -> Path | None:
        """Return the folder of a root: the user's setting, else the project's hint; None when neither exists."""
        if root not in self._found:
            self._found[root] = self._find(root)
        return self._found[root]

    def set_folder(self, root: str, folder: Path) -> None:
        """Remember where a root lies on this computer."""
        places = self._read()
        places.setdefault(self._uid, {})[root] = str(folder.absolute())
        self._settings.parent.mkdir(parents=True, exist_ok=True)
        beside = self._settings.with_suffix(f".{os.getpid()}.tmp")
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(places)))
        beside.replace(self._settings)
        self._found[root] = folder.absolute()

    def hint_for(self, folder: Path) -> str:
        """Return the folder relative to the project, with "/"; absolute when on another drive."""
        return hint_for(folder, self._project_folder)

    def missing(self) -> list[str]:
        """Return the names of roots whose folder does not exist on this computer."""
        return [name for (name,) in self._reader.rows("SELECT name FROM root ORDER BY id") if self.folder(name) is None]

    def _find(self, root: str) -> Path | None:
        chosen = self._read().get(self._uid, {}).get(root)
        if chosen and Path(chosen).is_dir():
            return Path(chosen)
        hints = self._reader.rows("SELECT hint FROM root WHERE name = ?", (root,))
        if hints and hints[0][0]:
            place = Path(os.path.normpath(self._project_folder / hints[0][0]))
            if os.path.isdir(place):  # noqa: PTH112 - Path.is_dir raises on a name that is too long
                return place
        return None

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            return msgspec.json.decode(self._settings.read_bytes(), type=dict[str, dict[str, str]])
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return {}


def hint_for(folder: Path, project_folder: Path) -> str:
    """Return `folder` relative to the folder of a project, with "/"; absolute when on another drive."""
    try:
        return Path(os.path.relpath(folder.absolute(), project_folder)).as_posix()
    except ValueError:
        return folder.absolute().as_posix()
