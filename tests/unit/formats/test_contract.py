"""Turning points upright, frames as columns, and registering a format."""

import gc

import numpy as np
import pytest
from PIL import Image, ImageOps

from annotator.errors import AnnotatorError
from annotator.formats.contract import (
    FrameColumns,
    PlannedFrame,
    Proof,
    Turn,
    collector_paused,
    exporter,
    exporters,
    importer,
    importers,
)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_point_turns_with_its_pixel_as_pillow_turns_it(orientation):
    stored = Image.new("L", (6, 4))
    stored.putpixel((4, 1), 255)
    stored.getexif()[0x0112] = orientation
    displayed = np.array(ImageOps.exif_transpose(stored))
    (row,), (column,) = np.nonzero(displayed)

    turned = Turn(orientation, 6, 4).points(np.array([4.5, 1.5]))

    assert turned.tolist() == [column + 0.5, row + 0.5]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_turns_with_its_corners_and_keeps_its_size(orientation):
    turn = Turn(orientation, 60, 40)
    box = np.array([[5.5, 7, 20, 10]])

    ((x, y, width, height),) = turn.boxes(box)

    assert (width, height) == ((10, 20) if orientation >= 5 else (20, 10))
    corners = turn.points(np.array([[5.5, 7], [25.5, 17]]))
    assert [x, y] == corners.min(axis=0).tolist()
    assert np.isnan(turn.boxes(np.full((1, 4), np.nan))).all()


def test_columns_of_frames_read_like_a_list_of_frames():
    frames = [PlannedFrame("a.png", 1, 2, "{}"), PlannedFrame("b.png", 3, 4), PlannedFrame("c.png", 5, 6)]

    columns = FrameColumns.of(frames)

    assert list(columns) == frames
    assert columns[1] == frames[1]
    assert list(columns[1:]) == frames[1:]
    assert len(columns) == 3
    assert FrameColumns.of(columns) is columns


def test_a_proof_holds_only_when_all_is_equal_and_nothing_differs():
    assert Proof(1234, 1234).holds
    assert Proof(1234, 1234).sentence == "1,234 of 1,234 keypoints equal"
    assert not Proof(2, 1).holds
    assert not Proof(2, 2, ("category x is missing",)).holds
    assert Proof(2, 2, ("a", "b")).sentence == "2 of 2 keypoints equal; 2 differences are listed in the report"


def test_the_decorators_register_a_format_under_its_name():
    @importer("mine", title="Mine", suffixes=(".mine",), sniff=lambda path: True)
    def read(path, options, job):
        return "plan"

    @exporter("mine", title="Mine", loses="all")
    def write(project, options, job):
        return []

    try:
        assert importers["mine"].read is read
        assert (exporters["mine"].write, exporters["mine"].loses, exporters["mine"].prove) == (write, "all", None)
        with pytest.raises(AnnotatorError, match="import format 'mine' is registered twice"):
            importer("mine", title="Mine", suffixes=(), sniff=lambda path: True)(read)
    finally:
        importers.remove("mine")
        exporters.remove("mine")


def test_the_collector_runs_again_after_an_error_and_stays_off_when_it_was():
    with collector_paused():
        assert not gc.isenabled()
    with pytest.raises(KeyError), collector_paused():
        raise KeyError
    assert gc.isenabled()

    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
