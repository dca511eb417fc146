from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from store_values import add_frames, add_instance, dump, frames, pose, prediction, with_keypoint

from annotator.errors import ReadOnlyError, StoreError
from annotator.model.frame import Frame, FrameState
from annotator.model.ids import new_id
from annotator.model.instance import Source, Visibility
from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.store.change import Change
from annotator.store.project import Project, create_project, open_project
from annotator.store.reader import FrameFilter


def test_what_was_written_is_there_after_reopening(project: Project, skeleton: Skeleton) -> None:
    keys = add_frames(project, 3)
    add_instance(project, keys[1], pose(skeleton, box=(1.5, -2.0, 3.25, 4.0), box_by_hand=True, track="t", note="n"))
    with project.transaction("Predict") as transaction:
        transaction.add_prediction(keys[2], prediction(skeleton))
    before = dump(project)
    project.close()

    again = open_project(project.path, member="ann")

    assert dump(again) == before
    again.close()


def test_one_file_remains_after_close(project: Project) -> None:
    add_frames(project, 1)
    project.close()

    assert [path.name for path in project.path.parent.iterdir()] == ["birds.annotator"]


def test_points_keep_every_bit(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    awkward = np.array([[0.1 + 0.2, -0.0], [1e-310, 1e300], [np.nan, np.nan], [np.inf, 2 / 3]])
    instance = replace(pose(skeleton), points=awkward)
    add_instance(project, key, instance)
    project.close()

    again = open_project(project.path)
    stored = again.content(key).instances[0].points
    again.close()

    assert stored.tobytes() == awkward.tobytes()


def test_an_exception_inside_a_transaction_changes_nothing(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    before = dump(project)
    changes: list[Change] = []
    project.changed.connect(changes.append)

    def break_off() -> None:
        with project.transaction("Broken") as transaction:
            transaction.add(key, pose(skeleton))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()

    assert dump(project) == before
    assert changes == []
    with project.transaction("The next one works") as transaction:
        transaction.add(key, pose(skeleton))
    assert len(project.content(key).instances) == 1


def test_a_transaction_that_comes_to_nothing_is_no_change(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    instance = add_instance(project, key, pose(skeleton))
    changes: list[Change] = []
    project.changed.connect(changes.append)

    with project.transaction("Move there and back") as transaction:
        transaction.replace(key, instance.with_point(0, (1.0, 1.0)))
        transaction.replace(key, instance)
    with project.transaction("Add and remove") as transaction:
        extra = pose(skeleton)
        transaction.add(key, extra)
        transaction.remove(key, extra.id)

    assert changes == []
    assert project.undo_name == "Place instance"


def test_a_transaction_inside_another_is_refused(project: Project) -> None:
    inner = project.transaction("Inner")
    with project.transaction("Outer"), pytest.raises(StoreError, match="'Inner' began inside another change"), inner:
        pass


def test_a_new_frame_can_be_filled_in_the_change_that_adds_it(project: Project, skeleton: Skeleton) -> None:
    (frame,) = frames(1)
    with project.transaction("Add with labels") as transaction:
        transaction.add_frames([frame])
        transaction.add(frame.key, pose(skeleton))
        transaction.add_prediction(frame.key, prediction(skeleton))
        assert len(transaction.content(frame.key).instances) == 1

    content = project.content(frame.key)
    assert (len(content.instances), len(content.predictions)) == (1, 1)
    assert content.frame.state is FrameState.IN_PROGRESS


def test_the_first_instance_begins_a_frame_in_the_same_undo_step(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    add_instance(project, key, pose(skeleton))
    assert project.content(key).frame.state is FrameState.IN_PROGRESS

    project.undo()

    assert project.content(key).frame.state is FrameState.NEW
    assert project.content(key).instances == ()


def test_a_person_who_moves_a_model_s_point_becomes_the_source(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    instance = add_instance(project, key, pose(skeleton, source=Source.MODEL, run=3))

    with project.transaction("Move") as transaction:
        transaction.replace(key, instance.with_point(0, (9.0, 9.0)))
    assert project.content(key).instances[0].source is Source.PERSON


def test_a_note_does_not_make_a_model_s_pose_a_person_s(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    instance = add_instance(project, key, pose(skeleton, source=Source.MODEL, run=3))

    with project.transaction("Note") as transaction:
        transaction.replace(key, replace(instance, note="seen"))

    assert project.content(key).instances[0].source is Source.MODEL


def test_ids_and_shapes_are_checked_before_anything_is_staged(project: Project, skeleton: Skeleton) -> None:
    first, second = add_frames(project, 2)
    instance = add_instance(project, first, pose(skeleton))
    project.flush()
    other = skeleton_from_names("fish", "Fish", ["nose"])
    with project.transaction("Wrong") as transaction:
        with pytest.raises(StoreError, match="exists already"):
            transaction.add(first, instance)
        with pytest.raises(StoreError, match="is in another frame"):
            transaction.add(second, instance)
        with pytest.raises(StoreError, match="no skeleton 'fish'"):
            transaction.add(first, pose(other))
        with pytest.raises(StoreError, match="has 2 points: expected 4"):
            transaction.add(first, replace(pose(skeleton), points=np.zeros((2, 2)), visibility=np.zeros(2)))
        with pytest.raises(StoreError, match="not in this frame any more"):
            transaction.remove(second, instance.id)
        with pytest.raises(StoreError, match="not in the project any more"):
            transaction.add(12345, pose(skeleton))
        with pytest.raises(StoreError, match="keeps its picture"):
            transaction.set_frame(replace(project.content(first).frame, path="other.png"))
    assert len(project.content(first).instances) == 1


def test_a_picture_can_be_added_once_saved_or_not(project: Project) -> None:
    (frame,) = frames(1)
    with project.transaction("Add") as transaction:
        transaction.add_frames([frame])

    for _ in range(2):
        twin = replace(frame, key=new_id())
        with project.transaction("Again") as transaction, pytest.raises(StoreError, match="added once"):
            transaction.add_frames([twin])
        project.flush()

    both = [Frame(new_id(), "r", "b.png"), Frame(new_id(), "r", "b.png")]
    with project.transaction("Twice") as transaction, pytest.raises(StoreError, match="is in the project already"):
        transaction.add_frames(both)


def test_a_removed_picture_can_be_added_again_under_a_new_key(project: Project) -> None:
    (frame,) = frames(1, width=10, note="first")
    with project.transaction("Add") as transaction:
        transaction.add_frames([frame])
    project.undo()

    for _ in range(2):  # while the removal waits, and after
        with project.transaction("Same key") as transaction, pytest.raises(StoreError, match="a key of its own"):
            transaction.add_frames([replace(frame, note="second")])
        project.flush()
    again = replace(frame, key=new_id(), note="second")
    with project.transaction("Add again") as transaction:
        transaction.add_frames([again])
    before = dump(project)
    project.close()

    reopened = open_project(project.path, member="ann")
    assert dump(reopened) == before
    assert list(reopened.frames()) == [again]
    reopened.close()


def test_a_frame_whose_removal_waits_is_gone(project: Project) -> None:
    (key,) = add_frames(project, 1)
    project.flush()
    project.undo()

    with pytest.raises(StoreError, match="not in the project any more"):
        project.content(key)
    assert project.summaries([key]) == []


def test_lists_tell_what_waits_from_memory(project: Project, skeleton: Skeleton) -> None:
    keys = add_frames(project, 2)
    project.flush()
    add_instance(project, keys[0], pose(skeleton))

    rows = project.summaries(keys)

    assert [(row.instances, row.decided, row.keypoints) for row in rows] == [(1, 2, 4), (0, 0, 0)]
    project.flush()
    assert project.summaries(keys) == rows


def test_counts_and_filters_follow_the_rows(project: Project, skeleton: Skeleton) -> None:
    keys = add_frames(project, 4)
    add_instance(project, keys[0], pose(skeleton))
    with project.transaction("Finish") as transaction:
        transaction.set_frame(replace(project.content(keys[0]).frame, state=FrameState.DONE))
        transaction.add_prediction(keys[1], prediction(skeleton))
    project.flush()

    counts = project.counts()
    assert (counts.frames, counts.to_do, counts.predicted, counts.done) == (4, 3, 1, 1)
    assert (counts.instances, counts.decided, counts.predictions) == (1, 2, 1)
    assert project.frame_keys(FrameFilter.DONE) == [keys[0]]
    assert project.frame_keys(FrameFilter.PREDICTED) == [keys[1]]
    assert project.frame_keys(text="A3") == [keys[3]]
    assert project.frame_keys(text="%") == []
    assert project.frame_keys(after=keys[1], limit=1) == [keys[2]]
    assert project.neighbour(keys[1], 1) == keys[2]
    assert project.neighbour(keys[0], -1) is None
    assert project.next_undecided(keys[3], -1) == keys[2]


def test_batches_give_all_instances_of_the_chosen_frames(project: Project, skeleton: Skeleton) -> None:
    keys = add_frames(project, 5)
    added = [add_instance(project, key, pose(skeleton, seed)) for seed, key in enumerate(keys)]
    with project.transaction("Finish") as transaction:
        transaction.set_frame(replace(project.content(keys[1]).frame, state=FrameState.DONE))
    project.flush()

    batches = list(project.batches(size=2))
    assert [id_ for batch in batches for id_ in batch.ids] == [instance.id for instance in added]
    points = np.concatenate([batch.points for batch in batches])
    np.testing.assert_array_equal(points, np.stack([instance.points for instance in added]))
    assert [id_ for batch in project.batches(FrameFilter.DONE) for id_ in batch.ids] == [added[1].id]


def test_pages_go_frame_after_frame_with_one_batch_to_a_skeleton(project: Project, skeleton: Skeleton) -> None:
    other = skeleton_from_names("club", "club", ["grip", "head"])
    with project.transaction("Add") as transaction:
        transaction.put_skeleton(other)
    keys = add_frames(project, 9)
    added = [add_instance(project, key, pose(kind)).id for key in keys[::2] for kind in (skeleton, other, skeleton)]
    project.flush()

    for size, count in ((1, 5), (4, 3), (100, 1)):
        pages = list(project.reader.pages(size=size))
        assert len(pages) == count
        assert all([batch.skeleton_id for batch in page] == [skeleton.id, "club"] for page in pages)
        frames = [{int(frame) for batch in page for frame in batch.frames} for page in pages]
        assert sorted(frame for page in frames for frame in page) == keys[::2]
        assert sorted(id_ for page in pages for batch in page for id_ in batch.ids) == sorted(added)
    (page,) = project.reader.pages(details=False)
    assert [list(batch.notes) for batch in page] == [[], []]
    assert [len(batch.extras) for batch in page] == [10, 5]


def test_a_keypoint_that_is_added_shows_at_once_everywhere(project: Project, skeleton: Skeleton) -> None:
    read, unread, unsaved = add_frames(project, 3)
    instances = {key: add_instance(project, key, pose(skeleton, key % 7)) for key in (read, unread)}
    with project.transaction("Predict") as transaction:
        transaction.add_prediction(read, prediction(skeleton))
    project.close()
    project = open_project(project.path, member="ann")
    project.content(read)
    instances[unsaved] = add_instance(project, unsaved, pose(skeleton))

    with project.transaction("Add keypoint") as transaction:
        transaction.put_skeleton(with_keypoint(skeleton, "crest"))

    for key, instance in instances.items():
        found = project.content(key).instances[0]
        assert found.visibility[0] == Visibility.UNLABELED
        np.testing.assert_array_equal(found.points[1:], instance.points)
        np.testing.assert_array_equal(found.visibility[1:], instance.visibility)
    assert np.isnan(project.content(read).predictions[0].points[0]).all()
    before = dump(project)
    project.close()
    again = open_project(project.path, member="ann")
    assert dump(again) == before
    again.close()


def test_labeled_keypoints_cannot_be_removed_but_others_can(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    add_instance(project, key, pose(skeleton))  # decides beak and right_wing
    without_tail = replace(skeleton, keypoints=skeleton.keypoints[:3], layout=skeleton.layout[:3])
    without_beak = replace(skeleton, keypoints=skeleton.keypoints[1:], layout=skeleton.layout[1:])

    with project.transaction("Remove") as transaction, pytest.raises(StoreError, match="retire them"):
        transaction.put_skeleton(without_beak)
    with project.transaction("Remove") as transaction:
        transaction.put_skeleton(without_tail)

    assert len(project.content(key).instances[0].points) == 3


def test_a_skeleton_is_not_reshaped_together_with_its_instances(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    with project.transaction("Both") as transaction:
        transaction.add(key, pose(skeleton))
        with pytest.raises(StoreError, match="a change of their own"):
            transaction.put_skeleton(with_keypoint(skeleton, "crest"))
    with project.transaction("Both") as transaction:
        transaction.put_skeleton(with_keypoint(skeleton, "crest"))
        with pytest.raises(StoreError, match="a change of their own"):
            transaction.add(key, pose(with_keypoint(skeleton, "crest")))


def test_settings_survive(project: Project) -> None:
    with project.transaction("Rule") as transaction:
        transaction.set_settings(replace(project.settings, low_means_occluded=True, exports='{"info":1}'))
    project.close()
    again = open_project(project.path)
    assert again.settings.low_means_occluded
    assert again.settings.exports == '{"info":1}'
    assert again.name == "birds"
    again.close()


def test_a_closed_project_says_so(project: Project) -> None:
    project.close()
    project.close()
    with pytest.raises(ReadOnlyError, match="it is closed"), project.transaction("Late"):
        pass


def test_names_get_the_suffix_and_existing_files_are_kept(tmp_path: Path, skeleton: Skeleton) -> None:
    project = create_project(tmp_path / "sub" / "cows", [skeleton], member="ann")
    project.close()
    assert project.path == tmp_path / "sub" / "cows.annotator"
    before = project.path.read_bytes()

    with pytest.raises(StoreError, match="exists already"):
        create_project(tmp_path / "sub" / "cows")

    assert project.path.read_bytes() == before
    assert [path.name for path in project.path.parent.iterdir()] == ["cows.annotator"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        create_project(tmp_path / "file" / "p")


def test_many_frames_cost_no_more_each_than_few(project: Project) -> None:
    """A cache that walks over all waiting frames for each new one would take minutes here."""
    add_frames(project, 20_000)
    project.flush(30)
    assert project.counts().frames == 20_000
