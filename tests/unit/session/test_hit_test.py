import numpy as np
import pytest

from annotator.model.instance import Instance, Prediction, Visibility
from annotator.model.skeleton import Keypoint, Skeleton
from annotator.session.hit_test import Handle, HitIndex, box_handle_at, hit, inside_band
from annotator.session.scene import Target

VISIBLE, OCCLUDED, ABSENT, UNLABELED = (
    Visibility.VISIBLE,
    Visibility.OCCLUDED,
    Visibility.ABSENT,
    Visibility.UNLABELED,
)
ROD = Skeleton("rod", "Rod", (Keypoint("a", "a"), Keypoint("b", "b"), Keypoint("c", "c")), (("a", "b"), ("b", "c")))
SKELETONS = {"rod": ROD}


def rod(id_, *xy, states=(VISIBLE, VISIBLE, VISIBLE), **fields):
    return Instance(id_, "rod", np.array(xy, float), np.array(states, np.uint8), **fields)


def guess(id_, *xy, box=(0.0, 0.0, 300.0, 300.0), instance_id=None):
    return Prediction(id_, "rod", np.array(xy, float), np.full(3, 0.9), box, 0.9, 1, instance_id)


A = rod(1, (100, 100), (200, 100), (300, 100))


def test_a_keypoint_is_found_within_twelve_screen_pixels():
    assert hit([A], [], SKELETONS, (111.9, 100), 1.0) == Target(1, k=0)
    assert hit([A], [], SKELETONS, (100, 112.1), 1.0) is None


def test_reach_is_measured_on_the_screen():
    assert hit([A], [], SKELETONS, (100, 130), 0.4) == Target(1, k=0)
    assert hit([A], [], SKELETONS, (100, 104), 4.0) is None


def test_a_limb_is_found_within_six_screen_pixels():
    assert hit([A], [], SKELETONS, (250, 105.9), 1.0) == Target(1, limb=1)
    assert hit([A], [], SKELETONS, (250, 106.1), 1.0) is None


def test_a_keypoint_comes_before_the_limb_it_ends():
    assert HitIndex([A], [], SKELETONS).hits((105, 100), 1.0) == [Target(1, k=0)]


def test_the_selected_instance_wins_then_the_nearest_then_the_topmost():
    near = rod(2, (104, 100), (104, 300), (104, 400))
    same = rod(3, (104, 100), (0, 300), (0, 400))
    index = HitIndex([A, near, same], [], SKELETONS)

    assert [t.id for t in index.hits((105, 100), 1.0)] == [3, 2, 1]
    assert [t.id for t in index.hits((105, 100), 1.0, selected=1)] == [1, 3, 2]


def test_a_keypoint_of_another_instance_comes_before_a_limb_of_the_selected_one():
    other = rod(2, (250, 104), (250, 300), (250, 400))

    assert hit([A, other], [], SKELETONS, (250, 100), 1.0, selected=1) == Target(2, k=0)


@pytest.mark.parametrize("state", [ABSENT, UNLABELED])
def test_what_is_not_drawn_is_not_found(state):
    instance = rod(1, (100, 100), (200, 100), (300, 100), states=(state, VISIBLE, OCCLUDED))
    index = HitIndex([instance], [], SKELETONS)

    assert index.hit((100, 100), 1.0) is None
    assert index.hit((150, 100), 1.0) is None
    assert index.hit((250, 100), 1.0) == Target(1, limb=1)


def test_keypoints_without_a_position_do_no_harm():
    instance = rod(1, (np.nan, np.nan), (200, 100), (300, 100), states=(UNLABELED, VISIBLE, VISIBLE))

    assert hit([instance], [], SKELETONS, (200, 101), 1.0) == Target(1, k=1)


def test_hidden_instances_are_passed_through():
    below = rod(2, (100, 100), (100, 300), (100, 400))

    assert hit([below, A], [], SKELETONS, (100, 100), 1.0, hidden={1}) == Target(2, k=0)


def test_instances_lie_above_predictions():
    prediction = guess(9, (100, 100), (100, 300), (100, 400))
    found = HitIndex([A], [prediction], SKELETONS).hits((100, 100), 1.0)

    assert found == [Target(1, k=0), Target(9, k=0, is_prediction=True)]


def test_a_prediction_is_found_only_where_the_linked_instance_is_undecided():
    linked = rod(1, (100, 100), (200, 100), (300, 100), states=(ABSENT, UNLABELED, UNLABELED))
    index = HitIndex([linked], [guess(9, (100, 100), (200, 100), (300, 100), instance_id=1)], SKELETONS)

    assert index.hit((100, 100), 1.0) is None
    assert index.hit((200, 100), 1.0) == Target(9, k=1, is_prediction=True)


def test_box_edges_are_found_for_the_selected_instance_and_for_predictions():
    boxed = rod(1, (100, 100), (200, 100), (300, 100), box=(50.0, 50.0, 300.0, 100.0), box_by_hand=True)

    assert hit([boxed], [], SKELETONS, (200, 52), 1.0) is None
    assert hit([boxed], [], SKELETONS, (200, 52), 1.0, selected=1) == Target(1)
    assert hit([boxed], [], SKELETONS, (200, 70), 1.0, selected=1) is None
    prediction = guess(9, (10, 10), (20, 10), (30, 10))
    assert hit([], [prediction], SKELETONS, (150, 302), 1.0) == Target(9, is_prediction=True)


def test_an_instance_that_is_only_a_box_is_found_by_its_edge():
    empty = rod(1, *[(np.nan, np.nan)] * 3, states=[UNLABELED] * 3, box=(0.0, 0.0, 80.0, 80.0), box_by_hand=True)

    assert hit([empty], [], SKELETONS, (40, 79), 1.0) == Target(1)
    assert hit([empty], [], SKELETONS, (40, 40), 1.0) is None


def test_the_box_of_a_hidden_instance_is_not_found():
    boxed = rod(1, (100, 100), (200, 100), (300, 100), box=(50.0, 50.0, 300.0, 100.0), box_by_hand=True)

    assert hit([boxed], [], SKELETONS, (200, 52), 1.0, selected=1, hidden={1}) is None


def test_instances_of_unknown_skeletons_are_left_out():
    assert hit([A], [], {}, (100, 100), 1.0) is None


def test_retired_keypoints_are_not_found():
    retired = Skeleton("rod", "Rod", (Keypoint("a", "a", retired=True), *ROD.keypoints[1:]), ROD.edges)

    assert hit([A], [], {"rod": retired}, (100, 100), 1.0) is None


def test_the_index_agrees_with_a_plain_search():
    rng = np.random.default_rng(3)
    instances = [rod(i, *(rng.uniform(0, 900, 2) + rng.uniform(-40, 40, (3, 2)))) for i in range(200)]
    index = HitIndex(instances, [], SKELETONS)
    for xy in rng.uniform(0, 900, (200, 2)):
        distances = {(i.id, k): np.hypot(*(i.points[k] - xy)) for i in instances for k in range(3)}
        expected = sorted((d, key) for key, d in distances.items() if d <= 12)
        found = [(t.id, t.k) for t in index.hits(tuple(xy), 1.0) if t.k is not None]
        assert found == [key for _, key in expected]


def test_an_updated_index_finds_what_a_new_one_finds():
    rng = np.random.default_rng(5)
    instances = [rod(i, *rng.uniform(0, 300, (3, 2))) for i in range(1, 40)]
    predictions = [guess(100 + i, *rng.uniform(0, 300, (3, 2)), instance_id=i) for i in range(1, 10)]
    index = HitIndex(instances, predictions, SKELETONS)
    for round_ in range(30):
        row = int(rng.integers(len(instances)))
        if round_ % 3 == 0:
            del instances[row]
        else:
            moved = instances[row].with_points(rng.uniform(0, 300, (3, 2)))
            instances[row] = moved.with_state([0], VISIBLE if round_ % 2 else UNLABELED)
        index = index.updated(tuple(instances), tuple(predictions))
        fresh = HitIndex(instances, predictions, SKELETONS)
        for xy in rng.uniform(0, 300, (20, 2)).tolist():
            assert index.hits(tuple(xy), 1.0, selected=5) == fresh.hits(tuple(xy), 1.0, selected=5)


def test_handles_are_found_within_ten_screen_pixels():
    box = (100.0, 100.0, 200.0, 100.0)

    assert box_handle_at(box, (92, 108), 1.0) is Handle.TOP_LEFT
    assert box_handle_at(box, (300, 152), 1.0) is Handle.RIGHT
    assert box_handle_at(box, (200, 205), 2.0) is Handle.BOTTOM
    assert box_handle_at(box, (200, 206), 2.0) is None
    assert box_handle_at(box, (200, 150), 1.0) is None


def test_corners_win_over_sides_on_a_small_box():
    assert box_handle_at((0.0, 0.0, 8.0, 8.0), (8, 8), 1.0) is Handle.BOTTOM_RIGHT


def test_a_band_selects_located_keypoints_whichever_way_it_was_drawn():
    instance = rod(1, (100, 100), (200, 100), (300, 100), states=(VISIBLE, ABSENT, OCCLUDED))

    assert inside_band(instance, (50, 50, 300, 100)) == {0, 2}
    assert inside_band(instance, (350, 150, -100, -100)) == {2}
