"""What a change did is applied and inverted value by value."""

from dataclasses import replace

import numpy as np
from store_values import pose, prediction

from annotator.model.frame import Frame, FrameContent, FrameState
from annotator.model.skeleton import skeleton_from_names
from annotator.store.change import PROJECT_KEY, Change, Entry, apply_entries, same_value

BIRD = skeleton_from_names("bird", "Bird", ["beak", "tail"])
FRAME = Frame(7, "r", "a.png")


def applied(content, *pairs):
    return apply_entries(content, [Entry(*pair) for pair in pairs])


def test_entries_and_their_inverses_lead_there_and_back():
    first, second, guess = pose(BIRD), pose(BIRD, 2), prediction(BIRD)
    moved = first.with_point(0, (1, 1))
    before = FrameContent(FRAME, (first,), (guess,), revision=4)
    entries = [
        Entry(first, moved),
        Entry(None, second),
        Entry(guess, None),
        Entry(FRAME, replace(FRAME, state=FrameState.DONE)),
    ]

    after = apply_entries(before, entries)

    assert after.frame.state is FrameState.DONE
    assert after.instances == (moved, second)
    assert after.predictions == ()
    assert after.revision == 5
    back = apply_entries(after, [entry.inverted() for entry in reversed(entries)])
    assert (back.frame, back.instances, back.predictions) == (before.frame, before.instances, before.predictions)


def test_instances_stand_in_order_of_creation_however_they_came():
    older, newer = pose(BIRD), pose(BIRD)

    after = applied(FrameContent(FRAME, (newer,)), (None, older))

    assert after.instances == (older, newer)


def test_a_frame_that_is_removed_is_no_content_and_a_new_one_begins_empty():
    assert applied(FrameContent(FRAME), (FRAME, None)) is None
    assert applied(None, (None, FRAME)) == FrameContent(FRAME, revision=1)


def test_same_values_are_equal_with_nan_for_nan():
    value = pose(BIRD)

    assert same_value(value, replace(value, points=value.points.copy()))
    assert not same_value(value, value.with_point(0, (np.nan, 1)))
    assert not same_value(value, None)
    assert same_value(None, None)
    assert same_value(FRAME, replace(FRAME))
    assert not same_value(prediction(BIRD), prediction(BIRD))


def test_a_change_reshapes_a_skeleton_only_when_keypoints_come_go_or_change_places():
    def reshapes(before, after):
        return Change(1, "", {PROJECT_KEY: (Entry(before, after),)}, "", 0).reshapes

    turned = replace(BIRD, keypoints=BIRD.keypoints[::-1], layout=BIRD.layout[::-1])
    renamed = replace(BIRD, keypoints=(replace(BIRD.keypoints[0], name="bill"), BIRD.keypoints[1]))

    assert reshapes(BIRD, turned) == {"bird"}
    assert reshapes(BIRD, renamed) == frozenset()
    assert reshapes(None, BIRD) == frozenset()
