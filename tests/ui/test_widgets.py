"""The kit, driven by mouse and keys."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from annotator.session.messages import Message, MessageKind
from annotator.session.settings import ThemeChoice
from annotator.ui.theme import DARK, apply_theme
from annotator.ui.widgets import message as message_module
from annotator.ui.widgets.buttons import Button, ButtonKind, Chip, IconButton, Segmented
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.fields import Check, Combo, FormRow, PathField, SearchField, TextField
from annotator.ui.widgets.labels import PlainLabel, SectionHead, set_tooltip
from annotator.ui.widgets.message import MessageBar
from annotator.ui.widgets.surfaces import EmptyState, ProgressBar


def column(*widgets: QWidget) -> QWidget:
    window = QWidget()
    layout = QVBoxLayout(window)
    for widget in widgets:
        layout.addWidget(widget)
    return window


def has_color(widget: QWidget, color: QColor) -> bool:
    image = widget.grab().toImage()
    return any(
        image.pixelColor(x, y).name() == color.name() for x in range(image.width()) for y in range(image.height())
    )


def test_no_letter_of_a_button_becomes_a_shortcut(show):
    button = show(Button("Lab & park"))

    assert button.words == "Lab & park"
    assert button.shortcut().isEmpty()
    assert button.accessibleName() == "Lab & park"


def test_a_screen_reader_hears_name_and_key_of_an_icon(dark, qtbot):
    button = IconButton("undo-2", "Undo", "Ctrl+Z")
    qtbot.addWidget(button)

    assert button.accessibleName() == "Undo, Control Z"
    assert button.toolTip() == "Undo  Ctrl+Z"


def test_a_primary_button_that_is_off_does_not_look_like_the_thing_to_press(show):
    button = show(Button("Export", ButtonKind.PRIMARY))
    assert has_color(button, DARK.accent)

    button.setEnabled(False)

    assert not has_color(button, DARK.accent)


def test_a_tool_tip_shows_markup_as_letters(dark, qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)

    set_tooltip(widget, "<img src='file:///x.png'> & co")

    assert widget.toolTip() == "<span>&lt;img src='file:///x.png'&gt; &amp; co</span>"


@pytest.mark.qt_log_ignore("This plugin does not support raise")  # offscreen, for every tool tip
def test_the_whole_of_an_elided_name_is_in_the_tool_tip(show):
    label = show(PlainLabel("a_rather_long_name_of_a_picture.jpg"), QSize(60, 20))
    label.resize(60, 20)
    QApplication.sendEvent(label, QHelpEvent(QEvent.Type.ToolTip, QPoint(5, 5), label.mapToGlobal(QPoint(5, 5))))

    assert label.toolTip() == "a_rather_long_name_of_a_picture.jpg"


def test_the_ring_shows_where_the_keyboard_went_and_not_where_the_mouse_clicked(show, ring):
    first, second = Button("First"), Button("Second")
    window = show(column(first, second))

    QTest.mouseClick(first, Qt.MouseButton.LeftButton)
    assert ring.control is None

    QTest.keyClick(first, Qt.Key.Key_Tab)
    assert ring.control is second
    assert window.focusWidget() is second

    QTest.mouseClick(first, Qt.MouseButton.LeftButton)
    assert ring.control is None


def test_the_ring_lies_around_the_control_and_follows_it(show, ring):
    first, second = Button("First"), Button("Second")
    window = show(column(first, second), QSize(300, 120))
    first.setFocus()

    QTest.keyClick(first, Qt.Key.Key_Tab)
    before = window.grab().toImage()
    second.move(second.x() + 40, second.y())
    after = window.grab().toImage()

    beside = QPoint(second.x() - 1, second.geometry().center().y())
    assert after.pixelColor(beside).name() == DARK.accent.name()
    assert before.pixelColor(beside - QPoint(40, 0)).name() == DARK.accent.name()
    assert after.pixelColor(beside - QPoint(40, 0)).name() != DARK.accent.name()


def test_the_ring_goes_with_the_control_it_surrounds(show, ring, qtbot):
    first, second = Button("First"), Button("Second")
    window = show(column(first, second))
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Tab)

    second.deleteLater()
    qtbot.waitUntil(lambda: ring.control is None)

    assert not has_color(window, DARK.accent)


def test_a_switch_moves_with_arrows_and_tells_only_of_changes(show):
    switch = show(Segmented([("annotate", "Annotate"), ("skeleton", "Skeleton"), ("review", "Review")]))
    told: list[str] = []
    switch.chosen.connect(told.append)
    annotate, skeleton, _review = switch.findChildren(QWidget)

    QTest.mouseClick(skeleton, Qt.MouseButton.LeftButton)
    QTest.mouseClick(skeleton, Qt.MouseButton.LeftButton)
    QTest.keyClick(skeleton, Qt.Key.Key_Left)
    QTest.keyClick(annotate, Qt.Key.Key_Left)

    assert told == ["skeleton", "annotate", "review"]
    assert switch.choice == "review"


def test_a_chip_shows_its_number(dark, qtbot):
    chip = Chip("All")
    qtbot.addWidget(chip)
    narrow = chip.sizeHint().width()

    chip.set_count(1812)

    assert chip.accessibleName() == "All 1,812"
    assert chip.sizeHint().width() > narrow


def test_escape_empties_the_search(show):
    search = show(SearchField("Search"))
    QTest.keyClicks(search, "mouse")

    QTest.keyClick(search, Qt.Key.Key_Escape)

    assert search.text() == ""


def test_a_field_draws_its_icon_and_its_border(show):
    field = show(TextField("x", icon="search"), QSize(120, 28))
    field.clearFocus()

    image = field.grab().toImage()

    assert image.pixelColor(60, 0).name() == DARK.line2.name()
    assert image.pixelColor(60, 14).name() == DARK.field.name()
    assert any(image.pixelColor(x, y) != DARK.field for x in range(9, 23) for y in range(7, 21))


def test_the_folder_button_asks_to_browse(show, qtbot):
    field = show(PathField("/data"))
    (button,) = field.findChildren(IconButton)

    with qtbot.waitSignal(field.browse_requested):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_tick_is_set_by_a_click_on_its_words(show):
    check = show(Check("Copy pictures"))

    QTest.mouseClick(check, Qt.MouseButton.LeftButton, pos=QPoint(check.width() - 8, 10))

    assert check.isChecked()
    assert has_color(check, DARK.accent)


def test_a_form_row_says_what_is_wrong_and_then_the_hint_again(show):
    row = show(FormRow("Folder", QLineEdit(), "They stay where they are"))
    line = row.findChildren(PlainLabel)[-1]

    row.set_error("/x cannot be written: choose another folder")
    assert line.text() == "/x cannot be written: choose another folder"
    image = line.grab().toImage()
    inks = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    assert max(ink.red() - ink.blue() for ink in inks) > 80

    row.set_error("")
    assert line.text() == "They stay where they are"


def test_a_choice_keeps_room_for_its_longest_words(dark, qtbot):
    combo = Combo()
    qtbot.addWidget(combo)
    combo.addItem("All")
    narrow = combo.sizeHint().width()

    combo.addItem("Reviewed and done, 596")

    assert combo.sizeHint().width() > narrow + 80


def test_a_full_bar_is_green_and_a_part_is_not(show):
    bar = show(ProgressBar(0.4), QSize(100, 3))
    assert has_color(bar, DARK.accent)

    bar.set_fraction(7)

    assert has_color(bar, DARK.ok)
    assert not has_color(bar, DARK.accent)


def test_a_head_shows_its_count(dark, qtbot):
    head = SectionHead("Frames", "812")
    qtbot.addWidget(head)

    head.set_count("64 of 812")

    assert "64 of 812" in [label.text() for label in head.findChildren(PlainLabel)]


def test_an_empty_state_offers_its_buttons(show, qtbot):
    button = Button("Choose files…", ButtonKind.PRIMARY)
    show(EmptyState("image-up", "No pictures yet", "Drop images here.", [button]), QSize(400, 260))

    with qtbot.waitSignal(button.clicked):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def bar(show) -> MessageBar:
    ground = show(QWidget(), QSize(700, 400))
    return MessageBar(ground)


def test_a_message_stands_at_the_bottom_left(bar):
    bar.show_message(Message("Deleted instance 3", "17 keypoints, 1 comment.", MessageKind.INFO, (("Undo", "undo"),)))

    assert bar.isVisible()
    assert bar.x() == 12
    assert bar.geometry().bottom() == 400 - 12 - 1

    bar.parentWidget().resize(700, 300)

    assert bar.geometry().bottom() == 300 - 12 - 1


def test_its_button_tells_the_command_and_closes_the_message(bar, qtbot):
    bar.show_message(Message("Deleted instance 3", buttons=(("Undo", "undo"),)))
    (button,) = (each for each in bar.findChildren(Button) if each.isVisible())

    with qtbot.waitSignal(bar.acted) as told:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    assert told.args == ["undo"]
    assert bar.message is None
    assert not bar.isVisible()


def test_the_next_message_takes_the_place_of_the_one_before(bar):
    bar.show_message(Message("First", buttons=(("One", "one"), ("Two", "two"))))
    bar.show_message(Message("Second", buttons=(("Three", "three"),)))

    assert [button.words for button in bar.findChildren(Button) if button.isVisible()] == ["Three"]
    assert bar.accessibleName() == "Second"


def test_a_message_goes_by_itself_and_an_error_stays(bar, qtbot, monkeypatch):
    bar._timer.setInterval(20)

    bar.show_message(Message("Saved"))
    qtbot.waitUntil(lambda: not bar.isVisible())

    bar.show_message(Message("Labels are not being saved", kind=MessageKind.BAD))
    qtbot.wait(80)
    assert bar.isVisible()
    assert message_module.SHOWN_MS == 6000


def test_the_buttons_go_below_the_words_where_there_is_little_room(bar):
    message = Message("Labels are not being saved", "The disk is full.", MessageKind.BAD, (("Save elsewhere…", "a"),))
    bar.show_message(message)
    wide = bar.height()

    bar.parentWidget().resize(250, 400)

    assert bar.width() <= 250 - 24
    assert bar.height() > wide
    (button,) = (each for each in bar.findChildren(Button) if each.isVisible())
    assert button.width() >= button.sizeHint().width()


def test_a_dialog_stands_in_the_middle_of_a_dimmed_window(show, qtbot):
    window = show(QWidget(), QSize(900, 600))
    bright = window.grab().toImage().pixelColor(5, 5)
    dialog = Dialog(window, "Export", size=QSize(1080, 400))
    dialog.open()
    qtbot.waitExposed(dialog)

    assert dialog.width() == 900 - 48
    assert abs(dialog.geometry().center().x() - window.geometry().center().x()) <= 1
    assert window.grab().toImage().pixelColor(5, 5).lightness() < bright.lightness()

    QTest.keyClick(dialog, Qt.Key.Key_Escape)

    assert not dialog.isVisible()
    assert window.grab().toImage().pixelColor(5, 5) == bright


def test_enter_presses_the_primary_button_of_a_dialog(show, qtbot):
    window = show(QWidget(), QSize(900, 600))
    dialog = Dialog(window, "Export")
    field = TextField()
    dialog.body.addWidget(field)
    cancel = dialog.add_button("Cancel")
    export = dialog.add_button("Export", ButtonKind.PRIMARY)
    pressed: list[str] = []
    cancel.clicked.connect(lambda: pressed.append("cancel"))
    export.clicked.connect(lambda: pressed.append("export"))
    dialog.open()
    with qtbot.waitActive(dialog):
        field.setFocus()

    QTest.keyClick(field, Qt.Key.Key_Return)

    assert pressed == ["export"]


def test_every_control_grows_with_the_text_size(dark, qtbot):
    controls = [Button("a"), Chip("a"), TextField("a"), Combo(), Check("a"), Segmented([("a", "A")])]
    for control in controls:
        qtbot.addWidget(control)
    before = [control.sizeHint().height() for control in controls]

    apply_theme(dark, ThemeChoice.DARK, 130)

    assert all(control.sizeHint().height() > old for control, old in zip(controls, before, strict=True))
