"""Makes pictures of every kind that a folder may hold: turned by EXIF, deep, printed, damaged, or none at all.

One function per case, grouped by its row of the bad-input catalogue (I of pictures).
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.Image import Transpose

SIZE = (120, 80)
CORNER = (42, 26)
"""Upper left corner of the red block in every turned picture, as it is displayed."""

BLOCK = (30, 24)
GROUND, RED = (90, 120, 90), (230, 20, 20)
_STORED = {
    1: None,
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}
"""What a camera does that writes this orientation: the inverse of what a viewer must do."""


def upright() -> Image.Image:
    """Return the picture as it is to be seen: a red block on a plain ground."""
    pixels = np.full((SIZE[1], SIZE[0], 3), GROUND, np.uint8)
    pixels[CORNER[1] : CORNER[1] + BLOCK[1], CORNER[0] : CORNER[0] + BLOCK[0]] = RED
    return Image.fromarray(pixels)


def turned(path: Path, orientation: int) -> Path:
    """Write the picture as a camera stores it that was held another way."""
    image = upright()
    method = _STORED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 97, "subsampling": 0} if path.suffix in (".jpg", ".jpeg") else {}
    options |= {"lossless": True} if path.suffix == ".webp" else {}
    (image if method is None else image.transpose(method)).save(path, exif=exif, **options)
    return path


def stored_xy(xy: tuple[float, float], orientation: int) -> tuple[float, float]:
    """Return where a displayed point lies in the stored picture: by hand, to check what computes it."""
    (x, y), (width, height) = xy, SIZE
    return {
        1: (x, y),
        2: (width - x, y),
        3: (width - x, height - y),
        4: (x, height - y),
        5: (y, x),
        6: (y, width - x),
        7: (height - y, width - x),
        8: (height - y, x),
    }[orientation]


def red_corner(pixels: np.ndarray) -> tuple[float, float]:
    """Return the upper left corner of what is red in (H, W, 3) RGB, in pixels, to a fraction by how red the edge is."""
    redness = np.clip((pixels[..., 0].astype(float) - pixels[..., 1] + 30) / 240, 0, 1)
    columns, rows = redness.max(axis=0), redness.max(axis=1)

    def start(profile: np.ndarray) -> float:
        first = int(np.argmax(profile > 0.9))
        return first - float(profile[first - 1]) if first else 0.0

    return start(columns), start(rows)


# Kinds that must be read and look alike everywhere -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of picture, and the colour that it has in the middle, as RGB."""

    id: str
    colour: tuple[int, int, int]
    make: Callable[[Path], Path]


KINDS: list[Kind] = []


def kind(colour: tuple[int, int, int]) -> Callable[[Callable[[Path], Path]], Callable[[Path], Path]]:
    def enter(make: Callable[[Path], Path]) -> Callable[[Path], Path]:
        KINDS.append(Kind(make.__name__, colour, make))
        return make

    return enter


def _saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


@kind((204, 51, 51))
def rgb_png(folder: Path) -> Path:
    return _saved(Image.new("RGB", (64, 48), (204, 51, 51)), folder / "a.png")


@kind((204, 51, 51))
def rgb_jpeg(folder: Path) -> Path:
    return _saved(Image.new("RGB", (64, 48), (204, 51, 51)), folder / "a.jpg", quality=97)


@kind((204, 51, 51))
def rgb_webp(folder: Path) -> Path:
    return _saved(Image.new("RGB", (64, 48), (204, 51, 51)), folder / "a.webp", lossless=True)


@kind((204, 51, 51))
def rgb_tiff(folder: Path) -> Path:
    return _saved(Image.new("RGB", (64, 48), (204, 51, 51)), folder / "a.tif", compression="tiff_lzw")


@kind((204, 51, 51))
def rgb_bmp(folder: Path) -> Path:
    return _saved(Image.new("RGB", (64, 48), (204, 51, 51)), folder / "a.bmp")


@kind((156, 156, 156))
def grey_of_16_bits_png(folder: Path) -> Path:
    return _saved(Image.fromarray(np.full((48, 64), 40_000, np.uint16)), folder / "a.png")


@kind((156, 156, 156))
def grey_of_16_bits_tiff(folder: Path) -> Path:
    return _saved(Image.fromarray(np.full((48, 64), 40_000, np.uint16)), folder / "a.tif")


@kind((77, 77, 77))
def grey_jpeg(folder: Path) -> Path:
    return _saved(Image.new("L", (64, 48), 77), folder / "a.jpg", quality=97)


@kind((204, 51, 51))
def cmyk_jpeg(folder: Path) -> Path:
    return _saved(Image.new("RGB", (64, 48), (204, 51, 51)).convert("CMYK"), folder / "a.jpg", quality=97)


@kind((204, 51, 51))
def cmyk_tiff(folder: Path) -> Path:
    return _saved(Image.new("RGB", (64, 48), (204, 51, 51)).convert("CMYK"), folder / "a.tif")


@kind((200, 100, 50))
def palette(folder: Path) -> Path:
    image = Image.new("P", (64, 48), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    return _saved(image, folder / "a.png")


@kind((128, 128, 128))
def palette_with_a_transparent_colour(folder: Path) -> Path:
    image = Image.new("P", (64, 48), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    return _saved(image, folder / "a.png", transparency=1)


@kind((192, 64, 64))
def half_transparent(folder: Path) -> Path:
    return _saved(Image.new("RGBA", (64, 48), (255, 0, 0, 128)), folder / "a.png")


@kind((192, 64, 64))
def half_transparent_webp(folder: Path) -> Path:
    return _saved(Image.new("RGBA", (64, 48), (255, 0, 0, 128)), folder / "a.webp", lossless=True)


@kind((255, 255, 255))
def one_bit_png(folder: Path) -> Path:
    return _saved(Image.new("1", (64, 48), 1), folder / "a.png")


@kind((255, 255, 255))
def one_bit_tiff(folder: Path) -> Path:
    return _saved(Image.new("1", (64, 48), 1), folder / "a.tif", compression="group4")


@kind((204, 51, 51))
def png_named_jpg(folder: Path) -> Path:
    return _saved(Image.new("RGB", (64, 48), (204, 51, 51)), folder / "a.jpg", format="PNG")


@kind((204, 51, 51))
def first_of_three_pages(folder: Path) -> Path:
    pages = [Image.new("RGB", (64, 48), colour) for colour in ((204, 51, 51), (0, 0, 255), (0, 255, 0))]
    return _saved(pages[0], folder / "a.tif", save_all=True, append_images=pages[1:])


@kind((204, 51, 51))
def first_of_an_animation(folder: Path) -> Path:
    pages = [Image.new("RGB", (64, 48), colour) for colour in ((204, 51, 51), (0, 0, 255))]
    return _saved(pages[0], folder / "a.webp", save_all=True, append_images=pages[1:], lossless=True)


# What is no picture, or too much of one ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bad:
    """A file that cannot be shown; `at_once` when its header tells."""

    id: str
    row: str
    words: str
    at_once: bool
    make: Callable[[Path], Path]


BAD: list[Bad] = []


def bad(row: str, words: str, *, at_once: bool = True) -> Callable[[Callable[[Path], Path]], Callable[[Path], Path]]:
    def enter(make: Callable[[Path], Path]) -> Callable[[Path], Path]:
        BAD.append(Bad(make.__name__, row, words, at_once, make))
        return make

    return enter


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _noise(path: Path, **options: object) -> Path:
    return _saved(Image.fromarray(np.random.default_rng(3).integers(0, 255, (200, 300, 3), np.uint8)), path, **options)


def _bomb(width: int, height: int, rows: int) -> bytes:
    """Return a PNG that says it has a size, of which a megabyte unpacks to any number of black rows."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    row = b"\0" * (1 + width * 3 if rows else 0)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@bad("I1", "more than 300 megapixels")
def bomb(folder: Path) -> Path:
    return _written(folder / "a.png", _bomb(20_000, 16_000, 16_000))


@bad("I1", "pixels")
def bomb_that_lies_about_its_size(folder: Path) -> Path:
    return _written(folder / "a.png", _bomb(2**31 - 1, 2**31 - 1, 0))


@bad("I2", "is damaged", at_once=False)
def truncated_jpeg(folder: Path) -> Path:
    path = _noise(folder / "a.jpg")
    return _written(path, path.read_bytes()[:20_000])


@bad("I2", "is damaged", at_once=False)
def truncated_png(folder: Path) -> Path:
    path = _noise(folder / "a.png")
    return _written(path, path.read_bytes()[:50_000])


@bad("I2", "is damaged", at_once=False)
def corrupt_png(folder: Path) -> Path:
    path = _noise(folder / "a.png")
    content = bytearray(path.read_bytes())
    content[30_000:30_400] = bytes(400)
    return _written(path, bytes(content))


@bad("I7", "is not a picture of a known format")
def html_named_jpg(folder: Path) -> Path:
    return _written(folder / "a.jpg", b"<!DOCTYPE html><html>404 Not Found</html>")


@bad("I7", "is empty")
def zero_bytes(folder: Path) -> Path:
    return _written(folder / "a.jpg", b"")


@bad("I7", "is not a picture of a known format")
def text_named_png(folder: Path) -> Path:
    return _written(folder / "a.png", b"hello")
