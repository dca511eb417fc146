"""The command palette: type a few letters, see what can be done here and why the rest cannot, run one."""

from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from annotator.session.commands.registry import commands
from annotator.session.session import Session
from annotator.ui.dialogs.palette_lines import Group, Line, palette_groups
from annotator.ui.icons import paint_icon
from annotator.ui.theme import CAPTION, ICON, RADIUS_CONTROL, TEXT, Theme, scaled, theme_of, theme_of_palette, ui_font
from annotator.ui.widgets.dialog import Sheet
from annotator.ui.widgets.labels import KeyCap, PlainLabel
from annotator.ui.widgets.paint import key_cap_size, paint_box, paint_key_cap, paint_text
from annotator.ui.widgets.surfaces import Divider

WIDTH: Final = 660
TOP: Final = 104
_BELOW: Final = 72  # at least this much of the window stays free under the palette
_ROW: Final = 38
_HEAD: Final = 30
_QUERY: Final = 14  # pixels of the text one types
_MARGIN: Final = 8
_TEXT_LEFT: Final = 40
_HINTS: Final = (("↑ ↓", "choose"), ("Enter", "run"), ("Esc", "close"))
_LINE_ROLE: Final = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


class Palette(Sheet):
    """A list of commands under a field; what is chosen is `chosen` once it was accepted."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, "Run a command")
        self._session = session
        self.chosen: str | None = None
        self._lines = _Lines(self)
        self._query = _Query()
        self._count = PlainLabel("", "text2", pixels=CAPTION)
        self._empty = PlainLabel("", "text2")
        self._list = _List(self._lines)
        self._build()
        self._query.textChanged.connect(self._on_typed)
        self._query.moved.connect(self._move)
        self._query.returnPressed.connect(lambda: self._run(self._list.currentIndex()))
        self._list.clicked.connect(self._run)
        self._on_typed("")
        self._query.setFocus()

    @classmethod
    def choose(cls, session: Session, parent: QWidget) -> str | None:
        """Ask for a command; return its id, or None when the person changed their mind."""
        palette = cls(session, parent)
        palette.exec()
        return palette.chosen

    def place(self, size: QSize, window: QRect) -> QPoint:
        top = max(0, min(TOP, window.height() - size.height()))
        return QPoint(window.center().x() - size.width() // 2, window.top() + top)

    def sizeHint(self) -> QSize:
        room = self._below.height() - TOP - _BELOW
        chrome = scaled(38) + scaled(36) + 6
        content = self._list.content_height() if not self._list.isHidden() else scaled(56)
        return QSize(WIDTH, min(chrome + content, room))

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 17, 0)
        head.addWidget(self._query, 1)
        head.addWidget(self._count)
        self._empty.setContentsMargins(17, 0, 17, 0)
        self._empty.setFixedHeight(scaled(56))
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 7, 16, 7)
        foot.setSpacing(8)
        for key, words in _HINTS:
            foot.addWidget(KeyCap(key))
            foot.addWidget(PlainLabel(words, "text2"))
            foot.addSpacing(6)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(Divider())
        column.addWidget(self._list, 1)
        column.addWidget(self._empty)
        column.addWidget(Divider())
        column.addLayout(foot)

    def _on_typed(self, text: str) -> None:
        groups = palette_groups(self._session, text)
        found = sum(len(group.lines) for group in groups)
        self._lines.show(groups)
        self._count.setText(f"{found} of {len(commands())} commands")
        self._empty.setText(f"No command matches “{text.strip()}”")
        self._empty.setVisible(not found)
        self._list.setVisible(bool(found))
        self._list.setCurrentIndex(self._lines.first())
        self._list.scrollToTop()
        if self.isVisible():
            self.resize(self.sizeHint())

    def _move(self, step: int) -> None:
        self._list.setCurrentIndex(self._lines.neighbour(self._list.currentIndex(), step))

    def _run(self, index: _Index) -> None:
        """Choose a line; one that does not apply now stays, with its reason in view."""
        line = index.data(_LINE_ROLE)
        if isinstance(line, Line) and not line.reason:
            self.chosen = line.command.id
            self.accept()


class _Query(QLineEdit):
    """The field at the top; it keeps the keyboard, so the list's keys go through it."""

    moved = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setFrame(False)
        self.setPlaceholderText("Run a command")
        self.setAccessibleName("Run a command")
        self.setFont(ui_font(_QUERY))
        self.setFixedHeight(scaled(38))
        self.setTextMargins(_TEXT_LEFT + 4, 0, 8, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}.get(
            Qt.Key(event.key())
        )
        if step is None:
            super().keyPressEvent(event)
        else:
            self.moved.emit(step)

    def focusNextPrevChild(self, _next: bool) -> bool:
        return True  # there is nowhere else to go

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            paint_icon(painter, "search", QPoint(17, (self.height() - ICON) // 2), theme_of(self).text2)


class _Lines(QAbstractListModel):
    """The lines and, as rows that cannot be chosen, the heads of their groups."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: list[Line | str] = []

    def show(self, groups: tuple[Group, ...]) -> None:
        self.beginResetModel()
        self._rows = []
        for group in groups:
            self._rows += [group.title, *group.lines]
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        if role == _LINE_ROLE:
            return row
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        if isinstance(row, str):
            return row
        key = " ".join(row.keys).replace("Ctrl", "Control")
        return ", ".join(filter(None, (row.command.title, row.reason, key)))

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if isinstance(self._rows[index.row()], str):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def first(self) -> QModelIndex:
        """Return the first line that applies now, else the first line."""
        rows = [(k, row) for k, row in enumerate(self._rows) if isinstance(row, Line)]
        usable = next((k for k, row in rows if not row.reason), rows[0][0] if rows else -1)
        return self.index(usable) if usable >= 0 else QModelIndex()

    def neighbour(self, index: QModelIndex, step: int) -> QModelIndex:
        """Return the line `step` lines further; single steps go round, long ones stop at the ends."""
        rows = [k for k, row in enumerate(self._rows) if isinstance(row, Line)]
        if not rows:
            return QModelIndex()
        there = (rows.index(index.row()) if index.isValid() else -1) + step
        there = there % len(rows) if abs(step) == 1 else min(max(there, 0), len(rows) - 1)
        return self.index(rows[there])


class _List(QListView):
    def __init__(self, lines: _Lines) -> None:
        super().__init__()
        self.setModel(lines)
        self.setItemDelegate(_Delegate(self))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName("Commands")
        self.viewport().setAutoFillBackground(False)
        self.setViewportMargins(0, 4, 0, 6)

    def content_height(self) -> int:
        """Return the height that shows every row."""
        lines = self.model()
        return 10 + sum(self.sizeHintForRow(row) for row in range(lines.rowCount()))


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, scaled(_HEAD if isinstance(index.data(_LINE_ROLE), str) else _ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = theme_of_palette(option.palette)
        rect = QRectF(option.rect)
        state = option.state
        row = index.data(_LINE_ROLE)
        if isinstance(row, str):
            paint_text(painter, rect.adjusted(17, 4, -17, 0), row, theme.text2, CAPTION, 500)
            return
        if state & QStyle.StateFlag.State_Selected:
            box = rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
            paint_box(painter, box, RADIUS_CONTROL, theme.accent_background, theme.accent)
        elif state & QStyle.StateFlag.State_MouseOver:
            paint_box(painter, rect.adjusted(_MARGIN, 0, -_MARGIN, 0), RADIUS_CONTROL, theme.hover)
        _paint_line(painter, rect, row, theme)


def _paint_line(painter: QPainter, rect: QRectF, line: Line, theme: Theme) -> None:
    """Paint icon, title with what was matched underlined, reason, and the key at the end."""
    if line.command.icon:
        top = rect.y() + round((rect.height() - ICON) / 2)
        paint_icon(painter, line.command.icon, QPointF(rect.x() + 19, top), theme.text2)
    end = _paint_keys(painter, rect, line.keys, theme)
    room = QRectF(rect.x() + _TEXT_LEFT + 6, rect.y(), end - rect.x() - _TEXT_LEFT - 18, rect.height())
    used = paint_text(painter, room, line.command.title, theme.text3 if line.reason else theme.text, 13, 500)
    if used < room.width():
        _underline(painter, room, line, theme.accent)
    if line.reason:
        room.setLeft(room.left() + used + 14)
        if room.width() > 30:
            paint_text(painter, room, line.reason, theme.text2, TEXT)


def _paint_keys(painter: QPainter, rect: QRectF, keys: tuple[str, ...], theme: Theme) -> float:
    """Paint the caps of a key at the right end; return where they begin."""
    left = rect.right() - 19
    for key in reversed(keys):
        size = key_cap_size(key)
        left -= size.width()
        paint_key_cap(painter, QPointF(left, rect.y() + round((rect.height() - size.height()) / 2)), key, theme)
        left -= 4
    return left


def _underline(painter: QPainter, room: QRectF, line: Line, color: QColor) -> None:
    metrics = QFontMetricsF(ui_font(13, 500))
    y = round(room.center().y() + metrics.ascent() / 2 + 3) + 0.5
    painter.setPen(QPen(color, 1.5))
    for start, length in line.spans:
        before = metrics.horizontalAdvance(line.command.title[:start])
        width = metrics.horizontalAdvance(line.command.title[start : start + length])
        painter.drawLine(QPointF(room.left() + before, y), QPointF(room.left() + before + width, y))
