"""Every row of the bad-input catalogue that concerns COCO files and file names, through the command line.

A refusal is one sentence and changes nothing; what is taken can be checked, exported and proved afterwards.
"""

import json
import os
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from bad_inputs import CASES, Case, annotation, document, written

from annotator.cli.app import run_cli
from annotator.errors import AnnotatorError, FormatError, JobCancelled
from annotator.formats.contract import ImportOptions
from annotator.formats.exchange import commit_import, preview_import
from annotator.formats.names import check_paths, odd_names
from annotator.formats.problems import SHOWN_PROBLEMS, ProblemsError
from annotator.jobs import Job
from annotator.model.ids import new_id
from annotator.model.instance import new_instance
from annotator.model.skeleton import skeleton_from_names
from annotator.session.plugins import load_plugins
from annotator.store.project import create_project, open_project

IN_A_PROCESS = ("truncated", "surrogate_name", "deep_nesting", "path_parent", "short_keypoints", "bom")
"""Cases that are run as a person runs them; the others run in this process, since starting Python takes its time."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one labeled frame, closed."""
    path = tmp_path / "project" / "birds.annotator"
    skeleton = skeleton_from_names("bird", "Bird", ["beak", "tail"])
    with create_project(path, [skeleton], member="ann") as made:
        from store_values import add_frames

        (key,) = add_frames(made, 1)
        with made.transaction("Place bird") as transaction:
            transaction.add(key, new_instance(new_id(), skeleton).with_point(0, (1.5, 2.5)))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "input" / "labels"
    folder.mkdir(parents=True)
    return folder


def dump(path: Path) -> list[str]:
    """Return all tables of a closed project as text, read by nothing of ours."""
    connection = sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def named(case: Case) -> str:
    return f"{case.row}-{case.id}"


def files_of(project: Path) -> list[str]:
    return sorted(path.name for path in project.parent.iterdir())


@pytest.mark.parametrize("case", [case for case in CASES if case.code == 2], ids=named)
def test_what_cannot_be_taken_is_refused_in_one_sentence_and_changes_nothing(
    case: Case, project: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(case, folder)
    before, beside = dump(project), sorted(path.name for path in folder.iterdir())

    code = run_cli(["import", str(project), str(source), *case.options])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1, said.err
    assert "labels.json" in said.err or source.name in said.err
    assert not [word for word in case.words if word not in said.err], said.err
    assert len(said.err) < 600
    assert dump(project) == before
    assert files_of(project) == ["birds.annotator"]
    assert sorted(path.name for path in folder.iterdir()) == beside


@pytest.mark.parametrize("case", [case for case in CASES if case.code == 0], ids=named)
def test_what_is_odd_is_taken_told_and_exported_with_proof(
    case: Case, project: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(case, folder)
    before = dump(project)

    code = run_cli(["import", str(project), str(source), *case.options])

    said = capsys.readouterr()
    assert code == 0, said.err
    assert not [word for word in case.words if word not in said.err], said.err
    assert bool(said.err) == bool(case.words)
    assert dump(project) != before
    assert run_cli(["check", "--no-labels", str(project)]) == 0  # what lies outside is no damage
    assert run_cli(["export", str(project), str(tmp_path / "out"), "--frames", "all"]) == 0
    assert "keypoints equal." in capsys.readouterr().out


@pytest.mark.parametrize("case", [case for case in CASES if case.id in IN_A_PROCESS], ids=named)
def test_the_same_holds_for_the_command_that_a_person_runs(case: Case, project: Path, folder: Path) -> None:
    source = written(case, folder)

    ended = subprocess.run(
        [sys.executable, "-m", "annotator", "import", project, source],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == case.code
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == (case.code == 2)


@pytest.mark.parametrize("case", [case for case in CASES if case.row.startswith("J")], ids=named)
def test_a_large_file_is_judged_like_a_small_one(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser for large files must take nothing that the strict one refuses, and read all else alike."""
    load_plugins()
    source = written(case, folder)

    def outcome() -> object:
        try:
            read = preview_import(None, source, ImportOptions(), Job())
        except AnnotatorError as error:
            return str(error), getattr(error, "problems", ())
        plan = read.plan
        return read.notes, list(plan.frames), [(p.points.tobytes(), p.extras) for p in plan.instances], plan.exports

    strictly = outcome()
    monkeypatch.setattr(sys.modules["annotator.plugins.coco.reader"], "SMALL_BYTES", 0)
    assert outcome() == strictly


def test_of_many_problems_the_first_are_shown_and_all_are_reported(
    project: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = document()
    sound = made["annotations"][0]
    made["annotations"] = [sound | {"id": n} for n in range(60)]
    for n in range(0, 60, 2):
        made["annotations"][n] |= ({"image_id": 99}, {"keypoints": [1, 2]}, {"keypoints": [1, 2, 7] * 3})[n % 3]
    made["images"].append({"id": 8, "file_name": "a.png", "width": 1, "height": 1})
    made["categories"].append({"id": 3, "name": "again", "keypoints": ["a"]})
    (folder / "labels.json").write_text(json.dumps(made))
    before = dump(project)

    code = run_cli(["import", str(project), str(folder / "labels.json"), "--json"])

    said = capsys.readouterr()
    told = json.loads(said.out)
    lines = said.err.splitlines()
    assert code == 2
    assert lines[0] == "labels.json has 52 problems: correct them, then import it again"
    assert lines[1:-1] == told["problems"][:SHOWN_PROBLEMS]
    assert lines[-1] == f"all 52 are listed in {told['report']}"
    assert len(told["problems"]) == 52
    assert Path(told["report"]).read_text().splitlines()[3:] == told["problems"]
    for part in ("images[1]", "categories[1]", "annotations[58] (id 58)"):
        assert any(part in problem for problem in told["problems"]), part
    assert dump(project) == before


def test_a_report_that_cannot_be_written_is_not_missed(
    project: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = document()
    made["annotations"] = [made["annotations"][0] | {"id": n, "bbox": [1]} for n in range(2)]
    (folder / "labels.json").write_text(json.dumps(made))
    state = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    (state / "annotator").mkdir(parents=True)
    (state / "annotator" / "problems").write_text("a file where the folder should be")

    assert run_cli(["import", str(project), str(folder / "labels.json")]) == 2

    assert len(capsys.readouterr().err.splitlines()) == 3


# J6: large files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["while it is read", "before it is written"])
def test_a_cancelled_import_changes_nothing(project: Path, folder: Path, when: str) -> None:
    load_plugins()
    made = document()
    made["annotations"] = [made["annotations"][0] | {"id": n} for n in range(9000)]
    (folder / "labels.json").write_text(json.dumps(made))
    before = dump(project)
    job = Job("Import")

    def bring() -> None:
        preview = preview_import(opened, folder / "labels.json", ImportOptions(), job)
        job.cancel()
        commit_import(opened, preview, job)

    with open_project(project, member="ann") as opened:
        if when == "while it is read":
            job.on_progress = lambda progress: job.cancel()
        with pytest.raises(JobCancelled):
            bring()

    assert dump(project) == before


@pytest.mark.skipif(sys.platform == "win32", reason="memory is limited by rlimits")
def test_a_file_that_does_not_fit_into_memory_is_refused_in_one_sentence(project: Path, folder: Path) -> None:
    before = dump(project)
    made = annotation(mood=1.5)
    text = json.dumps(made["annotations"][0])
    with (folder / "labels.json").open("w") as file:
        file.write(json.dumps(made)[:-2])
        for n in range(250_000):
            file.write("," + text.replace('"id": 11', f'"id": {n + 12}', 1))
        file.write("]}")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (450 << 20, 450 << 20))

    ended = subprocess.run(
        [sys.executable, "-m", "annotator", "import", project, folder / "labels.json"],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=limit,
    )

    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1), ended.stderr[-500:]
    assert "memory" in ended.stderr  # it names the file when reading it is what fails
    assert dump(project) == before


# F1 to F3 on the way out -------------------------------------------------------------------------------------------


def with_path(project: Path, path: str) -> None:
    """Give the project's picture another path, as only a hostile hand would."""
    connection = sqlite3.connect(project)
    with connection:
        connection.execute("UPDATE media SET path = ?", (path,))
    connection.close()


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "C:\\a.png", "a/../../b.png", "a\0b.png"])
def test_a_received_project_cannot_make_an_export_lead_out_of_its_folder(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    with_path(project, path)

    code = run_cli(["export", str(project), str(tmp_path / "out"), "--frames", "all", "--copy-pictures"])

    assert code == 2
    assert "birds.annotator" in capsys.readouterr().err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
    with open_project(project, read_only=True) as opened:
        (frame,) = opened.frames()
        assert opened.path_of(frame) is None


def test_a_picture_behind_a_link_that_leads_out_is_not_copied(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not for others")
    pictures = tmp_path / "pictures"
    (pictures / "pictures").mkdir(parents=True)
    (pictures / "pictures" / "a0.png").symlink_to(secret)
    with open_project(project, member="ann") as opened:
        opened.roots.set_folder("pictures", pictures)

    code = run_cli(["export", str(project), str(tmp_path / "out"), "--frames", "all", "--copy-pictures"])

    assert code == 2
    assert "link" in capsys.readouterr().err
    assert not list((tmp_path / "out").rglob("*.png"))


def test_all_paths_of_a_file_are_judged_at_once() -> None:
    with pytest.raises(ProblemsError) as error:
        check_paths(Path("labels.json"), ["a.png", "../b.png", "c.png", "", "\\d.png"])

    assert [problem.split(" has ")[0] for problem in error.value.problems] == [
        "labels.json: images[1]",
        "labels.json: images[3]",
        "labels.json: images[4]",
    ]
    with pytest.raises(FormatError):
        check_paths(Path("labels.json"), ["../b.png"])
    check_paths(Path("labels.json"), ["a b.png", "a/b/c.png", "..a.png", "b..png", "a.b/c"])


def test_ordinary_names_are_not_odd() -> None:
    assert odd_names(["a.png", "b/a.png", "console.png", "com10.png", "caf\xe9/\u5199\u771f.png", "a b (1).png"]) == []


# F5: names that are not Unicode ------------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have Unicode names only")
def test_an_undecodable_file_name_is_named_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    from PIL import Image

    Image.new("RGB", (6, 4)).save(pictures / "a.png")
    with open(os.fsencode(pictures) + b"/caf\xe9.png", "wb") as file:  # noqa: PTH123
        file.write((pictures / "a.png").read_bytes())

    code = run_cli(["new", str(tmp_path / "p"), "--pictures", str(pictures)])

    said = capsys.readouterr()
    assert code == 0
    assert "caf" in said.err
    assert "rename it" in said.err
    assert "1 picture" in said.out
