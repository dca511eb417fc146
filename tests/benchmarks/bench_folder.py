"""A folder of 10,000 pictures: until the first is painted, and until all are committed.

The measure is scandir + sort + one decode of the same folder, in the same run, CPU seconds.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

COUNT = 10_000
ROUNDS = 5


def make_folder(folder: Path) -> None:
    import numpy as np
    from PIL import Image

    folder.mkdir()
    noise = np.random.default_rng(7).integers(0, 255, (480, 640, 3), np.uint8)
    first = folder / "00000.jpg"
    Image.fromarray(noise).save(first, quality=90)
    for n in range(1, COUNT):
        os.link(first, folder / f"{n:05}.jpg")


def floor(folder: Path) -> float:
    import simplejpeg

    start = time.process_time()
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    simplejpeg.decode_jpeg((folder / names[0]).read_bytes(), "BGRA")
    return time.process_time() - start


def ours(folder: Path, projects: Path, number: int) -> tuple[float, float]:
    """Return CPU seconds until the first picture is painted, and wall seconds until all rows are committed."""
    from PySide6.QtWidgets import QApplication

    from annotator.model.templates import template_skeleton
    from annotator.session.settings import Settings
    from annotator.store.project import create_project
    from annotator.ui.main_window import MainWindow

    app = QApplication.instance()
    create_project(projects / f"{number}", [template_skeleton("coco-17")], member="bench").close()
    window = MainWindow(Settings(member="bench"), projects / "config", projects / "log")
    window.show()
    window.open_paths([projects / f"{number}.annotator"])
    for _ in range(50):
        app.processEvents()
    start, wall = time.process_time(), time.monotonic()
    window.open_paths([folder])
    page = window.workplace.page
    while page.canvas.picture is None:
        app.processEvents()
        time.sleep(0.0005)
    page.canvas.repaint()
    painted = time.process_time() - start
    while page.session.frame_key is None:
        app.processEvents()
    window.workplace.project.flush()
    committed = time.monotonic() - wall
    window.close()
    app.processEvents()
    return painted, committed


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        for key in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            os.environ[key] = name
        from PySide6.QtWidgets import QApplication

        from annotator.session.settings import ThemeChoice
        from annotator.ui.theme import apply_theme

        app = QApplication(["bench"])
        apply_theme(app, ThemeChoice.DARK)
        folder = Path(name) / "pictures"
        make_folder(folder)
        floors, painted, committed = [], [], []
        for number in range(ROUNDS):
            floors.append(floor(folder))
            shown, saved = ours(folder, Path(name), number)
            painted.append(shown)
            committed.append(saved)
        ratio = statistics.median(a / b for a, b in zip(painted, floors, strict=True))
        print(f"scandir + sort + one decode   {statistics.median(floors):.3f} s CPU")
        print(f"first picture painted         {statistics.median(painted):.3f} s CPU, {ratio:.2f} x (target <= 5)")
        print(f"all {COUNT:,} rows committed     {statistics.median(committed):.3f} s")


if __name__ == "__main__":
    main()
