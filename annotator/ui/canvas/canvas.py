"""The canvas: shows a picture and a scene, moves the view, and tells what the pointer does.

It knows nothing about labels: pointers go out, scenes come in. View gestures (zoom, pan) are its own.
"""

import time

from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QContextMenuEvent,
    QCursor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from annotator.session.gestures.contract import Pointer, PointerButton
from annotator.session.scene import Scene, Tool
from annotator.session.settings import SideColours
from annotator.session.view import View
from annotator.ui.canvas.cursors import Hand, cursor_shape
from annotator.ui.canvas.loupe import Loupe, LoupeMode, loupe_corner
from annotator.ui.canvas.painting import painting, scaled_region
from annotator.ui.canvas.picture import DisplayPicture
from annotator.ui.canvas.shot import place_of
from annotator.ui.canvas.stage import Stage
from annotator.ui.theme import DARK, SIDES, Sides

CLICK_RADIUS_SCREEN_PX = 3.0
_ZOOM_PER_STEP = 1.2
_WHEEL_STEP = 120.0
_PAN_PER_STEP_SCREEN_PX = 64.0
_FADE_AFTER_MS = 1500
_FADED = 0.25
_PULSE_MS = 80
_REFINE_S = 0.004
_FRAME_BUDGET_S = 0.016
_CALM_MS = 150

_BUTTONS = {
    Qt.MouseButton.LeftButton: PointerButton.LEFT,
    Qt.MouseButton.RightButton: PointerButton.RIGHT,
    Qt.MouseButton.MiddleButton: PointerButton.MIDDLE,
}


class _Pinch(QObject):
    """Hears trackpad pinches.

    An event filter, because overriding `QWidget.event` in Python makes any error inside another override, in
    paintEvent say, crash the process (PySide6 6.11).
    """

    zoomed = Signal(float, QPointF)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoomed.emit(1 + event.value(), event.position())
            return True
        return False


class Canvas(QWidget):
    """Shows a scene and sends pointers.

    Signals:
        pointer_pressed, pointer_moved, pointer_released: Pointer.
        double_clicked: Pointer; while placing, a second click is an ordinary press instead.
        pointer_left: the pointer left the canvas.
        view_changed: View.
        wheel_modified: (Pointer, steps) for Alt and Alt+Shift wheel.
        menu_requested: Pointer, by Shift+right click or the Menu key.
        resized: the canvas has another size; the view stays until the window sets one.
    """

    pointer_pressed = Signal(object)
    pointer_moved = Signal(object)
    pointer_released = Signal(object)
    double_clicked = Signal(object)
    pointer_left = Signal()
    view_changed = Signal(object)
    wheel_modified = Signal(object, float)
    menu_requested = Signal(object)
    resized = Signal()

    focus_radius = 0
    """The window's focus ring goes round the canvas too."""

    def __init__(
        self,
        parent: QWidget | None = None,
        background: QColor = DARK.canvas,
        accent: QColor = DARK.accent,
        sides: Sides = SIDES[SideColours.OKABE_ITO],
    ) -> None:
        super().__init__(parent)
        self._stage = Stage(background, accent, sides)
        self._view = View()
        self._pressed: PointerButton | None = None
        self._pressed_at = QPointF()
        self._moved = False
        self._pan_from: QPointF | None = None
        self._last = QPointF()
        self._space_held = False
        self._space_dragged = False
        self.reduced_motion = False
        self._loupe = Loupe(self._stage, self)
        self._loupe_mode = LoupeMode.OFF
        self._idle = QTimer(self, interval=0, singleShot=True)
        self._idle.timeout.connect(self._on_idle)
        self._stillness = QTimer(self, interval=_FADE_AFTER_MS, singleShot=True)
        self._stillness.timeout.connect(self._on_still)
        self._pulse = QTimer(self, interval=_PULSE_MS, singleShot=True)
        self._pulse.timeout.connect(self._on_pulse_over)
        self._calm = QTimer(self, interval=_CALM_MS, singleShot=True)
        self._calm.timeout.connect(self._on_calm)
        self._pinch = _Pinch(self)
        self._pinch.zoomed.connect(self._zoom)
        self.installEventFilter(self._pinch)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Canvas")

    # What is shown -------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        return self._view

    @property
    def scene(self) -> Scene:
        return self._stage.scene

    @property
    def picture(self) -> DisplayPicture | None:
        return self._stage.picture

    def set_picture(self, picture: DisplayPicture | None) -> None:
        """Show another picture, or the empty background. The window sets the scene that belongs to it."""
        self._repaint(self._stage.set_picture(picture))
        self._loupe.update()

    def set_scene(self, scene: Scene) -> None:
        """Show a scene; only what differs from the last one is painted."""
        before = self._stage.scene
        region = self._stage.set_scene(scene)
        if scene.callout is not None and (scene.callout != before.callout or scene.pointer != before.pointer):
            region += self._show_callout()
        placed = _just_placed(before, scene)
        if placed is not None and not self.reduced_motion:
            self._stage.pulse = placed
            self._pulse.start()
            region += self._stage.recompose()
        self._repaint(region)
        if self._loupe.isVisible():
            self._loupe.update()
        self._update_cursor()

    def set_view(self, view: View) -> None:
        """Show another part of the picture; the offset is rounded to whole device pixels, so that all is crisp."""
        ratio = self.devicePixelRatioF()
        view = View(view.scale, round(view.x * ratio) / ratio, round(view.y * ratio) / ratio)
        if view == self._view:
            return
        self._view = view
        self._show_view()
        self.view_changed.emit(view)

    def set_colours(self, background: QColor, accent: QColor, sides: Sides) -> None:
        """Wear another theme or palette."""
        self._repaint(self._stage.dress(background, accent, sides))

    def set_description(self, text: str) -> None:
        """Tell assistive technology what is on the canvas."""
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def set_loupe(self, mode: LoupeMode) -> None:
        """Show the loupe at the pointer, pin it to the lower right corner, or hide it."""
        self._loupe_mode = mode
        self._loupe.is_round = mode is LoupeMode.FOLLOWING
        self._loupe.setVisible(mode is not LoupeMode.OFF)
        self._place_loupe()

    @property
    def loupe(self) -> Loupe:
        return self._loupe

    @property
    def space_pans(self) -> bool:
        """Space is held: a drag pans."""
        return self._space_held

    def was_dragged_with_space(self) -> bool:
        """Tell, when Space is released, whether it was held for panning; then it means nothing else."""
        return self._space_dragged

    def finish_rendering(self) -> None:
        """Bring every pixel up to date now, for a screenshot."""
        self._stage.finish()
        self.update()

    # Painting ------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if ratio != self._stage.ratio:  # the window moved to another screen
            self._show_view()
        with painting(self) as painter:
            painter.scale(1 / ratio, 1 / ratio)
            self._stage.paint(painter, scaled_region(event.region(), ratio))
        if not self._stage.is_fresh:
            self._idle.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._show_view()
        self._place_loupe()
        self.resized.emit()

    def _show_view(self) -> None:
        ratio = self.devicePixelRatioF()
        size = QSize(max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1))
        started = time.perf_counter()
        self._repaint(self._stage.set_view(self._view, ratio, size))
        if time.perf_counter() - started > _FRAME_BUDGET_S:
            # Labels go first; they come back when the view rests.
            self._stage.is_hurried = True
        if self._stage.is_hurried:
            self._calm.start()
        if self._loupe.isVisible():
            self._place_loupe()

    def _repaint(self, region: QRegion) -> None:
        """Ask for a region of device pixels to be painted."""
        ratio = self.devicePixelRatioF()
        self.update(region if ratio == 1 else scaled_region(region, 1 / ratio))

    def _on_idle(self) -> None:
        self._repaint(self._stage.refine(_REFINE_S))
        if not self._stage.is_fresh:
            self._idle.start()

    def _on_calm(self) -> None:
        self._stage.is_hurried = False
        self._repaint(self._stage.recompose())

    # Callout, pulse, loupe -----------------------------------------------------------------------------------

    def _show_callout(self) -> QRegion:
        self._stage.callout_opacity = 1.0
        if not self.reduced_motion:
            self._stillness.start()
        return self._stage.recompose()

    def _on_still(self) -> None:
        self._stage.callout_opacity = _FADED
        self._repaint(self._stage.recompose())

    def _on_pulse_over(self) -> None:
        self._stage.pulse = None
        self._repaint(self._stage.recompose())

    def _place_loupe(self) -> None:
        if self._loupe_mode is LoupeMode.OFF:
            return
        self._loupe.move(loupe_corner(self._loupe_mode, self._last, self.size()))
        self._loupe.look_at(self._view.to_image((self._last.x(), self._last.y())))

    # Pointer -------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._last = event.position()
        button = _BUTTONS.get(event.button())
        if button is None or self._pressed is not None or self._pan_from is not None:
            return
        pans = button is PointerButton.MIDDLE or (
            button is PointerButton.LEFT and (self._space_held or self.scene.tool is Tool.PAN)
        )
        if pans:
            self._pan_from = event.position()
            self._update_cursor()
        elif button is PointerButton.RIGHT and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.menu_requested.emit(self._pointer(event.position(), event.modifiers(), button))
        else:
            self._pressed, self._pressed_at, self._moved = button, event.position(), False
            self.pointer_pressed.emit(self._pointer(event.position(), event.modifiers(), button))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position, before = event.position(), self._last
        self._last = position
        if self._pan_from is not None:
            self._space_dragged = self._space_dragged or self._space_held
            self.set_view(self._view.panned(position.x() - before.x(), position.y() - before.y()))
            return
        if self._pressed is not None and not self._moved:
            away = position - self._pressed_at
            self._moved = away.x() ** 2 + away.y() ** 2 > CLICK_RADIUS_SCREEN_PX**2
        self.pointer_moved.emit(self._pointer(position, event.modifiers(), self._pressed or PointerButton.NONE))
        self._place_loupe()
        self._update_cursor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = event.position()
        button = _BUTTONS.get(event.button())
        if self._pan_from is not None:
            if not event.buttons():
                self._pan_from = None
                self._update_cursor()
            return
        if button is None or button is not self._pressed:
            return
        pointer = self._pointer(event.position(), event.modifiers(), button, released=True)
        self._pressed = None
        self.pointer_released.emit(pointer)
        self._update_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.scene.tool in (Tool.PLACE, Tool.BOX, Tool.PAN) or event.button() != Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
        else:
            self.double_clicked.emit(self._pointer(event.position(), event.modifiers(), PointerButton.LEFT))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.menu_requested.emit(self._pointer(self._last, event.modifiers(), PointerButton.NONE))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        modifiers = event.modifiers()
        # With Alt some systems turn the wheel sideways.
        steps = (event.angleDelta().y() or event.angleDelta().x()) / _WHEEL_STEP
        if modifiers & Qt.KeyboardModifier.AltModifier:
            self.wheel_modified.emit(self._pointer(event.position(), modifiers, PointerButton.NONE), steps)
        elif self._loupe_mode is LoupeMode.FOLLOWING:
            self._loupe.magnify(steps)
        elif event.phase() != Qt.ScrollPhase.NoScrollPhase and not event.pixelDelta().isNull():
            self.set_view(self._view.panned(event.pixelDelta().x(), event.pixelDelta().y()))
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self.set_view(self._view.panned(steps * _PAN_PER_STEP_SCREEN_PX, 0))
        else:
            self._zoom(_ZOOM_PER_STEP**steps, event.position())

    def _zoom(self, factor: float, at: QPointF) -> None:
        self.set_view(self._view.zoomed(factor, (at.x(), at.y())))

    def enterEvent(self, event: QEnterEvent) -> None:
        self._last = event.position()

    def leaveEvent(self, event: QEvent) -> None:
        self.pointer_left.emit()
        if self._loupe_mode is LoupeMode.PINNED:
            self._loupe.look_at(None)

    def _pointer(
        self, at: QPointF, modifiers: Qt.KeyboardModifier, button: PointerButton, released: bool = False
    ) -> Pointer:
        screen = (at.x(), at.y())
        return Pointer(
            xy=self._view.to_image(screen),
            screen=screen,
            button=button,
            shift=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            ctrl=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
            alt=bool(modifiers & Qt.KeyboardModifier.AltModifier),
            moved=self._moved and self._pressed is not None,
            released=released,
        )

    # Keyboard ------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat() and not event.modifiers():
            self._space_held, self._space_dragged = True, False
            self._update_cursor()
        event.ignore()  # keys are the window's

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = False
            self._update_cursor()
        event.ignore()

    def focusNextPrevChild(self, next: bool) -> bool:
        """Keep Tab: on the canvas it walks through instances."""
        return False

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space_held = False

    def _update_cursor(self) -> None:
        at = self._view.to_image((self._last.x(), self._last.y()))
        hand = Hand(self._pan_from is not None, self._space_held, self._pressed is not None)
        box = None if hand.presses else self._stage.selected_box
        shape = cursor_shape(self.scene, hand, box, at, self._view.scale)
        if shape != self.cursor().shape():
            self.setCursor(QCursor(shape))


def _just_placed(before: Scene, after: Scene) -> tuple[float, float] | None:
    """Return where the guide's keypoint was placed between two scenes, or None."""
    if after.tool is not Tool.PLACE or after.drafted is not None or before.next_k is None:
        return None
    if before.selected != after.selected or before.instances == after.instances:
        return None
    instance = next((instance for instance in after.instances if instance.id == after.selected), None)
    return None if instance is None else place_of(instance, before.next_k)
