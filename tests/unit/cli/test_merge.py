"""`annotator merge` on two copies of a project."""

import json
import shutil

import pytest

from annotator import create_project, open_project
from annotator.cli.app import run_cli
from annotator.model.frame import Frame
from annotator.model.ids import new_id
from annotator.model.instance import Visibility, new_instance
from annotator.model.templates import template_skeleton


@pytest.fixture
def copies(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    mine, theirs = tmp_path / "mine.annotator", tmp_path / "theirs.annotator"
    with create_project(mine, [template_skeleton("coco-17")], member="me") as project:
        frame = Frame(new_id(), "park", "a.jpg")
        with project.transaction("Add") as transaction:
            transaction.add_frames([frame])
    shutil.copyfile(mine, theirs)
    with open_project(theirs, member="you") as project, project.transaction("Place") as transaction:
        instance = new_instance(new_id(), template_skeleton("coco-17")).with_point(0, (1, 2), Visibility.VISIBLE)
        transaction.add(frame.key, instance)
    return mine, theirs


def test_what_the_other_labeled_comes_in_once(copies, capsys):
    mine, theirs = copies

    assert run_cli(["merge", str(mine), str(theirs), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert run_cli(["merge", str(mine), str(theirs), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)

    assert (first["instances"], again["instances"]) == (1, 0)
    with open_project(mine) as project:
        assert project.content(project.frame_keys()[0]).instances[0].points[0].tolist() == [1, 2]


def test_a_file_that_is_no_project_is_refused(copies, tmp_path, capsys):
    wrong = tmp_path / "wrong.annotator"
    wrong.write_text("hello")

    assert run_cli(["merge", str(copies[0]), str(wrong)]) == 2
    assert "not an Annotator project" in capsys.readouterr().err
