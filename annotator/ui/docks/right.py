"""The right dock: guide, keypoints and instances, one above the other."""

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QSplitterHandle, QVBoxLayout, QWidget

from annotator.session.session import Session
from annotator.session.settings import SideColours
from annotator.ui.docks.guide import GuidePanel
from annotator.ui.docks.instances import InstancesPanel
from annotator.ui.docks.keypoints import KeypointsPanel
from annotator.ui.docks.rows import Follower
from annotator.ui.theme import SIDES, Sides, fill_with, scaled, theme_of
from annotator.ui.widgets.surfaces import Divider

WIDTH: Final = 312
_GRIP: Final = 5
_INSTANCES_SHARE: Final = 0.4
"""Of the height below the guide, what many instances may take from many keypoints."""


class RightDock(QWidget):
    """What is selected, and everything about it. Scrolls where the window is too low for it.

    Attributes:
        head: what it is dragged by.
    """

    def __init__(
        self, session: Session, sides: Sides = SIDES[SideColours.OKABE_ITO], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._is_by_hand = False
        self.guide = GuidePanel(session, sides)
        self.head = self.guide.head
        self.keypoints = KeypointsPanel(session, sides)
        self.instances = InstancesPanel(session)
        self._parts = _Parts(Qt.Orientation.Vertical)
        self._parts.setChildrenCollapsible(False)
        self._parts.setHandleWidth(_GRIP)
        self._parts.addWidget(self.keypoints)
        self._parts.addWidget(self.instances)
        self._parts.splitterMoved.connect(self._on_moved)
        self._parts.resized.connect(self._divide)
        self._build()
        Follower(self, session.frame_changed, self._on_changed)
        Follower(self, session.selection_changed, self._on_changed)

    def set_sides(self, sides: Sides) -> None:
        """Draw left and right in these colours."""
        self.guide.set_sides(sides)
        self.keypoints.set_sides(sides)

    def refresh(self) -> None:
        """Show the session as it is: skeletons were added or changed."""
        self.guide.refresh()
        self.keypoints.refresh()
        self.instances.refresh()
        self._divide()

    @property
    def parts(self) -> tuple[int, ...]:
        """Heights of keypoints and instances where a person divided them, else empty."""
        return tuple(self._parts.sizes()) if self._is_by_hand else ()

    def set_parts(self, heights: tuple[int, ...]) -> None:
        """Divide keypoints and instances as they were left, or by what they hold."""
        self._is_by_hand = len(heights) == self._parts.count()
        if self._is_by_hand:
            self._parts.setSizes(heights)
        else:
            self._divide()

    def sizeHint(self) -> QSize:
        return QSize(max(scaled(WIDTH), WIDTH), 600)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def _build(self) -> None:
        fill_with(self, "panel")
        self.setAccessibleName("Guide, keypoints and instances")
        self.setMinimumWidth(248)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.guide)
        column.addWidget(Divider())
        column.addWidget(self._parts, 1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        fill_with(scroll.viewport(), "panel")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.head)
        outer.addWidget(scroll, 1)

    def _on_changed(self, _: object) -> None:
        self._divide()

    def _on_moved(self) -> None:
        self._is_by_hand = True

    def _divide(self) -> None:
        """Give the keypoints the height of their rows and the instances the rest, until a person drew the line."""
        room = self._parts.height() - _GRIP
        if self._is_by_hand or room <= 0:
            return
        wanted, other = self.keypoints.wanted_height(), self.instances.wanted_height()
        least = max(min(other, round(room * _INSTANCES_SHARE)), self.instances.minimumSizeHint().height())
        upper = min(wanted, room - least)
        if self._parts.sizes() != [upper, room - upper]:
            self._parts.setSizes([upper, room - upper])


class _Parts(QSplitter):
    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def createHandle(self) -> QSplitterHandle:  # noqa: N802
        return _Grip(self.orientation(), self)


class _Grip(QSplitterHandle):
    """A line of one pixel with room around it to take hold of."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.panel)
            painter.fillRect(0, self.height() // 2, self.width(), 1, theme.line)
