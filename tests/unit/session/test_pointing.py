"""Placing, moving and selecting with the pointer."""

from collections.abc import Sequence

import numpy as np
import pytest

from annotator.model.ids import new_id
from annotator.model.instance import Prediction, Visibility
from annotator.session.commands.registry import run
from annotator.session.gestures.contract import Pointer, PointerButton
from annotator.session.pointing import Pointing
from annotator.session.scene import Tool
from annotator.session.session import Session

LEFT, RIGHT = PointerButton.LEFT, PointerButton.RIGHT


class Hand:
    """Presses, moves and releases as the canvas does, at 1:1."""

    def __init__(self, session: Session) -> None:
        self.pointing = Pointing(session)

    def drag(self, path: Sequence[tuple[float, float]], button: PointerButton = LEFT, **held: bool) -> None:
        self.pointing.press(Pointer(path[0], path[0], button, **held))
        for xy in path[1:]:
            self.pointing.move(Pointer(xy, xy, button, moved=True, **held))
        self.pointing.release(Pointer(path[-1], path[-1], button, moved=len(path) > 1, released=True, **held))

    def click(self, xy: tuple[float, float], button: PointerButton = LEFT, **held: bool) -> None:
        self.drag([xy], button, **held)

    def hover(self, xy: tuple[float, float]) -> None:
        self.pointing.move(Pointer(xy, xy))


@pytest.fixture
def hand(session: Session) -> Hand:
    return Hand(session)


def only_instance(session: Session):
    content = session.content
    assert content is not None
    (instance,) = content.instances
    return instance


def placed(session: Session, hand: Hand) -> None:
    """Place nose, left_eye and right_eye."""
    run(session, "label.new")
    for xy in ((100, 50), (110, 45), (90, 45)):
        hand.click(xy)
    run(session, "label.escape")


def placed_wide(session: Session, hand: Hand) -> None:
    """Place nose, left_eye and right_eye far from each other and from the corners of their box."""
    run(session, "label.new")
    for xy in ((100, 250), (200, 150), (50, 100)):
        hand.click(xy)
    run(session, "label.escape")


def test_clicks_place_the_keypoints_in_order_each_as_one_undo_step(session, hand):
    run(session, "label.new")
    hand.click((100.5, 50.25))
    hand.click((110, 45), RIGHT)
    run(session, "label.absent")

    instance = only_instance(session)
    assert instance.points[0].tolist() == [100.5, 50.25]
    assert instance.visibility[:4].tolist() == [Visibility.VISIBLE, Visibility.OCCLUDED, Visibility.ABSENT, 0]
    assert session.next_k == 3
    assert session.project.undo_name == "Mark right_eye absent"
    run(session, "edit.undo")
    assert session.next_k == 2
    run(session, "edit.undo")
    run(session, "edit.undo")
    assert session.content.instances == ()


def test_a_press_that_moves_places_where_it_is_released(session, hand):
    run(session, "label.new")

    hand.drag([(100, 50), (120, 60), (130, 70)])

    assert only_instance(session).points[0].tolist() == [130, 70]


def test_escape_during_a_drag_returns_everything(session, hand):
    placed(session, hand)
    before = only_instance(session)
    hand.pointing.press(Pointer((100, 50), (100, 50), LEFT))
    hand.pointing.move(Pointer((200, 90), (200, 90), LEFT, moved=True))
    assert session.scene.drafted is not None

    run(session, "label.escape")

    assert only_instance(session) is before
    assert session.scene.drafted is None


def test_a_drag_moves_a_keypoint_and_keeps_its_state(session, hand):
    placed(session, hand)
    hand.click((110, 45), RIGHT)
    assert only_instance(session).visibility[1] == Visibility.OCCLUDED

    hand.drag([(110, 45), (115, 50), (140, 60)])

    instance = only_instance(session)
    assert instance.points[1].tolist() == [140, 60]
    assert instance.visibility[1] == Visibility.OCCLUDED
    assert session.project.undo_name == "Move left_eye"


def test_a_click_selects_a_keypoint_and_empty_ground_selects_nothing(session, hand):
    placed(session, hand)

    hand.click((110, 45))
    assert session.selected.keypoints == {1}
    hand.click((400, 400))
    assert session.selected.id is None


def test_shift_click_adds_and_removes_keypoints(session, hand):
    placed(session, hand)
    hand.click((110, 45))

    hand.click((90, 45), shift=True)
    assert session.selected.keypoints == {1, 2}
    hand.click((110, 45), shift=True)
    assert session.selected.keypoints == {2}


def test_a_rubber_band_selects_the_keypoints_inside(session, hand):
    placed(session, hand)
    session.select(only_instance(session).id)

    hand.drag([(300, 20), (200, 60), (95, 60)])

    assert session.selected.keypoints == {0, 1}


def test_a_drawn_box_drops_the_template_and_starts_the_guide(session, hand):
    run(session, "label.box")
    hand.drag([(50, 20), (100, 100), (150, 220)])

    instance = only_instance(session)
    assert instance.box == (50, 20, 100, 200)
    assert instance.box_by_hand
    assert session.is_placing
    ghost = session.ghost
    assert ghost is not None
    assert np.isfinite(ghost).all()
    assert ghost.min(axis=0).tolist() == pytest.approx([50, 20])
    assert ghost.max(axis=0).tolist() == pytest.approx([150, 220])


def test_a_click_with_the_box_tool_writes_nothing(session, hand, heard):
    run(session, "label.box")

    hand.click((50, 20))

    assert session.content.instances == ()
    assert "Drag" in heard.last


def test_space_accepts_the_ghost_where_it_stands(session, hand):
    run(session, "label.box")
    hand.drag([(50, 20), (100, 100), (150, 220)])
    expected = session.ghost[0].tolist()

    run(session, "label.space")

    instance = only_instance(session)
    assert instance.points[0].tolist() == expected
    assert instance.visibility[0] == Visibility.VISIBLE
    assert session.next_k == 1


def test_resizing_the_box_carries_the_points_and_ctrl_only_the_box(session, hand):
    placed_wide(session, hand)
    session.select(only_instance(session).id)
    x, y, width, height = only_instance(session).shown_box()
    corner = (x + width, y + height)

    hand.drag([corner, (corner[0] + 5, corner[1] + 5), (corner[0] + width, corner[1] + height)])

    instance = only_instance(session)
    assert instance.box == pytest.approx((x, y, 2 * width, 2 * height))
    assert instance.points[0] == pytest.approx([x + 2 * (100 - x), y + 2 * (250 - y)])
    points = instance.points
    hand.drag([(x, y), (x - 5, y - 5), (x - 10, y - 20)], ctrl=True)
    assert np.array_equal(only_instance(session).points, points, equal_nan=True)
    assert only_instance(session).box[:2] == (x - 10, y - 20)


def test_dragging_a_predicted_keypoint_decides_it_where_it_is_dropped(session, hand):
    points = np.array([[100.0 + 20 * (k % 5), 50 + 30 * (k // 5)] for k in range(17)])
    prediction = Prediction(new_id(), "coco-17", points, np.full(17, 0.9), (90, 40, 120, 150), 0.9, 1)
    with session.project.transaction("Predict") as transaction:
        transaction.add_prediction(session.frame_key, prediction)

    hand.drag([(100, 50), (104, 55), (106, 58)])

    instance = only_instance(session)
    assert instance.points[0].tolist() == [106, 58]
    assert instance.decided_count == 1
    (left,) = session.content.predictions
    assert left.instance_id == instance.id


def test_right_click_on_a_predicted_keypoint_accepts_it_as_occluded(session, hand):
    points = np.array([[100.0 + 20 * (k % 5), 50 + 30 * (k // 5)] for k in range(17)])
    prediction = Prediction(new_id(), "coco-17", points, np.full(17, 0.9), (90, 40, 120, 150), 0.9, 1)
    with session.project.transaction("Predict") as transaction:
        transaction.add_prediction(session.frame_key, prediction)

    hand.click((100, 50), RIGHT)

    assert only_instance(session).visibility[0] == Visibility.OCCLUDED


def test_x_works_on_the_hovered_keypoint_and_brings_its_position_back(session, hand):
    placed(session, hand)
    session.select(None)
    hand.hover((110, 45))

    states = []
    for _ in range(3):
        run(session, "label.cycle")
        states.append(int(only_instance(session).visibility[1]))

    assert states == [Visibility.OCCLUDED, Visibility.ABSENT, Visibility.VISIBLE]
    assert only_instance(session).points[1].tolist() == [110, 45]


def test_hidden_overlays_take_no_press(session, hand):
    placed(session, hand)
    run(session, "view.overlays")

    hand.drag([(100, 50), (150, 90), (200, 100)])

    assert only_instance(session).points[0].tolist() == [100, 50]
    assert session.tool is Tool.SELECT


def test_a_repeated_click_goes_through_what_lies_there_and_a_drag_moves_what_is_selected(session, hand):
    placed(session, hand)

    hand.click((105, 48))
    first = session.selected.keypoints
    hand.click((105, 48))
    second = session.selected.keypoints
    assert {*first, *second} == {0, 1}
    k = next(iter(second))
    other = only_instance(session).points[1 - k].tolist()
    hand.drag([(105, 48), (125, 60), (205, 148)])

    assert only_instance(session).points[1 - k].tolist() == other
    assert only_instance(session).points[k, 1] > 100
