"""The user's plugin folder: what lies in it, what the person has switched on, and how it is imported.

Anybody who can write a file there would run code here, so a plugin is on only by its name and the hash of its
content: a changed file is off again until the person has looked.
"""

import ast
import hashlib
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

import msgspec

from annotator.errors import AnnotatorError
from annotator.session.settings import write_json

FOLDER = "plugins"
SWITCHES = "plugins.json"
NAMESPACE = "annotator_plugins"
"""The package that the folder's modules are imported into, so that none takes the name of another module."""

_log = logging.getLogger(__name__)


class Switches(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the person has decided about plugins of others, kept beside the settings.

    Attributes:
        on: plugins of the folder by name, each with the hash of the content that was switched on.
        off: names of plugins of installed packages that are not to be loaded.
    """

    on: dict[str, str] = {}
    off: tuple[str, ...] = ()

    def with_on(self, name: str, digest: str) -> "Switches":
        return msgspec.structs.replace(self, on=self.on | {name: digest})

    def without_on(self, name: str) -> "Switches":
        return msgspec.structs.replace(self, on={each: self.on[each] for each in self.on if each != name})

    def with_off(self, name: str) -> "Switches":
        return msgspec.structs.replace(self, off=(*self.without_off(name).off, name))

    def without_off(self, name: str) -> "Switches":
        return msgspec.structs.replace(self, off=tuple(each for each in self.off if each != name))


@dataclass(frozen=True, slots=True)
class FolderPlugin:
    """A module or package in the folder, not imported.

    Attributes:
        path: the file, or the package's folder.
        digest: SHA-256 of the content, "" where it cannot be read.
        summary: first line of its docstring, read without running it.
        problem: why it cannot be a plugin, or "".
    """

    name: str
    path: Path
    digest: str
    summary: str
    problem: str = ""


def read_switches(config: Path) -> Switches:
    """Return what is switched on and off; what cannot be read leaves the whole folder off."""
    path = config / SWITCHES
    try:
        return msgspec.json.decode(path.read_bytes(), type=Switches)
    except FileNotFoundError:
        return Switches()
    except (OSError, msgspec.MsgspecError) as error:
        _log.warning("%s cannot be read, so the plugins of the folder are off: %s", path, error)
        return Switches()


def write_switches(switches: Switches, config: Path) -> None:
    """Keep what is switched on and off.

    Raises:
        AnnotatorError: the folder cannot be written.
    """
    path = config / SWITCHES
    try:
        write_json(path, msgspec.to_builtins(switches))
    except OSError as error:
        raise AnnotatorError(f"{path} cannot be written, so nothing is switched: {error.strerror or error}") from error


def plugins_in(folder: Path) -> list[FolderPlugin]:
    """Return what lies in the folder, by name; nothing is run. Names that begin with _ or . are not plugins."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    found = []
    for path in entries:
        is_package = (path / "__init__.py").is_file()
        if path.name.startswith(("_", ".")) or not (is_package or path.suffix == ".py"):
            continue
        found.append(_read(path.name if is_package else path.stem, path, is_package))
    return found


def _read(name: str, path: Path, is_package: bool) -> FolderPlugin:
    if not name.isidentifier():
        return FolderPlugin(name, path, "", "", "its name is no Python name: rename it to letters, digits and _")
    try:
        digest = content_hash(path)
        summary = _summary((path / "__init__.py" if is_package else path).read_bytes())
    except OSError as error:
        return FolderPlugin(name, path, "", "", f"{error.filename or path} cannot be read: {error.strerror or error}")
    return FolderPlugin(name, path, digest, summary)


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files of a package with their names; bytecode caches do not count.

    Raises:
        OSError: something cannot be read.
    """
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path)
        if "__pycache__" not in name.parts and file.is_file():
            digest.update(f"{name.as_posix()}\0{content_hash(file)}\n".encode())
    return digest.hexdigest()


def _summary(source: bytes) -> str:
    try:
        return first_line(ast.get_docstring(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):
        return ""  # importing it will say what is wrong


def first_line(docstring: str | None) -> str:
    """Return what a docstring says first, without its full stop."""
    lines = (docstring or "").strip().splitlines()
    return lines[0].strip().removesuffix(".") if lines else ""


def import_plugin(plugin: FolderPlugin) -> ModuleType:
    """Run a plugin of the folder, as `annotator_plugins.<name>`, and return its module; it may raise anything."""
    if NAMESPACE not in sys.modules:
        package = ModuleType(NAMESPACE, "The plugins of the user's folder that are on.")
        package.__path__ = []  # one cannot import another that is off, nor what is no plugin
        sys.modules[NAMESPACE] = package
        sys.meta_path.insert(0, _SourceFinder())
    name = f"{NAMESPACE}.{plugin.name}"
    forget_modules(name)  # so that the code runs, whatever was imported before
    file = plugin.path / "__init__.py" if plugin.path.is_dir() else plugin.path
    folders = [str(plugin.path)] if plugin.path.is_dir() else None
    loader = _SourceLoader(name, str(file))
    spec = spec_from_file_location(name, file, loader=loader, submodule_search_locations=folders)
    assert spec is not None, "it was given its loader"
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        forget_modules(name)
        raise
    return module


def forget_modules(name: str) -> None:
    """Drop a module, and those below it, from the loaded ones."""
    for each in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
        del sys.modules[each]


class _SourceLoader(SourceFileLoader):
    """Compiles the source itself: the hash says nothing of a .pyc that lies in a cache beside it."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class _SourceFinder:
    """Finds the modules inside packages of the folder for `_SourceLoader`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not path or not fullname.startswith(f"{NAMESPACE}."):
            return None
        specs = (FileFinder(folder, (_SourceLoader, [".py"])).find_spec(fullname) for folder in path)
        return next((spec for spec in specs if spec is not None and spec.loader is not None), None)
