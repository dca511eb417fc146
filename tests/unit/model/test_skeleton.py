"""Rules of skeletons, and what names tell about sides."""

from dataclasses import replace

import pytest

from annotator.errors import ModelError
from annotator.model.skeleton import (
    Keypoint,
    Part,
    Side,
    Skeleton,
    mirrored_name,
    partner_names,
    side_of_name,
    skeleton_from_names,
)

NOSE = Keypoint("nose", "nose")
LEFT = Keypoint("le", "left_eye", side=Side.LEFT, partner="re", parent="nose")
RIGHT = Keypoint("re", "right_eye", side=Side.RIGHT, partner="le", parent="nose")


@pytest.fixture
def face() -> Skeleton:
    return Skeleton("face", "face", (NOSE, LEFT, RIGHT), edges=(("nose", "le"), ("re", "nose")))


def test_positions_on_the_k_axis_follow_the_order_of_keypoints(face: Skeleton):
    assert len(face) == 3
    assert face.names == ("nose", "left_eye", "right_eye")
    assert face.index("re") == 2
    assert face.index_of_name("left_eye") == 1
    assert face.index_of_name("le") is None
    assert face.edge_indices == ((0, 1), (2, 0))


def test_flip_indices_exchange_partners_and_leave_the_rest(face: Skeleton):
    assert face.flip_indices == (0, 2, 1)
    assert face.pairs == ((1, 2),)


def test_ids_carry_the_relations_when_the_order_changes(face: Skeleton):
    reordered = replace(face, keypoints=(RIGHT, NOSE, LEFT), layout=())

    assert reordered.flip_indices == (2, 1, 0)
    assert reordered.edge_indices == ((1, 2), (0, 1))


def test_a_retired_keypoint_is_not_placeable(face: Skeleton):
    retired = replace(face, keypoints=(replace(NOSE, retired=True), LEFT, RIGHT))

    assert retired.placeable == (1, 2)
    assert len(retired) == 3


def test_a_skeleton_without_layout_gets_one_in_the_unit_box(face: Skeleton):
    assert len(face.layout) == 3
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in face.layout)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "needs an id and a name"),
        ({"keypoints": (NOSE, replace(LEFT, id="nose", partner=""))}, "uses a keypoint id twice"),
        ({"keypoints": (NOSE, Keypoint("n2", "nose"))}, "names 'nose' twice: rename one of them"),
        ({"keypoints": (Keypoint("a", ""),)}, "keypoint without a name"),
        ({"keypoints": (replace(NOSE, sigma=0.0),)}, "sigma of 'nose' is 0.0: it must be above 0"),
        ({"keypoints": (replace(NOSE, sigma=-0.1),)}, "must be above 0"),
        ({"keypoints": (replace(NOSE, sigma=float("nan")),)}, "must be above 0"),
        ({"keypoints": (replace(NOSE, partner="ghost"),)}, "partner of 'nose' does not exist"),
        ({"keypoints": (NOSE, LEFT, replace(RIGHT, partner=""))}, "but not the other way: pair both"),
        ({"keypoints": (replace(NOSE, partner="nose"),)}, "is its own partner"),
        ({"keypoints": (NOSE, LEFT, replace(RIGHT, side=Side.LEFT))}, "must be left and right"),
        ({"keypoints": (NOSE, LEFT, replace(RIGHT, side=Side.CENTRE))}, "must be left and right"),
        ({"keypoints": (replace(NOSE, parent="neck"),)}, "parent of 'nose' does not exist"),
        ({"edges": (("nose", "neck"),)}, "edge nose-neck, whose keypoints do not both exist"),
        ({"edges": (("nose", "nose"),)}, "edge from nose to itself"),
        ({"layout": ((0.0, 0.0),)}, "1 layout positions for 3 keypoints"),
        ({"parts": (Part("head", ("nose", "chin")),)}, "part 'head' names 'chin'"),
    ],
)
def test_a_broken_rule_is_named_in_one_sentence(face: Skeleton, change: dict[str, object], sentence: str):
    if "keypoints" in change:
        change = {"edges": (), "layout": (), **change}

    with pytest.raises(ModelError, match=sentence):
        replace(face, **change)


@pytest.mark.parametrize(
    ("name", "mirrored"),
    [
        ("left_eye", "right_eye"),
        ("Eye_Left", "Eye_Right"),
        ("leftear", "rightear"),
        ("rear_left_paw", "rear_right_paw"),
        ("LEFT_HAND", "RIGHT_HAND"),
        ("LWrist", "RWrist"),
        ("RBigToe", "LBigToe"),
        ("L_Eye", "R_Eye"),
        ("R_F_Paw", "L_F_Paw"),
        ("eyeL", "eyeR"),
        ("forelegL1", "forelegR1"),
        ("hindlegR4", "hindlegL4"),
        ("ankle_l", "ankle_r"),
        ("wrist.L", "wrist.R"),
        ("ear-r", "ear-l"),
        ("Nearknee", "Offknee"),
        ("Offhindhock", "Nearhindhock"),
    ],
)
def test_a_name_with_a_side_has_a_mirrored_name(name: str, mirrored: str):
    assert mirrored_name(name) == mirrored
    assert mirrored_name(mirrored) == name
    assert {side_of_name(name), side_of_name(mirrored)} == {Side.LEFT, Side.RIGHT}


@pytest.mark.parametrize(
    "name",
    [
        "tail",
        "neck",
        "elbow",
        "hallux",
        "Nose",
        "heel",
        "Lip",
        "Root",
        "shoulder",
        "pelvis",
        "Throat",
        "collar",
        "kpt-3",
        "toe_down",
        "L",
        "r",
        "tail1",
        "eyeLid",
        "toeRing",
    ],
)
def test_a_name_without_a_side_is_centre(name: str):
    assert mirrored_name(name) is None
    assert side_of_name(name) is Side.CENTRE


@pytest.mark.parametrize(("name", "side"), [("left_eye", Side.LEFT), ("RKnee", Side.RIGHT), ("Nearknee", Side.LEFT)])
def test_the_side_is_the_one_that_the_name_says(name: str, side: Side):
    assert side_of_name(name) is side


def test_partners_need_both_names():
    assert partner_names(["left_eye", "right_eye", "left_ear", "nose"]) == {
        "left_eye": "right_eye",
        "right_eye": "left_eye",
    }


def test_names_alone_make_a_skeleton_with_sides_partners_and_hot_keys():
    names = ["nose", " left_eye ", "right_eye", "", "left_alone", *(f"tail{k}" for k in range(7))]

    skeleton = skeleton_from_names("s", "s", names)

    assert skeleton.names[:4] == ("nose", "left_eye", "right_eye", "left_alone")
    assert skeleton.pairs == ((1, 2),)
    assert [keypoint.side for keypoint in skeleton.keypoints[:4]] == [
        Side.CENTRE,
        Side.LEFT,
        Side.RIGHT,
        Side.CENTRE,
    ]
    assert [keypoint.hotkey for keypoint in skeleton.keypoints] == [*"1234567890", ""]


def test_no_names_make_no_skeleton():
    with pytest.raises(ModelError, match="write one name per line"):
        skeleton_from_names("s", "s", ["", "  "])
