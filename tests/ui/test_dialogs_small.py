from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget

from annotator import __version__
from annotator.ui.dialogs.about import AboutDialog
from annotator.ui.dialogs.choices import Choices
from annotator.ui.dialogs.go_to import GoToDialog
from annotator.ui.dialogs.member import MemberDialog
from annotator.ui.dialogs.prelabel_frames import PrelabelFramesDialog
from annotator.ui.widgets.buttons import Button
from annotator.ui.widgets.fields import TextField
from annotator.ui.widgets.labels import PlainLabel

LEFT = Qt.MouseButton.LeftButton
CHOICES = {"Frames to do": [11, 12, 13], "Selected in the list": [12]}


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.resize(1120, 700)
    qtbot.addWidget(window)
    window.show()
    return window


def opened(qtbot, dialog):
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitExposed(dialog)
    return dialog


def while_open(act):
    """Call `act` with the modal dialog that opens next."""
    QTimer.singleShot(50, lambda: act(QApplication.activeModalWidget()))


def press(qtbot, dialog, key):
    qtbot.keyClick(dialog.focusWidget(), key)


def button(dialog, words):
    return next(each for each in dialog.findChildren(Button) if each.words.startswith(words))


def test_a_frame_number_is_typed_and_confirmed_with_enter(qtbot, window):
    def act(dialog):
        qtbot.keyClicks(dialog.focusWidget(), "812")
        press(qtbot, dialog, Qt.Key.Key_Return)

    while_open(act)
    assert GoToDialog.ask(window, 812) == 812


def test_escape_goes_nowhere(qtbot, window):
    def act(dialog):
        qtbot.keyClicks(dialog.focusWidget(), "8")
        press(qtbot, dialog, Qt.Key.Key_Escape)

    while_open(act)
    assert GoToDialog.ask(window, 812) is None


@pytest.mark.parametrize("typed", ["0", "813", "", "abc", "-1"])
def test_a_number_that_is_no_frame_cannot_be_gone_to(qtbot, window, typed):
    dialog = opened(qtbot, GoToDialog(window, 812))
    qtbot.keyClicks(dialog.focusWidget(), typed)
    if typed == "-1":  # the sign is not taken
        assert dialog.number == 1
        return
    press(qtbot, dialog, Qt.Key.Key_Return)

    assert dialog.isVisible()
    assert not button(dialog, "Go").isEnabled()


def test_a_number_beyond_the_last_frame_is_told(qtbot, window):
    dialog = opened(qtbot, GoToDialog(window, 1812))
    qtbot.keyClicks(dialog.focusWidget(), "2000")

    assert any("There are 1,812 frames" in label.text() for label in dialog.findChildren(PlainLabel))


def test_the_suggested_name_can_be_typed_over(qtbot, window):
    dialog = opened(qtbot, MemberDialog(window, "login"))
    assert dialog.name == "login"
    qtbot.keyClicks(dialog.focusWidget(), "  Ada   Lovelace ")
    press(qtbot, dialog, Qt.Key.Key_Return)

    assert dialog.name == "Ada Lovelace"
    assert not dialog.isVisible()


def test_no_name_is_taken_from_who_would_rather_not_say(qtbot, window):
    while_open(lambda dialog: qtbot.mouseClick(button(dialog, "Not now"), LEFT))

    assert MemberDialog.ask(window) == ""


def test_an_empty_name_cannot_be_used(qtbot, window):
    dialog = opened(qtbot, MemberDialog(window, ""))

    assert not button(dialog, "Use this name").isEnabled()
    assert dialog.findChild(TextField).maxLength() == 200


def test_text_that_wraps_leaves_the_controls_their_height(qtbot, window):
    dialog = opened(qtbot, MemberDialog(window, "login"))

    assert dialog.findChild(TextField).height() == dialog.findChild(TextField).sizeHint().height()


def test_the_chosen_frames_are_counted_and_returned(qtbot, window):
    def act(dialog):
        assert button(dialog, "Prelabel").words == "Prelabel 3 frames"
        press(qtbot, dialog, Qt.Key.Key_Down)
        assert button(dialog, "Prelabel").words == "Prelabel 1 frame"
        press(qtbot, dialog, Qt.Key.Key_Return)

    while_open(act)
    assert PrelabelFramesDialog.ask(window, CHOICES) == [12]


def test_without_frames_nothing_is_asked(window):
    assert PrelabelFramesDialog.ask(window, {}) == []


def test_what_the_model_places_is_said(qtbot, window):
    dialog = opened(qtbot, PrelabelFramesDialog(window, CHOICES, "MoveNet places all 17 keypoints"))

    assert "MoveNet places all 17 keypoints." in [label.text() for label in dialog.findChildren(PlainLabel)]


def test_one_choice_is_on_and_a_click_moves_it(qtbot):
    choices = Choices([("a", "COCO", "json"), ("b", "CSV", "")])
    qtbot.addWidget(choices)
    choices.resize(200, 90)
    choices.show()
    assert choices.choice == "a"

    with qtbot.waitSignal(choices.chosen, check_params_cb=lambda key: key == "b"):
        qtbot.mouseClick(choices.childAt(QPoint(100, 70)), LEFT)
    assert choices.choice == "b"


def test_about_tells_the_version_the_notices_and_the_log(qtbot, window):
    dialog = opened(qtbot, AboutDialog(window, Path("/logs/annotator.log")))
    texts = [label.text() for label in dialog.findChildren(PlainLabel)]

    assert f"Annotator {__version__}" in texts
    assert str(Path("/logs/annotator.log")) in texts
    assert "MoveNet" in dialog.findChild(QPlainTextEdit).toPlainText()

    qtbot.mouseClick(button(dialog, "Copy details"), LEFT)
    assert QApplication.clipboard().text().startswith(f"Annotator {__version__}\nPython ")


def test_names_from_data_stay_plain_text(qtbot, window):
    dialog = opened(qtbot, PrelabelFramesDialog(window, {"<b>x</b>": [1]}, "<img src=x> places all"))

    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in dialog.findChildren(PlainLabel))
