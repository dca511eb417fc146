"""Poses on pictures: shape tells the state, colour the side, and nothing else of the picture changes."""

import numpy as np
import pytest
from PIL import Image

from annotator.cli.pictures import contact_sheet, draw_pose, overlay, template_sheet
from annotator.cli.strokes import rgb
from annotator.model.figure import ghost_figure, instance_figure
from annotator.model.instance import Instance, Prediction, Visibility
from annotator.model.sides import SIDE_COLORS, Side
from annotator.model.skeleton import Keypoint, Skeleton
from annotator.model.templates import template_skeleton, templates

GREY = (120, 120, 120)
LEFT, RIGHT, CENTRE = (rgb(SIDE_COLORS[side]) for side in (Side.LEFT, Side.RIGHT, Side.CENTRE))
SKELETON = Skeleton(
    "cat",
    "cat",
    (
        Keypoint("left", "left", side=Side.LEFT, partner="right"),
        Keypoint("right", "right", side=Side.RIGHT, partner="left"),
    ),
    edges=(("left", "right"),),
)
POINTS = np.array([[60.5, 100.5], [340.5, 100.5]])


def _grey(width: int = 400, height: int = 200) -> np.ndarray:
    return np.full((height, width, 3), GREY, np.uint8)


def _drawn(*states: Visibility) -> Image.Image:
    return overlay(_grey(), [Instance(1, "cat", POINTS, np.uint8(states))], [], {"cat": SKELETON})


def _predicted(*scores: float, instance: Instance | None = None) -> Image.Image:
    prediction = Prediction(
        9, "cat", POINTS, np.float32(scores), (0, 0, 1, 1), 1.0, 1, instance.id if instance else None
    )
    return overlay(_grey(), [instance] if instance else [], [prediction], {"cat": SKELETON})


def test_a_visible_keypoint_is_a_disc_in_the_colour_of_its_side():
    image = _drawn(Visibility.VISIBLE, Visibility.VISIBLE)

    assert image.getpixel((60, 100)) == LEFT
    assert image.getpixel((340, 100)) == RIGHT


def test_a_limb_across_sides_is_centre_and_solid():
    image = _drawn(Visibility.VISIBLE, Visibility.VISIBLE)

    assert {image.getpixel((x, 100)) for x in range(70, 330)} == {CENTRE}


def test_an_occluded_keypoint_is_hollow_and_its_limb_dashed():
    image = _drawn(Visibility.VISIBLE, Visibility.OCCLUDED)

    assert image.getpixel((340, 98)) != RIGHT
    assert image.getpixel((340, 95)) == RIGHT
    along = [image.getpixel((x, 100)) == CENTRE for x in range(75, 325)]
    assert 0.4 < np.mean(along) < 0.75


@pytest.mark.parametrize("state", [Visibility.ABSENT, Visibility.UNLABELED])
def test_an_absent_or_unlabeled_keypoint_leaves_the_picture_as_it_was(state: Visibility):
    image = _drawn(Visibility.VISIBLE, state)

    assert np.array_equal(np.asarray(image)[:, 80:], _grey()[:, 80:])


def test_the_given_array_is_left_alone():
    picture = _grey()

    overlay(picture, [Instance(1, "cat", POINTS, np.uint8([2, 2]))], [], {"cat": SKELETON})

    assert np.array_equal(picture, _grey())


def test_a_prediction_is_a_diamond_filled_only_from_the_threshold_on():
    image = _predicted(1.0, 0.2)

    filled, hollow = image.getpixel((60, 100)), np.array(image.getpixel((340, 97)))
    assert np.abs(np.subtract(filled, LEFT)).max() < 40, "80 % of the side over the picture and the limb"
    assert np.abs(hollow - GREY).max() < 40
    corner, beside = image.getpixel((60, 93)), image.getpixel((66, 94))
    assert corner == LEFT
    assert beside == GREY, "a disc of that size would reach it"


def test_a_less_certain_prediction_is_fainter():
    def contrast(score: float) -> float:
        return float(np.abs(np.asarray(_predicted(score, score), float)[:, :80] - GREY).sum())

    assert contrast(0.35) < 0.8 * contrast(1.0)


def test_accepted_keypoints_of_a_prediction_are_drawn_once():
    accepted = Instance(1, "cat", POINTS, np.uint8([Visibility.VISIBLE, Visibility.VISIBLE]))

    assert np.array_equal(_predicted(1.0, 1.0, instance=accepted), _drawn(Visibility.VISIBLE, Visibility.VISIBLE))


def test_a_ghost_is_dots_without_colour():
    image = Image.fromarray(_grey())

    draw_pose(image, ghost_figure(SKELETON, POINTS[None]))

    assert not {LEFT, RIGHT, CENTRE} & {color for _, color in image.getcolors(1 << 24)}
    assert image.getpixel((60, 100)) != GREY


def test_a_pose_looks_the_same_wherever_it_lies_in_a_large_picture():
    def around(dx: int) -> np.ndarray:
        image = Image.new("RGB", (1400, 200), GREY)
        figure = instance_figure(SKELETON, (POINTS + np.array([dx, 0]))[None], [[2, 1]])
        draw_pose(image, figure)
        return np.asarray(image)[:, dx : dx + 400]

    assert np.array_equal(around(0), around(330)), "the second lies across two blocks"


def test_markers_of_crowded_keypoints_do_not_touch():
    skeleton = template_skeleton("hand-21")
    points = np.array(skeleton.layout) * 60 + 20
    image = Image.fromarray(_grey(100, 100))

    draw_pose(image, instance_figure(skeleton, points[None], np.full((1, 21), 2)))

    fingertip, joint = points[4], points[3]
    between = (fingertip + joint) / 2
    assert image.getpixel(tuple(fingertip.astype(int))) == CENTRE
    assert image.getpixel((int(between[0]) + 3, int(between[1]) - 3)) != CENTRE


def test_an_unlabeled_instance_draws_nothing():
    assert np.array_equal(_drawn(Visibility.UNLABELED, Visibility.UNLABELED), _grey())


def test_a_contact_sheet_has_a_tile_and_a_caption_for_every_picture():
    images = [Image.new("RGB", (300, 100), color) for color in ("red", "lime", "blue")]
    captions = ["first", "", "a very long name that cannot possibly stand below one tile of this sheet.jpg"]

    sheet = contact_sheet(images, captions, columns=2)

    colors = {color for _, color in sheet.getcolors(1 << 24)}
    assert {(255, 0, 0), (0, 255, 0), (0, 0, 255)} <= colors
    pixels = np.asarray(sheet)
    window = pixels[2, 2]
    assert (pixels[288:314, 16:376] != window).any()
    assert (pixels[288:314, 392:752] == window).all(), "no caption, no text"
    assert (pixels[600:, 380:] == window).all(), "the long caption stays below its own tile"


def test_a_contact_sheet_of_nothing_is_empty_and_no_error():
    assert contact_sheet([], []).width > 0


def test_the_template_sheet_shows_every_template_in_the_colours_of_the_sides():
    sheet = np.asarray(template_sheet(templates(), columns=4))

    rows = sheet.shape[0] // -(-len(templates()) // 4), sheet.shape[1] // 4
    for number, template in enumerate(templates()):
        row, column = divmod(number, 4)
        card = sheet[row * rows[0] : (row + 1) * rows[0], column * rows[1] : (column + 1) * rows[1]]
        for side, color in zip((Side.LEFT, Side.RIGHT, Side.CENTRE), (LEFT, RIGHT, CENTRE), strict=True):
            shown = (card == color).all(axis=-1).sum()
            expected = any(keypoint.side is side for keypoint in template.skeleton.keypoints)
            assert (shown > 20) == expected, (template.title, side)
