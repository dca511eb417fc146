"""Run all checks over a project, and apply the fixes of what they found."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from annotator.errors import JobCancelled
from annotator.jobs import Job
from annotator.quality.contract import Check, Issue, checks
from annotator.store.project import Project

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found.

    Attributes:
        failure: why the check itself broke off, or ""; what it found until then is kept.
    """

    check: Check
    issues: tuple[Issue, ...]
    failure: str = ""


def run_checks(project: Project, job: Job) -> list[Outcome]:
    """Run every registered check; one that fails stops no other.

    Raises:
        JobCancelled: the job was cancelled.
    """
    return [_run(check, project, job) for check in job.track(checks.values(), len(checks), "Check the labels")]


def _run(check: Check, project: Project, job: Job) -> Outcome:
    found = []
    try:
        for issue in check.find(project, job):
            found.append(issue)  # one by one: what a failing check has found is worth keeping
    except JobCancelled:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin's check may raise anything and must not hide the others'
        _log.info("check %s failed", check.name, exc_info=True)
        return Outcome(check, tuple(found), f"{type(error).__name__}: {error}")
    return Outcome(check, tuple(found))


def apply_fixes(project: Project, issues: Iterable[Issue]) -> int:
    """Apply what issues offer, as one undo step; return how many fixes that were."""
    fixes = [(issue, issue.fix) for issue in issues if issue.fix is not None]
    name = fixes[0][1].title if len(fixes) == 1 else f"Fix {len(fixes):,} issues"
    applied = 0
    with project.transaction(name) as transaction:
        for issue, fix in fixes:
            # As the transaction has it: two fixes of one instance add up.
            instance = transaction.content(issue.frame).instance(issue.instance)
            if instance is not None:
                transaction.replace(issue.frame, fix.edit(instance))
                applied += 1
    return applied
