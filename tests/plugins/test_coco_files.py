"""COCO in and out on real files, and what a wrong file or a wrong writer leads to."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.errors import AnnotatorError, FormatError
from annotator.formats.contract import ExportOptions, FrameChoice, ImportOptions, NeedsSkeletonError, exporters
from annotator.formats.exchange import commit_import, preview_import
from annotator.formats.export import export
from annotator.jobs import Job
from annotator.model.instance import Source, Visibility
from annotator.model.skeleton import skeleton_from_names
from annotator.model.templates import template_skeleton
from annotator.session.plugins import load_plugins
from annotator.store.project import Project, create_project

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
EXPECTED: dict[str, Any] = json.loads((SHARED / "expected.json").read_text()) if SHARED.is_dir() else {}
EXPECTED = EXPECTED.get("files", EXPECTED)
COCO_FILES = [name for name, e in EXPECTED.items() if isinstance(e, dict) and e.get("format") == "COCO keypoints JSON"]


@pytest.fixture(autouse=True)
def plugins(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    load_plugins()


@pytest.fixture
def project(tmp_path):
    with create_project(tmp_path / "p", member="tester") as project:
        yield project


def document(**changes: Any) -> dict[str, Any]:
    """Two people in one picture: fractional points, one occluded, one absent with a place, fields nobody knows."""
    base = {
        "info": {"year": 2017},
        "licenses": [{"id": 1, "name": "free"}],
        "images": [{"id": 7, "file_name": "a.jpg", "width": 200, "height": 100, "license": 1}],
        "categories": [
            {"id": 3, "name": "thing", "keypoints": ["left_end", "middle", "right_end"], "skeleton": [[1, 2], [2, 3]]}
        ],
        "annotations": [
            {
                "id": 11,
                "image_id": 7,
                "category_id": 3,
                "keypoints": [20.5, 21.25, 1, 120.6, 0.1, 2, 30, 40, 0],
                "num_keypoints": 2,
                "bbox": [10, 10, 30.5, 30],
                "area": 900.25,
                "iscrowd": 0,
                "segmentation": [[10, 10, 40, 10, 40, 40]],
                "mood": {"calm": True},
            },
            {
                "id": 12,
                "image_id": 7,
                "category_id": 3,
                "keypoints": [0, 0, 0, 0, 0, 0, 0, 0, 0],
                "num_keypoints": 0,
                "bbox": [1, 2, 3, 4],
                "area": 12,
                "iscrowd": 1,
            },
        ],
    }
    base.update(changes)
    return base


def write(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "labels.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def bring(project: Project, path: Path, **options: Any):
    return commit_import(project, preview_import(project, path, ImportOptions(**options), Job()), Job())


def send(project: Project, folder: Path, **options: Any):
    options.setdefault("frames", FrameChoice.ALL)
    return export(project, exporters["coco"], ExportOptions(folder, **options), Job())


def rows(project: Project) -> list[tuple[Any, ...]]:
    return [tuple(row) for table in ("frame", "instance", "skeleton", "change") for row in project.reader.rows(f"SELECT * FROM {table}")]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("name", COCO_FILES or ["(no real data)"])
def test_a_real_file_has_the_counted_labels_and_comes_back_field_by_field(shared_data, project, tmp_path, name):
    expected = EXPECTED[name]
    path = shared_data / name
    try:
        report = bring(project, path)
    except NeedsSkeletonError as question:
        names = [f"point_{k}" for k in range(question.count)]
        report = bring(project, path, skeleton=skeleton_from_names("asked", "asked", names))

    located = [(b, (b.visibility == 1) | (b.visibility == 2)) for b in project.batches()]
    assert report.instances == expected["annotations"]
    assert sum(int(there.sum()) for _, there in located) == expected["labelled_keypoints"]
    for axis, key in enumerate(("sum_x_labelled", "sum_y_labelled")):
        total = sum(float(b.points[..., axis][there].sum()) for b, there in located)
        assert total == pytest.approx(expected[key], abs=0.01)
    exported = send(project, tmp_path / "out")
    assert exported.proof.holds, exported.proof.differences
    compare(json.loads(path.read_text()), read_strictly(exported.files[0]))


def compare(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Every annotation has its fields again; unlabeled keypoints are 0, 0, 0; categories keep their names."""
    written = {annotation["id"]: annotation for annotation in after["annotations"]}
    assert written.keys() == {annotation["id"] for annotation in before["annotations"]}
    for annotation in before["annotations"]:
        found = written[annotation["id"]]
        triples = zip(*(iter(annotation["keypoints"]),) * 3, strict=True)
        assert found["keypoints"] == [value for x, y, v in triples for value in ((x, y, v) if v else (0, 0, 0))]
        for field in annotation.keys() - {"keypoints", "num_keypoints", "category_id"}:
            assert found[field] == annotation[field], field
    names = {image["id"]: image["file_name"].rpartition("/")[2] for image in before["images"]}
    assert names == {image["id"]: image["file_name"].rpartition("/")[2] for image in after["images"]}


def test_states_positions_boxes_areas_and_unknown_fields_survive(project, tmp_path):
    bring(project, write(tmp_path, document()))

    content = project.content(project.frame_keys()[0])
    first, crowd = content.instances
    assert first.points[0].tolist() == [20.5, 21.25]
    assert first.visibility.tolist() == [Visibility.OCCLUDED, Visibility.VISIBLE, Visibility.UNLABELED]
    assert first.points[2].tolist() == [30, 40]
    assert first.box == (10, 10, 30.5, 30)
    assert first.source is Source.IMPORT
    assert crowd.crowd
    exported = send(project, tmp_path / "out")
    after = json.loads(exported.files[0].read_text())
    compare(document(), after)
    assert after["info"]["year"] == 2017
    assert after["licenses"] == document()["licenses"]
    assert after["images"][0]["license"] == 1
    assert after["categories"][0]["skeleton"] == [[1, 2], [2, 3]]
    assert after["categories"][0]["id"] == 3


def test_an_edited_instance_gets_a_new_area_by_the_stated_rule(project, tmp_path):
    bring(project, write(tmp_path, document()))
    key = project.frame_keys()[0]
    first = project.content(key).instances[0]
    with project.transaction("Move") as transaction:
        transaction.replace(key, first.with_point(0, (1, 2)))

    after = json.loads(send(project, tmp_path / "out").files[0].read_text())

    annotation = next(a for a in after["annotations"] if a["id"] == 11)
    assert annotation["area"] == pytest.approx(0.53 * 30.5 * 30)
    assert "0.53" in after["info"]["area_rule"]


def test_a_repeated_import_adds_nothing_and_one_undo_takes_it_all_back(project, tmp_path):
    path = write(tmp_path, document())
    bring(project, path)

    again = bring(project, path)

    assert (again.instances, again.same) == (0, 2)
    project.undo()
    assert project.frame_keys() == []
    project.redo()
    assert len(project.content(project.frame_keys()[0]).instances) == 2


def test_keypoints_are_matched_by_name_never_by_position(project, tmp_path):
    with project.transaction("Add") as transaction:
        transaction.put_skeleton(skeleton_from_names("mine", "thing", ["right_end", "left_end", "middle"]))

    bring(project, write(tmp_path, document()))

    first = project.content(project.frame_keys()[0]).instances[0]
    assert first.skeleton_id == "mine"
    assert first.points[1].tolist() == [20.5, 21.25]
    assert first.points[2].tolist() == [120.6, 0.1]


def wrong(**annotation: Any) -> dict[str, Any]:
    changed = document()
    changed["annotations"][0].update(annotation)
    return changed


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "empty"),
        ("{", "not a COCO file"),
        ('{"images": []}', "annotations"),
        (wrong(keypoints=[1, 2]), "2 numbers"),
        (wrong(keypoints=[1, 2, 2, 1, 2, 3, 1, 2, 2]), "middle has v = 3"),
        (wrong(keypoints=["a", 2, 2] * 3), "left_end has x"),
        (wrong(image_id=99), "picture 99"),
        (wrong(category_id=99), "category 99"),
        (document(categories=[]), "categories"),
        (document(images=[{"id": 7, "file_name": "../a.jpg", "width": 1, "height": 1}]), "folder"),
    ],
)
def test_a_wrong_file_gets_one_sentence_and_changes_nothing(project, tmp_path, value, words):
    before = rows(project)

    with pytest.raises((FormatError, AnnotatorError)) as error:
        bring(project, write(tmp_path, value))

    assert words in str(error.value)
    assert "labels.json" in str(error.value)
    assert "\n" not in str(error.value)
    project.flush()
    assert rows(project) == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["annotations"][0]["keypoints"].__setitem__(0, 20.500001),
        lambda d: d["annotations"][0]["keypoints"].__setitem__(2, 2),
        lambda d: d["annotations"].pop(),
        lambda d: d["annotations"][0]["bbox"].__setitem__(0, 11),
        lambda d: d["annotations"][1].__setitem__("iscrowd", 0),
        lambda d: d["categories"][0]["keypoints"].reverse(),
        lambda d: d["categories"][0]["skeleton"].pop(),
        lambda d: d["images"].pop(),
    ],
    ids=["point", "state", "annotation", "box", "crowd", "order", "edge", "picture"],
)
def test_the_proof_turns_red_for_a_wrong_writer(project, tmp_path, spoil):
    bring(project, write(tmp_path, document()))
    exported = send(project, tmp_path / "out")
    assert exported.proof.holds
    written = json.loads(exported.files[0].read_text())
    spoil(written)
    exported.files[0].write_text(json.dumps(written))

    try:
        proof = exporters["coco"].prove(project, ExportOptions(tmp_path / "out", FrameChoice.ALL), list(exported.files))
    except KeyError:
        return  # annotations of a picture that is not listed cannot even be read

    assert not proof.holds
    assert proof.differences


def test_the_export_loads_in_pycocotools_and_evaluates_to_one(project, tmp_path, shared_data):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    bring(project, shared_data / "mmpose/coco/test_coco.json")
    file = send(project, tmp_path / "out").files[0]
    truth = COCO(str(file))
    guesses = [
        {k: a[k] for k in ("image_id", "category_id", "keypoints")} | {"score": 1.0}
        for a in truth.dataset["annotations"]
        if a["num_keypoints"]
    ]

    evaluation = COCOeval(truth, truth.loadRes(guesses), "keypoints")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()

    assert evaluation.stats[0] == pytest.approx(1.0)


def test_ids_that_stand_twice_are_numbered_anew(project, tmp_path):
    bring(project, write(tmp_path, wrong(id=12)))

    after = json.loads(send(project, tmp_path / "out").files[0].read_text())

    assert len({annotation["id"] for annotation in after["annotations"]}) == 2


def test_splits_are_disjoint_complete_and_the_same_again(project, tmp_path):
    images = [{"id": n, "file_name": f"{n}.jpg", "width": 10, "height": 10} for n in range(1, 41)]
    bring(project, write(tmp_path, document(images=[*images], annotations=[])))

    first, again = (send(project, tmp_path / folder, train_share=0.8) for folder in ("a", "b"))

    names = [[i["file_name"] for i in json.loads(f.read_text())["images"]] for f in first.files]
    assert sorted(names[0] + names[1]) == sorted(image["file_name"] for image in images)
    assert 0 < len(names[1]) < 20
    assert [f.read_text() for f in first.files] == [f.read_text() for f in again.files]
    assert first.proof.holds


def test_only_chosen_states_keep_their_position(project, tmp_path):
    bring(project, write(tmp_path, document()))

    exported = send(project, tmp_path / "out", states=frozenset({Visibility.VISIBLE}))

    after = json.loads(exported.files[0].read_text())
    assert after["annotations"][0]["keypoints"] == [0, 0, 0, 120.6, 0.1, 2, 0, 0, 0]
    assert exported.proof.holds


def test_an_absent_keypoint_is_written_as_zeros(project, tmp_path):
    bring(project, write(tmp_path, document()))
    key = project.frame_keys()[0]
    first = project.content(key).instances[0]
    with project.transaction("Absent") as transaction:
        transaction.replace(key, first.with_state([1], Visibility.ABSENT))

    after = json.loads(send(project, tmp_path / "out").files[0].read_text())

    assert after["annotations"][0]["keypoints"][3:6] == [0, 0, 0]
    assert np.isfinite(project.content(key).instances[0].points[1]).all()


def test_frames_that_are_done_and_empty_stay_as_negatives(project, tmp_path):
    from dataclasses import replace

    from annotator.model.frame import FrameState

    bring(project, write(tmp_path, document(annotations=[])))
    key = project.frame_keys()[0]
    assert json.loads(send(project, tmp_path / "a", frames=FrameChoice.DECIDED).files[0].read_text())["images"] == []
    with project.transaction("Done") as transaction:
        transaction.set_frame(replace(project.content(key).frame, state=FrameState.DONE))

    after = json.loads(send(project, tmp_path / "b", frames=FrameChoice.DECIDED).files[0].read_text())

    assert [image["file_name"] for image in after["images"]] == ["a.jpg"]


def read_strictly(file: Path) -> dict[str, Any]:
    """Read JSON, and refuse a key that stands twice in one object: plain readers keep the last and say nothing."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), [key for key, _ in pairs]
        return dict(pairs)

    return json.loads(file.read_text(), object_pairs_hook=once)


def test_categories_without_an_instance_come_back_once_beside_the_others(project, tmp_path):
    idle = {"id": 9, "name": "idle", "keypoints": ["a", "b"], "skeleton": [[1, 2]], "colour": "red"}
    bring(project, write(tmp_path, document(categories=[*document()["categories"], idle])))

    exported = send(project, tmp_path / "out")

    after = read_strictly(exported.files[0])
    assert {category["id"]: category["name"] for category in after["categories"]} == {3: "thing", 9: "idle"}
    assert next(category for category in after["categories"] if category["id"] == 9) == idle
    assert exported.proof.holds


def test_a_new_skeleton_takes_no_id_of_a_kept_category(project, tmp_path):
    idle = {"id": 4, "name": "idle", "keypoints": ["a", "b"], "skeleton": []}
    bring(project, write(tmp_path, document(categories=[*document()["categories"], idle])))
    with project.transaction("Add") as transaction:
        transaction.put_skeleton(skeleton_from_names("fresh", "fresh", ["tip", "base"]))

    after = read_strictly(send(project, tmp_path / "out").files[0])

    ids = [category["id"] for category in after["categories"]]
    assert len(set(ids)) == len(ids) == 3


def test_the_proof_turns_red_for_a_key_that_stands_twice(project, tmp_path):
    bring(project, write(tmp_path, document()))
    exported = send(project, tmp_path / "out")
    text = exported.files[0].read_text()
    exported.files[0].write_text(text.replace('"images":[', '"categories":[],"images":[', 1))

    options = ExportOptions(tmp_path / "out", FrameChoice.ALL)
    proof = exporters["coco"].prove(project, options, list(exported.files))

    assert any("categories" in sentence and "twice" in sentence for sentence in proof.differences)


def test_template_names_are_recognised(project, tmp_path):
    skeleton = template_skeleton("coco-17")
    keypoints = [value for _ in range(17) for value in (1, 2, 2)]
    annotation = {"id": 1, "image_id": 7, "category_id": 3, "keypoints": keypoints, "bbox": [0, 0, 5, 5], "area": 5}
    category = {"id": 3, "name": "person", "keypoints": list(skeleton.names), "skeleton": []}

    bring(project, write(tmp_path, document(categories=[category], annotations=[annotation])))

    (found,) = project.skeletons.values()
    assert found.id == "coco-17"
    assert found.pairs == skeleton.pairs
