"""Where plugins are found: bundled, in installed packages, in the user's folder. Nothing is loaded by looking."""

import logging
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from annotator import __version__
from annotator.session.plugin_folder import Switches, import_plugin, plugins_in

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS = "annotator.plugins"
_log = logging.getLogger(__name__)


class Origin(StrEnum):
    """Where a plugin comes from."""

    BUNDLED = "Annotator"
    PACKAGE = "installed package"
    FOLDER = "plugin folder"


class State(StrEnum):
    """What became of a plugin."""

    ON = "on"
    OFF = "off"
    CHANGED = "changed, so off"
    FAILED = "cannot be loaded"
    NOT_LOADED = "not loaded"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin that was found.

    Attributes:
        where: name of the distribution, or path.
        state: NOT_LOADED until it is, where nothing speaks against loading it.
        offers: kind and name of what it has registered: ("export format", "coco").
        summary: what it is for: the first line of its docstring.
        error: a sentence about why it is not on, or "".
        details: the traceback of a failure, or "".
    """

    name: str
    origin: Origin
    where: str
    state: State = State.NOT_LOADED
    version: str = ""
    offers: tuple[tuple[str, str], ...] = ()
    summary: str = ""
    error: str = ""
    details: str = ""

    @property
    def kinds(self) -> str:
        """What it is, in words: "import format coco, export format coco"."""
        return ", ".join(f"{kind} {name}" for kind, name in self.offers)

    @property
    def is_problem(self) -> bool:
        """It should be on, and is not."""
        return self.state in (State.CHANGED, State.FAILED)


@dataclass(frozen=True, slots=True)
class Source:
    """A plugin as it was found.

    Attributes:
        load: imports it; may raise anything.
        runs_again: importing it once more runs its code again.
        digest: of its content, in the user's folder.
    """

    plugin: Plugin
    load: Callable[[], object]
    runs_again: bool = False
    digest: str = ""


def bundled_sources() -> Iterator[Source]:
    """Yield the plugins that come with Annotator."""
    from annotator import plugins

    for module in pkgutil.iter_modules(plugins.__path__, f"{plugins.__name__}."):
        name = module.name.rpartition(".")[2]
        plugin = Plugin(name, Origin.BUNDLED, "Annotator", version=__version__)
        yield Source(plugin, partial(import_module, module.name))


def package_sources(switches: Switches) -> Iterator[Source]:
    """Yield what installed packages offer: on, since somebody installed them, unless the person switched them off."""
    for point, distribution, version in sorted(_entry_points(), key=lambda found: found[0].name):
        state = State.OFF if point.name in switches.off else State.NOT_LOADED
        yield Source(Plugin(point.name, Origin.PACKAGE, distribution, state, version), point.load)


def _entry_points() -> "Iterator[tuple[EntryPoint, str, str]]":
    """Yield our group's entry points with name and version of their distribution, the first of each name on the path.

    `importlib.metadata.entry_points` would raise for all when the metadata of a single package are damaged.
    """
    from importlib.metadata import distributions

    seen = set()
    for distribution in distributions():
        try:
            if ENTRY_POINTS not in (distribution.read_text("entry_points.txt") or ""):
                continue  # reading the other metadata takes longer
            name, version = distribution.name, distribution.version
            points = [point for point in distribution.entry_points if point.group == ENTRY_POINTS]
        except Exception:  # noqa: BLE001 - what damaged metadata raise differs from one Python to the next
            _log.info("the metadata of an installed package cannot be read", exc_info=True)
            continue
        if name not in seen:
            seen.add(name)
            yield from ((point, name, version) for point in points)


def folder_sources(folder: Path, switches: Switches) -> Iterator[Source]:
    """Yield what lies in the user's folder: off until it is switched on, and again when its content changes."""
    for found in plugins_in(folder):
        state, error = State.NOT_LOADED, found.problem
        if found.problem:
            state = State.FAILED
        elif found.name not in switches.on:
            state = State.OFF
        elif switches.on[found.name] != found.digest:
            state = State.CHANGED
            error = "its content is not the one that was switched on: look at it, then switch it on again"
        plugin = Plugin(found.name, Origin.FOLDER, str(found.path), state, "", (), found.summary, error)
        yield Source(plugin, partial(import_plugin, found), True, found.digest)
