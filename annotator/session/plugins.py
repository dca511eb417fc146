"""The plugins of this process: loaded once, switched on and off, listed with what became of each.

Whatever a plugin does while it is loaded, it stops nothing: what it had registered by then is taken back, and it is
listed with its error. Nothing is imported and no installed package is looked at before somebody asks.
"""

import logging
import threading
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.errors import AnnotatorError, CommandError
from annotator.session.plugin_folder import FOLDER, first_line, read_switches, write_switches
from annotator.session.plugin_sources import (
    Origin,
    Plugin,
    Source,
    State,
    bundled_sources,
    folder_sources,
    package_sources,
)
from annotator.session.settings import config_folder

if TYPE_CHECKING:
    from annotator.registry import Registry

_log = logging.getLogger(__name__)
_LOADERS = ("annotator.session.", "importlib", "_frozen_importlib")


@dataclass(frozen=True, slots=True)
class _Registered:
    """What a plugin has put into a registry."""

    registry: "Registry[Any]"
    name: str
    item: object

    @property
    def offer(self) -> tuple[str, str]:
        return self.registry.kind, self.name


class Plugins:
    """What was found, and what is on.

    Args:
        config: folder of the user's settings, which holds the plugin folder too; the usual one by default.

    Attributes:
        leaves_others_out: only the bundled plugins are loaded.
    """

    def __init__(self, config: Path | None = None) -> None:
        self.leaves_others_out = False
        self._config = config
        self._loading = threading.RLock()
        self._found: dict[str, Plugin] = {}
        self._sources: dict[str, Source] = {}
        self._registered: dict[str, list[_Registered]] = {}
        self._has_bundled = self._has_others = False

    @property
    def config(self) -> Path:
        """Folder of the user's settings."""
        return self._config or config_folder()

    @property
    def folder(self) -> Path:
        """The user's plugin folder; it may not exist."""
        return self.config / FOLDER

    @property
    def is_settled(self) -> bool:
        """Nothing more is about to be loaded."""
        return self._has_bundled and (self._has_others or self.leaves_others_out)

    def found(self) -> list[Plugin]:
        """Return every plugin as it is now, bundled ones first."""
        return list(self._found.values())

    def load(self, *, others: bool = True) -> list[Plugin]:
        """Load what is not loaded yet, the plugins of others too unless they are left out; return all."""
        if not self._has_bundled:
            with self._loading:
                if not self._has_bundled:
                    self._take(bundled_sources(), loads=True)
                    self._has_bundled = True
        if others and not self.is_settled:
            with self._loading:
                if not self._has_others:
                    self._take(self._other_sources(), loads=True)
                    self._has_others = True
        return self.found()

    def look(self) -> list[Plugin]:
        """Look again for plugins of others, without loading any; return all."""
        with self._loading:
            self._take(self._other_sources(), loads=False)
        return self.found()

    def switch_on(self, name: str) -> Plugin:
        """Load a plugin of others, now and at every start; one of the folder as long as its content stays the same.

        Raises:
            CommandError: there is no such plugin, it is always on, or nothing can switch it on.
            AnnotatorError: the choice cannot be kept; nothing is switched.
        """
        with self._loading:
            self.load()
            source = self._switchable(name)
            if source.plugin.state is State.FAILED:
                raise CommandError(f"plugin {name} cannot be switched on: {source.plugin.error}")
            switches = read_switches(self.config)
            if source.plugin.origin is Origin.PACKAGE:
                switches = switches.without_off(name)
            else:
                switches = switches.with_on(name, source.digest)
            write_switches(switches, self.config)
            source = replace(source, plugin=replace(source.plugin, state=State.NOT_LOADED, error=""))
            if self.leaves_others_out:
                self._found[name] = source.plugin
            elif self._found[name].state is not State.ON:
                self._load(source)
            return self._found[name]

    def switch_off(self, name: str) -> Plugin:
        """Take back what a plugin of others has registered, and do not load it again.

        Raises:
            CommandError: there is no such plugin, or it is always on.
            AnnotatorError: the choice cannot be kept; nothing is switched.
        """
        with self._loading:
            self.load(others=False)
            source = self._switchable(name)
            switches = read_switches(self.config)
            if source.plugin.origin is Origin.PACKAGE:
                switches = switches.with_off(name)
            else:
                switches = switches.without_on(name)
            write_switches(switches, self.config)
            for each in self._registered.get(name, ()):
                each.registry.remove(each.name)
            self._found[name] = replace(self._found[name], state=State.OFF, offers=(), error="", details="")
            return self._found[name]

    def _other_sources(self) -> Iterator[Source]:
        switches = read_switches(self.config)
        yield from package_sources(switches)
        yield from folder_sources(self.folder, switches)

    def _switchable(self, name: str) -> Source:
        self.look()
        if name not in self._found:
            known = ", ".join(plugin.name for plugin in self.found() if plugin.origin is not Origin.BUNDLED)
            raise CommandError(f"there is no plugin {name!r} to switch on or off; known: {known or 'none'}")
        if self._found[name].origin is Origin.BUNDLED:
            raise CommandError(f"plugin {name} comes with Annotator and is always on")
        return self._sources[name]

    def _take(self, sources: Iterable[Source], *, loads: bool) -> None:
        for source in sources:
            plugin = source.plugin
            known = self._found.get(plugin.name)
            if known is not None and (known.origin, known.where) != (plugin.origin, plugin.where):
                # Names tell plugins apart, here and in what the person has switched on.
                error = f"another plugin is called {plugin.name} ({known.where}): rename one of the two"
                twin = replace(plugin, name=f"{plugin.name} ({plugin.where})", state=State.FAILED, error=error)
                source = replace(source, plugin=twin)
            elif known is not None and known.state in (State.ON, State.FAILED):
                self._sources[plugin.name] = source
                continue  # it stays as it is until it is switched
            self._sources[source.plugin.name] = source
            self._found[source.plugin.name] = source.plugin
            if loads and source.plugin.state is State.NOT_LOADED:
                self._load(source)

    def _load(self, source: Source) -> None:
        """Let a plugin register what it offers; when it fails in any way, take that back and note the failure."""
        name = source.plugin.name
        before = _contents()
        try:
            self._found[name] = self._run(source, before)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it may raise anything and must not stop the start
            for each in _added(before):
                each.registry.remove(each.name)
            _log.info("plugin %s cannot be loaded", name, exc_info=True)
            self._found[name] = replace(
                source.plugin, state=State.FAILED, error=_sentence(error), details=_details(error)
            )

    def _run(self, source: Source, before: set[tuple[str, str]]) -> Plugin:
        """Import a plugin; one that was imported, and cannot be again, gets back what it had registered."""
        name = source.plugin.name
        module = source.load()
        if not source.runs_again:
            for each in self._registered.get(name, ()):
                each.registry.register(each.name, each.item)
        self._registered[name] = _added(before)
        return replace(
            source.plugin,
            state=State.ON,
            version=source.plugin.version or str(getattr(module, "__version__", "")),
            offers=tuple(each.offer for each in self._registered[name]),
            summary=first_line(module.__doc__) or source.plugin.summary,
        )


def _registries() -> "tuple[Registry[Any], ...]":
    from annotator import plugin

    return plugin.importers, plugin.exporters, plugin.predictors, plugin.checks


def _contents() -> set[tuple[str, str]]:
    return {(registry.kind, name) for registry in _registries() for name in registry}


def _added(before: set[tuple[str, str]]) -> list[_Registered]:
    """Return what was registered since `before`."""
    return [
        _Registered(registry, name, registry[name])
        for registry in _registries()
        for name in registry
        if (registry.kind, name) not in before
    ]


def _sentence(error: BaseException) -> str:
    """Say why a plugin could not be loaded."""
    if isinstance(error, SystemExit):
        return "it ends the program (sys.exit) when it is imported"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"it needs the module {error.name}, which is not installed"
    if isinstance(error, AnnotatorError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _details(error: BaseException) -> str:
    """Return the traceback from where the plugin's own code begins."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(_LOADERS):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))


PLUGINS = Plugins()
"""Those of this process: registries are one for the process, too."""


def load_plugins(*, others: bool = True) -> list[Plugin]:
    """Load every plugin once per process, warn of those that are not on though they should be, and return all.

    Args:
        others: load those of installed packages and of the user's folder too, unless they are left out.
    """
    known = {plugin.name: plugin.state for plugin in PLUGINS.found()}
    found = PLUGINS.load(others=others)
    for plugin in found:
        if plugin.is_problem and known.get(plugin.name) is not plugin.state:
            _log.warning("plugin %s is not loaded: %s", plugin.name, plugin.error)
    return found
