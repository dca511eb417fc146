"""Labels go out with a proof and come back the same."""

import json

import pytest

from annotator.store.project import open_project


def labels_of(path):
    with open_project(path, read_only=True) as project:
        return [
            (frame.name, instance.points[instance.located].tolist(), (instance.visibility % 3).tolist())
            for frame in project.frames()
            for instance in project.content(frame.key).instances
        ]


def test_an_export_is_proved_and_says_where_it_is(run, tmp_path, birds):
    outcome = run("export", birds, "out", "--format", "coco", "--json")

    assert outcome.code == 0
    assert outcome.json["files"] == [str(tmp_path / "out" / "annotations.json")]
    assert outcome.json["proof"]["holds"]
    assert outcome.json["proof"]["compared"] == 8
    assert (outcome.json["frames"], outcome.json["instances"]) == (1, 2)


def test_what_was_exported_comes_back_the_same(run, tmp_path, birds, pictures):
    run("export", birds, "out")
    run("new", "back", "--skeleton", "hand-21")

    outcome = run("import", "back", "out/annotations.json", "--images", pictures, "--json")

    assert outcome.code == 0
    assert outcome.json["files"][0]["imported"] == 2
    assert labels_of(tmp_path / "back.annotator") == labels_of(birds)


def test_a_dry_run_counts_and_writes_nothing(run, tmp_path, birds, pictures):
    run("export", birds, "out")
    run("new", "back")
    before = (tmp_path / "back.annotator").read_bytes()

    outcome = run("import", "back", "out/annotations.json", "--images", pictures, "--dry-run", "--json")

    (file,) = outcome.json["files"]
    assert (file["pictures"], file["found"], file["instances"]) == (1, 1, 2)
    assert (file["visible"], file["occluded"], file["unlabeled"]) == (4, 1, 3)
    assert (tmp_path / "back.annotator").read_bytes() == before


def test_of_several_files_none_is_imported_when_one_is_wrong(run, tmp_path, birds):
    run("export", birds, "out")
    (tmp_path / "wrong.json").write_text('{"images": [], "annotations": [{}], "categories": []}')
    run("new", "back")

    outcome = run("import", "back", "out/annotations.json", "wrong.json")

    assert outcome.code == 2
    assert "wrong.json" in outcome.err
    assert labels_of(tmp_path / "back.annotator") == []


def test_two_files_about_one_picture_share_its_frame(run, tmp_path, birds, pictures):
    run("export", birds, "out")
    labels = json.loads((tmp_path / "out" / "annotations.json").read_text())
    for number in (0, 1):
        part = {**labels, "annotations": labels["annotations"][number : number + 1]}
        (tmp_path / f"part{number}.json").write_text(json.dumps(part))
    run("new", "back")

    assert run("import", "back", "part0.json", "part1.json", "--images", pictures).code == 0

    assert run("stats", "back", "--json").json["frames"] == 1
    assert labels_of(tmp_path / "back.annotator") == labels_of(birds)


def test_a_split_and_copies_are_written(run, tmp_path, birds):
    run("export", birds, "out", "--frames", "all", "--split", "0.5", "--seed", "3", "--copy-pictures")

    images = {
        name: [image["file_name"] for image in json.loads((tmp_path / "out" / f"{name}.json").read_text())["images"]]
        for name in ("train", "val")
    }
    assert sorted(images["train"] + images["val"]) == ["bird0.png", "bird1.png", "bird2.png"]
    assert all((tmp_path / "out" / name).is_file() for name in images["train"] + images["val"])


def test_only_chosen_states_keep_their_position(run, tmp_path, birds):
    run("export", birds, "out", "--states", "occluded")

    annotations = json.loads((tmp_path / "out" / "annotations.json").read_text())["annotations"]
    assert [annotation["keypoints"][2::3] for annotation in annotations] == [[0, 1, 0, 0], [0, 0, 0, 0]]


def test_a_format_without_a_second_reader_says_so(run, birds):
    outcome = run("export", birds, "out", "--format", "csv")

    assert outcome.code == 0
    assert "Not proved" in outcome.out


def test_an_export_works_while_the_project_is_open_elsewhere(run, birds):
    with open_project(birds):
        assert run("export", birds, "out").code == 0


def test_a_folder_with_files_of_others_is_left_alone(run, tmp_path, birds):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "annotations.json").write_text("precious")

    outcome = run("export", birds, "theirs")

    assert outcome.code == 2
    assert "choose a new folder" in outcome.err
    assert (tmp_path / "theirs" / "annotations.json").read_text() == "precious"


def test_an_earlier_export_is_replaced(run, birds):
    assert run("export", birds, "out").code == 0
    assert run("export", birds, "out").code == 0


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["export", "birds", "out", "--format", "yolo"], "no export format 'yolo'; known: coco, csv"),
        (["export", "birds", "out", "--split", "1"], "a share such as 0.8"),
        (["export", "birds", "out", "--states", "absent"], "choose of visible, occluded"),
        (["export", "birds", "out", "--states", ","], "no state is chosen"),
        (["export", "nope", "out"], "does not exist"),
        (["import", "birds", "nope.json"], "nope.json does not exist"),
        (["import", "birds", "notes.txt"], "in no format that is read here"),
        (["import", "birds", "notes.txt", "--skeleton", "nobody"], "no skeleton template 'nobody'"),
        (["import", "birds", "notes.txt", "--coordinates", "both"], "--coordinates"),
        (["import", "birds"], "missing argument"),
    ],
)
def test_bad_input_gives_one_sentence_and_writes_nothing(run, tmp_path, birds, arguments, part):
    (tmp_path / "notes.txt").write_text("[]")

    outcome = run(*arguments)

    assert outcome.code == 2
    assert part in outcome.err
    assert outcome.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
