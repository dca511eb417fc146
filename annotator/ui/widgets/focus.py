"""The ring around the control that has the keyboard focus.

Shown only when the keyboard moved the focus there; a click leaves no ring. One object serves the application:
a control takes part by having `focus_radius`.
"""

from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFocusFrame, QWidget

from annotator.ui.theme import theme_of
from annotator.ui.widgets.paint import paint_box

_WIDTH = 2  # the margin that QFocusFrame keeps around its widget


class FocusRing(QObject):
    """Draws the ring; make one per application and keep it."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._frame: _Frame | None = None
        app.focusChanged.connect(self._on_focus_changed)

    def _on_focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self._frame is not None:
            self._frame.deleteLater()
            self._frame = None
        radius = getattr(new, "focus_radius", None)
        if new is None or radius is None:
            return
        if new.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange):
            self._frame = _Frame(new, radius)
            self._frame.destroyed.connect(self._on_frame_destroyed)

    def _on_frame_destroyed(self) -> None:
        if self._frame is self.sender():
            self._frame = None


class _Frame(QFocusFrame):
    def __init__(self, widget: QWidget, radius: float) -> None:
        super().__init__(widget)
        self._radius = radius
        self.setWidget(widget)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            accent = theme_of(self).accent
            paint_box(painter, QRectF(self.rect()), self._radius + _WIDTH, None, accent, _WIDTH)
