"""The instances panel: what is labeled and proposed in this frame; select, zoom to, hide."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from annotator.session import deciding
from annotator.session.commands.registry import attempt, commands, run
from annotator.session.session import Session
from annotator.ui.docks.instance_rows import InstanceRow, instance_rows, toggle_hidden
from annotator.ui.docks.rows import (
    Follower,
    RowDelegate,
    RowLook,
    RowModel,
    SweptTable,
    card_of,
    paint_ground,
)
from annotator.ui.theme import CAPTION, RADIUS_CAP, TEXT, Theme, fill_with, scaled
from annotator.ui.widgets.buttons import IconButton
from annotator.ui.widgets.fields import Combo
from annotator.ui.widgets.labels import SectionHead, plain_tooltip
from annotator.ui.widgets.paint import paint_box, paint_centred_icon, paint_progress, paint_text

ROW: Final = 30
_BADGE: Final = 22
_BAR: Final = 44
_ICON: Final = 15
_TARGET: Final = 24
_CENTRE: Final = Qt.AlignmentFlag.AlignCenter


def _text(_: int, row: InstanceRow, role: int) -> str | None:
    """Return what a row says to the reader of the screen and to the pointer."""
    if role == Qt.ItemDataRole.DisplayRole:
        return row.name
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return row.spoken
    return plain_tooltip(row.spoken) if role == Qt.ItemDataRole.ToolTipRole else None


class InstanceTable(SweptTable):
    """The list; the eyes at its end can be clicked and swept over."""

    row_double_clicked = Signal(int)
    menu_requested = Signal(int, QPoint)

    def __init__(self, model: RowModel[InstanceRow], parent: QWidget | None = None) -> None:
        super().__init__("Instances", ROW, parent)
        self.setModel(model)
        self.setItemDelegate(_InstanceDelegate(lambda row: model.rows[row], self))

    def part_rect(self, row: int) -> QRectF:
        return _eye_of(QRectF(self.row_rect(row)))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self.row_at(event.position().toPoint())
        if self.part_at(event.position().toPoint()) >= 0:
            self.mousePressEvent(event)  # two quick clicks on an eye are two clicks
        elif row >= 0 and event.button() is Qt.MouseButton.LeftButton:
            self.row_double_clicked.emit(row)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        is_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        row = self.currentIndex().row() if is_key else self.row_at(self.viewport().mapFromGlobal(event.globalPos()))
        if row >= 0:
            below = self.viewport().mapToGlobal(self.row_rect(row).bottomLeft() + QPoint(_BADGE, 0))
            self.menu_requested.emit(row, below if is_key else event.globalPos())


class _InstanceDelegate(RowDelegate):
    def __init__(self, row: Callable[[int], InstanceRow], table: InstanceTable) -> None:
        super().__init__(table)
        self._row = row
        self._instances = table

    def paint_row(self, painter: QPainter, rect: QRectF, row: int, is_hovered: bool, theme: Theme) -> None:
        shown = self._row(row)
        is_marked = is_hovered or self._instances.is_swept(row)
        look = RowLook.CHOSEN if shown.is_selected else RowLook.HOVERED if is_marked else RowLook.PLAIN
        card = card_of(rect).adjusted(0, 0.5, 0, -0.5)
        paint_ground(painter, card, look, theme)
        middle = rect.center().y()
        badge = QRectF(14, round(middle - scaled(18) / 2), max(_BADGE, scaled(14) + 8), scaled(18))
        fill = theme.accent if shown.is_selected else theme.press if is_marked else theme.hover
        paint_box(painter, badge, RADIUS_CAP, fill)
        ink = theme.on_accent if shown.is_selected else theme.text2
        paint_text(painter, badge, str(shown.number), ink, CAPTION, 600, _CENTRE)
        eye = _eye_of(rect)
        room = QRectF(badge.right() + 8, rect.y(), eye.left() - _TARGET - badge.right() - 14, rect.height())
        if shown.progress is not None:
            room.setRight(room.right() - _BAR + 10)
            bar = QRectF(room.right() + 4, middle - 1.5, _BAR, 3)
            color = theme.ok if shown.progress >= 1 else theme.accent
            paint_progress(painter, bar, shown.progress, color, theme.line2 if theme.is_dark else theme.line)
        else:
            sparkle = QRectF(eye.left() - 22, eye.y(), _TARGET, eye.height())
            paint_centred_icon(painter, "sparkles", sparkle, theme.info, _ICON)
        ink = theme.text3 if shown.is_hidden else theme.text
        used = paint_text(painter, room, shown.name, ink, TEXT, 500 if shown.is_selected else 400)
        room.setLeft(room.left() + used + 9)
        if room.width() > scaled(20):
            paint_text(painter, room, shown.line, theme.text3 if shown.is_hidden else theme.text2, CAPTION)
        icon = "eye-off" if shown.is_hidden else "eye"
        paint_centred_icon(painter, icon, eye, theme.text if is_marked else theme.text2, _ICON)


def _eye_of(rect: QRectF) -> QRectF:
    """Return where the eye of a row can be hit."""
    return QRectF(rect.right() - 26 - _TARGET / 2, rect.y(), _TARGET, rect.height())


class InstancesPanel(QWidget):
    """The head with a button for a new one, and the list."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        new = commands()["label.new"]
        self._new = IconButton("plus", new.title, new.keys[0], edge=24)
        self._new.clicked.connect(lambda: run(session, new.id))
        self._skeleton = Combo()
        self._skeleton.setAccessibleName("Skeleton of new instances")
        self._skeleton.setMaximumWidth(150)
        self._skeleton.activated.connect(self._on_skeleton_chosen)
        self._skeleton.hide()  # until there is a choice
        self._skeletons: list[tuple[str, str]] = []
        self._head = SectionHead("Instances", "", self._skeleton, self._new)
        self._head.setContentsMargins(12, 0, 12, 0)
        self._model = RowModel(lambda: instance_rows(session), lambda row: row.id, _text, self)
        self.table = InstanceTable(self._model)
        self.table.row_chosen.connect(self._on_row_chosen)
        self.table.row_double_clicked.connect(self._on_row_double_clicked)
        self.table.parts_swept.connect(self._on_eyes_swept)
        self.table.menu_requested.connect(self._on_menu_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self.table, 1)
        fill_with(self, "panel")
        self.setAccessibleName("Instances")
        self._hidden = session.hidden
        Follower(self, session.frame_changed, self._on_changed)
        Follower(self, session.selection_changed, self._on_changed)
        Follower(self, session.scene_changed, self._on_scene_changed)
        self.refresh()

    @property
    def rows(self) -> tuple[InstanceRow, ...]:
        """What is on show."""
        return self._model.rows

    def refresh(self) -> None:
        """Show the session as it is."""
        self._hidden = self._session.hidden
        if self._model.refresh():
            self.updateGeometry()
        count = len(self._model.rows)
        self._head.set_count(f"{count:,}" if count else "")
        self._offer_skeletons()
        chosen = next((number for number, row in enumerate(self._model.rows) if row.is_selected), -1)
        if chosen >= 0:
            self.table.scrollTo(self._model.index(chosen, 0))

    def wanted_height(self) -> int:
        """Return the height that shows every row."""
        return self._head.sizeHint().height() + len(self._model.rows) * self.table.row_height + 4

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self._head.sizeHint().height() + 2 * self.table.row_height + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:  # a list that has the keyboard keeps this key from the canvas
            run(self._session, "edit.delete")
        else:
            super().keyPressEvent(event)

    def _offer_skeletons(self) -> None:
        """Let the skeleton of new instances be chosen where there are several."""
        offered = [
            (skeleton.id, f"{skeleton.name} {len(skeleton.placeable)}") for skeleton in self._session.skeletons.values()
        ]
        if offered != self._skeletons:
            self._skeletons = offered
            self._skeleton.clear()
            for id_, name in offered:
                self._skeleton.addItem(name, id_)
            self._skeleton.setVisible(len(offered) > 1)
        self._skeleton.setCurrentIndex(self._skeleton.findData(self._session.skeleton_id))

    def _on_changed(self, _: object) -> None:
        self.refresh()

    def _on_scene_changed(self, _: None) -> None:
        if self._session.hidden is not self._hidden:  # the pointer moves often; what is hidden changes seldom
            self.refresh()

    def _on_skeleton_chosen(self, row: int) -> None:
        self._session.skeleton_id = self._skeleton.itemData(row)
        self._session.selection_changed.emit(None)

    def _on_row_chosen(self, row: int) -> None:
        self._session.select(self._model.rows[row].id)

    def _on_row_double_clicked(self, row: int) -> None:
        self._session.select(self._model.rows[row].id)
        attempt(self._session, lambda: deciding.toggle_zoom(self._session))

    def _on_eyes_swept(self, first: int, last: int) -> None:
        step = 1 if last >= first else -1
        toggle_hidden(self._session, [self._model.rows[row].id for row in range(first, last + step, step)])

    def _on_menu_requested(self, row: int, place: QPoint) -> None:
        shown = self._model.rows[row]
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Show" if shown.is_hidden else "Hide", lambda: toggle_hidden(self._session, [shown.id]))
        menu.addAction("Zoom to it, and back", lambda: self._on_row_double_clicked(row))
        menu.addAction("Reject" if shown.progress is None else "Delete", lambda: self._delete(shown.id))
        menu.popup(place)

    def _delete(self, id_: int) -> None:
        self._session.select(id_)
        run(self._session, "edit.delete")
