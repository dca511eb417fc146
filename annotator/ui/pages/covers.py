"""Small pictures for the Welcome page, read in another thread after the page is on the screen."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader


class CoverLoader(QObject):
    """Reads pictures one after the other and hands each over when it is there."""

    loaded = Signal(str, QImage)
    """The path and the picture, just large enough to cover the wanted size."""

    def load(self, paths: Iterable[Path], size: QSize) -> None:
        """Start reading; a picture that cannot be read is left out."""
        wanted = tuple(paths)
        if wanted:
            QThreadPool.globalInstance().start(lambda: self._read(wanted, size))

    def _read(self, paths: tuple[Path, ...], size: QSize) -> None:
        for path in paths:
            reader = QImageReader(str(path))
            reader.setAutoTransform(True)
            if reader.size().isValid():
                whole = reader.size().scaled(size, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
                reader.setScaledSize(whole)
            image = reader.read()
            if not image.isNull():
                try:
                    self.loaded.emit(str(path), image)
                except RuntimeError:  # the page went away meanwhile
                    return
