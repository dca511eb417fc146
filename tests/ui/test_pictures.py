import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from annotator.errors import MediaError
from annotator.store.media import probe, read_picture
from annotator.ui.canvas.picture import read_display_picture, read_preview, read_thumbnail
from annotator.ui.pictures import PATIENCE_S, PictureLoader, Workers
from annotator.ui.thumbnails import THUMBNAIL_SIZE, ThumbnailLoader


def blocks(width=320, height=200, seed=0):
    """A picture of large flat blocks, which JPEG keeps almost exactly."""
    colours = np.random.default_rng(seed).integers(0, 255, (height // 40, width // 40, 3))
    return np.kron(colours, np.ones((40, 40, 1))).astype(np.uint8)


def save(path: Path, pixels=None, orientation=1, **options) -> Path:
    image = Image.fromarray(blocks() if pixels is None else pixels)
    exif = image.getexif()
    exif[0x112] = orientation
    image.save(path, exif=exif, **options)
    return path


def pixels_of(image: QImage) -> np.ndarray:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : rgb.width() * 3].reshape(rgb.height(), rgb.width(), 3).astype(int)


@pytest.fixture
def loader(qtbot):
    loader = PictureLoader()
    yield loader
    loader.close()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_pictures_are_shown_upright_and_as_models_see_them(tmp_path, suffix, orientation):
    path = save(tmp_path / f"a.{suffix}", orientation=orientation)
    picture = read_display_picture(path)

    assert (picture.width, picture.height) == ((200, 320) if orientation >= 5 else (320, 200))
    shown, seen = pixels_of(picture.levels[0]), read_picture(path)
    assert shown.shape == seen.shape
    assert np.abs(shown - seen).mean() < 4


def test_levels_halve_until_they_are_small(tmp_path):
    picture = read_display_picture(save(tmp_path / "a.png", blocks(1200, 800)))

    assert [(level.width(), level.height()) for level in picture.levels] == [(1200, 800), (600, 400), (300, 200)]
    assert picture.level_for(1.0).width() == 1200
    assert picture.level_for(0.5).width() == 600
    assert picture.level_for(0.3).width() == 600
    assert picture.level_for(0.01).width() == 300


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "bmp"])
def test_a_truncated_picture_is_refused_with_a_sentence(tmp_path, suffix):
    path = save(tmp_path / f"cam07.{suffix}", np.random.default_rng(1).integers(0, 255, (200, 320, 3), np.uint8))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])

    with pytest.raises(MediaError, match=r"cam07\.\w+ is damaged|cam07\.\w+ is not a picture"):
        read_display_picture(path)


def test_a_jpeg_is_recognised_by_its_content(tmp_path):
    save(tmp_path / "a.jpg").rename(tmp_path / "a.png")

    assert read_display_picture(tmp_path / "a.png").width == 320


def test_a_cmyk_jpeg_is_shown(tmp_path):
    Image.fromarray(blocks()).convert("CMYK").save(tmp_path / "a.jpg")

    assert read_display_picture(tmp_path / "a.jpg").width == 320


def test_sixteen_bit_grey_is_shown_by_its_upper_bits(tmp_path):
    Image.fromarray(np.full((30, 40), 0x8000, np.uint16)).save(tmp_path / "a.png")

    assert pixels_of(read_display_picture(tmp_path / "a.png").levels[0])[5, 5].tolist() == [128, 128, 128]


def test_only_a_very_large_jpeg_has_a_preview(tmp_path):
    large = save(tmp_path / "large.jpg", np.zeros((5200, 6000, 3), np.uint8), orientation=6)
    small = save(tmp_path / "small.jpg")
    preview = read_preview(large, probe(large))

    assert preview is not None
    assert (preview.width, preview.height, preview.fraction) == (5200, 6000, 1 / 8)
    assert (preview.levels[0].width(), preview.levels[0].height()) == (650, 750)
    assert read_preview(small, probe(small)) is None


def test_the_loader_decodes_in_the_background_and_then_looks_ahead(qtbot, loader, tmp_path):
    paths = [save(tmp_path / f"{i}.png", blocks(seed=i)) for i in range(3)]
    announced = []
    loader.loaded.connect(lambda path, picture: announced.append((path, picture.width)))

    loader.request(paths[0], neighbours=paths[1:])

    assert announced == []
    qtbot.waitUntil(lambda: all(loader.picture(path) for path in paths))
    assert announced == [(paths[0], 320)]


def test_a_picture_at_hand_is_announced_at_once(qtbot, loader, tmp_path):
    paths = [save(tmp_path / f"{i}.png") for i in range(2)]
    loader.request(paths[0], neighbours=[paths[1]])
    qtbot.waitUntil(lambda: loader.picture(paths[1]) is not None)
    announced = []
    loader.loaded.connect(lambda path, picture: announced.append(path))

    loader.request(paths[1])

    assert announced == [paths[1]]


def test_a_damaged_picture_fails_and_shows_nothing(qtbot, loader, tmp_path):
    path = save(tmp_path / "cam07.jpg", np.random.default_rng(1).integers(0, 255, (200, 320, 3), np.uint8))
    path.write_bytes(path.read_bytes()[:5000])
    loader.loaded.connect(lambda *_: pytest.fail("a fabricated picture was shown"))

    with qtbot.waitSignal(loader.failed) as failed:
        loader.request(path)

    assert failed.args[0] == path
    assert "cam07.jpg is damaged" in failed.args[1]


def test_a_missing_picture_fails_and_is_read_again_when_it_is_back(qtbot, loader, tmp_path):
    path = tmp_path / "a.png"
    with qtbot.waitSignal(loader.failed) as failed:
        loader.request(path)
    assert "does not exist" in failed.args[1]

    save(path)
    with qtbot.waitSignal(loader.loaded):
        loader.request(path)


def test_a_very_large_picture_comes_twice(qtbot, loader, tmp_path):
    path = save(tmp_path / "large.jpg", np.zeros((5200, 6000, 3), np.uint8))
    fractions = []
    loader.loaded.connect(lambda path, picture: fractions.append(picture.fraction))

    loader.request(path)

    qtbot.waitUntil(lambda: len(fractions) == 2)
    assert fractions == [1 / 8, 1.0]


def test_only_the_last_of_many_requests_is_announced(qtbot, loader, tmp_path):
    paths = [save(tmp_path / f"{i}.png", blocks(seed=i)) for i in range(30)]
    announced = []
    loader.loaded.connect(lambda path, picture: announced.append(path))

    for path in paths:
        loader.request(path)

    qtbot.waitUntil(lambda: bool(announced))
    assert announced == [paths[-1]]
    assert sum(loader.picture(path) is not None for path in paths) < 10


def test_the_cache_stays_within_its_budget_and_keeps_what_is_on_show(qtbot, tmp_path):
    paths = [save(tmp_path / f"{i}.png", blocks(seed=i)) for i in range(6)]
    loader = PictureLoader(budget=900_000)
    for i, path in enumerate(paths):
        with qtbot.waitSignal(loader.loaded):
            loader.request(path, neighbours=[paths[(i + 1) % 6]])
        qtbot.waitUntil(lambda i=i: loader.picture(paths[(i + 1) % 6]) is not None)
        assert loader.picture(path) is not None

    assert sum(loader.picture(path) is not None for path in paths) == 3
    loader.close()


def test_neighbours_that_do_not_fit_are_not_decoded(qtbot, tmp_path):
    small = save(tmp_path / "small.png")
    large = save(tmp_path / "large.png", np.zeros((2000, 2000, 3), np.uint8))
    loader = PictureLoader(budget=4_000_000)
    with qtbot.waitSignal(loader.loaded):
        loader.request(small, neighbours=[large])
    qtbot.waitUntil(lambda: loader._ahead is None)
    assert loader.picture(large) is None

    with qtbot.waitSignal(loader.loaded):
        loader.request(large)
    loader.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe to stand for a dead drive")
def test_a_read_that_hangs_does_not_block_the_others(qtbot, loader, tmp_path):
    hanging = [tmp_path / f"dead{i}.png" for i in range(2)]
    for path in hanging:
        os.mkfifo(path)
    good = save(tmp_path / "good.png")
    loader.request(hanging[0])
    qtbot.waitUntil(lambda: len(loader._workers._running) == 1)
    loader.request(hanging[1])
    qtbot.waitUntil(lambda: len(loader._workers._running) == 2)

    with qtbot.waitSignal(loader.loaded, timeout=int(PATIENCE_S * 4000)):
        loader.request(good)
    for path in hanging:  # let the threads end
        path.write_bytes(b"")


def test_workers_take_the_newest_list():
    started, release, done, taken = threading.Event(), threading.Event(), threading.Event(), []

    def work(path):
        taken.append(path.name)
        started.set()
        release.wait(5)
        return path.name

    workers = Workers(work, lambda name: done.set() if name == "c" else None, "test", threads=1)
    workers.want([Path("a")])
    assert started.wait(5)
    workers.want([Path("b")])
    workers.want([Path("a"), Path("c")])
    release.set()
    assert done.wait(5)
    workers.stop()

    assert taken == ["a", "c"]


def test_what_is_told_can_be_wanted_again_at_once():
    told = []
    done = threading.Event()

    def tell(path):
        told.append(path)
        workers.want([path])  # still in the worker's thread: it must not count as running
        if len(told) == 3:
            done.set()

    workers = Workers(lambda path: path, tell, "test", threads=1)
    workers.want([Path("a")])

    assert done.wait(5)
    workers.stop()


def test_thumbnails_fill_their_size_and_are_cut_at_the_centre(tmp_path):
    pixels = np.zeros((400, 1200, 3), np.uint8)
    pixels[:, 500:700] = 255
    image = read_thumbnail(save(tmp_path / "a.jpg", pixels, quality=95), QSize(128, 88))

    shown = pixels_of(image)[:, :, 0]
    assert (image.width(), image.height()) == (128, 88)
    assert shown[44, 64] > 250
    assert shown[44, 5] < 5


def test_thumbnails_arrive_later_and_stay(qtbot, tmp_path):
    path = save(tmp_path / "a.jpg", blocks(1200, 800))
    loader = ThumbnailLoader(tmp_path / "cache")
    with qtbot.waitSignal(loader.ready) as ready:
        assert loader.thumbnail(path) is None

    assert ready.args == [path]
    assert loader.thumbnail(path).size() == THUMBNAIL_SIZE
    loader.close()


def test_thumbnails_are_kept_on_disk_until_the_file_changes(qtbot, tmp_path):
    path = save(tmp_path / "a.png", np.zeros((100, 100, 3), np.uint8))
    for round_ in range(2):
        loader = ThumbnailLoader(tmp_path / "cache")
        with qtbot.waitSignal(loader.ready):
            loader.thumbnail(path)
        loader.close()
        files = list((tmp_path / "cache").iterdir())
        assert len(files) == 1
        if round_ == 0:  # a white one in its place shows that the second loader reads it
            Image.new("RGB", (128, 88), "white").save(files[0])
    assert pixels_of(loader.thumbnail(path)).min() > 250

    save(path, np.zeros((101, 101, 3), np.uint8))
    os.utime(path, (1, 1))
    loader = ThumbnailLoader(tmp_path / "cache")
    with qtbot.waitSignal(loader.ready):
        loader.thumbnail(path)
    assert pixels_of(loader.thumbnail(path)).max() < 5
    loader.close()


def test_an_unreadable_file_has_no_thumbnail_and_is_not_tried_again(qtbot, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    loader = ThumbnailLoader(tmp_path / "cache")
    loader.thumbnail(tmp_path / "a.jpg")
    qtbot.waitUntil(lambda: tmp_path / "a.jpg" in loader._images)

    assert loader.thumbnail(tmp_path / "a.jpg") is None
    assert loader._workers.wanted == []
    loader.close()


def test_a_thumbnail_cache_that_cannot_be_written_does_no_harm(qtbot, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    loader = ThumbnailLoader(tmp_path / "cache")
    with qtbot.waitSignal(loader.ready):
        loader.thumbnail(save(tmp_path / "a.png"))
    loader.close()
