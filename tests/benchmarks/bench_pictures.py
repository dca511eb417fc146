"""Measure how fast the next picture appears: prefetched, cold, and against a bare decode; and thumbnails.

Run it as a script. Cold figures are ratios of wall times that alternate in one run.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import simplejpeg
from PIL import Image
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from annotator.session.view import fit
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.picture import DisplayPicture, read_display_picture, read_thumbnail
from annotator.ui.pictures import PictureLoader
from annotator.ui.thumbnails import THUMBNAIL_SIZE

WIDTH, HEIGHT = 4000, 3000
SCREEN = (1280, 800)
PICTURES = 6
ROUNDS = 11


def write_pictures(folder: Path) -> list[Path]:
    """Write 12-megapixel JPEGs of fractal noise, quality 90, about 3 MB each."""
    paths = []
    for i in range(PICTURES):
        rng = np.random.default_rng(i)
        noise = rng.normal(128, 6, (HEIGHT, WIDTH, 3)).astype(np.float32)
        for size in (12, 48, 192, 768):
            coarse = Image.fromarray(rng.integers(0, 255, (size * 3 // 4, size, 3), np.uint8))
            noise += (np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR), np.float32) - 128) / 3
        path = folder / f"{i}.jpg"
        Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(path, quality=90)
        paths.append(path)
    return paths


def wall_ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def wait_until(app: QApplication, is_done: Callable[[], bool]) -> None:
    while not is_done():
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)
        time.sleep(0.001)


def prefetched(app: QApplication, paths: list[Path]) -> tuple[list[float], list[float]]:
    """Go to the next picture again and again, each time decoded ahead; return wall and GUI thread CPU times."""
    loader, canvas = PictureLoader(), Canvas()
    canvas.resize(*SCREEN)
    canvas.show()

    def show(_path: Path, picture: DisplayPicture) -> None:
        canvas.set_picture(picture)
        canvas.set_view(fit((0, 0, picture.width, picture.height), SCREEN))

    loader.loaded.connect(show)
    loader.request(paths[0], [paths[1]])
    wall, cpu = [], []
    for i in range(1, ROUNDS * 2):
        following = paths[i % PICTURES]
        wait_until(app, lambda following=following: loader.picture(following) is not None)
        for _ in range(20):
            app.processEvents()
        started = time.thread_time()

        def go(i: int = i, following: Path = following) -> None:
            loader.request(following, [paths[(i + 1) % PICTURES], paths[(i - 1) % PICTURES]])
            app.sendPostedEvents()

        wall.append(wall_ms(go))
        cpu.append((time.thread_time() - started) * 1000)
    loader.close()
    canvas.close()
    return wall, cpu


def cold(app: QApplication, paths: list[Path]) -> tuple[float, ...]:
    """Return medians of a bare decode, one with our settings, a picture ready to draw, and one painted."""
    loader, canvas = PictureLoader(), Canvas()
    canvas.resize(*SCREEN)
    canvas.show()
    app.processEvents()
    shown = QEventLoop()

    def show(_path: Path, picture: DisplayPicture) -> None:
        canvas.set_view(fit((0, 0, picture.width, picture.height), SCREEN))
        canvas.set_picture(picture)
        app.sendPostedEvents()
        shown.quit()

    loader.loaded.connect(show)

    def go(path: Path) -> None:
        loader.request(path)
        shown.exec()

    bare, fast, ours, painted = [], [], [], []
    for i in range(ROUNDS):
        path = paths[i % PICTURES]
        content = path.read_bytes()
        bare.append(wall_ms(lambda content=content: simplejpeg.decode_jpeg(content, "BGRA")))
        fast.append(
            wall_ms(lambda content=content: simplejpeg.decode_jpeg(content, "BGRA", fastdct=True, fastupsample=True))
        )
        ours.append(wall_ms(lambda path=path: read_display_picture(path)))
        loader.forget(path)
        painted.append(wall_ms(lambda path=path: go(path)))
        for _ in range(20):
            app.processEvents()
    loader.close()
    canvas.close()
    return tuple(float(np.median(times)) for times in (bare, fast, ours, painted))


def report(name: str, value: float, target: float | None) -> bool:
    verdict = "" if target is None else ("ok" if value <= target else "MISSED")
    print(f"{name:58} {value:9.2f} {'' if target is None else f'{target:9.1f}'} {verdict}")
    return target is None or value <= target


def main() -> int:
    app = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        paths = write_pictures(Path(folder))
        print(f"{f'12-megapixel JPEG, {paths[0].stat().st_size / 1e6:.1f} MB':58} {'measured':>9} {'target':>9}")
        wall, cpu = prefetched(app, paths)
        bare, fast, ours, painted = cold(app, paths)
        thumbnails = [wall_ms(lambda path=path: read_thumbnail(path, THUMBNAIL_SIZE)) for path in paths]
    passed = [
        report("next picture, prefetched, to painted, median ms", float(np.median(wall)), 16.0),
        report("next picture, prefetched, to painted, GUI thread CPU ms", float(np.median(cpu)), None),
        report("bare simplejpeg decode, ms", bare, None),
        report("bare simplejpeg decode with our settings, ms", fast, None),
        report("cold, ready to draw with its levels, ms", ours, None),
        report("cold, from the request to painted, ms", painted, None),
        report("cold, painted, against the bare decode", painted / bare, None),
        report("cold against the bare decode", ours / bare, 1.2),
        report("cold against the bare decode with our settings", ours / fast, None),
        report("thumbnail, ms", float(np.median(thumbnails)), None),
    ]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
