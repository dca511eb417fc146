"""The ring around the control that has the keyboard focus.

Shown only when the keyboard moved the focus there; a click leaves no ring. One object serves the application:
a control takes part by having `focus_radius`. QFocusFrame would do, but its frame is cut off at the edges of
the control's parent.
"""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget
from shiboken6 import Shiboken

from annotator.ui.theme import theme_of
from annotator.ui.widgets.paint import paint_box

_WIDTH = 2
_FOLLOWED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide)


class FocusRing(QObject):
    """Draws the ring; make one per application and keep it."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._frame: _Frame | None = None
        app.focusChanged.connect(self._on_focus_changed)

    @property
    def control(self) -> QWidget | None:
        """The control that wears the ring."""
        return self._frame.control if self._frame is not None and Shiboken.isValid(self._frame.control) else None

    def _on_focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self._frame is not None:
            self._frame.leave()
            self._frame = None
        radius = getattr(new, "focus_radius", None)
        if new is None or radius is None or new.isWindow():
            return
        if new.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange):
            self._frame = _Frame(new, radius)


class _Frame(QWidget):
    """Lies over the ground that scrolls together with the control, or over the whole window."""

    def __init__(self, control: QWidget, radius: float) -> None:
        followed = [control]
        ground = control.parentWidget()
        while ground is not None and not ground.isWindow():
            parent = ground.parentWidget()
            if parent is not None and isinstance(parent.parentWidget(), QAbstractScrollArea):
                break
            followed.append(ground)
            ground = parent
        super().__init__(ground)
        self.control = control
        self._radius = radius
        self._followed = followed
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for widget in followed:
            widget.installEventFilter(self)
        self._follow()

    def leave(self) -> None:
        """Take the ring off."""
        if not Shiboken.isValid(self):
            return  # gone with the window it lay over
        for widget in self._followed:
            if Shiboken.isValid(widget):
                widget.removeEventFilter(self)
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _FOLLOWED:
            self._follow()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            accent = theme_of(self).accent
            paint_box(painter, QRectF(self.rect()), self._radius + _WIDTH, None, accent, _WIDTH)

    def _follow(self) -> None:
        ground = self.parentWidget()
        if ground is None or not Shiboken.isValid(self.control):
            return
        place = QRect(self.control.mapTo(ground, QPoint(0, 0)), self.control.size())
        self.setGeometry(place.adjusted(-_WIDTH, -_WIDTH, _WIDTH, _WIDTH))
        self.setVisible(self.control.isVisible())
        self.raise_()
