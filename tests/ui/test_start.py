"""What the first painted window has loaded."""

import os
import subprocess
import sys

PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from annotator.__main__ import wants_window
from annotator.ui import app as start

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            QApplication.instance().removeEventFilter(self)
            QTimer.singleShot(400, self.tell)  # the Welcome page is painted by then
        return False

    def tell(self):
        print(" ".join(sorted(sys.modules)))
        QApplication.exit(0)

made = start.create_application
def create(argv):
    app = made(argv)
    app.watch = Watch()
    app.installEventFilter(app.watch)
    return app
start.create_application = create
sys.exit(start.run_window([]))
"""
QT = {"PySide6", "shiboken6", "shibokensupport", "signature_bootstrap"}
ALLOWED = QT | {"pysqlite3", "msgspec", "typing_extensions", "platformdirs", "annotator"}


def test_only_what_the_first_window_needs_is_loaded(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
    environment |= {"HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment, timeout=60, check=True
    )

    modules = done.stdout.split()
    assert not {"annotator.plugin", "importlib.metadata"} & set(modules)  # plugins, and who offers them
    loaded = {name.partition(".")[0] for name in modules}
    heavy = {"numpy", "PIL", "onnxruntime", "shapely", "pyqtgraph", "simplejpeg", "av", "hotcoco", "typer", "rich"}
    assert "PySide6" in loaded
    assert not loaded & heavy
    third_party = {name for name in loaded if name and not name.startswith("_")} - set(sys.stdlib_module_names)
    assert {name for name in third_party if not name.startswith("_")} <= ALLOWED
