"""Go to a frame by its number."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QWidget

from annotator.ui.widgets.buttons import ButtonKind
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.fields import FormRow, TextField


class GoToDialog(Dialog):
    """Asks for a number from 1 to the last frame's; `number` is 0 while there is none."""

    def __init__(self, parent: QWidget, total: int) -> None:
        super().__init__(parent, "Go to frame", size=QSize(360, 0))
        self._total = total
        self._field = TextField("", "1")
        self._field.setValidator(QIntValidator(0, 999_999_999, self))
        self._row = FormRow("Frame number", self._field, f"1 to {total:,}")
        self.body.addWidget(self._row)
        self.add_button("Cancel").clicked.connect(self.reject)
        self._go = self.add_button("Go", ButtonKind.PRIMARY)
        self._go.clicked.connect(self.accept)
        self._field.textChanged.connect(self._on_typed)
        self._on_typed()
        self._field.setFocus()

    @classmethod
    def ask(cls, parent: QWidget, total: int) -> int | None:
        """Ask for the number of one of `total` frames, counted from 1; None when the person changed their mind."""
        dialog = cls(parent, total)
        is_chosen = dialog.exec() == cls.DialogCode.Accepted
        return dialog.number if is_chosen else None

    @property
    def number(self) -> int:
        text = self._field.text()
        number = int(text) if text.isdecimal() else 0
        return number if number <= self._total else 0

    def accept(self) -> None:
        if self.number:
            super().accept()

    def _on_typed(self) -> None:
        self._go.setEnabled(self.number > 0)
        has_error = bool(self._field.text()) and not self.number
        self._row.set_error(f"There are {self._total:,} frames: type a number from 1 to that." if has_error else "")
