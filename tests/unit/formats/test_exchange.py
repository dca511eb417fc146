"""What an import would do is said before it is done, and the right importer is found for a file."""

import numpy as np
import pytest
from formats_values import THING, people

from annotator.errors import AnnotatorError, FormatError
from annotator.formats.contract import Importer, ImportOptions, importers
from annotator.formats.exchange import importer_for, preview_import
from annotator.jobs import Job
from annotator.model.skeleton import Keypoint, Skeleton


def test_a_preview_counts_and_changes_nothing(project, planned, picture):
    picture("labels/a.png")
    states = np.array([[2, 1], [0, 2], [0, 0]], np.uint8)

    preview = planned.preview(["a.png", "b.png", "c.png"], [people([0, 1, 1], visibility=states)], notes=["odd"])

    assert (preview.instances, preview.visible, preview.occluded, preview.unlabeled) == (3, 2, 1, 3)
    assert (preview.found, preview.missing, preview.known) == (1, 2, 0)
    assert preview.notes == ["odd", "2 pictures were not found; their labels are kept and shown when they are"]
    assert (project.frame_keys(), project.skeletons) == ([], {})


def test_a_project_that_is_still_to_be_made_can_be_previewed(planned):
    planned.preview(["a.png"], [people([0])])

    preview = preview_import(None, planned.source, ImportOptions(), Job(), "planned")

    assert preview.place.is_new_root
    assert preview.matches[0].ours == THING


def test_keypoints_without_a_place_are_named_before_they_are_left_out(project, planned):
    ours = Skeleton("ours", "thing", (Keypoint("tip", "tip"), Keypoint("base", "base", retired=True)))
    with project.transaction("Add") as transaction:
        transaction.put_skeleton(ours)

    preview = planned.preview(["a.png"], [people([0])])

    assert preview.matches[0].is_new, "a retired keypoint takes nothing in, so the file's skeleton is another"


def test_a_skeleton_that_gets_another_name_is_told(project, planned):
    with project.transaction("Add") as transaction:
        transaction.put_skeleton(Skeleton("ours", "thing", (Keypoint("x", "x"),)))
    preview = planned.preview(["a.png"], [people([0])])

    assert "the project has another skeleton named thing: that of the file becomes thing 2" in preview.notes


def test_a_plan_without_instances_counts_nothing(planned):
    preview = planned.preview(["a.png"])

    assert (preview.instances, preview.visible, preview.unlabeled) == (0, 0, 0)


@pytest.fixture
def twins():
    """Two importers of one suffix; each knows its files by their first word."""
    for name in ("one", "two"):
        importers.register(
            name, Importer(name, name.title(), (".twin",), lambda path, name=name: path.read_text() == name, None)
        )
    yield
    for name in ("one", "two"):
        importers.remove(name)


@pytest.mark.usefixtures("twins")
def test_of_importers_for_a_suffix_the_one_that_knows_the_content_reads(tmp_path):
    file = tmp_path / "a.TWIN"
    file.write_text("two")
    assert importer_for(file).name == "two"

    file.write_text("three")
    with pytest.raises(FormatError, match=r"a\.TWIN is in no format that is read here \(.*One, Two\)"):
        importer_for(file)


def test_the_only_importer_of_a_suffix_reads_whatever_is_inside(planned):
    """It can say better what is wrong than that no format fits."""
    planned.source.write_text("rubbish")

    assert importer_for(planned.source).name == "planned"


def test_a_file_that_is_missing_and_a_format_that_is_not_there_are_named(tmp_path, planned):
    with pytest.raises(FormatError, match=r"a\.txt does not exist: check the name"):
        importer_for(tmp_path / "a.txt")
    with pytest.raises(AnnotatorError, match=r"there is no import format 'x'; known: .*planned"):
        importer_for(tmp_path / "a.txt", "x")
