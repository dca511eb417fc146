"""What a computer lacks is named, with the command that mends it."""

import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from annotator import bundle
from annotator.session import doctor
from annotator.session.doctor import diagnose
from annotator.session.window_needs import Finding
from annotator.store import sqlite

MODELS = bundle.bundled("resources", "models")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="displays and system libraries are checked on Linux")


def found(name: str) -> Finding:
    return next(finding for finding in diagnose() if finding.name == name)


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
