"""The wheel holds what it must and nothing else, and works outside the checkout."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from annotator import __version__

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("plugins", "resources", "schemas")


def run(*command: str | Path, cwd: Path = ROOT, timeout: float = 300) -> str:
    """Run a command as a person would who has no checkout on the path; return what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        environment.pop(name, None)
    outcome = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout
    )
    assert outcome.returncode == 0, f"{command}\n{outcome.stdout}\n{outcome.stderr}"
    return outcome.stdout


def is_git_checkout() -> bool:
    return bool(shutil.which("git")) and (ROOT / ".git").exists()


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """The project as git tracks it; what lies around untracked is not part of a release."""
    if not is_git_checkout():
        return ROOT
    folder = tmp_path_factory.mktemp("source")
    run("git", "checkout-index", "--all", f"--prefix={folder}{os.sep}")
    return folder


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", target, source)
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def members(wheel) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder of programs of a new environment with the wheel in it, which borrows the libraries of this one."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    packages = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}, scheme="venv")
    # Only the folder itself gets on the path: this environment's own .pth files, and with them the checkout, do not.
    (Path(packages) / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", scripts / "python")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    return scripts


@pytest.mark.skipif(not is_git_checkout(), reason="only a git checkout knows which files it tracks")
def test_every_tracked_resource_is_in_the_wheel_and_nothing_else(members):
    tracked = run("git", "ls-files", *SHIPPED).splitlines()
    bundle = [name.removeprefix("annotator/_bundle/") for name in members if name.startswith("annotator/_bundle/")]

    assert sorted(bundle) == sorted(tracked)


def test_only_the_package_and_its_metadata_are_in_the_wheel(members):
    top = {PurePosixPath(name).parts[0] for name in members}

    assert top == {"annotator", f"keypoint_annotator-{__version__}.dist-info"}


def test_the_licence_and_the_notices_travel_with_the_wheel(members):
    licences = {name.partition("/licenses/")[2] for name in members if "/licenses/" in name}

    assert licences == {"LICENSE", "THIRD_PARTY.md"}


def test_the_installed_package_is_the_one_that_runs(installed, tmp_path):
    place = run(installed / "python", "-c", "import annotator; print(annotator.__file__)", cwd=tmp_path)

    assert Path(place.strip()).is_relative_to(installed.parent)
    assert run(installed / "annotator", "--version", cwd=tmp_path) == f"annotator {__version__}\n"
    assert (installed / "annotator-window").exists()


def test_the_demo_runs_outside_the_checkout(installed, tmp_path):
    target = tmp_path / "demo"

    run(installed / "annotator", "demo", "--headless", "--out", target, cwd=tmp_path)

    exported = [json.loads(path.read_text("utf-8")) for path in target.rglob("*.json")]
    (coco,) = [content for content in exported if "annotations" in content]
    assert len(coco["images"]) >= 5
    assert sum(annotation["num_keypoints"] for annotation in coco["annotations"]) > 50
    assert list(target.rglob("*.annotator"))


def test_another_package_called_plugins_is_left_alone(installed, tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "__init__.py").write_text("raise RuntimeError('nobody imports this')")

    listed = json.loads(run(installed / "python", "-m", "annotator", "plugin", "list", "--json", cwd=tmp_path))

    assert {plugin["state"] for plugin in listed["plugins"]} == {"on"}
    assert "coco" in {plugin["name"] for plugin in listed["plugins"]}
