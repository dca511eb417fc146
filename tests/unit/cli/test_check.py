"""A sound project passes, a changed row is found."""

import sqlite3
from contextlib import closing


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
