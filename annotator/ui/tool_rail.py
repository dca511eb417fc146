"""The tool rail: the commands that are tools, as icons."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from annotator.session.commands.registry import commands
from annotator.session.scene import Tool
from annotator.ui.theme import ICON_RAIL, fill_with, theme_of
from annotator.ui.widgets.buttons import IconButton
from annotator.ui.widgets.surfaces import Divider

WIDTH = 45
_TOOLS = {"label.select": Tool.SELECT, "label.place": Tool.PLACE, "label.box": Tool.BOX, "view.pan": Tool.PAN}
_GROUPS = (("label.select", "label.place", "label.box"), ("view.pan", "view.loupe"), ("model.frame", "edit.swap"))


class ToolRail(QWidget):
    """Tools from top to bottom, the key map at the foot."""

    def __init__(self, run: Callable[[str], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        fill_with(self, "panel")
        self._run = run
        self._buttons: dict[str, IconButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 8, 6, 8)
        column.setSpacing(4)
        for number, group in enumerate(_GROUPS):
            if number:
                column.addWidget(Divider())
            for command_id in group:
                column.addWidget(self._button(command_id))
        column.addStretch(1)
        column.addWidget(self._button("help.keys"))

    def show_tool(self, tool: Tool) -> None:
        """Mark the tool that is on."""
        for command_id, its_tool in _TOOLS.items():
            self._buttons[command_id].setChecked(its_tool is tool)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.fillRect(0, 0, 1, self.height(), theme.line)
            painter.fillRect(self.width() - 1, 0, 1, self.height(), theme.line)

    def _button(self, command_id: str) -> IconButton:
        command = commands()[command_id]
        button = IconButton(
            command.icon,
            command.title,
            command.keys[0] if command.keys else "",
            checkable=command_id in _TOOLS,
            edge=32,
            icon_size=ICON_RAIL,
        )
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._run(command_id))
        self._buttons[command_id] = button
        return button
