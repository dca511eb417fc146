"""Which keypoint of a file becomes which of ours: a list whose rows open a menu of what they can become."""

from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from annotator.model.skeleton import Skeleton
from annotator.ui.dialogs.import_choices import How, MappingRow, mapping_summary
from annotator.ui.docks.rows import (
    RowDelegate,
    RowLook,
    RowModel,
    RowTable,
    card_of,
    paint_ground,
)
from annotator.ui.theme import CAPTION, TEXT, Theme
from annotator.ui.widgets.fields import Combo
from annotator.ui.widgets.labels import SectionHead, plain_tooltip
from annotator.ui.widgets.paint import paint_centred_icon, paint_text

ROW: Final = 26
_MOST_ROWS: Final = 9
_COUNT: Final = 74
_HOW: Final = 84
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class MappingPanel(QWidget):
    """The keypoints of one class, with a choice of the class where there are several.

    Attributes:
        mapped: a person chose what a keypoint becomes: its name, and the id of ours or "".
        class_chosen: another class is to be shown: its position among those that were offered.
    """

    mapped = Signal(str, str)
    class_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[MappingRow, ...] = ()
        self._ours: Skeleton | None = None
        self._class = Combo()
        self._class.setAccessibleName("Class")
        self._class.activated.connect(self.class_chosen)
        self._head = SectionHead("Keypoints", "", self._class)
        self._model = RowModel(lambda: self._rows, lambda row: row.name, _text, self)
        self.table = MappingTable(self._model)
        self.table.row_chosen.connect(self._on_row_chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._head)
        column.addWidget(self.table, 1)

    @property
    def rows(self) -> tuple[MappingRow, ...]:
        """What is on show."""
        return self._rows

    def show_rows(self, rows: tuple[MappingRow, ...], ours: Skeleton) -> None:
        """Show what becomes of the keypoints of a class, in one of our skeletons."""
        self._rows, self._ours = rows, ours
        self._model.refresh()
        self._head.set_count(mapping_summary(rows))
        self.table.updateGeometry()

    def offer_classes(self, names: list[str], shown: int) -> None:
        """Let the class be chosen where there are several."""
        if [self._class.itemText(row) for row in range(self._class.count())] != names:
            self._class.clear()
            self._class.addItems(names)
        self._class.setCurrentIndex(shown)
        self._class.setVisible(len(names) > 1)

    def _on_row_chosen(self, number: int) -> None:
        row, ours = self._rows[number], self._ours
        if ours is None:
            return
        taken = {one.ours: one.name for one in self._rows if one.ours}
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._add(menu, "Leave out", row.name, "", not row.ours)
        menu.addSeparator()
        for k in ours.placeable:
            keypoint = ours.keypoints[k]
            other = taken.get(keypoint.name, row.name)
            words = keypoint.name if other == row.name else f"{keypoint.name}, now {other}"
            self._add(menu, words, row.name, keypoint.id, keypoint.name == row.ours)
        menu.popup(self.table.viewport().mapToGlobal(self.table.row_rect(number).bottomLeft() + QPoint(_COUNT, 0)))

    def _add(self, menu: QMenu, words: str, name: str, id_: str, is_on: bool) -> None:
        action = menu.addAction(words.replace("&", "&&"), lambda: self.mapped.emit(name, id_))
        action.setCheckable(True)
        action.setChecked(is_on)


class MappingTable(RowTable):
    """The rows; a click or Enter opens the menu."""

    def __init__(self, model: RowModel[MappingRow], parent: QWidget | None = None) -> None:
        super().__init__("Keypoints of the file", ROW, parent)
        self.setModel(model)
        self.setItemDelegate(_MappingDelegate(model, self))

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), min(self.model().rowCount(), _MOST_ROWS) * self.row_height)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, min(self.model().rowCount(), 3) * self.row_height)


class _MappingDelegate(RowDelegate):
    def __init__(self, model: RowModel[MappingRow], table: MappingTable) -> None:
        super().__init__(table)
        self._model = model

    def paint_row(self, painter: QPainter, rect: QRectF, row: int, is_hovered: bool, theme: Theme) -> None:
        shown = self._model.rows[row]
        card = card_of(rect)
        paint_ground(painter, card, RowLook.HOVERED if is_hovered else RowLook.PLAIN, theme)
        half = (card.width() - _COUNT - _HOW) / 2
        theirs = QRectF(card.x() + 6, rect.y(), half - 12, rect.height())
        count = QRectF(card.x() + half, rect.y(), _COUNT - 30, rect.height())
        arrow = QRectF(count.right(), rect.y(), 30, rect.height())
        ours = QRectF(arrow.right(), rect.y(), half - 8, rect.height())
        how = QRectF(ours.right(), rect.y(), _HOW - 10 + 8, rect.height())
        is_lost = shown.how is How.OUT and shown.count
        paint_text(painter, theirs, shown.name, theme.text, TEXT, 500)
        paint_text(painter, count, f"{shown.count:,}", theme.warn if is_lost else theme.text3, CAPTION, 400, _RIGHT)
        paint_centred_icon(painter, "chevron-down", QRectF(card.right() - 20, rect.y(), 16, rect.height()), theme.text3)
        paint_text(painter, arrow, "→", theme.text3, TEXT, 400, Qt.AlignmentFlag.AlignCenter)
        paint_text(painter, ours, shown.ours or "–", theme.text if shown.ours else theme.text3)
        colors = {How.OUT: theme.warn if shown.count else theme.text3, How.SIMILAR: theme.info}
        paint_text(painter, how, str(shown.how), colors.get(shown.how, theme.text3), CAPTION)


def _text(_: int, row: MappingRow, role: int) -> str | None:
    """Return what a row says to the reader of the screen and to the pointer."""
    words = f"{row.name}, labeled {row.count:,} times: {f'{row.ours}, ' if row.ours else ''}{row.how}"
    if role == Qt.ItemDataRole.DisplayRole:
        return row.name
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return words
    return plain_tooltip(words) if role == Qt.ItemDataRole.ToolTipRole else None
