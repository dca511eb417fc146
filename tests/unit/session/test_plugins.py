"""Plugins of others: found, loaded, switched; whatever one of them does, nothing else suffers."""

import json
import os
import py_compile
import subprocess
import sys

import pytest
from plugin_values import GOOD, install, put

from annotator.errors import CommandError
from annotator.formats.contract import exporters, importers
from annotator.plugin import checks, predictors
from annotator.session import plugins as module
from annotator.session.plugin_folder import Switches, write_switches
from annotator.session.plugin_sources import Origin, State
from annotator.session.plugins import Plugins, load_plugins

REGISTRIES = (importers, exporters, predictors, checks)
BROKEN = {
    "raises": ("raise ValueError('no luck')", "ValueError: no luck"),
    "exits": ("import sys\nsys.exit(3)", "it ends the program (sys.exit) when it is imported"),
    "lacks": (
        "import a_module_that_is_nowhere",
        "it needs the module a_module_that_is_nowhere, which is not installed",
    ),
    "twice": (GOOD.format(name="coco"), "export format 'coco' is registered twice: rename one of the two"),
    "late": (GOOD.format(name="late") + "\n1 / 0", "ZeroDivisionError: division by zero"),
    "garbled": ("def (:", "SyntaxError: "),
    "odd": ("__doc__ = 7", "AttributeError: 'int' object has no attribute 'strip'"),
}


@pytest.fixture
def names():
    """Names by registry before the test; whatever a test adds is gone after it, modules too."""
    load_plugins(others=False)
    before = [set(registry) for registry in REGISTRIES]
    loaded = set(sys.modules)
    yield before
    for registry, known in zip(REGISTRIES, before, strict=True):
        for name in set(registry) - known:
            registry.remove(name)
    for name in set(sys.modules) - loaded:
        if not name.startswith("annotator."):
            del sys.modules[name]


@pytest.fixture
def config(tmp_path, names):
    return tmp_path / "config"


@pytest.fixture
def site(tmp_path, monkeypatch, names):
    """A folder that installed packages lie in."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def named(found, name):
    return next(plugin for plugin in found if plugin.name == name)


def switched_on(config, *names):
    """The plugins of a next start, with these switched on in the folder."""
    for name in names:
        Plugins(config).switch_on(name)
        exporters.remove(name)
    return Plugins(config)


def test_bundled_plugins_are_on_and_say_what_they_offer():
    program = "from annotator.session.plugins import load_plugins; print(*load_plugins(others=False), sep='\\n')"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    lines = {line.partition("'")[2].partition("'")[0]: line for line in outcome.stdout.splitlines()}

    assert {"coco", "csv_table", "movenet", "outside"} <= set(lines)
    assert all("State.ON" in line for line in lines.values())
    assert "('import format', 'coco'), ('export format', 'coco')" in lines["coco"]


def test_loading_leaves_the_name_plugins_to_others():
    program = "import sys; from annotator.session.plugins import load_plugins; load_plugins(); print(*sys.modules)"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert "annotator.plugins.coco" in outcome.stdout.split()
    assert not {name for name in outcome.stdout.split() if name.partition(".")[0] == "plugins"}


def test_what_installed_packages_offer_is_on(site, config):
    install(site, {"shapes": GOOD.format(name="shapes")})

    plugin = named(Plugins(config).load(), "shapes")

    assert (plugin.origin, plugin.where, plugin.version) == (Origin.PACKAGE, "labeltools", "3.1")
    assert plugin.state is State.ON
    assert plugin.offers == (("export format", "shapes"),)
    assert plugin.summary == "Exports nothing. Twice"
    assert "shapes" in exporters


def test_a_plugin_of_an_installed_package_can_be_switched_off_and_on(site, config):
    install(site, {"shapes": GOOD.format(name="shapes")})
    first = Plugins(config)
    first.load()

    assert first.switch_off("shapes").state is State.OFF
    assert "shapes" not in exporters
    assert named(Plugins(config).load(), "shapes").state is State.OFF

    assert first.switch_on("shapes").offers == (("export format", "shapes"),)
    assert "shapes" in exporters
    exporters.remove("shapes")
    assert named(Plugins(config).load(), "shapes").state is State.ON


def test_damaged_metadata_of_one_package_hide_no_other(site, config):
    (install(site, {"bad": ""}, "aaa") / "entry_points.txt").write_text("[annotator.plugins]\nnonsense\n")
    install(site, {"shapes": GOOD.format(name="shapes")})

    assert named(Plugins(config).load(), "shapes").state is State.ON


def test_of_two_copies_of_a_package_the_first_on_the_path_counts(site, config, tmp_path, monkeypatch):
    install(site, {"shapes": "raise ValueError"}, version="3.0")
    (tmp_path / "nearer").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "nearer")
    install(tmp_path / "nearer", {"shapes": GOOD.format(name="shapes")}, version="3.1")

    found = [plugin for plugin in Plugins(config).load() if plugin.origin is Origin.PACKAGE]

    assert [(plugin.name, plugin.version, plugin.state) for plugin in found] == [("shapes", "3.1", State.ON)]


def test_the_users_folder_is_off(config):
    put(config / "plugins", "shapes")

    plugin = named(Plugins(config).load(), "shapes")

    assert (plugin.origin, plugin.state) == (Origin.FOLDER, State.OFF)
    assert plugin.summary == "Exports nothing. Twice"
    assert "shapes" not in exporters


def test_a_plugin_of_the_folder_that_is_switched_on_is_loaded_now_and_at_the_next_start(config):
    put(config / "plugins", "shapes")

    plugin = Plugins(config).switch_on("shapes")

    assert (plugin.state, plugin.version) == (State.ON, "1.2")
    assert "shapes" in exporters
    exporters.remove("shapes")
    assert named(Plugins(config).load(), "shapes").state is State.ON


def test_a_changed_file_is_off_until_it_is_switched_on_again(config):
    path = put(config / "plugins", "shapes")
    next_start = switched_on(config, "shapes")
    path.write_text(path.read_text() + "\n# one more line\n")

    plugin = named(next_start.load(), "shapes")

    assert plugin.state is State.CHANGED
    assert "not the one that was switched on" in plugin.error
    assert "shapes" not in exporters
    assert next_start.switch_on("shapes").state is State.ON


def test_a_changed_file_of_a_package_counts_too(config):
    package = config / "plugins" / "shapes"
    put(package, "__init__", "from . import squares")
    put(package, "squares", GOOD.format(name="shapes"))
    next_start = switched_on(config, "shapes")
    (package / "squares.py").write_text("raise SystemExit")

    assert named(next_start.load(), "shapes").state is State.CHANGED


def test_a_bytecode_cache_is_neither_part_of_the_content_nor_run(config):
    path = put(config / "plugins", "shapes")
    next_start = switched_on(config, "shapes")
    original, times = path.read_text(), (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.write_text("raise SystemExit".ljust(len(original)))
    os.utime(path, ns=times)
    py_compile.compile(str(path))  # Python would take it for the cache of the original: same size, same time
    path.write_text(original)
    os.utime(path, ns=times)

    assert named(next_start.load(), "shapes").state is State.ON


def test_switching_off_takes_back_what_was_registered(config):
    put(config / "plugins", "shapes")
    plugins = Plugins(config)
    plugins.switch_on("shapes")

    assert plugins.switch_off("shapes").state is State.OFF

    assert "shapes" not in exporters
    assert named(Plugins(config).load(), "shapes").state is State.OFF


def test_a_plugin_of_the_folder_cannot_import_one_that_is_off(config):
    put(config / "plugins", "one", "import annotator_plugins.two")
    put(config / "plugins", "two")

    assert Plugins(config).switch_on("one").error == "it needs the module annotator_plugins.two, which is not installed"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_listed_and_everything_else_works(site, config, names, name):
    source, error = BROKEN[name]
    install(site, {"aaa": GOOD.format(name="aaa"), name: source, "zzz": GOOD.format(name="zzz")})

    found = Plugins(config).load()

    broken = named(found, name)
    assert broken.state is State.FAILED
    assert broken.error.startswith(error)
    assert broken.offers == ()
    assert [set(registry) for registry in REGISTRIES] == [
        names[0], names[1] | {"aaa", "zzz"}, names[2], names[3]
    ]  # fmt: skip


def test_the_details_of_a_failure_begin_in_the_plugin(config):
    path = put(config / "plugins", "raises", "def work():\n    raise ValueError('no luck')\n\nwork()\n")

    details = Plugins(config).switch_on("raises").details.splitlines()

    assert details[0] == "Traceback (most recent call last):"
    assert details[1].lstrip().startswith(f'File "{path}", line 4')
    assert details[-1] == "ValueError: no luck"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_of_the_folder_can_be_mended_and_switched_on_again(config, name):
    source, error = BROKEN[name]
    path = put(config / "plugins", name, source)
    plugins = Plugins(config)
    assert plugins.switch_on(name).error.startswith(error)

    path.write_text(GOOD.format(name="mended"))

    assert plugins.switch_on(name).offers == (("export format", "mended"),)
    assert named(plugins.found(), name).error == ""


def test_a_name_that_is_taken_is_told(site, config):
    install(site, {"shapes": GOOD.format(name="shapes")})
    path = put(config / "plugins", "shapes")
    put(config / "plugins", "coco")

    found = Plugins(config).load()

    assert named(found, "shapes").origin is Origin.PACKAGE
    twin = named(found, f"shapes ({path})")
    assert twin.state is State.FAILED
    assert twin.error == "another plugin is called shapes (labeltools): rename one of the two"
    assert named(found, "coco").state is State.ON
    with pytest.raises(CommandError, match="cannot be switched on: another plugin is called"):
        Plugins(config).switch_on(twin.name)


@pytest.mark.parametrize("name", ["my-plugin", "a.b", "2d"])
def test_a_file_that_is_no_module_says_how_to_name_it(config, name):
    put(config / "plugins", name)

    plugin = named(Plugins(config).load(), name)

    assert plugin.error == "its name is no Python name: rename it to letters, digits and _"
    with pytest.raises(CommandError, match="cannot be switched on"):
        Plugins(config).switch_on(name)


def test_what_is_no_plugin_is_not_listed(config):
    folder = config / "plugins"
    put(folder, "_private")
    put(folder, ".hidden")
    (folder / "notes.txt").write_text("")
    (folder / "pictures").mkdir()

    assert {plugin.origin for plugin in Plugins(config).load()} == {Origin.BUNDLED}


@pytest.mark.parametrize("switch", [Plugins.switch_on, Plugins.switch_off])
def test_only_plugins_of_others_can_be_switched(config, switch):
    with pytest.raises(CommandError, match="coco comes with Annotator and is always on"):
        switch(Plugins(config), "coco")
    with pytest.raises(CommandError, match="no plugin 'nobody' to switch on or off; known: none"):
        switch(Plugins(config), "nobody")


def test_left_out_plugins_are_listed_and_not_loaded_even_when_switched_on(site, config):
    install(site, {"shapes": "raise SystemExit"})
    put(config / "plugins", "more")
    plugins = Plugins(config)
    plugins.leaves_others_out = True

    assert {plugin.origin for plugin in plugins.load()} == {Origin.BUNDLED}
    assert named(plugins.look(), "shapes").state is State.NOT_LOADED
    assert plugins.switch_on("more").state is State.NOT_LOADED
    assert plugins.switch_off("shapes").state is State.OFF
    assert "more" not in exporters
    assert named(Plugins(config).load(), "more").state is State.ON


@pytest.mark.parametrize("content", ["not json", "[]", json.dumps({"on": ["shapes"]})])
def test_damaged_switches_leave_the_folder_off(config, content):
    put(config / "plugins", "shapes")
    (config / "plugins.json").write_text(content)

    assert named(Plugins(config).load(), "shapes").state is State.OFF


def test_what_should_be_on_and_is_not_is_warned_of_once(config, monkeypatch, caplog):
    put(config / "plugins", "shapes")
    write_switches(Switches(on={"shapes": "0" * 64}), config)
    monkeypatch.setattr(module, "PLUGINS", Plugins(config))

    load_plugins()
    load_plugins()

    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "plugin shapes is not loaded: its content is not the one that was switched on: look at it, then switch it on "
        "again"
    ]
