import numpy as np
import pytest

from annotator.errors import AnnotatorError, ModelError
from annotator.model.skeleton import Keypoint, Skeleton, skeleton_from_names
from annotator.predict.contract import (
    Coverage,
    Proposal,
    coverage,
    map_to_skeleton,
    open_predictor,
    predictors,
)

NAMES = ("nose", "left_eye", "right_eye")


def proposal() -> Proposal:
    return Proposal(np.arange(6.0).reshape(3, 2), np.array([0.9, 0.5, 0.1], np.float32), (0, 0, 5, 5), 0.8)


def test_keypoints_follow_their_names_and_never_their_positions():
    skeleton = skeleton_from_names("s", "s", ["right_eye", "tail", "nose"])

    points, scores = map_to_skeleton(proposal(), NAMES, skeleton)

    assert points.tolist()[0] == [4, 5]
    assert np.isnan(points[1]).all()
    assert points.tolist()[2] == [0, 1]
    assert scores.tolist() == pytest.approx([0.1, 0, 0.9])


def test_a_retired_keypoint_gets_no_proposal():
    skeleton = Skeleton("s", "s", (Keypoint("nose", "nose", retired=True), Keypoint("tail", "tail")))

    assert coverage(NAMES, skeleton).uncovered == ("tail",)


def test_the_coverage_names_what_is_missing_on_both_sides():
    skeleton = skeleton_from_names("s", "s", ["nose", "tail"])

    assert coverage(NAMES, skeleton) == Coverage(("nose",), ("tail",), ("left_eye", "right_eye"))


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (Coverage(("a", "b"), (), ()), "Toy places all 2 keypoints"),
        (Coverage((), ("a", "b"), ()), "Toy places none of the 2 keypoints"),
        (Coverage(("a",), ("b",), ()), "Toy places 1 of 2 keypoints, not b"),
        (Coverage(("a",), ("b", "c", "d"), ()), "Toy places 1 of 4 keypoints, not b, c and d"),
        (Coverage(("a",), tuple("bcdefghij"), ()), "Toy places 1 of 10 keypoints, not b, c, d, e, f, g and 3 more"),
    ],
)
def test_the_coverage_is_said_in_one_sentence(found, sentence):
    assert found.sentence("Toy") == sentence


def test_a_proposal_with_another_number_of_keypoints_than_its_model_is_refused():
    with pytest.raises(ModelError, match="3 keypoints where its model names 2"):
        map_to_skeleton(proposal(), ("nose", "tail"), skeleton_from_names("s", "s", NAMES))


def test_a_family_that_no_plugin_runs_is_named(tmp_path):
    path = tmp_path / "odd.json"
    path.write_text(
        """{"card": 1, "name": "odd", "title": "Odd", "family": "nobody-runs-this", "licence": "MIT",
        "keypoints": {"names": ["nose"]}, "files": [{"role": "pose", "file": "odd.onnx", "outputs": ["y"],
        "sha256": "0000000000000000000000000000000000000000000000000000000000000000", "input":
        {"name": "x", "layout": "NHWC", "dtype": "uint8", "color": "rgb", "resize": "none"}}]}"""
    )

    with pytest.raises(AnnotatorError, match="there is no predictor 'nobody-runs-this'"):
        open_predictor(path)
    assert "nobody-runs-this" not in predictors
