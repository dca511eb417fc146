"""The frame of every dialog: title, close button, body, and a foot with the buttons that decide."""

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QMouseEvent,
    QMoveEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from annotator.ui.theme import PRIMARY_HEIGHT, RADIUS_DIALOG, Role, scaled, theme_of
from annotator.ui.widgets.buttons import Button, ButtonKind, IconButton
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.paint import paint_box
from annotator.ui.widgets.surfaces import Divider

_HEAD = 44
_ROOM = 24  # between a dialog and the edges of the window below


class Sheet(QDialog):
    """A modal surface over a dimmed window, without head and foot: the frame of `Dialog`, and of the palette."""

    def __init__(self, parent: QWidget, title: str, size: QSize | None = None) -> None:
        """Make the surface.

        Args:
            parent: any widget of the window to stand over.
            title: told by the screen reader and the task bar.
            size: wanted; less where the window is smaller. By default what the content needs.
        """
        super().__init__(parent.window(), Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self._below = parent.window()
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setModal(True)
        self.setWindowTitle(title)
        self._wanted = size
        self._scrim: _Scrim | None = None

    def setVisible(self, visible: bool) -> None:
        if visible and self._scrim is None:
            self._scrim = _Scrim(self._below)
            self._fit()
        super().setVisible(visible)
        if visible and self._scrim is not None:
            self._scrim.follow(self.geometry())
            self.activateWindow()  # where no window manager does it
        elif not visible and self._scrim is not None:
            self._scrim.hide()
            self._scrim.deleteLater()
            self._scrim = None
            self._below.activateWindow()  # without a window manager nobody else gives the keyboard back

    def exec(self) -> int:
        """Show it until it is decided; it is gone once its caller has read the outcome."""
        result = super().exec()
        self.deleteLater()
        return result

    def place(self, size: QSize, window: QRect) -> QPoint:
        """Return the top left corner of the surface over `window`, both on the screen."""
        rect = QRect(QPoint(), size)
        rect.moveCenter(window.center())
        return rect.topLeft()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._scrim is not None:
            self._scrim.follow(self.geometry())
        if QGuiApplication.platformName() != "xcb":
            return
        # An X server without a compositor would show black corners: cut them off, just outside the painted edge.
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()), RADIUS_DIALOG - 1, RADIUS_DIALOG - 1)
        self.setMask(QRegion(path.toFillPolygon().toPolygon()))

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        if self._scrim is not None:
            self._scrim.follow(self.geometry())

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            paint_box(painter, QRectF(self.rect()), RADIUS_DIALOG, theme.panel, theme.line2)

    def _fit(self) -> None:
        """Take the wanted size as far as the window below allows, in its place there."""
        window = QRect(self._below.mapToGlobal(QPoint()), self._below.size())
        room = window.size() - QSize(2 * _ROOM, 2 * _ROOM)
        size = (self._wanted or self.sizeHint()).expandedTo(self.minimumSizeHint())
        layout = self.layout()
        if layout is not None and layout.hasHeightForWidth():  # text that wraps needs more than its minimum says
            size.setHeight(max(size.height(), layout.totalHeightForWidth(min(size.width(), room.width()))))
        self.resize(size.boundedTo(room))
        self.move(self.place(self.size(), window))


class Dialog(Sheet):
    """A modal dialog over a dimmed window. Put the content into `body`, buttons with `add_button`."""

    def __init__(
        self, parent: QWidget, title: str, subtitle: str = "", *, size: QSize | None = None, has_foot: bool = True
    ) -> None:
        """Make the dialog.

        Args:
            parent: any widget of the window to stand over.
            subtitle: what it is about, in small: the project's name.
            size: wanted; less where the window is smaller. By default what the content needs.
            has_foot: there is something to decide, with buttons at the foot.
        """
        super().__init__(parent, title, size)
        self._drag_from: QPoint | None = None
        self.body = QVBoxLayout()
        self.body.setContentsMargins(16, 14, 16, 14)
        self.body.setSpacing(10)
        self._head = QHBoxLayout()
        self._foot = QHBoxLayout()
        self._foot_text = PlainLabel("", "text2")
        self._build_frame(title, subtitle, has_foot)

    def add_to_head(self, widget: QWidget) -> None:
        """Put a control into the head, before the close button."""
        self._head.insertWidget(self._head.count() - 1, widget)

    def add_button(self, text: str, kind: ButtonKind = ButtonKind.PLAIN) -> Button:
        """Put a button at the end of the foot; the primary one answers to Enter."""
        button = Button(text, kind, height=PRIMARY_HEIGHT if kind is ButtonKind.PRIMARY else 28)
        button.setDefault(kind is ButtonKind.PRIMARY)
        button.setAutoDefault(kind is ButtonKind.PRIMARY)
        self._foot.addWidget(button)
        return button

    def set_foot_text(self, text: str, role: Role = "text2") -> None:
        """Say in one line what the primary button will do, or what is missing."""
        self._foot_text.set_role(role)
        self._foot_text.setText(text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and event.position().y() < scaled(_HEAD):
            self._drag_from = event.globalPosition().toPoint() - self.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag_from is not None:
            self.move(event.globalPosition().toPoint() - self._drag_from)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._drag_from = None

    def _build_frame(self, title: str, subtitle: str, has_foot: bool) -> None:
        close = IconButton("x", "Close", "Esc")
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(self.reject)
        self._head.setContentsMargins(16, 8, 10, 8)
        self._head.setSpacing(8)
        self._head.addWidget(PlainLabel(title, pixels=15, weight=600))
        self._head.addWidget(PlainLabel(subtitle, "text2"), 1)
        self._head.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addWidget(Divider())
        column.addLayout(self.body, 1)
        if not has_foot:
            return
        self._foot.setContentsMargins(16, 10, 12, 10)
        self._foot.setSpacing(8)
        self._foot.addWidget(self._foot_text, 1)
        column.addWidget(Divider())
        column.addLayout(self._foot)


class _Scrim(QWidget):
    """Dims the window under a dialog, and draws the dialog's shadow: the dialog itself ends at its edge."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._dialog = QRect()
        self.setGeometry(window.rect())
        self.show()
        self.raise_()

    def follow(self, dialog: QRect) -> None:
        self._dialog = QRect(self.mapFromGlobal(dialog.topLeft()), dialog.size())
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme_of(self).scrim)
            if self._dialog.isNull():
                return
            # 0 16 48 as a stack of translucent boxes; a blur would cost a picture of the whole window.
            for spread in range(44, 0, -4):
                grown = QRectF(self._dialog).adjusted(-spread, 16 - spread, spread, 16 + spread)
                paint_box(painter, grown, RADIUS_DIALOG + spread, QColor(0, 0, 0, 18 - spread // 3))
