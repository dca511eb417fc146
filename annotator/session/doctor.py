"""Find out what this computer lacks to run Annotator, each with the command that mends it, for `annotator doctor`."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from annotator.bundle import bundled
from annotator.errors import AnnotatorError
from annotator.session.window_needs import (
    Finding,
    display_problem,
    import_problem,
    lack_of,
    missing_libraries,
    pip_install,
)

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


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = (3, 11) <= sys.version_info[:2] < (3, 14)
    sentence = f"Python {version}" if ok else f"Python {version} is not one that Annotator runs on"
    return Finding("Python", ok, sentence, "" if ok else "install Python 3.11, 3.12 or 3.13")


def _libraries() -> Finding:
    if sys.platform != "linux":
        return Finding("System libraries", True, "nothing beyond Python's packages is needed on this system")
    lack = lack_of(missing_libraries(["qt", "window"]))
    return lack or Finding("System libraries", True, "all that the window needs are there")


def _qt() -> Finding:
    version, complaint = _start_qt({"QT_QPA_PLATFORM": "offscreen"})
    if version:
        return Finding("Qt", True, f"PySide6 {version}")
    if "No module named 'PySide6'" in complaint:
        complaint = "it is not installed"
    lack = import_problem(ImportError(complaint))
    remedy = lack.remedy if lack else pip_install("PySide6-Essentials>=6.8.3,<6.12")
    return Finding("Qt", False, f"PySide6 does not load: {complaint}", remedy)


def _display() -> Finding:
    if sys.platform != "linux":
        return Finding("Display", True, "this system's own")
    if problem := display_problem():
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


def _model_runtime() -> Finding:
    try:
        import onnxruntime
    except ImportError as error:
        sentence = f"onnxruntime does not load ({error}): labeling works, models do not"
        if sys.platform == "darwin" and os.uname().machine == "x86_64":
            return Finding("Model runtime", True, "there is none for Intel Macs: labeling works, models do not")
        return Finding("Model runtime", False, sentence, pip_install("onnxruntime>=1.32"))
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
    return Finding("SQLite", False, sentence, pip_install("pysqlite3>=0.6.1"))


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
