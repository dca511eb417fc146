"""A sound project passes; a changed row is found, and so is what the checks find in the labels."""

import sqlite3
from contextlib import closing

import pytest

from annotator.quality.contract import check, checks
from annotator.session.pictures import note_sizes, probe_sizes
from annotator.store.project import open_project


def test_a_sound_project_has_no_findings(run, birds):
    outcome = run("check", birds)

    assert outcome.code == 0
    assert "is whole" in outcome.out


def test_a_row_that_its_history_does_not_know_is_a_finding(run, birds):
    with closing(sqlite3.connect(birds)) as connection:
        connection.execute("UPDATE instance SET crowd = 1 WHERE id = (SELECT min(id) FROM instance)")
        connection.commit()

    outcome = run("check", birds, "--json")

    assert outcome.code == 1
    assert [finding["kind"] for finding in outcome.json["findings"]] == ["instance"]


def test_checking_changes_nothing(run, birds):
    before = birds.read_bytes()

    run("check", birds)

    assert birds.read_bytes() == before


@pytest.fixture
def lost_beak(birds):
    """The project with the first bird's beak 100 pixels left of its picture."""
    with open_project(birds, member="ann") as project:
        (key,) = (frame.key for frame in project.frames() if frame.name == "bird0.png")
        note_sizes(project, probe_sizes(project, list(project.frames()))[0])
        with project.transaction("Move beak") as transaction:
            transaction.replace(key, project.content(key).instances[0].with_point(0, (-100, 5)))
    return birds


def test_an_issue_names_picture_instance_and_remedy(run, lost_beak):
    outcome = run("check", lost_beak)

    assert outcome.code == 1
    assert "Keypoints outside the picture: 1 issue\n" in outcome.out
    assert "  bird0.png, instance 1: beak is 100 px outside the picture: move it, or mark it absent\n" in outcome.out


def test_programs_get_every_issue(run, lost_beak):
    (issue,) = run("check", lost_beak, "--json").json["issues"]

    assert issue["check"] == "outside"
    assert issue["picture"] == "bird0.png"
    assert issue["keypoint"] == "beak"
    assert issue["severity"] == "doubtful"
    assert issue["fix"] == "Mark beak absent"


def test_fixing_is_one_undo_step_and_leaves_nothing_to_find(run, lost_beak):
    outcome = run("check", lost_beak, "--fix", "--member", "ann")

    assert outcome.code == 0
    assert "Fixed 1 issue, as one undo step." in outcome.out
    assert run("check", lost_beak).code == 0
    with open_project(lost_beak, member="ann") as project:
        assert project.undo_name == "Mark beak absent"


def test_the_labels_can_be_left_alone(run, lost_beak):
    outcome = run("check", lost_beak, "--no-labels", "--json")

    assert outcome.code == 0
    assert "issues" not in outcome.json


def test_the_labels_of_a_damaged_file_are_not_looked_at(run, lost_beak):
    with closing(sqlite3.connect(lost_beak)) as connection:
        connection.execute("UPDATE instance SET crowd = 1 WHERE id = (SELECT min(id) FROM instance)")
        connection.commit()

    outcome = run("check", lost_beak, "--json")

    assert outcome.code == 1
    assert "issues" not in outcome.json


def test_a_check_that_breaks_off_is_a_finding_and_hides_no_other(run, lost_beak):
    @check("broken", title="Broken")
    def fail(project, job):
        raise KeyError("no such bird")

    try:
        outcome = run("check", lost_beak, "--json")
    finally:
        checks.remove("broken")

    assert outcome.code == 1
    assert outcome.json["failed_checks"] == {"broken": "KeyError: 'no such bird'"}
    assert len(outcome.json["issues"]) == 1
    assert outcome.err == "the check broken broke off: KeyError: 'no such bird'\n"


def test_many_issues_are_cut_short_for_people(run, birds, monkeypatch):
    monkeypatch.setattr("annotator.cli.check.SHOWN", 1)
    with open_project(birds, member="ann") as project:
        key = next(frame.key for frame in project.frames() if frame.name == "bird0.png")
        note_sizes(project, probe_sizes(project, list(project.frames()))[0])
        with project.transaction("Move beaks") as transaction:
            for instance in project.content(key).instances:
                transaction.replace(key, instance.with_point(0, (-100, 5)))

    outcome = run("check", birds)

    assert outcome.out.count("beak is 100 px") == 1
    assert "  and 1 more: --json lists all\n" in outcome.out
