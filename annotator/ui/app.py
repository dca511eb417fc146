"""Start the window: theme, log, last-resort error dialog. Nothing heavy is imported before the first paint."""

import gc
import logging
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from annotator import __version__
from annotator.session.settings import config_folder, read_settings
from annotator.ui.main_window import MainWindow
from annotator.ui.theme import apply_theme, create_application
from annotator.ui.widgets.focus import FocusRing

_log = logging.getLogger("annotator")


def run_window(arguments: list[str]) -> int:
    """Open the window, on a project or a folder of pictures when one is named; return the exit code."""
    gc.disable()  # until the first paint: nothing that start-up makes is garbage
    log_path = start_log()
    app = create_application(sys.argv[:1])
    app.setApplicationVersion(__version__)
    settings, problems = read_settings(config_folder())
    for problem in problems:
        _log.warning(problem)
    apply_theme(app, settings.theme, settings.text_size.percent)
    window = MainWindow(settings, config_folder(), log_path)
    _install_hooks(window)
    window.show()
    QTimer.singleShot(0, lambda: _after_first_paint(app, window, [Path(argument) for argument in arguments]))
    return app.exec()


def _after_first_paint(app: QApplication, window: MainWindow, paths: list[Path]) -> None:
    """Fill the window once it is on the screen: with a project when one is named, else with the Welcome page."""
    app.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    gc.enable()
    FocusRing(app)
    if paths:
        window.open_paths(paths)
    if window.workplace is None:
        window.show_welcome()


def start_log() -> Path:
    """Begin the log file and return its path; no label and no picture is ever written to it."""
    folder = Path(platformdirs.user_log_dir("annotator", appauthor=False))
    path = folder / "annotator.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=2, encoding="utf-8")
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    _log.info("Annotator %s on %s, Python %s", __version__, sys.platform, sys.version.split()[0])
    return path


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
