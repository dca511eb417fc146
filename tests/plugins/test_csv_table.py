"""The CSV table: what it says, how it is divided, and that its proof finds every kind of wrong row."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.formats.contract import ExportOptions, FrameChoice, exporters
from annotator.formats.export import Exported, export
from annotator.jobs import Job
from annotator.model.frame import Frame
from annotator.model.ids import new_id
from annotator.model.instance import Instance, Visibility
from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.session.plugins import load_plugins
from annotator.store.project import Project, create_project


@pytest.fixture(autouse=True)
def plugins(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    load_plugins()


@pytest.fixture
def project(tmp_path):
    """Four frames with a bird and a club each; names that a spreadsheet would run."""
    bird = skeleton_from_names("bird", "=bird", ["-beak", "tail", "'wing"])
    club = skeleton_from_names("club", "club", ["grip", "head"])
    with create_project(tmp_path / "p", member="tester") as project:
        with project.transaction("Fill") as transaction:
            transaction.put_skeleton(bird)
            transaction.put_skeleton(club)
            for number, name in enumerate(("a.png", "=b,c.png", 'd "e".png', "f.png")):
                frame = Frame(new_id(), "pictures", name, width=100, height=80)
                transaction.add_frames([frame])
                transaction.add(frame.key, instance(club, [(1, 2), (3.5, 4)], [2, 1]))
                transaction.add(frame.key, instance(bird, [(0.1 + number, 1 / 3), (5, 6), (7, 8)], [2, 3, 0]))
        project.flush()
        yield project


def instance(skeleton: Skeleton, points: list[tuple[float, float]], states: list[int]) -> Instance:
    return Instance(new_id(), skeleton.id, np.array(points, float), np.array(states, np.uint8))


def send(project: Project, folder: Path, **options) -> Exported:
    chosen = ExportOptions(folder, **{"frames": FrameChoice.ALL, **options})
    return export(project, exporters["csv"], chosen, Job())


def table(file: Path) -> list[list[str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_a_decided_keypoint_is_a_row_and_no_text_runs_as_a_formula(project, tmp_path):
    exported = send(project, tmp_path / "out")

    rows = table(exported.files[0])
    assert rows[0] == ["frame", "instance", "skeleton", "keypoint", "x", "y", "visibility"]
    assert [row[:1] + row[2:] for row in rows[5:9]] == [
        ["'=b,c.png", "club", "grip", "1.0", "2.0", "visible"],
        ["'=b,c.png", "club", "head", "3.5", "4.0", "occluded"],
        ["'=b,c.png", "'=bird", "'-beak", "1.1", repr(1 / 3), "visible"],
        ["'=b,c.png", "'=bird", "tail", "", "", "absent"],
    ]
    assert exported.proof is not None
    assert exported.proof.holds, exported.proof.differences
    assert exported.proof.compared == 16


def test_the_proof_holds_for_chosen_states_and_a_split(project, tmp_path):
    first = send(project, tmp_path / "a", states=frozenset({Visibility.OCCLUDED}))
    both = send(project, tmp_path / "b", train_share=0.5)

    assert first.proof is not None
    assert first.proof.holds, first.proof.differences
    assert first.proof.compared == 8
    assert both.proof is not None
    assert both.proof.holds, both.proof.differences
    assert [file.name for file in both.files] == ["train.csv", "val.csv"]
    frames = [{row[0] for row in table(file)[1:]} for file in both.files]
    assert all(frames)
    assert len(frames[0] | frames[1]) == len(frames[0]) + len(frames[1]) == 4


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("3.5", "3.6"),
        ("visible", "occluded"),
        ("'-beak", "beak"),
        ("grip", "head"),
        ("'=bird", "bird"),
        ("a.png", "b.png"),
        ("absent", "visible"),
        ("1.0", "one"),
        ("keypoint,", "point,"),
        (",absent\r\n", ",absent\r\n'=b,c.png,1,2,3,4,5,6\r\n"),
        ("visible\r\n", "visible,1\r\n"),
    ],
)
def test_the_proof_turns_red_for_a_wrong_row(project, tmp_path, old, new):
    exported = send(project, tmp_path / "out")
    (file,) = exported.files
    text = file.read_bytes().decode()
    assert old in text
    file.write_bytes(text.replace(old, new, 1).encode())

    proof = exporters["csv"].prove(project, ExportOptions(file.parent, FrameChoice.ALL), [file])

    assert not proof.holds
    assert proof.differences


def test_the_proof_turns_red_for_a_missing_and_a_repeated_frame(project, tmp_path):
    (file,) = send(project, tmp_path / "out").files
    lines = file.read_bytes().decode().splitlines(keepends=True)
    options = ExportOptions(file.parent, FrameChoice.ALL)

    file.write_bytes("".join(lines[:-4]).encode())
    assert "f.png is missing" in exporters["csv"].prove(project, options, [file]).differences
    file.write_bytes("".join(lines + lines[1:5]).encode())
    assert not exporters["csv"].prove(project, options, [file]).holds


def test_a_change_since_the_export_turns_the_proof_red(project, tmp_path):
    (file,) = send(project, tmp_path / "out").files
    key = project.frame_keys()[0]
    first = project.content(key).instances[0]
    with project.transaction("Move") as transaction:
        transaction.replace(key, replace(first, points=first.points + 1))
    project.flush()

    proof = exporters["csv"].prove(project, ExportOptions(file.parent, FrameChoice.ALL), [file])

    assert proof.equal == proof.compared - 2
