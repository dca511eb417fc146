"""Small pictures for lists: decoded in the background, kept on disk between sessions."""

import hashlib
import os
import tempfile
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Signal
from PySide6.QtGui import QImage

from annotator.errors import AnnotatorError
from annotator.ui.canvas.picture import read_thumbnail
from annotator.ui.pictures import Workers

THUMBNAIL_SIZE = QSize(128, 88)
"""Twice the size that the list shows, for dense screens."""

_KEPT_IN_MEMORY = 512
_KEPT_ON_DISK = 20_000


class ThumbnailLoader(QObject):
    """Gives thumbnails at once when they are in memory, else later.

    Signals:
        ready: (Path) its thumbnail can be had now.
    """

    ready = Signal(object)
    _done = Signal(object, object)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        """Keep thumbnails in `folder`, which is made when first needed."""
        super().__init__(parent)
        self._folder = folder
        self._images: OrderedDict[Path, QImage | None] = OrderedDict()
        self._pruned = False
        self._workers = Workers(self._make, self._tell, "thumbnail", threads=1)
        self._done.connect(self._on_done)

    def thumbnail(self, path: Path) -> QImage | None:
        """Return the picture filling 128 x 88, cut at its centre, or None and announce it when it is ready.

        What was asked last is made first: that is what is on show. None stays None for an unreadable file.
        """
        if path in self._images:
            self._images.move_to_end(path)
            return self._images[path]
        waiting = self._workers.wanted
        if not waiting or waiting[0] != path:
            self._workers.want([path, *(other for other in waiting if other != path)])
        return None

    def forget(self, path: Path) -> None:
        """Make it no more: its row has scrolled away, or its file has changed."""
        self._images.pop(path, None)
        self._workers.want([other for other in self._workers.wanted if other != path])

    def close(self) -> None:
        """Stop; nothing is announced afterwards."""
        self._workers.stop()

    def _make(self, path: Path) -> tuple[Path, QImage | None]:
        """Run in a worker: take a thumbnail from disk, or decode it."""
        self._prune()
        image: QImage | None = None
        kept = self._file(path)
        if kept is not None:
            image = QImage(os.fspath(kept))
        if image is None or image.isNull():
            try:
                image = read_thumbnail(path, THUMBNAIL_SIZE)
            except AnnotatorError:
                image = None  # the canvas says why when the frame is opened
            if image is not None and kept is not None:
                _write(image, kept)
        return path, image

    def _tell(self, made: tuple[Path, QImage | None]) -> None:
        with suppress(RuntimeError):  # the window may be gone, with this object
            self._done.emit(*made)

    def _on_done(self, path: Path, image: QImage | None) -> None:
        self._images[path] = image
        while len(self._images) > _KEPT_IN_MEMORY:
            self._images.popitem(last=False)
        if image is not None:
            self.ready.emit(path)

    def _file(self, path: Path) -> Path | None:
        """Return where the thumbnail of a file as it is now belongs; None for a file that is not there."""
        try:
            status = path.stat()
        except OSError:
            return None
        key = f"{path}\n{status.st_mtime_ns}\n{status.st_size}"
        return self._folder / f"{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.jpg"

    def _prune(self) -> None:
        """Once per session remove the oldest thumbnails beyond the limit."""
        if self._pruned:
            return
        self._pruned = True
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            files = sorted(os.scandir(self._folder), key=lambda entry: entry.stat().st_mtime)
            for entry in files[: max(len(files) - _KEPT_ON_DISK, 0)]:
                Path(entry).unlink()


def _write(image: QImage, target: Path) -> None:
    """Write a thumbnail whole or not at all; without room or rights it is simply made again next time."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPEG", 88)  # type: ignore[call-overload]  # the stubs want bytes, Qt wants text
    with suppress(OSError):
        handle, name = tempfile.mkstemp(dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.data())
            Path(name).replace(target)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
