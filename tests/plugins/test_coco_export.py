"""The COCO writer and its proof: exact text, pages of many skeletons, and every kind of wrong file."""

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from annotator.plugins.coco.pieces import pieces
from annotator.plugins.coco.texts import imported_fields, kept
from PIL import Image

from annotator.formats.contract import ExportOptions, FrameChoice, ImportOptions, Proof, exporters
from annotator.formats.exchange import commit_import, preview_import
from annotator.formats.export import export
from annotator.formats.rows import split
from annotator.jobs import Job
from annotator.model.ids import new_id
from annotator.model.instance import Source
from annotator.session.plugins import load_plugins
from annotator.store.project import Project, create_project

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"


@pytest.fixture(autouse=True)
def plugins(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    load_plugins()


@pytest.fixture
def project(tmp_path):
    with create_project(tmp_path / "p", member="tester") as project:
        yield project


def annotation(id_: int, image: int, category: int, keypoints: list[float], **fields: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "image_id": image,
        "category_id": category,
        "keypoints": keypoints,
        "num_keypoints": sum(v > 0 for v in keypoints[2::3]),
        "bbox": [1.5, 2, 30, 40.25],
        "area": 600.5,
        "iscrowd": 0,
        **fields,
    }


def document() -> dict[str, Any]:
    """Two pictures with golfers and clubs taking turns; whole numbers, fractions, fields that nobody knows."""
    images = [
        {"id": 7, "file_name": "a.jpg", "width": 200, "height": 100, "license": 1},
        {"id": 8, "file_name": 'b "2".jpg', "width": 300, "height": 400, "tags": ["x", {"y": 1}]},
    ]
    categories = [
        {"id": 3, "name": "golfer", "keypoints": ["left_end", "middle", "right_end"], "skeleton": [[1, 2], [2, 3]]},
        {"id": 5, "name": "club", "keypoints": ["grip", "head"], "skeleton": [[1, 2]]},
    ]
    annotations = [
        annotation(11, 7, 3, [20.5, 21.25, 1, 120.6, 0.1, 2, 30, 40, 0], mood={"calm": True}),
        annotation(12, 7, 5, [1, 2, 2, 300, 4000, 1]),
        annotation(13, 7, 3, [12345, 0, 2, 0, 0, 0, 9999, 10000, 2], segmentation=[[10, 10, 40, 10, 40, 40]]),
        annotation(14, 8, 5, [1e-7, 1e16, 2, -0.0, -5, 1], iscrowd=1, note='"area":5'),
        annotation(15, 8, 3, [1, 2, 2, 3, 4, 2, 5, 6, 2], area=12.0),
    ]
    return {"info": {}, "images": images, "annotations": annotations, "categories": categories}


def bring(project: Project, folder: Path, value: dict[str, Any], name: str = "labels.json") -> None:
    path = folder / name
    path.write_text(json.dumps(value))
    commit_import(project, preview_import(project, path, ImportOptions(), Job()), Job())


def send(project: Project, folder: Path, **options: Any) -> tuple[Path, ...]:
    chosen = ExportOptions(folder, **{"frames": FrameChoice.ALL, **options})
    exported = export(project, exporters["coco"], chosen, Job())
    assert exported.proof is not None
    assert exported.proof.holds, exported.proof.differences
    return exported.files


def prove(project: Project, file: Path) -> Proof:
    prover = exporters["coco"].prove
    assert prover is not None
    return prover(project, ExportOptions(file.parent, FrameChoice.ALL), [file])


def test_skeletons_that_take_turns_in_a_picture_keep_their_order(project, tmp_path):
    bring(project, tmp_path, document())

    (file,) = send(project, tmp_path / "out")

    written = json.loads(file.read_text())
    stored = [project.content(key).instances for key in project.frame_keys()]
    ids = [json.loads(instance.extra)["id"] for instances in stored for instance in instances]
    assert [a["id"] for a in written["annotations"]] == ids == [11, 13, 12, 15, 14]
    found = {a["id"]: a for a in written["annotations"]}
    for before in document()["annotations"]:
        after = found[before["id"]]
        triples = zip(*(iter(before["keypoints"]),) * 3, strict=True)
        assert after.pop("keypoints") == [value for x, y, v in triples for value in ((x, y, v) if v else (0, 0, 0))]
        del before["keypoints"]
        assert after == before


def test_numbers_are_written_bit_for_bit_and_whole_ones_without_a_point_but_minus_zero(project, tmp_path):
    bring(project, tmp_path, document())

    (file,) = send(project, tmp_path / "out")

    text = file.read_text()
    assert '"keypoints":[20.5,21.25,1,120.6,0.1,2,0,0,0]' in text
    assert '"keypoints":[1,2,2,300,4000,1]' in text
    assert '"keypoints":[12345,0,2,0,0,0,9999,10000,2]' in text
    assert '"keypoints":[1e-7,1e16,2,-0.0,-5,1]' in text
    assert '"bbox":[1.5,2,30,40.25]' in text
    assert '"area":600.5' in text
    assert '"area":12.0' in text


def test_instances_without_an_imported_id_are_numbered_above_the_others(project, tmp_path):
    bring(project, tmp_path, document())
    key = project.frame_keys()[0]
    first = project.content(key).instances[0]
    with project.transaction("Copy") as transaction:
        transaction.add(key, replace(first, id=new_id(), source=Source.PERSON, extra=""))

    (file,) = send(project, tmp_path / "out")

    ids = [a["id"] for a in json.loads(file.read_text())["annotations"]]
    assert len(set(ids)) == 6
    assert max(ids) == 15 + 6


def test_a_box_that_nobody_set_fits_the_located_points_within_the_picture(project, tmp_path):
    bring(project, tmp_path, document())
    key = project.frame_keys()[0]
    first = project.content(key).instances[0]
    with project.transaction("Fit") as transaction:
        transaction.replace(key, replace(first, box=None, box_by_hand=False, source=Source.PERSON))

    (file,) = send(project, tmp_path / "out")

    written = json.loads(file.read_text())["annotations"][0]
    pad = 0.1 * (120.6 - 20.5)
    assert written["bbox"] == pytest.approx([20.5 - pad, 0, 120.6 - 20.5 + 2 * pad, 21.25 + pad])
    assert written["area"] == pytest.approx(0.53 * written["bbox"][2] * written["bbox"][3])


def test_kept_fields_of_any_form_go_back_to_the_letter():
    texts = [
        '{"id":1,"area":2.50,"mood":{"calm":true}}',
        "",
        '{"id":2,"segmentation":[[1,2]]}',
        '{"mood":1,"area":null,"id":3}',
        '{"id": 4, "area" : 5}',
        '{"id":6,"note":"\\"area\\":5","nested":{"area":1,"id":2}}',
    ]

    together = kept(texts, with_area=True)
    apart = [kept([text], with_area=True) for text in texts]

    assert list(together.ids) == [b"1", b"", b"2", b"3", b"4", b"6"]
    assert list(together.areas) == [b"2.50", b"", b"", b"null", b"5", b""]
    rest = [b',"mood":{"calm":true}', b"", b',"segmentation":[[1,2]]', b',"mood":1', b""]
    assert list(together.rests[:5]) == rest
    for name in ("ids", "areas", "rests"):
        assert [getattr(one, name)[0] for one in apart] == list(getattr(together, name))


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ('{"id":1,"area":2.50,"segmentation":[[1,2]],"note":"a, {b"}', False),
        ('{"id":1,"area":2.50,"segmentation":[[1,2]],"note":"a, b"}', True),
        ('{"id":1,"mood":{"area":2}}', False),
        ('{"id":1,"area":2,"\\u0069d":3}', False),
        ('{"id":1,"area":2,"area" :3}', False),
        ('{"area":1,"id":2}', False),
        ('{"id":1}', False),
        ("", False),
    ],
)
def test_fields_are_taken_as_one_text_only_where_nothing_can_be_wrong(text, is_plain):
    plain = '{"id":7,"area":8,"x":9}'

    for texts in ([text], [plain, text], [text, plain], [plain, text, plain]):
        found = imported_fields(texts)
        assert found == ([one[1:-1].encode() for one in texts] if is_plain else None)


def test_a_split_leaves_neither_part_empty(project, tmp_path):
    bring(project, tmp_path, document())

    for share in (0.0001, 0.9999):
        files = send(project, tmp_path / str(share), train_share=share)
        assert [len(json.loads(file.read_text())["images"]) for file in files] == [1, 1]


def test_a_new_frame_moves_no_other_to_another_part():
    keys = np.arange(1000, dtype=np.int64) * 7919
    options = ExportOptions(Path(), train_share=0.8)

    before, after = split(keys[1:], options), split(keys, options)

    assert after[1:] == before
    assert 760 < after.count("train") < 840
    assert split(keys, replace(options, seed=8)) != after


def test_ids_that_collide_are_numbered_anew_and_the_report_maps_them(project, tmp_path):
    bring(project, tmp_path, document())
    bring(project, tmp_path, folder_of("x", tmp_path, document()), "x/labels.json")

    files = send(project, tmp_path / "out")

    written = json.loads(files[0].read_text())
    ids = [one["id"] for one in written["annotations"]]
    assert len(set(ids)) == 10
    names = {image["id"]: image["file_name"] for image in written["images"]}
    report = json.loads((tmp_path / "out" / "export-report.json").read_text())
    told = {kind: [one for one in report["renumbered"] if one["kind"] == kind] for kind in ("image", "annotation")}
    assert {one["written"]: one["picture"] for one in told["image"]} == names
    assert {(one["picture"], one["written"]) for one in told["annotation"]} == {
        (names[one["image_id"]], one["id"]) for one in written["annotations"]
    }
    assert sorted(one["imported"] for one in told["annotation"]) == sorted([11, 12, 13, 14, 15] * 2)


def test_ids_that_are_unique_stay_and_the_report_says_nothing_of_them(project, tmp_path):
    bring(project, tmp_path, document())

    send(project, tmp_path / "out")

    assert json.loads((tmp_path / "out" / "export-report.json").read_text())["renumbered"] == []


def test_pictures_of_several_folders_get_names_that_tell_them_apart(project, tmp_path):
    for name in ("one", "two"):
        folder_of(name, tmp_path, document())
        bring(project, tmp_path, document(), f"{name}/labels.json")

    (file,) = send(project, tmp_path / "out", copy_pictures=True)

    names = [image["file_name"] for image in json.loads(file.read_text())["images"]]
    assert names == ["one/a.jpg", 'one/b "2".jpg', "two/a.jpg", 'two/b "2".jpg']
    assert all((tmp_path / "out" / name).is_file() for name in names)
    assert json.loads((tmp_path / "out" / "export-report.json").read_text())["roots"] == ["one", "two"]


def folder_of(name: str, folder: Path, value: dict[str, Any]) -> dict[str, Any]:
    """Make a folder with the pictures of a document, and return the document."""
    (folder / name).mkdir()
    for image in value["images"]:
        picture = Image.new("RGB", (image["width"], image["height"]))
        picture.save(folder / name / image["file_name"])
    return value


Spoil = Callable[[dict[str, Any]], Any]
SPOILS: dict[str, tuple[Spoil, str]] = {
    "point": (lambda d: d["annotations"][0]["keypoints"].__setitem__(0, 20.500001), "left_end is"),
    "state": (lambda d: d["annotations"][2]["keypoints"].__setitem__(2, 1), "grip is"),
    "fewer numbers": (lambda d: d["annotations"][2]["keypoints"].pop(), "6 numbers"),
    "a word": (lambda d: d["annotations"][2]["keypoints"].__setitem__(0, "1"), "6 numbers"),
    "annotation": (lambda d: d["annotations"].pop(1), "instances, the project"),
    "more": (lambda d: d["annotations"].append(d["annotations"][0] | {"id": 99}), "instances, the project"),
    "twice": (lambda d: d["annotations"][1].__setitem__("id", 11), "annotation id twice"),
    "order": (lambda d: d["annotations"].insert(0, d["annotations"].pop(1)), "instance 1: left_end"),
    "count": (lambda d: d["annotations"][0].__setitem__("num_keypoints", 3), "num_keypoints is not 2"),
    "picture of": (lambda d: d["annotations"][0].__setitem__("image_id", 99), "picture 99, which is not listed"),
    "other picture": (lambda d: d["annotations"][0].__setitem__("image_id", 8), "instances, the project"),
    "category": (lambda d: d["annotations"][0].__setitem__("category_id", 5), "category is another"),
    "box": (lambda d: d["annotations"][0]["bbox"].__setitem__(0, 11), "the box is"),
    "area": (lambda d: d["annotations"][0].__setitem__("area", 600), "area is not what was imported"),
    "crowd": (lambda d: d["annotations"][4].__setitem__("iscrowd", 0), "iscrowd is not 1"),
    "field": (lambda d: d["annotations"][0].pop("mood"), "mood is not what was imported"),
    "field value": (lambda d: d["annotations"][0]["mood"].__setitem__("calm", False), "mood is not what was"),
    "new field": (lambda d: d["annotations"][0].__setitem__("x", 1), "it has the fields"),
    "no field": (lambda d: d["annotations"][0].pop("bbox"), "not sound"),
    "picture": (lambda d: d["images"].pop(), "is missing"),
    "picture size": (lambda d: d["images"][0].__setitem__("width", 100), "is 100 x 100"),
    "picture twice": (lambda d: d["images"].append(d["images"][0]), "listed twice"),
    "picture id": (lambda d: d["images"][1].__setitem__("id", 7), "picture id twice"),
    "picture name": (lambda d: d["images"][0].__setitem__("file_name", "c.jpg"), "does not export it"),
    "picture field": (lambda d: d["images"][1].pop("tags"), "other fields"),
    "names": (lambda d: d["categories"][0]["keypoints"].reverse(), "in another order"),
    "edge": (lambda d: d["categories"][0]["skeleton"].pop(), "other edges"),
    "edges from 0": (lambda d: d["categories"][1].__setitem__("skeleton", [[0, 1]]), "other edges"),
    "category gone": (lambda d: d["categories"].pop(), "club is missing"),
}


@pytest.mark.parametrize("name", SPOILS)
def test_the_proof_says_what_is_wrong(project, tmp_path, name):
    spoil, words = SPOILS[name]
    bring(project, tmp_path, document())
    (file,) = send(project, tmp_path / "out")
    written = json.loads(file.read_text())
    spoil(written)

    for separators in ((",", ":"), (", ", ": ")):
        file.write_text(json.dumps(written, separators=separators))
        proof = prove(project, file)
        assert not proof.holds
        assert any(words in sentence for sentence in proof.differences), proof.differences


@pytest.mark.parametrize("text", ["", "[]", '{"images":[', '{"images":{}}', '{"images":[1]}', '{"images":[]} x'])
def test_the_proof_turns_red_for_what_is_no_coco_file(project, tmp_path, text):
    bring(project, tmp_path, document())
    (file,) = send(project, tmp_path / "out")
    file.write_text(text)

    proof = prove(project, file)

    assert any("not sound" in sentence for sentence in proof.differences), proof.differences


@pytest.mark.parametrize("old", ['"mood":', '"iscrowd":0', '"width":200', '"supercategory":"club"', '"info":'])
def test_the_proof_turns_red_for_a_key_that_stands_twice_anywhere(project, tmp_path, old):
    bring(project, tmp_path, document())
    (file,) = send(project, tmp_path / "out")
    key = old.partition(":")[0]
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, f"{key} :0,{old}", 1))

    proof = prove(project, file)

    assert any("twice in one object" in sentence for sentence in proof.differences), proof.differences


@pytest.mark.parametrize("form", [{"separators": (",", ":")}, {}, {"indent": 1}])
def test_large_files_are_read_in_pieces_whatever_their_form(tmp_path, form):
    odd = {"id": 5, "text": 'a },{ "b": }] \\" [{"', "nested": [{"x": [{}, {}]}, {"y": "}]"}], "é": None}
    records = [odd if n % 9000 == 1 else {"id": n, "name": "x" * 70, "v": [1.5, n]} for n in range(40_000)]
    value = {"info": {"a": [1]}, "images": records, "number": 12.5, "annotations": [], "categories": [{"id": 1}]}
    file = tmp_path / "large.json"
    file.write_text(json.dumps(value, **form))
    told: list[str] = []
    read: dict[str, Any] = {"images": [], "annotations": []}

    for name, part in pieces(file, told.append):
        if name in ("images", "annotations"):
            read[name] += msgspec.json.decode(msgspec.json.encode(part))
        else:
            read[name] = part

    assert read == value
    assert told == []


def test_the_proof_shares_no_code_with_the_writer():
    written, proved = modules("writer"), modules("proof")

    assert {"writer", "records", "texts"} <= written.keys()
    assert not written.keys() & proved.keys()
    names = {name for module in proved.values() for name in module}
    assert not {name for name in names if name.startswith("exported")}


def modules(name: str) -> dict[str, set[str]]:
    """Return a module of the plugin and those of the plugin that it uses, with the names that each imports."""
    found: dict[str, set[str]] = {}
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found[module] = set()
        for node in ast.walk(ast.parse((PLUGINS / "coco" / f"{module}.py").read_text())):
            if isinstance(node, ast.ImportFrom):
                found[module] |= {alias.name for alias in node.names}
                if node.level:  # "from .texts import kept", or "from . import texts"
                    waiting += [node.module] if node.module else [alias.name for alias in node.names]
    return found
