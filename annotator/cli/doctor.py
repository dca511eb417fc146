"""`annotator doctor`: what this computer lacks, and the command that mends it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from annotator.cli.arguments import FINDINGS, OK, JsonOption
from annotator.cli.output import Output

if TYPE_CHECKING:
    from annotator.session.window_needs import Finding

_ONLY_FOR_THE_WINDOW = frozenset(["Display"])
"""A server has no display, and needs none for anything but the window."""


def doctor(as_json: JsonOption = False) -> int:
    """Name what this computer lacks, and the command that mends it.

    Exit code 1 when anything but a display is missing.
    """
    from annotator.session.doctor import diagnose

    output = Output(as_json)
    findings = diagnose()
    rows = [("ok" if finding.ok else "lacks", finding.name, finding.sentence) for finding in findings]
    output.table(("", "looked at", "found"), rows)
    lacking = [finding for finding in findings if not finding.ok]
    for finding in lacking:
        only = " (only for the window)" if finding.name in _ONLY_FOR_THE_WINDOW else ""
        output.say(f"{finding.name}{only}: {finding.remedy}")
    if not lacking:
        output.say("Nothing is missing.")
    keys = ("name", "ok", "sentence", "remedy")
    output.result({"findings": [{key: getattr(finding, key) for key in keys} for finding in findings]})
    return exit_code(findings)


def exit_code(findings: "Iterable[Finding]") -> int:
    """Return 1 when something is missing that the command line needs too, or that can be mended here."""
    return OK if all(finding.ok or finding.name in _ONLY_FOR_THE_WINDOW for finding in findings) else FINDINGS
