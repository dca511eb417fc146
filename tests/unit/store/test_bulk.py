from dataclasses import replace

import numpy as np
import pytest
from store_values import add_frames, add_instance, batch, dump, frames, pose, prediction, with_keypoint

from annotator.errors import StoreError
from annotator.model.frame import Frame, FrameState
from annotator.model.ids import new_id, new_ids
from annotator.model.skeleton import Skeleton
from annotator.store.batch import FrameBatch
from annotator.store.bulk import BulkWriter
from annotator.store.change import Change
from annotator.store.integrity import check_project
from annotator.store.project import Project, open_project


def labeled_frames(skeleton: Skeleton, count: int) -> tuple[FrameBatch, list[object]]:
    keys = np.array(new_ids(count), np.int64)
    paths = [f"new/{n}.png" for n in range(count)]
    columns = FrameBatch(
        "new", keys, paths, [9] * count, [8] * count, [1] * count, ["in progress"] * count, [""] * count
    )
    return columns, [batch(skeleton, keys.tolist())]


def test_a_bulk_change_is_told_once_it_is_on_disk(project: Project, skeleton: Skeleton) -> None:
    keys = add_frames(project, 3)
    project.flush()
    told: list[tuple[Change, int]] = []
    project.changed.connect(lambda change: told.append((change, project.counts().instances)))

    done = project.bulk("Import", lambda bulk: bulk.add_instances(batch(skeleton, keys)))

    assert told == [(done, 3)]
    assert done.bulk
    assert done.entries == {}


def test_imported_values_keep_every_bit(project: Project, skeleton: Skeleton) -> None:
    keys = add_frames(project, 4)
    written = batch(skeleton, keys, 5)
    project.bulk("Import", lambda bulk: bulk.add_instances(written))

    (read,) = project.batches()

    assert read.points.tobytes() == written.points.tobytes()
    assert read.visibility.tobytes() == written.visibility.tobytes()
    np.testing.assert_array_equal(read.boxes, written.boxes)
    assert list(read.attributes) == list(written.attributes)
    assert list(read.sources) == ["import"] * 4


def test_a_picture_comes_in_once(project: Project) -> None:
    add_frames(project, 2)
    project.flush()
    before = dump(project)
    again = [replace(frame, key=new_id()) for frame in project.frames()]

    with pytest.raises(StoreError, match=r"a0\.png is in the project already"):
        project.bulk("Import", lambda bulk: bulk.add_frames([*frames(1, root="new"), *again]))
    twice = [Frame(new_id(), "r", "x.png"), Frame(new_id(), "r", "x.png")]
    with pytest.raises(StoreError, match=r"x\.png is in the project already"):
        project.bulk("Import", lambda bulk: bulk.add_frames(twice))

    assert dump(project) == before
    assert check_project(project) == []


def test_a_removed_picture_comes_in_again_beside_what_it_was(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1, note="old")
    add_instance(project, key, pose(skeleton))
    before = dump(project)
    project.bulk("Remove", lambda bulk: bulk.remove_frames([key]))
    frame = Frame(key, "pictures", "pictures/a0.png", width=7, split="val")

    with pytest.raises(StoreError, match="give the new one a key of its own"):
        project.bulk("Import", lambda bulk: bulk.add_frames([frame]))
    again = replace(frame, key=new_id())
    project.bulk("Import", lambda bulk: bulk.add_frames([again]))

    assert [content.frame for content in map(project.content, project.frame_keys())] == [again]
    assert check_project(project) == []
    project.undo()
    project.undo()
    assert dump(project) == before
    assert check_project(project) == []


def test_rows_that_are_not_there_are_passed_over(project: Project, skeleton: Skeleton) -> None:
    first, second = add_frames(project, 2)
    with project.transaction("Predict") as transaction:
        proposed = prediction(skeleton)
        transaction.add_prediction(first, proposed)
    project.flush()

    def write(bulk: BulkWriter) -> None:
        bulk.remove_instances([(first, 99)])
        bulk.remove_predictions(second, [proposed.id])
        bulk.remove_frames([77])

    project.bulk("Remove what is not there", write)

    assert len(project.content(first).predictions) == 1
    assert project.undo_name == "Predict"


def test_frames_begin_with_their_first_instance_only(project: Project, skeleton: Skeleton) -> None:
    new, done = add_frames(project, 2)
    with project.transaction("Done") as transaction:
        transaction.set_frame(replace(project.content(done).frame, state=FrameState.DONE))
    project.bulk("Import", lambda bulk: bulk.add_instances(batch(skeleton, [new, done])))
    assert project.content(new).frame.state is FrameState.IN_PROGRESS
    assert project.content(done).frame.state is FrameState.DONE

    project.undo()

    assert project.content(new).frame.state is FrameState.NEW
    assert project.content(done).frame.state is FrameState.DONE
    assert check_project(project) == []


def test_a_bulk_change_does_not_reshape_a_skeleton(project: Project, skeleton: Skeleton) -> None:
    with pytest.raises(StoreError, match="is in the project with other keypoints"):
        project.bulk("Import", lambda bulk: bulk.put_skeleton(with_keypoint(skeleton, "crest")))
    project.bulk("Import", lambda bulk: bulk.put_skeleton(skeleton.renamed("Big bird")))
    assert project.skeletons["bird"].name == "Big bird"
    project.undo()
    assert project.skeletons["bird"].name == "Bird"


def test_labeled_frames_are_whole_undoable_and_checked(project: Project, skeleton: Skeleton) -> None:
    before = dump(project)
    columns, batches = labeled_frames(skeleton, 5)
    project.bulk("Import", lambda bulk: bulk.add_labeled_frames(columns, batches))
    full = dump(project)
    assert project.counts().instances == 5
    assert check_project(project) == []

    project.undo()
    assert dump(project) == before
    project.redo()
    assert dump(project) == full
    add_instance(project, int(columns.keys[0]), pose(skeleton))
    assert check_project(project) == []
    project.close()
    with open_project(project.path, member="ann") as again:
        again.undo()
        assert dump(again) == full


def test_labeled_frames_get_nothing_else_in_their_change(project: Project, skeleton: Skeleton) -> None:
    columns, batches = labeled_frames(skeleton, 2)

    def write(bulk: BulkWriter) -> None:
        bulk.add_labeled_frames(columns, batches)
        bulk.add_predictions(int(columns.keys[0]), [prediction(skeleton)])

    with pytest.raises(RuntimeError, match="nothing else in the same change"):
        project.bulk("Import", write)
    assert project.counts().frames == 0


def test_predictions_of_a_model_are_found_for_replacement(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    runs = [project.start_run(model, "h", "{}") for model in ("a", "b")]
    proposed = [prediction(skeleton, n, runs[n % 2]) for n in range(4)]
    linked = replace(prediction(skeleton, 9, runs[0]), instance_id=5)
    project.bulk("Prelabel", lambda bulk: bulk.add_predictions(key, [*proposed, linked]))
    found: list[list[int]] = []

    project.bulk("Look", lambda bulk: found.append(bulk.predictions_of_models(key, skeleton.id, "a")))

    assert found == [[proposed[0].id, proposed[2].id]]
