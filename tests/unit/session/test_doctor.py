"""What a computer lacks is named, with the command that mends it."""

import os
import shutil
import socket
import sqlite3
import sys
from pathlib import Path

import pytest

from annotator import bundle
from annotator.session import doctor
from annotator.session.doctor import Finding, diagnose, import_problem, missing_libraries, window_problem
from annotator.store import sqlite

MODELS = bundle.bundled("resources", "models")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="displays and system libraries are checked on Linux")


@pytest.fixture
def on_a_display(monkeypatch):
    """An X11 display that answers; yields its name."""
    number = 20_000 + os.getpid() % 10_000
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0/tmp/.X11-unix/X{number}")
        server.listen()
        monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        monkeypatch.setenv("DISPLAY", f":{number}")
        yield f":{number}"


@pytest.fixture
def installation(monkeypatch, tmp_path):
    """The root of an installation that holds only what the test puts there."""
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "system-libraries.txt").touch()
    monkeypatch.setattr(bundle, "_ROOT", tmp_path)
    return tmp_path


def found(name: str) -> Finding:
    return next(finding for finding in diagnose() if finding.name == name)


def needs_libraries(installation: Path, *rows: str) -> None:
    table = "# a comment\n" + "".join(f"{row}\n" for row in rows)
    (installation / "resources" / "system-libraries.txt").write_text(table)


def ship_models(installation: Path) -> Path:
    """Copy the shipped models into `installation`; return one of their files."""
    shutil.copytree(MODELS, installation / "resources" / "models")
    return next((installation / "resources" / "models").glob("*.onnx"))


def test_every_finding_that_is_not_ok_has_a_remedy(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)

    findings = diagnose()

    assert len({finding.name for finding in findings}) == len(findings) == 9
    assert all(finding.sentence for finding in findings)
    assert all(finding.ok == (finding.remedy == "") for finding in findings)


@linux_only
def test_no_display_is_a_problem_of_the_window(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)

    problem = window_problem()

    assert problem
    assert "DISPLAY is not set" in problem.sentence


@linux_only
def test_a_display_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":61234")

    problem = window_problem()

    assert problem
    assert problem.sentence == "no display answers at :61234, which DISPLAY names"


@linux_only
def test_nothing_is_in_the_way_of_a_window_drawn_offscreen(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")

    assert window_problem() is None


@linux_only
def test_a_missing_library_is_named_with_the_package_that_brings_it(on_a_display, installation):
    needs_libraries(installation, "qt libc.so.6 libc6", "window libnosuch.so.7 libnosuch7", "test Nope nope")

    problem = window_problem()

    assert problem
    assert problem.sentence == "the window needs libnosuch.so.7, which this system lacks"
    assert "libc6" not in problem.remedy
    assert [library.package for library in missing_libraries(["qt", "window"])] == ["libnosuch7"]


@linux_only
def test_the_remedy_of_a_missing_library_is_an_apt_command_where_there_is_apt(
    on_a_display, installation, monkeypatch, tmp_path
):
    needs_libraries(installation, "qt libnosuch.so.7 libnosuch7")
    monkeypatch.setenv("PATH", str(tmp_path))
    without = window_problem()
    (tmp_path / "apt-get").touch(mode=0o755)
    with_apt = window_problem()

    assert without
    assert "package manager" in without.remedy
    assert with_apt
    assert with_apt.remedy.endswith("apt-get install libnosuch7")


@linux_only
def test_a_display_that_answers_and_all_libraries_are_no_problem(on_a_display, installation):
    needs_libraries(installation, "qt libc.so.6 libc6")

    assert window_problem() is None


def test_an_import_that_fails_for_want_of_a_system_library_is_explained():
    error = ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")

    problem = import_problem(error)

    assert problem
    assert "libEGL.so.1" in problem.sentence


def test_an_import_that_fails_for_want_of_qt_is_explained():
    problem = import_problem(ModuleNotFoundError("No module named 'PySide6'", name="PySide6"))

    assert problem
    assert "pip install" in problem.remedy


def test_another_import_that_fails_is_not_explained_away():
    assert import_problem(ModuleNotFoundError("No module named 'shapely'", name="shapely")) is None


@linux_only
def test_a_qt_that_cannot_load_is_reported_with_its_own_words(monkeypatch, tmp_path):
    (tmp_path / "PySide6").mkdir()
    (tmp_path / "PySide6" / "__init__.py").write_text(
        "raise ImportError('libEGL.so.1: cannot open shared object file')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    finding = found("Qt")

    assert not finding.ok
    assert finding.sentence == "PySide6 does not load: libEGL.so.1: cannot open shared object file"
    assert "pip" not in finding.remedy


@linux_only
def test_a_display_on_which_no_window_opens_is_reported(on_a_display, monkeypatch):
    # The socket of the fixture takes connections, but never answers as a display would.
    monkeypatch.setattr(doctor, "START_SECONDS", 2)

    finding = found("Display")

    assert not finding.ok
    assert finding.sentence.startswith(f"no window opens on {on_a_display}: ")


def test_bundled_models_that_are_whole_are_named():
    finding = found("Bundled models")

    assert finding.ok
    assert "MoveNet" in finding.sentence


def test_a_bundled_model_with_another_checksum_is_named(installation):
    model = ship_models(installation)
    with model.open("ab") as file:
        file.write(b"\0")

    finding = found("Bundled models")

    assert not finding.ok
    assert str(model) in finding.sentence


def test_a_bundled_model_whose_file_is_gone_is_named(installation):
    model = ship_models(installation)
    model.unlink()

    finding = found("Bundled models")

    assert not finding.ok
    assert f"{model} is missing" in finding.sentence


@linux_only
def test_a_user_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))

    finding = found("User folders")

    assert not finding.ok
    assert str(tmp_path / "file" / "annotator") in finding.sentence


def test_little_free_space_is_a_finding(monkeypatch):
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 1 << 60)

    finding = found("Disk space")

    assert not finding.ok
    assert finding.sentence.startswith("only ")


@pytest.mark.skipif(sqlite.wal_is_safe(sqlite3.sqlite_version_info), reason="Python's own SQLite is recent here")
def test_an_sqlite_that_can_damage_the_log_is_a_finding(monkeypatch):
    monkeypatch.setattr(sqlite, "driver", sqlite3)

    finding = found("SQLite")

    assert not finding.ok
    assert sqlite3.sqlite_version in finding.sentence
    assert "pysqlite3" in finding.remedy
