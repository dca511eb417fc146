"""Reads: rows of the database to values, one frame at a time or by SQL over all of them."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import compress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotator.errors import StoreError
from annotator.model.frame import Frame, FrameContent, FrameKey, FrameState, FrameSummary
from annotator.model.instance import Box, Instance, Prediction, Source
from annotator.model.skeleton import Skeleton
from annotator.store import definitions, sqlite
from annotator.store.batch import InstanceBatch
from annotator.store.change import Settings
from annotator.store.codec import StoredSkeleton, decode_prediction
from annotator.store.damage import understood
from annotator.store.digest import FRAME_CONTENT
from annotator.store.fingerprint import Fingerprint


class FrameFilter(StrEnum):
    """The chips above the frames list."""

    ALL = "all"
    TO_DO = "to do"
    PREDICTED = "predicted"
    DONE = "done"


FILTER_SQL = {
    FrameFilter.ALL: "",
    FrameFilter.TO_DO: " AND f.state IN ('new', 'in progress')",
    FrameFilter.PREDICTED: " AND f.predictions > 0",
    FrameFilter.DONE: " AND f.state IN ('done', 'accepted')",
}

_FRAME_COLUMNS = FRAME_CONTENT
_FRAME_TABLES = "frame f JOIN media m ON m.id = f.media JOIN root r ON r.id = m.root"
# The plus keeps SQLite from sorting all live frames, which an index lists, where the key leads to the few wanted:
# in a project of a million frames the next one takes 0.01 ms instead of 60.
_LIVE = "+f.deleted = 0"
_INSTANCE_COLUMNS = (
    "id, skeleton, keypoints, x, y, width, height, by_hand, crowd, source, run, track, attributes, note, extra"
)
_BATCH_COLUMNS = (
    "i.frame, i.id, i.skeleton, i.keypoints, i.x, i.y, i.width, i.height, i.by_hand, i.crowd, i.source, i.extra"
)
_BATCH_DETAILS = ", i.run, i.track, i.attributes, i.note"
_LAST: FrameKey = 2**63 - 1
_PREDICTION_COLUMNS = "id, skeleton, points, scores, x, y, width, height, score, run, instance"


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a project holds; frames by chip, and what is in them."""

    frames: int
    to_do: int
    predicted: int
    done: int
    instances: int
    decided: int
    predictions: int


class Reader:
    """One connection for reading, usable from any thread, one statement at a time."""

    def __init__(self, connection: sqlite.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path
        self._lock = threading.RLock()
        self._skeletons: dict[int, StoredSkeleton] = {}
        self._expected: dict[str, Skeleton] = {}

    def close(self) -> None:
        with self._lock:
            self.connection.close()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run a SELECT and return all rows.

        Raises:
            StoreError: the file cannot be read.
        """
        with self._lock:
            try:
                return self.connection.execute(sql, parameters).fetchall()
            except (sqlite.Error, UnicodeDecodeError) as error:
                raise sqlite.explain(error, self.path) from error

    def settings(self) -> Settings:
        with understood(self.path, "its settings"):
            return msgspec.json.decode(self.rows("SELECT settings FROM project")[0][0], type=Settings)

    def uid(self) -> int:
        return int(self.rows("SELECT uid FROM project")[0][0])

    def skeletons(self) -> dict[str, StoredSkeleton]:
        """Return the project's skeletons by id, as they are on disk, removed ones left out."""
        return {stored.skeleton.id: stored for stored, is_live in self._read_skeletons() if is_live}

    def all_skeletons(self) -> dict[str, StoredSkeleton]:
        """Return the skeletons by id as they are on disk, removed ones too: history speaks of them."""
        return {stored.skeleton.id: stored for stored, _ in self._read_skeletons()}

    def _read_skeletons(self) -> list[tuple[StoredSkeleton, bool]]:
        with understood(self.path, "its skeletons"):
            rows = self.rows(f"SELECT {definitions.COLUMNS}")
            return [definitions.stored_of_row(row, self.path.name) for row in rows]

    def _skeleton(self, row: int) -> StoredSkeleton:
        if row not in self._skeletons:
            self._skeletons = {
                stored.row: definitions.grown(stored, self._expected.get(stored.skeleton.id, stored.skeleton))
                for stored, _ in self._read_skeletons()
            }
        return self._skeletons[row]

    def expect_skeletons(self, expected: Mapping[str, Skeleton]) -> None:
        """Read instances by these definitions, which memory shows and the disk will hold."""
        with self._lock:
            self._expected = dict(expected)
            self._skeletons = {}

    def content(self, key: FrameKey) -> FrameContent | None:
        """Return a frame with everything in it, or None when there is no such frame."""
        with self._lock:
            frames = self.rows(
                f"SELECT {_FRAME_COLUMNS}, f.revision FROM {_FRAME_TABLES} WHERE f.id = ? AND f.deleted = 0",
                (key,),
            )
            if not frames:
                return None
            instances = self.rows(
                f"SELECT {_INSTANCE_COLUMNS} FROM instance WHERE frame = ? AND deleted = 0 ORDER BY id", (key,)
            )
            predictions = self.rows(
                f"SELECT {_PREDICTION_COLUMNS} FROM prediction WHERE frame = ? AND deleted = 0 ORDER BY id", (key,)
            )
            with understood(self.path, f"the labels of {frames[0][2]}"):
                return FrameContent(
                    frame_of_row(frames[0]),
                    tuple(self._instance(row) for row in instances),
                    tuple(self._prediction(row) for row in predictions),
                    int(frames[0][12]),
                )

    def _instance(self, row: Sequence[Any]) -> Instance:
        stored = self._skeleton(row[1])
        points, visibility = stored.decode(row[2])
        return Instance(
            row[0],
            stored.skeleton.id,
            points,
            visibility,
            _box(row[3:7]),
            bool(row[7]),
            row[11],
            Source(row[9]),
            row[10],
            bool(row[8]),
            row[12],
            row[13],
            row[14],
        )

    def _prediction(self, row: Sequence[Any]) -> Prediction:
        stored = self._skeleton(row[1])
        points, scores = decode_prediction(row[2], row[3], stored)
        return Prediction(
            row[0], stored.skeleton.id, points, scores, (row[4], row[5], row[6], row[7]), row[8], row[9], row[10]
        )

    def fingerprint(self, key: FrameKey) -> Fingerprint | None:
        """Return what the picture of a frame was when it was first shown, or None when it never was."""
        rows = self.rows(
            "SELECT m.bytes, m.modified_ms, m.hash FROM frame f JOIN media m ON m.id = f.media "
            "WHERE f.id = ? AND m.hash IS NOT NULL",
            (key,),
        )
        return Fingerprint(*rows[0]) if rows else None

    def has_frame(self, keys: Sequence[FrameKey]) -> bool:
        """Return whether one of these keys is that of a frame, live or removed."""
        marks = ",".join("?" * len(keys))
        return bool(self.rows(f"SELECT 1 FROM frame WHERE id IN ({marks}) LIMIT 1", keys))

    def keys_of_pictures(self, frames: Sequence[Frame]) -> dict[tuple[str, str, int], FrameKey]:
        """Return the keys of the live frames on disk that show the same pictures as `frames`."""
        marks = ",".join("?" * len(frames))
        return {
            (root, path, number): key
            for root, path, number, key in self.rows(
                "SELECT r.name, m.path, f.number, f.id FROM media m JOIN root r ON r.id = m.root "
                "JOIN frame f ON f.media = m.id AND f.deleted = 0 "
                f"WHERE m.root IN (SELECT id FROM root) AND m.path IN ({marks})",
                [frame.path for frame in frames],
            )
        }

    def has_labels(self, skeleton: str, keypoints: frozenset[str], but: frozenset[int]) -> bool:
        """Return whether a live instance decided one of these keypoints; without any, whether the skeleton is used.

        Args:
            skeleton: its id.
            keypoints: their ids.
            but: instances and predictions that do not count.
        """
        stored = self.all_skeletons()[skeleton]
        states = [stored.slots.index(id_) * 17 + 17 for id_ in keypoints if id_ in stored.slots]
        sql = "SELECT id FROM instance WHERE skeleton = ? AND deleted = 0"
        parameters = [stored.row, *states]
        if keypoints:
            sql += f" AND ({' OR '.join('substr(keypoints, ?, 1) > zeroblob(1)' for _ in states) or '0'})"
        else:
            sql += " UNION ALL SELECT id FROM prediction WHERE skeleton = ? AND deleted = 0"
            parameters.append(stored.row)
        # One more than those that do not count is enough to know.
        return any(id_ not in but for (id_,) in self.rows(f"{sql} LIMIT ?", (*parameters, len(but) + 1)))

    def frame_keys(
        self,
        filter_: FrameFilter = FrameFilter.ALL,
        text: str = "",
        after: FrameKey = 0,
        limit: int = -1,
    ) -> list[FrameKey]:
        """Return keys in the project's order, those above `after`, at most `limit`.

        Args:
            filter_: the chip.
            text: part of the path, case-insensitive.
            after: page on from this key.
            limit: -1 for all.
        """
        if text:
            sql = f"SELECT f.id FROM {_FRAME_TABLES} WHERE {_LIVE} AND f.id > ? AND m.path LIKE ? ESCAPE '\\'"
            parameters: list[Any] = [after, f"%{_escape_like(text)}%"]
        else:
            # The index of states serves those that few frames have.
            live = "f.deleted = 0" if filter_ in (FrameFilter.TO_DO, FrameFilter.DONE) else _LIVE
            sql = f"SELECT f.id FROM frame f WHERE {live} AND f.id > ?"
            parameters = [after]
        sql += FILTER_SQL[filter_] + " ORDER BY f.id LIMIT ?"
        return [row[0] for row in self.rows(sql, (*parameters, limit))]

    def neighbour(self, key: FrameKey, step: int, filter_: FrameFilter = FrameFilter.ALL) -> FrameKey | None:
        """Return the next (step > 0) or previous frame, or None at the end."""
        compare, order = (">", "ASC") if step > 0 else ("<", "DESC")
        rows = self.rows(
            f"SELECT f.id FROM frame f WHERE {_LIVE} AND f.id {compare} ?{FILTER_SQL[filter_]} "
            f"ORDER BY f.id {order} LIMIT 1 OFFSET ?",
            (key, abs(step) - 1),
        )
        return rows[0][0] if rows else None

    def next_undecided(self, key: FrameKey, step: int) -> FrameKey | None:
        """Return the next (step > 0) or previous frame with work to do or a prediction to decide."""
        compare, order = (">", "ASC") if step > 0 else ("<", "DESC")
        rows = self.rows(
            f"SELECT f.id FROM frame f WHERE {_LIVE} AND f.id {compare} ? "
            f"AND (f.state IN ('new', 'in progress') OR f.predictions > 0) ORDER BY f.id {order} LIMIT 1",
            (key,),
        )
        return rows[0][0] if rows else None

    def summaries(self, keys: Sequence[FrameKey]) -> list[FrameSummary]:
        """Return the list rows of these frames, in their order; removed ones are left out."""
        marks = ",".join("?" * len(keys))
        rows = self.rows(
            f"SELECT {_FRAME_COLUMNS}, f.instances, f.decided, f.keypoints, f.predictions "
            f"FROM {_FRAME_TABLES} WHERE f.id IN ({marks}) AND {_LIVE}",
            keys,
        )
        with understood(self.path, "its frames"):
            found = {row[0]: FrameSummary(frame_of_row(row), *row[12:16]) for row in rows}
        return [found[key] for key in keys if key in found]

    def frames(self, filter_: FrameFilter = FrameFilter.ALL, page: int = 2000) -> Iterator[Frame]:
        """Yield every frame in the project's order, read in pages."""
        last = 0
        while True:
            rows = self.rows(
                f"SELECT {_FRAME_COLUMNS} FROM {_FRAME_TABLES} WHERE {_LIVE} AND f.id > ?"
                f"{FILTER_SQL[filter_]} ORDER BY f.id LIMIT ?",
                (last, page),
            )
            if not rows:
                return
            with understood(self.path, "its frames"):
                frames = [frame_of_row(row) for row in rows]
            yield from frames
            last = rows[-1][0]

    def counts(self) -> Counts:
        """Count frames by chip, instances and predictions."""
        row = self.rows(
            "SELECT count(*), ifnull(sum(state IN ('new', 'in progress')), 0), ifnull(sum(predictions > 0), 0), "
            "ifnull(sum(state IN ('done', 'accepted')), 0), ifnull(sum(instances), 0), ifnull(sum(decided), 0), "
            "ifnull(sum(predictions), 0) FROM frame WHERE deleted = 0"
        )[0]
        return Counts(*row)

    def pages(
        self, where: str = "", parameters: Sequence[Any] = (), size: int = 4096, *, details: bool = True
    ) -> Iterator[tuple[InstanceBatch, ...]]:
        """Yield the instances of live frames, frame after frame, in pages of one batch to a skeleton.

        Args:
            where: SQL over `f` (frame), beginning with AND; from our own code only.
            parameters: its values.
            size: instances to a page, about.
            details: read runs, tracks, attributes and notes; they are empty else, and the rest takes a quarter less.
        """
        columns = _BATCH_COLUMNS + (_BATCH_DETAILS if details else "")
        for low, high in self._frame_ranges(size):
            rows = self.rows(
                # The index of instances has this order; the other way round every page would be sorted.
                f"SELECT {columns} FROM instance i CROSS JOIN frame f ON f.id = i.frame "
                f"WHERE i.frame > ? AND i.frame <= ? AND i.deleted = 0 AND f.deleted = 0{where} "
                "ORDER BY i.frame, i.id",
                (low, high, *parameters),
            )
            if rows:
                yield self._page(rows)

    def batches(self, where: str = "", parameters: Sequence[Any] = (), size: int = 4096) -> Iterator[InstanceBatch]:
        """Yield the batches of all `pages`: in frame order, but for skeletons that share a page."""
        for page in self.pages(where, parameters, size):
            yield from page

    def _frame_ranges(self, size: int) -> Iterator[tuple[FrameKey, FrameKey]]:
        """Cut the frames into ranges (above, up to) with about `size` instances each."""
        low = 0
        while True:
            ends = self.rows(
                "SELECT frame FROM instance WHERE deleted = 0 AND frame > ? ORDER BY frame LIMIT 1 OFFSET ?",
                (low, size - 1),
            )
            yield low, ends[0][0] if ends else _LAST
            if not ends:
                return
            low = ends[0][0]

    def _page(self, rows: Sequence[Any]) -> tuple[InstanceBatch, ...]:
        columns = list(zip(*rows, strict=True))
        kinds = dict.fromkeys(columns[2])
        if len(kinds) == 1:
            return (self._batch(columns),)
        masks = [[kind == one for one in columns[2]] for kind in kinds]
        return tuple(self._batch([tuple(compress(column, mask)) for column in columns]) for mask in masks)

    def _batch(self, columns: Sequence[Sequence[Any]]) -> InstanceBatch:
        with understood(self.path, "its instances"):
            return self._decoded(columns)

    def _decoded(self, columns: Sequence[Sequence[Any]]) -> InstanceBatch:
        stored = self._skeleton(columns[2][0])
        points, visibility = stored.decode_many(columns[3])
        boxes = np.array(columns[4:8], dtype=float).T
        return InstanceBatch(
            skeleton_id=stored.skeleton.id,
            frames=np.array(columns[0], np.int64),
            ids=np.array(columns[1], np.int64),
            points=points,
            visibility=visibility,
            boxes=boxes,
            by_hand=np.array(columns[8], bool),
            crowd=np.array(columns[9], bool),
            sources=columns[10],
            extras=columns[11],
            **dict(zip(("runs", "tracks", "attributes", "notes"), columns[12:] or [()] * 4, strict=True)),
        )


def frame_of_row(row: Sequence[Any]) -> Frame:
    """Build a frame from the columns of `_FRAME_COLUMNS`."""
    tags = () if row[8] == "[]" else tuple(msgspec.json.decode(row[8]))
    return Frame(
        row[0], row[1], row[2], row[3], row[4], row[5], row[6], FrameState(row[7]), tags, row[9], row[10], row[11]
    )


def missing_frame(key: FrameKey) -> StoreError:
    return StoreError(f"frame {key} is not in the project any more")


def _box(values: Sequence[float | None]) -> Box | None:
    x, y, width, height = values
    if x is None or y is None or width is None or height is None:
        return None
    return (x, y, width, height)


def _escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
