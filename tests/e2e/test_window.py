"""The main job with a real window: label a person by clicks, be killed, go on, prelabel, export."""

import json
from pathlib import Path

import numpy as np
import pytest
from desktop import Desktop, desktop

from annotator import create_project, open_project
from annotator.bundle import bundled
from annotator.errors import AnnotatorError
from annotator.model.instance import Visibility
from annotator.model.templates import template_skeleton
from annotator.session.pictures import add_pictures, find_pictures

# Where a person stands on the screen, 17 places of COCO's order; every fourth one is clicked as occluded.
PLACES = [(680 + 24 * (k % 2) - (k // 2) * 3, 200 + 30 * k) for k in range(17)]


@pytest.fixture
def project_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "people.annotator"
    with create_project(path, [template_skeleton("coco-17")], member="tester") as project:
        add_pictures(project, find_pictures([bundled("resources", "samples", "people")]))
    return path


def content_of(path: Path, name: str):
    """Return a frame's content as another program reads it from the disk."""
    with open_project(path, read_only=True) as project:
        frame = next(frame for frame in project.frames() if frame.name == name)
        return project.content(frame.key)


def decided(path: Path, name: str) -> int:
    try:
        return sum(instance.decided_count for instance in content_of(path, name).instances)
    except AnnotatorError:
        return 0


def test_a_person_is_labeled_killed_resumed_prelabeled_and_exported(tmp_path: Path, project_path: Path) -> None:
    name = "balance-lab.jpg"
    with desktop(tmp_path / "home") as screen:
        screen.start(str(project_path))
        screen.key("d")
        screen.look()
        screen.key("i")
        for k, (x, y) in enumerate(PLACES[:16]):
            screen.click(x, y, 3 if k % 4 == 3 else 1)
        screen.key("n")
        screen.wait(lambda: decided(project_path, name) == 17)
        screen.kill()

        check_pose(project_path, name)
        screen.start(str(project_path))
        screen.key("d", "ctrl+z")
        screen.wait(lambda: decided(project_path, name) == 16)
        screen.key("ctrl+shift+z")
        screen.wait(lambda: decided(project_path, name) == 17)
        prelabel(screen, project_path)
        export(screen, tmp_path)


def check_pose(path: Path, name: str) -> None:
    """Every click is where it was made: one scale and one offset map all of them."""
    (instance,) = content_of(path, name).instances
    states = instance.visibility.tolist()
    assert states == [Visibility.OCCLUDED if k % 4 == 3 else Visibility.VISIBLE for k in range(16)] + [
        Visibility.ABSENT
    ]
    screen = np.array(PLACES[:16], float)
    design = np.zeros((32, 3))
    design[:16, 0], design[16:, 0] = screen[:, 0], screen[:, 1]
    design[:16, 1], design[16:, 2] = 1, 1
    placed = instance.points[:16].T.reshape(-1)
    solution, *_ = np.linalg.lstsq(design, placed, rcond=None)
    assert np.abs(design @ solution - placed).max() < 1e-6


def prelabel(screen: Desktop, path: Path) -> None:
    """Run the model on the two people and accept the first of them."""
    screen.key("d", "d", "d")
    screen.key("p")
    name = "two-people-front.jpg"
    screen.wait(lambda: len(content_of(path, name).predictions) >= 2, 60)
    screen.look()
    screen.key("space")
    screen.wait(lambda: decided(path, name) >= 10)


def export(screen: Desktop, tmp_path: Path) -> None:
    """Export from the dialog with the keyboard alone, and read what is there."""
    screen.key("ctrl+e")
    screen.wait(lambda: screen.ask("search", "--onlyvisible", "--name", "Export").split(), 20)
    screen.look()  # the preview counts before the primary button answers
    screen.look()
    screen.key("Return")
    files = screen.wait(lambda: list(tmp_path.rglob("annotations.json")), 60)
    screen.wait(lambda: list(tmp_path.rglob("export-report.json")), 60)
    document = json.loads(files[0].read_text())
    names = {image["id"]: image["file_name"] for image in document["images"]}
    labeled = {names[annotation["image_id"]] for annotation in document["annotations"]}
    assert {"balance-lab.jpg", "two-people-front.jpg"} <= labeled
    report = json.loads(next(tmp_path.rglob("export-report.json")).read_text())
    assert report["proof"]["holds"]


def test_docks_are_torn_off_by_the_mouse_and_come_up_as_they_were_left(tmp_path: Path, project_path: Path) -> None:
    with desktop(tmp_path / "home") as screen:
        screen.start(str(project_path))
        screen.look()
        screen.drag(90, 60, 500, 300)  # the head of the left dock, into the picture
        screen.drag(1130, 500, 1030, 500)  # the line before the right dock
        screen.quit()
        left = screen.settings()["layouts"]["annotate"]["left"]["floating"]
        assert (left["x"] - 410, left["y"] - 240) == pytest.approx((0, 44), abs=12)
        assert screen.settings()["layouts"]["annotate"]["right"]["width"] == pytest.approx(406, abs=4)

        screen.start(str(project_path))
        screen.look()
        screen.drag(500, 300, 20, 400)  # back to where it was
        screen.quit()
        assert screen.settings()["layouts"]["annotate"]["left"] == {"width": 246}
        assert screen.settings()["layouts"]["annotate"]["right"]["width"] == pytest.approx(406, abs=4)
