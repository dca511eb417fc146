"""Makes values for the tests of the store, and reads a project's whole logical content back."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from annotator.model.frame import Frame, FrameKey
from annotator.model.ids import new_id, new_ids
from annotator.model.instance import Instance, Prediction, Source, Visibility, new_instance
from annotator.model.skeleton import Keypoint, Skeleton
from annotator.store.batch import InstanceBatch
from annotator.store.project import Project

Dump = dict[str, Any]


def frames(count: int, root: str = "pictures", **fields: object) -> list[Frame]:
    """Return new frames a0.png, and so on."""
    return [Frame(key, root, f"{root}/a{n}.png", **fields) for n, key in enumerate(new_ids(count))]  # type: ignore[arg-type]


def add_frames(project: Project, count: int, root: str = "pictures", **fields: object) -> list[FrameKey]:
    added = frames(count, root, **fields)
    with project.transaction(f"Add {count} pictures") as transaction:
        transaction.add_frames(added)
    return [frame.key for frame in added]


def pose(skeleton: Skeleton, seed: int = 1, **fields: object) -> Instance:
    """Return an instance with every second keypoint decided, values from `seed`."""
    random = np.random.default_rng(seed)
    instance = new_instance(new_id(), skeleton, **fields)
    for k in range(0, len(skeleton), 2):
        x, y = random.uniform(-5, 4000, 2)
        instance = instance.with_point(k, (float(x), float(y)), Visibility(int(random.integers(1, 3))))
    return instance


def add_instance(project: Project, key: FrameKey, instance: Instance) -> Instance:
    with project.transaction("Place instance") as transaction:
        transaction.add(key, instance)
    return instance


def prediction(skeleton: Skeleton, seed: int = 1, run: int = 7) -> Prediction:
    random = np.random.default_rng(seed)
    count = len(skeleton)
    return Prediction(
        new_id(),
        skeleton.id,
        random.uniform(0, 100, (count, 2)),
        random.uniform(0, 1, count).astype(np.float32),
        (1.0, 2.0, 3.0, 4.5),
        0.75,
        run,
    )


def batch(skeleton: Skeleton, keys: Sequence[FrameKey], seed: int = 1) -> InstanceBatch:
    """Return one imported instance for each of `keys`."""
    random = np.random.default_rng(seed)
    n, k = len(keys), len(skeleton)
    boxes = random.uniform(0, 50, (n, 4))
    boxes[::2] = np.nan
    return InstanceBatch(
        skeleton.id,
        np.array(keys, np.int64),
        np.array(new_ids(n), np.int64),
        random.uniform(0, 500, (n, k, 2)),
        random.integers(0, 4, (n, k)).astype(np.uint8),
        boxes,
        np.ones(n, bool),
        np.zeros(n, bool),
        [str(Source.IMPORT)] * n,
        [0] * n,
        [""] * n,
        ['{"a":1}'] * n,
        [""] * n,
        [""] * n,
    )


def with_keypoint(skeleton: Skeleton, name: str) -> Skeleton:
    """Return the skeleton with one more keypoint, put first so that the order changes too."""
    keypoint = Keypoint(id=name, name=name)
    return replace(
        skeleton,
        keypoints=(keypoint, *skeleton.keypoints),
        layout=((0.5, 0.5), *skeleton.layout),
        version=skeleton.version + 1,
    )


def dump(project: Project) -> Dump:
    """Return everything a person would miss, as the open project shows it: from memory, saved or not."""
    content: dict[FrameKey, Any] = {}
    waiting = set(project._memory.frames.waiting)  # before the disk is read: what is saved meanwhile is in one of both
    for key in sorted(waiting | set(project.frame_keys())):
        held = project._content_or_none(key)
        if held is None:
            continue
        content[key] = (
            held.frame,
            [_pose_parts(instance, project.skeletons) for instance in held.instances],
            [_pose_parts(prediction_, project.skeletons) for prediction_ in held.predictions],
        )
    return {"settings": project.settings, "skeletons": dict(project.skeletons), "frames": content}


def dump_of_file(path: Path) -> Dump:
    """Return the same from the tables of a closed file, with code of its own."""
    with sqlite3.connect(path) as connection:
        skeletons = {
            row: (uid, definition, slots)
            for row, uid, definition, slots in connection.execute(
                "SELECT id, uid, definition, slots FROM skeleton WHERE deleted = 0"
            )
        }
        settings = connection.execute("SELECT settings FROM project").fetchone()[0]
        rows = connection.execute(
            "SELECT f.id, r.name, m.path, f.number, f.width, f.height, f.state, f.tags, f.split, f.note, f.extra, "
            "f.instances, f.decided, f.predictions FROM frame f JOIN media m ON m.id = f.media "
            "JOIN root r ON r.id = m.root WHERE f.deleted = 0 ORDER BY f.id"
        ).fetchall()
        instances = connection.execute(
            "SELECT frame, id, skeleton, keypoints, x, y, width, height, by_hand, crowd, source, run, track, "
            "attributes, note, extra FROM instance WHERE deleted = 0 ORDER BY id"
        ).fetchall()
        predictions = connection.execute(
            "SELECT frame, id, skeleton, points, scores, x, y, width, height, score, run, instance "
            "FROM prediction WHERE deleted = 0 ORDER BY id"
        ).fetchall()
    connection.close()
    live = {row[0] for row in rows}
    return {
        "settings": settings,
        "skeletons": sorted((uid, definition) for uid, definition, _ in skeletons.values()),
        "frames": rows,
        "instances": [(*row[:3], _known(row[3]), *row[4:]) for row in instances if row[0] in live],
        "predictions": [row[:3] + _known_points(row[3], row[4]) + row[5:] for row in predictions if row[0] in live],
    }


def _known(blob: bytes) -> bytes:
    """Drop trailing keypoints that were never touched: a grown skeleton pads them."""
    dtype = np.dtype([("x", "<f8"), ("y", "<f8"), ("v", "u1")])
    values = np.frombuffer(blob, dtype)
    count = len(values)
    while count and np.isnan(values[count - 1]["x"]) and values[count - 1]["v"] == 0:
        count -= 1
    return blob[: count * dtype.itemsize]


def _known_points(points: bytes, scores: bytes) -> tuple[bytes, bytes]:
    values = np.frombuffer(points, "<f8").reshape(-1, 2)
    count = len(values)
    while count and np.isnan(values[count - 1, 0]):
        count -= 1
    return points[: 16 * count], scores[: 4 * count]


def _pose_parts(value: Instance | Prediction, skeletons: Any) -> tuple[Any, ...]:
    """Return a value that compares by content, keypoints by id."""
    names = [keypoint.id for keypoint in skeletons[value.skeleton_id].keypoints]
    second = value.visibility if isinstance(value, Instance) else value.scores
    keypoints = {
        id_: (value.points[k].tobytes(), second[k].item())
        for k, id_ in enumerate(names)
        if second[k] or not np.isnan(value.points[k]).any()
    }
    rest = [getattr(value, name) for name in value.__slots__ if name not in ("points", "visibility", "scores")]
    return (*rest, keypoints)
