"""Start the window: theme, log, last-resort error dialog. Nothing heavy is imported before the first paint."""

import gc
import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from annotator import __version__
from annotator.model.text import without_passwords
from annotator.session.settings import config_folder, log_folder, read_settings
from annotator.ui.main_window import MainWindow
from annotator.ui.theme import Theme, apply_colors, apply_stylesheet, create_application

_log = logging.getLogger("annotator")


def run_window(arguments: list[str]) -> int:
    """Open the window, on a project or a folder of pictures when one is named; return the exit code."""
    log_path = log_folder() / "annotator.log"
    begin_log(log_path)
    app = create_application(sys.argv[:1])
    app.setApplicationVersion(__version__)
    settings, problems = read_settings(config_folder())
    for problem in problems:
        _log.warning(problem)
    theme = apply_colors(app, settings.theme, settings.text_size.percent)
    window = MainWindow(settings, config_folder(), log_path)
    _install_hooks(window)
    paths = [Path(argument) for argument in arguments]
    if not any(path.suffix == ".annotator" for path in paths):
        window.show_welcome()
    window.show()
    _FirstPaint(window, lambda: _after_first_paint(app, theme, window, log_path, paths))
    return app.exec()


class _FirstPaint(QObject):
    """Calls `then` once, when `window` is on the screen: it is painted within the event that exposes it."""

    def __init__(self, window: MainWindow, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._then = then
        window.windowHandle().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Expose:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._then)
        return False


def _after_first_paint(app: QApplication, theme: Theme, window: MainWindow, log_path: Path, paths: list[Path]) -> None:
    """Do what can wait until the window is on the screen, and open what was named."""
    from annotator.ui.widgets.focus import FocusRing

    gc.freeze()  # what the start has made stays: no collection needs to look at it again
    gc.enable()
    apply_stylesheet(app, theme)
    rotate_log(log_path)
    FocusRing(app)
    if paths:
        window.open_paths(paths)
    if window.is_empty:
        window.show_welcome()


class _Formatter(logging.Formatter):
    """Formats records, tracebacks too, without the passwords that an address in them may hold."""

    def format(self, record: logging.LogRecord) -> str:
        return without_passwords(super().format(record))


def begin_log(path: Path) -> None:
    """Begin the log file; no label, picture or password is ever written to it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.FileHandler(path, encoding="utf-8")
    except OSError:
        handler = logging.StreamHandler()
    _use_handler(handler)


def rotate_log(path: Path) -> None:
    """Let the log start a new file when it has grown large; later, since `logging.handlers` is slow to load."""
    from logging.handlers import RotatingFileHandler

    try:
        _use_handler(RotatingFileHandler(path, maxBytes=1_000_000, backupCount=2, encoding="utf-8"))
    except OSError as error:
        _log.warning("the log file %s cannot be written: %s", path, error)
    _log.info("Annotator %s on %s, Python %s", __version__, sys.platform, sys.version.split()[0])


def _use_handler(handler: logging.Handler) -> None:
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)


def _install_hooks(window: MainWindow) -> None:
    """Log what nobody caught and show it; labels are safe, since every gesture is on disk already."""

    def on_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        _log.critical("unexpected error", exc_info=(kind, error, trace))
        window.show_unexpected(error)

    sys.excepthook = on_error
    threading.excepthook = lambda args: _log.critical(
        "unexpected error in %s",
        args.thread.name if args.thread else "a thread",
        exc_info=(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback),
    )
