"""The frame of every dialog: title, close button, body, and a foot with the buttons that decide."""

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from annotator.ui.theme import PRIMARY_HEIGHT, RADIUS_DIALOG, scaled, theme_of
from annotator.ui.widgets.buttons import Button, ButtonKind, IconButton
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.paint import paint_box
from annotator.ui.widgets.surfaces import Divider

_HEAD = 44
_ROOM = 24  # between a dialog and the edges of the window below


class Dialog(QDialog):
    """A modal dialog over a dimmed window. Put the content into `body`, buttons with `add_button`."""

    def __init__(self, parent: QWidget, title: str, subtitle: str = "", *, size: QSize | None = None) -> None:
        """Make the dialog.

        Args:
            parent: any widget of the window to stand over.
            subtitle: what it is about, in small: the project's name.
            size: wanted; less where the window is smaller. By default what the content needs.
        """
        super().__init__(parent.window(), Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self._below = parent.window()
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setModal(True)
        self.setWindowTitle(title)
        self._wanted = size
        self._scrim: _Scrim | None = None
        self._drag_from: QPoint | None = None
        self.body = QVBoxLayout()
        self.body.setContentsMargins(16, 14, 16, 14)
        self.body.setSpacing(10)
        self._foot = QHBoxLayout()
        self._foot_text = PlainLabel("", "text2")
        self._build(title, subtitle)

    def add_button(self, text: str, kind: ButtonKind = ButtonKind.PLAIN) -> Button:
        """Put a button at the end of the foot; the primary one answers to Enter."""
        button = Button(text, kind, height=PRIMARY_HEIGHT if kind is ButtonKind.PRIMARY else 28)
        button.setDefault(kind is ButtonKind.PRIMARY)
        button.setAutoDefault(kind is ButtonKind.PRIMARY)
        self._foot.addWidget(button)
        return button

    def set_foot_text(self, text: str) -> None:
        """Say in one line what the primary button will do, or what is missing."""
        self._foot_text.setText(text)

    def setVisible(self, visible: bool) -> None:
        if visible and self._scrim is None:
            self._scrim = _Scrim(self._below)
            self._fit()
        super().setVisible(visible)
        if visible and self._scrim is not None:
            self._scrim.follow(self.geometry())
        elif not visible and self._scrim is not None:
            self._scrim.deleteLater()
            self._scrim = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if QGuiApplication.platformName() != "xcb":
            return
        # An X server without a compositor would show black corners: cut them off, just outside the painted edge.
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()), RADIUS_DIALOG - 1, RADIUS_DIALOG - 1)
        self.setMask(QRegion(path.toFillPolygon().toPolygon()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            paint_box(painter, QRectF(self.rect()), RADIUS_DIALOG, theme.panel, theme.line2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and event.position().y() < scaled(_HEAD):
            self._drag_from = event.globalPosition().toPoint() - self.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag_from is not None:
            self.move(event.globalPosition().toPoint() - self._drag_from)
            if self._scrim is not None:
                self._scrim.follow(self.geometry())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._drag_from = None

    def _build(self, title: str, subtitle: str) -> None:
        close = IconButton("x", "Close", "Esc")
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(self.reject)
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 10, 8)
        head.setSpacing(8)
        head.addWidget(PlainLabel(title, pixels=15, weight=600))
        head.addWidget(PlainLabel(subtitle, "text2"), 1)
        head.addWidget(close)
        self._foot.setContentsMargins(16, 10, 12, 10)
        self._foot.setSpacing(8)
        self._foot.addWidget(self._foot_text, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(Divider())
        column.addLayout(self.body, 1)
        column.addWidget(Divider())
        column.addLayout(self._foot)

    def _fit(self) -> None:
        """Take the wanted size as far as the window below allows, in its middle."""
        window = self._below
        room = window.size() - QSize(2 * _ROOM, 2 * _ROOM)
        size = (self._wanted or self.sizeHint()).expandedTo(self.minimumSizeHint()).boundedTo(room)
        self.resize(size)
        place = QRect(QPoint(), self.size())
        place.moveCenter(QRect(window.mapToGlobal(QPoint()), window.size()).center())
        self.move(place.topLeft())


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
