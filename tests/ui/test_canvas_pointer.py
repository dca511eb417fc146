"""The canvas as a person works it: real mouse, wheel and key events."""

import pytest
from canvas_values import SKELETONS, plain, rod
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.session.gestures.contract import PointerButton
from annotator.session.scene import Callout, Scene, Target, Tool
from annotator.session.view import View
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.loupe import LoupeMode

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def canvas(qtbot):
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    canvas.set_picture(plain())
    canvas.set_view(View(2.0, -30, 10))
    with qtbot.waitExposed(canvas):
        canvas.show()
    return canvas


def heard(signal):
    """Collect what a signal brings."""
    collected = []
    signal.connect(lambda *args: collected.append(args[0] if len(args) == 1 else args))
    return collected


def wheel(canvas, at, steps, modifiers=Qt.KeyboardModifier.NoModifier):
    position = QPointF(*at)
    event = QWheelEvent(
        position,
        canvas.mapToGlobal(position),
        QPoint(),
        QPoint(0, round(120 * steps)),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def test_a_press_tells_where_in_the_picture_it_was(canvas):
    pressed, released = heard(canvas.pointer_pressed), heard(canvas.pointer_released)

    QTest.mousePress(canvas, LEFT, SHIFT, QPoint(101, 50))
    QTest.mouseRelease(canvas, LEFT, SHIFT, QPoint(101, 50))

    assert pressed[0].xy == (65.5, 20.0)
    assert pressed[0].screen == (101, 50)
    assert (pressed[0].button, pressed[0].shift, pressed[0].ctrl) == (PointerButton.LEFT, True, False)
    assert released[0].released
    assert not released[0].moved


def test_a_click_becomes_a_drag_beyond_three_pixels(canvas):
    moved, released = heard(canvas.pointer_moved), heard(canvas.pointer_released)

    QTest.mousePress(canvas, LEFT, pos=QPoint(100, 50))
    QTest.mouseMove(canvas, QPoint(102, 52))
    QTest.mouseMove(canvas, QPoint(104, 50))
    QTest.mouseMove(canvas, QPoint(100, 50))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(100, 50))

    assert [pointer.moved for pointer in moved] == [False, True, True]
    assert {pointer.button for pointer in moved} == {PointerButton.LEFT}
    assert released[0].moved


def test_moving_without_a_button_is_told_too(canvas):
    moved = heard(canvas.pointer_moved)

    QTest.mouseMove(canvas, QPoint(70, 70))

    assert moved[-1].xy == (50, 30)
    assert moved[-1].button is PointerButton.NONE


def test_a_right_click_is_a_pointer_and_with_shift_the_menu(canvas):
    pressed, menu = heard(canvas.pointer_pressed), heard(canvas.menu_requested)

    QTest.mouseClick(canvas, RIGHT, pos=QPoint(100, 50))
    QTest.mouseClick(canvas, RIGHT, SHIFT, QPoint(100, 50))

    assert [pointer.button for pointer in pressed] == [PointerButton.RIGHT]
    assert len(menu) == 1


def test_the_menu_key_asks_for_the_menu_at_the_pointer(canvas):
    menu = heard(canvas.menu_requested)
    QTest.mouseMove(canvas, QPoint(70, 70))

    QApplication.sendEvent(canvas, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1)))

    assert menu[0].xy == (50, 30)


def test_the_wheel_zooms_at_the_pointer(canvas):
    before = canvas.view.to_image((150, 90))

    wheel(canvas, (150, 90), 1)

    assert canvas.view.scale == pytest.approx(2.4)
    # Offsets are whole pixels, so that the point may move by half of one.
    assert canvas.view.to_screen(before) == pytest.approx((150, 90), abs=0.51)


def test_the_wheel_with_ctrl_pans_sideways(canvas):
    wheel(canvas, (150, 90), 1, Qt.KeyboardModifier.ControlModifier)

    assert (canvas.view.scale, canvas.view.y) == (2.0, 10)
    assert canvas.view.x > -30


def test_the_wheel_with_alt_leaves_the_view_and_tells_its_steps(canvas):
    told = heard(canvas.wheel_modified)

    wheel(canvas, (150, 90), -2, Qt.KeyboardModifier.AltModifier | SHIFT)

    assert canvas.view == View(2.0, -30, 10)
    pointer, steps = told[0]
    assert steps == -2
    assert (pointer.alt, pointer.shift) == (True, True)


def test_a_middle_drag_pans_and_is_no_pointer(canvas):
    pressed, views = heard(canvas.pointer_pressed), heard(canvas.view_changed)

    QTest.mousePress(canvas, MIDDLE, pos=QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(110, 95))
    QTest.mouseRelease(canvas, MIDDLE, pos=QPoint(110, 95))

    assert canvas.view == View(2.0, -20, 5)
    assert views == [canvas.view]
    assert pressed == []


def test_space_and_drag_pan_and_then_space_means_nothing_else(canvas):
    pressed = heard(canvas.pointer_pressed)

    QTest.keyPress(canvas, Qt.Key.Key_Space)
    assert canvas.space_pans
    assert canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
    QTest.mousePress(canvas, LEFT, pos=QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(150, 100))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(150, 100))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)

    assert canvas.view == View(2.0, 20, 10)
    assert canvas.was_dragged_with_space()
    assert pressed == []

    QTest.keyPress(canvas, Qt.Key.Key_Space)
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert not canvas.was_dragged_with_space()
    assert not canvas.space_pans


def test_the_pan_tool_pans_with_a_plain_drag(canvas):
    canvas.set_scene(Scene(tool=Tool.PAN))

    QTest.mousePress(canvas, LEFT, pos=QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(90, 100))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(90, 100))

    assert canvas.view.x == -40


def test_keys_go_on_to_the_window(qtbot, canvas):
    QTest.keyPress(canvas, Qt.Key.Key_Tab)

    assert canvas.focusNextPrevChild(True) is False


@pytest.mark.parametrize(("tool", "presses", "doubles"), [(Tool.SELECT, 1, 1), (Tool.PLACE, 2, 0)])
def test_a_double_click_is_two_presses_only_while_placing(canvas, tool, presses, doubles):
    canvas.set_scene(Scene(tool=tool))
    pressed, double = heard(canvas.pointer_pressed), heard(canvas.double_clicked)

    QTest.mouseClick(canvas, LEFT, pos=QPoint(100, 100))
    QTest.mouseDClick(canvas, LEFT, pos=QPoint(100, 100))

    assert len(double) == doubles
    assert len(pressed) == presses


def test_leaving_is_told(canvas):
    left = heard(canvas.pointer_left)

    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))

    assert len(left) == 1


def test_the_view_lies_on_whole_pixels(canvas):
    canvas.set_view(View(1.5, 10.4, -3.6))

    assert canvas.view == View(1.5, 10, -4)


def test_setting_the_same_view_is_not_a_change(canvas):
    views = heard(canvas.view_changed)

    canvas.set_view(canvas.view)

    assert views == []


def test_resizing_is_told_and_keeps_the_view(qtbot, canvas):
    with qtbot.waitSignal(canvas.resized):
        canvas.resize(500, 350)

    assert canvas.view == View(2.0, -30, 10)


@pytest.mark.parametrize(
    ("scene", "shape"),
    [
        (Scene(), Qt.CursorShape.ArrowCursor),
        (Scene(tool=Tool.PLACE), Qt.CursorShape.CrossCursor),
        (Scene(tool=Tool.PLACE, pointer=(10, 10)), Qt.CursorShape.BlankCursor),
        (Scene(tool=Tool.PLACE, pointer=(10, 10), overlays=False), Qt.CursorShape.CrossCursor),
        (Scene(tool=Tool.PAN), Qt.CursorShape.OpenHandCursor),
        (Scene(hovered=Target(1, k=0)), Qt.CursorShape.PointingHandCursor),
        (Scene(hovered=Target(1, limb=0)), Qt.CursorShape.SizeAllCursor),
    ],
)
def test_the_cursor_tells_what_a_press_does(canvas, scene, shape):
    canvas.set_scene(scene)

    assert canvas.cursor().shape() == shape


def test_the_cursor_tells_which_handle_it_is_on(canvas):
    boxed = rod(1, box=(50.0, 50.0, 100.0, 80.0), box_by_hand=True)
    canvas.set_scene(Scene(skeletons=SKELETONS, instances=(boxed,), selected=1))

    QTest.mouseMove(canvas, QPoint(270, 270))  # image (150, 130)
    assert canvas.cursor().shape() == Qt.CursorShape.SizeFDiagCursor
    QTest.mouseMove(canvas, QPoint(270, 190))
    assert canvas.cursor().shape() == Qt.CursorShape.SizeHorCursor


def test_the_pinned_loupe_says_the_position_and_its_magnification(canvas):
    canvas.set_loupe(LoupeMode.PINNED)
    QTest.mouseMove(canvas, QPoint(71, 70))

    assert canvas.loupe.isVisible()
    assert canvas.loupe.text() == "6×   50.5, 30.0"
    assert canvas.loupe.geometry().bottomRight() == QPoint(400 - 13, 300 - 13)


def test_the_following_loupe_stays_on_the_canvas_and_takes_the_wheel(canvas):
    canvas.set_loupe(LoupeMode.FOLLOWING)
    for at in (QPoint(5, 5), QPoint(395, 5), QPoint(200, 200)):
        QTest.mouseMove(canvas, at)
        assert canvas.rect().contains(canvas.loupe.geometry())
        assert not canvas.loupe.geometry().contains(at)

    view = canvas.view
    wheel(canvas, (200, 200), 100)
    assert canvas.loupe.magnification == 16
    wheel(canvas, (200, 200), -100)
    assert canvas.loupe.magnification == 2
    assert canvas.view == view
    canvas.set_loupe(LoupeMode.OFF)
    assert not canvas.loupe.isVisible()


def test_assistive_technology_hears_the_description(canvas):
    canvas.set_description("Instance 2, person, 15 of 17 decided")

    assert canvas.accessibleName() == "Canvas"
    assert canvas.accessibleDescription() == "Instance 2, person, 15 of 17 decided"


def test_the_callout_fades_when_the_pointer_stands_still(qtbot, canvas):
    callout = Callout("left_end", "left", "1 of 3", (("Click", "visible"),))
    instance = rod(1, states=(0, 0, 0))
    scene = Scene(
        skeletons=SKELETONS,
        instances=(instance,),
        selected=1,
        tool=Tool.PLACE,
        next_k=0,
        pointer=(80, 80),
        callout=callout,
    )
    canvas.set_scene(scene)
    assert canvas._stage.callout_opacity == 1.0

    qtbot.waitUntil(lambda: canvas._stage.callout_opacity == 0.25, timeout=3000)


def test_the_callout_does_not_fade_with_reduced_motion(canvas):
    canvas.reduced_motion = True
    canvas.set_scene(Scene(pointer=(80, 80), callout=Callout("left_end", "left", "1 of 3", ())))

    assert not canvas._stillness.isActive()


def test_a_keypoint_just_placed_flashes_shortly(qtbot, canvas):
    empty, placed = rod(1, states=(0, 2, 2)), rod(1, states=(2, 2, 2))
    for instance, next_k in ((empty, 0), (placed, None)):
        canvas.set_scene(Scene(skeletons=SKELETONS, instances=(instance,), selected=1, tool=Tool.PLACE, next_k=next_k))
    assert canvas._stage.pulse == (100, 100)

    qtbot.waitUntil(lambda: canvas._stage.pulse is None)


def test_nothing_flashes_with_reduced_motion(canvas):
    canvas.reduced_motion = True
    for states in ((0, 2, 2), (2, 2, 2)):
        canvas.set_scene(
            Scene(skeletons=SKELETONS, instances=(rod(1, states=states),), selected=1, tool=Tool.PLACE, next_k=0)
        )

    assert canvas._stage.pulse is None
