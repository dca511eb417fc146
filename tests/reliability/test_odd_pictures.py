"""Pictures of every kind through the command line, models and exports; the window's side is in tests/ui."""

import json
from pathlib import Path

import numpy as np
import pytest
from odd_pictures import BAD, CORNER, KINDS, SIZE, Bad, Kind, red_corner, stored_xy, turned, upright
from PIL import Image

from annotator.cli.app import run_cli
from annotator.errors import MediaError
from annotator.store.media import probe, read_picture
from annotator.store.project import open_project

SUFFIXES = (".jpg", ".png", ".tif", ".webp")


def id_of(case: Bad | Kind) -> str:
    return case.id


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_models_see_every_orientation_upright(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = turned(tmp_path / f"a{suffix}", orientation)

    seen = read_picture(path)

    assert (probe(path).width, probe(path).height) == SIZE
    assert np.abs(np.subtract(red_corner(seen), CORNER)).max() < 0.5
    assert np.abs(red_corner(np.asarray(upright())) - np.array(CORNER)).max() < 0.01  # what measures is right


@pytest.mark.parametrize("meant", ["displayed", "stored"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_import_of_either_coordinates_is_exported_for_the_upright_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], orientation: int, meant: str
) -> None:
    path = turned(tmp_path / "a.jpg", orientation)
    x, y = CORNER if meant == "displayed" else stored_xy(CORNER, orientation)
    with Image.open(path) as image:
        width, height = SIZE if meant == "displayed" else image.size
    (tmp_path / "labels.json").write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "a.jpg", "width": width, "height": height}],
                "categories": [{"id": 1, "name": "block", "keypoints": ["corner"]}],
                "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "keypoints": [x, y, 2]}],
            }
        )
    )
    project, out = str(tmp_path / "p.annotator"), tmp_path / "out"
    assert run_cli(["new", project]) == 0

    assert run_cli(["import", project, str(tmp_path / "labels.json"), "--coordinates", meant]) == 0
    assert run_cli(["export", project, str(out), "--copy-pictures"]) == 0

    written = json.loads((out / "annotations.json").read_text())
    assert written["annotations"][0]["keypoints"] == [*CORNER, 2]
    assert (written["images"][0]["width"], written["images"][0]["height"]) == SIZE
    assert "upright" in written["info"]["coordinates"]
    report = json.loads((out / "export-report.json").read_text())
    assert report["turned"] == (["a.jpg"] if orientation > 1 else [])
    assert np.abs(np.subtract(red_corner(read_picture(out / "a.jpg")), CORNER)).max() < 0.5
    assert ("EXIF orientation" in capsys.readouterr().err) == (orientation > 1)


@pytest.mark.parametrize("kind", KINDS, ids=id_of)
def test_models_see_every_kind_in_its_colours(tmp_path: Path, kind: Kind) -> None:
    path = kind.make(tmp_path)

    seen = read_picture(path)

    assert seen.shape == (48, 64, 3)
    assert np.abs(seen[24, 32].astype(int) - kind.colour).max() <= 3


@pytest.mark.parametrize("kind", KINDS, ids=id_of)
def test_every_kind_becomes_a_frame_and_pages_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: Kind
) -> None:
    (tmp_path / "pictures").mkdir()
    kind.make(tmp_path / "pictures")

    code = run_cli(["new", str(tmp_path / "p"), "--pictures", str(tmp_path / "pictures")])

    said = capsys.readouterr().err
    pages = {"first_of_three_pages": "3 pictures", "first_of_an_animation": "2 pictures"}.get(kind.id, "")
    assert code == 0
    assert (pages in said) if pages else not said
    with open_project(tmp_path / "p.annotator", read_only=True) as project:
        assert [(frame.width, frame.height) for frame in project.frames()] == [(64, 48)]


@pytest.mark.parametrize("case", BAD, ids=id_of)
def test_what_cannot_be_shown_is_named_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: Bad
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    path = case.make(folder)
    Image.new("RGB", (64, 48)).save(folder / "sound.png")
    project = str(tmp_path / "p.annotator")

    code = run_cli(["new", project, "--pictures", str(folder), "--skeleton", "coco-17"])

    said = capsys.readouterr().err
    assert code == (1 if case.at_once else 0)
    assert len(said.splitlines()) == case.at_once
    assert (case.words in said and path.name in said) == case.at_once
    with pytest.raises(MediaError, match=case.words) as error:
        read_picture(path)
    assert str(path) in str(error.value)
    assert run_cli(["check", project]) == 0


def test_a_model_passes_over_a_damaged_picture_and_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    next(case for case in BAD if case.id == "truncated_jpeg").make(folder)
    Image.new("RGB", (64, 48)).save(folder / "sound.png")
    run_cli(["new", str(tmp_path / "p"), "--pictures", str(folder)])
    capsys.readouterr()

    code = run_cli(["prelabel", str(tmp_path / "p.annotator"), "--json"])

    said = capsys.readouterr()
    told = json.loads(said.out)
    assert code == 1
    assert told["frames"] == 1
    assert len(told["problems"]) == 1
    assert "a.jpg is damaged" in said.err
