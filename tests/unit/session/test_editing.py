"""What a person does to instances is one named change each, and what does not apply says what it needs."""

from dataclasses import replace

import numpy as np
import pytest

from annotator.errors import CommandError
from annotator.model.ids import new_id
from annotator.model.instance import Source, Visibility, new_instance
from annotator.session import editing, posing
from annotator.session.scene import Target, Tool
from annotator.session.session import Session
from annotator.store.project import create_project

UNLABELED, OCCLUDED, VISIBLE, ABSENT = Visibility


@pytest.fixture
def instance(session):
    """An imported instance: nose visible, left eye occluded, right eye absent without a position."""
    skeleton = session.skeletons["coco-17"]
    made = new_instance(new_id(), skeleton, source=Source.IMPORT, track="blue", extra='{"id":11}', run=4)
    made = made.with_point(0, (100, 50), VISIBLE).with_point(1, (110, 40), OCCLUDED).with_state([2], ABSENT)
    with session.project.transaction("Add") as transaction:
        transaction.add(session.frame_key, made)
    session.select(made.id)
    return made


def now(session, instance):
    return session.content.instance(instance.id)


def test_a_new_instance_needs_a_picture_and_a_skeleton(tmp_path, session):
    with create_project(tmp_path / "empty", member="ann") as project:
        with pytest.raises(CommandError, match="needs a picture: add pictures first"):
            editing.begin_instance(Session(project))
        bare = Session(project)
    assert bare.next_k is None
    session.skeleton_id = ""
    with pytest.raises(CommandError, match="needs a skeleton: make one first"):
        editing.begin_instance(session)


def test_nothing_is_placed_before_an_instance_is_begun(session):
    with pytest.raises(CommandError, match="press I to begin an instance"):
        editing.decide_next(session, VISIBLE, (1, 1))


def test_a_person_who_places_a_keypoint_becomes_the_source(session, instance):
    session.set_next(5)

    editing.decide_next(session, OCCLUDED, (7, 8))

    after = now(session, instance)
    assert after.source is Source.PERSON
    assert (after.points[5].tolist(), after.visibility[5]) == ([7, 8], OCCLUDED)
    assert session.project.undo_name == "Place left_shoulder"
    assert session.next_k == 6


def test_an_absent_keypoint_keeps_no_pointer_position(session, instance):
    session.set_next(5)

    editing.decide_next(session, ABSENT)

    assert np.isnan(now(session, instance).points[5]).all()
    assert session.project.undo_name == "Mark left_shoulder absent"


def test_stepping_back_needs_something_to_take_back(session, instance):
    session.select(None)
    with pytest.raises(CommandError, match="needs a selected instance"):
        editing.step_back(session)

    empty = new_instance(new_id(), session.skeletons["coco-17"])
    editing.write_instance(session, "Add", empty, is_new=True)
    with pytest.raises(CommandError, match="no keypoint of this instance is decided yet"):
        editing.step_back(session)


@pytest.mark.parametrize(("step", "states"), [(1, [OCCLUDED, ABSENT, VISIBLE]), (-1, [ABSENT, OCCLUDED, VISIBLE])])
def test_the_state_goes_round_in_both_directions(session, instance, step, states):
    session.select(instance.id, frozenset([0]))

    for state in states:
        editing.cycle_state(session, step)
        assert now(session, instance).visibility[0] == state
    assert now(session, instance).points[0].tolist() == [100, 50]


@pytest.mark.parametrize(("step", "state"), [(1, VISIBLE), (-1, ABSENT)])
def test_a_keypoint_taken_back_enters_the_round_where_it_begins(session, instance, step, state):
    session.select(instance.id, frozenset([0]))
    editing.write_instance(session, "Clear", instance.with_state([0], UNLABELED), is_new=False)

    editing.cycle_state(session, step)

    assert now(session, instance).visibility[0] == state


def test_a_keypoint_without_a_position_can_only_become_absent(session, instance):
    session.select(instance.id, frozenset([7]))

    editing.cycle_state(session, 1)

    assert now(session, instance).visibility[7] == ABSENT


def test_a_state_that_is_there_already_is_said_as_such(session, instance):
    skeleton = session.skeletons["coco-17"]
    with pytest.raises(CommandError, match="right_eye is absent already"):
        editing.set_state(session, instance, skeleton, [2], ABSENT)
    with pytest.raises(CommandError, match="nose is visible already"):
        editing.set_state(session, instance, skeleton, [0], VISIBLE)
    with pytest.raises(CommandError, match="left_ear has no position yet: place it first"):
        editing.set_state(session, instance, skeleton, [3], VISIBLE)
    with pytest.raises(CommandError, match="2 keypoints have no position yet: place them first"):
        editing.set_state(session, instance, skeleton, [3, 4], VISIBLE)


def test_the_keypoint_under_the_pointer_is_aimed_at_when_none_is_selected(session, instance):
    session.hovered = Target(instance.id, k=1)
    assert editing.aimed_keypoints(session)[1] == [1]

    session.select(instance.id, frozenset([0, 2]))
    assert editing.aimed_keypoints(session)[1] == [0, 2]

    session.select(instance.id)
    session.hovered = Target(instance.id, limb=3)
    with pytest.raises(CommandError, match="select a keypoint, or put the pointer on one"):
        editing.aimed_keypoints(session)


def test_a_removed_instance_offers_undo(session, instance, heard):
    editing.remove_instance(session, instance)

    assert now(session, instance) is None
    assert heard[-1].buttons == (("Undo", "edit.undo"),)
    session.undo()
    assert now(session, instance).equals(instance)


def test_nudging_moves_only_located_keypoints_and_keeps_their_states(session, instance):
    session.select(instance.id, frozenset([0, 1, 2, 5]))

    editing.nudge(session, 1, -0.1)

    after = now(session, instance)
    assert after.points[0].tolist() == [101, 49.9]
    assert after.points[1].tolist() == [111, 39.9]
    assert after.visibility.tolist() == instance.visibility.tolist()
    assert session.project.undo_name == "Nudge 2 keypoints"
    session.select(instance.id, frozenset([2]))
    with pytest.raises(CommandError, match="select a keypoint to nudge it"):
        editing.nudge(session, 1, 0)


def test_a_right_click_exchanges_visible_and_occluded(session, instance):
    editing.toggle_occluded(session, instance, 0)
    assert now(session, instance).visibility[0] == OCCLUDED

    editing.toggle_occluded(session, now(session, instance), 0)
    assert now(session, instance).visibility[0] == VISIBLE


def test_a_pasted_pose_is_the_person_s_own_and_no_second_record_of_the_import(session, instance):
    """A second annotation of the number 11 would make exports number all of them anew."""
    posing.copy_pose(session)
    session.show_frame(session.project.frame_keys()[1])

    posing.paste_pose(session)

    (pasted,) = session.content.instances
    assert pasted.points.tobytes() == instance.points.tobytes()
    assert pasted.visibility.tolist() == instance.visibility.tolist()
    assert (pasted.extra, pasted.source, pasted.run, pasted.track) == ("", Source.PERSON, 0, "")
    assert pasted.id != instance.id


def test_a_pose_is_pasted_onto_the_selected_instance_which_stays_itself(session, instance):
    posing.copy_pose(session)
    other = replace(new_instance(new_id(), session.skeletons["coco-17"]), note="mine", box=(1, 2, 3, 4))
    editing.write_instance(session, "Add", other, is_new=True)

    posing.paste_pose(session)

    after = now(session, other)
    assert after.points.tobytes() == instance.points.tobytes()
    assert (after.note, after.box, after.extra) == ("mine", (1, 2, 3, 4), "")


def test_the_box_is_kept_where_it_is_and_follows_again(session, instance):
    posing.toggle_auto_box(session)
    kept = now(session, instance)
    assert (kept.box, kept.box_by_hand) == (instance.bounds(0.1), True)

    posing.toggle_auto_box(session)
    assert (now(session, instance).box, now(session, instance).box_by_hand) == (None, False)


def test_a_drawn_box_begins_an_instance_with_its_first_keypoint(session):
    editing.add_boxed_instance(session, (10, 20, 30, 40))

    made = session.selected_instance
    assert (made.box, made.box_by_hand) == ((10, 20, 30, 40), True)
    assert (session.next_k, session.tool) == (0, Tool.PLACE)
    assert session.ghost is not None
