"""The top bar: mark, menus, undo and redo, the command field, Export. All of it from the command declarations."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from annotator.session.commands.contract import Command, Menu
from annotator.session.commands.registry import commands, menu_commands
from annotator.session.session import Session
from annotator.session.settings import SideColours
from annotator.ui.icon_engine import icon
from annotator.ui.icons import paint_icon
from annotator.ui.theme import INK, SIDES, TEXT, fill_with, scaled, theme_of, ui_font
from annotator.ui.widgets.buttons import Button, IconButton
from annotator.ui.widgets.paint import paint_box, paint_text

HEIGHT = 44


class Mark(QWidget):
    """The product's mark: three keypoints of one figure."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(28, 28)
        self.setAccessibleName("Annotator")

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = SIDES[SideColours.OKABE_ITO]
        places = ((QPointF(14, 8), colours.centre), (QPointF(8, 19), colours.right), (QPointF(20, 19), colours.left))
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme_of(self).text3, 1.5))
            painter.drawLine(places[0][0], places[1][0])
            painter.drawLine(places[0][0], places[2][0])
            for place, colour in places:
                painter.setPen(QPen(INK, 0.8))
                painter.setBrush(QColor(colour))
                painter.drawEllipse(place, 4.2, 4.2)


class CommandField(QWidget):
    """Looks like a field, opens the palette."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(196, 28)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setAccessibleName("Run a command, Control K")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        rect = QRectF(self.rect())
        with QPainter(self) as painter:
            paint_box(painter, rect, 6, theme.field, theme.line2)
            paint_icon(painter, "search", QPointF(10, 6), theme.text3)
            paint_text(painter, QRectF(36, 0, 110, 28), "Run a command", theme.text3)
            paint_text(painter, QRectF(140, 0, 46, 28), "Ctrl K", theme.text2, pixels=11, weight=500)


class TopBar(QWidget):
    """The bar over a page."""

    def __init__(self, session: Session, run: Callable[[str], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._run = run
        self.setFixedHeight(HEIGHT)
        fill_with(self, "panel")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(2)
        row.addWidget(Mark())
        row.addSpacing(6)
        for menu in Menu:
            if menu is not Menu.NONE:
                row.addWidget(self._menu_button(menu))
        row.addStretch(1)
        self._undo = self._icon_button("edit.undo")
        self._redo = self._icon_button("edit.redo")
        row.addWidget(self._undo)
        row.addWidget(self._redo)
        row.addSpacing(12)
        field = CommandField()
        field.pressed.connect(lambda: run("help.palette"))
        row.addWidget(field)
        row.addSpacing(8)
        export = Button("Export", icon="download")
        export.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        export.clicked.connect(lambda: run("file.export"))
        row.addWidget(export)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.fillRect(0, self.height() - 1, self.width(), 1, theme.line)

    def show_history(self, undo: str, redo: str) -> None:
        """Name what undo and redo would do: "Undo: Place left_elbow"."""
        self._undo.set_name(f"Undo: {undo}" if undo else "Undo", "Ctrl+Z")
        self._redo.set_name(f"Redo: {redo}" if redo else "Redo", "Ctrl+Shift+Z")

    def _icon_button(self, command_id: str) -> IconButton:
        command = commands()[command_id]
        button = IconButton(command.icon, command.title, command.keys[0])
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._run(command_id))
        return button

    def _menu_button(self, menu: Menu) -> QToolButton:
        button = MenuButton(str(menu))
        popup = QMenu(button)
        popup.aboutToShow.connect(lambda: self._fill(popup, menu))
        button.setMenu(popup)
        return button

    def _fill(self, popup: QMenu, menu: Menu) -> None:
        """Build a menu as it opens, so that every line knows whether it applies now."""
        popup.clear()
        for number, group in enumerate(menu_commands(menu)):
            if number:
                popup.addSeparator()
            for command in group:
                popup.addAction(self._action(popup, command))

    def _action(self, popup: QMenu, command: Command) -> QAction:
        reason = command.reason(self._session)
        words = command.title.replace("&", "&&")
        action = QAction(f"{words}\t{command.keys[0]}" if command.keys else words, popup)
        action.setEnabled(not reason)
        if reason:
            action.setText(f"{words}   ({reason})")
        if command.icon:
            action.setIcon(icon(command.icon))
        action.triggered.connect(lambda: self._run(command.id))
        return action


class MenuButton(QToolButton):
    """A menu's name in the bar."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setText(words)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        self.setFont(ui_font(TEXT))
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 18, scaled(28))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        rect = QRectF(self.rect())
        with QPainter(self) as painter:
            if self.isDown() or self.underMouse():
                paint_box(painter, rect, 6, theme.press if self.isDown() else theme.hover)
            paint_text(painter, rect, self.text(), theme.text, align=Qt.AlignmentFlag.AlignCenter)
