"""Everything but the window works without Qt, and starting pays only for what it uses."""

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import annotator
from annotator.bundle import bundled

PACKAGES = ("cli", "formats", "model", "predict", "quality", "session", "store")
SINGLE_MODULES = tuple(
    module.name
    for module in pkgutil.iter_modules(annotator.__path__, "annotator.")
    if not module.ispkg and module.name != "annotator.__main__"
)


def modules_of(package: str) -> list[str]:
    """Return the names of all modules of `annotator.<package>`, found without importing them."""
    root = Path(annotator.__path__[0])
    return [
        ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((root / package).rglob("*.py"))
    ]


def loaded_by(statement: str) -> set[str]:
    """Return the top-level packages that are loaded in a new process after `statement`."""
    program = f"import sys; {statement}; print(*sorted(sys.modules), file=sys.stderr)"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert outcome.returncode == 0, outcome.stderr
    return {name.split(".")[0] for name in outcome.stderr.split()}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_outside_the_window_loads_qt(package):
    modules = modules_of(package)

    loaded = loaded_by(f"import annotator, {', '.join(modules)}")

    assert modules
    assert not loaded & {"PySide6", "shiboken6", "pyqtgraph"}


def test_no_shared_module_loads_qt():
    loaded = loaded_by(f"import {', '.join(SINGLE_MODULES)}")

    assert not loaded & {"PySide6", "shiboken6", "pyqtgraph"}


def test_no_bundled_plugin_loads_qt_or_a_model_runtime():
    names = [f"annotator.plugins.{module.name}" for module in pkgutil.iter_modules([str(bundled("plugins"))])]
    assert names

    loaded = loaded_by(f"import {', '.join(names)}")

    assert not loaded & {"PySide6", "shiboken6", "pyqtgraph", "onnxruntime", "PIL"}


def test_the_version_is_told_without_loading_anything_heavy():
    loaded = loaded_by("sys.argv[1:] = ['--version']; from annotator.__main__ import main; main()")

    assert "annotator" in loaded
    assert not loaded & {"numpy", "msgspec", "platformdirs", "typer", "rich", "PySide6"}


def test_the_notebook_names_load_on_first_use():
    loaded = loaded_by("import annotator")

    assert "numpy" not in loaded
    for name in annotator.__all__:
        assert getattr(annotator, name) is getattr(import_module(annotator._HOMES[name]), name)
