"""Every plugin that is found is loaded once; one that fails is listed with its error and stops nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from annotator.session.plugins import load_plugins

PROGRAM = """
from annotator.session import plugins
from annotator.formats.contract import exporters
for status in plugins.load_plugins(others={others}):
    print(status.origin, status.name, status.error, sep="|")
print("exporters", *exporters)
"""


def statuses(folder: Path, others: bool) -> list[str]:
    """Load plugins in a program of its own that finds the distributions of `folder`."""
    import annotator

    root = Path(annotator.__file__).parents[1]
    outcome = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(others=others)],
        env={"PYTHONPATH": f"{root}:{folder}", "PATH": "/usr/bin:/bin"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout.splitlines()


@pytest.fixture
def distribution(tmp_path: Path) -> Path:
    """A folder with an installed distribution of two plugins, the second of which is broken."""
    (tmp_path / "good.py").write_text(
        "from annotator.plugin import exporter\n"
        "@exporter('theirs', title='Theirs', loses='all')\n"
        "def write(project, options, job):\n    return []\n"
    )
    (tmp_path / "bad.py").write_text("1 / 0\n")
    facts = tmp_path / "pose_formats-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: pose-formats\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[annotator.plugins]\nbad = bad\ngood = good\n")
    return tmp_path


def test_plugins_of_installed_packages_are_loaded_and_a_broken_one_is_listed(distribution: Path) -> None:
    found = statuses(distribution, others=True)

    assert "pose-formats|good|" in found
    assert "pose-formats|bad|ZeroDivisionError: division by zero" in found
    assert {"coco", "theirs"} <= set(found[-1].split())


def test_plugins_of_others_can_be_left_out(distribution: Path) -> None:
    found = statuses(distribution, others=False)

    assert all(line.startswith("bundled|") for line in found[:-1])
    assert "theirs" not in found[-1]


def test_the_bundled_plugins_load_without_an_error_and_once() -> None:
    first = load_plugins()

    assert {status.name for status in first if status.origin == "bundled"} >= {"coco", "csv_table", "movenet"}
    assert [status.error for status in first if status.origin == "bundled" and status.error] == []
    assert load_plugins() is first
