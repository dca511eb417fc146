"""The few boxes that hold a person up: what did not work, what is about to happen, what nobody foresaw.

Apart from the window, which is painted before anybody needs one.
"""

import traceback
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from annotator.model.text import without_passwords


def tell(parent: QWidget, title: str, line: str) -> None:
    """Say what happened."""
    box = _box(parent, title, line, QMessageBox.StandardButton.Ok)
    box.exec()


def ask(parent: QWidget, title: str, line: str, yes: str) -> bool:
    """Return whether the person wants it; `yes` are the words of that button, the other one is "Stay"."""
    box = _box(parent, title, line)
    accept = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
    box.exec()
    return box.clickedButton() is accept


def tell_unexpected(parent: QWidget, error: BaseException, log_path: Path) -> None:
    """Tell about an error that nobody foresaw, with the details to copy."""
    details = without_passwords("".join(traceback.format_exception(error)))
    told = without_passwords(f"{type(error).__name__}: {error}")
    line = f"{told}\n\nYour labels are saved. The log is at {log_path}."
    box = _box(parent, "Something went wrong inside Annotator", line)
    copy = box.addButton("Copy details", QMessageBox.ButtonRole.ActionRole)
    box.addButton("Go on", QMessageBox.ButtonRole.AcceptRole)
    box.exec()
    if box.clickedButton() is copy:
        QApplication.clipboard().setText(details)


def _box(
    parent: QWidget, title: str, line: str, buttons: QMessageBox.StandardButton = QMessageBox.StandardButton.NoButton
) -> QMessageBox:
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Annotator", title, buttons, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(line)
    return box
