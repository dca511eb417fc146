"""The keypoints panel: a checklist of what is decided, with the state of each keypoint to click."""

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from annotator.session import deciding
from annotator.session.commands.registry import attempt, run
from annotator.session.session import Session
from annotator.ui.docks import keypoint_rows
from annotator.ui.docks.keypoint_rows import KeypointRow, Mark
from annotator.ui.docks.keypoint_table import KeypointTable
from annotator.ui.docks.rows import Follower, RowModel
from annotator.ui.theme import TEXT, Sides, fill_with
from annotator.ui.widgets.labels import SectionHead, plain_tooltip
from annotator.ui.widgets.paint import text_width

_AHEAD: Final = 2
"""Rows that are kept in view before and behind the one that matters."""

_MEANINGS: Final = {
    Mark.VISIBLE: "Visible: placed where it is seen.",
    Mark.OCCLUDED: "Occluded: placed where it is behind something.",
    Mark.ABSENT: "Absent: not in this picture. A decision; exports as v=0.",
    Mark.TO_DO: "To do: nobody has decided yet.",
    Mark.PREDICTED: "Predicted: a click on the state accepts it.",
    Mark.LOW: "Low confidence: Space does not accept it; a click on the state does.",
}


class KeypointsPanel(QWidget):
    """The head with the count, and the list."""

    def __init__(self, session: Session, sides: Sides, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._head = SectionHead("Keypoints")
        self._head.setContentsMargins(12, 0, 12, 0)
        self._model = RowModel(lambda: keypoint_rows.keypoint_rows(session), lambda row: row.name, self._text, self)
        self.table = KeypointTable(self._model, sides)
        self.table.row_chosen.connect(self._on_row_chosen)
        self.table.parts_swept.connect(self._on_states_swept)
        self.table.state_right_clicked.connect(self._on_state_right_clicked)
        self.table.row_hovered.connect(self._on_row_hovered)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self.table, 1)
        fill_with(self, "panel")
        self.setAccessibleName("Keypoints")
        self._seen = self._surroundings()
        Follower(self, session.selection_changed, self._on_selection_changed)
        Follower(self, session.scene_changed, self._on_scene_changed)
        self._tell_count()
        self._measure()

    @property
    def rows(self) -> tuple[KeypointRow, ...]:
        """What is on show."""
        return self._model.rows

    def _text(self, number: int, row: KeypointRow, role: int) -> str | None:
        """Return what a row says to the reader of the screen and to the pointer."""
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.name}, {row.word.lower()}, {number + 1} of {len(self._model.rows)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            skeleton = self._session.skeleton
            where = skeleton.keypoints[row.k].where if skeleton is not None else ""
            return plain_tooltip("\n".join(line for line in (row.name, where, _MEANINGS[row.mark]) if line))
        return None

    def set_sides(self, sides: Sides) -> None:
        """Draw left and right in these colours."""
        self.table.sides = sides
        self.table.viewport().update()

    def wanted_height(self) -> int:
        """Return the height that shows every row."""
        return self._head.sizeHint().height() + len(self._model.rows) * self.table.row_height

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self._head.sizeHint().height() + 3 * self.table.row_height)

    def _on_selection_changed(self, _: None) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Show the session as it is."""
        self._seen = self._surroundings()
        next_k = self._next_row()
        self.table.is_guided = self._session.is_placing
        if self._model.refresh():
            self.table.scrollToTop()
            self._measure()
        self._tell_count()
        row = self._next_row()
        if row >= 0 and row != next_k:
            for shown in (min(row + _AHEAD, len(self._model.rows) - 1), max(row - _AHEAD, 0), row):
                self.table.scrollTo(self._model.index(shown, 0))

    def _on_scene_changed(self, _: None) -> None:
        if self._surroundings() != self._seen:  # the pointer moves often, and seldom to another keypoint
            self._seen = self._surroundings()
            self._model.refresh()

    def _surroundings(self) -> tuple[int | None, float]:
        return keypoint_rows.hovered_keypoint(self._session), self._session.threshold

    def _measure(self) -> None:
        """Let the columns leave room for the longest name."""
        self.table.name_width = max((text_width(row.name, TEXT, 500) for row in self._model.rows), default=0.0)
        self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._measure()

    def _next_row(self) -> int:
        """Return the row of the guide's next keypoint, else of the first selected one, else -1."""
        rows = self._model.rows
        found = next((number for number, row in enumerate(rows) if row.is_next), -1)
        return found if found >= 0 else next((number for number, row in enumerate(rows) if row.is_selected), -1)

    def _tell_count(self) -> None:
        rows = self._model.rows
        decided = sum(row.mark in (Mark.VISIBLE, Mark.OCCLUDED, Mark.ABSENT) for row in rows)
        if self._session.selected.id is None:
            self._head.set_count(f"{len(rows)}" if rows else "")
        else:
            self._head.set_count(f"{decided} of {len(rows)}")

    def _on_row_chosen(self, row: int) -> None:
        k = self._model.rows[row].k
        attempt(self._session, lambda: deciding.jump_to_keypoint(self._session, k))

    def _on_states_swept(self, first: int, last: int) -> None:
        step = 1 if last >= first else -1
        ks = [self._model.rows[row].k for row in range(first, last + step, step)]
        attempt(self._session, lambda: keypoint_rows.turn_states(self._session, ks))

    def _on_state_right_clicked(self, row: int) -> None:
        k = self._model.rows[row].k
        attempt(self._session, lambda: keypoint_rows.toggle_occluded(self._session, k))

    def _on_row_hovered(self, row: int) -> None:
        keypoint_rows.hover(self._session, self._model.rows[row].k if row >= 0 else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:  # a list that has the keyboard keeps this key from the canvas
            run(self._session, "edit.delete")
        else:
            super().keyPressEvent(event)
