"""The pictures of an import: where they are, whether the project has them, and what EXIF does to coordinates."""

import pytest
from formats_values import people

from annotator.errors import FormatError
from annotator.formats import pictures
from annotator.formats.contract import Coordinates, NeedsCoordinatesError, PlannedFrame
from annotator.model.frame import Frame
from annotator.model.ids import new_id


@pytest.mark.parametrize("folder", ["labels", "labels/images", ".", "images", "labels/labels"])
def test_pictures_are_found_in_the_folders_where_they_usually_lie(planned, picture, tmp_path, folder):
    picture(f"{folder}/day/a.png")

    place = planned.preview(["day/a.png", "day/b.png"]).place

    assert place.folder == tmp_path / folder
    assert list(place.found) == [True, False]
    assert place.file(0) == tmp_path / folder / "day/a.png"
    assert place.file(1) is None


def test_the_chosen_folder_is_searched_below_by_name(planned, picture, tmp_path):
    picture("photos/2024/may/a.png")
    picture("photos/2024/twice.png")
    picture("photos/2025/twice.png")
    picture("photos/.hidden/b.png")

    place = planned.preview(["train/a.png", "train/twice.png", "train/b.png"], pictures=tmp_path / "photos").place

    assert list(place.paths) == ["2024/may/a.png", "train/twice.png", "train/b.png"]
    assert list(place.found) == [True, False, False], "of two of a name nobody knows which is meant"


def test_two_frames_never_share_a_picture(planned, picture, tmp_path):
    picture("photos/a.png")

    place = planned.preview(["one/a.png", "two/a.png"], pictures=tmp_path / "photos").place

    assert list(place.found) == [True, False]


def test_a_missing_folder_is_named(planned, tmp_path):
    with pytest.raises(FormatError, match="photos is not a folder: choose the folder that holds the pictures"):
        planned.preview(["a.png"], pictures=tmp_path / "photos")


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("", "names no picture"),
        ("a\nb.png", "names no picture"),
        ("/etc/passwd", "leads out"),
        ("../a.png", "leads out"),
        ("a/../../b.png", "leads out"),
        ("C:/a.png", "leads out"),
        ("http://host/a.png", "leads out"),
        ("a\\..\\b.png", "leads out"),
        ("day\\a.png", "only Windows"),
        ("a//b.png", "empty part"),
        ("./a.png", "empty part"),
        ("a\ud800.png", "not valid Unicode"),
    ],
)
def test_a_path_that_is_not_safe_is_refused_and_numbered(planned, path, rule):
    with pytest.raises(FormatError, match=rf"labels\.txt: images\[1\] has the file name .*{rule}"):
        planned.preview(["fine.png", path])


@pytest.mark.parametrize("path", ["a b/ü 左.png", "..a/b..png", "a..b/c.png", "tag;1.png"])
def test_a_path_that_only_looks_odd_is_taken(planned, path):
    assert list(planned.preview([path]).place.paths) == [path]


def test_a_picture_of_the_project_is_known_by_its_place_and_a_missing_one_by_its_name(project, planned, picture):
    picture("labels/a.png")
    planned.bring(["a.png", "gone.png"])
    a, gone = project.frame_keys()

    assert list(planned.preview(["a.png", "new.png"]).place.keys) == [a, None]
    assert list(planned.preview(["elsewhere/gone.png"]).place.keys) == [gone]
    assert planned.preview(["a.png", "new.png"]).known == 1


def test_a_name_that_stands_twice_in_the_project_is_nobody_s(project, planned):
    with project.transaction("Add") as transaction:
        transaction.add_frames(Frame(new_id(), "old", f"{day}/a.png") for day in ("may", "june"))
    project.flush()

    assert list(planned.preview(["other/a.png"]).place.keys) == [None]


def test_another_folder_of_the_same_name_becomes_a_root_of_its_own(project, planned, picture, tmp_path):
    picture("one/images/a.png")
    picture("two/images/a.png")
    planned.bring(["a.png"], pictures=tmp_path / "one/images")

    place = planned.preview(["a.png"], pictures=tmp_path / "two/images").place

    assert (place.root, place.is_new_root, list(place.keys)) == ("images 2", True, [None])


@pytest.mark.parametrize("orientation", range(5, 9))
def test_coordinates_of_the_displayed_size_are_taken_as_they_are(planned, picture, orientation):
    picture("labels/a.jpg", (20, 10), orientation)

    sizes = planned.preview([PlannedFrame("a.jpg", 10, 20)], [people([0])]).sizes

    assert not sizes.turns
    assert sizes.differing == ()


@pytest.mark.parametrize("orientation", range(2, 9))
def test_coordinates_that_may_be_of_the_stored_picture_are_asked_about(planned, picture, orientation):
    picture("labels/a.jpg", (20, 10), orientation)

    with pytest.raises(NeedsCoordinatesError, match=rf"a\.jpg has EXIF orientation {orientation}.*--coordinates"):
        planned.preview([PlannedFrame("a.jpg", 20, 10)])

    frames = [PlannedFrame("a.jpg", 20, 10)]
    assert planned.preview(frames, coordinates=Coordinates.STORED).rotated == 1
    assert planned.preview(frames, coordinates=Coordinates.DISPLAYED).rotated == 0


def test_coordinates_of_the_displayed_size_are_not_turned_though_stored_was_chosen(planned, picture):
    picture("labels/a.jpg", (20, 10), orientation=6)

    assert planned.preview([PlannedFrame("a.jpg", 10, 20)], coordinates=Coordinates.STORED).rotated == 0


def test_a_picture_of_another_size_is_told_and_nothing_scaled(planned, picture):
    picture("labels/a.png", (20, 10))
    picture("labels/b.png", (20, 10))

    picture("labels/c.png", (20, 10))

    preview = planned.preview(
        [PlannedFrame("a.png", 40, 20), PlannedFrame("b.png", 0, 0), PlannedFrame("c.png", 10, 20)]
    )

    assert preview.sizes.differing == (0, 2)
    assert any(
        note.startswith("2 pictures have another size than the file says, a.png first") for note in preview.notes
    )


def test_a_damaged_picture_does_not_stop_an_import(planned, tmp_path):
    (tmp_path / "labels/a.png").write_bytes(b"not a picture")

    preview = planned.preview(["a.png"])

    assert preview.found == 1
    assert not preview.sizes.facts


def test_very_many_pictures_are_not_all_opened(planned, picture, monkeypatch):
    monkeypatch.setattr(pictures, "PROBED_PICTURES", 1)
    picture("labels/a.png")
    picture("labels/b.png")

    assert len(planned.preview(["a.png"]).sizes.facts) == 1
    assert len(planned.preview(["a.png", "b.png"]).sizes.facts) == 0
