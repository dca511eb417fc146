import numpy as np
import pytest
from PIL import Image

from annotator.errors import MediaError
from annotator.predict.picture import Picture


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "noise.jpg"
    Image.fromarray(np.random.default_rng(5).integers(0, 255, (48, 80, 3), np.uint8)).save(path)
    return path


def test_the_size_is_known_before_anything_is_decoded(file):
    file.write_bytes(file.read_bytes()[:-500])

    picture = Picture(file)

    assert picture.size == (80, 48)
    with pytest.raises(MediaError, match=r"noise.jpg is damaged"):
        _ = picture.pixels


def test_pixels_are_the_whole_picture(file):
    assert Picture(file).pixels.shape == (48, 80, 3)


def test_a_look_gets_pixels_that_are_fine_enough(file):
    picture = Picture(file)

    factors = [picture.reduced(step)[1] for step in (9, 8, 3, 4, 1, 4)]

    assert factors == [8, 8, 2, 2, 1, 1]


def test_what_was_read_is_kept(file):
    picture = Picture(file)
    first, _ = picture.reduced(4)

    second, _ = picture.reduced(5)

    assert second is first


def test_pixels_at_hand_are_given_as_they_are():
    pixels = np.zeros((4, 6, 3), np.uint8)

    picture = Picture(pixels)

    assert picture.size == (6, 4)
    assert picture.pixels is pixels
    assert picture.reduced(8) == (pixels, 1)


@pytest.mark.parametrize("pixels", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3)), np.zeros((0, 9, 3), np.uint8)])
def test_what_is_no_rgb_picture_is_refused(pixels):
    with pytest.raises(MediaError, match=r"models take \(H, W, 3\) uint8 pictures"):
        Picture(pixels)
