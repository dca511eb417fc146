"""The Annotate page with real keys and clicks."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.model.instance import Visibility
from annotator.model.templates import template_skeleton
from annotator.session.scene import Tool
from annotator.session.settings import Settings
from annotator.store.project import create_project, open_project
from annotator.ui.main_window import MainWindow
from annotator.ui.widgets.buttons import Button
from annotator.ui.widgets.labels import PlainLabel

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def window(qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    pictures = tmp_path / "park"
    pictures.mkdir()
    for n in range(3):
        Image.fromarray(np.full((300, 400, 3), 60 + 40 * n, np.uint8)).save(pictures / f"{n}.jpg")
    create_project(tmp_path / "p", [template_skeleton("coco-17")], member="tester").close()
    window = MainWindow(Settings(member="tester"), tmp_path / "config", tmp_path / "log")
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    window.activateWindow()
    window.open_paths([tmp_path / "p.annotator"])
    window.open_paths([pictures])
    qtbot.waitUntil(lambda: window.workplace.page.canvas.picture is not None)
    qtbot.waitUntil(lambda: len(window.workplace.project.frame_keys()) == 3)  # shown first, then committed
    window.workplace.page.canvas.setFocus()
    qtbot.waitUntil(window.isActiveWindow)
    yield window
    window.close()


@pytest.fixture
def page(window: MainWindow):
    return window.workplace.page


def key(page, code: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(page.canvas, code, modifier)


def click(page, x: int, y: int, button: Qt.MouseButton = LEFT) -> None:
    QTest.mouseClick(page.canvas, button, pos=QPoint(x, y))


def wheel(page, at: QPoint, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    notch = QPoint(0, 120)
    position, outside = QPointF(at), page.canvas.mapToGlobal(QPointF(at))
    none = Qt.MouseButton.NoButton
    event = QWheelEvent(position, outside, QPoint(), notch, none, modifiers, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(page.canvas, event)


def only_instance(page):
    (instance,) = page.session.content.instances
    return instance


def test_keys_and_clicks_place_a_pose(page):
    key(page, Qt.Key.Key_I)
    click(page, 300, 200)
    click(page, 360, 180, RIGHT)
    key(page, Qt.Key.Key_N)
    key(page, Qt.Key.Key_Backspace)

    instance = only_instance(page)
    assert instance.visibility[:3].tolist() == [Visibility.VISIBLE, Visibility.OCCLUDED, Visibility.UNLABELED]
    scale = page.canvas.view.scale
    assert instance.points[1, 0] - instance.points[0, 0] == pytest.approx(60 / scale)


def test_letters_in_the_search_field_are_letters(page, qtbot):
    page.run("view.find")
    field = page.focusWidget()

    qtbot.keyClicks(field, "ixnd")

    assert field.text() == "ixnd"
    assert page.session.tool is Tool.SELECT
    assert page.session.frame_key == page.session.project.frame_keys()[0]


def test_space_acts_on_release_and_not_after_a_drag(page):
    key(page, Qt.Key.Key_B)
    QTest.mousePress(page.canvas, LEFT, pos=QPoint(250, 150))
    QTest.mouseMove(page.canvas, QPoint(300, 300))
    QTest.mouseMove(page.canvas, QPoint(400, 500))
    QTest.mouseRelease(page.canvas, LEFT, pos=QPoint(400, 500))
    assert page.session.is_placing

    QTest.keyPress(page.canvas, Qt.Key.Key_Space)
    QTest.mousePress(page.canvas, LEFT, pos=QPoint(300, 300))
    QTest.mouseMove(page.canvas, QPoint(340, 340))
    QTest.mouseRelease(page.canvas, LEFT, pos=QPoint(340, 340))
    QTest.keyRelease(page.canvas, Qt.Key.Key_Space)
    assert only_instance(page).decided_count == 0
    key(page, Qt.Key.Key_Space)
    assert only_instance(page).decided_count == 1


def test_the_wheel_with_alt_turns_the_pose_and_plain_zooms(page):
    key(page, Qt.Key.Key_I)
    for x, y in ((300, 200), (360, 180), (250, 170)):
        click(page, x, y)
    key(page, Qt.Key.Key_Escape)
    before, scale = only_instance(page).points, page.canvas.view.scale

    wheel(page, QPoint(300, 200), Qt.KeyboardModifier.AltModifier)
    assert page.canvas.view.scale == scale
    turned = only_instance(page).points
    assert page.session.project.undo_name == "Turn instance 1"
    span = (before[1] - before[2]), (turned[1] - turned[2])
    angles = [np.degrees(np.arctan2(y, x)) for x, y in span]
    assert angles[1] - angles[0] == pytest.approx(1.0)

    wheel(page, QPoint(300, 200))
    assert page.canvas.view.scale > scale


def test_overlays_are_hidden_only_while_h_is_held(page):
    QTest.keyPress(page.canvas, Qt.Key.Key_H)
    assert not page.session.scene.overlays

    QTest.keyRelease(page.canvas, Qt.Key.Key_H)
    assert page.session.scene.overlays


def test_a_and_d_step_through_the_frames(page, qtbot):
    first, second, _ = page.session.project.frame_keys()

    key(page, Qt.Key.Key_D)
    assert page.session.frame_key == second
    key(page, Qt.Key.Key_A)

    assert page.session.frame_key == first


def test_no_press_labels_a_picture_that_is_not_shown(page):
    key(page, Qt.Key.Key_I)
    page.canvas.set_picture(None)

    click(page, 300, 200)

    assert page.session.content.instances == ()


def test_undo_reaches_back_past_a_restart_with_the_picture_missing(page, window, tmp_path, qtbot):
    key(page, Qt.Key.Key_I)
    click(page, 300, 200)
    window.show_welcome()
    for picture in (tmp_path / "park").iterdir():
        picture.unlink()

    window.open_paths([tmp_path / "p.annotator"])
    again = window.workplace.page
    again.run("edit.undo")

    assert again.session.content.instances == ()
    assert again.messages.message.title == "Undid: Place nose"


def test_messages_are_seen_where_there_is_no_picture_to_show(page, window, tmp_path, qtbot):
    window.show_welcome()
    (tmp_path / "park").rename(tmp_path / "moved")

    window.open_paths([tmp_path / "p.annotator"])
    again = window.workplace.page
    again.session.say("Labels are not being saved", "The disk is full.")

    bar = again.messages
    assert not again.canvas.isVisible()
    assert bar.isVisible()
    ground = bar.parentWidget()
    assert bar.isAncestorOf(ground.childAt(bar.geometry().center())) or ground.childAt(bar.geometry().center()) is bar


def test_a_project_that_another_program_writes_is_offered_for_reading(window, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(window, "_ask", lambda *words: asked.append(words) or False)
    other = tmp_path / "other.annotator"
    create_project(other, [template_skeleton("coco-17")], member="x").close()
    with open_project(other):
        window.open_paths([other])

    assert "open in another program" in asked[0][1]
    assert window.workplace.project.path == tmp_path / "p.annotator"


def test_a_file_of_another_program_gets_one_sentence_and_the_open_project_stays(window, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(window, "_tell", lambda *words: told.append(words))
    wrong = tmp_path / "wrong.annotator"
    wrong.write_bytes(b"hello")

    window.open_paths([wrong])

    assert "not an Annotator project" in told[0][1]
    assert window.workplace.project.path == tmp_path / "p.annotator"
    assert wrong.read_bytes() == b"hello"


def test_the_theme_follows_at_once(window, page):
    before = page.grab().toImage().pixelColor(4, 4).lightness()

    window.toggle_theme()

    after = page.grab().toImage().pixelColor(4, 4).lightness()
    assert abs(after - before) > 100
    window.toggle_theme()


def changed_on_disk(page, qtbot, size: tuple[int, int]) -> Path:
    """Label the first picture, look at the second, and let the file of the first be another one meanwhile."""
    session = page.session
    key(page, Qt.Key.Key_I)
    click(page, 300, 200)
    first = session.frame_key
    qtbot.waitUntil(lambda: session.project.fingerprint(first) is not None)
    path = session.project.path_of(session.frame)
    page.run("view.next")
    qtbot.waitUntil(lambda: page.canvas.picture is not None)
    Image.fromarray(np.full((size[1], size[0], 3), 250, np.uint8)).save(path)
    page.run("view.previous")
    return path


def test_a_picture_that_has_another_size_by_now_is_locked_until_it_is_unlocked(page, qtbot):
    changed_on_disk(page, qtbot, (800, 600))

    qtbot.waitUntil(lambda: page._ground.currentWidget() is page._ground._changed)
    words = [label.text() for label in page._ground._changed.findChildren(PlainLabel)]
    assert words[0] == "0.jpg has changed on disk"
    assert words[1] == (
        "It has 800 x 600 pixels now; its instance was labeled on 400 x 300. Labels stay locked until you choose."
    )
    page.session.select(only_instance(page).id)
    page.run("edit.delete")
    assert only_instance(page).visibility[0] == Visibility.VISIBLE
    assert "changed on disk" in page.messages.message.title

    unlock = next(button for button in page._ground._changed.findChildren(Button) if button.words == "Unlock")
    QTest.mouseClick(unlock, LEFT)

    qtbot.waitUntil(lambda: page._ground.currentWidget() is page.canvas and page.canvas.picture is not None)
    assert (page.session.frame.width, page.session.frame.height) == (800, 600)


def test_a_picture_with_other_content_is_shown_anew_and_said(page, qtbot):
    changed_on_disk(page, qtbot, (400, 300))

    qtbot.waitUntil(lambda: page.messages.message is not None and "has changed" in page.messages.message.title)

    assert page.messages.message.line == "Its size is the same. Look whether its instance still fits."
    assert page.canvas.picture.levels[0].pixelColor(5, 5).red() > 240
    assert page._ground.currentWidget() is page.canvas


def test_of_a_file_with_several_pages_it_is_said_that_the_first_is_shown(window, page, qtbot, tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    pages = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue", "green")]
    pages[0].save(folder / "scan.tif", save_all=True, append_images=pages[1:])
    window.open_paths([folder])
    qtbot.waitUntil(lambda: len(page.session.project.frame_keys()) == 4)

    page.session.show_frame(page.session.project.frame_keys()[-1])

    qtbot.waitUntil(lambda: page.messages.message is not None and "holds" in page.messages.message.title)
    assert page.messages.message.title == "scan.tif holds 3 pictures"
    assert page.canvas.picture.levels[0].pixelColor(5, 5).red() == 255


def test_a_project_that_is_only_read_says_so_for_as_long_as_it_is_open(window, page, tmp_path, monkeypatch):
    other = tmp_path / "other.annotator"
    create_project(other, [template_skeleton("coco-17")], member="x").close()
    monkeypatch.setattr(window, "_ask", lambda *words: True)
    with open_project(other):
        window.open_paths([other])
        page = window.workplace.page

        assert window.workplace.project.is_read_only
        assert page.messages.message.title == "Open for reading only"
        assert page.messages.message.line.startswith("It was opened for reading only. Nothing that you do here is kept")
        assert page.messages.message.buttons == (("Save a copy…", "file.copy"),)
        page.messages.dismiss()
        assert "Reading only" in [label.text() for label in page.status.findChildren(PlainLabel)]


def words_of(state) -> list[str]:
    return [label.text() for label in state.findChildren(PlainLabel) if label.text()]


@pytest.mark.parametrize(
    ("spoil", "title", "line"),
    [
        (lambda path: path.unlink(), "cannot be read", "1.jpg does not exist: put it back, or relink its folder."),
        (lambda path: path.write_bytes(path.read_bytes()[:700]), "cannot be read", "copy it again from its source."),
        (lambda path: path.write_bytes(b"hello"), "cannot be read", "is not a picture of a known format"),
        (lambda path: path.parent.rename(path.parents[1] / "moved"), "is not where it was", '"park"'),
    ],
    ids=["missing", "damaged", "no picture", "moved"],
)
def test_a_picture_that_is_gone_or_damaged_is_named_and_its_labels_are_kept(page, qtbot, spoil, title, line):
    session = page.session
    page.run("view.next")
    qtbot.waitUntil(lambda: page.canvas.picture is not None)
    key(page, Qt.Key.Key_I)
    click(page, 300, 200)
    path = session.project.path_of(session.frame)
    page.run("view.previous")
    qtbot.waitUntil(lambda: page.canvas.picture is not None)
    page._ground._loader.forget(path)
    spoil(path)
    session.project.roots.forget()

    page.run("view.next")

    qtbot.waitUntil(lambda: page._ground.currentWidget() is page._ground._unreadable)
    shown = words_of(page._ground._unreadable)
    assert shown[0] == f"1.jpg {title}"
    assert line in shown[1]
    assert shown[1].endswith(". Its labeled instance is kept.")
    assert only_instance(page).visibility[0] == Visibility.VISIBLE
