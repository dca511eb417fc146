"""Prove a COCO export: read it back with another reader and compare with the stored rows, keypoint by keypoint.

This module and those it uses share no code with the writer. They decide by themselves, from SQL rows, what must be in
the files, and say every difference.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotator.plugin import ExportOptions, Project, Proof, Skeleton, collector_paused

from .pairs import Broken, Differences, Pairing, StoredClass, differ, integers
from .pieces import Record, pieces

_CHOSEN = {
    "all": "1",
    "done": "f.state IN ('done', 'accepted')",
    "decided": "(f.state IN ('done', 'accepted') OR f.decided > 0)",
}
_NO_ROW = (0, "", 0, 0, "")
_OWN_FIELDS = {"id", "file_name", "width", "height"}

_texts = msgspec.json.Decoder(list[str])
_records = msgspec.json.Decoder(list[Record])


def prove(project: Project, options: ExportOptions, files: list[Path]) -> Proof:
    """Compare the written files with the project's rows."""
    found = Differences()
    with collector_paused():
        pictures = _Pictures.of(project, options, found)
        classes = _classes(project, options)
        keys = np.array([row[0] for row in pictures.rows], np.int64)
        states = frozenset(int(state) for state in options.states)
        pairing = Pairing(project, states, keys, pictures.paths, classes, found)
        categories: dict[int, dict[str, Any]] = {}
        for file in files:
            try:
                categories = _compare_file(file, pictures, pairing, found)
                _compare_categories(file, categories, [stored.skeleton for stored in classes.values()], found)
            except (ValueError, TypeError, RecursionError, *Broken) as error:
                found.add(f"{file.name} is not sound: {type(error).__name__}, {error}")
        pictures.tell_missing()
        _compare_counts(project, pairing)
    checked = f"{len(keys):,} pictures, {pairing.boxes:,} boxes, {len(categories)} categories"
    return Proof(pairing.compared, pairing.equal, tuple(found.sentences), checked)


def _compare_file(file: Path, pictures: "_Pictures", pairing: Pairing, found: Differences) -> dict[int, dict[str, Any]]:
    """Compare pictures and annotations of a file, and return its categories by id.

    Categories and pictures must stand before the annotations.
    """
    categories: dict[int, dict[str, Any]] = {}
    names: dict[int, str] = {}
    frames: dict[int, int] = {}
    listed = 0
    ids: list[int] = []
    for name, value in pieces(file, found.add):
        if name == "categories":
            categories = {category["id"]: category for category in value}
            names = {id_: category["name"] for id_, category in categories.items()}
            if len(categories) != len(value):
                found.add(f"{file.name} uses a category id twice")
        elif name == "images":
            listed += len(value)
            frames |= pictures.compare(value)
        elif name == "annotations":
            ids += pairing.compare(value, frames, names)
    if len(frames) != listed:
        found.add(f"{file.name} uses a picture id twice")
    if len(set(ids)) != len(ids):
        found.add(f"{file.name} uses an annotation id twice")
    return categories


@dataclass(slots=True)
class _Pictures:
    """The pictures that must be listed.

    Attributes:
        rows: frame key, name, width, height, kept fields.
        place: position in `rows` by path.
        seen: positions that were listed.
    """

    rows: list[tuple[int, str, int, int, str]]
    found: Differences
    place: dict[str, int] = field(init=False)
    seen: set[int] = field(default_factory=set)

    @staticmethod
    def of(project: Project, options: ExportOptions, found: Differences) -> "_Pictures":
        rows = project.reader.rows(
            "SELECT f.id, m.path, f.width, f.height, f.extra, r.name "
            "FROM frame f JOIN media m ON m.id = f.media JOIN root r ON r.id = m.root "
            f"WHERE f.deleted = 0 AND {_CHOSEN[str(options.frames)]} ORDER BY f.id"
        )
        if len({row[5] for row in rows}) > 1:  # names alone need not be unique
            rows = [(row[0], f"{row[5]}/{row[1]}", *row[2:]) for row in rows]
        return _Pictures([row[:5] for row in rows], found)

    def __post_init__(self) -> None:
        self.place = {row[1]: n for n, row in enumerate(self.rows)}

    @property
    def paths(self) -> list[str]:
        return [row[1] for row in self.rows]

    def compare(self, records: list[Record]) -> dict[int, int]:
        """Compare some pictures of a file, and return positions by id; -1 for one that should not be there."""
        ids, widths, heights = (
            integers([record[name] for record in records]).tolist() for name in ("id", "width", "height")
        )
        paths = _texts.decode(b"[" + b",".join([record["file_name"] for record in records]) + b"]")
        places = [self.place.get(path, -1) for path in paths]
        rows = [self.rows[n] if n >= 0 else _NO_ROW for n in places]
        kept = _records.decode("[" + ",".join([row[4] or "{}" for row in rows]) + "]")
        for path, place, row, size, record, fields in zip(
            paths, places, rows, zip(widths, heights, strict=True), records, kept, strict=True
        ):
            if place < 0:
                self.found.add(f"{path} is listed, but the project does not export it")
            elif place in self.seen:
                self.found.add(f"{path} is listed twice")
            elif size != row[2:4]:
                self.found.add(f"{path} is {size[0]} x {size[1]}, not {row[2]} x {row[3]}")
            elif any(differ(record.get(name), fields.get(name)) for name in (record.keys() | fields) - _OWN_FIELDS):
                self.found.add(f"{path} has other fields than were imported")
            self.seen.add(place)
        return dict(zip(ids, places, strict=True))

    def tell_missing(self) -> None:
        for n, row in enumerate(self.rows):
            if n not in self.seen:
                self.found.add(f"{row[1]} is missing")


def _classes(project: Project, options: ExportOptions) -> dict[int, StoredClass]:
    rows = project.reader.rows("SELECT id, uid, slots FROM skeleton WHERE deleted = 0 ORDER BY id")
    chosen = [row for row in rows if not options.skeletons or row[1] in options.skeletons]
    return {row: StoredClass(project.skeletons[uid], json.loads(slots)) for row, uid, slots in chosen}


def _compare_categories(
    file: Path, categories: Mapping[int, dict[str, Any]], skeletons: list[Skeleton], found: Differences
) -> None:
    by_name = {category["name"]: category for category in categories.values()}
    for skeleton in skeletons:
        category = by_name.get(skeleton.name)
        if category is None:
            found.add(f"{file.name}: category {skeleton.name} is missing")
            continue
        names = [keypoint.name for keypoint in skeleton.keypoints if not keypoint.retired]
        if category.get("keypoints") != names:
            found.add(f"{file.name}: category {skeleton.name} names other keypoints, or in another order")
            continue
        number = {name: n for n, name in enumerate(names, 1)}  # COCO counts from 1
        name_of = {keypoint.id: keypoint.name for keypoint in skeleton.keypoints}
        edges = [[number.get(name_of[end]) for end in edge] for edge in skeleton.edges]
        if sorted(category.get("skeleton", [])) != sorted(edge for edge in edges if None not in edge):
            found.add(f"{file.name}: category {skeleton.name} has other edges")


def _compare_counts(project: Project, pairing: Pairing) -> None:
    """Compare how many instances each picture has."""
    classes = ",".join(map(str, pairing.classes))
    rows = project.reader.rows(
        f"SELECT frame, count(*) FROM instance WHERE deleted = 0 AND skeleton IN ({classes}) GROUP BY frame"
    )
    of_frame = dict(rows)
    stored = np.array([of_frame.get(key, 0) for key in pairing.keys.tolist()], np.int64)
    for n in np.flatnonzero(stored != pairing.seen).tolist():
        pairing.found.add(f"{pairing.paths[n]} has {pairing.seen[n]} instances, the project {stored[n]}")
