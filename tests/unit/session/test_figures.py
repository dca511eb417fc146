import numpy as np
import pytest

from annotator.model.instance import Instance, Prediction, Visibility
from annotator.model.skeleton import Keypoint, Skeleton
from annotator.session.figures import FrameFigures, batch_of, moved_batch

ROD = Skeleton("rod", "Rod", (Keypoint("a", "a"), Keypoint("b", "b")), (("a", "b"),))
SKELETONS = {"rod": ROD}


def rod(id_, a, b, state=Visibility.VISIBLE, **fields):
    return Instance(id_, "rod", np.array([a, b], float), np.full(2, state, np.uint8), **fields)


def guess(id_, a, b, instance_id=None):
    return Prediction(id_, "rod", np.array([a, b], float), np.ones(2), (0.0, 0.0, 9.0, 9.0), 1.0, 1, instance_id)


def drawn(figures):
    """Positions that are really drawn, by id, lowest first."""
    return [
        (id_, layer.batch.figure.marker_xy[layer.batch.figure.marker_instance == row].tolist())
        for layer in figures.layers
        for row, id_ in enumerate(layer.batch.ids)
        if id_ not in layer.superseded
    ]


A, B = rod(1, (1, 1), (2, 2)), rod(2, (3, 3), (4, 4))


def test_predictions_are_drawn_below_instances():
    figures = FrameFigures([A], [guess(9, (5, 5), (6, 6))], SKELETONS)

    assert [id_ for id_, _ in drawn(figures)] == [9, 1]


def test_an_update_replaces_what_changed_and_keeps_the_other_arrays():
    figures = FrameFigures([A, B], [], SKELETONS)
    newer = figures.updated([A.with_point(0, (7, 7)), B], [])

    assert sorted(drawn(newer)) == [(1, [[7, 7], [2, 2]]), (2, [[3, 3], [4, 4]])]
    assert newer.layers[0].batch is figures.layers[0].batch
    assert newer.changed_since(figures) == {1}


def test_an_update_drops_what_is_gone_and_adds_what_is_new():
    newer = FrameFigures([A], [], SKELETONS).updated([B], [guess(9, (5, 5), (6, 6))])

    assert [id_ for id_, _ in drawn(newer)] == [9, 2]
    assert newer.bounds(1) is None


def test_a_prediction_is_drawn_anew_when_its_instance_changes():
    linked = rod(1, (1, 1), (2, 2), Visibility.UNLABELED)
    figures = FrameFigures([linked], [guess(9, (5, 5), (6, 6), instance_id=1)], SKELETONS)
    newer = figures.updated([linked.with_state([0], Visibility.ABSENT)], list(figures.owners.values())[:1])

    assert drawn(figures)[0] == (9, [[5, 5], [6, 6]])
    assert dict(drawn(newer))[9] == [[6, 6]]


def test_many_updates_do_not_pile_up():
    instances = [rod(i, (i, 0), (i, 1)) for i in range(1, 30)]
    figures = FrameFigures(instances, [], SKELETONS)
    for round_ in range(200):
        instances[round_ % 29] = instances[round_ % 29].with_point(0, (round_, 5))
        figures = figures.updated(instances, [])

    assert len(figures.layers) < 66
    assert len(drawn(figures)) == 29


def test_bounds_cover_the_points_and_a_box_that_is_always_drawn():
    empty = rod(3, (np.nan, np.nan), (np.nan, np.nan), Visibility.UNLABELED, box=(5.0, 6.0, 10.0, 10.0))
    figures = FrameFigures([A, empty], [guess(9, (-5, 5), (6, 6))], SKELETONS)

    assert figures.bounds(1) == (1, 1, 2, 2)
    assert figures.bounds(3) == (5, 6, 15, 16)
    assert figures.bounds(9) == (-5, 0, 9, 9)


@pytest.mark.parametrize("instances", [[], [rod(1, (0, 0), (1, 1), Visibility.ABSENT)]])
def test_nothing_drawn_is_no_bounds(instances):
    assert FrameFigures(instances, [], SKELETONS).bounds(1) is None


def test_a_moved_instance_keeps_its_looks_and_takes_its_new_positions():
    before = batch_of(A, {}, SKELETONS, 0.3)
    moved = A.with_points(A.points + 5)
    batch = moved_batch(before, moved)
    fresh = batch_of(moved, {}, SKELETONS, 0.3)

    assert batch.figure.segment_look is before.figure.segment_look
    for name in ("marker_xy", "segment_xy", "marker_k", "segment_edge", "segment_side"):
        np.testing.assert_array_equal(getattr(batch.figure, name), getattr(fresh.figure, name))
    assert batch.owners == (moved,)


def test_other_states_or_lost_positions_need_a_new_batch():
    before = batch_of(A, {}, SKELETONS, 0.3)

    assert moved_batch(before, A.with_state([0], Visibility.OCCLUDED)) is None
    assert moved_batch(before, A.with_point(0, (np.nan, 0))) is None
