import numpy as np
import pytest

from annotator.errors import ModelError
from annotator.model.instance import Instance, Prediction, Source, Visibility, new_instance
from annotator.model.skeleton import Keypoint, Skeleton, skeleton_from_names
from annotator.predict.accept import accept, accept_confident, confident_keypoints, open_keypoints

SKELETON = skeleton_from_names("s", "s", ["nose", "tail", "left_ear", "right_ear"])
UNDECIDED, HIDDEN, SEEN, GONE = Visibility.UNLABELED, Visibility.OCCLUDED, Visibility.VISIBLE, Visibility.ABSENT


def prediction(instance_id: int | None = None) -> Prediction:
    """Nose and tail are sure, the left ear is not, the model knows no right ear."""
    points = np.array([[1, 2], [3, 4], [5, 6], [np.nan, np.nan]])
    scores = np.array([0.9, 0.3, 0.1, 0], np.float32)
    return Prediction(11, "s", points, scores, (0, 0, 9, 9), 0.7, run=5, instance_id=instance_id)


def person_made(states: list[Visibility]) -> Instance:
    return Instance(7, "s", np.full((4, 2), 100.0), np.array(states, np.uint8), track="t", run=2)


def test_accepting_creates_an_instance_of_the_model_with_the_confident_keypoints():
    result = accept_confident(prediction(), None, SKELETON, 0.3, new_id=21)

    assert result is not None
    assert result.is_new
    assert result.accepted == (0, 1)
    assert result.instance.id == 21
    assert result.instance.source is Source.MODEL
    assert result.instance.run == 5
    assert result.instance.visibility.tolist() == [SEEN, SEEN, UNDECIDED, UNDECIDED]
    assert result.instance.points[:2].tolist() == [[1, 2], [3, 4]]
    assert np.isnan(result.instance.points[2:]).all()
    assert result.instance.box is None


def test_what_is_unsure_stays_a_proposal_linked_to_the_instance():
    result = accept_confident(prediction(), None, SKELETON, 0.3, new_id=21)

    assert result is not None
    assert result.remaining is not None
    assert result.remaining.id == 11
    assert result.remaining.instance_id == 21
    assert open_keypoints(result.remaining, result.instance, SKELETON) == (2,)


def test_a_prediction_without_anything_left_to_decide_is_done():
    result = accept_confident(prediction(), None, SKELETON, 0.1, new_id=21)

    assert result is not None
    assert result.remaining is None


def test_the_rest_can_be_rejected_with_the_acceptance():
    result = accept_confident(prediction(), None, SKELETON, 0.3, new_id=21, keep_rest=False)

    assert result is not None
    assert result.remaining is None
    assert result.accepted == (0, 1)


@pytest.mark.parametrize("state", [HIDDEN, SEEN, GONE])
def test_a_decided_keypoint_is_never_overwritten(state):
    linked = person_made([state, UNDECIDED, UNDECIDED, UNDECIDED])

    result = accept(prediction(7), linked, SKELETON, range(4), new_id=21)

    assert result is not None
    assert not result.is_new
    assert result.accepted == (1, 2)
    assert result.instance.visibility.tolist() == [state, SEEN, SEEN, UNDECIDED]
    assert result.instance.points[0].tolist() == [100, 100]


def test_an_existing_instance_keeps_everything_else():
    linked = person_made([SEEN, UNDECIDED, UNDECIDED, UNDECIDED])

    result = accept(prediction(7), linked, SKELETON, [1], new_id=21)

    assert result is not None
    assert (result.instance.id, result.instance.source, result.instance.track) == (7, Source.PERSON, "t")
    assert result.instance.run == 5


def test_an_unsure_keypoint_is_accepted_when_it_is_chosen():
    result = accept(prediction(), None, SKELETON, [2], new_id=21)

    assert result is not None
    assert result.instance.visibility.tolist() == [UNDECIDED, UNDECIDED, SEEN, UNDECIDED]
    assert result.remaining is not None
    assert open_keypoints(result.remaining, result.instance, SKELETON) == (0, 1)


def test_nothing_is_accepted_where_nothing_is_open():
    decided = person_made([SEEN, SEEN, GONE, UNDECIDED])

    assert accept(prediction(7), decided, SKELETON, range(4), new_id=21) is None
    assert accept(prediction(), None, SKELETON, [3], new_id=21) is None
    assert accept_confident(prediction(), None, SKELETON, 0.95, new_id=21) is None


def test_a_score_at_the_threshold_is_confident():
    assert confident_keypoints(prediction(), None, SKELETON, 0.3) == (0, 1)
    assert confident_keypoints(prediction(), None, SKELETON, 0.31) == (0,)


def test_a_retired_keypoint_is_not_accepted():
    keypoints = tuple(
        Keypoint(keypoint.id, keypoint.name, retired=keypoint.id == "nose") for keypoint in SKELETON.keypoints
    )
    skeleton = Skeleton("s", "s", keypoints)

    result = accept(prediction(), None, skeleton, range(4), new_id=21)

    assert result is not None
    assert result.instance.visibility.tolist() == [UNDECIDED, SEEN, SEEN, UNDECIDED]
    assert result.remaining is None


def test_an_undone_point_may_be_accepted_again():
    linked = person_made([SEEN, SEEN, SEEN, SEEN]).with_state([0], UNDECIDED)

    result = accept(prediction(7), linked, SKELETON, range(4), new_id=21)

    assert result is not None
    assert result.accepted == (0,)
    assert result.instance.points[0].tolist() == [1, 2]


def test_values_of_different_skeletons_are_refused():
    other = skeleton_from_names("other", "other", ["nose", "tail", "left_ear", "right_ear"])

    with pytest.raises(ModelError, match="the prediction has 4 keypoints of skeleton 's', not the 4 of 'other'"):
        accept(prediction(), None, other, [0], new_id=21)
    with pytest.raises(ModelError, match="the instance has 4 keypoints of skeleton 'other'"):
        accept(prediction(), new_instance(1, other), SKELETON, [0], new_id=21)


def test_a_prediction_of_another_instance_is_refused():
    with pytest.raises(ModelError, match="belongs to instance 8, not to 7"):
        accept(prediction(8), person_made([UNDECIDED, UNDECIDED, UNDECIDED, UNDECIDED]), SKELETON, [0], new_id=21)
