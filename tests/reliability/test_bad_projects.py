"""Project files that are damaged, foreign or hostile, through the command line; and what no log may tell.

The sentences are those of tests/unit/store/test_opening.py; here they must leave every command the same way.
"""

import logging
from pathlib import Path

import pytest
from store_values import add_frames, add_instance, pose
from test_opening import REFUSED

from annotator.cli.app import run_cli
from annotator.model.skeleton import skeleton_from_names
from annotator.store.project import create_project, open_project

PASSWORD = "hunter2-canary"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "project" / "birds.annotator"
    skeleton = skeleton_from_names("bird", "Bird", ["beak", "left_wing", "right_wing", "tail"])
    with create_project(path, [skeleton], member="ann") as project:
        (key, _) = add_frames(project, 2)
        add_instance(project, key, pose(skeleton))
    return path


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("command", ["stats", "check", "export"])
def test_a_wrong_project_file_is_refused_in_one_sentence_by_every_command(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, case: str
) -> None:
    spoil, sentence = REFUSED[case]
    spoil(path)
    before = path.read_bytes()

    code = run_cli([command, str(path), *([str(tmp_path / "out")] if command == "export" else [])])

    said = capsys.readouterr()
    assert code == 2
    assert len(said.err.splitlines()) == 1, said.err
    assert sentence in said.err
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert not (tmp_path / "out").exists()


def test_an_encrypted_file_is_not_taken_for_a_project(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(bytes(byte ^ 0x5A for byte in path.read_bytes()))

    assert run_cli(["stats", str(path)]) == 2
    assert "is not an Annotator project: choose a .annotator file" in capsys.readouterr().err


def test_an_address_with_a_password_is_never_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    address = f"postgresql://ann:{PASSWORD}@host/birds"

    for arguments in (["stats", address], ["import", address, address], ["stats", address, "--json"]):
        run_cli(arguments)

    said = capsys.readouterr()
    assert said.err
    assert PASSWORD not in said.out + said.err


@pytest.mark.parametrize("begin", ["begin_log", "rotate_log"])
def test_no_log_file_holds_a_password(tmp_path: Path, begin: str) -> None:
    from annotator.ui import app

    log = tmp_path / "annotator.log"
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    for handler in handlers:
        root.removeHandler(handler)
    try:
        getattr(app, begin)(log)
        try:
            raise ConnectionError(f"no answer from postgresql://ann:{PASSWORD}@host/birds")
        except ConnectionError:
            logging.getLogger("annotator.test").exception("cannot open postgresql://ann:%s@host/birds", PASSWORD)
    finally:
        for handler in list(root.handlers):
            root.removeHandler(handler)
            handler.close()
        for handler in handlers:
            root.addHandler(handler)
        root.setLevel(level)

    written = log.read_text()
    assert "cannot open postgresql://ann:***@host/birds" in written
    assert "no answer from" in written
    assert PASSWORD not in written


def test_a_clock_that_jumps_back_changes_no_order(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from annotator.store import project as module

    times = iter([4_000_000_000_000, 1_000, 2_000_000_000_000, 500, 100, 50, 25, 12, 6, 3])
    monkeypatch.setattr(module, "now_ms", lambda: next(times))
    with open_project(path, member="ann") as project:
        skeleton = next(iter(project.skeletons.values()))
        key = project.frame_keys()[0]
        added = [add_instance(project, key, pose(skeleton, n)).id for n in range(3)]
        project.flush()
        before = [instance.id for instance in project.content(key).instances]
        names = [row.uid for row in project.history(3)]
        project.undo()
        project.flush()
        assert [instance.id for instance in project.content(key).instances] == before[:-1]
        assert before[-1] == added[-1]
    assert len(set(names)) == 3
    assert run_cli(["check", str(path)]) == 0
