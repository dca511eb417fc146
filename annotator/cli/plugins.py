"""`annotator plugin`: list plugins with what became of each, and switch those of others on and off."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotator.cli.arguments import FINDINGS, OK, JsonOption
from annotator.cli.output import Output

if TYPE_CHECKING:
    from annotator.session.plugin_sources import Plugin

plugins = typer.Typer(help="List plugins, switch those of others on and off.", rich_markup_mode=None)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As `annotator plugin list` shows it.")]


@plugins.command("list")
def list_plugins(as_json: JsonOption = False) -> int:
    """List every plugin, and why one is not loaded. Exit code 1 when one that should be on is not."""
    from annotator.session.plugins import PLUGINS

    output = Output(as_json)
    PLUGINS.load()
    found = PLUGINS.look()
    rows = [(each.name, each.kinds, each.origin.value, each.version, each.state.value) for each in found]
    output.table(("name", "offers", "from", "version", "state"), rows)
    for each in found:
        if each.error:
            output.say(f"{each.name}: {each.error}")
    if PLUGINS.leaves_others_out:
        output.say("The plugins of others are left out (--no-plugins).")
    output.say(f"Your plugin folder is {PLUGINS.folder}.")
    output.result({"plugins": [_described(each) for each in found], "folder": str(PLUGINS.folder)})
    return FINDINGS if any(each.is_problem for each in found) else OK


@plugins.command("enable")
def enable(name: NameArgument, as_json: JsonOption = False) -> int:
    """Load a plugin from now on. It is a program: it runs with your rights, so trust who made it.

    One of the plugin folder goes off again when its content changes. Exit code 1 when it cannot be loaded.
    """
    from annotator.session.plugins import PLUGINS

    output = Output(as_json)
    plugin = PLUGINS.switch_on(name)
    if plugin.is_problem:
        output.say(f"{name} is switched on, but cannot be loaded: {plugin.error}")
    else:
        output.say(f"{name} is on{f': {plugin.kinds}' if plugin.kinds else ''}.")
    output.result(_described(plugin))
    return FINDINGS if plugin.is_problem else OK


@plugins.command("disable")
def disable(name: NameArgument, as_json: JsonOption = False) -> int:
    """Do not load a plugin any more. With `annotator --no-plugins plugin disable` not even this once."""
    from annotator.session.plugins import PLUGINS

    output = Output(as_json)
    plugin = PLUGINS.switch_off(name)
    output.say(f"{name} is off.")
    output.result(_described(plugin))
    return OK


def _described(plugin: "Plugin") -> dict[str, Any]:
    return {
        "name": plugin.name,
        "state": plugin.state.value,
        "from": plugin.origin.value,
        "where": plugin.where,
        "version": plugin.version,
        "offers": [{"kind": kind, "name": name} for kind, name in plugin.offers],
        "summary": plugin.summary,
        "error": plugin.error,
    }
