"""Tell what keeps the window from opening, as far as it can be told before Qt is loaded.

Qt would end the process without a word that a person can use, so this is asked before every start of the
window: it must be quick, and what only a problem needs is imported inside functions.
"""

import os
import re
import sys
from collections.abc import Iterable

import msgspec

from annotator.bundle import bundled


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        name: what was looked at: "SQLite".
        ok: nothing needs to be done.
        sentence: what was found.
        remedy: what to do, a command where there is one; "" when `ok`.
    """

    name: str
    ok: bool
    sentence: str
    remedy: str = ""


class SystemLibrary(msgspec.Struct, frozen=True):
    """A line of `resources/system-libraries.txt`.

    Attributes:
        group: "qt", needed even without a display, or "window".
        name: as the loader knows it: "libEGL.so.1".
        package: of Debian and Ubuntu: "libegl1".
    """

    group: str
    name: str
    package: str


def window_problem() -> Finding | None:
    """Return what keeps a window from opening, as far as it can be told within some milliseconds."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM", "xcb") != "xcb":
        return None
    if problem := display_problem():
        return problem
    groups = ["qt"] if os.environ.get("WAYLAND_DISPLAY") else ["qt", "window"]
    return lack_of(missing_libraries(groups))


def import_problem(error: ImportError) -> Finding | None:
    """Return what an import of Qt failed for, or None when `error` is about something else."""
    if (name := error.name or "") and name.split(".")[0] in {"PySide6", "shiboken6"} and ".so" not in str(error):
        return Finding(
            "Qt", False, "PySide6, which draws the window, is not installed", pip_install("PySide6-Essentials")
        )
    if found := re.match(r"(lib[^:\s]+\.so[.\d]*): cannot open shared object file", str(error)):
        known = [library for library in system_libraries() if library.name == found[1]]
        return lack_of(known or [SystemLibrary("qt", found[1], "")])
    return None


def system_libraries() -> list[SystemLibrary]:
    """Return the shared libraries that Qt needs of a Linux system."""
    text = bundled("resources", "system-libraries.txt").read_text("utf-8")
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return [SystemLibrary(*row) for row in rows if row[0] != "test"]


def missing_libraries(groups: Iterable[str]) -> list[SystemLibrary]:
    """Return which libraries of these groups the loader does not find."""
    wanted = set(groups)
    return [library for library in system_libraries() if library.group in wanted and not _loads(library.name)]


def display_problem() -> Finding | None:
    """Return what is wrong with the X11 or Wayland display that the environment names."""
    if os.environ.get("WAYLAND_DISPLAY"):
        return None
    name = os.environ.get("DISPLAY", "")
    remedy = "start it from a desktop session; `annotator --help` lists what works without a display"
    if not name:
        return Finding("Display", False, "there is no display to open a window on (DISPLAY is not set)", remedy)
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", name)
    if local and not _answers(f"/tmp/.X11-unix/X{local[1]}"):
        return Finding("Display", False, f"no display answers at {name}, which DISPLAY names", remedy)
    return None


def _answers(path: str) -> bool:
    import socket

    for address in (path, f"\0{path}"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(address)
            except OSError:
                continue
            return True
    return False


def _loads(name: str) -> bool:
    import ctypes

    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def lack_of(missing: list[SystemLibrary]) -> Finding | None:
    """Return the finding about libraries that are missing, None when none are."""
    if not missing:
        return None
    import shutil

    names = ", ".join(library.name for library in missing)
    packages = " ".join(library.package for library in missing)
    if shutil.which("apt-get") and all(library.package for library in missing):
        remedy = f"{_as_root()}apt-get install {packages}"
    else:
        remedy = "install the packages that bring them with your system's package manager"
    return Finding("System libraries", False, f"the window needs {names}, which this system lacks", remedy)


def _as_root() -> str:
    return "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "


def pip_install(package: str) -> str:
    """Return the command that installs a package into this Python."""
    return f'"{sys.executable}" -m pip install "{package}"'
