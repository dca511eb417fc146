"""A small project, and the same folders of the user for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.store.project import Project, create_project


@pytest.fixture(autouse=True)
def user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Locks, recovery files, backups and settings go to a folder of the test."""
    folder = tmp_path_factory.mktemp("user")
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    return folder


@pytest.fixture
def skeleton() -> Skeleton:
    return skeleton_from_names("bird", "Bird", ["beak", "left_wing", "right_wing", "tail"])


@pytest.fixture
def project(tmp_path: Path, skeleton: Skeleton) -> Iterator[Project]:
    project = create_project(tmp_path / "birds.annotator", [skeleton], member="ann")
    yield project
    project.close(lose_unsaved=True)
