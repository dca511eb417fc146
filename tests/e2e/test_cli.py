"""The command line as a person starts it: a process of its own, from pictures to labels."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from annotator.bundle import bundled
from annotator.store.integrity import check_project
from annotator.store.project import open_project


@pytest.fixture(scope="module", autouse=True)
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No display, and folders of the user that belong to these tests."""
    folder = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATA", "STATE", "CONFIG", "CACHE"):
            patch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            patch.delenv(name, raising=False)
        yield


def annotator(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "annotator", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_pictures_become_labels(tmp_path):
    people = bundled("resources", "samples", "people")

    assert annotator("new", "people", "--skeleton", "coco-17", "--pictures", people, cwd=tmp_path).returncode == 0
    assert annotator("prelabel", "people", "--frames", "to-do", cwd=tmp_path).returncode == 0
    assert annotator("accept", "people", "--min-score", "0.3", cwd=tmp_path).returncode == 0
    assert annotator("check", "people", cwd=tmp_path).returncode == 0
    facts = json.loads(annotator("stats", "people", "--json", cwd=tmp_path).stdout)

    assert facts["frames"] == 6
    assert facts["instances"] == 10
    assert facts["instances_by_source"] == {"model": 10}


def test_ctrl_c_leaves_a_sound_project_with_what_was_finished(tmp_path):
    pty = pytest.importorskip("pty")
    (tmp_path / "many").mkdir()
    picture = Image.open(bundled("resources", "samples", "people", "balance-lab.jpg"))
    for n in range(40):
        picture.save(tmp_path / "many" / f"{n}.jpg")
    annotator("new", "many", "--pictures", "many", cwd=tmp_path)
    screen, terminal = pty.openpty()

    process = subprocess.Popen([sys.executable, "-m", "annotator", "prelabel", "many"], cwd=tmp_path, stderr=terminal)
    os.close(terminal)  # the program has its own; reading ends when it ends
    seen = b""
    while not re.search(rb" ([2-9]|\d\d)/40", seen):  # two pictures are in work, so a number may be passed over
        seen += os.read(screen, 1024)
    process.send_signal(signal.SIGINT)
    code = process.wait(timeout=60)
    os.close(screen)

    assert code == 130
    with open_project(tmp_path / "many.annotator") as project:
        assert 2 <= project.counts().predicted < 40
    assert check_project(tmp_path / "many.annotator") == []


def test_an_output_that_nobody_reads_on_is_no_crash(tmp_path):
    listing = f'"{sys.executable}" -m annotator skeleton show coco-wholebody-133 | head -n 1'

    outcome = subprocess.run(["sh", "-c", listing], cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert "Traceback" not in outcome.stderr
    assert outcome.stdout.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--help"], ["skeleton", "list"], ["stats", "--help"]])
def test_quick_commands_load_nothing_heavy(arguments):
    program = (
        "import sys; from annotator.cli.app import run_cli; "
        f"run_cli({arguments!r}); print(*sorted(sys.modules), file=sys.stderr)"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    loaded = {name.split(".")[0] for name in outcome.stderr.split()}
    assert "typer" in loaded
    assert not loaded & {"numpy", "PIL", "onnxruntime", "shapely", "sqlite3", "pysqlite3", "PySide6"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    place = tmp_path_factory.mktemp("demo")
    return place, annotator("demo", "--headless", cwd=place)


def test_the_demo_finishes_and_says_what_it_did(demo):
    _, outcome = demo

    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stderr == ""
    assert "confidence 0.30 and above, the default" in outcome.stdout
    assert any(line.split() == ["people", "10"] for line in outcome.stdout.splitlines())
    assert "170 of 170 keypoints equal" in outcome.stdout


def test_the_demos_project_is_sound_and_stands_alone(demo, tmp_path):
    place, _ = demo
    moved = tmp_path / "elsewhere"
    (place / "annotator-demo").rename(moved)
    try:
        assert check_project(moved / "people.annotator") == []
        with open_project(moved / "people.annotator", read_only=True) as project:
            paths = [project.path_of(frame) for frame in project.frames()]
        assert len(paths) == 6
        assert all(path and path.is_file() and path.is_relative_to(moved) for path in paths)
    finally:
        moved.rename(place / "annotator-demo")


def test_the_demo_draws_every_picture(demo):
    place, _ = demo
    folder = place / "annotator-demo"

    drawn = sorted(path.stem for path in (folder / "overlays").iterdir())

    assert drawn == sorted(path.stem for path in (folder / "pictures").iterdir() if path.suffix)
    for name in drawn:
        source = next((folder / "pictures").glob(f"{name}.*"))
        with Image.open(source) as before, Image.open(folder / "overlays" / f"{name}.jpg") as after:
            assert after.size == before.size
    with Image.open(folder / "contact-sheet.jpg") as sheet:
        assert sheet.width > 1000


def test_a_second_demo_makes_a_new_folder(demo):
    place, _ = demo

    outcome = annotator("demo", "--headless", "--out", place, "--json", cwd=place.parent)

    facts = json.loads(outcome.stdout)
    assert outcome.returncode == 0
    assert facts["folder"] == str(place / "annotator-demo-2")
    assert facts["people"] == 10
    assert facts["proof"]["holds"]
    assert all(Path(file).is_file() for file in facts["export"])
    assert (place / "annotator-demo" / "people.annotator").is_file()


def test_without_a_display_the_window_is_left_out(demo):
    place, _ = demo

    outcome = annotator("demo", cwd=place)

    assert outcome.returncode == 0
    assert "the window stays closed" in outcome.stderr


@pytest.mark.skipif(not shutil.which("Xvfb") or not shutil.which("xdotool"), reason="needs Xvfb and xdotool")
def test_with_a_display_the_window_opens_last_in_its_own_process(tmp_path):
    reading, writing = os.pipe()
    display = subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-screen", "0", "1440x900x24"], pass_fds=[writing])
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DISPLAY", f":{os.read(reading, 16).decode().strip()}")
            outcome = annotator("demo", cwd=tmp_path)
            search = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "People|Annotator"]
            found = subprocess.run(search, capture_output=True, text=True, timeout=60)
    finally:
        display.terminate()  # the window goes with it
        display.wait(timeout=30)
        os.close(reading)
        os.close(writing)

    assert outcome.returncode == 0
    assert outcome.stdout.rstrip().endswith("Opening people.annotator in the window.")
    assert found.stdout.split()
