"""An empty project with all bundled formats, for every test of a plugin."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.session.plugins import load_plugins
from annotator.store.project import Project, create_project


@pytest.fixture(autouse=True)
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    load_plugins()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with create_project(tmp_path / "p", member="tester") as project:
        yield project
