"""Skeletons can be listed, shown, made, checked and drawn without the window."""

import json

from PIL import Image

from annotator.model.skeleton_file import read_skeleton
from annotator.model.templates import templates


def test_every_template_is_listed(run):
    outcome = run("skeleton", "list", "--json")

    assert [each["id"] for each in outcome.json["skeletons"]] == [each.skeleton.id for each in templates()]
    assert all(each["id"] in run("skeleton", "list").out for each in outcome.json["skeletons"])


def test_a_template_is_shown_as_its_file_would_hold_it(run, tmp_path):
    shown = run("skeleton", "show", "hand-21", "--json")
    (tmp_path / "copy.json").write_text(shown.out)

    assert read_skeleton(tmp_path / "copy.json") == next(t.skeleton for t in templates() if t.skeleton.id == "hand-21")


def test_names_alone_make_a_skeleton_with_sides_and_pairs(run, tmp_path):
    outcome = run("skeleton", "new", "fish.json", "--names", "mouth, left_fin,right_fin , tail", "--edge", "mouth,tail")

    fish = read_skeleton(tmp_path / "fish.json")
    assert outcome.code == 0
    assert fish.names == ("mouth", "left_fin", "right_fin", "tail")
    assert fish.pairs == ((1, 2),)
    assert fish.edge_indices == ((0, 3),)
    assert run("skeleton", "check", "fish.json").code == 0


def test_a_broken_rule_is_a_finding(run, tmp_path):
    run("skeleton", "new", "fish.json", "--names", "mouth,tail")
    fish = json.loads((tmp_path / "fish.json").read_text())
    fish["edges"] = [["mouth", "fin"]]
    (tmp_path / "fish.json").write_text(json.dumps(fish))

    outcome = run("skeleton", "check", "fish.json", "--json")

    assert outcome.code == 1
    assert "mouth-fin" in outcome.json["findings"][0]


def test_the_sheet_is_a_picture(run, tmp_path):
    outcome = run("skeleton", "sheet", "sheet.png")

    assert outcome.code == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert len(sheet.getcolors(1 << 20) or ()) > 20


def test_words_narrow_the_list_and_the_sheet(run, tmp_path):
    listed = run("skeleton", "list", "Sports", "ski", "--json")
    drawn = run("skeleton", "sheet", "ski.png", "sports", "ski", "--json")

    assert [each["id"] for each in listed.json["skeletons"]] == ["alpine-ski-25", "cross-country-ski-25"]
    assert drawn.json["skeletons"] == 2


def test_a_sheet_of_nothing_is_refused_in_one_sentence(run, tmp_path):
    outcome = run("skeleton", "sheet", "none.png", "unicorn")

    assert outcome.code == 2
    assert "no skeleton has 'unicorn'" in outcome.err
    assert not (tmp_path / "none.png").exists()
