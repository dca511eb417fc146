"""Swapping, mirroring, moving, turning and scaling whole poses and limbs."""

from collections.abc import Sequence

import numpy as np
import pytest

from annotator.model.ids import new_id
from annotator.model.instance import Instance, Visibility, new_instance
from annotator.session.commands.registry import run
from annotator.session.gestures.contract import Pointer, PointerButton
from annotator.session.pointing import Pointing
from annotator.session.session import Session

# A person that stands apart from the corners of its own box: nose, ears, left arm, hips.
POSE = {"nose": (300, 100), "left_ear": (320, 96), "right_ear": (280, 98), "left_shoulder": (340, 160)}
POSE |= {"right_shoulder": (262, 158), "left_elbow": (380, 220), "left_wrist": (420, 200), "left_hip": (325, 300)}


class Hand:
    """Drags and wheels as the canvas reports them, at 1:1."""

    def __init__(self, session: Session) -> None:
        self.pointing = Pointing(session)

    def drag(self, path: Sequence[tuple[float, float]], **held: bool) -> None:
        self.pointing.press(Pointer(path[0], path[0], PointerButton.LEFT, **held))
        for xy in path[1:]:
            self.pointing.move(Pointer(xy, xy, PointerButton.LEFT, moved=True, **held))
        self.pointing.release(Pointer(path[-1], path[-1], PointerButton.LEFT, moved=True, released=True, **held))

    def wheel(self, xy: tuple[float, float], steps: float, **held: bool) -> None:
        self.pointing.wheel(Pointer(xy, xy, alt=True, **held), steps)


@pytest.fixture
def person(session: Session) -> Instance:
    """A labeled person, selected."""
    skeleton = session.skeletons["coco-17"]
    instance = new_instance(new_id(), skeleton)
    for name, xy in POSE.items():
        instance = instance.with_point(skeleton.names.index(name), xy, Visibility.VISIBLE)
    instance = instance.with_state([skeleton.names.index("left_hip")], Visibility.OCCLUDED)
    assert session.frame_key is not None
    with session.project.transaction("Add person") as transaction:
        transaction.add(session.frame_key, instance)
    session.select(instance.id)
    return instance


@pytest.fixture
def hand(session: Session, person: Instance) -> Hand:
    return Hand(session)


def now(session: Session, name: str) -> tuple[list[float], int]:
    content = session.content
    assert content is not None
    (instance,) = content.instances
    k = session.skeletons["coco-17"].names.index(name)
    return instance.points[k].round(6).tolist(), int(instance.visibility[k])


def test_swapping_exchanges_the_names_of_all_pairs_and_leaves_the_places(session, person):
    run(session, "edit.swap")

    assert now(session, "right_ear") == ([320, 96], Visibility.VISIBLE)
    assert now(session, "left_ear") == ([280, 98], Visibility.VISIBLE)
    assert now(session, "right_hip") == ([325, 300], Visibility.OCCLUDED)
    assert now(session, "nose") == ([300, 100], Visibility.VISIBLE)
    assert session.project.undo_name == "Swap left and right of instance 1"
    run(session, "edit.swap")
    assert session.content.instances[0].equals(person)


def test_swapping_selected_keypoints_leaves_the_other_pairs(session, person):
    session.select(person.id, frozenset([session.skeletons["coco-17"].names.index("left_ear")]))
    run(session, "edit.swap")

    assert now(session, "right_ear")[0] == [320, 96]
    assert now(session, "left_shoulder")[0] == [340, 160]
    assert session.project.undo_name == "Swap left and right of left_ear"


def test_what_has_no_side_is_not_swapped(session, person, heard):
    session.select(person.id, frozenset([0]))
    run(session, "edit.swap")

    assert heard.last == "Nose has no left and right to swap"
    assert session.project.undo_name == "Add person"


def test_mirroring_turns_the_pose_over_and_keeps_left_left(session, person):
    run(session, "edit.mirror")

    # The bounds reach from 262 to 420, so x becomes 682 - x.
    assert now(session, "right_shoulder")[0] == [342, 160]
    assert now(session, "left_shoulder")[0] == [420, 158]
    assert now(session, "nose")[0] == [382, 100]
    assert now(session, "right_hip") == ([357, 300], Visibility.OCCLUDED)


def test_dragging_a_limb_moves_both_its_ends(session, hand):
    hand.drag([(360, 190), (365, 195), (370, 210)])

    assert now(session, "left_shoulder")[0] == [350, 180]
    assert now(session, "left_elbow")[0] == [390, 240]
    assert now(session, "left_wrist")[0] == [420, 200]
    assert session.project.undo_name == "Move left_shoulder to left_elbow"


def test_dragging_a_limb_with_ctrl_turns_what_hangs_from_it(session, hand):
    before = {name: np.array(POSE[name]) for name in ("left_shoulder", "left_elbow", "left_wrist")}
    middle = (before["left_shoulder"] + before["left_elbow"]) / 2
    quarter = before["left_shoulder"] + (middle - before["left_shoulder"])[::-1] * (-1, 1)  # a quarter turn

    hand.drag([tuple(middle), tuple(quarter)], ctrl=True)

    shoulder = before["left_shoulder"]
    assert now(session, "left_shoulder")[0] == shoulder.tolist()
    for name in ("left_elbow", "left_wrist"):
        x, y = before[name] - shoulder
        assert now(session, name)[0] == pytest.approx((shoulder + np.array([-y, x])).tolist())
    assert session.project.undo_name == "Turn left_shoulder to left_elbow"


@pytest.mark.parametrize("start", [(360, 190), (300, 100)], ids=["limb", "keypoint"])
def test_dragging_with_alt_moves_the_whole_instance(session, hand, person, start):
    x, y = start
    hand.drag([start, (x + 7, y - 3)], alt=True)

    moved = session.content.instances[0]
    assert np.array_equal(moved.points, person.points + np.array([7, -3]), equal_nan=True)
    assert np.array_equal(moved.visibility, person.visibility)
    assert session.project.undo_name == "Move instance 1"


def test_dragging_the_edge_of_the_box_moves_the_instance_with_its_box(session, hand, person):
    run(session, "label.auto_box")  # fixes the box
    box = session.content.instances[0].box
    edge = (box[0], box[1] + box[3] * 0.27)  # away from the handles
    hand.drag([edge, (edge[0] - 20, edge[1] + 5)])

    moved = session.content.instances[0]
    assert moved.box == pytest.approx((box[0] - 20, box[1] + 5, box[2], box[3]))
    assert np.array_equal(moved.points, person.points + np.array([-20, 5]), equal_nan=True)


def test_the_wheel_with_alt_turns_about_the_middle(session, hand):
    hand.wheel((300, 100), 90.0)

    # The bounds 262..420 x 96..300 have their middle at 341, 198.
    assert now(session, "nose")[0] == pytest.approx([341 + (198 - 100), 198 + (300 - 341)])
    assert session.project.undo_name == "Turn instance 1"


def test_the_wheel_with_alt_and_shift_scales_points_and_box(session, hand):
    run(session, "label.auto_box")
    box = session.content.instances[0].box
    hand.wheel((300, 100), 3.0, shift=True)

    factor = 1.02**3
    assert now(session, "nose")[0] == pytest.approx([341 + (300 - 341) * factor, 198 + (100 - 198) * factor])
    assert session.content.instances[0].box[2:] == pytest.approx((box[2] * factor, box[3] * factor))


def test_escape_drops_the_drag_of_a_limb(session, hand, person):
    hand.pointing.press(Pointer((360, 190), (360, 190), PointerButton.LEFT))
    hand.pointing.move(Pointer((370, 210), (370, 210), PointerButton.LEFT, moved=True))
    run(session, "label.escape")

    assert session.content.instances[0].equals(person)
    assert session.project.undo_name == "Add person"
