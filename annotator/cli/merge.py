"""`annotator merge`: bring another copy of a project, or another person's, into one."""

from pathlib import Path
from typing import Annotated

import typer

from annotator.cli.arguments import FINDINGS, OK, JsonOption, ProjectArgument, project_path
from annotator.cli.output import Output, counted


def merge(
    project: ProjectArgument,
    other: Annotated[Path, typer.Argument(help="The project to bring in; it is only read.", show_default=False)],
    as_json: JsonOption = False,
) -> int:
    """Merge OTHER into PROJECT, as one change. Exit code 1 when both changed the same thing: both are kept."""
    from annotator.store.merge import merge_projects
    from annotator.store.project import open_project

    output = Output(as_json)
    path, source = project_path(project), project_path(other)
    with output.job(f"Merge {source.name}") as job, open_project(path) as into:
        report = merge_projects(into, source, job)
    for conflict in report.conflicts:
        output.say(conflict.sentence)
    for sentence in report.differing:
        output.say(sentence)
    output.say(
        f"{counted(report.frames, 'frame')}, {counted(report.instances, 'instance')} and "
        f"{counted(report.predictions, 'prediction')} came in; {report.updated} updated, {report.removed} removed; "
        f"{counted(len(report.conflicts), 'conflict')}, nothing dropped."
    )
    output.result(
        {
            "project": str(path.absolute()),
            "frames": report.frames,
            "instances": report.instances,
            "predictions": report.predictions,
            "updated": report.updated,
            "removed": report.removed,
            "conflicts": [
                {"frame": one.frame, "picture": one.picture, "sentence": one.sentence} for one in report.conflicts
            ],
            "differing": list(report.differing),
        }
    )
    return FINDINGS if report.conflicts or report.differing else OK
