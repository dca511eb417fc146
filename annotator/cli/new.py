"""`annotator new`: a project from pictures and skeletons."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotator.cli.arguments import FINDINGS, OK, JsonOption, MemberOption, member_name, skeleton_named
from annotator.cli.output import Output, counted
from annotator.errors import CommandError, JobCancelled, ModelError

if TYPE_CHECKING:
    from annotator.model.skeleton import Skeleton
    from annotator.store.project import Project


def new(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The project file to make; .annotator is added.")],
    more_pictures: Annotated[list[Path] | None, typer.Argument(metavar="[PICTURES]...", hidden=True)] = None,
    skeleton: Annotated[
        list[str] | None,
        typer.Option(metavar="ID|FILE.json", help="A template or a skeleton file; may be repeated. Default: coco-17."),
    ] = None,
    pictures: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER|FILES...", help="Where the pictures are; they stay there.")
    ] = None,
    name: Annotated[str, typer.Option(help="What people see; by default the file's name.")] = "",
    member: MemberOption = "",
    as_json: JsonOption = False,
) -> int:
    """Make a project from pictures and a skeleton.

    Example: annotator new people --skeleton coco-17 --pictures photos/
    """
    from annotator.session.pictures import add_pictures, find_pictures
    from annotator.store.project import create_project

    output = Output(as_json)
    skeletons = _distinct([skeleton_named(each) for each in skeleton or ["coco-17"]])
    # `--pictures a.jpg b.jpg`: an option takes one value, and what follows arrives as arguments.
    sources = [*(pictures or []), *(more_pictures or [])]
    for source in sources:
        if not source.exists():
            raise CommandError(f"{source} does not exist: give a folder of pictures, or picture files")
    found = find_pictures(sources) if sources else []
    with create_project(path, skeletons, name=name, member=member or member_name()) as project:
        keys = add_pictures(project, found)
        project.flush()
        problems = read_all_sizes(project, keys, output)
        output.say(f"Made {project.path} with {_titles(skeletons)} and {counted(len(keys), 'picture')}.")
        result = {
            "project": str(project.path.absolute()),
            "skeletons": [each.id for each in skeletons],
            "pictures": len(keys),
            "problems": problems,
        }
    output.result(result)
    return FINDINGS if problems else OK


def read_all_sizes(project: "Project", keys: list[int], output: Output) -> list[str]:
    """Read the sizes of new pictures and name those that cannot be read; Ctrl+C leaves the rest for later."""
    from annotator.session.pictures import read_sizes

    if not keys:
        return []
    try:
        with output.job("Reading sizes") as job:
            problems = read_sizes(project, keys, job)
    except JobCancelled:
        output.note("the sizes of the remaining pictures are read when they are needed")
        return []
    for problem in problems:
        output.note(problem)
    return problems


def _distinct(skeletons: "list[Skeleton]") -> "list[Skeleton]":
    seen: set[str] = set()
    for skeleton in skeletons:
        if skeleton.id in seen:
            raise ModelError(f"skeleton {skeleton.id!r} is given twice: leave one out, or give one another id")
        seen.add(skeleton.id)
    return skeletons


def _titles(skeletons: "list[Skeleton]") -> str:
    return ", ".join(f"skeleton {each.name}" for each in skeletons)
