"""Pictures on disk: which files are pictures, how large they are, and their pixels for models.

Everything here speaks of the *displayed* picture: upright, as the EXIF orientation says. The orientation is the
one of the file's header; a PNG that carries it behind its pixels counts as upright. Pillow decides whether a file
is whole: it refuses truncated files, where Qt returns a picture that is grey from the break on.
"""

import logging
import os
import re
import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annotator.errors import MediaError

if TYPE_CHECKING:
    from PIL import Image

Pixels = NDArray[np.uint8]

PICTURE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".pnm")
)
MAX_PIXELS = 300_000_000
BACKGROUND = (128, 128, 128)
"""What shines through the transparent parts of a picture that a model reads."""

_ORIENTATION = 0x0112  # EXIF tag
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
# What Pillow's readers raise on damaged content, besides their own OSErrors.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What the header of a picture tells.

    Attributes:
        width, height: of the displayed (EXIF-upright) picture.
        orientation: EXIF orientation of the file, 1 to 8.
        bytes: size of the file.
        mtime_ms: time of its last change, milliseconds since 1970.
        pages: pictures in the file, of which the first is shown: pages of a TIFF, frames of an animation.
    """

    width: int
    height: int
    orientation: int
    bytes: int
    mtime_ms: int
    pages: int = 1


def list_pictures(folder: Path) -> list[str]:
    """Return the pictures below `folder`, relative with "/", in natural order: img2 before img10.

    Hidden files and folders are left out, and links to folders are not followed: they may lead in circles.

    Raises:
        MediaError: the folder does not exist or may not be read.
    """
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        raise MediaError(f"{folder} cannot be opened as a folder of pictures: {_reason(error)}") from error
    return natural_order(_walk(os.fspath(folder), ""))


def natural_order(paths: Iterable[str]) -> list[str]:
    """Return relative paths sorted so that numbers count by value and each folder's pictures stay together.

    The keys of all paths are cut from one text: a key made for each takes five times as long. In them a number
    begins with a one and a folder ends with a two, so that a name sorts before those that it begins.
    """
    ordered = sorted(paths)  # the order of those that differ in letter case or in leading zeros only
    text = "\0".join(ordered).casefold().replace("/", "\2")
    parts = re.split(r"(\d+)", text)
    numbers = parts[1::2] if text.isascii() else [str(int(number)) for number in parts[1::2]]
    width = max(map(len, numbers), default=0)
    parts[1::2] = ["\1" + number.zfill(width) for number in numbers]
    keys = dict(zip(ordered, "".join(parts).split("\0"), strict=False))  # without paths there is still one key
    return sorted(ordered, key=keys.__getitem__)


def _walk(folder: str, prefix: str) -> list[str]:
    found, subfolders = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                suffix = name[name.rfind(".") :]
                if name[0] == ".":
                    continue
                if (suffix in PICTURE_SUFFIXES or suffix.lower() in PICTURE_SUFFIXES) and entry.is_file():
                    if name.isprintable() or _is_storable(name):
                        found.append(prefix + name)
                    else:
                        _log.warning("%r cannot be used: its name is not valid Unicode; rename it", prefix + name)
                elif entry.is_dir(follow_symlinks=False):
                    subfolders.append(name)
    except OSError as error:
        _log.warning("%s is left out: %s", folder, _reason(error))
    for name in subfolders:
        found += _walk(os.path.join(folder, name), f"{prefix}{name}/")  # noqa: PTH118 - twice as fast as Path
    return found


def _is_storable(name: str) -> bool:
    """Tell whether a name is Unicode; undecodable bytes arrive as lone surrogates, which no database takes."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def probe(path: Path) -> PictureFacts:
    """Read size and orientation from the header alone.

    Raises:
        MediaError: missing, not a picture, or over 300 megapixels.
    """
    with _opened(path) as (image, status):
        width, height = image.size
        orientation = _orientation(image)
        if orientation >= 5 and image.format != "TIFF":  # Pillow turns TIFFs itself
            width, height = height, width
        # The second picture of a JPEG (MPO) is a preview or a depth map that cameras put there.
        pages = getattr(image, "n_frames", 1) if image.format in ("TIFF", "WEBP", "PNG") else 1
        return PictureFacts(width, height, orientation, status.st_size, status.st_mtime_ns // 1_000_000, pages)


def read_picture(path: Path) -> Pixels:
    """Return the displayed picture as (H, W, 3) uint8 RGB, for models.

    16-bit grey is scaled to 8 bits, deeper values by their own range; transparent parts are laid on grey.

    Raises:
        MediaError: missing, damaged, truncated, not a picture, or over 300 megapixels.
    """
    return read_reduced(path, 1)[0]


def read_reduced(path: Path, step: float) -> tuple[Pixels, int]:
    """Return the displayed picture with pixels that each stand for a square of `factor` of its own, and the factor.

    A JPEG that is read reduced takes less time and much less memory; everything else is read whole. Pixels at the
    right and at the lower edge stand for what is left there.

    Args:
        step: the factor is the largest of 1, 2, 4 and 8 that is not above it.

    Raises:
        MediaError: as `read_picture`.
    """
    with _opened(path) as (image, _):
        orientation = 1 if image.format == "TIFF" else _orientation(image)
        factor, pixels = 1, None
        if image.format in ("JPEG", "MPO"):
            factor = _jpeg_factor(image.size, orientation, step)
            pixels = _decoded_jpeg(path, image.size, factor)
        if pixels is None:
            factor = 1
            image.load()
            pixels = _rgb(image)
    return np.ascontiguousarray(upright_transpose(pixels, orientation)), factor


def upright_transpose(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return a view of stored pixels (H, W, ...) turned upright, as EXIF orientation 1 to 8 asks."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    # Once the axes are swapped, 5 to 8 need the same mirrorings as 1 to 4.
    mirror_y = orientation in (3, 4, 7, 8)
    mirror_x = orientation in (2, 3, 6, 7)
    return pixels[:: -1 if mirror_y else 1, :: -1 if mirror_x else 1]


@contextmanager
def _opened(path: Path) -> Iterator[tuple["Image.Image", os.stat_result]]:
    """Open a picture with Pillow and turn whatever goes wrong inside the block into one sentence."""
    from PIL import Image, UnidentifiedImageError

    # Pillow warns from 89 megapixels on, through a global; the check below is ours, and stricter than its error.
    Image.MAX_IMAGE_PIXELS = None
    # Damaged metadata of a readable picture is nothing a person can act on. Set on each call, without
    # catch_warnings: that one restores the filters of all threads.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    try:
        with Path(path).open("rb") as file:
            status = os.fstat(file.fileno())
            with Image.open(file) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise MediaError(
                        f"{path} has {image.width} x {image.height} pixels, more than {MAX_PIXELS // 1_000_000} "
                        "megapixels: scale it down or cut it into tiles"
                    )
                yield image, status
    except FileNotFoundError as error:
        raise MediaError(f"{path} does not exist: put it back, or relink its folder") from error
    except UnidentifiedImageError as error:
        what = "is empty" if status.st_size == 0 else "is not a picture of a known format"
        raise MediaError(f"{path} {what}: replace it or remove it from the project") from error
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise MediaError(f"{path} cannot be read: {_reason(error)}") from error
        raise MediaError(f"{path} is damaged ({_reason(error)}): copy it again from its source") from error
    except MemoryError as error:
        raise MediaError(f"{path} does not fit into memory: close other programs or scale it down") from error


def _orientation(image: "Image.Image") -> int:
    """Return the EXIF orientation, 1 where there is none, it is damaged or out of range."""
    if image.format == "PNG" and not {"exif", "Raw profile type exif"} & image.info.keys():
        return 1  # getexif would decode the whole PNG to look behind its pixels
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGE:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _jpeg_factor(size: tuple[int, int], orientation: int, step: float) -> int:
    """Return by how much a JPEG of this stored size is reduced.

    Where a picture is turned, what is left at an edge may come to lie at the other one: then nothing may be left.
    """
    for factor in (8, 4, 2):
        if factor <= step and (orientation == 1 or not any(side % factor for side in size)):
            return factor
    return 1


def _decoded_jpeg(path: Path, size: tuple[int, int], factor: int) -> Pixels | None:
    """Return the stored pixels of a whole JPEG, or None to leave it to Pillow's judgement: damage.

    simplejpeg runs the same libjpeg-turbo in half of Pillow's time, and lets other threads run meanwhile.
    """
    import simplejpeg

    width, height = (-(-side // factor) for side in size)
    try:
        pixels = simplejpeg.decode_jpeg(path.read_bytes(), "RGB", min_height=height, min_width=width, strict=True)
    except ValueError:
        return None
    return np.asarray(pixels, np.uint8)


def _rgb(image: "Image.Image") -> Pixels:
    """Return the pixels of a loaded picture of any mode as (H, W, 3) uint8 RGB."""
    from PIL import Image

    if image.mode in _DEEP_MODES or image.mode in ("I", "F"):
        grey = _eight_bits(image)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, (*BACKGROUND, 255))
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _eight_bits(image: "Image.Image") -> Pixels:
    """Return a deep grey picture as (H, W) uint8."""
    values = np.asarray(image)
    if image.mode in _DEEP_MODES or image.format in ("PNG", "PPM"):  # Pillow calls some 16-bit files "I"
        return (values.astype(np.uint16) >> 8).astype(np.uint8)
    finite = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    scaled: Pixels = ((finite - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)
    return scaled


def _reason(error: BaseException) -> str:
    """Return what the system or a library says, without its error number."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(". ")
