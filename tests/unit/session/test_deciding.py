"""Space, N, Delete, next: the flow of decisions."""

import numpy as np
import pytest

from annotator.model.frame import FrameState
from annotator.model.ids import new_id
from annotator.model.instance import Prediction, Visibility
from annotator.session import deciding, editing
from annotator.session.commands.registry import run
from annotator.session.scene import Tool


def predict(session, scores, offset=(0.0, 0.0)):
    points = np.array([[100.0 + 20 * (k % 5), 50 + 30 * (k // 5)] for k in range(17)]) + offset
    prediction = Prediction(new_id(), "coco-17", points, scores, (90, 40, 120, 150), 0.9, 1)
    with session.project.transaction("Predict") as transaction:
        transaction.add_prediction(session.frame_key, prediction)
    return prediction


def label_all(session):
    editing.begin_instance(session)
    for k in range(17):
        editing.decide_next(session, Visibility.VISIBLE, (100 + k, 50 + 3 * k))


def test_space_accepts_the_confident_keypoints_and_leaves_the_rest_as_a_proposal(session):
    scores = np.full(17, 0.9)
    scores[[3, 4]] = 0.1
    prediction = predict(session, scores)
    session.select(prediction.id)

    run(session, "label.space")

    (instance,) = session.content.instances
    assert instance.decided_count == 15
    assert instance.visibility[3] == Visibility.UNLABELED
    (left,) = session.content.predictions
    assert left.instance_id == instance.id
    run(session, "edit.undo")
    assert session.content.instances == ()
    assert session.content.predictions[0].equals(prediction)


def test_shift_enter_accepts_the_confident_keypoints_and_rejects_the_rest(session):
    scores = np.full(17, 0.9)
    scores[3] = 0.1
    session.select(predict(session, scores).id)

    run(session, "model.accept_confident")

    assert session.content.predictions == ()
    assert session.content.instances[0].decided_count == 16


def test_delete_rejects_a_prediction(session):
    session.select(predict(session, np.full(17, 0.9)).id)

    run(session, "edit.delete")

    assert session.content.predictions == ()
    assert session.content.instances == ()


def test_a_prediction_without_confident_keypoints_is_not_accepted_by_space(session, heard):
    session.select(predict(session, np.full(17, 0.1)).id)

    run(session, "label.space")

    assert session.content.instances == ()
    assert "no keypoint" in heard.last.lower()


def test_accepting_never_touches_what_a_person_decided(session):
    editing.begin_instance(session)
    editing.decide_next(session, Visibility.OCCLUDED, (5, 6))
    instance = session.selected_instance
    prediction = predict(session, np.full(17, 0.9))
    linked = Prediction(
        prediction.id, "coco-17", prediction.points, prediction.scores, prediction.box, 0.9, 1, instance.id
    )
    with session.project.transaction("Link") as transaction:
        transaction.replace_prediction(session.frame_key, linked)
    session.select(prediction.id)

    run(session, "label.space")

    (after,) = session.content.instances
    assert after.points[0].tolist() == [5, 6]
    assert after.visibility[0] == Visibility.OCCLUDED
    assert after.decided_count == 17
    assert session.content.predictions == ()


def test_space_with_nothing_left_to_decide_finishes_the_frame_and_goes_on(session):
    label_all(session)
    first, second, _ = session.project.frame_keys()

    run(session, "label.space")

    assert session.frame_key == second
    assert session.project.content(first).frame.state is FrameState.DONE


def test_n_on_an_empty_frame_marks_it_done_and_empty(session):
    first = session.frame_key

    run(session, "label.absent")

    assert session.project.content(first).frame.state is FrameState.DONE
    assert session.frame_key != first


def test_the_first_instance_begins_the_frame_in_the_same_undo_step(session):
    editing.begin_instance(session)
    editing.decide_next(session, Visibility.VISIBLE, (1, 2))
    assert session.frame.state is FrameState.IN_PROGRESS

    run(session, "edit.undo")

    assert session.frame.state is FrameState.NEW
    assert session.content.instances == ()


def test_backspace_steps_back_and_the_place_is_remembered_as_the_ghost(session):
    editing.begin_instance(session)
    for k in range(3):
        editing.decide_next(session, Visibility.VISIBLE, (100 + k, 50))

    run(session, "label.back")

    assert session.next_k == 2
    assert session.selected_instance.visibility[2] == Visibility.UNLABELED
    assert session.ghost[2].tolist() == [102, 50]


def test_digits_jump_to_the_keypoint_with_that_hot_key(session):
    editing.begin_instance(session)

    run(session, "label.jump.6")

    assert session.skeleton.names[session.next_k] == "left_shoulder"


def test_delete_clears_keypoints_and_again_at_once_the_instance(session, heard):
    label_all(session)
    instance = session.selected_instance
    session.select(instance.id, frozenset([2]))

    run(session, "edit.delete")
    assert session.selected_instance.visibility[2] == Visibility.UNLABELED
    run(session, "edit.delete")

    assert session.content.instances == ()
    assert heard.last == "Deleted instance 1"


def test_tab_walks_through_instances_and_predictions_in_reading_order(session):
    low = predict(session, np.full(17, 0.9), (0, 300))
    high = predict(session, np.full(17, 0.9), (0, 0))

    seen = []
    for _ in range(3):
        run(session, "label.next_instance")
        seen.append(session.selected.id)

    assert seen == [high.id, low.id, high.id]


def test_shift_d_finds_the_undecided_keypoint_then_the_prediction_then_the_next_frame(session):
    editing.begin_instance(session)
    editing.decide_next(session, Visibility.VISIBLE, (100, 50))
    instance = session.selected_instance
    run(session, "label.escape")
    session.select(None)

    run(session, "view.next_decision")
    assert session.selected.id == instance.id
    assert session.next_k == 1
    for _ in range(16):
        editing.decide_next(session, Visibility.ABSENT)
    prediction = predict(session, np.full(17, 0.9))
    run(session, "view.next_decision")
    assert session.selected.id == prediction.id
    first = session.frame_key
    run(session, "edit.delete")
    run(session, "label.done")
    run(session, "view.next_decision")
    assert session.frame_key != first


def test_arrows_nudge_a_selected_keypoint_and_change_the_frame_otherwise(session):
    label_all(session)
    instance = session.selected_instance
    session.select(instance.id, frozenset([0]))

    run(session, "edit.nudge.right.1")
    run(session, "edit.nudge.down.10")
    run(session, "edit.nudge.left.0.1")
    assert session.selected_instance.points[0] == pytest.approx([100.9, 60])
    session.select(None)
    run(session, "edit.nudge.right.1")
    assert session.frame_key == session.project.frame_keys()[1]


def test_a_pose_is_copied_to_the_next_frame(session):
    label_all(session)
    run(session, "edit.copy")
    run(session, "view.next")

    run(session, "edit.paste")

    assert session.selected_instance.points[5].tolist() == [105, 65]


def test_undo_shows_the_frame_that_it_changed(session, heard):
    label_all(session)
    first = session.frame_key
    run(session, "view.next")

    run(session, "edit.undo")

    assert session.frame_key == first
    assert heard.last == "Undid: Place right_ankle"


def test_the_guide_ends_when_every_keypoint_is_decided(session, heard):
    label_all(session)

    assert not session.is_placing
    assert session.tool is Tool.SELECT
    assert heard.last == "Every keypoint of instance 1 is decided"


def test_the_ghost_of_the_next_instance_is_as_tall_as_the_last(session):
    editing.begin_instance(session)
    layout = np.array(session.skeleton.layout) * 200 + (50, 40)
    for k in range(17):
        editing.decide_next(session, Visibility.VISIBLE, tuple(layout[k]))
    editing.begin_instance(session)
    editing.decide_next(session, Visibility.VISIBLE, (400, 100))

    ghost = session.ghost

    expected = layout - layout[0] + (400, 100)
    assert np.abs(ghost[1:] - expected[1:]).max() < 1e-6


def test_reading_order_goes_line_by_line():
    def at(x, y):
        points = np.array([[x, y], [x + 10, y + 20]])
        return Prediction(new_id(), "s", points, np.ones(2), (x, y, 10, 20), 1, 1)

    a, b, c = at(100, 0), at(10, 4), at(5, 300)

    assert deciding.reading_order([c, a, b]) == [b, a, c]


def test_a_project_without_a_skeleton_takes_the_first_that_arrives(tmp_path, session):
    from annotator.model.templates import template_skeleton
    from annotator.session.session import Session
    from annotator.store.project import create_project

    with create_project(tmp_path / "empty") as empty:
        other = Session(empty)
        with empty.transaction("Add skeleton") as transaction:
            transaction.put_skeleton(template_skeleton("hand-21"))

        assert other.skeleton.name == "hand"
