"""Every kind of picture in the viewer and in the lists: upright, in its colours, or not at all."""

import numpy as np
import pytest
from canvas_values import pixels
from odd_pictures import BAD, CORNER, KINDS, SIZE, red_corner, turned
from PySide6.QtCore import QSize

from annotator.errors import MediaError
from annotator.session.view import View
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.picture import read_display_picture, read_thumbnail


def rgb(image) -> np.ndarray:
    return pixels(image)[..., ::-1]


@pytest.mark.parametrize("scale", [1.0, 3.0])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_canvas_shows_every_orientation_upright(qtbot, tmp_path, suffix, orientation, scale):
    picture = read_display_picture(turned(tmp_path / f"a{suffix}", orientation))
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(460, 340)
    canvas.set_picture(picture)
    view = View(scale, 40.0, 30.0)
    canvas.set_view(view)
    canvas.show()

    shown = view.to_image(red_corner(rgb(canvas.grab().toImage())))

    assert (picture.width, picture.height) == SIZE
    assert np.abs(np.subtract(shown, CORNER)).max() < 0.5


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_thumbnails_show_every_orientation_upright(tmp_path, suffix, orientation):
    path = turned(tmp_path / f"a{suffix}", orientation)

    small = rgb(read_thumbnail(path, QSize(*SIZE) / 2))

    assert np.abs(np.array(red_corner(small)) * 2 - CORNER).max() < 1  # half a pixel of the thumbnail


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_the_viewer_shows_every_kind_in_its_colours(tmp_path, kind):
    path = kind.make(tmp_path)

    shown, small = read_display_picture(path).levels[0], read_thumbnail(path, QSize(64, 44))

    assert np.abs(rgb(shown)[24, 32] - kind.colour).max() <= 3
    assert np.abs(rgb(small)[22, 32] - kind.colour).max() <= 3


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.id)
def test_what_cannot_be_shown_is_not_shown_in_part(tmp_path, case):
    path = case.make(tmp_path)

    with pytest.raises(MediaError, match=case.words):
        read_display_picture(path)
