"""The name that stands in a project's history beside what one changes; asked once."""

import getpass

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from annotator.ui.widgets.buttons import ButtonKind
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.fields import FormRow, TextField
from annotator.ui.widgets.labels import PlainLabel

LONGEST = 200


class MemberDialog(Dialog):
    """Asks for a name; "" when the person would rather not say."""

    def __init__(self, parent: QWidget, suggestion: str) -> None:
        super().__init__(parent, "What is your name?", size=QSize(420, 0))
        self._field = TextField(suggestion)
        self._field.setMaxLength(LONGEST)
        self._field.selectAll()
        self.body.addWidget(
            PlainLabel("It stands beside your changes in a project's history, and leaves this computer only with the "
                       "project. Asked once.", "text2", wraps=True)
        )  # fmt: skip
        self.body.addWidget(FormRow("Name", self._field))
        self.add_button("Not now").clicked.connect(self.reject)
        self._use = self.add_button("Use this name", ButtonKind.PRIMARY)
        self._use.clicked.connect(self.accept)
        self._field.textChanged.connect(self._on_typed)
        self._on_typed()
        self._field.setFocus()

    @classmethod
    def ask(cls, parent: QWidget) -> str:
        """Ask for the name, with that of the login as a suggestion; "" when the person would rather not say."""
        dialog = cls(parent, _login_name())
        is_given = dialog.exec() == cls.DialogCode.Accepted
        return dialog.name if is_given else ""

    @property
    def name(self) -> str:
        return " ".join(self._field.text().split())

    def accept(self) -> None:
        if self.name:
            super().accept()

    def _on_typed(self) -> None:
        self._use.setEnabled(bool(self.name))


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return ""
