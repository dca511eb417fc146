"""The list of the Plugins dialog: those of others first, each with what it offers and whether it is on."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from annotator.session.plugin_sources import Origin, Plugin, State
from annotator.ui.theme import CAPTION, RADIUS_CONTROL, TEXT, Role, scaled, theme_of
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.paint import paint_box, paint_centred_icon, paint_text

_PADDING: Final = 10
_ICON: Final = 15
_LOOKS: Final[dict[State, tuple[str, Role]]] = {
    State.ON: ("circle-check", "ok"),
    State.OFF: ("circle-slash", "text3"),
    State.CHANGED: ("triangle-alert", "warn"),
    State.FAILED: ("circle-alert", "bad"),
    State.NOT_LOADED: ("circle-dashed", "text3"),
}
NOTHING_OF_OTHERS: Final = "None is installed, and none lies in the plugin folder."


class PluginList(QScrollArea):
    """Rows of which one is chosen; Tab enters once, arrows move."""

    chosen = Signal(str)
    """The name of the plugin that is chosen now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._rows: dict[str, PluginRow] = {}
        self._shown: Sequence[Plugin] = ()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)

    @property
    def choice(self) -> str:
        """Name of the chosen plugin; "" while there is none."""
        return next((name for name, row in self._rows.items() if row.isChecked()), "")

    @property
    def rows(self) -> Sequence["PluginRow"]:
        return list(self._rows.values())

    def choose(self, name: str) -> None:
        self._rows[name].setChecked(True)

    def show_plugins(self, plugins: Sequence[Plugin]) -> None:
        """Show these, and keep choice and focus where they are still among them."""
        if plugins == self._shown:
            return
        self._shown = plugins
        before, had_focus = self.choice, self.window().focusWidget() in self.rows
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 0, 6, 2)  # room for the focus ring
        column.setSpacing(2)
        self._group = QButtonGroup(content)
        self._rows = {}
        others = [plugin for plugin in plugins if plugin.origin is not Origin.BUNDLED]
        column.addWidget(_head("Of others"))
        if not others:
            column.addWidget(PlainLabel(NOTHING_OF_OTHERS, "text2", pixels=CAPTION, wraps=True))
        self._add(column, others)
        column.addSpacing(10)
        column.addWidget(_head("With Annotator"))
        self._add(column, [plugin for plugin in plugins if plugin.origin is Origin.BUNDLED])
        column.addStretch(1)
        content.setAutoFillBackground(False)
        self.setWidget(content)
        content.setAutoFillBackground(False)  # Qt turned it on
        if self._rows:
            row = self._rows.get(before) or next(iter(self._rows.values()))
            row.setChecked(True)
            if had_focus:
                row.setFocus()

    def focus_choice(self) -> None:
        """Give the chosen row the keyboard."""
        if self.choice:
            self._rows[self.choice].setFocus()

    def _add(self, column: QVBoxLayout, plugins: Sequence[Plugin]) -> None:
        for plugin in plugins:
            row = PluginRow(plugin)
            row.toggled.connect(lambda is_on, name=plugin.name: self.chosen.emit(name) if is_on else None)
            self._rows[plugin.name] = row
            self._group.addButton(row)
            column.addWidget(row)


def _head(title: str) -> PlainLabel:
    head = PlainLabel(title, "text2", pixels=CAPTION, weight=600)
    head.setContentsMargins(_PADDING, 2, 0, 4)
    return head


class PluginRow(QAbstractButton):
    """One plugin: name, what it offers, and an icon for its state."""

    focus_radius = RADIUS_CONTROL

    def __init__(self, plugin: Plugin, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plugin = plugin
        self._line = plugin.kinds or plugin.state.value
        self.setCheckable(True)
        self.setAccessibleName(f"{plugin.name}, {plugin.state.value}, {plugin.kinds}".removesuffix(", "))
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, scaled(43))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        rect = QRectF(self.rect())
        icon, role = _LOOKS[self._plugin.state]
        with QPainter(self) as painter:
            if self.isChecked():
                paint_box(painter, rect, RADIUS_CONTROL, theme.accent_background, theme.accent)
            elif self.underMouse():
                paint_box(painter, rect, RADIUS_CONTROL, theme.hover)
            place = QRectF(rect.right() - _PADDING - _ICON, 0, _ICON, rect.height())
            paint_centred_icon(painter, icon, place, theme.color(role), _ICON)
            height = scaled(17)
            room = QRectF(_PADDING, (rect.height() - 2 * height) / 2, place.left() - 2 * _PADDING, height)
            paint_text(painter, room, self._plugin.name, theme.text, TEXT, 500)
            room.translate(0, height)
            paint_text(painter, room, self._line, theme.text2, CAPTION)
