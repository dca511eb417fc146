"""The arguments alone decide between the window and the command line."""

import os
import subprocess
import sys

import pytest

from annotator.__main__ import COMMANDS, wants_window


@pytest.fixture
def in_a_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_no_argument_opens_the_window():
    assert wants_window([])


def test_a_project_opens_the_window_even_when_it_does_not_exist_yet(in_a_folder):
    assert wants_window(["people.annotator"])


def test_a_folder_of_pictures_opens_the_window(in_a_folder):
    (in_a_folder / "pictures").mkdir()

    assert wants_window(["pictures"])
    assert not wants_window(["picturs"])


@pytest.mark.parametrize(
    "arguments", [["--help"], ["export"], ["export", "a.annotator"], ["a.annotator", "b.annotator"]]
)
def test_anything_else_is_the_command_line(in_a_folder, arguments):
    assert not wants_window(arguments)


def test_a_command_stays_one_where_a_folder_has_its_name(in_a_folder):
    (in_a_folder / "demo").mkdir()

    assert not wants_window(["demo"])


def test_the_known_commands_are_those_of_the_command_line():
    outcome = subprocess.run([sys.executable, "-m", "annotator", "--help"], capture_output=True, text=True, timeout=60)

    assert outcome.returncode == 0
    for command in COMMANDS:
        assert command in outcome.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_without_a_display_the_window_refuses_in_one_sentence():
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    }

    outcome = subprocess.run(
        [sys.executable, "-m", "annotator"], env=environment, capture_output=True, text=True, timeout=60
    )

    assert outcome.returncode == 2
    assert outcome.stderr.count("\n") == 1
    assert "no display" in outcome.stderr


@pytest.mark.parametrize("others", [[], ["people.annotator"]])
def test_the_window_opens_without_plugins_too(in_a_folder, others):
    assert wants_window(["--no-plugins", *others])
    assert wants_window([*others, "--no-plugins"])
    assert not wants_window(["--no-plugins", "export", *others])
