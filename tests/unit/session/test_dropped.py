"""What was dropped: sorted by what it is for, counted, named."""

from pathlib import Path

import pytest

from annotator.formats.contract import importer, importers
from annotator.session.dropped import count_pictures, pictures_sentence, project_name, sort_dropped


@pytest.fixture
def park(tmp_path) -> Path:
    """Three pictures, one of them below, and a text."""
    folder = tmp_path / "Park"
    (folder / "day two").mkdir(parents=True)
    for name in ("a.jpg", "b.PNG", "day two/c.tif", "notes.txt"):
        (folder / name).write_bytes(b"x")
    return folder


def test_each_path_goes_where_its_ending_says():
    paths = [Path(name) for name in ("/d/a.jpg", "/d/labels.JSON", "/d/Park", "/d/x.annotator", "/d/y.annotator")]

    dropped = sort_dropped(paths)

    assert dropped.project == Path("/d/x.annotator")
    assert dropped.labels == (Path("/d/labels.JSON"),)
    assert dropped.media == (Path("/d/a.jpg"), Path("/d/Park"))


def test_the_endings_of_import_formats_are_labels():
    importer("shapes", title="Shapes", suffixes=(".shp",), sniff=lambda path: True)(lambda path, options, job: None)
    try:
        dropped = sort_dropped([Path("/d/a.SHP"), Path("/d/a.jpg")])
    finally:
        importers.remove("shapes")

    assert dropped.labels == (Path("/d/a.SHP"),)
    assert sort_dropped([Path("/d/a.SHP")]).labels == ()


def test_pictures_are_counted_in_folders_and_alone(park):
    assert count_pictures([park]) == 3
    assert count_pictures([park / "a.jpg", park / "notes.txt"]) == 1
    assert count_pictures([park.parent / "gone"]) == 0


def test_the_sentence_names_the_one_place(park):
    assert pictures_sentence(312, (park,)) == "312 pictures in Park"
    assert pictures_sentence(1, (park / "a.jpg",)) == "1 picture in Park"
    assert pictures_sentence(0, (park,)) == "No pictures in Park"
    assert pictures_sentence(1930, (park, park.parent / "Lab" / "b.jpg")) == "1,930 pictures"


def test_a_project_is_named_after_its_first_folder(park):
    assert project_name((park, park.parent)) == "Park"
    assert project_name((park / "a.jpg",)) == "Park"
    assert project_name(()) == ""
