"""Compare annotations of a COCO file with the stored rows: whole columns, and one by one what differs.

For the proof: it decides by itself, from SQL rows, what must be in the file, and shares no code with the writer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from annotator.plugin import Project, Skeleton

from .numbers import number_rows
from .pieces import Record

LISTED = 20
_AREA_OF_BOX = 0.53
_LARGEST = float(np.finfo(np.float64).max)
_KEYPOINT = np.dtype([("x", "<f8"), ("y", "<f8"), ("v", "u1")])
_NUMBERS = ("id", "image_id", "category_id", "num_keypoints", "iscrowd")
_FIELDS = (*_NUMBERS, "keypoints", "bbox", "area")

_integers = msgspec.json.Decoder(list[int])
_records = msgspec.json.Decoder(list[Record])
Broken = (KeyError, OverflowError, msgspec.MsgspecError)


class Differences:
    """Counts differences and keeps the first ones."""

    def __init__(self) -> None:
        self.count = 0
        self.sentences: list[str] = []

    def add(self, sentence: str) -> None:
        self.count += 1
        if len(self.sentences) < LISTED:
            self.sentences.append(sentence)


class Row(NamedTuple):
    """A stored instance."""

    frame: int
    skeleton: int
    keypoints: bytes
    x: float | None
    y: float
    width: float
    height: float
    by_hand: int
    crowd: int
    source: str
    extra: str

    @property
    def box(self) -> list[float]:
        return [self.x or 0.0, self.y, self.width, self.height]


@dataclass(frozen=True, slots=True)
class StoredClass:
    """A skeleton, and the order of its keypoints in the stored rows."""

    skeleton: Skeleton
    slots: Sequence[str]

    @property
    def names(self) -> list[str]:
        """Names of the keypoints that a file must have, in its order."""
        return [keypoint.name for keypoint in self.skeleton.keypoints if not keypoint.retired]

    def expected(self, blobs: Sequence[bytes], states: frozenset[int]) -> NDArray[np.float64]:
        """Return what COCO must say of stored keypoints, (N, K, 3): 0, 0, 0 where one is not exported."""
        size = len(self.slots) * _KEYPOINT.itemsize
        stored = np.frombuffer(b"".join([blob[:size].ljust(size, b"\0") for blob in blobs]), _KEYPOINT)
        place = {id_: n for n, id_ in enumerate(self.slots)}
        order = [place[keypoint.id] for keypoint in self.skeleton.keypoints if not keypoint.retired]
        stored = stored.reshape(len(blobs), len(self.slots))[:, order]
        result = np.zeros((*stored.shape, 3))
        shown = np.isin(stored["v"], sorted(states & {1, 2}))
        for axis, name in enumerate(("x", "y", "v")):
            np.copyto(result[..., axis], stored[name], where=shown)
        return result


@dataclass(slots=True)
class Pairing:
    """Pairs annotations with rows: the first one of a picture with its first row, and so on.

    Attributes:
        keys: of the frames that must be in the files, ascending.
        paths: of their pictures.
        classes: by row id of the skeleton.
        seen: annotations of each frame so far.
        compared, equal: keypoints.
        boxes: compared.
    """

    project: Project
    states: frozenset[int]
    keys: NDArray[np.int64]
    paths: Sequence[str]
    classes: Mapping[int, StoredClass]
    found: Differences
    seen: NDArray[np.int64] = field(init=False)
    compared: int = 0
    equal: int = 0
    boxes: int = 0

    def __post_init__(self) -> None:
        self.seen = np.zeros(len(self.keys), np.int64)

    def compare(self, records: list[Record], frames: Mapping[int, int], categories: Mapping[int, str]) -> list[int]:
        """Compare some annotations of a file, and return their ids.

        Args:
            records: the annotations.
            frames: positions in `keys` by picture id, -1 for those that should not be there.
            categories: names by category id.
        """
        records, numbers = self._sound(records)
        places = np.array([frames.get(image, -2) for image in numbers["image_id"].tolist()], np.int64)
        for n in np.flatnonzero(places == -2).tolist():
            self.found.add(f"annotation {numbers['id'][n]} is of picture {numbers['image_id'][n]}, which is not listed")
        there = np.flatnonzero(places >= 0)
        places = places[there]
        rank = _ranks(places) + self.seen[places]
        np.add.at(self.seen, places, 1)
        rows = self._rows(places)
        frames_of_rows = np.array([row.frame for row in rows], np.int64)
        at = np.searchsorted(frames_of_rows, self.keys[places]) + rank
        paired = at < np.searchsorted(frames_of_rows, self.keys[places], "right")
        at, there, places, rank = at[paired], there[paired], places[paired], rank[paired]
        kinds = np.array([rows[k].skeleton for k in at.tolist()], np.int64)
        for kind, stored in self.classes.items():
            mine = kinds == kind
            if mine.any():
                _Part(
                    self,
                    stored,
                    [records[n] for n in there[mine].tolist()],
                    [rows[k] for k in at[mine].tolist()],
                    {name: column[there[mine]] for name, column in numbers.items()},
                    places[mine],
                    rank[mine],
                ).compare(categories)
        return numbers["id"].tolist()  # type: ignore[no-any-return]

    def _sound(self, records: list[Record]) -> tuple[list[Record], dict[str, NDArray[np.int64]]]:
        """Return the records that have all fields, and their whole numbers."""
        try:
            return records, _numbers(records)
        except Broken:
            pass
        sound = []
        for record in records:
            try:
                _numbers([record])
                sound.append(record)
            except Broken as error:
                self.found.add(f"annotation {bytes(record.get('id', b'?')).decode()} is not sound: {error}")
        return sound, _numbers(sound)

    def _rows(self, places: NDArray[np.int64]) -> list[Row]:
        frames = ",".join(map(str, self.keys[np.unique(places)].tolist()))
        classes = ",".join(map(str, self.classes))
        sql = f"SELECT {', '.join(Row._fields)} FROM instance WHERE deleted = 0 AND frame IN ({frames})"
        return list(map(Row._make, self.project.reader.rows(f"{sql} AND skeleton IN ({classes}) ORDER BY frame, id")))


@dataclass(frozen=True, slots=True)
class _Part:
    """N annotations and the N rows of one skeleton that they must tell.

    Attributes:
        places, ranks: (N,) which frame each is in, and how many stand before it there.
    """

    pairing: Pairing
    stored: StoredClass
    records: list[Record]
    rows: list[Row]
    numbers: Mapping[str, NDArray[np.int64]]
    places: NDArray[np.int64]
    ranks: NDArray[np.int64]

    def compare(self, categories: Mapping[int, str]) -> None:
        expected = self.stored.expected([row.keypoints for row in self.rows], self.pairing.states)
        self._compare_keypoints(expected)
        counts = np.count_nonzero(expected[..., 2], axis=1)
        self._tell(self.numbers["num_keypoints"] != counts, lambda n: f"num_keypoints is not {counts[n]}")
        crowd = np.array([row.crowd for row in self.rows])
        self._tell(self.numbers["iscrowd"] != crowd, lambda n: f"iscrowd is not {crowd[n]}")
        right = [id_ for id_, name in categories.items() if name == self.stored.skeleton.name]
        self._tell(~np.isin(self.numbers["category_id"], right), lambda n: "the category is another one")
        boxes = self._lists("bbox", 4)
        self._compare_boxes(boxes)
        self._compare_kept(boxes)

    def _compare_keypoints(self, expected: NDArray[np.float64]) -> None:
        count, width, _ = expected.shape
        written = self._lists("keypoints", 3 * width).reshape(count, width, 3)
        same = (written == expected).all(axis=2)
        self.pairing.compared += same.size
        self.pairing.equal += int(np.count_nonzero(same))

        def difference(n: int) -> str:
            if np.isnan(written[n]).any():
                return f"there are not {3 * width} numbers in keypoints"
            k = int(np.argmin(same[n]))
            return f"{self.stored.names[k]} is {written[n, k].tolist()}, not {expected[n, k].tolist()}"

        self._tell(~same.all(axis=1), difference)

    def _compare_boxes(self, boxes: NDArray[np.float64]) -> None:
        given = np.array([bool(row.by_hand) and row.x is not None for row in self.rows])
        self.pairing.boxes += int(np.count_nonzero(given))
        expected = np.array(
            [row.box if is_given else [0.0] * 4 for row, is_given in zip(self.rows, given, strict=True)]
        )
        wrong = given & (boxes != expected).any(axis=1)
        self._tell(wrong, lambda n: f"the box is {boxes[n].tolist()}, not {expected[n].tolist()}")

    def _compare_kept(self, boxes: NDArray[np.float64]) -> None:
        """Compare areas, and the fields of an import that are written back to the letter."""
        kept = _records.decode("[" + ",".join([row.extra or "{}" for row in self.rows]) + "]")
        untouched = np.array([row.source == "import" for row in self.rows])
        for name in set().union(*kept) - {"id", "area"}:
            self._compare_field(name, kept, np.ones(len(kept), bool))
        has_area = np.array(["area" in fields for fields in kept])
        self._compare_field("area", kept, untouched & has_area)
        by_box = ~(untouched & np.array(["area" in fields or "segmentation" in fields for fields in kept]))
        areas = self._lists("area", 1)[:, 0]
        with np.errstate(over="ignore"):  # of boxes as no picture has them, which an import may bring
            of_boxes = np.minimum(_AREA_OF_BOX * boxes[:, 2] * boxes[:, 3], _LARGEST)
        self._tell(by_box & ~np.isclose(areas, of_boxes), lambda n: f"the area is {areas[n]}, not {of_boxes[n]}")
        counts = [len(_FIELDS) + len(fields.keys() - {"id", "area"}) for fields in kept]
        other = np.array([len(record) for record in self.records]) != counts
        self._tell(other, lambda n: f"it has the fields {', '.join(sorted(self.records[n]))}")

    def _compare_field(self, name: str, kept: Sequence[Record], chosen: NDArray[np.bool_]) -> None:
        written = [record.get(name) for record in self.records]
        expected = [fields.get(name) for fields in kept]
        if written != expected:
            wrong = np.array([differ(a, b) for a, b in zip(written, expected, strict=True)])
            self._tell(chosen & wrong, lambda n: f"{name} is not what was imported")

    def _lists(self, name: str, width: int) -> NDArray[np.float64]:
        """Return (N, width) of a field; a NaN row where it is something else."""
        raws = [record[name] for record in self.records]
        if name == "area":
            raws = [msgspec.Raw(b"[%b]" % raw) for raw in raws]
        values = number_rows(raws, width) if width else np.empty((len(raws), 0))
        if values is not None:
            return values
        values = np.full((len(raws), width), np.nan)
        for n, raw in enumerate(raws):
            one = number_rows([raw], width)
            values[n] = np.nan if one is None else one[0]
        return values

    def _tell(self, wrong: NDArray[np.bool_], sentence: Callable[[int], str]) -> None:
        for n in np.flatnonzero(wrong).tolist():
            where = f"{self.pairing.paths[self.places[n]]}, instance {self.ranks[n] + 1}"
            self.pairing.found.add(f"{where}: {sentence(n)}")


def _numbers(records: list[Record]) -> dict[str, NDArray[np.int64]]:
    """Return the whole numbers of annotations that have all fields.

    Raises:
        Broken: one lacks a field, or has something else there.
    """
    for name in ("keypoints", "bbox", "area"):
        for record in records:
            record[name]
    return {name: integers([record[name] for record in records]) for name in _NUMBERS}


def integers(raws: Sequence[msgspec.Raw]) -> NDArray[np.int64]:
    """Return whole numbers."""
    return np.array(_integers.decode(b"[" + b",".join(raws) + b"]"), np.int64)


def differ(a: msgspec.Raw | None, b: msgspec.Raw | None) -> bool:
    """Return whether two fields have different values; the same value in another spelling is none."""
    if a == b:
        return False
    return a is None or b is None or bool(msgspec.json.decode(a) != msgspec.json.decode(b))


def _ranks(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each value how many equal ones stand before it."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    starts = np.searchsorted(ordered, ordered)
    ranks = np.empty(len(places), np.int64)
    ranks[order] = np.arange(len(places)) - starts
    return ranks
