"""Start the window or the command line: decided from the arguments alone, before either is imported."""

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from annotator import __version__

if TYPE_CHECKING:
    from annotator.session.window_needs import Finding

BAD_INPUT = 2
NO_PLUGINS = "--no-plugins"
# Words that name a command even where a file or folder of that name lies.
COMMANDS = frozenset(
    "accept check demo doctor export import merge new plugin prelabel skeleton stats".split()  # noqa: SIM905 - shorter
)


def main() -> int:
    """Run what the arguments ask for; return the exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        print(f"annotator {__version__}")
        return 0
    if wants_window(arguments):
        return _run_window(arguments)
    from annotator.cli.app import run_cli

    return run_cli(arguments)


def wants_window(arguments: list[str]) -> bool:
    """Return whether the arguments open the window: none, or one project file or folder of pictures."""
    paths = _paths(arguments)
    if not paths:
        return True
    if len(paths) > 1 or paths[0] in COMMANDS or paths[0].startswith("-"):
        return False
    return Path(paths[0]).suffix == ".annotator" or Path(paths[0]).exists()


def _paths(arguments: list[str]) -> list[str]:
    """Return the arguments without the one option that the window takes."""
    return [argument for argument in arguments if argument != NO_PLUGINS]


def _run_window(arguments: list[str]) -> int:
    gc.disable()  # until the first paint: nothing that start-up makes is garbage
    from annotator.session.window_needs import import_problem, window_problem

    if problem := window_problem():
        return _refuse(problem)
    try:
        from annotator.ui.app import run_window
    except ImportError as error:
        if problem := import_problem(error):
            return _refuse(problem)
        raise
    if NO_PLUGINS in arguments:
        from annotator.session.plugins import PLUGINS

        PLUGINS.leaves_others_out = True
    return run_window(_paths(arguments))


def _refuse(problem: "Finding") -> int:
    text = f"{problem.sentence}: {problem.remedy}"
    if sys.platform == "win32" and sys.stderr is None:  # started as annotator-window, which has no console
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, text, "Annotator", 0x10)
    else:
        print(text, file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
