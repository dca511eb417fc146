"""The middle of a page with a dock at either side: resized, closed, torn off, put back, and laid out as it was left."""

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QMargins, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QStyle, QVBoxLayout, QWidget

from annotator.session.commands.registry import commands
from annotator.session.settings import DockLayout, PageLayout
from annotator.ui.docks.frames import FramesDock
from annotator.ui.docks.right import RightDock
from annotator.ui.places import is_reachable, rect_of, rectangle_of
from annotator.ui.theme import fill_with, theme_of
from annotator.ui.widgets.labels import set_tooltip

_EDGE: Final = 4
"""Around a floating dock, which has no frame of the desktop's: where its size is taken hold of."""


class Dock(QDockWidget):
    """A flat dock at one side of a page, dragged by the head of its content.

    Args:
        content: its head becomes the title bar.
        side: where it belongs, and is put back to.
        run: runs a command by id.
        command_ids: of the head's menu.
    """

    def __init__(
        self,
        content: FramesDock | RightDock,
        side: Qt.DockWidgetArea,
        run: Callable[[str], None],
        command_ids: tuple[str, ...],
    ) -> None:
        super().__init__()
        self.side = side
        self._run = run
        self._command_ids = command_ids
        self._width = 0
        self._case = QWidget()
        self._case.setMouseTracking(True)  # the pointer changes over the edge that resizes
        self._column = QVBoxLayout(self._case)
        self._column.addWidget(content)
        self._content = content
        content.setCursor(Qt.CursorShape.ArrowCursor)
        set_tooltip(content.head, "Drag to tear it off. A double click puts it back.")
        self.setWindowTitle(content.accessibleName())
        self.setAllowedAreas(side)
        self._margins = content.head.contentsMargins()
        self.setTitleBarWidget(content.head)
        self.setWidget(self._case)
        fill_with(self, "panel")
        self._column.setContentsMargins(0, 0, 0, 0)
        self.topLevelChanged.connect(self._on_floating_changed)

    @property
    def layout_now(self) -> DockLayout:
        """How the dock is left now."""
        floating = rectangle_of(self.geometry()) if self.isFloating() else None
        width = self.width() if self.isVisible() and floating is None else self._width
        return DockLayout(width, self.isHidden(), floating)

    @property
    def designed_width(self) -> int:
        return self._content.sizeHint().width()

    def toggle(self) -> None:
        """Close the dock, or open it where it was; the keyboard goes back to the window that it was torn off from."""
        self.setVisible(self.isHidden())
        if self.isHidden():
            self._give_keyboard_back()

    def toggle_floating(self) -> None:
        """Tear the dock off, or put it back; a closed one opens."""
        self.setFloating(not self.isFloating())
        self.show()

    def restore(self, wanted: DockLayout) -> None:
        """Close or tear off a dock that stands in its place, as it was left."""
        self._width = wanted.width
        if wanted.floating is not None and is_reachable(place := rect_of(wanted.floating)):
            self.setFloating(True)
            self.setGeometry(place)
        self.setVisible(not wanted.is_closed)

    def bring_back(self) -> None:
        """Put a dock that floats out of reach back to its side."""
        if self.isFloating() and not is_reachable(self.geometry()):
            self.setFloating(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self.isFloating() and self.isVisible():
            self._width = self.width()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer on the head what can be done with the dock; what lies below has menus of its own."""
        head = self.titleBarWidget()
        if head is None or not head.geometry().contains(event.pos()):
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for command in (commands()[id_] for id_ in self._command_ids):
            menu.addAction(command.title, partial(self._run, command.id))
        menu.popup(event.globalPos())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.isFloating():
            with QPainter(self) as painter:
                painter.setPen(theme_of(self).line2)
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _on_floating_changed(self, is_floating: bool) -> None:
        edge = _EDGE if is_floating else 0
        self._column.setContentsMargins(edge, 0, edge, edge)
        self.titleBarWidget().setContentsMargins(self._margins + QMargins(edge, 0, edge, 0))
        if is_floating:
            self.setFocus()  # else Qt gives the keyboard of the new window to its first field
        else:
            QTimer.singleShot(0, self._give_keyboard_back)

    def _give_keyboard_back(self) -> None:
        """Activate the window that the dock belongs to: without a window manager nobody else does."""
        page = self.parentWidget()
        if page is not None:
            page.window().activateWindow()


class Docking(QMainWindow):
    """A page's middle between two docks; a part of the page, not a window."""

    def __init__(self, left: Dock, centre: QWidget, right: Dock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockOptions(QMainWindow.DockOption(0))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.left, self.right, self._centre = left, right, centre
        self.setCentralWidget(centre)
        for dock in (left, right):
            self.addDockWidget(dock.side, dock)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.screenRemoved.connect(self._on_screen_removed)

    @property
    def layout_now(self) -> PageLayout:
        """How the docks are left now."""
        return PageLayout(self.left.layout_now, self.right.layout_now)

    def set_layout(self, layout: PageLayout) -> None:
        """Lay the docks out as they were left, or as designed."""
        docks = {self.left: layout.left, self.right: layout.right}
        for dock in docks:
            dock.setFloating(False)
            dock.show()
        gap = self.style().pixelMetric(QStyle.PixelMetric.PM_DockWidgetSeparatorExtent, None, self)
        widths = [wanted.width or dock.designed_width - gap for dock, wanted in docks.items()]
        self.resizeDocks([self.left, self.right], widths, Qt.Orientation.Horizontal)
        for dock, wanted in docks.items():
            dock.restore(wanted)

    def event(self, event: QEvent) -> bool:
        is_done = super().event(event)
        if event.type() is QEvent.Type.Paint:
            self._paint_lines()
        return is_done

    def _paint_lines(self) -> None:
        """Paint the gaps where docks are resized as a part of the dock that ends in a line."""
        theme = theme_of(self)
        centre = self._centre.geometry()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.panel)
            painter.fillRect(centre.right() + 1, 0, 1, self.height(), theme.line)

    def _on_screen_removed(self) -> None:
        for dock in (self.left, self.right):
            dock.bring_back()
