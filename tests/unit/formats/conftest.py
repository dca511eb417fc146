"""A project, pictures, and an importer that gives the plan a test wrote."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from annotator.formats.contract import Importer, ImportOptions, ImportPlan, PlannedFrame, PlannedInstances, importers
from annotator.formats.exchange import ImportReport, Preview, commit_import, preview_import
from annotator.jobs import Job
from annotator.store.project import Project, create_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "user" / name.lower()))
    with create_project(tmp_path / "project" / "p", member="ann") as project:
        yield project


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    """Make pictures below a folder."""

    def make(path: str, size: tuple[int, int] = (20, 10), orientation: int = 1) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.new("RGB", size, "gray").save(file, exif=exif)
        return file

    return make


class Planned:
    """Imports plans as if a file had said them."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        self.source = folder / "labels.txt"
        self.plan: ImportPlan | None = None

    def read(self, path: Path, options: ImportOptions, job: Job) -> ImportPlan:
        assert self.plan is not None
        return self.plan

    def preview(
        self,
        paths: Sequence[Any],
        instances: Sequence[PlannedInstances] = (),
        project: Project | None = None,
        **fields: Any,
    ) -> Preview:
        """Preview a plan; `paths` are file names or planned frames."""
        options = {name: fields.pop(name) for name in ("pictures", "coordinates") if name in fields}
        frames = [PlannedFrame(each, 20, 10) if isinstance(each, str) else each for each in paths]
        self.plan = ImportPlan("planned", self.source, frames, instances, **fields)
        return preview_import(project or self.project, self.source, ImportOptions(**options), Job(), "planned")

    def bring(self, *arguments: Any, **fields: Any) -> ImportReport:
        return commit_import(self.project, self.preview(*arguments, **fields), Job())


@pytest.fixture
def planned(project: Project, tmp_path: Path) -> Iterator[Planned]:
    planned = Planned(project, tmp_path / "labels")
    planned.source.parent.mkdir()
    importers.register("planned", Importer("planned", "Planned", (".txt",), lambda path: False, planned.read))
    yield planned
    importers.remove("planned")
