"""Arguments that several commands share, and what they stand for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotator.errors import CommandError

if TYPE_CHECKING:
    from annotator.model.skeleton import Skeleton
    from annotator.store.project import Project

OK, FINDINGS, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Exit codes; the last one is the shells' own for Ctrl+C."""

SUFFIX = ".annotator"
DEFAULT_THRESHOLD = 0.3

ProjectArgument = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, for other programs.")]
MemberOption = Annotated[
    str,
    typer.Option("--member", metavar="NAME", help="Who does it; by default the name in the settings, or the login."),
]


def project_path(path: Path) -> Path:
    """Return the project file that an argument means: `people` stands for `people.annotator`."""
    with_suffix = path.with_name(path.name + SUFFIX) if path.name else path
    if path.suffix != SUFFIX and not path.is_file() and with_suffix.is_file():
        return with_suffix
    return path


def open_for_writing(path: Path, member: str = "") -> "Project":
    """Open a project as the person who works at this computer."""
    from annotator.store.project import open_project

    return open_project(project_path(path), member=member or member_name())


def open_for_reading(path: Path) -> "Project":
    """Open a project that may be open elsewhere."""
    from annotator.store.project import open_project

    return open_project(project_path(path), read_only=True)


def member_name() -> str:
    """Return the name that the person has set, or "" for the login name."""
    from annotator.session.settings import config_folder, read_settings

    return read_settings(config_folder())[0].member


def skeleton_named(name: str) -> "Skeleton":
    """Return a shipped skeleton by its id, or the one in a file.

    Raises:
        AnnotatorError: there is no such template, or the file is none of a skeleton.
    """
    from annotator.model.skeleton_file import read_skeleton
    from annotator.model.templates import template_skeleton

    if name.lower().endswith(".json"):
        return read_skeleton(Path(name))
    return template_skeleton(name)


def skeleton_of(project: "Project", id_: str) -> "Skeleton":
    """Return the project's skeleton with this id, or its only one.

    Raises:
        CommandError: it has none, several to choose from, or none of this id.
    """
    known = ", ".join(project.skeletons)
    if not project.skeletons:
        raise CommandError(f"{project.path.name} has no skeleton: add one in the window, or make a project with one")
    if id_ in project.skeletons:
        return project.skeletons[id_]
    if id_:
        raise CommandError(f"{project.path.name} has no skeleton {id_!r}: choose one of {known}")
    if len(project.skeletons) > 1:
        raise CommandError(f"{project.path.name} has several skeletons: choose one with --skeleton, of {known}")
    return next(iter(project.skeletons.values()))
