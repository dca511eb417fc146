"""Measure the canvas: what a frame costs while panning, dragging and hovering, and a full redraw.

Run it as a script. Times are CPU time of the GUI thread, so that a busy machine does not matter.
"""

import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.model.instance import Instance, Visibility
from annotator.model.templates import template_skeleton
from annotator.session.hit_test import HitIndex
from annotator.session.scene import Scene, Target
from annotator.session.view import fit
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.picture import DisplayPicture

WIDTH, HEIGHT = 4000, 3000
SCREEN = (1280, 800)
SKELETON = template_skeleton("coco-17")
K = len(SKELETON)
FRAMES = 200


def crowd(count: int) -> tuple[Instance, ...]:
    """Return people of 150 to 300 pixels all over the picture, a tenth of the keypoints occluded."""
    rng = np.random.default_rng(count)
    layout = np.array(SKELETON.layout) - 0.5
    heights = rng.uniform(150, 300, (count, 1, 1))
    centres = rng.uniform((100, 150), (WIDTH - 100, HEIGHT - 150), (count, 1, 2))
    points = centres + layout * heights + rng.normal(0, 6, (count, K, 2))
    states = rng.choice([Visibility.OCCLUDED, *[Visibility.VISIBLE] * 9], (count, K)).astype(np.uint8)
    return tuple(Instance(i + 1, SKELETON.id, points[i], states[i]) for i in range(count))


def picture() -> DisplayPicture:
    noise = np.random.default_rng(0).integers(0, 2**24, (HEIGHT, WIDTH), np.uint32)
    full = QImage(noise.data, WIDTH, HEIGHT, WIDTH * 4, QImage.Format.Format_RGB32).copy()
    levels = [full]
    while levels[-1].width() > 500:
        levels.append(levels[-1].scaled(levels[-1].width() // 2, levels[-1].height() // 2))
    return DisplayPicture(WIDTH, HEIGHT, tuple(levels))


def cpu_ms(work: Callable[[], object]) -> float:
    started = time.thread_time()
    work()
    return (time.thread_time() - started) * 1000


class Bench:
    """One canvas with one crowd, at fit zoom, everything rendered."""

    def __init__(self, app: QApplication, count: int) -> None:
        self.app = app
        self.instances = crowd(count)
        self.canvas = Canvas()
        self.canvas.resize(*SCREEN)
        self.canvas.show()
        self.skeletons = {SKELETON.id: SKELETON}
        self.canvas.set_picture(picture())
        self.canvas.set_view(fit((0, 0, WIDTH, HEIGHT), SCREEN))
        self.scene = Scene(skeletons=self.skeletons, instances=self.instances)
        self.canvas.set_scene(self.scene)
        self.settle()

    def settle(self) -> None:
        self.app.processEvents()
        self.canvas.finish_rendering()
        self.app.processEvents()

    def frame(self, change: Callable[[], object]) -> float:
        """Return what a change and its painting cost."""

        def work() -> None:
            change()
            self.app.sendPostedEvents()

        return cpu_ms(work)

    def pan(self) -> tuple[list[float], list[float]]:
        """Pan 1,600 pixels to and fro; return the frames, and the idle slices between them."""
        frames, slices = [], []
        for i in range(FRAMES):
            step = 8 if i % 100 < 50 else -8
            frames.append(self.frame(lambda step=step: self.canvas.set_view(self.canvas.view.panned(step, step / 2))))
            slices.append(cpu_ms(self.app.processEvents))
        self.settle()
        return frames, slices

    def drag(self) -> tuple[float, list[float]]:
        """Drag a keypoint of an instance in the middle of the crowd; return the first frame, and the others."""
        chosen = self.instances[len(self.instances) // 2]
        others = tuple(instance for instance in self.instances if instance is not chosen)
        frames = []
        QTest.mousePress(self.canvas, Qt.MouseButton.LeftButton)
        for i in range(FRAMES + 1):
            x, y = chosen.points[3]
            drafted = chosen.with_point(3, (x + 2 * i, y + i))
            scene = Scene(skeletons=self.skeletons, instances=others, drafted=drafted, selected=chosen.id)
            frames.append(self.frame(lambda scene=scene: self.canvas.set_scene(scene)))
            self.app.processEvents()
        QTest.mouseRelease(self.canvas, Qt.MouseButton.LeftButton)
        self.canvas.set_scene(self.scene)
        self.settle()
        return frames[0], frames[1:]

    def hover(self) -> list[float]:
        """Move over keypoints: hit test, scene, painting."""
        index = HitIndex(self.instances, (), self.skeletons)
        rng = np.random.default_rng(1)
        frames = []
        for _ in range(FRAMES):
            instance = self.instances[rng.integers(len(self.instances))]
            x, y = instance.points[rng.integers(K)]

            def move(x: float = x, y: float = y) -> None:
                target = index.hit((x, y), self.canvas.view.scale)
                assert isinstance(target, Target)
                self.canvas.set_scene(Scene(skeletons=self.skeletons, instances=self.instances, hovered=target))

            frames.append(self.frame(move))
        self.canvas.set_scene(self.scene)
        self.settle()
        return frames

    def redraw(self) -> list[float]:
        """Render the whole frame with its margins anew, and paint it."""

        def work() -> None:
            self.canvas.set_picture(self.canvas.picture)
            self.canvas.finish_rendering()
            self.app.sendPostedEvents()

        return [cpu_ms(work) for _ in range(9)]


def report(name: str, value: float, target: float | None) -> bool:
    verdict = "" if target is None else ("ok" if value <= target else "MISSED")
    print(f"{name:58} {value:9.2f} {'' if target is None else f'{target:9.1f}'} {verdict}")
    return target is None or value <= target


def main() -> int:
    app = QApplication.instance() or QApplication([])
    print(f"{'12 megapixels at fit zoom, 1280 x 800, GUI thread CPU ms':58} {'measured':>9} {'target':>9}")
    passed = []
    for count in (1000, 5000):
        bench = Bench(app, count)
        frames, slices = bench.pan()
        name = f"{count} instances of 17"
        passed += [
            report(f"{name}: pan frame, median", float(np.median(frames)), 1.0),
            report(f"{name}: pan frame, p99", float(np.percentile(frames, 99)), 8.0),
            report(f"{name}: idle slice between pan frames, p99", float(np.percentile(slices, 99)), None),
        ]
        first, frames = bench.drag()
        passed += [
            report(f"{name}: first drag frame", first, 16.0),
            report(f"{name}: drag frame, median", float(np.median(frames)), 1.0),
            report(f"{name}: drag frame, p99", float(np.percentile(frames, 99)), 8.0),
        ]
        bench.canvas.close()
    bench = Bench(app, 588)
    passed += [
        report("10,000 keypoints: hover, median", float(np.median(bench.hover())), 2.0),
        report("10,000 keypoints: full redraw with margins, median", float(np.median(bench.redraw())), 40.0),
    ]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
