import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from annotator.session.commands.contract import KeyKind
from annotator.session.commands.registry import commands
from annotator.ui.dialogs.key_layout import UNITS, by_key, keyboard, matches, with_ctrl, with_shift
from annotator.ui.dialogs.key_map import KeyMap
from annotator.ui.keys import Keys
from annotator.ui.widgets.fields import SearchField

KEYS = by_key(commands().values())
CAPS = {cap.key: cap for row in keyboard(KEYS) for cap in row}


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.resize(1120, 700)
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def key_map(qtbot, window):
    key_map = KeyMap(window)
    qtbot.addWidget(key_map)
    key_map.open()
    qtbot.waitExposed(key_map)
    return key_map


def press(qtbot, key_map, key, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(key_map.focusWidget(), key, modifier)


def test_every_declared_key_is_in_the_map():
    listed = {command.id for entry in (*with_shift(KEYS), *with_ctrl(KEYS)) for command in entry.commands}
    drawn = {cap.command.id for cap in CAPS.values() if cap.command}

    assert {command.id for command in KEYS.values()} - listed - drawn == set()


def test_caps_say_what_their_command_does_and_free_ones_nothing():
    assert CAPS["Q"].words == "box fit"
    assert CAPS["X"].kind is KeyKind.STATE
    assert CAPS["0"].words == "keypoint 10"
    assert CAPS["?"].label == "/"
    assert CAPS["R"].words == ""
    assert CAPS["Ctrl+"].words == "more"


def test_rows_of_the_keyboard_are_equally_wide():
    assert {round(row[-1].x + row[-1].width, 6) for row in keyboard(KEYS)} == {UNITS}


def test_the_arrows_held_with_another_key_are_one_line():
    lines = {entry.cap: entry.words for entry in with_shift(KEYS)}

    assert lines["Shift+arrows"] == "nudge 10 px"
    assert lines["Alt+arrows"] == "nudge 0.1 px"
    assert lines["Shift+P"] == "run model on selection"
    assert not any(cap.startswith("Ctrl") for cap in lines)


def test_keys_with_ctrl_and_function_keys_stand_together():
    caps = [entry.cap for entry in with_ctrl(KEYS)]

    assert {"Ctrl+Z", "Ctrl+Shift+Z", "F1"} <= set(caps)


@pytest.mark.parametrize(("text", "found"), [("undo", True), ("ctrl+z", True), ("UN do", True), ("redo", False)])
def test_a_search_finds_titles_and_keys(text, found):
    assert matches(commands()["edit.undo"], text) is found


@pytest.mark.parametrize(
    ("key", "modifier", "sentence"),
    [
        (Qt.Key.Key_X, Qt.KeyboardModifier.NoModifier, "X: cycle visible, occluded, absent"),
        (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, "Ctrl+Z: undo"),
        (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier, "Tab: next instance"),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, "Space: accept and go on"),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier, "Ctrl+Enter: mark frame done, or reopen it"),
        (Qt.Key.Key_R, Qt.KeyboardModifier.NoModifier, "R is free"),
    ],
)
def test_a_pressed_key_is_explained(qtbot, key_map, key, modifier, sentence):
    press(qtbot, key_map, key, modifier)

    assert key_map.sentence == sentence


def test_a_pressed_key_runs_nothing(qtbot, window):
    ran = []
    keys = Keys(window, window, ran.append, ran.append, lambda: False)
    key_map = KeyMap(window)
    qtbot.addWidget(key_map)
    key_map.open()
    qtbot.waitExposed(key_map)
    for key in (Qt.Key.Key_D, Qt.Key.Key_P, Qt.Key.Key_F1):
        press(qtbot, key_map, key)
    keys.close()

    assert ran == []
    assert key_map.isVisible()


def test_typing_in_the_search_names_what_is_found(qtbot, key_map):
    press(qtbot, key_map, Qt.Key.Key_F6)
    search = key_map.findChild(SearchField)
    assert search.hasFocus()

    qtbot.keyClicks(search, "cycle visible")
    assert key_map.sentence == "X: cycle visible, occluded, absent"
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert search.text() == ""
    assert key_map.isVisible()
    qtbot.keyClicks(search, "xyzzy")
    assert key_map.sentence == "No command matches “xyzzy”"


def test_a_marked_key_looks_different(qtbot, key_map):
    before = key_map.grab().toImage()
    press(qtbot, key_map, Qt.Key.Key_X)

    assert key_map.grab().toImage() != before


def test_escape_closes(qtbot, key_map):
    press(qtbot, key_map, Qt.Key.Key_Escape)

    assert not key_map.isVisible()


def test_it_fits_the_smallest_window(key_map):
    assert key_map.height() <= 700
    assert key_map.width() <= 1120
    assert key_map.minimumSizeHint().height() <= key_map.height()
