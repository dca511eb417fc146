from dataclasses import replace

import pytest

from annotator.model.names import match_names, suggest_names
from annotator.model.skeleton import Keypoint, Skeleton, skeleton_from_names
from annotator.model.templates import template_skeleton

NAMES = ("nose", "left_eye", "right_eye")


def test_an_id_goes_before_a_name():
    skeleton = Skeleton("s", "s", (Keypoint("a", "nose"), Keypoint("nose", "snout")))

    assert match_names(NAMES, skeleton, loosely=True) == (-1, 0)


def test_a_renamed_keypoint_is_found_by_its_id():
    skeleton = skeleton_from_names("s", "s", NAMES)
    renamed = replace(skeleton, keypoints=(replace(skeleton.keypoints[0], name="Nase"), *skeleton.keypoints[1:]))

    assert match_names(NAMES, renamed) == (0, 1, 2)


@pytest.mark.parametrize("name", ["LeftEye", "left-eye", "LEFT EYE", "left.eye"])
def test_case_and_separators_do_not_matter_to_a_loose_match(name):
    skeleton = Skeleton("s", "s", (Keypoint("k1", name),))

    assert match_names(NAMES, skeleton, loosely=True) == (1,)


def test_an_exact_name_goes_before_a_similar_one():
    skeleton = Skeleton("s", "s", (Keypoint("k1", "Nose"), Keypoint("k2", "nose")))

    assert match_names(NAMES, skeleton, loosely=True) == (-1, 0)


def test_two_similar_names_are_ambiguous_and_get_nothing():
    skeleton = Skeleton("s", "s", (Keypoint("k1", "Left Eye"), Keypoint("k2", "left.eye")))

    assert match_names(NAMES, skeleton, loosely=True) == (-1, -1)


def test_a_strict_match_wants_the_very_name():
    skeleton = Skeleton("s", "s", (Keypoint("k1", "LeftEye"), Keypoint("k2", "nose")))

    assert match_names(NAMES, skeleton) == (-1, 0)


def test_what_is_decided_by_hand_goes_first_and_what_is_left_out_stays_out():
    skeleton = skeleton_from_names("s", "s", ["nose", "left_eye", "tail"])

    assert match_names(NAMES, skeleton, by_hand={"right_eye": "left_eye", "nose": ""}) == (-1, 2, -1)


def test_a_retired_keypoint_is_matched_with_nothing():
    skeleton = Skeleton("s", "s", (Keypoint("nose", "nose", retired=True), Keypoint("tail", "tail")))

    assert match_names(NAMES, skeleton) == (-1, -1)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("LAnkle", "left_ankle"),
        ("r_shldr", "right_shoulder"),
        ("Nose", "nose"),
        ("lefteye", "left_eye"),
        ("KneeRight", "right_knee"),
        ("wristR", "right_wrist"),
    ],
)
def test_names_spelled_alike_are_suggested_on_their_own_side(theirs, ours):
    skeleton = template_skeleton("coco-17")

    assert suggest_names([theirs], skeleton, match_names([theirs], skeleton)) == {theirs: ours}


def test_nothing_is_suggested_for_what_is_unlike_or_taken():
    skeleton = template_skeleton("coco-17")
    names = ["nose", "Nose", "hosel", "whisker_3"]

    assert suggest_names(names, skeleton, match_names(names, skeleton)) == {}


def test_a_figure_in_a_name_is_not_misread():
    skeleton = skeleton_from_names("s", "s", ["spine_1", "spine_3"])

    assert suggest_names(["Spine2"], skeleton, (-1, -1)) == {}
    assert suggest_names(["Spine3"], skeleton, (-1, -1)) == {"Spine3": "spine_3"}
