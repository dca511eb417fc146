"""Plugins of others are loaded beside the open project; what one of them does is said, and stops nothing."""

import sys

import pytest
from plugin_values import GOOD, install, put
from PySide6.QtCore import QObject

from annotator.formats.contract import exporters
from annotator.model.templates import template_skeleton
from annotator.session.messages import Message
from annotator.session.plugins import Plugins, load_plugins
from annotator.session.session import Session
from annotator.store.project import create_project
from annotator.ui.plugin_loader import PluginLoader


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """As at the start, with a folder for installed packages on the path."""
    load_plugins(others=False)
    before, loaded = set(exporters), set(sys.modules)
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield Plugins(tmp_path / "config")
    for name in set(exporters) - before:
        exporters.remove(name)
    for name in set(sys.modules) - loaded:
        if not name.startswith("annotator."):
            del sys.modules[name]


@pytest.fixture
def session(tmp_path):
    session = Session(create_project(tmp_path / "park.annotator", [template_skeleton("coco-17")]))
    yield session
    session.close()


@pytest.fixture
def said(session):
    messages: list[Message] = []
    session.said.connect(messages.append)
    return messages


def test_they_are_loaded_after_the_first_picture_without_a_word(qtbot, plugins, session, said, tmp_path):
    install(tmp_path / "site", {"shapes": GOOD.format(name="shapes")})
    parent = QObject()
    loader = PluginLoader(plugins, session, parent)
    assert "shapes" not in exporters

    qtbot.waitUntil(lambda: plugins.is_settled)
    qtbot.waitUntil(lambda: not loader.children()[1:])

    assert "shapes" in exporters
    assert said == []


def test_one_that_cannot_be_used_is_named_with_the_way_to_the_list(qtbot, plugins, session, said, tmp_path):
    install(tmp_path / "site", {"shapes": "raise SystemExit"})
    parent = QObject()
    PluginLoader(plugins, session, parent)

    qtbot.waitUntil(lambda: bool(said))

    assert said[0].title == "Plugin shapes is not loaded"
    assert said[0].line == "It ends the program (sys.exit) when it is imported."
    assert said[0].buttons == (("Plugins…", "help.plugins"),)


def test_several_are_one_message(qtbot, plugins, session, said, tmp_path):
    install(tmp_path / "site", {"one": "1 / 0", "two": "1 / 0"})
    parent = QObject()
    PluginLoader(plugins, session, parent)

    qtbot.waitUntil(lambda: bool(said))

    assert [message.title for message in said] == ["2 plugins are not loaded"]
    assert said[0].line == "one: ZeroDivisionError: division by zero."


def test_one_that_hangs_holds_up_nothing(qtbot, plugins, session, said, tmp_path):
    gate = tmp_path / "gate"
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(gate)!r}).exists():\n    time.sleep(0.01)\n"
    install(tmp_path / "site", {"hangs": wait})
    parent = QObject()
    PluginLoader(plugins, session, parent)
    qtbot.waitUntil(lambda: any(plugin.name == "hangs" for plugin in plugins.found()))

    assert len(plugins.load(others=False)) > 1  # as the next project does: it does not wait
    assert not plugins.is_settled
    gate.touch()
    qtbot.waitUntil(lambda: plugins.is_settled)


def test_a_project_that_was_closed_meanwhile_is_told_nothing(qtbot, plugins, session, said, tmp_path):
    install(tmp_path / "site", {"shapes": "1 / 0"})
    parent = QObject()
    loader = PluginLoader(plugins, session, parent)
    qtbot.waitUntil(lambda: plugins.is_settled)
    loader.close()
    qtbot.wait(150)

    assert said == []


def test_those_left_out_are_not_loaded(qtbot, plugins, session, tmp_path):
    put(plugins.folder, "shapes")
    install(tmp_path / "site", {"more": GOOD.format(name="more")})
    plugins.leaves_others_out = True
    parent = QObject()
    PluginLoader(plugins, session, parent)

    qtbot.wait(500)

    assert "more" not in exporters
