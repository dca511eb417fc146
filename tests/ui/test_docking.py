"""Docks are resized, closed, torn off and put back by real events, and the layout outlives the window."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from annotator.model.templates import template_skeleton
from annotator.session import pictures
from annotator.session.settings import FILE_NAME, Rectangle, Settings, WindowLayout, read_settings
from annotator.store.project import create_project
from annotator.ui.main_window import MainWindow
from annotator.ui.places import is_reachable

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def project_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    (tmp_path / "park").mkdir()
    for n in range(2):
        Image.fromarray(np.full((30, 40, 3), 60, np.uint8)).save(tmp_path / "park" / f"{n}.png")
    path = tmp_path / "p.annotator"
    with create_project(path, [template_skeleton("coco-17")], member="tester") as project:
        pictures.add_pictures(project, pictures.find_pictures([tmp_path / "park"]))
    return path


@pytest.fixture
def start(qtbot, tmp_path, project_path):
    """Start the window on the project, as the settings file says."""
    started = []

    def open_window() -> MainWindow:
        settings, _ = read_settings(tmp_path / "config")
        window = MainWindow(settings, tmp_path / "config", tmp_path / "log")
        started.append(window)
        qtbot.addWidget(window)
        window._settings = settings if settings.member else Settings(member="tester")
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        window.open_paths([project_path])
        window.workplace.page.canvas.setFocus()
        qtbot.waitUntil(lambda: window.workplace.page.canvas.picture is not None)
        return window

    yield open_window
    for window in started:
        window.close()


def docks(window):
    docking = window.workplace.page._docking
    return docking.left, docking.right


def drag(widget, start: QPoint, by: QPoint) -> None:
    """Press at a place of a widget, move on the screen in steps, and let go; the widget may go with the pointer."""
    origin = widget.mapToGlobal(start)
    QTest.mousePress(widget, LEFT, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(widget, widget.mapFromGlobal(origin + by * step / 5))
        QApplication.processEvents()  # Qt lays out once a turn of its loop while a line is moved
    QTest.mouseRelease(widget, LEFT, pos=widget.mapFromGlobal(origin + by))
    QApplication.processEvents()


def tear_off(dock) -> None:
    """Drag a dock by its head to the middle of the screen."""
    head = dock.titleBarWidget()
    drag(head, QPoint(60, 16), QPoint(400, 300) - head.mapToGlobal(QPoint(60, 16)))


def activate(window, dock, qtbot) -> None:
    """Click on the window and then on a dock that was torn off from it, as far as the keyboard is concerned."""
    for each in (window, dock):
        each.activateWindow()
        qtbot.waitUntil(each.isActiveWindow)


def move_line(docking, by: int) -> None:
    """Drag the line between the left dock and the canvas."""
    drag(docking, QPoint(docking.left.width() + 1, 400), QPoint(by, 0))


# By hand ------------------------------------------------------------------------------------------------------


def test_docks_are_as_wide_as_designed_and_beside_the_canvas(start):
    window = start()
    left, right = docks(window)
    page = window.workplace.page

    assert (left.width(), right.width()) == (246, 306)
    assert page.tools.mapTo(page, QPoint(0, 0)).x() == 252
    assert page.tools.height() == left.height() == right.height()


def test_a_dock_is_torn_off_by_its_head_and_put_back_by_a_double_click(start):
    left, right = docks(start())

    for dock in (left, right):
        tear_off(dock)
        assert dock.isFloating()
        assert dock.isVisible()
        QTest.mouseDClick(dock.titleBarWidget(), LEFT, pos=QPoint(60, 16))
        assert not dock.isFloating()


def test_the_line_between_dock_and_canvas_resizes(start):
    window = start()
    left, _ = docks(window)
    docking = window.workplace.page._docking
    before = left.width()

    move_line(docking, 100)

    assert left.width() == before + 100


def test_keys_close_a_dock_and_bring_it_back_where_it_floated(start, qtbot):
    window = start()
    _, right = docks(window)
    tear_off(right)
    place = right.geometry()
    activate(window, right, qtbot)

    QTest.keyClick(right, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert right.isHidden()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(
        window.workplace.page.canvas,
        Qt.Key.Key_B,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier,
    )

    assert right.isVisible()
    assert right.isFloating()
    assert right.geometry() == place


def test_a_torn_off_dock_keeps_the_keys_of_the_canvas(start, qtbot):
    window = start()
    left, _ = docks(window)
    _, second = window.workplace.project.frame_keys()
    tear_off(left)
    activate(window, left, qtbot)

    QTest.keyClick(QApplication.focusWidget() or left, Qt.Key.Key_D)
    assert window.workplace.session.frame_key == second
    QTest.keyClick(QApplication.focusWidget() or left, Qt.Key.Key_Escape)

    qtbot.waitUntil(window.isActiveWindow)
    assert window.workplace.page.canvas.hasFocus()


def test_letters_in_the_search_field_of_a_torn_off_dock_are_letters(start, qtbot):
    window = start()
    left, _ = docks(window)
    tear_off(left)
    activate(window, left, qtbot)
    field = window.workplace.page.frames._search
    field.setFocus()

    qtbot.keyClicks(field, "d")

    assert field.text() == "d"
    assert window.workplace.session.frame_key == window.workplace.project.frame_keys()[0]


def test_escape_in_a_docked_list_returns_to_the_canvas_and_keeps_the_selection(start):
    page = start().workplace.page
    table = page.right.keypoints.table
    page.run("label.new")
    table.setFocus(Qt.FocusReason.TabFocusReason)

    QTest.keyClick(table, Qt.Key.Key_Escape)

    assert page.canvas.hasFocus()
    assert page.session.is_placing


def holder(page):
    """Which part of the window has the keyboard."""
    docking = page._docking
    parts = {
        "top": page.top,
        "left": docking.left,
        "tools": page.tools,
        "canvas": page.canvas,
        "right": docking.right,
    }
    focus = QApplication.focusWidget()
    return next(name for name, part in parts.items() if part is focus or part.isAncestorOf(focus))


def test_f6_walks_the_parts_of_the_window_past_what_is_closed(start):
    page = start().workplace.page
    page.run("view.right")
    walked = []

    for _ in range(4):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6)
        walked.append(holder(page))
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)

    assert walked == ["top", "left", "tools", "canvas"]
    assert holder(page) == "tools"


def test_the_head_has_a_menu_of_the_dock(start, qtbot):
    left, _ = docks(start())

    QApplication.sendEvent(left.titleBarWidget(), context_menu(left.titleBarWidget()))
    menu = left.findChild(QMenu)
    assert [action.text() for action in menu.actions()] == [
        "Left dock",
        "Tear the left dock off, or put it back",
        "Reset the layout",
    ]
    menu.actions()[1].trigger()

    assert left.isFloating()
    menu.close()


def context_menu(widget):
    place = QPoint(60, 16)
    return QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, widget.mapToGlobal(place))


# Remembered -----------------------------------------------------------------------------------------------------


def test_the_layout_outlives_the_window(start):
    window = start()
    left, right = docks(window)
    docking = window.workplace.page._docking
    move_line(docking, 60)
    drag(window.workplace.page.right._parts.handle(1), QPoint(100, 2), QPoint(0, -60))
    tear_off(right)
    place, parts = right.geometry(), window.workplace.page.right.parts
    window.close()

    window = start()
    left, right = docks(window)
    assert left.width() == 306
    assert right.isFloating()
    assert right.geometry() == place
    assert window.workplace.page.right.parts == pytest.approx(parts, abs=4)
    window.workplace.page.run("view.right_float")
    assert not right.isFloating()


def test_a_width_outlives_starts_in_which_nobody_touches_it(start):
    window = start()
    move_line(window.workplace.page._docking, 40)
    window.close()
    start().close()

    assert docks(start())[0].width() == 286


def test_a_closed_dock_stays_closed_and_keeps_its_width(start):
    window = start()
    left, _ = docks(window)
    move_line(window.workplace.page._docking, 40)
    window.workplace.page.run("view.left")
    window.close()

    window = start()
    left, _ = docks(window)
    assert left.isHidden()
    window.workplace.page.run("view.left")
    assert left.width() == 286


def test_a_layout_is_kept_when_another_project_is_opened(start, project_path):
    window = start()
    window.workplace.page.run("view.left")

    window.show_welcome()
    window.open_paths([project_path])

    assert docks(window)[0].isHidden()


def test_the_layout_is_reset_to_the_design(start, qtbot):
    window = start()
    left, right = docks(window)
    page = window.workplace.page
    move_line(page._docking, 100)
    drag(page.right._parts.handle(1), QPoint(100, 2), QPoint(0, -60))
    tear_off(right)
    page.run("view.left")

    page.run("view.reset")

    assert not left.isHidden()
    assert not right.isFloating()
    qtbot.waitUntil(lambda: (left.width(), right.width()) == (246, 306))
    assert page.right.parts == ()


@pytest.mark.parametrize(
    "stored",
    [
        {"layouts": {"annotate": {"left": "wide"}}},
        {"layouts": {"annotate": {"left": {"width": -3}, "right": {"floating": {"x": 1}}}}},
        {"layouts": [1, 2]},
        {"layouts": {"video": {"left": {"is_closed": True}}}},
        {"layouts": {"annotate": {"parts": [1, 2, 3, 4]}}},
        {"window": "AdnQywADAAAAAA=="},
    ],
)
def test_a_damaged_or_foreign_layout_gives_the_design(start, tmp_path, stored):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / FILE_NAME).write_text(json.dumps({"member": "tester"} | stored))

    window = start()

    left, right = docks(window)
    assert (left.width(), right.width()) == (246, 306)
    assert not left.isFloating()
    assert window.workplace.page.right.parts == ()


def test_a_dock_that_floated_on_a_screen_that_is_gone_comes_back(start, tmp_path):
    (tmp_path / "config").mkdir()
    floating = {"x": 5000, "y": 200, "width": 300, "height": 600}
    stored = {"member": "tester", "layouts": {"annotate": {"right": {"floating": floating}}}}
    (tmp_path / "config" / FILE_NAME).write_text(json.dumps(stored))

    _, right = docks(start())

    assert not right.isFloating()
    assert right.isVisible()


def test_a_dock_comes_back_when_its_screen_goes(start):
    window = start()
    left, _ = docks(window)
    tear_off(left)
    left.move(5000, 200)

    QApplication.instance().screenRemoved.emit(QApplication.primaryScreen())

    assert not left.isFloating()


def test_the_window_comes_back_where_it_was(start):
    window = start()
    window.move(30, 20)
    window.resize(1200, 740)
    window.close()

    again = start()
    assert (again.pos(), again.size()) == (QPoint(30, 20), QSize(1200, 740))


def test_a_maximised_window_comes_back_so_and_remembers_its_size(start, tmp_path):
    window = start()
    window.resize(1200, 740)
    window.showMaximized()
    window.close()

    again = start()

    assert again.isMaximized()
    assert read_settings(tmp_path / "config")[0].window.normal.width == 1200


def test_a_window_on_a_screen_that_is_gone_comes_back(qtbot, tmp_path):
    layout = WindowLayout(Rectangle(9000, 100, 1200, 740))

    window = MainWindow(Settings(window=layout), tmp_path, tmp_path / "log")
    qtbot.addWidget(window)

    assert is_reachable(window.geometry())


def test_the_welcome_page_is_left_by_the_key_that_quits(start, qtbot):
    window = start()
    window.show_welcome()

    QTest.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)

    assert not window.isVisible()
