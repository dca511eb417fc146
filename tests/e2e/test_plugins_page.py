"""The plugins that docs/plugins.md shows work as they stand there, from a package of their own."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotator.model.frame import Frame
from annotator.model.ids import new_id
from annotator.model.instance import Instance, Visibility
from annotator.model.skeleton import skeleton_from_names
from annotator.session.pictures import add_pictures, find_pictures
from annotator.store.project import create_project, open_project

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"
FILES = dict(re.findall(r"^`([\w./]+)`\n\n```\w+\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE))
MODULES = {name: text for name, text in FILES.items() if name.endswith(".py")}
FACE = skeleton_from_names("face", "Face", ["nose", "left_eye", "right_eye"])


@pytest.fixture(scope="module", autouse=True)
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An environment with the package in it, as pip would leave it."""
    site = tmp_path_factory.mktemp("site")
    for name, text in MODULES.items():
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_text(text)
    (site / "labeltools" / "__init__.py").touch()
    project = tomllib.loads(FILES["pyproject.toml"])["project"]
    metadata = site / f"{project['name']}-{project['version']}.dist-info"
    metadata.mkdir()
    lines = ("Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}", "")
    (metadata / "METADATA").write_text("\n".join(lines))
    for group, points in project["entry-points"].items():
        lines = (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()), "")
        (metadata / "entry_points.txt").write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))
        patch.delenv("DISPLAY", raising=False)
        yield


def annotator(*arguments: object, cwd: Path, code: int = 0) -> Any:
    """Run a command with --json and return what it tells."""
    command = [sys.executable, "-m", "annotator", *map(str, arguments), "--json"]
    outcome = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)
    assert outcome.returncode == code, f"{outcome.stdout}\n{outcome.stderr}"
    return json.loads(outcome.stdout)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two faces in two pictures; the nose of the second lies on its left eye."""
    (tmp_path / "pictures").mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (64, 48)).save(tmp_path / "pictures" / name)
    path = tmp_path / "faces.annotator"
    with create_project(path, [FACE]) as project:
        first, second = add_pictures(project, find_pictures([tmp_path / "pictures"]))
        with project.transaction("Add two faces") as transaction:
            apart, together = [[10.25, 20], [8, 16], [13, 16]], [[8, 16], [8, 16], [13, 16]]
            for key, points, states in ((first, apart, (2, 1, 2)), (second, together, (2, 2, 3))):
                transaction.add(key, Instance(new_id(), "face", np.array(points, float), np.array(states, np.uint8)))
    return path


def poses(path: Path) -> dict[str, list[tuple[str, list[float], int]]]:
    """Name, place and state of each located keypoint, by picture."""
    found = {}
    with open_project(path, read_only=True) as project:
        for frame in project.frames():
            (instance,) = project.content(frame.key).instances
            names = project.skeletons[instance.skeleton_id].names
            rows = zip(names, instance.points.tolist(), instance.visibility.tolist(), strict=True)
            found[frame.name] = sorted(
                (n, xy, v) for n, xy, v in rows if v in (Visibility.OCCLUDED, Visibility.VISIBLE)
            )
    return found


@pytest.mark.parametrize("name", MODULES)
def test_every_example_is_under_30_lines(name):
    assert len(MODULES[name].splitlines()) < 30
    assert max(map(len, MODULES[name].splitlines())) <= 120


def test_every_module_is_named_in_the_package_and_loaded(tmp_path):
    listed = {plugin["name"]: plugin for plugin in annotator("plugin", "list", cwd=tmp_path)["plugins"]}

    mine = {name: plugin for name, plugin in listed.items() if plugin["where"] == "labeltools"}
    assert set(mine) == {Path(name).stem for name in MODULES}
    assert {plugin["state"] for plugin in mine.values()} == {"on"}
    assert [offer for plugin in mine.values() for offer in plugin["offers"]] == [
        {"kind": "predictor", "name": "heatmaps"},
        {"kind": "import format", "name": "points"},
        {"kind": "check", "name": "same-place"},
        {"kind": "export format", "name": "points"},
    ]


def test_what_the_exporter_writes_the_importer_reads(tmp_path, project):
    annotator("export", project, "table", "--format", "points", cwd=tmp_path)
    annotator("new", "again", "--skeleton", "coco-17", cwd=tmp_path)

    read = annotator("import", "again", "table/points.tsv", "--images", "pictures", cwd=tmp_path)

    assert read["files"][0]["imported"] == 2
    assert poses(tmp_path / "again.annotator") == poses(project)
    assert poses(project)["a.png"][1] == ("nose", [10.25, 20.0], Visibility.VISIBLE)


def test_a_line_that_is_none_is_one_sentence(tmp_path, project):
    (tmp_path / "bad.tsv").write_text("a.png\t1\tnose\t1\t2\tvisible\na.png\t1\tnose\tx\t2\tvisible\n")

    told = annotator("import", project, "bad.tsv", cwd=tmp_path, code=2)

    assert told["error"] == "bad.tsv, line 2: expected picture, instance, name, x, y, state"


def test_the_check_finds_the_two_keypoints_in_one_place(tmp_path, project):
    (issue,) = annotator("check", project, cwd=tmp_path, code=1)["issues"]

    assert (issue["check"], issue["picture"], issue["keypoint"]) == ("same-place", "b.png", "nose")
    assert issue["sentence"].startswith("nose and left_eye are in one place")


def identity_network() -> bytes:
    """An ONNX file that gives back its input, so that the red, green and blue of a picture are the three maps."""

    def field(number: int, value: int | bytes | str) -> bytes:
        if isinstance(value, int):
            return bytes([number << 3, value])
        content = value.encode() if isinstance(value, str) else value
        return bytes([number << 3 | 2, len(content)]) + content

    shape = field(2, b"".join(field(1, field(1, size)) for size in (1, 3, 24, 32)))
    kind = field(2, field(1, field(1, 1) + shape))
    node = field(1, field(1, "pixels") + field(2, "maps") + field(4, "Identity"))
    graph = node + field(2, "eyes") + field(11, field(1, "pixels") + kind) + field(12, field(1, "maps") + kind)
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 17))


def test_the_predictor_places_a_keypoint_where_its_map_is_highest(tmp_path, project):
    content = identity_network()
    card = json.loads(FILES["eyes.json"])
    card["files"][0]["sha256"] = hashlib.sha256(content).hexdigest()
    (tmp_path / "eyes.json").write_text(json.dumps(card))
    (tmp_path / "eyes.onnx").write_bytes(content)
    picture = Image.new("RGB", (64, 48))
    for n, xy in enumerate([(20, 30), (10, 12), (40, 12)]):
        picture.paste(tuple(255 * (n == k) for k in range(3)), (*xy, xy[0] + 4, xy[1] + 4))
    (tmp_path / "lights").mkdir()
    picture.save(tmp_path / "lights" / "c.png")
    with open_project(project) as opened:
        add_pictures(opened, find_pictures([tmp_path / "lights"]))

    told = annotator("prelabel", project, "--model", "eyes.json", cwd=tmp_path)

    assert (told["model"], told["predictions"]) == ("Eyes and nose", 1)
    with open_project(project, read_only=True) as opened:
        frame: Frame = next(frame for frame in opened.frames() if frame.name == "c.png")
        (prediction,) = opened.content(frame.key).predictions
    assert np.abs(prediction.points - [(22, 32), (12, 14), (42, 14)]).max() <= 2
    assert prediction.scores.min() > 0.8


def test_without_plugins_none_of_it_is_there(tmp_path, project):
    told = annotator("--no-plugins", "export", project, "table", "--format", "points", cwd=tmp_path, code=2)

    assert told["error"].startswith("there is no export format 'points'")


def test_the_check_works_as_a_file_of_the_plugin_folder_too(tmp_path, project, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(os.environ["PYTHONPATH"].split(os.pathsep)[1:]))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = Path(annotator("plugin", "list", cwd=tmp_path)["folder"])
    folder.mkdir(parents=True)
    (folder / "same_place.py").write_text(MODULES["labeltools/same_place.py"])
    assert annotator("check", project, cwd=tmp_path)["issues"] == []

    annotator("plugin", "enable", "same_place", cwd=tmp_path)

    assert len(annotator("check", project, cwd=tmp_path, code=1)["issues"]) == 1
    annotator("plugin", "disable", "same_place", cwd=tmp_path)
    assert annotator("check", project, cwd=tmp_path)["issues"] == []
