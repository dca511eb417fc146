"""What every test may use, and what is checked of all that tests leave behind."""

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from annotator.bundle import bundled


@pytest.fixture(scope="session", autouse=True)
def own_user_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep locks, recovery files, backups and settings of the tests out of the developer's own folders."""
    folder = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATA", "STATE", "CONFIG", "CACHE"):
            patch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
        yield


@pytest.fixture(scope="session", autouse=True)
def reports_fit_their_schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Check every report of an export that any test wrote, once they all ran; the path tells which test it was."""
    yield
    schema = jsonschema.Draft202012Validator(json.loads(bundled("schemas", "export-report.json").read_text("utf-8")))
    for path in tmp_path_factory.getbasetemp().rglob("export-report.json"):
        if path.parent.name == "schemas":
            continue  # of a package that a test installed
        problem = jsonschema.exceptions.best_match(schema.iter_errors(json.loads(path.read_text("utf-8"))))
        assert problem is None, f"{path}: {problem.message}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real third-party labels, which lies beside a developer's checkout and is never committed."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} does not exist")
    return folder
