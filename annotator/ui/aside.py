"""Run something that may hang beside the window, and tell when it is done: code of others, while it is imported."""

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

_LOOK_MS = 50


class Aside(QObject):
    """Calls once, on a thread that does not keep the program from ending.

    The window looks whether the thread is done, rather than being told: it may be closed by then.

    Attributes:
        finished: what the call returned, or the exception it raised.
    """

    finished = Signal(object)

    def __init__(self, call: Callable[[], Any], parent: QObject) -> None:
        super().__init__(parent)
        self._outcome: object = None

        def work() -> None:
            try:
                self._outcome = call()
            except Exception as error:  # noqa: BLE001 - a job: whoever listens decides what it means
                self._outcome = error

        self._thread = threading.Thread(target=work, name="aside", daemon=True)
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._thread.start()
        self._timer.start()

    def _on_timeout(self) -> None:
        if not self._thread.is_alive():
            self._timer.stop()
            self.finished.emit(self._outcome)
            self.deleteLater()
