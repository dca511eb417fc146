"""A command runner, a small project, and folders of the user that belong to the test."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotator.cli.app import run_cli
from annotator.model.ids import new_id
from annotator.model.instance import Instance
from annotator.model.skeleton import skeleton_from_names
from annotator.session.pictures import add_pictures, find_pictures
from annotator.store.project import create_project


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Locks, recovery files, backups and settings go to a folder of the test."""
    folder = tmp_path_factory.mktemp("user")
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in the test's folder."""
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = run_cli([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return run_command


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three small pictures."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for n in range(3):
        Image.new("RGB", (40 + n, 30), (n * 40, 80, 80)).save(folder / f"bird{n}.png")
    return folder


@pytest.fixture
def birds(tmp_path: Path, pictures: Path) -> Path:
    """A project of three pictures; the first has two birds, three keypoints of four decided in each."""
    path = tmp_path / "birds.annotator"
    skeleton = skeleton_from_names("bird", "Bird", ["beak", "left_wing", "right_wing", "tail"])
    with create_project(path, [skeleton], member="ann") as project:
        keys = add_pictures(project, find_pictures([pictures]))
        points = np.array([[1.5, 2.25], [10, 11], [12, 13], [np.nan, np.nan]])
        with project.transaction("Add two birds") as transaction:
            for states in ((2, 1, 2, 0), (2, 2, 3, 0)):
                transaction.add(keys[0], Instance(new_id(), "bird", points, np.array(states, np.uint8)))
    return path
