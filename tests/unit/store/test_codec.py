"""What is packed into the database comes back bit for bit, whatever became of the skeleton."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as arrays
from store_values import pose, prediction

from annotator.model.frame import Frame, FrameState
from annotator.model.instance import Instance, Source
from annotator.model.skeleton import Keypoint, Skeleton
from annotator.store.change import Settings
from annotator.store.codec import (
    KEYPOINT,
    BulkRecord,
    StoredSkeleton,
    decode_prediction,
    decode_records,
    encode_prediction,
    encode_records,
    frame_of,
    frame_record,
    instance_of,
    instance_record,
    prediction_of,
    prediction_record,
    record_of,
)

# All 64 bits: NaN with any payload, infinities, subnormal numbers, both zeros.
bits = st.integers(0, 2**64 - 1).map(lambda n: np.array([n], "<u8").view("<f8")[0])


def skeleton(*ids: str) -> Skeleton:
    return Skeleton("s", "S", tuple(Keypoint(id_, id_) for id_ in ids))


def stored(ids: str, slots: str) -> StoredSkeleton:
    """Return a skeleton with one keypoint per letter, whose BLOBs have `slots`."""
    return StoredSkeleton(1, skeleton(*ids), tuple(slots))


@pytest.mark.parametrize("slots", ["abc", "bca", "abcd"])
@given(
    points=arrays.arrays("<f8", (3, 2), elements=bits),
    visibility=arrays.arrays(np.uint8, 3, elements=st.integers(0, 3)),
)
def test_every_bit_of_an_instance_comes_back(slots, points, visibility):
    keypoints = stored("abc", slots)

    found, states = keypoints.decode(keypoints.encode(points, visibility))

    assert found.tobytes() == points.tobytes()
    assert states.tobytes() == visibility.tobytes()


def test_a_keypoint_is_seventeen_bytes_little_endian_in_slot_order():
    blob = stored("ab", "ba").encode(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([2, 1], np.uint8))

    assert KEYPOINT.itemsize == 17
    assert blob == (b"\0\0\0\0\0\0\x08\x40\0\0\0\0\0\0\x10\x40\x01" + b"\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40\x02")


def test_a_keypoint_added_since_is_unlabeled_and_the_others_stay():
    points, visibility = np.array([[1.0, 2], [3, 4]]), np.array([2, 1], np.uint8)
    blob = stored("ab", "ab").encode(points, visibility)

    found, states = stored("xab", "abx").decode(blob)

    assert np.isnan(found[0]).all()
    assert found[1:].tolist() == points.tolist()
    assert states.tolist() == [0, 2, 1]


def test_blobs_of_different_age_are_read_together():
    old = stored("a", "a").encode(np.array([[1.0, 2]]), np.array([2], np.uint8))
    grown = stored("ba", "ab")
    new = grown.encode(np.array([[5.0, 6], [7, 8]]), np.array([1, 2], np.uint8))

    points, visibility = grown.decode_many([old, new])

    np.testing.assert_array_equal(points, [[[np.nan, np.nan], [1, 2]], [[5, 6], [7, 8]]])
    assert visibility.tolist() == [[0, 2], [1, 2]]


def test_a_keypoint_that_was_removed_leaves_the_others_where_they_are():
    blob = stored("abc", "abc").encode(np.arange(6.0).reshape(3, 2), np.array([2, 1, 2], np.uint8))

    points, visibility = stored("ca", "abc").decode(blob)

    assert points.tolist() == [[4, 5], [0, 1]]
    assert visibility.tolist() == [2, 2]


def test_nothing_is_said_of_a_keypoint_that_was_removed_before():
    blob = stored("ca", "abc").encode(np.array([[1.0, 2], [3, 4]]), np.array([2, 2], np.uint8))

    points, visibility = stored("abc", "abc").decode(blob)

    np.testing.assert_array_equal(points, [[3, 4], [np.nan, np.nan], [1, 2]])
    assert visibility.tolist() == [2, 0, 2]


def test_many_instances_are_packed_like_each_alone():
    keypoints = stored("abc", "cab")
    random = np.random.default_rng(1)
    points, states = random.normal(size=(5, 3, 2)), random.integers(0, 4, (5, 3)).astype(np.uint8)

    assert keypoints.encode_many(points, states) == [
        keypoints.encode(*each) for each in zip(points, states, strict=True)
    ]
    assert keypoints.encode_many(points[:0], states[:0]) == []


@given(points=arrays.arrays("<f8", (2, 2), elements=bits), scores=arrays.arrays("<f4", 2, elements=st.floats(width=32)))
def test_every_bit_of_a_prediction_comes_back(points, scores):
    keypoints = stored("ab", "xba")
    value = replace(prediction(skeleton("a", "b")), points=points, scores=scores)

    found, confidence = decode_prediction(*encode_prediction(value, keypoints), keypoints)

    assert found.tobytes() == points.tobytes()
    assert confidence.tobytes() == scores.tobytes()


def test_a_prediction_older_than_a_keypoint_says_nothing_of_it():
    value = prediction(skeleton("a"))

    points, scores = decode_prediction(*encode_prediction(value, stored("a", "a")), stored("ba", "ab"))

    assert np.isnan(points[0]).all()
    assert scores[0] == 0
    assert points[1].tolist() == value.points[0].tolist()


def test_values_become_records_and_values_again():
    keypoints = stored("abc", "cab")
    instance = pose(
        keypoints.skeleton,
        box=(1.0, 2.0, 3.0, 4.0),
        box_by_hand=True,
        track="t",
        source=Source.MODEL,
        run=9,
        crowd=True,
        attributes='{"a":1}',
        note="n",
        extra='{"e":2}',
    )
    proposal = replace(prediction(keypoints.skeleton), instance_id=77)
    frame = Frame(5, "r", "a/b.png", 3, 40, 30, 6, FrameState.DONE, ("x", "y"), "val", "note", '{"id":1}')
    records = [
        instance_record(instance, keypoints),
        None,
        prediction_record(proposal, keypoints),
        frame_record(frame),
        BulkRecord(frame_on=True, instances_on=(1, 2), digest=b"d"),
    ]

    read = decode_records(encode_records(records))

    assert read == records
    assert instance_of(read[0], keypoints).equals(instance)
    assert prediction_of(read[2], keypoints).equals(proposal)
    assert frame_of(read[3]) == frame
    assert decode_records(b"") == []


def test_undoing_a_bulk_record_twice_is_doing_it():
    record = BulkRecord(True, False, (1,), (2, 3), (4,), (5,), b"", True, False)

    assert record.inverted() == BulkRecord(False, True, (2, 3), (1,), (5,), (4,), b"", False, True)
    assert record.inverted().inverted() == record


@pytest.mark.parametrize("value", [skeleton("a"), Settings("p", exports="{}"), Frame(1, "r", "a.png"), None])
def test_every_kind_of_value_has_a_record(value):
    assert decode_records(encode_records([record_of(value, {})])) == [record_of(value, {})]


def test_the_record_of_an_instance_needs_its_skeleton():
    instance = Instance(1, "gone", np.zeros((1, 2)), np.zeros(1, np.uint8))

    with pytest.raises(KeyError, match="gone"):
        record_of(instance, {})
