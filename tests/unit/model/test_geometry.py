"""Fitting, mirroring, swapping and measuring poses."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given

from annotator.model.geometry import (
    apply_affine,
    bone_lengths,
    box_of_points,
    expected_points,
    fit_similarity,
    layout_in_box,
    mirror,
    swap_sides,
)
from annotator.model.instance import Instance, Visibility, new_instance
from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.model.templates import template_skeleton

numbers = st.floats(-1000, 1000)
clouds = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=8).map(np.array)


@pytest.fixture
def person() -> Skeleton:
    return template_skeleton("coco-17")


def labeled(skeleton: Skeleton, seed: int = 3) -> Instance:
    """Return an instance with keypoints of all four states and remembered positions."""
    random = np.random.default_rng(seed)
    points = random.uniform(0, 300, (len(skeleton), 2))
    return replace(
        new_instance(1, skeleton), points=points, visibility=random.integers(0, 4, len(skeleton)).astype(np.uint8)
    )


@given(clouds, st.floats(0.01, 100), st.floats(-np.pi, np.pi), numbers, numbers)
def test_a_similarity_is_found_exactly(source, scale, angle, x, y):
    assume(np.ptp(source, axis=0).max() > 1)
    turned = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    target = source @ turned.T + (x, y)

    matrix = fit_similarity(source, target)

    np.testing.assert_allclose(apply_affine(matrix, source), target, atol=1e-6 * max(scale, 1) * 1000)
    np.testing.assert_allclose(matrix[:, :2], turned, atol=1e-6 * max(scale, 1))


def test_a_mirrored_pose_is_fitted_without_mirroring():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]])

    matrix = fit_similarity(square, square * [-1, 1])

    assert np.linalg.det(matrix[:, :2]) >= 0


def test_one_point_alone_takes_scale_and_uprightness_from_the_prior():
    matrix = fit_similarity([[0.5, 0.25]], [[100, 50]], prior_scale=80, prior_weight=0.01)

    np.testing.assert_allclose(matrix[:, :2], [[80, 0], [0, 80]])
    np.testing.assert_allclose(apply_affine(matrix, [[0.5, 0.25], [0.5, 1.25]]), [[100, 50], [100, 130]])


def test_the_prior_counts_half_where_the_spread_equals_its_weight():
    source = np.array([[-0.5, 0], [0.5, 0]])  # squared distances from the centre sum to 0.5

    matrix = fit_similarity(source, source * 10, prior_scale=20, prior_weight=0.5)

    assert matrix[0, 0] == pytest.approx(15)


def test_without_a_prior_one_point_is_moved_and_not_scaled():
    np.testing.assert_allclose(fit_similarity([[1, 2]], [[4, 6]]), [[1, 0, 3], [0, 1, 4]])


def test_the_ghost_of_a_placed_pose_is_that_pose(person):
    layout = np.asarray(person.layout)
    pose = replace(
        new_instance(1, person), points=layout * 240 + (30, 40), visibility=np.full(17, Visibility.VISIBLE, np.uint8)
    )

    np.testing.assert_allclose(expected_points(person, pose, height_hint=240), pose.points, atol=1e-6)


def test_the_ghost_of_a_turned_pose_is_turned(person):
    layout = np.asarray(person.layout)
    lying = (layout @ np.array([[0, 1], [-1, 0]])) * 200 + (300, 100)
    k = [person.names.index(name) for name in ("nose", "left_ankle", "right_ankle", "left_hip", "right_hip")]
    pose = new_instance(1, person)
    for each in k:
        pose = pose.with_point(each, tuple(lying[each]), Visibility.VISIBLE)

    ghost = expected_points(person, pose, height_hint=200 * float(np.ptp(layout[:, 1])))

    np.testing.assert_allclose(ghost, lying, atol=8)


def test_two_eyes_leave_the_ghost_upright_and_as_tall_as_the_hint(person):
    left, right = person.names.index("left_eye"), person.names.index("right_eye")
    pose = new_instance(1, person).with_point(left, (104, 50), Visibility.VISIBLE)
    pose = pose.with_point(right, (96, 56), Visibility.OCCLUDED)  # tilted by 37 degrees

    ghost = expected_points(person, pose, height_hint=300)

    assert np.ptp(ghost[:, 1]) == pytest.approx(300, rel=0.1)
    ankles = [person.names.index(name) for name in ("left_ankle", "right_ankle")]
    assert (ghost[ankles, 1] > 250).all()


def test_only_located_keypoints_pull_the_ghost(person):
    pose = new_instance(1, person).with_point(0, (100, 50), Visibility.VISIBLE)
    absent = pose.with_point(10, (9000, 9000), Visibility.ABSENT).with_point(11, (-9000, 0), Visibility.UNLABELED)

    np.testing.assert_array_equal(expected_points(person, absent, 200), expected_points(person, pose, 200))


def test_before_the_first_keypoint_the_ghost_fills_the_drawn_box(person):
    ghost = expected_points(person, new_instance(1, person, box=(10, 20, 100, 300), box_by_hand=True), 50)

    assert box_of_points(ghost) == pytest.approx((10, 20, 100, 300))
    assert np.isnan(expected_points(person, new_instance(1, person), 50)).all()


def test_the_first_keypoints_in_a_drawn_box_take_their_size_from_the_box(person):
    boxed = new_instance(1, person, box=(10, 20, 100, 300), box_by_hand=True)

    ghost = expected_points(person, boxed.with_point(0, (60, 30), Visibility.VISIBLE), height_hint=9)

    assert np.ptp(ghost[:, 1]) == pytest.approx(300)
    assert ghost[0] == pytest.approx((60, 30))


def test_a_layout_in_a_box_keeps_its_shape_when_asked_and_is_centred(person):
    x, y, width, height = box_of_points(layout_in_box(person, (0, 0, 1000, 100), keep_shape=True))
    layout = box_of_points(person.layout)

    assert height == pytest.approx(100)
    assert width / height == pytest.approx(layout[2] / layout[3])
    assert x + width / 2 == pytest.approx(500)
    assert y == pytest.approx(0)


def test_a_layout_on_one_line_is_placed_too():
    row = replace(skeleton_from_names("row", "row", ["a", "b"]), layout=((0, 0.5), (1, 0.5)))

    np.testing.assert_allclose(layout_in_box(row, (10, 20, 30, 40)), [[10, 40], [40, 40]])


@pytest.mark.parametrize("seed", range(5))
def test_swapping_sides_twice_changes_nothing_and_moves_no_point(person, seed):
    pose = labeled(person, seed)

    once = swap_sides(pose, person)

    assert swap_sides(once, person).equals(pose)
    left, right = person.names.index("left_wrist"), person.names.index("right_wrist")
    assert once.points[left].tolist() == pose.points[right].tolist()
    assert once.visibility[left] == pose.visibility[right]
    nose = person.names.index("nose")
    assert once.points[nose].tolist() == pose.points[nose].tolist()
    assert sorted(once.points.ravel()) == sorted(pose.points.ravel())


def test_swapping_one_keypoint_takes_its_partner_along_and_nobody_else(person):
    pose = labeled(person)
    left, right = person.names.index("left_wrist"), person.names.index("right_wrist")

    swapped = swap_sides(pose, person, [right])

    changed = (swapped.points != pose.points).any(axis=1)
    assert np.flatnonzero(changed).tolist() == [left, right]


@pytest.mark.parametrize("seed", range(5))
def test_mirroring_twice_changes_nothing_and_stays_in_the_bounds(person, seed):
    pose = labeled(person, seed)

    once = mirror(pose, person)

    twice = mirror(once, person)
    np.testing.assert_allclose(twice.points, pose.points, atol=1e-9)
    assert twice.visibility.tolist() == pose.visibility.tolist()
    assert once.bounds() == pytest.approx(pose.bounds())
    left, right = person.names.index("left_hip"), person.names.index("right_hip")
    x, _, width, _ = pose.bounds()
    assert once.points[left] == pytest.approx((2 * x + width - pose.points[right, 0], pose.points[right, 1]))


def test_a_pose_without_a_position_mirrors_to_itself(person):
    pose = new_instance(1, person).with_state([0], Visibility.ABSENT)

    assert mirror(pose, person) is pose


def test_bones_are_as_long_as_their_ends_are_apart():
    skeleton = replace(skeleton_from_names("t", "t", ["a", "b", "c"]), edges=(("a", "b"), ("c", "a")))

    lengths = bone_lengths([[0, 0], [3, 4], [np.nan, 0]], skeleton)

    assert lengths[0] == 5
    assert np.isnan(lengths[1])
    assert bone_lengths([[0, 0]], skeleton_from_names("o", "o", ["a"])).shape == (0,)


def test_the_box_of_points_leaves_out_what_has_no_place_and_grows_by_its_longer_side():
    points = [[10, 20], [np.nan, 0], [30, 60]]

    assert box_of_points(points) == (10, 20, 20, 40)
    assert box_of_points(points, margin=0.1) == (6, 16, 28, 48)
    assert box_of_points([[np.nan, 1]]) is None
