"""Prove a COCO export: read it back with plain `json` and compare with the stored rows, keypoint by keypoint.

This module shares no code with the writer. It decides by itself, from SQL rows and `struct`, what must be in the
files, and says every difference.
"""

import json
import struct
from pathlib import Path
from typing import Any

from annotator.plugin import ExportOptions, Project, Proof, Skeleton

_LISTED = 20
_CHOSEN = {
    "all": "1",
    "done": "f.state IN ('done', 'accepted')",
    "decided": "(f.state IN ('done', 'accepted') OR f.decided > 0)",
}


class _Differences:
    """Counts differences and keeps the first ones."""

    def __init__(self) -> None:
        self.count = 0
        self.sentences: list[str] = []

    def add(self, sentence: str) -> None:
        self.count += 1
        if len(self.sentences) < _LISTED:
            self.sentences.append(sentence)


def prove(project: Project, options: ExportOptions, files: list[Path]) -> Proof:
    """Compare the written files with the project's rows."""
    found = _Differences()
    images: dict[str, dict[str, Any]] = {}
    annotations: dict[str, list[dict[str, Any]]] = {}
    categories: dict[int, dict[str, Any]] = {}
    for file in files:
        document = _read(file, found)
        categories = {category["id"]: category for category in document["categories"]}
        by_id = {}
        for image in document["images"]:
            if image["file_name"] in images:
                found.add(f"{image['file_name']} is listed twice")
            images[image["file_name"]] = image
            by_id[image["id"]] = image["file_name"]
        if len(by_id) != len(document["images"]):
            found.add(f"{file.name} uses a picture id twice")
        ids = [annotation["id"] for annotation in document["annotations"]]
        if len(set(ids)) != len(ids):
            found.add(f"{file.name} uses an annotation id twice")
        for annotation in document["annotations"]:
            annotations.setdefault(by_id[annotation["image_id"]], []).append(annotation)
    skeletons = {row: (project.skeletons[uid], slots) for row, uid, slots in _skeleton_rows(project, options)}
    _compare_categories(categories, [skeleton for skeleton, _ in skeletons.values()], found)
    return _compare(project, options, images, annotations, categories, skeletons, found)


def _read(file: Path, found: _Differences) -> dict[str, Any]:
    """Read a file; a key that stands twice in one object is a difference, since readers disagree about it."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            found.add(f"{file.name} has the key {twice!r} twice in one object")
        return values

    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=once)
    return document


def _skeleton_rows(project: Project, options: ExportOptions) -> list[tuple[int, str, list[str]]]:
    rows = project.reader.rows("SELECT id, uid, slots FROM skeleton WHERE deleted = 0 ORDER BY id")
    return [(r[0], r[1], json.loads(r[2])) for r in rows if not options.skeletons or r[1] in options.skeletons]


def _compare_categories(categories: dict[int, dict[str, Any]], skeletons: list[Skeleton], found: _Differences) -> None:
    by_name = {category["name"]: category for category in categories.values()}
    for skeleton in skeletons:
        category = by_name.get(skeleton.name)
        if category is None:
            found.add(f"category {skeleton.name} is missing")
            continue
        names = [keypoint.name for keypoint in skeleton.keypoints if not keypoint.retired]
        if category["keypoints"] != names:
            found.add(f"category {skeleton.name} names other keypoints, or in another order")
            continue
        name_of = {keypoint.id: keypoint.name for keypoint in skeleton.keypoints}
        expected = {(name_of[a], name_of[b]) for a, b in skeleton.edges if name_of[a] in names and name_of[b] in names}
        if {(names[a - 1], names[b - 1]) for a, b in category["skeleton"]} != expected:
            found.add(f"category {skeleton.name} has other edges")


def _compare(
    project: Project,
    options: ExportOptions,
    images: dict[str, dict[str, Any]],
    annotations: dict[str, list[dict[str, Any]]],
    categories: dict[int, dict[str, Any]],
    skeletons: dict[int, tuple[Skeleton, list[str]]],
    found: _Differences,
) -> Proof:
    compared = equal = boxes = 0
    states = {int(state) for state in options.states}
    left = {name: list(these) for name, these in annotations.items()}
    frames = project.reader.rows(
        "SELECT f.id, m.path FROM frame f JOIN media m ON m.id = f.media "
        f"WHERE f.deleted = 0 AND {_CHOSEN[str(options.frames)]} ORDER BY f.id"
    )
    for key, path in frames:
        if path not in images:
            found.add(f"{path} is missing")
        rows = project.reader.rows(
            "SELECT skeleton, keypoints, x, y, width, height, by_hand, crowd FROM instance "
            "WHERE frame = ? AND deleted = 0 ORDER BY id",
            (key,),
        )
        mine = left.pop(path, [])
        rows = [row for row in rows if row[0] in skeletons]
        if len(mine) != len(rows):
            found.add(f"{path} has {len(mine)} instances, the project {len(rows)}")
        for number, (row, annotation) in enumerate(zip(rows, mine, strict=False), 1):
            where = f"{path}, instance {number}"
            skeleton, slots = skeletons[row[0]]
            if categories.get(annotation["category_id"], {}).get("name") != skeleton.name:
                found.add(f"{where} is of another category")
            expected = _expected(row[1], skeleton, slots, states)
            written = annotation["keypoints"]
            count = len(expected) // 3
            compared += count
            same = sum(written[3 * k : 3 * k + 3] == expected[3 * k : 3 * k + 3] for k in range(count))
            if same == count and len(written) == len(expected):
                equal += count
            else:
                equal += same
                found.add(f"{where}: {_first_difference(written, expected, skeleton)}")
            if annotation["num_keypoints"] != sum(v > 0 for v in expected[2::3]):
                found.add(f"{where}: num_keypoints is {annotation['num_keypoints']}")
            if annotation["iscrowd"] != row[7]:
                found.add(f"{where}: iscrowd is {annotation['iscrowd']}")
            if row[6] and row[2] is not None:
                boxes += 1
                if annotation["bbox"] != [row[2], row[3], row[4], row[5]]:
                    found.add(f"{where}: the box is {annotation['bbox']}, not {[row[2], row[3], row[4], row[5]]}")
    for path, these in left.items():
        found.add(f"{path} has {len(these)} instances that the project does not export")
    if extra := set(images) - {path for _, path in frames}:
        found.add(f"{sorted(extra)[0]} is listed, but the project does not export it")
    checked = f"{len(frames):,} pictures, {boxes:,} boxes, {len(categories)} categories"
    return Proof(compared, equal, tuple(found.sentences), checked)


def _expected(blob: bytes, skeleton: Skeleton, slots: list[str], states: set[int]) -> list[float]:
    """Return what COCO must say of a stored BLOB: x, y, v per keypoint, 0, 0, 0 where it is not exported."""
    stored = dict(zip(slots, struct.iter_unpack("<ddB", blob), strict=False))
    result: list[float] = []
    for keypoint in skeleton.keypoints:
        if keypoint.retired:
            continue
        x, y, v = stored.get(keypoint.id, (0.0, 0.0, 0))
        result += [x, y, v] if v in (1, 2) and v in states else [0, 0, 0]
    return result


def _first_difference(written: list[float], expected: list[float], skeleton: Skeleton) -> str:
    if len(written) != len(expected):
        return f"{len(written)} numbers, not {len(expected)}"
    names = [keypoint.name for keypoint in skeleton.keypoints if not keypoint.retired]
    for k, name in enumerate(names):
        a, b = written[3 * k : 3 * k + 3], expected[3 * k : 3 * k + 3]
        if a != b:
            return f"{name} is {a}, not {b}"
    return "other keypoints"
