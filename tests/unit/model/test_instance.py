"""Instances and predictions: what an edit keeps, what counts as decided, and where the box is."""

from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from annotator.errors import ModelError
from annotator.model.instance import Instance, Prediction, Source, Visibility, new_instance
from annotator.model.skeleton import skeleton_from_names

SKELETON = skeleton_from_names("bird", "Bird", ["beak", "left_wing", "right_wing", "tail"])
UNLABELED, OCCLUDED, VISIBLE, ABSENT = Visibility


@pytest.fixture
def bird() -> Instance:
    """One keypoint of each state; the absent and the unlabeled one remember a position."""
    return replace(
        new_instance(1, SKELETON),
        points=np.array([[10, 20], [30, 60], [500, 500], [-500, 0.5]]),
        visibility=np.array([VISIBLE, OCCLUDED, ABSENT, UNLABELED], np.uint8),
    )


@pytest.fixture
def guess() -> Prediction:
    points = np.array([[1, 2], [3, 4], [np.nan, np.nan], [np.nan, 5]])
    return Prediction(1, "bird", points, np.array([0.3, 0.29, 0.9, 0.9]), (0, 0, 4, 4), 0.5, run=7)


def test_nothing_is_decided_in_a_new_instance():
    new = new_instance(5, SKELETON, track="blue")

    assert new.decided_count == 0
    assert np.isnan(new.points).all()
    assert (new.id, new.skeleton_id, new.track, len(new.points)) == (5, "bird", "blue", 4)


def test_located_is_occluded_or_visible_and_decided_is_all_but_unlabeled(bird):
    assert bird.located.tolist() == [True, True, False, False]
    assert bird.decided.tolist() == [True, True, True, False]
    assert bird.decided_count == 3


def test_an_instance_cannot_be_changed_in_place(bird):
    for array in (bird.points, bird.visibility):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(FrozenInstanceError):
        bird.track = "x"


def test_moving_a_point_keeps_its_state_unless_one_is_given(bird):
    assert bird.with_point(1, (7, 8)).visibility[1] == OCCLUDED
    assert bird.with_point(1, (7, 8), VISIBLE).visibility[1] == VISIBLE
    assert bird.with_point(1, (7, 8)).points[1].tolist() == [7, 8]
    assert bird.points[1].tolist() == [30, 60]


def test_a_state_that_is_cycled_brings_the_position_back(bird):
    there_and_back = bird.with_state([0], ABSENT).with_state([0], VISIBLE)

    assert there_and_back.equals(bird)


def test_a_keypoint_without_a_position_cannot_become_visible(bird):
    lost = replace(bird, points=np.full((4, 2), np.nan), visibility=np.array([0, 3, 0, 0], np.uint8))

    assert lost.with_state([0, 1], VISIBLE).visibility.tolist() == [UNLABELED, ABSENT, UNLABELED, UNLABELED]
    assert lost.with_state([0, 1], ABSENT).visibility.tolist() == [ABSENT, ABSENT, UNLABELED, UNLABELED]


def test_the_bounds_are_those_of_located_points_alone(bird):
    assert bird.bounds() == (10, 20, 20, 40)
    assert bird.bounds(margin=0.1) == (6, 16, 28, 48)
    assert new_instance(1, SKELETON).bounds() is None


def test_the_box_follows_the_points_until_it_is_set_by_hand(bird):
    by_hand = bird.with_box((1, 2, 3, 4), by_hand=True)

    assert bird.shown_box() == bird.bounds(0.1)
    assert by_hand.shown_box() == (1, 2, 3, 4)
    assert bird.with_box((1, 2, 3, 4), by_hand=False).shown_box() == bird.bounds(0.1)
    assert new_instance(1, SKELETON, box=(1, 2, 3, 4)).shown_box() == (1, 2, 3, 4)


@pytest.mark.parametrize("name", [field.name for field in fields(Instance)])
def test_instances_that_differ_in_one_field_are_not_equal(bird, name):
    other = {
        "points": bird.with_point(0, (10, 20.000001)).points,
        "visibility": bird.with_state([0], OCCLUDED).visibility,
        "box": (1, 2, 3, 4),
        "box_by_hand": True,
        "source": Source.MODEL,
        "crowd": True,
        "id": 2,
        "run": 3,
    }
    nothing = replace(bird, points=np.full((4, 2), np.nan))

    assert not bird.equals(replace(bird, **{name: other.get(name, "other")}))
    assert bird.equals(replace(bird))
    assert nothing.equals(replace(nothing)), "nothing equals nothing"
    assert not bird.equals("bird")


def test_points_and_states_of_different_length_are_refused():
    with pytest.raises(ModelError, match=r"points \(2, 2\) and states \(3,\)"):
        Instance(1, "bird", np.zeros((2, 2)), np.zeros(3, np.uint8))
    with pytest.raises(ModelError, match=r"points \(2, 3\)"):
        Instance(1, "bird", np.zeros((2, 3)), np.zeros(2, np.uint8))
    with pytest.raises(ModelError, match=r"scores \(1,\)"):
        Prediction(1, "bird", np.zeros((2, 2)), np.zeros(1), (0, 0, 1, 1), 1, 1)


def test_a_prediction_is_confident_at_the_threshold_and_only_where_it_placed_a_point(guess):
    assert guess.placed.tolist() == [True, True, False, False]
    assert guess.confident(0.3).tolist() == [True, False, False, False]


def test_predictions_compare_by_value(guess):
    assert guess.equals(replace(guess))
    assert not guess.equals(replace(guess, instance_id=4))
    assert not guess.equals(replace(guess, scores=guess.scores * 0.5))
    assert not guess.equals(new_instance(1, SKELETON))
