from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from annotator.model.frame import Frame, FrameState, FrameSummary
from annotator.model.ids import new_id, new_ids
from annotator.model.instance import Instance, Prediction
from annotator.model.sides import SIDE_COLORS, Side
from annotator.model.templates import template_skeleton
from annotator.session import pictures
from annotator.session.session import Session
from annotator.session.settings import ThemeChoice
from annotator.store.project import create_project
from annotator.store.reader import FrameFilter
from annotator.ui.docks.frame_lister import FrameLister
from annotator.ui.docks.frame_rows import frame_row
from annotator.ui.docks.frames import FramesDock
from annotator.ui.theme import DARK, apply_theme
from annotator.ui.thumbnails import ThumbnailLoader
from annotator.ui.widgets.buttons import Button, Chip
from annotator.ui.widgets.labels import plain_tooltip
from annotator.ui.widgets.surfaces import EmptyState

SKELETON = template_skeleton("coco-17")


@pytest.fixture(autouse=True)
def user_folders(tmp_path_factory, monkeypatch):
    """Locks, recovery files and settings go to a folder of the test."""
    folder = tmp_path_factory.mktemp("user")
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))


@pytest.fixture
def session(tmp_path):
    session = Session(create_project(tmp_path / "park.annotator", [SKELETON]))
    yield session
    session.close()


class Host(QWidget):
    """What stands around the dock, and sees the keys that the dock does not use."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def keyPressEvent(self, event):
        if event.key() != Qt.Key.Key_Shift:
            self.seen.append(Qt.Key(event.key()))


@pytest.fixture
def make_dock(session, tmp_path, qtbot, show):
    """Make the dock over what the project holds; stopped before the project closes."""
    made = []

    def make(height=700, wait=True):
        session.project.flush()
        loader = ThumbnailLoader(tmp_path / "thumbnails")
        dock = FramesDock(session, loader)
        host = Host()
        around = QVBoxLayout(host)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(dock)
        show(host, QSize(252, height))
        made.append((dock, loader))
        if wait:
            qtbot.waitUntil(lambda: dock._counts is not None and dock._frames.rowCount() == dock._counts.frames)
        return dock

    yield make
    for dock, loader in made:
        dock.stop()
        loader.close()


@pytest.fixture
def keys(session, tmp_path):
    """The keys of five frames with pictures: cam_0.jpg to cam_4.jpg."""
    for n in range(5):
        Image.new("RGB", (320, 220), (n * 40, 60, 90)).save(tmp_path / f"cam_{n}.jpg")
    found = pictures.find_pictures([tmp_path / f"cam_{n}.jpg" for n in range(5)])
    keys = pictures.add_pictures(session.project, found)
    pictures.note_sizes(session.project, pictures.probe_sizes(session.project, frames_of(session, keys))[0])
    return keys


def frames_of(session, keys):
    return [session.project.content(key).frame for key in keys]


def add_many(session, count):
    keys = new_ids(count)
    with session.project.transaction("Add") as transaction:
        transaction.add_frames([Frame(key, "nowhere", f"{n:05}.jpg", 0, 64, 48) for n, key in enumerate(keys)])
    return keys


def set_state(session, key, state):
    with session.project.transaction("State") as transaction:
        transaction.set_frame(replace(session.project.content(key).frame, state=state))


def add_instance(session, key, points=None):
    points = np.full((17, 2), 100.0) if points is None else points
    instance = Instance(new_id(), SKELETON.id, points, np.full(17, 2, np.uint8))
    with session.project.transaction("Add instance") as transaction:
        transaction.add(key, instance)
    return instance


def add_prediction(session, key):
    prediction = Prediction(new_id(), SKELETON.id, np.ones((17, 2)), np.ones(17), (0, 0, 1, 1), 0.9, 0)
    with session.project.transaction("Predict") as transaction:
        transaction.add_prediction(key, prediction)


def click(dock, row, modifiers=Qt.KeyboardModifier.NoModifier, button=Qt.MouseButton.LeftButton):
    QTest.mouseClick(dock._table.viewport(), button, modifiers, dock._table.row_rect(row).center())


def listed(dock):
    return dock._frames.keys(0, dock._frames.rowCount())


def chip(dock, words):
    return next(chip for chip in dock.findChildren(Chip) if chip.accessibleName().startswith(words))


def search_field(dock):
    return dock.findChild(QLineEdit)


# Rows ----------------------------------------------------------------------------------------------------------


def summary(state=FrameState.NEW, instances=0, decided=0, keypoints=0, predictions=0, note=""):
    return FrameSummary(Frame(1, "r", "a/b.jpg", state=state, note=note), instances, decided, keypoints, predictions)


@pytest.mark.parametrize(
    ("given", "line", "icons", "progress"),
    [
        (summary(), "not started", ["circle-dashed"], None),
        (summary(predictions=2), "2 predicted, 0 accepted", ["sparkles"], None),
        (summary(FrameState.IN_PROGRESS, 2, 32, 34), "32 of 34 points", ["circle-dot-dashed"], 32 / 34),
        (
            summary(FrameState.IN_PROGRESS, 2, 17, 34, 1),
            "17 of 34 points",
            ["circle-dot-dashed", "sparkles"],
            0.5,
        ),
        (summary(FrameState.DONE, 2, 34, 34), "2 instances · done", ["circle-check"], None),
        (summary(FrameState.DONE, 1, 17, 17, 3), "1 instance · done", ["circle-check"], None),
        (summary(FrameState.DONE), "no instance · done", ["circle-check"], None),
        (summary(FrameState.ACCEPTED, 2), "2 instances · reviewed", ["badge-check"], None),
        (summary(FrameState.SKIPPED, note="blurred"), "skipped · blurred", ["circle-slash"], None),
        (summary(FrameState.SKIPPED), "skipped", ["circle-slash"], None),
    ],
)
def test_a_row_says_how_far_a_frame_is(given, line, icons, progress):
    row = frame_row(given)

    assert (row.name, row.line, row.progress) == ("b.jpg", line, progress)
    assert [name for name, _ in row.icons] == icons
    assert row.spoken == f"b.jpg, {line}"


def test_a_name_that_looks_like_markup_is_told_letter_by_letter():
    assert plain_tooltip("a.jpg") == "a.jpg"
    assert plain_tooltip("<b>&") == "<span>&lt;b&gt;&amp;</span>"


# Going to a frame ----------------------------------------------------------------------------------------------


def test_frames_are_listed_in_order_with_their_names(session, keys, make_dock):
    dock = make_dock()

    assert listed(dock) == keys
    assert dock._frames.index(3, 0).data() == "cam_3.jpg"
    assert dock._frames.index(3, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "cam_3.jpg, not started"
    assert "5" in [label.text() for label in dock.head.findChildren(QLabel)]


def test_a_click_shows_the_frame(session, keys, make_dock):
    dock = make_dock()

    click(dock, 2)

    assert session.frame_key == keys[2]
    assert dock.selected_keys() == [keys[2]]


def test_a_press_that_ends_on_another_row_shows_nothing(session, keys, make_dock):
    dock = make_dock()
    view = dock._table.viewport()

    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=dock._table.row_rect(1).center())
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=dock._table.row_rect(3).center())

    assert session.frame_key is None


def test_shift_and_ctrl_select_several_and_stay_where_we_are(session, keys, make_dock):
    dock = make_dock()
    click(dock, 0)

    click(dock, 2, Qt.KeyboardModifier.ShiftModifier)
    click(dock, 4, Qt.KeyboardModifier.ControlModifier)

    assert session.frame_key == keys[0]
    assert dock.selected_keys() == [keys[0], keys[1], keys[2], keys[4]]


def test_a_selection_stays_while_its_frame_is_labeled_and_ends_with_the_next_frame(session, keys, make_dock):
    dock = make_dock()
    click(dock, 0)
    click(dock, 2, Qt.KeyboardModifier.ShiftModifier)

    add_instance(session, keys[0])
    assert len(dock.selected_keys()) == 3

    session.show_frame(keys[3])
    assert dock.selected_keys() == [keys[3]]


def test_going_to_a_frame_of_the_selection_selects_it_alone(session, keys, make_dock):
    dock = make_dock()
    click(dock, 0)
    click(dock, 2, Qt.KeyboardModifier.ShiftModifier)

    session.show_frame(keys[2])

    assert dock.selected_keys() == [keys[2]]


def test_the_keyboard_moves_first_and_shows_on_enter(session, keys, make_dock):
    dock = make_dock()
    session.show_frame(keys[0])
    dock._table.setFocus(Qt.FocusReason.TabFocusReason)

    QTest.keyClick(dock._table, Qt.Key.Key_Down)
    QTest.keyClick(dock._table, Qt.Key.Key_Down)
    assert session.frame_key == keys[0]
    assert dock._table.has_ring(2)
    QTest.keyClick(dock._table, Qt.Key.Key_Return)
    assert session.frame_key == keys[2]

    QTest.keyClick(dock._table, Qt.Key.Key_End)
    QTest.keyClick(dock._table, Qt.Key.Key_Space)
    assert session.frame_key == keys[4]
    QTest.keyClick(dock._table, Qt.Key.Key_Home)
    QTest.keyClick(dock._table, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert session.frame_key == keys[0]


def test_ctrl_a_selects_all(session, keys, make_dock):
    dock = make_dock()

    QTest.keyClick(dock._table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)

    assert dock.selected_keys() == keys


def test_letters_and_accepting_are_left_to_the_commands(session, keys, make_dock):
    dock = make_dock()
    host = dock.window()
    dock._table.setFocus(Qt.FocusReason.TabFocusReason)

    for key in (Qt.Key.Key_D, Qt.Key.Key_Escape, Qt.Key.Key_Delete):
        QTest.keyClick(dock._table, key)
    QTest.keyClick(dock._table, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)

    assert host.seen == [Qt.Key.Key_D, Qt.Key.Key_Escape, Qt.Key.Key_Delete, Qt.Key.Key_Return]
    assert session.frame_key is None


def test_a_click_leaves_the_keyboard_where_it_is_but_not_in_the_search(session, keys, make_dock):
    dock = make_dock()
    dock.focus_search()
    assert search_field(dock).hasFocus()

    click(dock, 1)

    assert not dock._table.hasFocus()
    assert not search_field(dock).hasFocus()


def test_another_frame_on_show_is_brought_into_view(session, make_dock):
    keys = add_many(session, 60)
    dock = make_dock(height=400)

    session.show_frame(keys[50])

    first, last = dock._table.rows_on_show()
    assert first <= 50 < last
    assert dock._table.currentIndex().row() == 50


def test_the_frame_on_show_is_reached_however_far_it_is(session, make_dock):
    keys = add_many(session, 5000)
    session.show_frame(keys[4321])
    dock = make_dock(height=400)

    first, last = dock._table.rows_on_show()
    assert dock._frames.rowCount() == 5000
    assert first <= 4321 < last
    assert dock.selected_keys() == [keys[4321]]


def test_only_rows_on_show_are_read(session, make_dock):
    add_many(session, 3000)
    dock = make_dock(height=400)

    first, last = dock._table.rows_on_show()
    assert last - first < 10
    assert len(dock._frames._summaries) < 12


# Finding -------------------------------------------------------------------------------------------------------


def listing(qtbot, dock):
    """Wait for the list that is asked for inside."""
    return qtbot.waitSignal(dock._lister.found, check_params_cb=lambda page: page.is_last)


def type_text(qtbot, dock, text):
    with listing(qtbot, dock):
        QTest.keyClicks(search_field(dock), text)
    qtbot.waitUntil(lambda: not dock._typing.isActive())


def test_typing_finds_by_name_and_escape_clears(session, keys, make_dock, qtbot):
    dock = make_dock()
    type_text(qtbot, dock, "M_3")
    assert listed(dock) == [keys[3]]

    QTest.keyClick(search_field(dock), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: listed(dock) == keys)
    assert search_field(dock).text() == ""

    QTest.keyClick(search_field(dock), Qt.Key.Key_Escape)
    assert not search_field(dock).hasFocus()


def test_the_frame_on_show_is_in_view_again_when_the_search_ends(session, make_dock, qtbot):
    keys = add_many(session, 200)
    session.show_frame(keys[150])
    dock = make_dock(height=400)
    type_text(qtbot, dock, "0001")
    assert dock.selected_keys() == []

    QTest.keyClick(search_field(dock), Qt.Key.Key_Escape)

    qtbot.waitUntil(lambda: dock._frames.rowCount() == 200)
    first, last = dock._table.rows_on_show()
    assert first <= 150 < last
    assert dock.selected_keys() == [keys[150]]


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_Return])
def test_enter_and_down_lead_from_the_search_to_the_list(session, keys, make_dock, qtbot, key):
    dock = make_dock()
    dock.focus_search()
    type_text(qtbot, dock, "cam_2")

    QTest.keyClick(search_field(dock), key)
    assert dock._table.hasFocus()
    QTest.keyClick(dock._table, Qt.Key.Key_Return)
    assert session.frame_key == keys[2]


def test_a_search_without_an_answer_says_so_and_can_be_cleared(session, keys, make_dock, qtbot):
    dock = make_dock()
    type_text(qtbot, dock, "elephant")
    shown = dock._stack.currentWidget()
    assert isinstance(shown, EmptyState)
    words = [label.text() for label in shown.findChildren(QWidget) if hasattr(label, "text")]
    assert words[:2] == ["No frame matches elephant", "5 frames are hidden by this filter."]

    QTest.mouseClick(shown.findChild(Button), Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: listed(dock) == keys)
    assert dock._stack.currentWidget() is dock._table


def test_a_project_without_pictures_says_so(session, make_dock):
    dock = make_dock()

    assert dock._stack.currentWidget() is dock._no_pictures


def test_chips_filter_and_tell_their_counts(session, keys, make_dock, qtbot):
    set_state(session, keys[1], FrameState.DONE)
    add_prediction(session, keys[2])
    add_prediction(session, keys[4])
    dock = make_dock()
    assert [c.accessibleName() for c in dock.findChildren(Chip)] == ["All 5", "To do 4", "Predicted 2", "Done 1"]

    for words, expected in (
        ("Predicted", [keys[2], keys[4]]),
        ("Done", [keys[1]]),
        ("To do", [keys[0], keys[2], keys[3], keys[4]]),
        ("All", keys),
    ):
        QTest.mouseClick(chip(dock, words), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda expected=expected: listed(dock) == expected)
        assert [c.isChecked() for c in dock.findChildren(Chip)].count(True) == 1


def test_an_empty_chip_says_what_is_missing(session, keys, make_dock, qtbot):
    dock = make_dock()

    QTest.mouseClick(chip(dock, "Done"), Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: dock._stack.currentWidget() is dock._nothing)
    assert dock._nothing._title.text() == "No frame is done yet"


def test_chips_wrap_where_the_dock_is_narrow(session, keys, make_dock):
    dock = make_dock()
    chips = dock.findChildren(Chip)
    assert len({c.y() for c in chips}) == 1

    dock.window().resize(190, 700)

    assert len({c.y() for c in chips}) == 2
    assert dock._chip_row.height() >= max(c.geometry().bottom() for c in chips)
    assert max(c.geometry().right() for c in chips) <= dock._chip_row.width()


# Following changes ---------------------------------------------------------------------------------------------


def test_the_row_of_the_frame_on_show_follows_each_change(session, keys, make_dock):
    dock = make_dock()
    session.show_frame(keys[1])

    add_instance(session, keys[1])

    assert dock._frames.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "cam_1.jpg, 17 of 17 points"


def test_counts_and_a_filtered_list_follow_changes(session, keys, make_dock, qtbot):
    dock = make_dock()
    with listing(qtbot, dock):
        QTest.mouseClick(chip(dock, "To do"), Qt.MouseButton.LeftButton)

    set_state(session, keys[3], FrameState.DONE)
    session.project.flush()
    dock.refresh_counts()

    qtbot.waitUntil(lambda: listed(dock) == [*keys[:3], keys[4]])
    assert chip(dock, "Done").accessibleName() == "Done 1"


def test_new_frames_appear_at_the_end_and_nothing_moves(session, make_dock, qtbot):
    keys = add_many(session, 100)
    session.show_frame(keys[10])
    dock = make_dock(height=400)
    dock._table.verticalScrollBar().setValue(1234)
    (more,) = new_ids(1)
    with session.project.transaction("Add") as transaction:
        transaction.add_frames([Frame(more, "nowhere", "new.jpg")])
    session.project.flush()

    dock.refresh_counts()

    qtbot.waitUntil(lambda: listed(dock) == [*keys, more])
    assert dock._table.verticalScrollBar().value() == 1234


def test_what_is_on_show_and_selected_stays_when_rows_before_it_go(session, make_dock, qtbot):
    keys = add_many(session, 100)
    dock = make_dock(height=400)
    with listing(qtbot, dock):
        QTest.mouseClick(chip(dock, "To do"), Qt.MouseButton.LeftButton)
    click(dock, 3)
    click(dock, 4, Qt.KeyboardModifier.ControlModifier)
    dock._table.verticalScrollBar().setValue(50 * 58 + 7)
    with session.project.transaction("Done") as transaction:
        for key in keys[20:30]:
            transaction.set_frame(replace(session.project.content(key).frame, state=FrameState.DONE))
    session.project.flush()

    dock.refresh_counts()

    qtbot.waitUntil(lambda: dock._frames.rowCount() == 90)
    assert dock._table.verticalScrollBar().value() == 40 * 58 + 7
    assert dock.selected_keys() == [keys[3], keys[4]]


def test_a_change_that_is_not_on_disk_yet_is_shown(session, keys, make_dock):
    dock = make_dock()
    add_prediction(session, keys[0])

    dock.refresh_counts()

    assert dock._frames.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "cam_0.jpg, 1 predicted, 0 accepted"


def test_a_later_search_overtakes_an_earlier_one(session, keys, qtbot):
    session.project.flush()
    lister = FrameLister(session.project)
    pages = []
    lister.found.connect(pages.append)

    lister.list(FrameFilter.ALL, "cam")
    last = lister.list(FrameFilter.ALL, "cam_4")

    qtbot.waitUntil(lambda: any(page.serial == last and page.is_last for page in pages))
    assert [list(page.keys) for page in pages if page.serial == last] == [[keys[4]]]
    assert not [page for page in pages[pages.index(next(p for p in pages if p.serial == last)) :] if page.serial < last]


def test_a_page_of_an_earlier_search_does_not_stop_a_later_one(session, keys, qtbot):
    session.project.flush()
    lister = FrameLister(session.project)
    pages = []
    lister.found.connect(pages.append)
    lister._is_running = True  # no thread: the page of the first search is read by hand, after the second began
    lister.list(FrameFilter.ALL, "cam")
    earlier = lister._next_work()
    later = lister.list(FrameFilter.ALL, "cam_4")

    lister._read_page(session.project.reader, earlier)

    assert pages == []
    assert lister._next_work().serial == later


def test_a_stopped_dock_holds_no_connection_and_tells_nothing(session, keys, qtbot):
    session.project.flush()
    lister = FrameLister(session.project)
    told = []
    lister.found.connect(told.append)
    lister.stop()

    lister.list(FrameFilter.ALL, "")
    lister.count()

    qtbot.wait(50)
    assert told == []
    assert not lister._is_running


def test_a_list_that_cannot_be_read_is_said(session, keys, make_dock, qtbot):
    dock = make_dock()
    said = []
    session.said.connect(said.append)
    path = session.project.path
    session.project.flush()
    hidden = path.with_suffix(".hidden")
    path.rename(hidden)
    try:
        dock.refresh()
        qtbot.waitUntil(lambda: bool(said))
    finally:
        hidden.rename(path)

    assert said[0].title == "The list of frames cannot be read"
    assert path.name in said[0].line


# Looks ---------------------------------------------------------------------------------------------------------


def test_only_thumbnails_of_rows_on_show_are_made(session, tmp_path, make_dock, qtbot):
    for n in range(80):
        Image.new("RGB", (64, 48)).save(tmp_path / f"p{n:03}.jpg")
    pictures.add_pictures(session.project, pictures.find_pictures(sorted(tmp_path.glob("p*.jpg"))))
    dock = make_dock(height=400)
    dock._table.verticalScrollBar().setValue(58 * 40)
    dock._table.grab()

    qtbot.waitUntil(lambda: not dock._table.thumbnails._asked)

    assert 5 <= len(list((tmp_path / "thumbnails").glob("*.jpg"))) < 25


def test_thumbnails_that_scrolled_away_before_they_were_made_are_called_off(session, tmp_path, make_dock):
    session.project.roots.set_folder("nowhere", tmp_path)  # without the files, so that none is ever made
    add_many(session, 80)
    dock = make_dock(height=400)
    dock._table.grab()
    top = set(dock._table.thumbnails._asked)
    assert 5 <= len(top) < 12

    dock._table.verticalScrollBar().setValue(58 * 40)
    dock._table.grab()

    assert 5 <= len(dock._table.thumbnails._asked) < 12
    assert not top & set(dock._table.thumbnails._asked)


def test_a_thumbnail_shows_the_picture_and_the_pose(session, keys, make_dock, qtbot):
    points = np.column_stack([np.linspace(60, 260, 17), np.linspace(30, 190, 17)])
    points[[5, 7]] = [[20, 110], [300, 110]]  # left shoulder to left elbow, across the picture
    add_instance(session, keys[0], points)
    dock = make_dock()
    rect = dock._table.row_rect(0)

    def thumb():
        return dock._table.viewport().grab(rect).toImage()

    left = QColor(SIDE_COLORS[Side.LEFT])
    qtbot.waitUntil(lambda: distance(thumb().pixelColor(12 + 56, 7 + 22), left) < 60)
    qtbot.waitUntil(lambda: distance(thumb().pixelColor(12 + 60, 7 + 40), QColor(0, 60, 90)) < 20)


def distance(a, b):
    return abs(a.red() - b.red()) + abs(a.green() - b.green()) + abs(a.blue() - b.blue())


def test_the_frame_on_show_is_marked_and_a_selected_row_has_a_card_of_its_own(session, keys, make_dock):
    dock = make_dock()
    click(dock, 1)
    click(dock, 2, Qt.KeyboardModifier.ShiftModifier)
    image = dock._table.viewport().grab().toImage()

    def color(row, x):
        return image.pixelColor(QPoint(x, dock._table.row_rect(row).center().y()))

    assert color(1, 6) == DARK.accent
    assert color(2, 8) == DARK.accent_background
    assert color(2, 2) == color(0, 2) == DARK.panel


def test_rows_follow_the_text_size(session, keys, make_dock, dark):
    dock = make_dock()
    before = dock._table.row_rect(0).height(), dock.sizeHint().width()

    apply_theme(dark, ThemeChoice.LIGHT, 130)

    assert dock._table.row_rect(1).y() == dock._table.row_rect(0).height() > before[0]
    assert dock.sizeHint().width() > before[1]


def test_a_dock_that_is_gone_no_longer_listens(session, keys, tmp_path, qtbot):
    session.project.flush()
    loader = ThumbnailLoader(tmp_path / "thumbnails")
    dock = FramesDock(session, loader)
    listeners = len(session.frame_changed._listeners)
    dock.stop()
    with qtbot.waitSignal(dock.destroyed):
        dock.deleteLater()

    session.show_frame(keys[0])

    assert len(session.frame_changed._listeners) == listeners - 1
    loader.close()
