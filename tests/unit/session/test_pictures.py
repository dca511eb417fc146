"""Pictures come into a project once, below roots of their own, and their sizes are nobody's change."""

from pathlib import Path

import pytest
from PIL import Image

from annotator.errors import CommandError, JobCancelled
from annotator.jobs import Job
from annotator.session.pictures import Found, add_pictures, find_pictures, read_sizes


def make(path: Path, size: tuple[int, int] = (20, 10), orientation: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", size).save(path, exif=exif)
    return path


def names(project):
    return [(frame.root, frame.path) for frame in project.frames() if frame.root != "park"]


def test_folders_and_files_are_found_together(tmp_path):
    make(tmp_path / "day/b.png")
    make(tmp_path / "day/a.png")
    loose = [make(tmp_path / "loose" / name) for name in ("y.jpg", "x.jpg")]
    (tmp_path / "loose/notes.txt").write_text("")

    found = find_pictures([tmp_path / "day", *loose, tmp_path / "loose/notes.txt"])

    assert found == [Found(tmp_path / "day", ("a.png", "b.png")), Found(tmp_path / "loose", ("y.jpg", "x.jpg"))]


def test_a_picture_that_is_named_twice_is_found_once(project, tmp_path):
    a, b = make(tmp_path / "day/a.png"), make(tmp_path / "day/b.png")

    assert find_pictures([a, a]) == [Found(tmp_path / "day", ("a.png",))]
    assert find_pictures([b, tmp_path / "day", a]) == [Found(tmp_path / "day", ("a.png", "b.png"))]


def test_nothing_to_find_says_what_to_choose(tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(CommandError, match="no picture was found there: choose JPEG"):
        find_pictures([tmp_path / "empty", tmp_path / "a.txt"])


def test_pictures_that_are_there_already_are_passed_over(project, tmp_path):
    make(tmp_path / "day/a.png")
    add_pictures(project, find_pictures([tmp_path / "day"]))
    project.flush()
    make(tmp_path / "day/b.png")

    (key,) = add_pictures(project, find_pictures([tmp_path / "day"]))
    project.flush()

    assert project.content(key).frame.path == "b.png"
    assert names(project) == [("day", "a.png"), ("day", "b.png")]
    assert project.undo_name == "Add b.png"
    assert add_pictures(project, find_pictures([tmp_path / "day"])) == []


def test_two_folders_of_one_name_stay_apart_and_each_picture_is_found(project, tmp_path):
    for place in ("one", "two"):
        make(tmp_path / place / "day/a.png")
        add_pictures(project, find_pictures([tmp_path / place / "day"]))
    project.flush()

    assert names(project) == [("day", "a.png"), ("day 2", "a.png")]
    assert [project.path_of(frame) for frame in project.frames() if frame.root != "park"] == [
        tmp_path / place / "day/a.png" for place in ("one", "two")
    ]


def test_sizes_are_those_of_the_upright_picture_and_no_undo_step(project, tmp_path):
    make(tmp_path / "day/a.jpg", (20, 10), orientation=6)
    (tmp_path / "day/damaged.jpg").write_bytes(b"no picture")
    keys = add_pictures(project, find_pictures([tmp_path / "day"]))

    problems = read_sizes(project, keys, Job())

    frame = project.content(keys[0]).frame
    assert (frame.width, frame.height, frame.orientation) == (10, 20, 6)
    assert len(problems) == 1
    assert "damaged.jpg" in problems[0]
    assert project.undo_name == "Add 2 pictures"


def test_reading_sizes_can_be_cancelled(project):
    job = Job()
    job.cancel()

    with pytest.raises(JobCancelled):
        read_sizes(project, project.frame_keys(), job)
