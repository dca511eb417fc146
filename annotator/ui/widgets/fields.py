"""Controls that take input: text, search, a folder, a choice, a tick; and the row of a form around one."""

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from annotator.ui.icons import paint_icon
from annotator.ui.theme import CAPTION, CONTROL_HEIGHT, ICON, RADIUS_CONTROL, TEXT, scaled, theme_of
from annotator.ui.widgets.buttons import IconButton
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.paint import paint_box, paint_centred_icon, paint_text, text_width

_PADDING: Final = 9
_BOX: Final = 16


class TextField(QLineEdit):
    """One line of text, optionally with an icon before it and a button behind."""

    focus_radius = RADIUS_CONTROL

    def __init__(self, text: str = "", placeholder: str = "", *, icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._icon = icon
        self._trailing: QWidget | None = None
        self.setPlaceholderText(placeholder)
        self.setFrame(False)
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)  # the field is painted here
        self.setPalette(palette)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._set_margins()

    def set_trailing(self, widget: QWidget) -> None:
        """Put a small button at the end of the field."""
        widget.setParent(self)
        self._trailing = widget
        self._set_margins()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), scaled(CONTROL_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(64, scaled(CONTROL_HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._trailing is not None:
            top = (self.height() - self._trailing.height()) // 2
            self._trailing.move(QPoint(self.width() - self._trailing.width() - 2, top))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            border = theme.accent if self.hasFocus() else theme.line2
            paint_box(painter, QRectF(self.rect()), RADIUS_CONTROL, theme.field, border)
            if self._icon:
                paint_icon(painter, self._icon, QPointF(8, round((self.height() - ICON) / 2)), theme.text2)
        super().paintEvent(event)

    def _set_margins(self) -> None:
        left = 8 + ICON + 10 if self._icon else _PADDING
        self.setTextMargins(left, 0, self._trailing.width() + 4 if self._trailing else _PADDING, 0)


class SearchField(TextField):
    """A field that filters a list while one types; Escape empties it."""

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__("", icon="search", parent=parent)
        self.set_placeholder(placeholder)
        self._clear = IconButton("x", "Clear the search", "Esc", edge=22, icon_size=14)
        self._clear.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._clear.setCursor(Qt.CursorShape.ArrowCursor)
        self._clear.clicked.connect(self.clear)
        self._clear.hide()
        self.set_trailing(self._clear)
        self.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))

    def set_placeholder(self, words: str) -> None:
        """Say what is searched: "Search 8 skeletons"."""
        self.setPlaceholderText(words)
        self.setAccessibleName(words)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class PathField(TextField):
    """A folder or file, typed or chosen."""

    browse_requested = Signal()

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent=parent)
        button = IconButton("folder-open", "Choose a folder…", edge=24)
        button.setCursor(Qt.CursorShape.ArrowCursor)
        button.clicked.connect(self.browse_requested)
        self.set_trailing(button)


class Combo(QComboBox):
    """A choice from a list."""

    focus_radius = RADIUS_CONTROL

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def add_heading(self, text: str) -> None:
        """Add a row that names the rows below it and cannot be chosen."""
        self.addItem(text)
        self.model().setData(self.model().index(self.count() - 1, 0), 0, Qt.ItemDataRole.UserRole - 1)  # its flags

    def sizeHint(self) -> QSize:
        widest = max((text_width(self.itemText(row)) for row in range(self.count())), default=40)
        return QSize(round(widest) + 2 * _PADDING + ICON + 8, scaled(CONTROL_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(72, scaled(CONTROL_HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        rect = QRectF(self.rect())
        with QPainter(self) as painter:
            border = theme.control if self.underMouse() and self.isEnabled() else theme.line2
            paint_box(painter, rect, RADIUS_CONTROL, theme.field, border)
            color = theme.text if self.isEnabled() else theme.text3
            room = rect.adjusted(_PADDING, 0, -(ICON + 10), 0)
            paint_text(painter, room, self.currentText(), color, TEXT, 500)
            arrow = QRectF(rect.right() - ICON - 7, 0, ICON, rect.height())
            paint_centred_icon(painter, "chevron-down", arrow, theme.text2, 14)


class Check(QCheckBox):
    """A tick before a line of words."""

    focus_radius = RADIUS_CONTROL

    def __init__(self, text: str, is_on: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self.set_words(text)
        self.setChecked(is_on)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def words(self) -> str:
        return self._words

    def set_words(self, text: str) -> None:
        """Show `text` as it is: no letter of it becomes a shortcut."""
        self._words = text
        self.setText(text.replace("&", "&&"))
        self.setAccessibleName(text)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(_BOX + 10 + round(text_width(self._words)), scaled(24))

    def minimumSizeHint(self) -> QSize:
        return QSize(_BOX + 50, scaled(24))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        box = QRectF(0, round((self.height() - _BOX) / 2), _BOX, _BOX)
        with QPainter(self) as painter:
            if self.isChecked():
                paint_box(painter, box, 4, theme.accent if self.isEnabled() else theme.line2)
                paint_centred_icon(painter, "check", box, theme.on_accent, 13)
            else:
                is_hovered = self.underMouse() and self.isEnabled()
                paint_box(painter, box, 4, theme.hover if is_hovered else theme.field, theme.control)
            room = QRectF(_BOX + 8, 0, self.width() - _BOX - 8, self.height())
            paint_text(painter, room, self._words, theme.text if self.isEnabled() else theme.text3)


class FormRow(QWidget):
    """A control under its name, with a line below for what is wrong or worth knowing."""

    def __init__(self, label: str, control: QWidget, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = PlainLabel(label, "text2", pixels=CAPTION)
        name.setBuddy(control)
        if not control.accessibleName():
            control.setAccessibleName(label)
        self._hint = hint
        self._line = PlainLabel(hint, "text3", pixels=CAPTION, wraps=True)
        self._line.setVisible(bool(hint))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(name)
        column.addWidget(control)
        column.addWidget(self._line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def set_error(self, sentence: str) -> None:
        """Say what is wrong with the input; an empty sentence brings the hint back."""
        self._line.setText(sentence or self._hint)
        self._line.set_role("bad" if sentence else "text3")
        self._line.setVisible(bool(sentence or self._hint))
