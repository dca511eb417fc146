"""The file dialogs of the Welcome page, apart: the page is painted before anybody asks for one."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget


def ask_for_files(
    parent: QWidget, title: str, name_filter: str, then: Callable[[list[Path]], None], *, many: bool
) -> None:
    """Open a dialog that calls `then` with the chosen files, and return at once."""
    dialog = QFileDialog(parent, title, str(Path.home()), name_filter)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles if many else QFileDialog.FileMode.ExistingFile)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(lambda files: then([Path(file) for file in files]))
    dialog.open()


def ask_for_folder(parent: QWidget, title: str, start: Path, then: Callable[[Path], None]) -> None:
    """Open a dialog that calls `then` with the chosen folder, and return at once."""
    dialog = QFileDialog(parent, title, str(start))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda folder: then(Path(folder)))
    dialog.open()
