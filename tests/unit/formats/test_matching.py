"""Skeletons of a file meet those of the project by id, then by name, never by position."""

from dataclasses import replace

import pytest

from annotator.errors import FormatError
from annotator.formats.matching import match_chosen, match_skeleton, skeleton_holding
from annotator.model.skeleton import Keypoint, Skeleton, skeleton_from_names
from annotator.model.templates import template_skeleton


def skeleton(id_: str, name: str, *names: str) -> Skeleton:
    return skeleton_from_names(id_, name, names)


def with_ids(*pairs: tuple[str, str], name: str = "thing", retired: str = "") -> Skeleton:
    """Return a skeleton of (id, name) keypoints."""
    return Skeleton("ours", name, tuple(Keypoint(id_, each, retired=id_ == retired) for id_, each in pairs))


def matched(theirs: Skeleton, *ours: Skeleton, several: bool = False):
    return match_skeleton(theirs, {each.id: each for each in ours}, several)


def as_in_a_file(template: Skeleton, name: str) -> Skeleton:
    edges = tuple((template.names[a], template.names[b]) for a, b in template.edge_indices)
    return replace(skeleton_from_names("1", name, template.names), edges=edges)


def test_the_same_names_in_another_order_are_found_by_name():
    ours = skeleton("ours", "thing", "tip", "base", "middle")

    match = matched(skeleton("theirs", "thing", "base", "middle", "tip"), ours)

    assert match.ours is ours
    assert match.order == (2, 0, 1)
    assert not match.is_new
    assert match.unmatched == ()


def test_a_renamed_keypoint_is_found_by_its_id():
    match = matched(skeleton("theirs", "thing", "tip", "base"), with_ids(("base", "root"), ("tip", "tip")))

    assert match.ours.id == "ours"
    assert match.order == (1, 0)


def test_an_id_goes_before_the_same_name_elsewhere():
    """Two keypoints exchanged their names: data belong to the ids."""
    match = matched(skeleton("theirs", "thing", "a", "b"), with_ids(("a", "b"), ("b", "a")))

    assert match.order == (0, 1)


def test_as_many_keypoints_of_other_names_are_another_skeleton():
    ours = skeleton("ours", "thing", "x", "y")

    match = matched(skeleton("theirs", "thing", "a", "b"), ours)

    assert match.is_new
    assert match.ours.names == ("a", "b")
    assert match.order == (0, 1)


@pytest.mark.parametrize("names", [("tip",), ("tip", "base", "end")])
def test_fewer_or_more_keypoints_are_another_skeleton(names):
    assert matched(skeleton("theirs", "thing", *names), skeleton("ours", "thing", "tip", "base")).is_new


def test_a_retired_keypoint_is_neither_needed_nor_filled():
    ours = with_ids(("a", "a"), ("old", "old"), ("b", "b"), retired="old")

    match = matched(skeleton("theirs", "thing", "b", "a"), ours)

    assert match.ours is ours
    assert match.order == (1, -1, 0)


def test_of_several_classes_each_gets_the_skeleton_of_its_name():
    left, right = skeleton("1", "left hand", "tip", "base"), skeleton("2", "right hand", "tip", "base")

    assert matched(skeleton("theirs", "right hand", "tip", "base"), left, right, several=True).ours is right
    assert matched(skeleton("theirs", "third hand", "tip", "base"), left, right, several=True).is_new


def test_the_only_class_of_a_file_may_have_another_name():
    assert not matched(skeleton("theirs", "hand", "tip", "base"), skeleton("ours", "paw", "tip", "base")).is_new


def test_of_two_skeletons_with_the_same_keypoints_the_one_of_the_class_s_name_is_taken():
    left, right = skeleton("1", "left hand", "tip", "base"), skeleton("2", "right hand", "tip", "base")

    assert matched(skeleton("theirs", "right hand", "tip", "base"), left, right).ours is right
    assert matched(skeleton("theirs", "hand", "tip", "base"), left, right).is_new, "nobody knows which hand"


def test_a_class_whose_name_another_skeleton_has_gets_a_number_and_is_found_again():
    ours = skeleton("ours", "thing", "x", "y")
    theirs = skeleton("theirs", "thing", "a", "b")

    first = matched(theirs, ours, several=True)

    assert (first.is_new, first.ours.name) == (True, "thing 2")
    assert matched(theirs, ours, first.ours, several=True).ours is first.ours
    assert matched(theirs, first.ours, several=True).is_new, "without the other, thing 2 is somebody else's name"
    third = matched(skeleton("c", "thing", "c"), ours, first.ours)
    assert third.ours.name == "thing 3"


def test_a_template_lends_sides_sigmas_and_layout_to_the_order_and_edges_of_a_file():
    template = template_skeleton("coco-17")
    names = template.names[::-1]
    theirs = replace(skeleton("theirs", "runner", *names), edges=(("nose", "left_hip"),))

    match = matched(theirs)

    assert match.is_new
    assert match.ours.id == "coco-17"
    assert (match.ours.names, match.ours.name, match.order) == (names, "runner", tuple(range(17)))
    assert [(match.ours.names[a], match.ours.names[b]) for a, b in match.ours.edge_indices] == [("nose", "left_hip")]
    for k, name in enumerate(names):
        j = template.names.index(name)
        assert match.ours.sigmas[k] == template.sigmas[j]
        assert match.ours.layout[k] == template.layout[j]
        assert names[match.ours.flip_indices[k]] == template.names[template.flip_indices[j]]


def test_a_new_skeleton_gets_an_id_that_is_free():
    taken = [skeleton("thing", "x", "x"), skeleton("thing-2", "y", "y")]

    assert matched(skeleton("thing", "thing", "a", "b"), *taken).ours.id == "thing-3"


@pytest.mark.parametrize(
    ("names_of", "name", "expected"),
    [
        ("coco-17", "person", "coco-17"),
        ("coco-17", "pedestrian", "coco-17"),
        ("coco-17", "macaque", "macaque-17"),
        ("hand-21", "hand", "hand-21"),
        ("rhd-21", "hand", "rhd-21"),
        ("interhand-21", "hand", "interhand-21"),
        ("horse-rider-49", "horse and rider", "horse-rider-49"),
    ],
)
def test_of_templates_with_the_same_names_the_one_of_that_name_or_order_is_taken(names_of, name, expected):
    theirs = as_in_a_file(template_skeleton(names_of), name)

    match = match_skeleton(theirs, {})

    assert (match.ours.id, match.is_new, match.unmatched) == (expected, True, ())
    assert match.ours.names == theirs.names
    assert match.ours.layout == template_skeleton(expected).layout


def test_a_template_in_another_order_lends_its_places_by_name():
    hand = template_skeleton("hand-21")
    theirs = as_in_a_file(skeleton_from_names("1", "hand", sorted(hand.names)), "hand")

    match = match_skeleton(theirs, {})

    place = dict(zip(hand.names, hand.layout, strict=True))
    assert match.ours.names == tuple(sorted(hand.names))
    assert match.ours.layout == tuple(place[name] for name in match.ours.names)


def test_names_that_no_template_has_make_a_new_skeleton():
    theirs = skeleton_from_names("1", "robot", ["base", "elbow", "hand"])

    assert match_skeleton(theirs, {}).ours == theirs


# What a person decides ------------------------------------------------------------------------------------------

BIRD = skeleton_from_names("bird", "Bird", ["beak", "left_wing", "right_wing", "tail"])
DUCK = skeleton_from_names("duck", "Duck", ["bill", "tail"])
THEIRS = skeleton_from_names("coco-x-bird", "bird", ["tail", "bill", "LWing"])


def test_what_is_chosen_is_matched_by_name_and_by_hand():
    match = match_chosen(THEIRS, BIRD, {"bill": "beak"}, {BIRD.id: BIRD})

    assert match.order == (1, -1, -1, 0)
    assert match.unmatched == ("LWing",)
    assert match.suggestions == {"LWing": "left_wing"}
    assert not match.is_new


def test_a_renamed_keypoint_of_ours_is_reached_by_its_new_name():
    renamed = replace(BIRD, keypoints=(replace(BIRD.keypoints[0], name="Schnabel"), *BIRD.keypoints[1:]))

    assert match_chosen(THEIRS, renamed, {"bill": "Schnabel"}, {BIRD.id: renamed}).order[0] == 1


def test_a_template_that_the_project_has_not_becomes_new():
    assert match_chosen(THEIRS, BIRD, {}, {}).is_new


def test_as_in_the_file_is_always_a_skeleton_of_its_own():
    match = match_chosen(THEIRS, None, {}, {THEIRS.id: THEIRS})

    assert match.is_new
    assert match.ours.id != THEIRS.id
    assert match.order == (0, 1, 2)


def test_a_retired_keypoint_is_no_place():
    retired = replace(BIRD, keypoints=(replace(BIRD.keypoints[0], retired=True), *BIRD.keypoints[1:]))

    with pytest.raises(FormatError, match="bill cannot become beak: Bird has no such keypoint"):
        match_chosen(THEIRS, retired, {"bill": "beak"}, {})


def test_two_keypoints_do_not_become_one():
    with pytest.raises(FormatError, match="tail and bill cannot both become beak"):
        match_chosen(THEIRS, BIRD, {"tail": "beak", "bill": "beak"}, {})


def test_the_skeleton_that_a_mapping_leads_to_is_found_where_only_one_fits():
    project = {BIRD.id: BIRD, DUCK.id: DUCK}

    assert skeleton_holding(THEIRS, {"bill": "beak"}, project) is BIRD
    with pytest.raises(FormatError, match="2 skeletons of the project have tail: name the one"):
        skeleton_holding(THEIRS, {"LWing": "tail"}, project)
