"""The Plugins dialog lists what there is, tells why something is not on, and switches plugins of others."""

import sys

import pytest
from plugin_values import GOOD, install, put
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget

from annotator.formats.contract import exporters
from annotator.session.plugins import Plugins, load_plugins
from annotator.ui.dialogs.facts import Banner, Facts
from annotator.ui.dialogs.plugin_list import PluginList, PluginRow
from annotator.ui.dialogs.plugins import Consent, PluginDetails, PluginsDialog
from annotator.ui.widgets.buttons import Button
from annotator.ui.widgets.labels import PlainLabel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def config(tmp_path):
    load_plugins(others=False)
    before, loaded = set(exporters), set(sys.modules)
    yield tmp_path / "config"
    for name in set(exporters) - before:
        exporters.remove(name)
    for name in set(sys.modules) - loaded:
        if not name.startswith("annotator."):
            del sys.modules[name]


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.resize(1120, 700)
    qtbot.addWidget(window)
    window.show()
    return window


def opened(qtbot, window, plugins):
    dialog = PluginsDialog(window, plugins)
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitExposed(dialog)
    qtbot.waitUntil(lambda: not dialog.is_busy)
    return dialog


def rows(dialog):
    return [row.accessibleName() for row in dialog.findChild(PluginList).rows]


def choose(dialog, name):
    dialog.findChild(PluginList).choose(name)


def details(dialog):
    return dialog.findChild(PluginDetails)


def facts(dialog):
    return dict(details(dialog).findChild(Facts).rows)


def shown(dialog, words):
    return [each for each in dialog.findChildren(Button) if each.words.startswith(words) and each.isVisibleTo(dialog)]


def press(qtbot, dialog, words):
    (button,) = shown(dialog, words)
    qtbot.mouseClick(button, LEFT)


def answer(qtbot, words):
    """Press a button of the question that opens next."""

    def act():
        question = QApplication.activeModalWidget()
        assert isinstance(question, Consent)
        press(qtbot, question, words)

    QTimer.singleShot(50, act)


def test_bundled_plugins_are_listed_and_have_no_switch(qtbot, window, config):
    dialog = opened(qtbot, window, Plugins(config))

    assert {"coco", "csv_table", "movenet", "outside"} <= {name.partition(",")[0] for name in rows(dialog)}
    choose(dialog, "coco")
    assert facts(dialog)["From"] == "Annotator itself"
    assert facts(dialog)["State"] == "On"
    assert not shown(dialog, "Switch")


def test_plugins_of_others_stand_first(qtbot, window, config):
    put(config / "plugins", "zebra")

    dialog = opened(qtbot, window, Plugins(config))

    assert rows(dialog)[0] == "zebra, off"
    assert details(dialog).plugin.name == "zebra"


def test_switching_on_says_that_it_runs_code_and_does_it_only_then(qtbot, window, config):
    put(config / "plugins", "shapes")
    dialog = opened(qtbot, window, Plugins(config))

    answer(qtbot, "Cancel")
    press(qtbot, dialog, "Switch on")
    assert not dialog.is_busy
    assert "shapes" not in exporters

    answer(qtbot, "Switch on")
    press(qtbot, dialog, "Switch on")
    qtbot.waitUntil(lambda: not dialog.is_busy)

    assert "shapes" in exporters
    assert facts(dialog) == {
        "State": "On",
        "Offers": "export format shapes",
        "Version": "1.2",
        "From": "the plugin folder, shapes.py",
    }
    assert rows(dialog)[0] == "shapes, on, export format shapes"


def test_what_cannot_be_kept_is_not_switched_and_told(qtbot, window, config):
    put(config / "plugins", "shapes")
    (config / "plugins.json").mkdir()
    dialog = opened(qtbot, window, Plugins(config))

    answer(qtbot, "Switch on")
    press(qtbot, dialog, "Switch on")
    qtbot.waitUntil(lambda: not dialog.is_busy)

    assert any(
        "plugins.json cannot be written, so nothing is switched" in label.text()
        for label in dialog.findChildren(PlainLabel)
    )
    assert "shapes" not in exporters
    assert facts(dialog)["State"] == "Off"


def test_switching_off_takes_it_back(qtbot, window, config):
    put(config / "plugins", "shapes")
    plugins = Plugins(config)
    plugins.switch_on("shapes")
    dialog = opened(qtbot, window, plugins)

    press(qtbot, dialog, "Switch off")
    qtbot.waitUntil(lambda: not dialog.is_busy)

    assert "shapes" not in exporters
    assert rows(dialog)[0] == "shapes, off"


def test_a_failure_is_told_with_details_to_select_and_can_be_tried_again(qtbot, window, config):
    path = put(config / "plugins", "shapes", "raise ValueError('<img src=x> no luck')")
    plugins = Plugins(config)
    plugins.switch_on("shapes")
    dialog = opened(qtbot, window, plugins)

    assert details(dialog).findChild(Banner).words == "Cannot be loaded\nValueError: <img src=x> no luck."
    box = details(dialog).findChild(QPlainTextEdit)
    assert box.toPlainText().startswith("Traceback")
    assert box.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in dialog.findChildren(PlainLabel))
    assert shown(dialog, "Switch off")

    path.write_text(GOOD.format(name="shapes"))
    answer(qtbot, "Switch on")
    press(qtbot, dialog, "Try again")
    qtbot.waitUntil(lambda: not dialog.is_busy)

    assert facts(dialog)["State"] == "On"
    assert not details(dialog).findChild(QPlainTextEdit).isVisible()


def test_a_changed_file_says_so(qtbot, window, config):
    path = put(config / "plugins", "shapes")
    Plugins(config).switch_on("shapes")
    exporters.remove("shapes")
    path.write_text(path.read_text() + "#")

    dialog = opened(qtbot, window, Plugins(config))

    assert "Off, because it has changed" in details(dialog).findChild(Banner).words
    assert shown(dialog, "Switch on")


def test_what_cannot_be_a_plugin_has_no_switch(qtbot, window, config):
    put(config / "plugins", "my-plugin")

    dialog = opened(qtbot, window, Plugins(config))

    assert "rename it" in details(dialog).findChild(Banner).words
    assert not shown(dialog, "Switch")


def test_the_package_is_named(qtbot, window, config, tmp_path, monkeypatch):
    install(tmp_path / "site", {"shapes": GOOD.format(name="shapes")})
    monkeypatch.syspath_prepend(tmp_path / "site")

    dialog = opened(qtbot, window, Plugins(config))

    assert facts(dialog)["From"] == "the installed package labeltools"
    assert facts(dialog)["Version"] == "3.1"


def test_a_plugin_that_takes_its_time_leaves_the_window_alive(qtbot, window, config, tmp_path, monkeypatch):
    gate = tmp_path / "gate"
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(gate)!r}).exists():\n    time.sleep(0.01)\n"
    install(tmp_path / "site", {"slow": wait})
    monkeypatch.syspath_prepend(tmp_path / "site")
    put(config / "plugins", "shapes")

    dialog = PluginsDialog(window, Plugins(config))
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitExposed(dialog)
    qtbot.waitUntil(lambda: len(rows(dialog)) == 0 or dialog.is_busy)
    assert dialog.is_busy
    assert "Looking for plugins…" in [label.text() for label in dialog.findChildren(PlainLabel)]
    gate.touch()
    qtbot.waitUntil(lambda: not dialog.is_busy)

    assert "slow, on" in rows(dialog)


def test_those_left_out_are_listed_and_said_to_be(qtbot, window, config, tmp_path, monkeypatch):
    install(tmp_path / "site", {"shapes": "raise SystemExit"})
    monkeypatch.syspath_prepend(tmp_path / "site")
    plugins = Plugins(config)
    plugins.leaves_others_out = True

    dialog = opened(qtbot, window, plugins)

    assert rows(dialog)[0] == "shapes, not loaded"
    assert "Those of others are left out until the next start." in [
        label.text() for label in dialog.findChildren(PlainLabel)
    ]


def test_the_list_has_the_keyboard_and_keeps_it_when_more_is_found(qtbot, window, config):
    plugins = Plugins(config)
    plugins.load()
    put(config / "plugins", "shapes")
    dialog = opened(qtbot, window, plugins)
    chosen = dialog.findChild(PluginList).choice
    assert len(rows(dialog)) == len(plugins.found())
    assert isinstance(dialog.focusWidget(), PluginRow)

    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Down)

    assert dialog.findChild(PluginList).choice != chosen
    assert isinstance(dialog.focusWidget(), PluginRow)
