import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from store_values import add_frames, add_instance, batch, dump, frames, pose, prediction, with_keypoint

from annotator.errors import JobCancelled, StoreError
from annotator.jobs import Job
from annotator.model.frame import FrameKey, FrameState
from annotator.model.instance import Instance, Visibility
from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.store.integrity import check_project
from annotator.store.merge import MergeReport, merge_projects
from annotator.store.project import Project, create_project, open_project
from annotator.store.save_copy import save_a_copy

Work = Callable[[Project], object]


@pytest.fixture
def labeled(project: Project, skeleton: Skeleton) -> Project:
    """Three pictures with an instance each, saved."""
    for n, key in enumerate(add_frames(project, 3)):
        add_instance(project, key, pose(skeleton, n))
    project.flush()
    return project


class Pair:
    """A project and a copy of it, in which somebody else works on."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.ours = project
        self.other = folder / "ben.annotator"
        save_a_copy(project, self.other)

    def work_there(self, work: Work) -> None:
        with open_project(self.other, member="ben") as theirs:
            work(theirs)

    def merge(self) -> MergeReport:
        report = merge_projects(self.ours, self.other)
        assert check_project(self.ours) == []
        return report


@pytest.fixture
def pair(labeled: Project, tmp_path: Path) -> Pair:
    return Pair(labeled, tmp_path)


def first_instance(project: Project, n: int = 0) -> tuple[FrameKey, Instance]:
    key = project.frame_keys()[n]
    return key, project.content(key).instances[0]


def move(project: Project, n: int = 0, x: float = 1.0) -> None:
    key, instance = first_instance(project, n)
    with project.transaction("Move") as transaction:
        transaction.replace(key, instance.with_point(0, (x, x), Visibility.VISIBLE))


def remove(project: Project, n: int = 0) -> None:
    key, instance = first_instance(project, n)
    with project.transaction("Remove") as transaction:
        transaction.remove(key, instance.id)


def nothing(report: MergeReport) -> bool:
    return report.change is None and not report.conflicts


def test_a_copy_without_new_work_brings_nothing(pair: Pair) -> None:
    before = dump(pair.ours)
    assert nothing(pair.merge())
    assert dump(pair.ours) == before


def test_what_only_they_did_is_taken(pair: Pair, skeleton: Skeleton) -> None:
    fish = skeleton_from_names("fish", "Fish", ["nose"])

    def work(theirs: Project) -> None:
        keys = theirs.frame_keys()
        move(theirs, 0, 77.0)
        remove(theirs, 1)
        add_instance(theirs, keys[2], pose(skeleton, 50))
        with theirs.transaction("More") as transaction:
            transaction.set_frame(replace(theirs.content(keys[2]).frame, state=FrameState.DONE, split="val"))
            transaction.put_skeleton(fish)
            transaction.add_prediction(keys[2], prediction(skeleton))
        (new,) = add_frames(theirs, 1, root="new")
        add_instance(theirs, new, pose(fish))

    pair.work_there(work)
    before = dump(pair.ours)
    report = pair.merge()

    with open_project(pair.other, read_only=True) as theirs:
        assert dump(pair.ours) == dump(theirs)
    assert (report.frames, report.instances, report.predictions, report.skeletons) == (1, 2, 1, 1)
    assert (report.updated, report.removed, report.conflicts) == (1, 1, ())
    merged = dump(pair.ours)

    assert nothing(pair.merge()), "a second merge finds nothing"
    assert pair.ours.undo_name == "Merge ben"
    pair.ours.undo()
    assert dump(pair.ours) == before
    assert check_project(pair.ours) == []
    pair.ours.redo()
    assert dump(pair.ours) == merged
    assert check_project(pair.ours) == []


def test_what_only_we_did_stays(pair: Pair, skeleton: Skeleton) -> None:
    move(pair.ours, 0, 5.0)
    remove(pair.ours, 1)
    add_instance(pair.ours, pair.ours.frame_keys()[2], pose(skeleton, 9))
    before = dump(pair.ours)

    assert nothing(pair.merge())
    assert dump(pair.ours) == before


def test_work_on_both_sides_is_put_together(pair: Pair) -> None:
    move(pair.ours, 0, 5.0)
    pair.work_there(lambda theirs: move(theirs, 1, 6.0))

    report = pair.merge()

    assert report.conflicts == ()
    assert report.updated == 1
    assert first_instance(pair.ours, 0)[1].points[0, 0] == 5.0
    assert first_instance(pair.ours, 1)[1].points[0, 0] == 6.0


def test_the_same_work_on_both_sides_is_no_conflict(pair: Pair) -> None:
    move(pair.ours, 0, 5.0)
    pair.work_there(lambda theirs: move(theirs, 0, 5.0))
    assert nothing(pair.merge())


def test_what_both_changed_is_kept_twice(pair: Pair) -> None:
    move(pair.ours, 0, 5.0)
    pair.work_there(lambda theirs: move(theirs, 0, 6.0))
    key, mine = first_instance(pair.ours)

    report = pair.merge()

    (conflict,) = report.conflicts
    assert (conflict.frame, conflict.instance) == (key, mine.id)
    assert conflict.sentence == (
        "an instance in pictures/a0.png was changed here and in ben.annotator: both versions are there"
    )
    ours, copy = sorted(pair.ours.content(key).instances, key=lambda instance: instance.id != mine.id)
    assert ours.equals(mine)
    assert copy.id == conflict.copy
    assert copy.points[0, 0] == 6.0
    assert copy.note == "Other version, from ben.annotator"
    merged = dump(pair.ours)
    assert nothing(pair.merge()), "a second merge tells of nothing new"
    assert dump(pair.ours) == merged
    pair.ours.undo()
    assert len(pair.ours.content(key).instances) == 1


def test_what_was_removed_on_one_side_and_changed_on_the_other_stays(pair: Pair) -> None:
    remove(pair.ours, 0)
    move(pair.ours, 1, 5.0)

    def work(theirs: Project) -> None:
        move(theirs, 0, 6.0)
        remove(theirs, 1)

    pair.work_there(work)
    keys = pair.ours.frame_keys()

    report = pair.merge()

    assert [conflict.sentence for conflict in report.conflicts] == [
        "an instance in pictures/a0.png was removed here and changed in ben.annotator: the changed one came in",
        "an instance in pictures/a1.png was removed in ben.annotator and changed here: it stays",
    ]
    assert [instance.points[0, 0] for instance in pair.ours.content(keys[0]).instances] == [6.0]
    assert [instance.points[0, 0] for instance in pair.ours.content(keys[1]).instances] == [5.0]


def test_merging_again_and_again_follows_the_other(pair: Pair, skeleton: Skeleton) -> None:
    """Frames that came in by a merge share no history with those there; their versions still tell whose turn it is."""
    pair.work_there(lambda theirs: add_instance(theirs, add_frames(theirs, 1, root="new")[0], pose(skeleton)))
    pair.merge()
    for n in range(3):
        pair.work_there(lambda theirs, n=n: move(theirs, 3, 100.0 + n))  # type: ignore[misc]
        report = pair.merge()
        assert (report.updated, report.conflicts) == (1, ())
        assert first_instance(pair.ours, 3)[1].points[0, 0] == 100.0 + n
    move(pair.ours, 3, 7.0)
    assert nothing(pair.merge())
    pair.work_there(lambda theirs: move(theirs, 3, 8.0))
    assert len(pair.merge().conflicts) == 1


def test_independent_projects_meet_by_picture(labeled: Project, skeleton: Skeleton, tmp_path: Path) -> None:
    other = create_project(tmp_path / "ben.annotator", [skeleton], member="ben")
    keys = add_frames(other, 4, width=30, height=20)  # a0 to a2 are known here, under other keys
    for key in keys:
        add_instance(other, key, pose(skeleton, 20))
    other.close()
    ours = labeled.frame_keys()

    report = merge_projects(labeled, other.path)

    assert (report.frames, report.instances, report.conflicts) == (1, 4, ())
    assert labeled.frame_keys() == [*ours, keys[3]]
    assert [len(labeled.content(key).instances) for key in ours] == [2, 2, 2]
    assert {frame.width for frame in labeled.frames()} == {30}
    assert check_project(labeled) == []
    assert nothing(merge_projects(labeled, other.path))


def test_predictions_and_their_runs_come_along(pair: Pair, skeleton: Skeleton) -> None:
    def work(theirs: Project) -> None:
        run = theirs.start_run("movenet", "ff", "{}")
        key = theirs.frame_keys()[0]
        theirs.bulk("Prelabel", lambda bulk: bulk.add_predictions(key, [prediction(skeleton, n, run) for n in (1, 2)]))

    pair.work_there(work)
    assert pair.merge().predictions == 2
    assert pair.ours.reader.rows("SELECT model FROM run") == [("movenet",)]

    def accept(theirs: Project) -> None:
        key = theirs.frame_keys()[0]
        gone, kept = theirs.content(key).predictions
        with theirs.transaction("Accept") as transaction:
            transaction.remove_prediction(key, gone.id)
            transaction.replace_prediction(key, replace(kept, instance_id=5))

    pair.work_there(accept)
    report = pair.merge()
    assert (report.updated, report.removed) == (1, 1)
    assert [p.instance_id for p in pair.ours.content(pair.ours.frame_keys()[0]).predictions] == [5]


def test_removed_pictures_stay_removed_unless_somebody_worked_on_them(pair: Pair, skeleton: Skeleton) -> None:
    keys = pair.ours.frame_keys()
    pair.ours.bulk("Remove", lambda bulk: bulk.remove_frames(keys[:2]))
    pair.work_there(lambda theirs: move(theirs, 1, 55.0))

    report = pair.merge()

    assert report.frames == 1
    paths = [frame.path for frame in pair.ours.frames()]
    assert sorted(paths) == ["pictures/a1.png", "pictures/a2.png"]
    assert 55.0 in [c.instances[0].points[0, 0] for c in map(pair.ours.content, pair.ours.frame_keys())]
    assert nothing(pair.merge())


def test_keypoints_that_only_they_have_are_added_first(pair: Pair, skeleton: Skeleton) -> None:
    grown = with_keypoint(skeleton, "crest")

    def work(theirs: Project) -> None:
        with theirs.transaction("Add crest") as transaction:
            transaction.put_skeleton(grown)
        key, instance = first_instance(theirs)
        with theirs.transaction("Place crest") as transaction:
            transaction.replace(key, instance.with_point(0, (9.0, 8.0), Visibility.VISIBLE))

    pair.work_there(work)
    with pair.ours.transaction("Add tuft") as transaction:
        transaction.put_skeleton(with_keypoint(pair.ours.skeletons["bird"], "tuft"))
    report = pair.merge()

    ours = pair.ours.skeletons["bird"]
    assert ours.names == ("tuft", *skeleton.names, "crest")
    assert report.differing == (
        "skeleton 'Bird' differs in ben.annotator: the definition here stays",
        "skeleton 'Bird' got the keypoints that only ben.annotator had: crest",
    )
    _, instance = first_instance(pair.ours)
    assert tuple(instance.points[ours.index("crest")]) == (9.0, 8.0)
    assert report.conflicts == ()
    assert nothing(pair.merge())


def test_fields_that_both_changed_are_told_and_stay(pair: Pair) -> None:
    def set_split(project: Project, split: str) -> None:
        frame = project.content(project.frame_keys()[0]).frame
        with project.transaction("Split") as transaction:
            transaction.set_frame(replace(frame, split=split))

    set_split(pair.ours, "val")
    pair.work_there(lambda theirs: set_split(theirs, "test"))

    report = pair.merge()

    assert report.differing == ("pictures/a0.png: its split is val here and test in ben.annotator: val stays",)
    assert pair.ours.content(pair.ours.frame_keys()[0]).frame.split == "val"


def test_an_imported_set_is_merged_like_any_other(labeled: Project, skeleton: Skeleton, tmp_path: Path) -> None:
    new = frames(5, root="set")
    labeled.bulk(
        "Import", lambda bulk: (bulk.add_frames(new), bulk.add_instances(batch(skeleton, [f.key for f in new])))
    )
    pair = Pair(labeled, tmp_path)
    pair.work_there(lambda theirs: move(theirs, 4, 3.5))
    move(labeled, 5, 4.5)

    report = pair.merge()

    assert (report.updated, report.instances, report.conflicts) == (1, 0, ())
    assert first_instance(labeled, 4)[1].points[0, 0] == 3.5


def test_a_project_is_not_merged_into_itself(labeled: Project) -> None:
    with pytest.raises(StoreError, match="is the project itself"):
        merge_projects(labeled, labeled.path)


def test_a_file_that_is_no_project_changes_nothing(labeled: Project, tmp_path: Path) -> None:
    before = dump(labeled)
    (tmp_path / "x.annotator").write_text("text")
    with pytest.raises(StoreError, match="is not an Annotator project"):
        merge_projects(labeled, tmp_path / "x.annotator")
    with pytest.raises(StoreError, match="does not exist"):
        merge_projects(labeled, tmp_path / "y.annotator")
    assert dump(labeled) == before


def test_a_cancelled_merge_changes_nothing(pair: Pair) -> None:
    pair.work_there(lambda theirs: move(theirs, 0, 6.0))
    before = dump(pair.ours)
    job = Job("Merge")
    job.cancel()
    with pytest.raises(JobCancelled):
        merge_projects(pair.ours, pair.other, job)
    assert dump(pair.ours) == before


def test_the_other_project_is_left_as_it_is(pair: Pair) -> None:
    pair.work_there(lambda theirs: move(theirs, 0, 6.0))
    before = pair.other.read_bytes()
    pair.merge()
    assert pair.other.read_bytes() == before
    assert sorted(path.name for path in pair.other.parent.iterdir()) == [
        "ben.annotator",
        "birds.annotator",
        "birds.annotator-shm",
        "birds.annotator-wal",
    ]


def test_a_copy_made_by_hand_is_merged_too(pair: Pair, tmp_path: Path) -> None:
    pair.ours.close()
    copy = tmp_path / "by hand.annotator"
    shutil.copyfile(pair.ours.path, copy)
    with open_project(copy, member="ben") as theirs:
        move(theirs, 2, 42.0)
    with open_project(pair.ours.path, member="ann") as ours:
        assert merge_projects(ours, copy).updated == 1
        assert first_instance(ours, 2)[1].points[0, 0] == 42.0
