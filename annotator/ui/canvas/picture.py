"""Pictures ready to draw: decoded upright in a worker thread, with halved copies for small zooms."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

from annotator.errors import MediaError
from annotator.store.media import PictureFacts, probe, read_picture
from annotator.ui.canvas.painting import painting

PREVIEW_ABOVE_PIXELS = 30_000_000
"""Larger pictures take so long that an eighth of them is shown first."""

_PREVIEW_FACTOR = 8
_SMALLEST_LEVEL_PX = 256
_JPEG_MAGIC = b"\xff\xd8\xff"
_MIRROR = QTransform.fromScale(-1, 1)
_UPRIGHT = {
    2: _MIRROR,
    3: QTransform().rotate(180),
    4: QTransform.fromScale(1, -1),
    5: QTransform().rotate(90) * _MIRROR,
    6: QTransform().rotate(90),
    7: QTransform().rotate(-90) * _MIRROR,
    8: QTransform().rotate(-90),
}
"""What turns a stored JPEG upright, by EXIF orientation. All else comes upright from `store.media`."""


@dataclass(frozen=True, slots=True, eq=False)
class DisplayPicture:
    """A picture that the canvas can draw at any zoom.

    Attributes:
        width, height: of the full picture in image pixels, whatever `levels` hold.
        levels: RGB32, each half the size of the one before.
        fraction: size of the first level against the full picture; below 1 it is a preview.
        buffer: the memory that the first level lies in; a QImage does not keep it alive.
        facts: of the file that was decoded.
    """

    width: int
    height: int
    levels: tuple[QImage, ...]
    fraction: float = 1.0
    buffer: NDArray[np.uint8] | None = None
    facts: PictureFacts | None = None

    @property
    def bytes(self) -> int:
        return sum(level.sizeInBytes() for level in self.levels)

    def level_for(self, scale: float) -> QImage:
        """Return the smallest level that still has a pixel for each device pixel.

        Args:
            scale: device pixels per image pixel.
        """
        fitting = [level for level in self.levels if level.width() >= self.width * scale * 0.99]
        return fitting[-1] if fitting else self.levels[0]


def read_display_picture(path: Path, facts: PictureFacts | None = None) -> DisplayPicture:
    """Decode a whole picture.

    Args:
        facts: what `probe` said, if that is known.

    Raises:
        MediaError: missing, damaged, truncated, not a picture, or too large. A picture is shown whole or not
            at all: nobody shall label pixels that a decoder made up.
    """
    facts = facts or probe(path)
    decoded = _decode_jpeg(path, facts.orientation)
    if decoded is not None:
        return _with_levels(*decoded, facts)
    pixels = read_picture(path)
    height, width = pixels.shape[:2]
    rgb = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB888)
    return _with_levels(rgb.convertToFormat(QImage.Format.Format_RGB32), None, facts)


def read_preview(path: Path, facts: PictureFacts) -> DisplayPicture | None:
    """Decode an eighth of a very large JPEG; None where the whole is as quick, or cannot be had otherwise."""
    if facts.width * facts.height <= PREVIEW_ABOVE_PIXELS:
        return None
    decoded = _decode_jpeg(path, facts.orientation, _PREVIEW_FACTOR)
    return None if decoded is None else _with_levels(*decoded, facts)


def read_thumbnail(path: Path, size: QSize) -> QImage:
    """Decode a picture to fill `size`, cut at the centre.

    Raises:
        MediaError: as `read_display_picture`.
    """
    facts = probe(path)
    factor = max(min(facts.width // size.width(), facts.height // size.height()), 1)
    decoded = _decode_jpeg(path, facts.orientation, factor)
    if decoded is not None:
        image, memory = decoded
    else:
        memory = read_picture(path)
        height, width = memory.shape[:2]
        image = QImage(memory.data, width, height, memory.strides[0], QImage.Format.Format_RGB888)
    filled = image.scaled(
        size, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    left, top = (filled.width() - size.width()) // 2, (filled.height() - size.height()) // 2
    # A copy, since the memory of `image` ends here.
    return filled.copy(left, top, size.width(), size.height()).convertToFormat(QImage.Format.Format_RGB32)


def _decode_jpeg(path: Path, orientation: int, factor: int = 1) -> tuple[QImage, NDArray[np.uint8] | None] | None:
    """Return an upright RGB32 image and the memory it lies in, if it lies in ours.

    None when Pillow must judge: not a JPEG, CMYK, damage.

    The fast transforms cost a grey level here and there and save a tenth of the time; models read the exact ones.

    Args:
        factor: decode to about this fraction of the size, much cheaper than the whole.
    """
    import simplejpeg

    content = _jpeg_content(path)
    if content is None:
        return None
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(content)
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            content,
            "BGRA",
            fastdct=True,
            fastupsample=True,
            min_height=max(height // factor, 1) if factor > 1 else 0,
            min_width=max(width // factor, 1) if factor > 1 else 0,
            strict=True,
        )
    except ValueError:
        return None
    except MemoryError as error:
        raise MediaError(f"{path} does not fit into memory: close other programs or scale it down") from error
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
    turn = _UPRIGHT.get(orientation)
    if turn is None:
        return image, pixels
    return image.transformed(turn).convertToFormat(QImage.Format.Format_RGB32), None


def _jpeg_content(path: Path) -> bytes | None:
    """Return the bytes of a JPEG, whatever its name says, or None for anything else."""
    try:
        with path.open("rb") as file:
            start = file.read(len(_JPEG_MAGIC))
            return start + file.read() if start == _JPEG_MAGIC else None
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror or error}") from error


def _with_levels(image: QImage, buffer: NDArray[np.uint8] | None, facts: PictureFacts) -> DisplayPicture:
    levels = [image]
    while max(levels[-1].width(), levels[-1].height()) >= 2 * _SMALLEST_LEVEL_PX:
        levels.append(_halved(levels[-1]))
    fraction = min(image.width() / facts.width, 1.0)
    return DisplayPicture(facts.width, facts.height, tuple(levels), fraction, buffer, facts)


def _halved(image: QImage) -> QImage:
    """Return a copy of half the size: bilinear sampling at just that size averages four pixels.

    It costs two thirds of `QImage.scaled`, and is as good.
    """
    half = QImage((image.width() + 1) // 2, (image.height() + 1) // 2, QImage.Format.Format_RGB32)
    with painting(half) as painter:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(half.rect()), image, QRectF(image.rect()))
    return half
