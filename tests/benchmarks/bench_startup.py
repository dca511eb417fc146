"""How long until the window is painted, and how much memory it takes then, against a bare PySide6 window of its size.

Each run is a fresh process; they alternate. CPU seconds are quoted: wall time on a shared machine says little.
Ours is the program itself, as a person who has used it starts it: settings and six recent projects are there.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

# Watches the one native window, in whose expose event everything is painted. A filter of the whole application would
# make PySide look up the class of every object that gets an event: with the private ones of a real window that costs
# more than the window, and the program does not do it.
WATCH = """
def watch(app, window):
    from PySide6.QtCore import QEvent, QObject
    class Watch(QObject):
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Expose:
                watched.removeEventFilter(self)
                app.sendEvent(watched, event)
                tell()
            return False
    def tell():
        import time
        cpu = time.process_time()
        import json, os
        pages = int(open("/proc/self/statm").read().split()[1])
        print(json.dumps({"cpu": cpu, "mib": pages * os.sysconf("SC_PAGE_SIZE") / 2**20}), flush=True)
        os._exit(0)
    app.watch = Watch()
    window.windowHandle().installEventFilter(app.watch)
"""
BARE = """
import sys
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication(sys.argv[:1])
window = QMainWindow()
window.resize(1440, 900)
window.show()
watch(app, window)
app.exec()
"""
# The event loop is what ends a start: its beginning is where the watch is set, without touching what comes before.
OURS = """
import sys
class AtTheLoop:
    def find_spec(self, name, path=None, target=None):
        if name == "annotator.ui.main_window":
            sys.meta_path.remove(self)
            from PySide6.QtWidgets import QApplication
            run = QApplication.exec
            def watched_run(*_):
                app = QApplication.instance()
                watch(app, next(each for each in app.topLevelWidgets() if each.isVisible()))
                return run()
            QApplication.exec = watched_run
sys.meta_path.insert(0, AtTheLoop())
from annotator.__main__ import main
main()
"""


def make_home(home: Path) -> None:
    """Leave what a person has after a few days: settings, and recent projects with thumbnails."""
    from datetime import datetime

    from PySide6.QtGui import QColor, QImage

    from annotator.session.recent import RecentProject, remember_project
    from annotator.session.settings import Settings, ThemeChoice, write_settings

    config = home / ".config" / "annotator"
    write_settings(Settings(theme=ThemeChoice.DARK, member="bench"), config)
    for number in range(6):
        thumbnail = home / f"{number}.png"
        image = QImage(144, 96, QImage.Format.Format_RGB32)
        image.fill(QColor.fromHsv(60 * number, 90, 160))
        image.save(str(thumbnail))
        path = home / f"Project {number}.annotator"
        opened = datetime(2026, 1, 1 + number, 12)
        remember_project(RecentProject(path, path.stem, 900, 150 * number, ("COCO 17",), opened, thumbnail), config)


def measure(program: str, arguments: list[str], home: Path) -> dict[str, float]:
    """Return CPU seconds and memory of a fresh process when its window is painted."""
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith("XDG_")}, "HOME": str(home)}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", WATCH + program, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    programs = {
        "bare window": (BARE, []),
        "with a project to open": (OURS, ["missing.annotator"]),
        "with the Welcome page": (OURS, []),
    }
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        make_home(home)
        runs = [{key: measure(*program, home) for key, program in programs.items()} for _ in range(rounds + 1)][1:]
    for key, unit, target in (("cpu", "s CPU", 1.5), ("mib", "MiB", 1.6)):
        for program in programs:
            median = statistics.median(run[program][key] for run in runs)
            ratio = statistics.median(run[program][key] / run["bare window"][key] for run in runs)
            print(f"{program:24} {median:8.3f} {unit:6} {ratio:5.2f} x  (target <= {target})")


if __name__ == "__main__":
    main()
