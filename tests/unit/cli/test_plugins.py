"""Plugins of others are listed, switched, and left out, without the window."""

import pytest
from plugin_values import GOOD, install, put

from annotator.formats.contract import exporters, importers
from annotator.session import plugins as session_plugins
from annotator.session.plugins import Plugins, load_plugins


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Each test is a process of its own, as far as plugins go."""
    load_plugins(others=False)
    before = set(exporters)
    monkeypatch.setattr(session_plugins, "PLUGINS", Plugins())
    yield
    for name in set(exporters) - before:
        exporters.remove(name)


@pytest.fixture
def folder(user_folders):
    return user_folders / "config" / "annotator" / "plugins"


def listed(run, *options):
    return {plugin["name"]: plugin for plugin in run(*options, "plugin", "list", "--json").json["plugins"]}


def test_bundled_plugins_are_listed_and_nothing_is_wrong(run, folder):
    outcome = run("plugin", "list")

    assert outcome.code == 0
    assert {"coco", "csv_table", "movenet", "outside"} <= {line.split()[0] for line in outcome.out.splitlines()}
    assert f"Your plugin folder is {folder}." in outcome.out


def test_enabling_and_disabling_last(run, folder, monkeypatch):
    put(folder, "shapes")

    assert listed(run)["shapes"]["state"] == "off"
    assert run("plugin", "enable", "shapes").out == "shapes is on: export format shapes.\n"
    exporters.remove("shapes")
    monkeypatch.setattr(session_plugins, "PLUGINS", Plugins())
    assert listed(run)["shapes"]["offers"] == [{"kind": "export format", "name": "shapes"}]
    assert run("plugin", "disable", "shapes").out == "shapes is off.\n"
    monkeypatch.setattr(session_plugins, "PLUGINS", Plugins())
    assert listed(run)["shapes"]["state"] == "off"


def test_a_changed_file_is_a_finding(run, folder, monkeypatch):
    path = put(folder, "shapes")
    run("plugin", "enable", "shapes")
    exporters.remove("shapes")
    path.write_text(path.read_text() + "#")
    monkeypatch.setattr(session_plugins, "PLUGINS", Plugins())

    outcome = run("plugin", "list")

    assert outcome.code == 1
    assert "shapes: its content is not the one that was switched on" in outcome.out


def test_one_that_cannot_be_loaded_is_a_finding_with_its_reason(run, folder):
    put(folder, "shapes", "import a_module_that_is_nowhere")

    outcome = run("plugin", "enable", "shapes")

    assert outcome.code == 1
    assert outcome.out == (
        "shapes is switched on, but cannot be loaded: it needs the module a_module_that_is_nowhere, which is not "
        "installed\n"
    )
    assert run("plugin", "list").code == 1


def test_a_broken_plugin_stops_no_command_and_is_named(run, birds, folder, tmp_path, monkeypatch):
    install(tmp_path / "site", {"broken": "raise SystemExit"})
    monkeypatch.syspath_prepend(tmp_path / "site")

    outcome = run("export", birds, "labels")

    assert outcome.code == 0
    assert outcome.err == "plugin broken is not loaded: it ends the program (sys.exit) when it is imported\n"


def test_without_plugins_nothing_of_others_is_loaded(run, birds, folder, tmp_path, monkeypatch):
    install(tmp_path / "site", {"installed": GOOD.format(name="installed"), "broken": "raise SystemExit"})
    monkeypatch.syspath_prepend(tmp_path / "site")
    put(folder, "shapes")
    run("--no-plugins", "plugin", "enable", "shapes")

    outcome = run("--no-plugins", "export", birds, "labels", "--format", "shapes")

    assert (outcome.code, outcome.err) == (2, "there is no export format 'shapes'; known: coco, csv\n")
    assert {listed(run, "--no-plugins")[name]["state"] for name in ("shapes", "installed", "broken")} == {"not loaded"}
    assert "left out (--no-plugins)" in run("--no-plugins", "plugin", "list").out


def test_a_format_that_fails_to_look_at_a_file_hides_no_other(run, birds, tmp_path, monkeypatch):
    importer = """
from annotator.plugin import ImportPlan, importer

@importer("{name}", title="{name}", suffixes=(".json",), sniff=lambda path: {sniff})
def read(path, options, job):
    return ImportPlan("{name}", path, [], [])
"""
    formats = {"a_broken": "1 / 0", "b_right": "True"}
    install(tmp_path / "site", {name: importer.format(name=name, sniff=sniff) for name, sniff in formats.items()})
    monkeypatch.syspath_prepend(tmp_path / "site")
    (tmp_path / "shapes.json").write_text('{"shapes": []}')

    outcome = run("import", birds, "shapes.json", "--dry-run")

    for name in formats:
        importers.remove(name)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("shapes.json: 0 pictures")
