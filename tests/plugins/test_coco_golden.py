"""Mistakes that exporters of other tools were seen to make: ours does not make them, and ours reads their files.

Seen by running sleap-io 0.9.5, label-studio-sdk 2.1.2, X-AnyLabeling 4.2.1 and fiftyone 1.22.1 on a picture of
200 x 100 pixels with fractional points, one of them occluded and one absent.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coco_values import bring, send, written

from annotator.errors import FormatError
from annotator.model.frame import Frame
from annotator.model.ids import new_id
from annotator.model.instance import Box, Visibility, new_instance
from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.store.project import Project, create_project

EYES = ["left_eye", "right_eye"]
Places = dict[str, tuple[float, float, Visibility]]


def coco(annotations: list[dict[str, Any]], *, names: list[str] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a file of one 200 x 100 picture; annotations are numbered, of picture 1 and category 1 by default."""
    filled = [{"id": n, "image_id": 1, "category_id": 1, **each} for n, each in enumerate(annotations, 1)]
    category = {"id": 1, "name": "face", "keypoints": names or EYES, "skeleton": [[1, 2]]}
    image = {"id": 1, "file_name": "a.png", "width": 200, "height": 100}
    return {"images": [image], "categories": [category], "annotations": filled} | changes


def read(project: Project, tmp_path: Path, document: dict[str, Any]) -> Any:
    """Import a file, and return the report and the instances of its picture."""
    (tmp_path / "theirs.json").write_text(json.dumps(document))
    report = bring(project, tmp_path / "theirs.json")
    return report, project.content(project.frame_keys()[0]).instances


def label(project: Project, *people: Places, box: Box | None = None) -> Skeleton:
    """Label faces by hand in one picture of 200 x 100."""
    skeleton = skeleton_from_names("face", "face", EYES)
    frame = Frame(new_id(), "pictures", "a.png", width=200, height=100)
    with project.transaction("Label") as transaction:
        transaction.put_skeleton(skeleton)
        transaction.add_frames([frame])
        for places in people:
            instance = new_instance(new_id(), skeleton, box=box, box_by_hand=box is not None)
            for name, (x, y, state) in places.items():
                instance = instance.with_point(skeleton.names.index(name), (x, y), state)
            transaction.add(frame.key, instance)
    return skeleton


def annotations(project: Project, tmp_path: Path) -> list[dict[str, Any]]:
    """Export, and return what is written of the instances."""
    exported = send(project, tmp_path / "out")
    assert exported.proof is not None
    assert exported.proof.holds, exported.proof.differences
    found: list[dict[str, Any]] = written(exported)["annotations"]
    return found


def test_occluded_box_and_area_pass_through_unchanged(project, tmp_path):
    """sleap-io made v=1 a 2, the box that of the keypoints (19.65 x 20.35), and the area 399.9."""
    theirs = {
        "keypoints": [20.5, 21.5, 1, 40.15, 41.85, 2, 30.25, 25.75, 2, 0, 0, 0],
        "num_keypoints": 3,
        "bbox": [10, 10, 30, 30],
        "area": 900,
        "iscrowd": 0,
    }
    names = [*EYES, "nose", "chin"]
    _, (instance,) = read(project, tmp_path, coco([theirs], names=names))
    assert instance.visibility.tolist() == [Visibility.OCCLUDED, Visibility.VISIBLE, Visibility.VISIBLE, 0]
    assert instance.box == (10, 10, 30, 30)

    (ours,) = annotations(project, tmp_path)

    assert {name: ours[name] for name in theirs} == theirs


def test_a_hidden_keypoint_keeps_its_position_and_a_visible_one_its_2(project, tmp_path):
    """sleap-io wrote (0, 0, 0) for a point at (20.5, 21.5) that is not visible, and v=1 for a visible one."""
    label(project, {"left_eye": (20.5, 21.5, Visibility.OCCLUDED), "right_eye": (40.5, 21.5, Visibility.VISIBLE)})

    (ours,) = annotations(project, tmp_path)

    assert ours["keypoints"] == [20.5, 21.5, 1, 40.5, 21.5, 2]
    assert ours["num_keypoints"] == 2


def test_sides_named_in_a_file_are_pairs(project, tmp_path):
    """sleap-io wrote an identity flip_idx for left_eye and right_eye."""
    read(project, tmp_path, coco([{"keypoints": [1, 1, 2, 5, 1, 2], "bbox": [0, 0, 6, 2], "area": 12}]))

    (skeleton,) = project.skeletons.values()
    assert skeleton.flip_indices == (1, 0)


def test_each_of_two_people_is_one_annotation_with_its_own_box_and_keypoints(project, tmp_path):
    """label-studio-sdk wrote two boxes, and one annotation with the second person's keypoints, rounded, of no area."""
    people: list[Places] = [
        {"left_eye": (20.6, 30.2, Visibility.VISIBLE), "right_eye": (40.4, 30.9, Visibility.VISIBLE)},
        {"left_eye": (120.6, 40.2, Visibility.VISIBLE), "right_eye": (140.4, 40.9, Visibility.VISIBLE)},
    ]
    label(project, *people)

    first, second = annotations(project, tmp_path)

    assert first["keypoints"] == [20.6, 30.2, 2, 40.4, 30.9, 2]
    assert second["keypoints"] == [120.6, 40.2, 2, 140.4, 40.9, 2]
    for annotation, left, right in ((first, 20.6, 40.4), (second, 120.6, 140.4)):
        x, _, width, height = annotation["bbox"]
        assert x < left < right < x + width
        assert annotation["area"] == pytest.approx(0.53 * width * height)
    document = json.loads((tmp_path / "out" / "annotations.json").read_text())
    assert [category["name"] for category in document["categories"]] == ["face"]


def test_boxes_beside_the_keypoints_are_read_as_far_as_they_mean_something(project, tmp_path):
    """A file as label-studio-sdk writes it: boxes of one category, keypoints of another, new one."""
    boxes = [{"category_id": 2, "bbox": [n, 10, 30, 30], "area": 900, "iscrowd": 0} for n in (10, 110)]
    keypoints = {"keypoints": [121, 40, 2, 140, 41, 2], "num_keypoints": 2, "bbox": [121, 40, 19, 1]}
    categories = [
        {"id": 1, "name": "default", "keypoints": EYES, "skeleton": []},
        {"id": 2, "name": "Person"},
    ]

    report, (instance,) = read(project, tmp_path, coco([*boxes, keypoints], categories=categories))

    assert instance.points.tolist() == [[121, 40], [140, 41]]
    assert report.skipped == ("2 annotations are of categories without keypoints",)


def test_points_are_neither_truncated_nor_moved_into_the_picture(project, tmp_path):
    """X-AnyLabeling wrote (20, 30, 2) and (0, 30, 1), `ignore`, no edges; it stopped at an instance without a box."""
    skeleton = label(
        project, {"left_eye": (20.9, 30.9, Visibility.VISIBLE), "right_eye": (-5, 30.9, Visibility.OCCLUDED)}
    )
    with project.transaction("Connect") as transaction:
        transaction.put_skeleton(replace(skeleton, edges=(("left_eye", "right_eye"),)))

    (ours,) = annotations(project, tmp_path)

    assert ours["keypoints"] == [20.9, 30.9, 2, -5, 30.9, 1]
    assert "ignore" not in ours
    assert ours["bbox"][0] == 0, "the derived box ends where the picture does"
    document = json.loads((tmp_path / "out" / "annotations.json").read_text())
    assert document["categories"][0]["skeleton"] == [[1, 2]], "edges count from 1"


def test_an_instance_with_a_box_by_hand_and_no_keypoint_is_written_with_both(project, tmp_path):
    label(project, {}, box=(10, 20, 30, 40))

    (ours,) = annotations(project, tmp_path)

    assert (ours["keypoints"], ours["num_keypoints"], ours["bbox"]) == ([0] * 6, 0, [10, 20, 30, 40])


def test_ignore_and_a_missing_edge_list_are_read(project, tmp_path):
    """A file as X-AnyLabeling writes it: `ignore` comes back, the skeleton has no edges."""
    theirs = {"keypoints": [20, 30, 2, 0, 30, 1], "num_keypoints": 2, "bbox": [0, 28, 22, 4], "area": 88, "ignore": 1}
    category = {"id": 1, "name": "face", "supercategory": "", "keypoints": EYES, "skeleton": []}
    _, (instance,) = read(project, tmp_path, coco([theirs], categories=[category]))
    assert instance.points.tolist() == [[20, 30], [0, 30]]
    assert next(iter(project.skeletons.values())).edges == ()

    (ours,) = annotations(project, tmp_path)

    assert {name: ours[name] for name in theirs} == theirs


def test_numbers_of_any_size_come_back_bit_for_bit(project, tmp_path):
    theirs = [-0.0, 5e-324, 2, 0.1, -1e100, 1, 2**53 + 2.0, 1e16, 2, 120.60000000000001, 0.0, 2]
    annotation = {"keypoints": theirs, "num_keypoints": 4, "bbox": [0, 0, 1, 1], "area": 1}
    _, (instance,) = read(project, tmp_path, coco([annotation], names=[*EYES, "nose", "chin"]))
    assert instance.points.tobytes() == np.array(theirs).reshape(-1, 3)[:, :2].tobytes()

    (ours,) = annotations(project, tmp_path)

    assert np.array(ours["keypoints"], float).tobytes() == np.array(theirs, float).tobytes()


def test_pairs_instead_of_triples_are_refused_with_the_number_expected(project, tmp_path):
    """X-AnyLabeling writes [x, y] pairs with `has_visible: false`."""
    with pytest.raises(FormatError, match=r"annotations\[0\] \(id 1\): 'keypoints' has 4 numbers: expected 6, three"):
        read(project, tmp_path, coco([{"keypoints": [20, 30, 0, 30], "bbox": [0, 28, 22, 4], "area": 88}]))

    assert project.frame_keys() == []


def test_a_wrong_num_keypoints_and_labels_at_the_origin_are_kept_and_told(project, tmp_path):
    """Fiftyone counts absent points as keypoints, and writes (0, 0, 2) for missing ones."""
    theirs = {"keypoints": [20, 30, 2, 0, 0, 0], "num_keypoints": 2, "bbox": [0, 28, 22, 4], "area": 88}
    missing = {"keypoints": [20, 30, 2, 0, 0, 2], "num_keypoints": 2, "bbox": [0, 28, 22, 4], "area": 88}

    report, (first, second) = read(project, tmp_path, coco([theirs, missing]))

    assert "1 instances say another num_keypoints than they have: counted anew" in report.notes
    assert any("1 keypoints are labeled at exactly 0, 0" in note for note in report.notes)
    assert np.isnan(first.points[1]).all(), "not labeled at 0, 0 means: no position"
    assert second.points[1].tolist() == [0, 0]
    assert [one["num_keypoints"] for one in annotations(project, tmp_path)] == [1, 2]


def test_edges_that_count_from_0_are_understood_and_told(project, tmp_path):
    names = [*EYES, "nose"]
    category = {"id": 1, "name": "face", "keypoints": names, "skeleton": [[0, 1], [1, 2]]}
    report, _ = read(
        project, tmp_path, coco([{"keypoints": [1, 1, 2] * 3, "bbox": [0, 0, 2, 2], "area": 4}], categories=[category])
    )

    (skeleton,) = project.skeletons.values()
    assert skeleton.edges == (("left_eye", "right_eye"), ("right_eye", "nose"))
    assert any("count from 0" in note for note in report.notes)


def test_a_missing_area_is_written_by_the_stated_rule(project, tmp_path):
    """Pycocotools raises KeyError without one; OKS divides by it."""
    polygon = {"segmentation": [[10, 10, 40, 10, 40, 40]]}
    read(
        project,
        tmp_path,
        coco([{"keypoints": [1, 1, 2, 5, 1, 2], "bbox": [0, 0, 30, 20], **each} for each in ({}, polygon)]),
    )

    plain, with_polygon = annotations(project, tmp_path)

    assert plain["area"] == pytest.approx(0.53 * 30 * 20)
    assert with_polygon["area"] == 450


def test_two_files_with_other_keypoints_under_the_same_name_become_two_categories(project, tmp_path):
    """Readers tell categories apart by name: pycocotools' getCatIds(catNms=...) would mix them up."""
    annotation = {"bbox": [0, 0, 5, 5], "area": 25, "num_keypoints": 2}
    read(project, tmp_path, coco([annotation | {"keypoints": [1, 1, 2, 5, 1, 2]}]))
    names = [*EYES, "nose"]
    third = coco([annotation | {"keypoints": [1, 1, 2, 5, 1, 2, 3, 3, 1]}], names=names)
    third["images"][0]["file_name"] = "b.png"
    read(project, tmp_path, third)

    exported = send(project, tmp_path / "out")

    assert exported.proof.holds, exported.proof.differences
    assert {c["name"]: c["keypoints"] for c in written(exported)["categories"]} == {"face": EYES, "face 2": names}
    with create_project(tmp_path / "again", member="ann") as again:
        assert bring(again, exported.files[0]).instances == 2
