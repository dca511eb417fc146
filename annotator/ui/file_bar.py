"""The bars that float on the canvas: which file this is, and how it is looked at."""

from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from annotator.model.frame import Frame
from annotator.session.commands.registry import commands
from annotator.ui.theme import RADIUS_CARD, theme_of
from annotator.ui.widgets.buttons import IconButton
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.paint import paint_box

HEIGHT = 28


class FloatingBar(QWidget):
    """A bar with its own ground over the canvas."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT + 2)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(10, 1, 10, 1)
        self.row.setSpacing(8)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the corners off: letting the canvas through would paint it anew with every change of the bar."""
        super().resizeEvent(event)
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()).adjusted(-0.5, -0.5, 0.5, 0.5), RADIUS_CARD, RADIUS_CARD)
        self.setMask(QRegion(path.toFillPolygon().toPolygon()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.canvas)
            paint_box(painter, QRectF(self.rect()), RADIUS_CARD, theme.panel, theme.line2)


class FileBar(FloatingBar):
    """Name, size and instances of the shown frame."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = PlainLabel(weight=600)
        self._facts = PlainLabel(role="text2")
        self.row.addWidget(self._name)
        self.row.addWidget(self._facts)

    def show_frame(self, frame: Frame, instances: int, predictions: int) -> None:
        """Tell the frame's name, size and what is in it."""
        self._name.setText(frame.name)
        parts = [f"{frame.width} × {frame.height}"] if frame.width else []
        parts.append("1 instance" if instances == 1 else f"{instances} instances")
        if predictions:
            parts.append(f"{predictions} predicted")
        self._facts.setText(" · ".join(parts))

    def fit_into(self, room: int) -> None:
        """Take the width that the words need, at most `room`; the facts go before the name is cut."""
        name, facts = self._name.sizeHint().width(), self._facts.sizeHint().width()
        frame = 28
        self._facts.setVisible(name + facts + frame <= room)
        wanted = name + frame + (facts if self._facts.isVisibleTo(self) else -8)
        self.resize(max(min(wanted, room), 60), self.height())


class ViewBar(FloatingBar):
    """Overlays, names, zoom."""

    def __init__(self, run: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.row.setContentsMargins(6, 1, 6, 1)
        self.row.setSpacing(4)
        self._run = run
        for command_id in ("view.overlays", "view.labels"):
            self.row.addWidget(self._button(command_id, commands()[command_id].icon))
        self.row.addWidget(self._button("view.zoom_out", "minus"))
        self._zoom = PlainLabel("100 %", weight=600)
        self._zoom.setMinimumWidth(44)
        self.row.addWidget(self._zoom)
        self.row.addWidget(self._button("view.zoom_in", "plus"))
        self.row.addWidget(self._button("view.fit", "scan"))

    def show_zoom(self, scale: float) -> None:
        self._zoom.setText(f"{scale * 100:.0f} %")

    def _button(self, command_id: str, icon: str) -> IconButton:
        command = commands()[command_id]
        button = IconButton(icon, command.title, command.keys[0] if command.keys else "", edge=24)
        button.clicked.connect(lambda: self._run(command_id))
        return button
