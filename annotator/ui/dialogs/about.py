"""What this program is: version, licence, what others made for it, where its log is."""

import platform
import sys
from pathlib import Path

from PySide6.QtCore import QSize, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from annotator import __version__
from annotator.bundle import bundled
from annotator.ui.icons import paint_mark
from annotator.ui.theme import theme_of
from annotator.ui.widgets.buttons import Button, ButtonKind
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.surfaces import TextCard


class AboutDialog(Dialog):
    """Tells, and copies what a report needs."""

    def __init__(self, parent: QWidget, log_path: Path) -> None:
        super().__init__(parent, "About Annotator", size=QSize(560, 480))
        self._log_path = log_path
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(_Mark())
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(PlainLabel(f"Annotator {__version__}", pixels=15, weight=600))
        words.addWidget(PlainLabel("Keypoint annotation and skeletons, offline. Apache License 2.0.", "text2"))
        head.addLayout(words, 1)
        self.body.addLayout(head)
        self.body.addWidget(PlainLabel("What others made", weight=600))
        self.body.addWidget(_notices(), 1)
        log = QHBoxLayout()
        log.addWidget(PlainLabel("Log", "text2"))
        log.addWidget(PlainLabel(str(log_path)), 1)
        show = Button("Show in folder")
        show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_path.parent))))
        log.addWidget(show)
        self.body.addLayout(log)
        copy = self.add_button("Copy details")
        copy.clicked.connect(self._copy)
        self.add_button("Close", ButtonKind.PRIMARY).clicked.connect(self.accept)

    @property
    def details(self) -> str:
        """What somebody who is to help needs to know."""
        return "\n".join(
            (
                f"Annotator {__version__}",
                f"Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}",
                f"installed in {sys.prefix}",
                f"log: {self._log_path}",
            )
        )

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.details)
        self.set_foot_text("Copied")


def _notices() -> QWidget:
    try:
        text = bundled("resources", "NOTICE").read_text(encoding="utf-8")
    except OSError as error:
        text = f"The notices cannot be read: {error}"
    return TextCard("What others made", text)


class _Mark(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(40, 40)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_mark(painter, self.rect().topLeft(), 40, theme_of(self).text3)
