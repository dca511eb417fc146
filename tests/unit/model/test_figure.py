"""What is drawn of instances, predictions and ghosts, and with which side and look."""

from dataclasses import replace

import numpy as np
import pytest

from annotator.model.figure import (
    LimbLook,
    MarkerLook,
    ghost_figure,
    instance_figure,
    layout_figure,
    open_proposal,
    prediction_figure,
)
from annotator.model.instance import Instance, Prediction, Visibility
from annotator.model.sides import SIDE_CODES, Side
from annotator.model.skeleton import Keypoint, Skeleton

UNLABELED, OCCLUDED, VISIBLE, ABSENT = Visibility
LEFT, RIGHT, CENTRE = SIDE_CODES[Side.LEFT], SIDE_CODES[Side.RIGHT], SIDE_CODES[Side.CENTRE]

NOSE, LEFT_EAR, RIGHT_EAR, TAIL = range(4)
SKELETON = Skeleton(
    "cat",
    "cat",
    (
        Keypoint("nose", "nose"),
        Keypoint("left_ear", "left_ear", side=Side.LEFT, partner="right_ear"),
        Keypoint("right_ear", "right_ear", side=Side.RIGHT, partner="left_ear"),
        Keypoint("tail", "tail"),
    ),
    edges=(("nose", "left_ear"), ("nose", "right_ear"), ("left_ear", "right_ear"), ("nose", "tail")),
    layout=((0.5, 0.0), (1.0, 0.2), (0.0, 0.2), (0.5, 1.0)),
)
POINTS = np.array([[10.25, 10], [20, 5], [0, 5], [10, 50]])


def test_every_located_keypoint_is_a_marker_in_its_place_and_side():
    figure = instance_figure(SKELETON, POINTS[None], [[VISIBLE, VISIBLE, OCCLUDED, VISIBLE]])

    assert figure.marker_xy.tolist() == POINTS.tolist()
    assert figure.marker_k.tolist() == [NOSE, LEFT_EAR, RIGHT_EAR, TAIL]
    assert figure.marker_side.tolist() == [CENTRE, LEFT, RIGHT, CENTRE]
    assert figure.marker_look.tolist() == [
        MarkerLook.VISIBLE,
        MarkerLook.VISIBLE,
        MarkerLook.OCCLUDED,
        MarkerLook.VISIBLE,
    ]
    assert figure.marker_alpha.tolist() == [1, 1, 1, 1]


def test_a_limb_has_the_side_of_its_ends_of_the_one_that_is_not_centre_and_centre_across():
    figure = instance_figure(SKELETON, POINTS[None], [[VISIBLE] * 4])

    assert figure.segment_edge.tolist() == [0, 1, 2, 3]
    assert figure.segment_side.tolist() == [LEFT, RIGHT, CENTRE, CENTRE]
    assert figure.segment_xy[0].tolist() == [[10.25, 10], [20, 5]]


def test_a_limb_is_dashed_when_an_end_is_occluded_else_solid():
    figure = instance_figure(SKELETON, POINTS[None], [[VISIBLE, VISIBLE, OCCLUDED, VISIBLE]])

    assert figure.segment_look.tolist() == [LimbLook.SOLID, LimbLook.DASHED, LimbLook.DASHED, LimbLook.SOLID]


@pytest.mark.parametrize("state", [ABSENT, UNLABELED])
def test_an_absent_or_unlabeled_keypoint_is_not_drawn_nor_its_limbs(state: Visibility):
    figure = instance_figure(SKELETON, POINTS[None], [[VISIBLE, state, VISIBLE, VISIBLE]])

    assert figure.marker_k.tolist() == [NOSE, RIGHT_EAR, TAIL]
    assert figure.segment_edge.tolist() == [1, 3]


def test_a_retired_keypoint_is_never_drawn():
    keypoints = list(SKELETON.keypoints)
    keypoints[TAIL] = replace(keypoints[TAIL], retired=True)
    skeleton = replace(SKELETON, keypoints=tuple(keypoints))
    everywhere = POINTS[None]

    for figure in (
        instance_figure(skeleton, everywhere, [[VISIBLE] * 4]),
        prediction_figure(skeleton, everywhere, [[0.9] * 4], 0.3),
        ghost_figure(skeleton, everywhere),
        layout_figure(skeleton, (0, 0, 10, 10)),
    ):
        assert TAIL not in figure.marker_k
        assert 3 not in figure.segment_edge


def test_rows_tell_the_instance_of_each_part():
    states = [[VISIBLE, ABSENT, ABSENT, ABSENT], [UNLABELED] * 4, [OCCLUDED, ABSENT, ABSENT, VISIBLE]]

    figure = instance_figure(SKELETON, np.stack([POINTS, POINTS, POINTS + 100]), states)

    assert figure.marker_instance.tolist() == [0, 2, 2]
    assert figure.segment_instance.tolist() == [2]
    assert figure.marker_xy[1].tolist() == [110.25, 110]
    assert figure.segment_xy[0].tolist() == [[110.25, 110], [110, 150]]


def test_no_instance_and_no_edge_draw_nothing_without_complaint():
    bare = replace(SKELETON, edges=())

    assert len(instance_figure(SKELETON, np.empty((0, 4, 2)), np.empty((0, 4), np.uint8)).marker_xy) == 0
    figure = instance_figure(bare, POINTS[None], [[VISIBLE] * 4])
    assert figure.segment_xy.shape == (0, 2, 2)
    assert len(figure.marker_xy) == 4


def test_the_types_are_those_a_painter_relies_on():
    figure = prediction_figure(SKELETON, POINTS[None], [[0.9] * 4], 0.3)

    assert figure.marker_xy.dtype == figure.segment_xy.dtype == np.float64
    assert figure.marker_side.dtype == figure.segment_look.dtype == np.uint8
    assert figure.marker_alpha.dtype == figure.segment_alpha.dtype == np.float32


def test_a_prediction_is_a_diamond_hollow_below_the_threshold():
    figure = prediction_figure(SKELETON, POINTS[None], [[0.3, 0.29, 1.0, 0.0]], 0.3)

    assert figure.marker_look.tolist() == [
        MarkerLook.PREDICTED,
        MarkerLook.LOW_CONFIDENCE,
        MarkerLook.PREDICTED,
        MarkerLook.LOW_CONFIDENCE,
    ]
    assert figure.marker_alpha == pytest.approx([0.58, 0.574, 1.0, 0.4])


def test_the_threshold_agrees_with_what_a_prediction_calls_confident():
    scores = np.float32([0.3, 0.29999998, 0.30000001, 0.31])
    prediction = Prediction(1, "cat", POINTS, scores, (0, 0, 1, 1), 1.0, 1)

    figure = prediction_figure(SKELETON, POINTS[None], scores[None], 0.3)

    assert (figure.marker_look == MarkerLook.PREDICTED).tolist() == prediction.confident(0.3).tolist()


def test_a_predicted_limb_is_dotted_and_as_faint_as_its_weaker_end():
    figure = prediction_figure(SKELETON, POINTS[None], [[0.8, 0.2, 1.0, 0.9]], 0.3)

    assert set(figure.segment_look) == {LimbLook.DOTTED}
    assert figure.segment_alpha == pytest.approx([0.56, 0.89, 0.56, 0.89])


def test_what_the_model_did_not_place_is_not_drawn():
    points = POINTS.copy()
    points[NOSE] = np.nan

    figure = prediction_figure(SKELETON, points[None], [[0.0, 0.9, 0.9, 0.9]], 0.3)

    assert figure.marker_k.tolist() == [LEFT_EAR, RIGHT_EAR, TAIL]
    assert figure.segment_edge.tolist() == [2]


def test_of_a_partly_accepted_prediction_only_the_proposals_are_drawn_with_limbs_to_what_was_decided():
    prediction = Prediction(1, "cat", POINTS, np.float32([0.9, 0.8, 0.7, 0.6]), (0, 0, 1, 1), 0.9, 1, instance_id=2)
    instance = Instance(2, "cat", POINTS + 3, np.uint8([VISIBLE, UNLABELED, ABSENT, OCCLUDED]))

    points, undecided = open_proposal(prediction, instance)
    figure = prediction_figure(SKELETON, points[None], prediction.scores[None], 0.3, undecided[None])

    assert undecided.tolist() == [False, True, False, False]
    assert figure.marker_k.tolist() == [LEFT_EAR]
    assert figure.segment_edge.tolist() == [0], "not to the absent ear, and nose to tail is the instance's own"
    assert figure.segment_xy[0].tolist() == [[13.25, 13], [20, 5]]
    assert figure.segment_alpha == pytest.approx([0.45 + 0.55 * 0.8])


def test_a_prediction_without_instance_is_wholly_open():
    prediction = Prediction(1, "cat", POINTS, np.float32([0.9] * 4), (0, 0, 1, 1), 0.9, 1)

    points, undecided = open_proposal(prediction, None)

    assert np.array_equal(points, POINTS)
    assert undecided.all()


def test_a_ghost_is_drawn_where_something_is_expected():
    points = POINTS.copy()
    points[LEFT_EAR] = np.nan

    figure = ghost_figure(SKELETON, points[None])

    assert figure.marker_k.tolist() == [NOSE, RIGHT_EAR, TAIL]
    assert set(figure.marker_look) == {MarkerLook.GHOST}
    assert set(figure.segment_look) == {LimbLook.GHOST}
    assert figure.segment_edge.tolist() == [1, 3]


def test_a_layout_keeps_its_shape_in_a_box():
    figure = layout_figure(SKELETON, (100, 200, 60, 40))

    low, high = figure.marker_xy.min(axis=0), figure.marker_xy.max(axis=0)
    assert (high - low).tolist() == [40, 40]
    assert ((low + high) / 2).tolist() == [130, 220]
