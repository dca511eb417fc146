"""Whatever goes wrong leaves as one sentence and an exit code."""

import pytest

from annotator import __version__

BAD_INPUT = (
    (["stats", "nope.annotator"], "does not exist"),
    (["stats", "notes.txt"], "is not an Annotator project"),
    (["check", "nope.annotator"], "does not exist"),
    (["accept", "birds", "--min-score", "2"], "--min-score"),
    (["accept", "birds", "--min-score", "high"], "--min-score"),
    (["prelabel", "birds", "--model", "nobody"], "no model 'nobody'"),
    (["prelabel", "birds", "--model", "nope.json"], "nope.json cannot be read"),
    (["prelabel", "birds", "--skeleton", "fish"], "no skeleton 'fish': choose one of bird"),
    (["prelabel", "birds"], "places none of the 4 keypoints"),
    (["prelabel", "birds", "--frames", "some"], "--frames"),
    (["new"], "missing argument 'PATH'"),
    (["new", "birds"], "exists already"),
    (["new", "other", "--skeleton", "nobody"], "no skeleton template 'nobody'"),
    (["new", "other", "--skeleton", "notes.json"], "notes.json is not a skeleton file"),
    (["new", "other", "--pictures", "nowhere"], "nowhere does not exist"),
    (["new", "other", "--pictures", "notes.txt"], "no picture was found"),
    (["skeleton"], "missing command"),
    (["skeleton", "show", "nobody"], "no skeleton template 'nobody'"),
    (["skeleton", "check", "nope.json"], "nope.json cannot be used: No such file"),
    (["skeleton", "new", "fish.json", "--names", " , "], "has no keypoints"),
    (["skeleton", "new", "notes.json", "--names", "a,b"], "exists already"),
    (["skeleton", "new", "fish.json", "--names", "a,b", "--edge", "a"], "does not name two keypoints"),
    (["skeleton", "new", "fish.json", "--names", "a,b", "--edge", "a,c"], "names 'c'"),
    (["skeleton", "sheet", "sheet.txt"], "does not end like a picture"),
    (["plugin", "enable", "nobody"], "no plugin 'nobody'"),
    (["plugin", "disable", "coco"], "comes with Annotator and is always on"),
    (["demo", "--out", "notes.txt"], "notes.txt"),
    (["fly"], "no such command 'fly'"),
    (["stats", "birds", "--jsno"], "no such option: --jsno"),
)


@pytest.mark.parametrize(("arguments", "part"), BAD_INPUT, ids=lambda value: " ".join(value)[:40])
def test_bad_input_gives_one_sentence_and_exit_code_2(run, birds, tmp_path, arguments, part):
    (tmp_path / "notes.txt").write_text("no project " * 100)
    (tmp_path / "notes.json").write_text("[]")
    before = sorted(tmp_path.iterdir())

    outcome = run(*arguments)

    assert outcome.code == 2
    assert part in outcome.err
    assert outcome.err.count("\n") == 1
    assert outcome.out == ""
    assert sorted(tmp_path.iterdir()) == before


def test_programs_get_an_error_as_an_object_too(run):
    outcome = run("stats", "nope.annotator", "--json")

    assert outcome.code == 2
    assert "does not exist" in outcome.json["error"]
    assert outcome.json["error"] in outcome.err


def test_a_wrong_option_says_where_to_read_on(run):
    assert "`annotator skeleton show --help`" in run("skeleton", "show").err


def test_the_version_is_told(run):
    outcome = run("--version")

    assert (outcome.code, outcome.out) == (0, f"annotator {__version__}\n")


@pytest.mark.parametrize(
    "command",
    ["new", "import", "export", "prelabel", "accept", "stats", "check", "skeleton", "plugin", "doctor", "demo"],
)
def test_every_command_explains_itself(run, command):
    outcome = run(command, "--help")

    assert outcome.code == 0
    assert f"Usage: annotator {command}" in outcome.out
