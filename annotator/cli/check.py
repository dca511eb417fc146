"""`annotator check`: whether a project file is whole, and every row what its history says."""

from annotator.cli.arguments import FINDINGS, OK, JsonOption, ProjectArgument, project_path
from annotator.cli.output import Output, counted


def check(project: ProjectArgument, as_json: JsonOption = False) -> int:
    """Verify a project: the file, its history, its labels. Exit code 1 when something is wrong."""
    from annotator.store.integrity import check_project

    output = Output(as_json)
    path = project_path(project)
    with output.job(f"Check {path.name}") as job:
        findings = check_project(path, job)
    for finding in findings:
        output.say(f"{finding.kind}: {finding.sentence}")
    if findings:
        output.say(f"{counted(len(findings), 'finding')}: restore a backup, or ask for help with this list.")
    else:
        output.say(f"{path.name} is whole: the file, the history of every frame, and every label.")
    output.result(
        {
            "project": str(path.absolute()),
            "findings": [{"kind": each.kind, "sentence": each.sentence, "frame": each.frame} for each in findings],
        }
    )
    return FINDINGS if findings else OK
