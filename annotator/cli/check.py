"""`annotator check`: whether a project file is whole, every row what its history says, and every label plausible."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotator.cli.arguments import (
    FINDINGS,
    OK,
    JsonOption,
    MemberOption,
    ProjectArgument,
    open_for_reading,
    open_for_writing,
    project_path,
)
from annotator.cli.output import Output, counted

if TYPE_CHECKING:
    from annotator.quality.contract import Issue
    from annotator.quality.run import Outcome
    from annotator.store.chain import Finding
    from annotator.store.project import Project

SHOWN = 20
"""Issues of one check that are printed; `--json` lists all."""


def check(
    project: ProjectArgument,
    fix: Annotated[bool, typer.Option("--fix", help="Apply the fixes that issues offer, as one undo step.")] = False,
    no_labels: Annotated[bool, typer.Option("--no-labels", help="Verify the file and its history alone.")] = False,
    member: MemberOption = "",
    as_json: JsonOption = False,
) -> int:
    """Verify a project: the file, its history, its labels. Exit code 1 when something is wrong or doubtful.

    Labels are looked over by every check there is, those of plugins too, once the file is found whole.
    """
    from annotator.store.integrity import check_project

    output = Output(as_json)
    path = project_path(project)
    with output.job(f"Check {path.name}") as job:
        findings = check_project(path, job)
    _say_findings(path, findings, output)
    result: dict[str, Any] = {
        "project": str(path.absolute()),
        "findings": [{"kind": each.kind, "sentence": each.sentence, "frame": each.frame} for each in findings],
    }
    is_clean = not findings
    if is_clean and not no_labels:
        with open_for_writing(path, member) if fix else open_for_reading(path) as opened:
            is_clean = _check_labels(opened, fix, output, result)
    output.result(result)
    return OK if is_clean else FINDINGS


def _say_findings(path: Path, findings: "list[Finding]", output: Output) -> None:
    for finding in findings:
        output.say(f"{finding.kind}: {finding.sentence}")
    if findings:
        output.say(f"{counted(len(findings), 'finding')}: restore a backup, or ask for help with this list.")
    else:
        output.say(f"{path.name} is whole: the file, the history of every frame, and every label.")


def _check_labels(project: "Project", fix: bool, output: Output, result: dict[str, Any]) -> bool:
    """Run the checks, say and note what they found; return whether nothing is left to look at."""
    from annotator.quality.run import apply_fixes, run_checks
    from annotator.session.plugins import load_plugins

    load_plugins()
    with output.job("Check the labels") as job:
        outcomes = run_checks(project, job)
    issues = [(outcome.check.name, issue) for outcome in outcomes for issue in outcome.issues]
    paths = {frame.key: frame.path for frame in project.frames()} if issues else {}
    for outcome in outcomes:
        _say_outcome(project, outcome, output)
    fixed = apply_fixes(project, (issue for _, issue in issues)) if fix else 0
    if fixed:
        project.flush()
        output.say(f"Fixed {counted(fixed, 'issue')}, as one undo step.")
    elif not issues:
        output.say(f"{counted(len(outcomes), 'check')} looked at the labels and found nothing.")
    result["issues"] = [_described(name, issue, paths) for name, issue in issues]
    result["failed_checks"] = {each.check.name: each.failure for each in outcomes if each.failure}
    result["fixed"] = fixed
    return fixed == len(issues) and not result["failed_checks"]


def _say_outcome(project: "Project", outcome: "Outcome", output: Output) -> None:
    if outcome.issues:
        output.say(f"{outcome.check.title}: {counted(len(outcome.issues), 'issue')}")
    for issue in outcome.issues[:SHOWN]:
        content = project.content(issue.frame)
        number = next((n for n, one in enumerate(content.instances, 1) if one.id == issue.instance), 0)
        where = f"{content.frame.path}, instance {number}" if number else content.frame.path
        output.say(f"  {where}: {issue.sentence}")
    if (more := len(outcome.issues) - SHOWN) > 0:
        output.say(f"  and {more:,} more: --json lists all")
    if outcome.failure:
        output.note(f"the check {outcome.check.name} broke off: {outcome.failure}")


def _described(name: str, issue: "Issue", paths: dict[int, str]) -> dict[str, Any]:
    return {
        "check": name,
        "frame": issue.frame,
        "picture": paths.get(issue.frame, ""),
        "instance": issue.instance,
        "keypoint": issue.keypoint,
        "severity": issue.severity.value,
        "sentence": issue.sentence,
        "fix": issue.fix.title if issue.fix else "",
    }
