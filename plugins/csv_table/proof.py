"""Prove a CSV export: read it back row by row and compare with the stored rows.

This module shares no code with the writer: it decides by itself, from SQL rows, what must be in the files.
"""

import csv
import json
import struct
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from annotator.plugin import ExportOptions, Project, Proof

_LISTED = 20
_COLUMNS = ["frame", "instance", "skeleton", "keypoint", "x", "y", "visibility"]
_WORDS = {1: "occluded", 2: "visible", 3: "absent"}
_CHOSEN = {
    "all": "1",
    "done": "f.state IN ('done', 'accepted')",
    "decided": "(f.state IN ('done', 'accepted') OR f.decided > 0)",
}

Row = tuple[str, str, str, float | None, float | None, str]
"""Instance, skeleton, keypoint, x, y, visibility."""


def prove(project: Project, options: ExportOptions, files: list[Path]) -> Proof:
    """Compare the written rows with the project's, frame by frame."""
    differences: list[str] = []
    compared = equal = 0
    frames = _frames(project, options)
    skeletons = _skeletons(project, options)
    left = dict(frames)
    for file in files:
        try:
            for name, rows in _written(file):
                key = left.pop(name, None)
                expected = [] if key is None else list(_expected(project, options, key, skeletons))
                same = sum(a == b for a, b in zip(rows, expected, strict=False))
                compared += len(expected)
                equal += same
                if not expected:
                    differences.append(f"{file.name}: {name} should not be there, or stands in two places")
                elif rows != expected:
                    differences.append(f"{file.name}: {name}: {_first_difference(rows, expected)}")
        except (ValueError, csv.Error) as error:
            differences.append(f"{file.name} is not sound: {error}")
    for name, key in left.items():
        expected = list(_expected(project, options, key, skeletons))
        compared += len(expected)
        if expected:
            differences.append(f"{name} is missing")
    return Proof(compared, equal, tuple(differences[:_LISTED]), f"{len(frames):,} pictures")


def _written(file: Path) -> Iterator[tuple[str, list[Row]]]:
    """Yield the frames of a file, as they follow each other, with their rows."""
    with file.open(newline="", encoding="utf-8") as stream:
        rows = csv.reader(stream, strict=True)
        if next(rows, None) != _COLUMNS:
            raise ValueError(f"the first line is not {','.join(_COLUMNS)}")
        for name, mine in groupby(rows, itemgetter(0)):
            yield _plain(name), [_row(row) for row in mine]


def _row(row: list[str]) -> Row:
    _, instance, skeleton, keypoint, x, y, visibility = row
    position = (float(x) if x else None, float(y) if y else None)
    return instance, _plain(skeleton), _plain(keypoint), *position, visibility


def _plain(text: str) -> str:
    """Take away the ' that keeps a spreadsheet from running text as a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@\t\r'") else text


def _frames(project: Project, options: ExportOptions) -> dict[str, int]:
    rows = project.reader.rows(
        "SELECT f.id, m.path, r.name FROM frame f JOIN media m ON m.id = f.media JOIN root r ON r.id = m.root "
        f"WHERE f.deleted = 0 AND {_CHOSEN[str(options.frames)]} ORDER BY f.id"
    )
    is_one = len({root for _, _, root in rows}) <= 1
    return {path if is_one else f"{root}/{path}": key for key, path, root in rows}


def _skeletons(project: Project, options: ExportOptions) -> dict[int, tuple[str, list[tuple[str, int]]]]:
    """Return name, and name and place in the stored rows of each keypoint that may be there."""
    found = {}
    for row, uid, slots in project.reader.rows("SELECT id, uid, slots FROM skeleton WHERE deleted = 0"):
        if not options.skeletons or uid in options.skeletons:
            skeleton, place = project.skeletons[uid], {id_: n for n, id_ in enumerate(json.loads(slots))}
            names = [(point.name, place[point.id]) for point in skeleton.keypoints if not point.retired]
            found[row] = skeleton.name, names
    return found


def _expected(
    project: Project, options: ExportOptions, key: int, skeletons: dict[int, tuple[str, list[tuple[str, int]]]]
) -> Iterator[Row]:
    states = {int(state) for state in options.states}
    for id_, kind, blob in project.reader.rows(
        "SELECT id, skeleton, keypoints FROM instance WHERE frame = ? AND deleted = 0 ORDER BY id", (key,)
    ):
        if kind not in skeletons:
            continue
        stored = list(struct.iter_unpack("<ddB", blob))
        skeleton, names = skeletons[kind]
        for name, place in names:
            x, y, v = stored[place] if place < len(stored) else (0.0, 0.0, 0)
            if v == 3:
                yield str(id_), skeleton, name, None, None, _WORDS[v]
            elif v and v in states:
                yield str(id_), skeleton, name, x, y, _WORDS[v]


def _first_difference(rows: list[Row], expected: list[Row]) -> str:
    for a, b in zip(rows, expected, strict=False):
        if a != b:
            return f"a row is {', '.join(map(str, a))}, not {', '.join(map(str, b))}"
    return f"{len(rows)} rows, not {len(expected)}"
