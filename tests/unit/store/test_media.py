import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from annotator.errors import MediaError
from annotator.store.media import (
    BACKGROUND,
    PictureFacts,
    list_pictures,
    natural_order,
    probe,
    read_picture,
    read_reduced,
    upright_transpose,
)

ORIENTATIONS = range(1, 9)


def noise(width: int = 60, height: int = 40) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 255, (height, width, 3), np.uint8)


def blocks(width: int = 64, height: int = 48) -> np.ndarray:
    """A picture that survives JPEG: four plain quarters, so that turning it shows."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (230, 20, 20)
    picture[: height // 2, width // 2 :] = (20, 230, 20)
    picture[height // 2 :, : width // 2] = (20, 20, 230)
    picture[height // 2 :, width // 2 :] = (230, 230, 20)
    return picture


def oriented(path: Path, orientation: int, pixels: np.ndarray) -> Path:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(path, exif=exif, quality=95)
    return path


# Listing


def test_pictures_are_listed_in_natural_order_with_folders_together(tmp_path):
    for name in (
        "img10.jpg",
        "img2.jpg",
        "IMG1.JPG",
        "b/9.png",
        "b/10.png",
        "b-1/1.webp",
        "notes.txt",
        "x.jpg.bak",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert list_pictures(tmp_path) == [
        "b/9.png",
        "b/10.png",
        "b-1/1.webp",
        "IMG1.JPG",
        "img2.jpg",
        "img10.jpg",
    ]


def _slow_key(path: str) -> tuple[list[str | int], str]:
    """The rule in its plain form: words and numbers in turn, and the path itself where they are equal."""
    parts: list[str | int] = re.split(r"(\d+)", path.casefold().replace("/", "\0"))
    parts[1::2] = map(int, parts[1::2])
    return parts, path


@given(st.lists(st.text("aAb0129-_ ./ß²٣", min_size=1, max_size=9)))
@example([])
@example(["a-1", "a1", "a", "a/1", "01", "1", "001", "a1b", "a2"])
def test_the_order_of_many_names_is_that_of_words_and_numbers_in_turn(paths):
    assert natural_order(paths) == sorted(paths, key=_slow_key)


def test_hidden_files_and_hidden_folders_are_left_out(tmp_path):
    for name in (".thumb.jpg", "._a.jpg", ".cache/a.jpg", "a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert list_pictures(tmp_path) == ["a.jpg"]


def test_a_folder_named_like_a_picture_is_searched_and_not_listed(tmp_path):
    (tmp_path / "shoot.jpg").mkdir()
    (tmp_path / "shoot.jpg" / "a.jpg").touch()

    assert list_pictures(tmp_path) == ["shoot.jpg/a.jpg"]


def test_a_link_that_leads_in_a_circle_does_not_hang_the_listing(tmp_path):
    (tmp_path / "a.jpg").touch()
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)

    assert list_pictures(tmp_path) == ["a.jpg"]


def test_a_name_that_is_not_unicode_is_reported_and_left_out(tmp_path, caplog):
    try:
        (tmp_path / "caf\udce9.jpg").touch()
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system takes Unicode names only")
    (tmp_path / "café.jpg").touch()

    assert list_pictures(tmp_path) == ["café.jpg"]
    assert "rename it" in caplog.text


def test_listing_a_missing_folder_names_it(tmp_path):
    with pytest.raises(MediaError, match="gone cannot be opened as a folder of pictures"):
        list_pictures(tmp_path / "gone")


# Orientation


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_turning_upright_agrees_with_pillow(orientation):
    pixels = noise(5, 3)
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation

    assert np.array_equal(upright_transpose(pixels, orientation), np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_size_and_pixels_are_those_of_the_displayed_picture(tmp_path, suffix, orientation):
    path = oriented(tmp_path / f"picture{suffix}", orientation, blocks())
    with Image.open(path) as image:
        upright = np.asarray(ImageOps.exif_transpose(image).convert("RGB")).astype(int)

    facts, pixels = probe(path), read_picture(path)

    assert facts.orientation == orientation
    assert (facts.height, facts.width, 3) == pixels.shape == upright.shape
    assert np.abs(pixels.astype(int) - upright).max() <= 4
    assert pixels.flags.c_contiguous


@pytest.mark.parametrize("value", [0, 9, 4711])
def test_an_orientation_outside_1_to_8_counts_as_upright(tmp_path, value):
    path = oriented(tmp_path / "odd.jpg", value, blocks())

    assert probe(path).orientation == 1


def test_garbage_in_place_of_exif_counts_as_upright(tmp_path):
    path = tmp_path / "garbage.jpg"
    Image.fromarray(blocks()).save(path, exif=b"Exif\0\0II*\0\xff\xff\xff\x7f\x00")

    assert probe(path).orientation == 1
    assert read_picture(path).shape == (48, 64, 3)


# Facts


def test_facts_come_from_the_header_alone(tmp_path):
    whole = tmp_path / "whole.jpg"
    Image.fromarray(noise(400, 300)).save(whole)
    head = tmp_path / "head.jpg"
    head.write_bytes(whole.read_bytes()[:2000])

    facts = probe(head)

    assert facts == PictureFacts(400, 300, 1, 2000, head.stat().st_mtime_ns // 1_000_000)
    with pytest.raises(MediaError):
        read_picture(head)


# Kinds of pictures


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bit_grey_is_scaled_and_not_clipped(tmp_path, suffix):
    path = tmp_path / f"deep{suffix}"
    Image.fromarray(np.array([[0, 255, 40_000, 65_535]], np.uint16)).save(path)

    assert np.abs(read_picture(path)[0].astype(int) - [[0] * 3, [1] * 3, [156] * 3, [255] * 3]).max() <= 1


def test_a_sixteen_bit_pgm_is_scaled_and_not_clipped(tmp_path):
    path = tmp_path / "deep.pgm"
    path.write_bytes(b"P5\n3 1\n65535\n" + np.array([0, 40_000, 65_535], ">u2").tobytes())

    assert read_picture(path)[0, :, 0].tolist() == [0, 156, 255]


def test_floating_point_grey_uses_its_own_range(tmp_path):
    path = tmp_path / "float.tif"
    Image.fromarray(np.array([[-2.0, 0.0, 2.0, np.nan]], np.float32)).save(path)

    assert read_picture(path)[0, :, 0].tolist() == [0, 127, 255, 127]


def test_transparent_parts_are_laid_on_grey(tmp_path):
    path = tmp_path / "alpha.png"
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 0] = 255
    pixels[0, :, 3] = (255, 0, 128)
    Image.fromarray(pixels).save(path)

    opaque, clear, half = read_picture(path)[0].tolist()

    assert opaque == [255, 0, 0]
    assert clear == list(BACKGROUND)
    assert np.allclose(half, [192, 64, 64], atol=1)


def test_a_transparent_palette_colour_is_laid_on_grey(tmp_path):
    path = tmp_path / "palette.png"
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.save(path, transparency=0)

    assert read_picture(path)[0].tolist() == [list(BACKGROUND), [200, 100, 50]]


def test_palette_grey_one_bit_and_cmyk_become_rgb(tmp_path):
    red = Image.new("RGB", (16, 16), (204, 51, 51))
    red.convert("P").save(tmp_path / "palette.png")
    red.convert("L").save(tmp_path / "grey.jpg")
    Image.new("1", (16, 16), 1).save(tmp_path / "bit.png")
    red.convert("CMYK").save(tmp_path / "cmyk.jpg")

    palette, grey, bit, cmyk = (
        read_picture(tmp_path / name)[8, 8].astype(int) for name in ("palette.png", "grey.jpg", "bit.png", "cmyk.jpg")
    )

    assert np.abs(palette - [204, 51, 51]).max() <= 2
    assert np.abs(grey - 97).max() <= 2
    assert bit.tolist() == [255, 255, 255]
    assert np.abs(cmyk - [204, 51, 51]).max() <= 4


def test_content_decides_and_not_the_suffix(tmp_path):
    path = tmp_path / "really_a_png.jpg"
    Image.fromarray(blocks()).save(path, "PNG")

    assert np.array_equal(read_picture(path), blocks())


# Reduced pictures


@pytest.mark.parametrize(
    ("step", "factor"), [(0.3, 1), (1, 1), (1.9, 1), (2, 2), (3.9, 2), (4, 4), (7, 4), (8, 8), (99, 8)]
)
def test_a_jpeg_is_read_no_coarser_than_asked(tmp_path, step, factor):
    path = tmp_path / "smooth.jpg"
    columns = np.linspace(0, 255, 133)[None, :].repeat(101, axis=0)
    Image.fromarray(columns.astype(np.uint8)).save(path, quality=95)

    pixels, found = read_reduced(path, step)

    assert found == factor
    assert pixels.shape == (-(-101 // factor), -(-133 // factor), 3)
    averages = read_picture(path)[:96, :128].reshape(96 // factor, factor, 128 // factor, factor, 3).mean(axis=(1, 3))
    assert np.abs(pixels[: 96 // factor, : 128 // factor] - averages).max() <= 3


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_reduced_jpeg_is_upright_too(tmp_path, orientation):
    path = oriented(tmp_path / "turned.jpg", orientation, blocks())

    pixels, factor = read_reduced(path, 4)

    whole = read_picture(path)
    assert factor == 4
    assert np.abs(pixels[2::4, 2::4].astype(int) - whole[10::16, 10::16]).max() <= 8


def test_a_turned_jpeg_is_reduced_only_without_a_rest_at_its_edges(tmp_path):
    upright = oriented(tmp_path / "upright.jpg", 1, noise(60, 44))
    turned = oriented(tmp_path / "turned.jpg", 3, noise(60, 44))

    assert read_reduced(upright, 8)[1] == 8
    assert read_reduced(turned, 8)[1] == 4


def test_what_is_no_jpeg_comes_whole(tmp_path):
    Image.fromarray(blocks()).save(tmp_path / "whole.png")

    pixels, factor = read_reduced(tmp_path / "whole.png", 8)

    assert factor == 1
    assert pixels.shape == (48, 64, 3)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_truncated_jpeg_is_refused_reduced_as_it_is_whole(tmp_path, progressive):
    path = tmp_path / "cut.jpg"
    Image.fromarray(noise(400, 300)).save(path, progressive=progressive)
    path.write_bytes(path.read_bytes()[:-1000])

    with pytest.raises(MediaError, match=r"cut.jpg is damaged"):
        read_reduced(path, 8)


# What cannot be read


def test_a_missing_picture_says_what_to_do(tmp_path):
    for read in (probe, read_picture):
        with pytest.raises(MediaError, match=r"gone.jpg does not exist: put it back, or relink its folder"):
            read(tmp_path / "gone.jpg")


def test_a_folder_is_not_a_picture(tmp_path):
    with pytest.raises(MediaError, match="cannot be read: Is a directory"):
        probe(tmp_path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tif", ".ppm"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_truncated_picture_is_refused_and_not_filled_with_grey(tmp_path, suffix, share):
    path = tmp_path / f"cut{suffix}"
    Image.fromarray(noise()).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(MediaError, match=f"cut{suffix} is (damaged|not a picture)"):
        read_picture(path)


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_named_as_such(tmp_path, content):
    path = tmp_path / "fake.jpg"
    path.write_bytes(content)

    with pytest.raises(MediaError, match=r"fake.jpg is (empty|not a picture of a known format): replace it"):
        read_picture(path)


def test_a_gigantic_picture_is_refused_from_its_header(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", (20_000).to_bytes(4) + (20_000).to_bytes(4) + bytes((8, 2, 0, 0, 0)))
        + png_chunk(b"IDAT", b"")
    )

    for read in (probe, read_picture):
        with pytest.raises(MediaError, match="20000 x 20000 pixels, more than 300 megapixels"):
            read(path)


def test_a_large_picture_below_the_limit_gives_no_warning(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", (12_000).to_bytes(4) + (12_000).to_bytes(4) + bytes((8, 2, 0, 0, 0)))
        + png_chunk(b"IDAT", b"")
    )

    assert (probe(path).width, probe(path).height) == (12_000, 12_000)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)
