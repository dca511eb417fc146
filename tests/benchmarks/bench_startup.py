"""How long until the window is painted, and how much memory it takes then, against a bare PySide6 window of its size.

Each run is a fresh process; the two alternate. CPU seconds are quoted: wall time on a shared machine says little.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

BARE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication(sys.argv[:1])
window = QMainWindow()
window.resize(1440, 900)
window.show()
"""
OURS = """
import gc
gc.disable()
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from annotator.session.settings import config_folder, read_settings
from annotator.ui.main_window import MainWindow
from annotator.ui.theme import apply_theme, create_application
app = create_application(sys.argv[:1])
settings, _ = read_settings(config_folder())
apply_theme(app, settings.theme, settings.text_size.percent)
window = MainWindow(settings, config_folder(), Path("log"))
window.resize(1440, 900)
window.show()
"""
WELCOME = (
    OURS
    + """
window.show_welcome()
"""
)
REPORT = """
import json, os, resource, time
from PySide6.QtCore import QEvent, QObject
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            app.removeEventFilter(self)
            QTimer.singleShot(0, self.tell)
        return False
    def tell(self):
        pages = int(open("/proc/self/statm").read().split()[1])
        print(json.dumps({"cpu": time.process_time(), "mib": pages * os.sysconf("SC_PAGE_SIZE") / 2**20}), flush=True)
        os._exit(0)
watch = Watch()
app.installEventFilter(watch)
app.exec()
"""


def measure(program: str, home: str) -> dict[str, float]:
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith("XDG_")}, "HOME": home}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", program + REPORT],
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
    programs = {"bare window": BARE, "first painted window": OURS, "with the Welcome page": WELCOME}
    with tempfile.TemporaryDirectory() as home:
        runs = [{name: measure(text, home) for name, text in programs.items()} for _ in range(rounds + 1)][1:]
    for key, unit, target in (("cpu", "s CPU", 1.5), ("mib", "MiB", 1.6)):
        for name in programs:
            median = statistics.median(run[name][key] for run in runs)
            ratio = statistics.median(run[name][key] / run["bare window"][key] for run in runs)
            print(f"{name:24} {median:8.3f} {unit:6} {ratio:5.2f} x  (target <= {target})")


if __name__ == "__main__":
    main()
