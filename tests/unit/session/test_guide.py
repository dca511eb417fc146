"""The guide: which keypoint comes next, what stepping back takes, and where the ghost stands."""

from dataclasses import replace

import numpy as np
import pytest

from annotator.model.instance import Visibility, new_instance
from annotator.model.skeleton import Keypoint, Side, Skeleton
from annotator.model.templates import template_skeleton
from annotator.session.guide import (
    callout,
    ghost,
    keypoint_of_hotkey,
    next_undecided,
    previous_decided,
    whose_side,
)

KEYS = ("a", "b", "c", "d")
SKELETON = Skeleton(
    "s",
    "mouse",
    tuple(Keypoint(key, key, hotkey=str(k + 1), retired=key == "c") for k, key in enumerate(KEYS)),
    layout=((0, 0), (1, 0), (0, 1), (1, 1)),
)
VISIBLE, ABSENT = Visibility.VISIBLE, Visibility.ABSENT


def decided(*ks: int):
    instance = new_instance(1, SKELETON)
    for k in ks:
        instance = instance.with_point(k, (10 * k, 5), VISIBLE)
    return instance


@pytest.mark.parametrize(
    ("ks", "after", "expected"),
    [((), -1, 0), ((0,), 0, 1), ((1,), 0, 3), ((3,), 3, 0), ((0, 1), 3, 3), ((0, 1, 3), 1, None)],
)
def test_the_next_keypoint_goes_round_and_passes_over_decided_and_retired_ones(ks, after, expected):
    assert next_undecided(SKELETON, decided(*ks), after) == expected


def test_the_first_keypoint_begins_an_instance_that_is_not_there_yet():
    assert next_undecided(SKELETON, None) == 0


def test_an_absent_keypoint_is_decided():
    assert next_undecided(SKELETON, decided().with_state([0], ABSENT)) == 1


@pytest.mark.parametrize(
    ("ks", "before", "expected"), [((), 2, None), ((0, 1), 3, 1), ((0, 3), 1, 0), ((1, 3), 0, 3), ((0, 1), None, 1)]
)
def test_stepping_back_takes_the_decided_one_before_or_the_last(ks, before, expected):
    assert previous_decided(SKELETON, decided(*ks), before) == expected


def test_the_ghost_stands_where_a_keypoint_was_and_only_for_undecided_ones():
    instance = decided(0, 1).with_point(3, (77, 66), Visibility.UNLABELED)

    expected = ghost(SKELETON, instance, height_hint=10)

    assert expected[3].tolist() == [77, 66]
    assert np.isnan(expected[:3]).all(), "two are decided, one is retired"


def test_without_anything_to_go_by_there_is_no_ghost():
    assert ghost(SKELETON, None, 100) is None
    assert ghost(SKELETON, new_instance(1, SKELETON), 100) is None
    assert ghost(SKELETON, decided(0, 1, 3), 100) is None


def test_the_card_counts_the_keypoints_that_can_be_placed():
    card = callout(SKELETON, 3, (("N", "absent"),))

    assert (card.name, card.position, card.keys) == ("d", "3 of 3", (("N", "absent"),))


def test_sides_are_told_as_the_subject_s_own():
    person = template_skeleton("coco-17")
    wrist = person.names.index("left_wrist")
    pair = (Keypoint("l", "l", side=Side.LEFT, partner="r"), Keypoint("r", "r", side=Side.RIGHT, partner="l"))
    mouse = replace(SKELETON, keypoints=pair, layout=((0, 0), (1, 0)), supercategory="animal")

    assert whose_side(person, wrist) == "the person's left"
    assert whose_side(mouse, 1) == "the mouse's right"
    assert whose_side(person, person.names.index("nose")) == ""


def test_a_hot_key_finds_its_keypoint_unless_it_is_retired():
    assert keypoint_of_hotkey(SKELETON, "2") == 1
    assert keypoint_of_hotkey(SKELETON, "3") is None
    assert keypoint_of_hotkey(SKELETON, "9") is None
