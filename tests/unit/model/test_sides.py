"""The side of everything drawn."""

import pytest

from annotator.model.sides import CODED_SIDES, SIDE_CODES, Side, limb_side, limb_sides
from annotator.model.templates import template_skeleton

LEFT, RIGHT, CENTRE = Side.LEFT, Side.RIGHT, Side.CENTRE


@pytest.mark.parametrize(
    ("a", "b", "side"),
    [
        (LEFT, LEFT, LEFT),
        (RIGHT, RIGHT, RIGHT),
        (CENTRE, CENTRE, CENTRE),
        (LEFT, CENTRE, LEFT),
        (RIGHT, CENTRE, RIGHT),
        (LEFT, RIGHT, CENTRE),
    ],
)
def test_a_limb_has_the_side_of_its_ends(a: Side, b: Side, side: Side):
    assert limb_side(a, b) is side
    assert limb_side(b, a) is side


def test_the_limbs_of_a_person_are_sided_as_they_are_named():
    skeleton = template_skeleton("coco-17")
    sides = dict(zip(skeleton.edges, limb_sides(skeleton), strict=True))

    assert sides["left_shoulder", "left_elbow"] is LEFT
    assert sides["nose", "right_eye"] is RIGHT
    assert sides["left_hip", "right_hip"] is CENTRE


def test_codes_and_sides_are_each_others_inverse():
    assert [SIDE_CODES[side] for side in CODED_SIDES] == [0, 1, 2]
