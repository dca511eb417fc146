"""Object keypoint similarity and PCK, against values worked out by hand and against pycocotools."""

import numpy as np
import pytest

from annotator.model.instance import Visibility
from annotator.model.oks import keypoint_similarity, oks, pck
from annotator.model.templates import template_skeleton


def test_the_similarity_is_the_formula_worked_out_by_hand():
    # d = 5 px, sigma = 0.1, area = 2500: exp(-25 / (2 * 0.2^2 * 2500)) = exp(-0.125)
    assert keypoint_similarity([[0, 0]], [[3, 4]], [0.1], 2500.0)[0] == pytest.approx(np.exp(-0.125), abs=1e-12)


def test_only_labeled_keypoints_count():
    truth, guess = np.zeros((4, 2)), np.array([[0, 0], [3, 4], [500, 0], [500, 0]])
    visibility = [Visibility.OCCLUDED, Visibility.VISIBLE, Visibility.UNLABELED, Visibility.ABSENT]

    assert oks(truth, visibility, guess, [0.1] * 4, 2500) == pytest.approx((1 + np.exp(-0.125)) / 2)


def test_a_keypoint_that_was_not_guessed_counts_as_nothing():
    assert oks([[0, 0], [5, 5]], [2, 2], [[0, 0], [np.nan, np.nan]], [0.1, 0.1], 100) == 0.5


def test_without_a_labeled_keypoint_there_is_no_similarity():
    assert np.isnan(oks([[0, 0]], [0], [[0, 0]], [0.1], 100))
    assert np.isnan(pck([[0, 0]], [Visibility.ABSENT], [[0, 0]], 100))


def test_an_area_of_zero_divides_by_nothing():
    assert oks([[0, 0]], [2], [[0, 0]], [0.1], 0) == 1
    assert oks([[0, 0]], [2], [[1, 0]], [0.1], 0) == 0


def test_many_poses_are_compared_at_once_each_with_its_own_area():
    truth, guess = np.zeros((2, 1, 2)), np.full((2, 1, 2), [3, 4])

    found = keypoint_similarity(truth, guess, [0.1], np.array([2500.0, 10_000.0]))

    np.testing.assert_allclose(found, [[np.exp(-0.125)], [np.exp(-0.03125)]])


@pytest.mark.parametrize("seed", range(3))
def test_pycocotools_finds_the_same(seed):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    random = np.random.default_rng(seed)
    skeleton = template_skeleton("coco-17")
    truth, guess = random.uniform(0, 200, (17, 2)), None
    guess = truth + random.normal(0, 12, (17, 2))
    visibility = random.integers(0, 3, 17)
    visibility[0] = 2
    area = 12_345.6
    dataset = COCO()
    dataset.dataset = {
        "images": [{"id": 1, "width": 300, "height": 300}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 1,
                "keypoints": np.column_stack([truth, visibility]).ravel().tolist(),
                "num_keypoints": int((visibility > 0).sum()),
                "bbox": [0, 0, 200, 200],
                "area": area,
                "iscrowd": 0,
            }
        ],
    }
    dataset.createIndex()
    keypoints = np.column_stack([guess, np.ones(17)]).ravel().tolist()
    evaluation = COCOeval(
        dataset,
        dataset.loadRes([{"image_id": 1, "category_id": 1, "keypoints": keypoints, "score": 1.0}]),
        "keypoints",
    )
    evaluation.evaluate()

    assert oks(truth, visibility, guess, skeleton.sigmas, area) == pytest.approx(
        float(evaluation.ious[1, 1][0][0]), abs=1e-12
    )


def test_pck_counts_what_lies_within_the_share_of_the_reference():
    truth, guess = np.zeros((4, 2)), np.array([[20, 0], [20.001, 0], [0, -5], [0, 0]])

    assert pck(truth, [2, 1, 2, 0], guess, reference=100) == pytest.approx(2 / 3), "exactly at the border is inside"
    assert pck(truth, [2, 1, 2, 0], guess, reference=100, share=0.3) == 1
    assert pck([[0, 0]], [2], [[np.nan, 0]], reference=100) == 0
