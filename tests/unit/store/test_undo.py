import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from store_values import add_frames, add_instance, batch, dump, frames, pose, prediction, with_keypoint

from annotator.errors import NotSavedError, StoreError
from annotator.model.frame import FrameState
from annotator.model.instance import Visibility
from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.store.bulk import BulkWriter
from annotator.store.change import Change
from annotator.store.integrity import check_project
from annotator.store.project import Project, open_project


def reopen(project: Project, member: str) -> Project:
    project.close()
    return open_project(project.path, member=member)


def test_undo_walks_back_through_restarts(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    instance = add_instance(project, key, pose(skeleton))
    states = [dump(project)]
    for n in range(3):
        with project.transaction(f"Move {n}") as transaction:
            transaction.replace(key, instance.with_point(0, (float(n), 0.0)))
        states.append(dump(project))

    project = reopen(project, "ann")
    for n in (2, 1, 0):
        assert project.undo_name == f"Move {n}"
        undone = project.undo()
        assert undone is not None
        assert undone.name == f"Move {n}"
        assert dump(project) == states[n]
        project = reopen(project, "ann")
    for n in range(3):
        assert project.redo_name == f"Move {n}"
        assert project.redo() is not None
        assert dump(project) == states[n + 1]
    assert project.redo() is None
    assert project.redo_name == ""
    project.close()


def test_a_new_change_ends_redo(project: Project, skeleton: Skeleton) -> None:
    keys = add_frames(project, 2)
    add_instance(project, keys[0], pose(skeleton))
    project.undo()
    add_instance(project, keys[1], pose(skeleton))

    assert project.redo() is None
    assert project.redo_name == ""
    assert project.undo_name == "Place instance"


def test_undo_takes_back_only_my_own_changes(project: Project, skeleton: Skeleton) -> None:
    first, second = add_frames(project, 2)
    add_instance(project, first, pose(skeleton))
    project = reopen(project, "ben")
    add_instance(project, second, pose(skeleton))

    project = reopen(project, "ann")
    project.undo()

    assert project.content(first).instances == ()
    assert len(project.content(second).instances) == 1
    project.close()


def test_what_somebody_else_changed_is_not_taken_back(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    mine = add_instance(project, key, pose(skeleton))
    project = reopen(project, "ben")
    with project.transaction("Move beak") as transaction:
        transaction.replace(key, mine.with_point(0, (1.0, 2.0)))
    before = dump(project)

    project = reopen(project, "ann")
    with pytest.raises(StoreError, match=r"'Place instance' cannot be taken back: what it changed in a0\.png"):
        project.undo()

    assert dump(project) == before
    project.close()


def test_frames_that_somebody_else_filled_stay(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    project = reopen(project, "ben")
    add_instance(project, key, pose(skeleton))
    project = reopen(project, "ann")

    with pytest.raises(StoreError, match="cannot be taken back"):
        project.undo()

    assert len(project.content(key).instances) == 1
    project.close()


def test_a_skeleton_that_somebody_else_uses_stays(project: Project) -> None:
    (key,) = add_frames(project, 1)
    fish = skeleton_from_names("fish", "Fish", ["nose"])
    with project.transaction("Add fish") as transaction:
        transaction.put_skeleton(fish)
    project = reopen(project, "ben")
    add_instance(project, key, pose(fish))
    project = reopen(project, "ann")

    with pytest.raises(StoreError, match="'Add fish' cannot be taken back"):
        project.undo()
    project.close()


def test_a_keypoint_that_somebody_else_labeled_stays(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    grown = with_keypoint(skeleton, "crest")
    with project.transaction("Add crest") as transaction:
        transaction.put_skeleton(grown)
    project = reopen(project, "ben")
    add_instance(project, key, pose(grown))
    project = reopen(project, "ann")

    with pytest.raises(StoreError, match="'Add crest' cannot be taken back"):
        project.undo()
    project.close()


def test_fields_of_a_frame_are_taken_back_one_by_one(project: Project) -> None:
    (key,) = add_frames(project, 1)
    with project.transaction("Split") as transaction:
        transaction.set_frame(replace(project.content(key).frame, split="val"))
    with project.transaction("Read picture sizes", undoable=False) as transaction:
        transaction.set_frame(replace(project.content(key).frame, width=640, height=480))

    project.undo()
    assert (project.content(key).frame.split, project.content(key).frame.width) == ("", 640)
    project.undo()
    project.redo()
    assert project.content(key).frame.width == 640


def test_nobody_s_change_is_not_undone_and_does_not_end_redo(project: Project) -> None:
    (key,) = add_frames(project, 1)
    with project.transaction("Split") as transaction:
        transaction.set_frame(replace(project.content(key).frame, split="val"))
    project.undo()
    with project.transaction("Read picture sizes", undoable=False) as transaction:
        transaction.set_frame(replace(project.content(key).frame, width=640))

    assert project.undo_name == "Add 1 pictures"
    assert project.redo_name == "Split"


def test_undo_works_after_keypoints_were_added_above(project: Project, skeleton: Skeleton) -> None:
    """The instances in the undo stack have the old shape; the log gives them in the new one."""
    (key,) = add_frames(project, 1)
    instance = add_instance(project, key, pose(skeleton))
    with project.transaction("Move beak") as transaction:
        transaction.replace(key, instance.with_point(0, (1.0, 2.0), Visibility.OCCLUDED))
    with project.transaction("Add crest", undoable=False) as transaction:
        transaction.put_skeleton(with_keypoint(skeleton, "crest"))

    project.undo()

    found = project.content(key).instances[0]
    assert found.points.shape == (5, 2)
    assert found.points[1:].tobytes() == instance.points.tobytes()
    project.flush()


def test_a_listener_that_fails_does_not_disturb_undo(
    project: Project, skeleton: Skeleton, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[object] = []
    monkeypatch.setattr("sys.excepthook", lambda *error: errors.append(error[1]))
    (key,) = add_frames(project, 1)
    add_instance(project, key, pose(skeleton))

    def fail(_: object) -> None:
        raise ValueError("a dock")

    project.changed.connect(fail)
    project.saved.connect(fail)
    project.save_state_changed.connect(fail)
    project.undo()
    project.redo()
    project.undo()
    project.flush()

    assert project.content(key).instances == ()
    assert {str(error) for error in errors} == {"a dock"}
    assert project.undo_name == "Add 1 pictures"


def while_writing(project: Project, name: str, write: Callable[[BulkWriter], object], do: Callable[[], object]) -> None:
    """Run `do` while the writer thread is inside a bulk change."""
    entered, may_go = threading.Event(), threading.Event()

    def fill(bulk: BulkWriter) -> None:
        entered.set()
        assert may_go.wait(10)
        write(bulk)

    thread = threading.Thread(target=lambda: project.bulk(name, fill))
    thread.start()
    assert entered.wait(10)
    do()
    may_go.set()
    thread.join()
    project.flush()


def test_a_change_made_during_a_bulk_change_is_undone_first(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    imported = batch(skeleton, [key])

    while_writing(
        project,
        "Import",
        lambda bulk: bulk.add_instances(imported),
        lambda: add_instance(project, key, pose(skeleton)),
    )

    assert len(project.content(key).instances) == 2
    assert project.summaries([key])[0].instances == 2
    assert project.undo_name == "Place instance"
    project.undo()
    assert [instance.id for instance in project.content(key).instances] == list(imported.ids)
    assert project.undo_name == "Import"
    project.undo()
    assert project.content(key).instances == ()
    assert check_project(project) == []


def test_counters_are_right_after_a_prelabel_run_under_ones_hands(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    while_writing(
        project,
        "Prelabel",
        lambda bulk: bulk.add_predictions(key, [prediction(skeleton), prediction(skeleton, 2)]),
        lambda: add_instance(project, key, pose(skeleton)),
    )

    assert project.counts().predictions == 2
    assert check_project(project) == []


def test_undo_does_not_wait_for_ever_for_an_import(
    project: Project, skeleton: Skeleton, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotator.store.project._PATIENCE_S", 0.05)
    add_frames(project, 1)
    project = reopen(project, "ann")
    errors: list[NotSavedError] = []

    def undo() -> None:
        with pytest.raises(NotSavedError, match="longer than expected") as error:
            project.undo()
        errors.append(error.value)

    while_writing(project, "Import", lambda bulk: bulk.add_frames(frames(1, root="other")), undo)

    assert len(errors) == 1
    project.close()


def test_undo_of_a_bulk_change_says_that_it_waits(project: Project, skeleton: Skeleton) -> None:
    keys = add_frames(project, 3)
    assert not project.undo_is_bulk
    project.bulk("Import", lambda bulk: bulk.add_instances(batch(skeleton, keys)))

    assert project.undo_is_bulk
    project.undo()
    assert project.redo_is_bulk
    assert project.undo_name == "Add 3 pictures"


def test_a_bulk_change_is_undone_and_redone_also_after_a_restart(project: Project, skeleton: Skeleton) -> None:
    old = add_frames(project, 2)
    empty = dump(project)
    new, fish = frames(3, root="new", split="train"), skeleton_from_names("fish", "Fish", ["nose", "fin"])

    def write(bulk: BulkWriter) -> None:
        bulk.put_skeleton(fish)
        bulk.set_settings(project.settings, replace(project.settings, exports="{}"))
        bulk.add_frames(new)
        bulk.add_instances(batch(fish, [frame.key for frame in new] + old))
        bulk.add_predictions(old[0], [prediction(skeleton)])

    project.bulk("Import", write)
    full = dump(project)
    assert project.content(old[0]).frame.state is FrameState.IN_PROGRESS

    for member_again in range(2):
        project.undo()
        assert dump(project) == empty
        if member_again:
            project = reopen(project, "ann")
        project.redo()
        assert dump(project) == full
        project = reopen(project, "ann")
    assert check_project(project) == []
    project.close()


def test_a_bulk_change_over_which_somebody_worked_is_not_taken_back(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    imported = batch(skeleton, [key])
    project.bulk("Import", lambda bulk: bulk.add_instances(imported))
    project = reopen(project, "ben")
    with project.transaction("Move") as transaction:
        transaction.replace(key, project.content(key).instances[0].with_point(0, (5.0, 5.0), Visibility.VISIBLE))
    before = dump(project)
    project = reopen(project, "ann")

    with pytest.raises(StoreError, match="'Import' cannot be taken back"):
        project.undo()

    assert dump(project) == before
    assert check_project(project) == []
    project.close()


def test_imported_frames_in_which_somebody_worked_are_not_taken_back(project: Project, skeleton: Skeleton) -> None:
    new = frames(2, root="new")
    project.bulk("Import", lambda bulk: bulk.add_frames(new))
    project = reopen(project, "ben")
    add_instance(project, new[0].key, pose(skeleton))
    project = reopen(project, "ann")

    with pytest.raises(StoreError, match="'Import' cannot be taken back"):
        project.undo()

    assert len(project.content(new[0].key).instances) == 1
    project.close()


def test_an_import_is_taken_back_after_its_skeleton_grew_and_shrank(project: Project, skeleton: Skeleton) -> None:
    """Rows that were edited meanwhile are padded to the new width; that is no change of theirs."""
    keys = add_frames(project, 2)
    before = dump(project)
    project.bulk("Import", lambda bulk: bulk.add_instances(batch(skeleton, keys)))
    with project.transaction("Add crest") as transaction:
        transaction.put_skeleton(with_keypoint(skeleton, "crest"))
    with project.transaction("Move") as transaction:
        transaction.replace(keys[0], project.content(keys[0]).instances[0].with_point(1, (5.0, 5.0)))
    for _ in range(3):
        assert project.undo() is not None

    assert dump(project) == before
    assert check_project(project) == []


def test_rows_that_were_gone_before_a_bulk_removal_do_not_come_back(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    first, second = (add_instance(project, key, pose(skeleton, n)) for n in range(2))
    with project.transaction("Remove") as transaction:
        transaction.remove(key, first.id)
    project.flush()
    project.bulk("Remove many", lambda bulk: bulk.remove_instances([(key, first.id), (key, second.id)]))

    project.undo()

    assert [instance.id for instance in project.content(key).instances] == [second.id]


def test_removed_frames_come_back_with_what_was_in_them(project: Project, skeleton: Skeleton) -> None:
    keys = add_frames(project, 2)
    add_instance(project, keys[0], pose(skeleton))
    before = dump(project)
    project.flush()
    project.bulk("Remove pictures", lambda bulk: bulk.remove_frames(keys))
    assert project.frame_keys() == []
    assert project.counts().instances == 0

    project.undo()

    assert dump(project) == before
    assert check_project(project) == []


def test_a_removed_frame_does_not_come_back_beside_its_twin(project: Project) -> None:
    keys = add_frames(project, 1)
    frame = project.content(keys[0]).frame
    project.flush()
    project.bulk("Remove pictures", lambda bulk: bulk.remove_frames(keys))
    project = reopen(project, "ben")
    with project.transaction("Add again") as transaction:
        transaction.add_frames([replace(frame, key=frame.key + 1)])
    project = reopen(project, "ann")

    with pytest.raises(StoreError, match="is in the project already"):
        project.undo()

    assert project.frame_keys() == [frame.key + 1]
    project.close()


def test_the_history_lists_everything_newest_first(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    add_instance(project, key, pose(skeleton))
    project.undo()
    project.flush()

    rows = project.history()

    assert [(row.name, row.kind, row.is_undone) for row in rows] == [
        ("Place instance", "undo", False),
        ("Place instance", "do", True),
        ("Add 1 pictures", "do", False),
        ("Create birds", "do", False),
    ]
    assert [row.member for row in rows] == ["ann", "ann", "ann", ""]


def test_undo_reaches_below_the_steps_that_memory_holds(
    project: Project, skeleton: Skeleton, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.close()
    monkeypatch.setattr("annotator.store.steps._IN_MEMORY", 3)
    project = open_project(project.path, member="ann")
    before = dump(project)
    (key,) = add_frames(project, 1)
    for n in range(8):
        add_instance(project, key, pose(skeleton, n))
    after = dump(project)

    undone: list[Change] = []
    while (change := project.undo()) is not None:
        undone.append(change)
    assert len(undone) == 9
    assert dump(project) == before
    while project.redo():
        pass
    assert dump(project) == after
    project.close()
