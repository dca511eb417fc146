"""What keeps the window from opening is named before Qt is asked to open it."""

import sys
from pathlib import Path

import pytest

from annotator.session.window_needs import import_problem, missing_libraries, window_problem

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="displays and system libraries are checked on Linux")


def needs_libraries(installation: Path, *rows: str) -> None:
    table = "# a comment\n" + "".join(f"{row}\n" for row in rows)
    (installation / "resources" / "system-libraries.txt").write_text(table)


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
