"""Checks are run one by one, a failing one hides nothing, and fixes are one undo step."""

import numpy as np
import pytest

from annotator.errors import AnnotatorError, JobCancelled
from annotator.jobs import Job
from annotator.model.frame import Frame
from annotator.model.ids import new_id
from annotator.model.instance import Instance, Visibility
from annotator.model.skeleton import skeleton_from_names
from annotator.quality.contract import Fix, Issue, Severity, check, checks
from annotator.quality.run import apply_fixes, run_checks
from annotator.store.project import create_project

BIRD = skeleton_from_names("bird", "Bird", ["beak", "tail"])


@pytest.fixture
def own_checks():
    """No check but those of the test."""
    before = {name: checks[name] for name in checks}
    for name in before:
        checks.remove(name)
    yield
    for name in list(checks):
        checks.remove(name)
    for name, item in before.items():
        checks.register(name, item)


@pytest.fixture
def project(tmp_path):
    with create_project(tmp_path / "birds.annotator", [BIRD]) as project:
        with project.transaction("Add a bird") as transaction:
            frame = Frame(new_id(), "pictures", "a.png", width=40, height=30)
            transaction.add_frames([frame])
            transaction.add(frame.key, Instance(new_id(), "bird", np.zeros((2, 2)), np.full(2, 2, np.uint8)))
        project.flush()
        yield project


def absent(project, *, k: int) -> Issue:
    """An issue about keypoint `k` of the only instance, with a fix."""
    (frame,) = project.frames()
    (instance,) = project.content(frame.key).instances
    fix = Fix(f"Mark {k} absent", lambda instance: instance.with_state([k], Visibility.ABSENT))
    return Issue(frame.key, instance.id, BIRD.keypoints[k].id, Severity.WRONG, "is at the corner", fix)


@pytest.mark.usefixtures("own_checks")
def test_each_check_keeps_its_own_issues(project):
    check("first", title="First")(lambda project, job: [absent(project, k=0)])
    check("second", title="Second")(lambda project, job: [])

    found = {outcome.check.name: len(outcome.issues) for outcome in run_checks(project, Job())}

    assert found == {"first": 1, "second": 0}


@pytest.mark.usefixtures("own_checks")
def test_a_check_that_fails_keeps_what_it_found_and_stops_no_other(project):
    def fails(project, job):
        yield absent(project, k=0)
        raise ZeroDivisionError("no birds")

    check("fails", title="Fails")(fails)
    check("second", title="Second")(lambda project, job: [absent(project, k=1)])

    first, second = run_checks(project, Job())

    assert first.failure == "ZeroDivisionError: no birds"
    assert len(first.issues) == len(second.issues) == 1
    assert second.failure == ""


@pytest.mark.usefixtures("own_checks")
def test_cancelling_reaches_a_check(project):
    job = Job()

    def slow(project, job):
        job.cancel()
        job.check()
        return []

    check("slow", title="Slow")(slow)

    with pytest.raises(JobCancelled):
        run_checks(project, job)


@pytest.mark.usefixtures("own_checks")
def test_a_name_serves_one_check():
    check("same", title="One")(lambda project, job: [])

    with pytest.raises(AnnotatorError, match="check 'same' is registered twice"):
        check("same", title="Two")(lambda project, job: [])


def test_fixes_of_one_instance_add_up_and_are_one_undo_step(project):
    (frame,) = project.frames()

    fixed = apply_fixes(project, [absent(project, k=0), absent(project, k=1)])

    (instance,) = project.content(frame.key).instances
    assert fixed == 2
    assert instance.visibility.tolist() == [Visibility.ABSENT] * 2
    assert project.undo_name == "Fix 2 issues"
    project.undo()
    (instance,) = project.content(frame.key).instances
    assert instance.visibility.tolist() == [Visibility.VISIBLE] * 2


def test_an_instance_that_was_removed_meanwhile_is_left_alone(project):
    issue = absent(project, k=0)
    with project.transaction("Remove") as transaction:
        transaction.remove(issue.frame, issue.instance)

    assert apply_fixes(project, [issue]) == 0
    assert project.content(issue.frame).instances == ()
    assert project.undo_name == "Remove"


def test_issues_without_a_fix_change_nothing(project):
    before = project.undo_name

    assert apply_fixes(project, [Issue(1, 2, "", Severity.DOUBTFUL, "odd")]) == 0
    assert project.undo_name == before
