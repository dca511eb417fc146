"""How BLOBs and frames in memory follow a skeleton that changes."""

from dataclasses import replace

import numpy as np
from store_values import pose, prediction, with_keypoint

from annotator.model.frame import Frame, FrameContent
from annotator.model.skeleton import skeleton_from_names
from annotator.store.definitions import grown, reshaped, with_definitions

BIRD = skeleton_from_names("bird", "Bird", ["beak", "tail"])


def test_slots_are_only_ever_appended():
    first = grown(None, BIRD, row=3)
    more = grown(first, with_keypoint(BIRD, "crest"))
    fewer = grown(more, replace(BIRD, keypoints=BIRD.keypoints[1:], layout=BIRD.layout[1:]))

    assert (first.row, first.slots) == (3, ("beak", "tail"))
    assert (more.row, more.slots) == (3, ("beak", "tail", "crest"))
    assert fewer.slots == ("beak", "tail", "crest"), "data of a removed keypoint stay where they are"


def test_new_definitions_leave_other_skeletons_alone():
    other = skeleton_from_names("fish", "Fish", ["fin"])
    known = {"bird": grown(None, BIRD, 1), "fish": grown(None, other, 2)}

    after = with_definitions(known, [with_keypoint(BIRD, "crest")])

    assert after["fish"] is known["fish"]
    assert after["bird"].slots == ("beak", "tail", "crest")
    assert known["bird"].slots == ("beak", "tail")


def test_poses_in_memory_take_the_shape_of_a_new_definition_by_id():
    after = replace(
        BIRD, keypoints=(BIRD.keypoints[1], replace(BIRD.keypoints[0], name="bill")), layout=BIRD.layout[::-1]
    )
    wider = with_keypoint(after, "crest")
    bird, guess = pose(BIRD).with_point(1, (8, 9)), prediction(BIRD)
    other = pose(skeleton_from_names("fish", "Fish", ["fin"]))

    content = reshaped(FrameContent(Frame(1, "r", "a.png"), (bird, other), (guess,)), {"bird": (BIRD, wider)})

    shaped, untouched = content.instances
    assert untouched is other
    np.testing.assert_array_equal(shaped.points, [[np.nan, np.nan], bird.points[1], bird.points[0]])
    assert shaped.visibility.tolist() == [0, bird.visibility[1], bird.visibility[0]]
    (proposed,) = content.predictions
    np.testing.assert_array_equal(proposed.points[1:], guess.points[::-1])
    assert proposed.scores.tolist() == [0, guess.scores[1], guess.scores[0]]
