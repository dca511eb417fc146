"""What the README shows works as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.__main__ import COMMANDS
from annotator.bundle import bundled

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_notebook_lines_run_and_print_a_similarity_for_each_instance(tmp_path, monkeypatch):
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    snippet = re.search(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert snippet is not None
    samples = bundled("resources", "samples", "people")
    for command in (["new", "people", "--pictures", samples], ["prelabel", "people"], ["accept", "people"]):
        arguments = [sys.executable, "-m", "annotator", *map(str, command)]
        subprocess.run(arguments, cwd=tmp_path, check=True, capture_output=True, timeout=120)

    outcome = subprocess.run(
        [sys.executable, "-c", snippet[1]], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert outcome.returncode == 0, outcome.stderr
    lines = [line.split() for line in outcome.stdout.splitlines()]
    assert len(lines) == 10
    assert all(0 < float(similarity) < 1 for _, similarity in lines)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_in_the_table(command):
    assert f"| `annotator {command}` |" in README.read_text("utf-8")
