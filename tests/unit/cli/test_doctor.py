"""Doctor's table, and what its exit code depends on."""

import pytest

from annotator.cli.doctor import exit_code
from annotator.session.window_needs import Finding

FINE = Finding("SQLite", True, "SQLite 3.53")
NO_DISPLAY = Finding("Display", False, "there is no display", "start it from a desktop session")
NO_QT = Finding("Qt", False, "PySide6 does not load", "pip install PySide6-Essentials")


def test_doctor_looks_at_this_computer(run):
    outcome = run("doctor", "--json")

    found = {finding["name"]: finding for finding in outcome.json["findings"]}
    assert {"Python", "Qt", "SQLite", "Bundled models"} <= found.keys()
    assert found["Python"]["ok"]
    assert all(finding["ok"] or finding["remedy"] for finding in found.values())


@pytest.mark.parametrize(("findings", "code"), [([FINE], 0), ([FINE, NO_DISPLAY], 0), ([FINE, NO_DISPLAY, NO_QT], 1)])
def test_only_a_display_may_be_missing(findings, code):
    assert exit_code(findings) == code
