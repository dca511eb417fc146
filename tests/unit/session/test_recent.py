"""The list of recent projects."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from annotator.session.recent import (
    FILE_NAME,
    KEPT,
    RecentProject,
    forget_project,
    recent_projects,
    remember_project,
    when_text,
)

NOON = datetime(2026, 11, 24, 12, 0)


def project(name: str, opened: datetime = NOON, **changes) -> RecentProject:
    values = {"frames": 812, "done": 601, "skeletons": ("COCO 17",)} | changes
    return RecentProject(path=Path("/data") / f"{name}.annotator", name=name, opened=opened, **values)


def test_without_a_file_the_list_is_empty(tmp_path):
    assert recent_projects(tmp_path) == ()


def test_the_newest_project_comes_first(tmp_path):
    older, newer = project("older"), project("newer", NOON + timedelta(hours=1), thumbnail=Path("/cache/1.png"))

    remember_project(newer, tmp_path)
    remember_project(older, tmp_path)

    assert recent_projects(tmp_path) == (newer, older)


def test_opening_a_project_again_replaces_its_entry(tmp_path):
    remember_project(project("a", done=1), tmp_path)
    remember_project(project("b"), tmp_path)

    again = project("a", NOON + timedelta(days=1), done=2)
    remember_project(again, tmp_path)

    assert recent_projects(tmp_path) == (again, project("b"))


def test_the_list_keeps_a_bounded_number(tmp_path):
    for k in range(KEPT + 3):
        remember_project(project(f"p{k}", NOON + timedelta(minutes=k)), tmp_path)

    names = [entry.name for entry in recent_projects(tmp_path)]

    assert len(names) == KEPT
    assert names[0] == f"p{KEPT + 2}"
    assert "p2" not in names


def test_a_forgotten_project_leaves_the_list(tmp_path):
    remember_project(project("a"), tmp_path)
    remember_project(project("b"), tmp_path)

    forget_project(project("a").path, tmp_path)

    assert recent_projects(tmp_path) == (project("b"),)


@pytest.mark.parametrize("damaged", [b"{", b'{"a": 1}', b'[{"path": 3}]', b"\xff"])
def test_a_damaged_list_is_an_empty_list(tmp_path, damaged):
    (tmp_path / FILE_NAME).write_bytes(damaged)

    assert recent_projects(tmp_path) == ()


@pytest.mark.parametrize(
    ("changes", "summary"),
    [
        ({}, "812 frames · COCO 17"),
        ({"frames": 1}, "1 frame · COCO 17"),
        ({"frames": 1930, "skeletons": ("Hand 21", "Face 68")}, "1,930 frames · 2 skeletons"),
        ({"skeletons": ()}, "812 frames"),
    ],
)
def test_the_summary_counts_frames_and_names_the_skeleton(changes, summary):
    assert project("a", **changes).summary == summary


def test_progress_stays_between_nothing_and_all():
    assert project("a", frames=0, done=0).fraction_done == 0
    assert project("a", frames=4, done=1).fraction_done == 0.25
    assert project("a", frames=4, done=9).fraction_done == 1


@pytest.mark.parametrize(
    ("opened", "text"),
    [
        (datetime(2026, 11, 24, 8, 5), "today 08:05"),
        (datetime(2026, 11, 23, 23, 59), "yesterday"),
        (datetime(2026, 11, 2, 9, 0), "Nov 2"),
        (datetime(2023, 11, 20, 9, 0), "Nov 20, 2023"),
    ],
)
def test_when_is_said_the_way_people_say_it(opened, text):
    assert when_text(opened, NOON) == text
