"""Find out what this computer lacks to run Annotator, each with the command that mends it.

`diagnose` looks at everything, for `annotator doctor`. `window_problem` looks only at what would make Qt end the
process without a word that a person can use, so that it can be asked before every start of the window.
"""

import ctypes
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from annotator.bundle import bundled
from annotator.errors import AnnotatorError

LEAST_FREE_BYTES = 1 << 30
START_SECONDS = 60.0
_OPEN_A_WINDOW = (
    "from PySide6.QtWidgets import QApplication; QApplication([]); import PySide6; print(PySide6.__version__)"
)
_PROVIDERS = {
    "CPUExecutionProvider": "the processor",
    "CUDAExecutionProvider": "an NVIDIA card (CUDA)",
    "TensorrtExecutionProvider": "an NVIDIA card (TensorRT)",
    "ROCMExecutionProvider": "an AMD card (ROCm)",
    "MIGraphXExecutionProvider": "an AMD card (MIGraphX)",
    "DmlExecutionProvider": "a graphics card (DirectML)",
    "CoreMLExecutionProvider": "Apple's neural engine (Core ML)",
    "OpenVINOExecutionProvider": "Intel hardware (OpenVINO)",
}


@dataclass(frozen=True, slots=True)
class Finding:
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


@dataclass(frozen=True, slots=True)
class SystemLibrary:
    """A line of `resources/system-libraries.txt`.

    Attributes:
        group: "qt", needed even without a display, or "window".
        name: as the loader knows it: "libEGL.so.1".
        package: of Debian and Ubuntu: "libegl1".
    """

    group: str
    name: str
    package: str


def diagnose() -> list[Finding]:
    """Look at everything; takes a second or two, because Qt and the model runtime are really started."""
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        _libraries,
        _qt,
        _display,
        _model_runtime,
        _models,
        _sqlite,
        _user_folders,
        _disk_space,
    )
    return [check() for check in checks]


def window_problem() -> Finding | None:
    """Return what keeps a window from opening, as far as it can be told within some milliseconds."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM", "xcb") != "xcb":
        return None
    if problem := _display_problem():
        return problem
    groups = ["qt"] if os.environ.get("WAYLAND_DISPLAY") else ["qt", "window"]
    return _lack_of(missing_libraries(groups))


def import_problem(error: ImportError) -> Finding | None:
    """Return what an import of Qt failed for, or None when `error` is about something else."""
    if (name := error.name or "") and name.split(".")[0] in {"PySide6", "shiboken6"} and ".so" not in str(error):
        return Finding(
            "Qt", False, "PySide6, which draws the window, is not installed", _pip_install("PySide6-Essentials")
        )
    if found := re.match(r"(lib[^:\s]+\.so[.\d]*): cannot open shared object file", str(error)):
        known = [library for library in system_libraries() if library.name == found[1]]
        return _lack_of(known or [SystemLibrary("qt", found[1], "")])
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


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _lack_of(missing: list[SystemLibrary]) -> Finding | None:
    if not missing:
        return None
    names = ", ".join(library.name for library in missing)
    packages = " ".join(library.package for library in missing)
    if shutil.which("apt-get") and all(library.package for library in missing):
        remedy = f"{_as_root()}apt-get install {packages}"
    else:
        remedy = "install the packages that bring them with your system's package manager"
    return Finding("System libraries", False, f"the window needs {names}, which this system lacks", remedy)


def _as_root() -> str:
    return "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "


def _pip_install(package: str) -> str:
    return f'"{sys.executable}" -m pip install "{package}"'


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = (3, 11) <= sys.version_info[:2] < (3, 14)
    sentence = f"Python {version}" if ok else f"Python {version} is not one that Annotator runs on"
    return Finding("Python", ok, sentence, "" if ok else "install Python 3.11, 3.12 or 3.13")


def _libraries() -> Finding:
    if sys.platform != "linux":
        return Finding("System libraries", True, "nothing beyond Python's packages is needed on this system")
    lack = _lack_of(missing_libraries(["qt", "window"]))
    return lack or Finding("System libraries", True, "all that the window needs are there")


def _qt() -> Finding:
    version, complaint = _start_qt({"QT_QPA_PLATFORM": "offscreen"})
    if version:
        return Finding("Qt", True, f"PySide6 {version}")
    if "No module named 'PySide6'" in complaint:
        complaint = "it is not installed"
    lack = import_problem(ImportError(complaint))
    remedy = lack.remedy if lack else _pip_install("PySide6-Essentials>=6.8.3,<6.12")
    return Finding("Qt", False, f"PySide6 does not load: {complaint}", remedy)


def _display() -> Finding:
    if sys.platform != "linux":
        return Finding("Display", True, "this system's own")
    if problem := _display_problem():
        return problem
    name = os.environ.get("WAYLAND_DISPLAY") or os.environ["DISPLAY"]
    version, complaint = _start_qt({})
    if version:
        return Finding("Display", True, f"a window opens on {name}")
    return Finding(
        "Display",
        False,
        f"no window opens on {name}: {complaint}",
        "see System libraries, and whether this user may use that display",
    )


def _start_qt(environment: dict[str, str]) -> tuple[str, str]:
    """Start Qt in a process of its own, as a failure ends it; return PySide6's version, or else the complaint."""
    try:
        outcome = subprocess.run(
            [sys.executable, "-c", _OPEN_A_WINDOW],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=START_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "", f"Qt did not start within {START_SECONDS:.0f} seconds"
    except OSError as error:
        return "", str(error)
    if outcome.returncode == 0:
        return outcome.stdout.strip(), ""
    lines = [line.strip() for line in outcome.stderr.splitlines() if line.strip()]
    telling = [line for line in lines if "Error:" in line or line.startswith("qt.qpa")] or lines
    complaint = telling[-1] if telling else f"it ended with code {outcome.returncode}"
    return "", complaint.removeprefix("ModuleNotFoundError: ").removeprefix("ImportError: ")


def _display_problem() -> Finding | None:
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
    for address in (path, f"\0{path}"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(address)
            except OSError:
                continue
            return True
    return False


def _model_runtime() -> Finding:
    try:
        import onnxruntime
    except ImportError as error:
        sentence = f"onnxruntime does not load ({error}): labeling works, models do not"
        if sys.platform == "darwin" and os.uname().machine == "x86_64":
            return Finding("Model runtime", True, "there is none for Intel Macs: labeling works, models do not")
        return Finding("Model runtime", False, sentence, _pip_install("onnxruntime>=1.32"))
    providers = [_PROVIDERS[name] for name in onnxruntime.get_available_providers() if name in _PROVIDERS]
    return Finding(
        "Model runtime", True, f"onnxruntime {onnxruntime.__version__} runs models on {', '.join(providers)}"
    )


def _models() -> Finding:
    from annotator.predict.card import read_card, read_model

    remedy = "install Annotator again; in a checkout: git checkout -- resources/models"
    try:
        cards = {path: read_card(path) for path in sorted(bundled("resources", "models").glob("*.json"))}
        for path, card in cards.items():
            for file in card.files:
                read_model(path.parent, file)
    except (AnnotatorError, FileNotFoundError) as error:
        return Finding("Bundled models", False, str(error), remedy)
    if not cards:
        return Finding("Bundled models", False, "this installation has none", remedy)
    titles = ", ".join(card.title for card in cards.values())
    return Finding("Bundled models", True, f"{titles}: as shipped")


def _sqlite() -> Finding:
    from annotator.store.sqlite import driver, wal_is_safe

    name = f"SQLite {driver.sqlite_version}"
    if wal_is_safe():
        return Finding("SQLite", True, name)
    sentence = f"{name} has a bug that can damage a write-ahead log, so projects use the slower rollback journal"
    return Finding("SQLite", False, sentence, _pip_install("pysqlite3>=0.6.1"))


def _user_folders() -> Finding:
    import platformdirs

    folders = dict.fromkeys(
        Path(find("annotator", appauthor=False))
        for find in (platformdirs.user_config_dir, platformdirs.user_data_dir, platformdirs.user_state_dir)
    )
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            sentence = f"settings and recovery files cannot be kept in {folder}: {error.strerror or error}"
            return Finding("User folders", False, sentence, f"make {_existing(folder)} a folder that you may write to")
    return Finding("User folders", True, "settings, recovery files and logs can be kept")


def _disk_space() -> Finding:
    from annotator.session.settings import config_folder, default_projects_folder, read_settings

    folder = _existing(default_projects_folder(read_settings(config_folder())[0]))
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding("Disk space", False, f"{folder} cannot be looked at: {error.strerror}", "check the disk")
    sentence = f"{free / (1 << 30):.1f} GiB are free for projects in {folder}"
    if free < LEAST_FREE_BYTES:
        return Finding("Disk space", False, f"only {sentence}", "free some space, or choose another projects folder")
    return Finding("Disk space", True, sentence)


def _existing(folder: Path) -> Path:
    """Return the nearest folder above that exists."""
    return next(place for place in (folder, *folder.parents) if place.exists())
