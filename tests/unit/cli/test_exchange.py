"""Labels go out with a proof and come back the same."""

import json

import pytest

from annotator.formats.contract import exporter, exporters
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
    exporter("plain", title="Plain text", loses="all")(lambda project, options, job: [])
    try:
        outcome = run("export", birds, "out", "--format", "plain")
    finally:
        exporters.remove("plain")

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


def write_labels(path, *classes):
    """Write a COCO file: for each (class, names, count of keypoints) one instance, all visible."""
    document = {
        "images": [{"id": 1, "file_name": "bird0.png", "width": 40, "height": 30}],
        "categories": [
            {"id": n, "name": name} | ({"keypoints": names} if names else {})
            for n, (name, names, _) in enumerate(classes)
        ],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": n, "keypoints": [v for k in range(count) for v in (k + 1, n, 2)]}
            for n, (_, _, count) in enumerate(classes)
        ],
    }
    path.write_text(json.dumps(document))
    return path


def newest(path):
    """The skeleton names and located points of what was added to the two birds that are there."""
    with open_project(path, read_only=True) as project:
        instances = [one for frame in project.frames() for one in project.content(frame.key).instances]
        return [
            (
                project.skeletons[one.skeleton_id].id,
                {
                    project.skeletons[one.skeleton_id].names[k]: one.points[k].tolist()
                    for k in range(len(one.points))
                    if one.located[k]
                },
            )
            for one in instances[2:]
        ]


def test_keypoints_are_mapped_one_by_one_and_what_has_no_place_is_counted(run, tmp_path, birds, pictures):
    write_labels(tmp_path / "wings.json", ("Bird", ["bill", "LWing", "tail", "claw"], 4))

    outcome = run("import", "birds", "wings.json", "--images", pictures, "--map", "bill=beak")

    assert outcome.code == 0
    assert newest(birds) == [("bird", {"beak": [1, 0], "tail": [3, 0]})]
    assert "Bird has no place for LWing, claw: 2 labeled keypoints are left out" in outcome.err
    assert "perhaps --map LWing=left_wing" in outcome.err


def test_the_only_class_of_a_file_gets_the_skeleton_that_is_named(run, tmp_path, birds, pictures):
    write_labels(tmp_path / "wings.json", ("Bird", ["bill", "tail"], 2))

    assert run("import", "birds", "wings.json", "--images", pictures, "--skeleton", "bird").code == 0

    assert newest(birds) == [("bird", {"tail": [2, 0]})]


def test_each_class_gets_its_own_skeleton(run, tmp_path, birds, pictures):
    write_labels(tmp_path / "zoo.json", ("duck", ["beak", "tail"], 2), ("hand", None, 21))

    chosen = ["--skeleton", "duck=bird", "--skeleton", "hand=hand-21"]
    outcome = run("import", "birds", "zoo.json", "--images", pictures, *chosen)

    assert outcome.code == 0
    (first, duck), (second, hand) = newest(birds)
    assert (first, duck) == ("bird", {"beak": [1, 0], "tail": [2, 0]})
    assert (second, len(hand)) == ("hand-21", 21)


def test_a_keypoint_can_be_left_out(run, tmp_path, birds, pictures):
    write_labels(tmp_path / "wings.json", ("Bird", ["beak", "tail"], 2))

    run("import", "birds", "wings.json", "--images", pictures, "--skeleton", "bird", "--map", "beak=")

    assert newest(birds) == [("bird", {"tail": [2, 0]})]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--map", "bill"], "--map bill names no two keypoints: write THEIRS=OURS"),
        (["--map", "bill=beak", "--map", "bill=tail"], "bill is mapped twice"),
        (["--map", "nose=beak"], "wings.json has no keypoint nose"),
        (["--map", "bill=snout"], "no skeleton of the project has snout"),
        (["--map", "bill=snout", "--skeleton", "bird"], "bill cannot become snout: Bird has no such keypoint"),
        (["--map", "bill=beak", "--map", "claw=beak"], "bill and claw cannot both become beak"),
        (["--skeleton", "duck=bird"], "wings.json has no class duck"),
        (["--skeleton", "bird", "--skeleton", "hand-21"], "leave one --skeleton out"),
    ],
)
def test_a_mapping_that_does_not_fit_is_told_in_one_sentence(run, tmp_path, birds, options, part):
    write_labels(tmp_path / "wings.json", ("Bird", ["bill", "claw"], 2))

    outcome = run("import", "birds", "wings.json", *options)

    assert outcome.code == 2
    assert part in outcome.err
    assert outcome.err.count("\n") == 1
    assert newest(birds) == []


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
