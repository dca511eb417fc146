"""What a person has set, declared once as fields with their defaults and limits.

The file holds only what differs from the defaults. A value that breaks its rule falls back to its default
and is reported; a field that a newer version wrote is kept as it is.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import platformdirs

FILE_NAME = "settings.json"


class ThemeChoice(StrEnum):
    """Which of the two themes the window wears."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


class SideColours(StrEnum):
    """Which colours left, right and centre have; the second set is for people with tritanopia."""

    OKABE_ITO = "okabe-ito"
    TRITANOPIA = "tritanopia"


class TextSize(StrEnum):
    """Text size as a percentage of the designed one."""

    SMALL = "90"
    NORMAL = "100"
    LARGE = "115"
    LARGEST = "130"

    @property
    def percent(self) -> int:
        return int(self.value)


Pixels = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Place = Annotated[int, msgspec.Meta(ge=-100_000, le=100_000)]
"""Screens may lie left of and above the first one."""


class Rectangle(msgspec.Struct, frozen=True):
    """Where a window is on the screens, in logical pixels."""

    x: Place
    y: Place
    width: Pixels
    height: Pixels


class DockLayout(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a dock was left.

    Attributes:
        width: beside the page; 0 as designed.
        floating: where it floats, torn off; None while it is part of the window.
    """

    width: Pixels = 0
    is_closed: bool = False
    floating: Rectangle | None = None


class PageLayout(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the docks of a page were left.

    Attributes:
        parts: heights of the parts of the right dock that a person divided; empty while they follow their rows.
    """

    left: DockLayout = DockLayout()
    right: DockLayout = DockLayout()
    parts: tuple[Pixels, ...] = ()


class WindowLayout(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the window was left, and where it goes back to from its maximum."""

    normal: Rectangle | None = None
    is_maximized: bool = False


class Settings(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The user's settings; change them with `msgspec.structs.replace`.

    Attributes:
        threshold: confidence from which a predicted keypoint counts as proposed; below it is low confidence.
        member: the name written into the history of a project; "" until asked.
        projects_folder: where a new project is put; "" for the documents folder.
        layouts: of the docks, by page.
    """

    theme: ThemeChoice = ThemeChoice.SYSTEM
    text_size: TextSize = TextSize.NORMAL
    side_colours: SideColours = SideColours.OKABE_ITO
    threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.30
    member: Annotated[str, msgspec.Meta(max_length=200)] = ""
    projects_folder: str = ""
    window: WindowLayout = WindowLayout()
    layouts: dict[str, PageLayout] = {}


def config_folder() -> Path:
    """Return the folder of the user's settings; it may not exist yet."""
    return Path(platformdirs.user_config_dir("annotator", appauthor=False))


def log_folder() -> Path:
    """Return the folder of the log; it may not exist yet."""
    return Path(platformdirs.user_log_dir("annotator", appauthor=False))


def default_projects_folder(settings: Settings) -> Path:
    """Return the folder that a new project is offered."""
    if settings.projects_folder:
        return Path(settings.projects_folder)
    return Path(platformdirs.user_documents_dir()) / "Annotator"


def read_settings(folder: Path) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings kept in `folder`, and one sentence for each value that could not be used."""
    path = folder / FILE_NAME
    try:
        stored = _read_object(path)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
        return Settings(), (f"{path} cannot be read, so the settings start afresh: {error}",)
    usable: dict[str, Any] = {}
    problems = []
    for field in msgspec.structs.fields(Settings):
        if field.name not in stored:
            continue
        try:
            usable[field.name] = msgspec.convert(stored[field.name], type=field.type)
        except msgspec.ValidationError as error:
            problems.append(f"the setting {field.name!r} in {path} is not used: {error}")
    return Settings(**usable), tuple(problems)


def write_settings(settings: Settings, folder: Path) -> None:
    """Keep `settings` in `folder`, beside fields of other versions.

    Raises:
        OSError: the folder cannot be written.
    """
    path = folder / FILE_NAME
    try:
        stored = _read_object(path)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        stored = {}
    declared = {field.name for field in msgspec.structs.fields(Settings)}
    kept = {name: value for name, value in stored.items() if name not in declared}
    write_json(path, kept | msgspec.to_builtins(settings))


def write_json(path: Path, value: object) -> None:
    """Write a small JSON file so that a crash leaves the old or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(value), indent=2))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _read_object(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except FileNotFoundError:
        return {}
