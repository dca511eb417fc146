"""New skeleton: names one per line, edges by clicking, positions by dragging; sides and pairs follow the names."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from annotator.model.skeleton import Skeleton
from annotator.model.templates import Template, by_group, templates
from annotator.ui.dialogs.skeleton_draft import XY, SkeletonDraft, copy_of
from annotator.ui.dialogs.skeleton_figure import SkeletonFigure
from annotator.ui.theme import CAPTION, TEXT, scaled, theme_of, ui_font
from annotator.ui.widgets.buttons import ButtonKind
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.fields import Check, Combo, FormRow, TextField
from annotator.ui.widgets.labels import PlainLabel, SectionHead
from annotator.ui.widgets.paint import paint_text
from annotator.ui.widgets.surfaces import Card, Divider

_EMPTY: Final = SkeletonDraft()
_ROW: Final = 22


class NewSkeletonDialog(Dialog):
    """Makes a skeleton; `result_skeleton` once it was accepted."""

    def __init__(self, parent: QWidget, library: Sequence[Template] | None = None) -> None:
        super().__init__(parent, "New skeleton", size=QSize(980, 640))
        self._library = tuple(templates() if library is None else library)
        self.result_skeleton: Skeleton | None = None
        self._draft = _EMPTY
        self._steps: list[SkeletonDraft] = []
        self._step_key: object = None
        self._template = Combo()
        self._name = TextField("", "Mouse, side view")
        self._names = _NamesEditor()
        self._figure = SkeletonFigure(self._draft)
        self._pairs = _PairList()
        self._pairs_head = SectionHead("Pairs", "from names")
        self._mirror = Check("Mirror the partner", True)
        self._name_row = FormRow("Name", self._name)
        self._names_row = FormRow("Keypoints, one name a line", self._names.framed(), "left_eye finds right_eye")
        self._build()
        self._connect()
        self._show()
        self._name.setFocus()

    @classmethod
    def ask(cls, parent: QWidget) -> Skeleton | None:
        """Ask for a skeleton; None when the person changed their mind."""
        dialog = cls(parent)
        dialog.exec()
        return dialog.result_skeleton

    @property
    def draft(self) -> SkeletonDraft:
        return self._draft

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self._undo()
        else:
            super().keyPressEvent(event)

    def accept(self) -> None:
        if self._draft.error or not self._name.text().strip():
            return
        self.result_skeleton = self._draft.skeleton(self._name.text())
        super().accept()

    def _build(self) -> None:
        self._template.addItem("Nothing")
        for group, members in by_group(self._library):
            self._template.add_heading(group)
            for template in members:
                self._template.addItem(f"{template.title}, {template.subtitle}", template)
        left = QVBoxLayout()
        left.setSpacing(12)
        left.addWidget(FormRow("Start from a copy of", self._template))
        left.addWidget(self._name_row)
        self._names_row.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        left.addWidget(self._names_row, 1)
        middle = QVBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self._figure, 1)
        hint = PlainLabel("Drag moves a keypoint. Click two to join or part them. Ctrl+Z undoes.", "text2",
                          pixels=CAPTION)  # fmt: skip
        middle.addWidget(hint)
        right = QVBoxLayout()
        right.setSpacing(6)
        right.addWidget(self._pairs_head)
        right.addWidget(self._pairs.scrolled(), 1)
        right.addWidget(Divider())
        right.addWidget(self._mirror)
        row = QHBoxLayout()
        row.setSpacing(16)
        for column, stretch in ((left, 25), (middle, 48), (right, 21)):
            row.addLayout(column, stretch)
        self.body.addLayout(row, 1)
        cancel = self.add_button("Cancel")
        cancel.clicked.connect(self.reject)
        self._make = self.add_button("Make skeleton", ButtonKind.PRIMARY)
        self._make.clicked.connect(self.accept)

    def _connect(self) -> None:
        self._template.activated.connect(self._on_template)
        self._name.textChanged.connect(self._show)
        self._names.textChanged.connect(self._on_typed)
        self._figure.moved.connect(self._on_moved)
        self._figure.edge_toggled.connect(self._on_edge)
        self._mirror.toggled.connect(self._on_mirror)

    # Steps -------------------------------------------------------------------------------------------------

    def _step(self, draft: SkeletonDraft, key: object = None) -> None:
        """Take a step; steps in a row with the same key are undone together."""
        if draft == self._draft:
            return
        if key is None or key != self._step_key:
            self._steps.append(self._draft)
        self._step_key = key
        self._draft = draft
        self._show()

    def _undo(self) -> None:
        if not self._steps:
            return
        self._step_key = None
        self._draft = self._steps.pop()
        self._figure.select(None)
        self._show()

    def _on_template(self, row: int) -> None:
        template: Template | None = self._template.itemData(row)
        self._step(copy_of(template.skeleton) if template else _EMPTY)
        if template is not None and not self._name.text().strip():
            self._name.setText(f"{template.skeleton.name} copy")

    def _on_typed(self) -> None:
        text = self._names.toPlainText()
        self._step(self._draft.with_text(text), ("names", text.count("\n")))

    def _on_moved(self, k: int, xy: XY, begins: bool) -> None:
        if begins:
            self._step_key = None
        self._step(self._draft.moved(k, xy), ("move", k))

    def _on_edge(self, a: int, b: int) -> None:
        self._step(self._draft.with_edge_toggled(a, b))

    def _on_mirror(self, is_on: bool) -> None:
        self._step(replace(self._draft, mirrors=is_on))

    # What is shown -----------------------------------------------------------------------------------------

    def _show(self, _: object = None) -> None:
        """Show the draft in every part."""
        draft = self._draft
        if self._names.toPlainText() != draft.text:
            self._names.show_text(draft.text)
        self._mirror.blockSignals(True)
        self._mirror.setChecked(draft.mirrors)
        self._mirror.blockSignals(False)
        self._figure.show_draft(draft)
        self._pairs.show_pairs([(draft.names[a], draft.names[b]) for a, b in draft.pairs])
        self._pairs_head.set_count(f"{len(draft.pairs)} from names" if draft.pairs else "from names")
        self._names_row.set_error(draft.error if draft.text.strip() else "")
        missing = "" if self._name.text().strip() else "Give the skeleton a name."
        self._make.setEnabled(not draft.error and not missing)
        edges = "1 edge" if len(draft.edges) == 1 else f"{len(draft.edges)} edges"
        keypoints = "1 keypoint" if len(draft.ids) == 1 else f"{len(draft.ids)} keypoints"
        self.set_foot_text(draft.error or missing or f"{keypoints}, {edges}")


class _NamesEditor(QPlainTextEdit):
    """The names; undo belongs to the dialog, whose steps the text is one kind of."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setPlaceholderText("nose\nleft_eye\nright_eye")
        self.setAccessibleName("Keypoints, one name a line")
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFont(ui_font(TEXT))
        self.viewport().setAutoFillBackground(False)

    def framed(self) -> QWidget:
        """Return the editor in a field's frame."""
        frame = Card("field", "line2")
        frame.setMinimumHeight(scaled(160))
        frame.setFocusProxy(self)
        column = QVBoxLayout(frame)
        column.setContentsMargins(5, 4, 2, 4)
        column.addWidget(self)
        return frame

    def show_text(self, text: str) -> None:
        self.blockSignals(True)
        self.setPlainText(text)
        self.blockSignals(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            event.ignore()
        else:
            super().keyPressEvent(event)


class _PairList(QWidget):
    """The pairs that names make: "left_eye – right_eye", each in its side's colour."""

    def __init__(self) -> None:
        super().__init__()
        self._pairs: list[tuple[str, str]] = []

    def scrolled(self) -> QScrollArea:
        area = QScrollArea()
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self)
        area.viewport().setAutoFillBackground(False)
        self.setAutoFillBackground(False)
        return area

    def show_pairs(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs
        self.setMinimumHeight(max(len(pairs), 2) * scaled(_ROW))
        self.setAccessibleName(", ".join(f"{left} and {right}" for left, right in pairs) or "No pairs")
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.show_pairs(self._pairs)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        height = scaled(_ROW)
        with QPainter(self) as painter:
            if not self._pairs:
                paint_text(painter, QRectF(0, 0, self.width(), height), "No name says a side yet", theme.text3)
            for k, (left, right) in enumerate(self._pairs):
                room = QRectF(0, k * height, self.width(), height)
                room.setWidth(self.width() / 2 - 8)
                used = paint_text(painter, room, left, theme.left_text)
                room.setLeft(used)
                room.setWidth(self.width() - used)
                used += paint_text(painter, room, " – ", theme.text3)
                room.setLeft(used)
                paint_text(painter, room, right, theme.right_text)
