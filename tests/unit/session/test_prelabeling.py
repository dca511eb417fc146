"""What a run over a project writes: beside what is labeled, linked to it, and never over it."""

from dataclasses import replace

import numpy as np
import pytest

from annotator.errors import JobCancelled
from annotator.jobs import Job
from annotator.model.ids import new_id
from annotator.model.instance import Instance, Prediction, Source, Visibility, new_instance
from annotator.model.skeleton import Skeleton
from annotator.session.prelabeling import Run, accept_run, frames_to_prelabel, link, work_of, write_run
from annotator.store.project import Project


@pytest.fixture
def skeleton(project: Project) -> Skeleton:
    return project.skeletons["coco-17"]


def guess(skeleton: Skeleton, at: tuple[float, float] = (100, 50), score: float = 0.9, run: int = 1) -> Prediction:
    """Return a pose 120 x 240 pixels large with its corner at `at`."""
    points = np.asarray(skeleton.layout) * (120, 240) + at
    return Prediction(new_id(), skeleton.id, points, np.full(len(skeleton), score), (*at, 120, 240), score, run)


def labeled(skeleton: Skeleton, prediction: Prediction, count: int, moved: float = 0.0) -> Instance:
    """Return an instance with the first `count` keypoints of a prediction, moved aside."""
    instance = new_instance(new_id(), skeleton)
    for k in range(count):
        x, y = prediction.points[k]
        instance = instance.with_point(k, (x + moved, y), Visibility.VISIBLE)
    return instance


def add(project: Project, *values: Instance | Prediction, frame: int = 0) -> None:
    key = project.frame_keys()[frame]
    with project.transaction("Add") as transaction:
        for value in values:
            (transaction.add if isinstance(value, Instance) else transaction.add_prediction)(key, value)
    project.flush()


def content(project: Project, frame: int = 0):
    return project.content(project.frame_keys()[frame])


def run_of(project: Project, skeleton: Skeleton, found: dict[int, list[Prediction]], model: str = "model") -> Run:
    """Return a finished run whose predictions bear its id."""
    id_ = project.start_run(model, "hash", "{}")
    keys = project.frame_keys()
    mine = {keys[n]: [replace(one, run=id_) for one in each] for n, each in found.items()}
    return Run(id_, model, skeleton, len(mine), mine, [])


def test_a_run_looks_at_frames_without_labels_and_proposals(project, skeleton):
    add(project, guess(skeleton))
    add(project, labeled(skeleton, guess(skeleton), 3), frame=1)
    keys = project.frame_keys()

    assert frames_to_prelabel(project) == [keys[2]]
    assert frames_to_prelabel(project, skip_predicted=False) == keys


def test_frames_whose_folder_is_unknown_are_named_and_left_out(project, tmp_path):
    assert work_of(project, project.frame_keys()) == ([], ["0.jpg", "1.jpg", "2.jpg"])

    project.roots.set_folder("park", tmp_path)

    work, missing = work_of(project, project.frame_keys()[:1], (1, 2, 3, 4))
    assert (work, missing) == ([(project.frame_keys()[0], tmp_path / "0.jpg", (1, 2, 3, 4))], [])


def test_a_prediction_of_somebody_half_labeled_is_linked_and_of_somebody_complete_left_out(project, skeleton):
    here, there, new = guess(skeleton), guess(skeleton, (400, 50)), guess(skeleton, (250, 200))
    half, complete = labeled(skeleton, here, 9, moved=2), labeled(skeleton, there, 17, moved=2)
    add(project, half, complete)

    kept = link([here, there, new], content(project), skeleton)

    assert [(one.id, one.instance_id) for one in kept] == [(here.id, half.id), (new.id, None)]


def test_a_second_prediction_of_the_same_subject_is_not_linked_to_the_same_instance(project, skeleton):
    first, second = guess(skeleton), guess(skeleton, (101, 50))
    add(project, labeled(skeleton, first, 9))

    kept = link([first, second], content(project), skeleton)

    assert [one.instance_id is None for one in kept] == [False, True]


def test_a_crowd_or_another_place_is_nobody_s_subject(project, skeleton):
    prediction = guess(skeleton)
    crowd = replace(labeled(skeleton, prediction, 9), crowd=True)
    aside = labeled(skeleton, prediction, 9, moved=90)
    add(project, crowd, aside, new_instance(new_id(), skeleton))

    assert link([prediction], content(project), skeleton)[0].instance_id is None


def test_the_nearer_of_two_instances_is_the_subject(project, skeleton):
    prediction = guess(skeleton)
    near, nearer = labeled(skeleton, prediction, 9, moved=8), labeled(skeleton, prediction, 9, moved=1)
    add(project, near, nearer)

    assert link([prediction], content(project), skeleton)[0].instance_id == nearer.id


def test_a_run_is_one_change_and_replaces_only_the_same_model_s_own_proposals(project, skeleton):
    write_run(project, run_of(project, skeleton, {0: [guess(skeleton)], 1: [guess(skeleton)]}))
    other = run_of(project, skeleton, {0: [guess(skeleton, (300, 50))]}, model="other")
    write_run(project, other)

    change = write_run(project, run_of(project, skeleton, {0: [guess(skeleton, (200, 50))], 2: []}))

    assert change.name == "Prelabel 2 frames with model"
    assert sorted(one.box[0] for one in content(project).predictions) == [200, 300]
    assert len(content(project, 1).predictions) == 1, "the run did not look there"
    project.undo()
    assert sorted(one.box[0] for one in content(project).predictions) == [100, 300]


def test_a_run_that_finished_nothing_changes_nothing(project, skeleton):
    name = project.undo_name

    assert write_run(project, run_of(project, skeleton, {})) is None
    assert project.undo_name == name


def test_accepting_writes_what_reaches_the_threshold_as_one_change(project, skeleton):
    sure = guess(skeleton)
    unsure = replace(sure, id=new_id(), scores=np.where(np.arange(17) < 5, 0.9, 0.2))
    add(project, sure)
    add(project, unsure, frame=1)

    done = accept_run(project, project.frame_keys(), 0.5, Job())

    assert (done.frames, done.instances, done.keypoints, done.left) == (2, 2, 22, 1)
    (instance,) = content(project).instances
    assert (instance.source, instance.run, instance.decided_count) == (Source.MODEL, 1, 17)
    assert content(project).predictions == ()
    (left,) = content(project, 1).predictions
    assert left.instance_id == content(project, 1).instances[0].id
    project.undo()
    assert content(project).instances == ()


def test_what_a_model_decided_stays_the_model_s_until_a_person_touches_it(project, skeleton):
    add(project, replace(guess(skeleton), scores=np.where(np.arange(17) < 5, 0.9, 0.2)))

    for threshold in (0.5, 0.1):
        accept_run(project, project.frame_keys(), threshold, Job())

    (instance,) = content(project).instances
    assert (instance.decided_count, instance.source) == (17, Source.MODEL)


def test_an_unsure_pose_begins_no_instance_but_fills_the_one_it_is_linked_to(project, skeleton):
    unsure = replace(guess(skeleton), score=0.2)
    person = labeled(skeleton, unsure, 3, moved=1)
    linked = replace(unsure, id=new_id(), instance_id=person.id)
    add(project, person, unsure, linked)

    done = accept_run(project, project.frame_keys()[:1], 0.5, Job())

    assert (done.instances, done.keypoints, done.left) == (0, 14, 1)
    (after,) = content(project).instances
    assert after.points[:3].tolist() == person.points[:3].tolist(), "what a person decided stays"
    assert after.source is Source.PERSON


def test_a_cancelled_accept_changes_nothing(project, skeleton):
    add(project, guess(skeleton))
    job = Job()
    job.cancel()

    with pytest.raises(JobCancelled):
        accept_run(project, project.frame_keys(), 0.5, job)

    assert content(project).instances == ()
