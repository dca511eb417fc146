"""Load plugins: the bundled ones and those that installed packages offer. A broken one is listed, never fatal."""

import importlib.util
import logging
import sys
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from annotator.bundle import bundled

ENTRY_POINTS = "annotator.plugins"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """One plugin that was found.

    Attributes:
        origin: "bundled", or the name of the distribution.
        error: why it could not be loaded, or "".
    """

    name: str
    origin: str
    error: str = ""


_statuses: list[PluginStatus] | None = None


def load_plugins(*, others: bool = True) -> list[PluginStatus]:
    """Load every plugin once per process and return what became of each.

    Args:
        others: load those of installed packages too.
    """
    global _statuses
    if _statuses is None:
        _name_the_folder()
        _statuses = [_load_file(path) for path in sorted(_bundled_files())]
        if others:
            _statuses += _load_entry_points()
    return _statuses


def _name_the_folder() -> None:
    """Make the folder importable as `plugins`: inside a wheel it lies where Python would not look for it."""
    if "plugins" not in sys.modules:
        folder = ModuleType("plugins", "The bundled plugins.")
        folder.__path__ = [str(bundled("plugins"))]
        sys.modules["plugins"] = folder


def _bundled_files() -> list[Path]:
    folder = bundled("plugins")
    modules = [path for path in folder.glob("*.py") if not path.name.startswith("_")]
    return modules + [path / "__init__.py" for path in folder.iterdir() if (path / "__init__.py").is_file()]


def _load_file(path: Path) -> PluginStatus:
    """Load one file, or the package of an `__init__.py`, as `plugins.<name>`."""
    is_package = path.name == "__init__.py"
    name = path.parent.name if is_package else path.stem
    module_name = f"plugins.{name}"
    if module_name in sys.modules:
        return PluginStatus(name, "bundled")
    spec = importlib.util.spec_from_file_location(
        module_name, path, submodule_search_locations=[str(path.parent)] if is_package else None
    )
    if spec is None or spec.loader is None:
        return PluginStatus(name, "bundled", "not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything and must not stop the start
        del sys.modules[module_name]
        _log.exception("plugin %s cannot be loaded", name)
        return PluginStatus(name, "bundled", f"{type(error).__name__}: {error}")
    return PluginStatus(name, "bundled")


def _load_entry_points() -> list[PluginStatus]:
    found = []
    for point in entry_points(group=ENTRY_POINTS):
        origin = point.dist.name if point.dist else "unknown"
        try:
            point.load()
        except Exception as error:  # noqa: BLE001 - as above
            _log.exception("plugin %s cannot be loaded", point.name)
            found.append(PluginStatus(point.name, origin, f"{type(error).__name__}: {error}"))
        else:
            found.append(PluginStatus(point.name, origin))
    return found
