"""Plugins in the real window: switched on with the keyboard, and left out from the start."""

import json
import os
import time
from pathlib import Path

import pytest
from desktop import Desktop, desktop
from plugin_values import install, put

from annotator import create_project
from annotator.model.templates import template_skeleton


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A desktop whose Python has a broken plugin installed."""
    install(tmp_path / "site", {"broken": "raise SystemExit"})
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")]))
    create_project(tmp_path / "people.annotator", [template_skeleton("coco-17")], member="tester").close()
    with desktop(tmp_path / "home") as screen:
        yield screen


def log(screen: Desktop) -> str:
    return "".join(path.read_text() for path in screen.home.rglob("annotator.log"))


def test_a_plugin_of_the_folder_is_switched_on_with_the_keyboard(screen, tmp_path):
    config = screen.home / ".config" / "annotator"
    put(config / "plugins", "shapes")
    screen.start(str(tmp_path / "people.annotator"))
    screen.wait(lambda: "plugin broken cannot be loaded" in log(screen))

    screen.key("ctrl+k")
    screen.wait(lambda: screen.ask("search", "--onlyvisible", "--name", "Run a command").split())
    screen.type("plugins")
    screen.look()
    screen.key("Return")
    screen.wait(lambda: screen.ask("search", "--onlyvisible", "--name", "Plugins").split())
    screen.look()
    screen.key("Down", "Tab", "space")  # the second of others; its switch
    screen.wait(lambda: screen.ask("search", "--onlyvisible", "--name", "Switch on shapes").split())
    screen.look()
    screen.key("Return")

    switches = config / "plugins.json"
    screen.wait(lambda: switches.exists() and list(json.loads(switches.read_text())["on"]) == ["shapes"])


def test_without_plugins_none_of_others_is_loaded(screen, tmp_path):
    screen.start("--no-plugins", str(tmp_path / "people.annotator"))
    time.sleep(2)

    assert "opened a project" in log(screen)
    assert "broken" not in log(screen)
