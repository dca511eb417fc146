"""What importers and exporters are, and the values that pass between them and the core."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.errors import FormatError
from annotator.jobs import Job
from annotator.model.instance import Visibility
from annotator.model.skeleton import Skeleton
from annotator.registry import Registry
from annotator.store.project import Project


class Coordinates(StrEnum):
    """Which picture an import's coordinates mean, where the EXIF orientation makes a difference."""

    DISPLAYED = "displayed"
    STORED = "stored"


@dataclass(frozen=True, slots=True)
class Turn:
    """How points of a stored picture become points of the displayed one.

    Attributes:
        orientation: EXIF, 1 to 8.
        width, height: of the stored picture.
    """

    orientation: int
    width: float
    height: float

    def points(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn (..., 2) points; their origin is the corner of the first pixel, before and after.

        Source: EXIF 2.3, tag Orientation.
        """
        x, y = xy[..., 0], xy[..., 1]
        width, height = self.width, self.height
        if self.orientation >= 5:
            x, y, width, height = y, x, height, width
        # Once the axes are swapped, 5 to 8 need the same mirrorings as 1 to 4.
        if self.orientation in (2, 3, 6, 7):
            x = width - x
        if self.orientation in (3, 4, 7, 8):
            y = height - y
        return np.stack([x, y], axis=-1)

    def boxes(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn (..., 4) boxes (x, y, width, height)."""
        first, second = self.points(boxes[..., :2]), self.points(boxes[..., :2] + boxes[..., 2:])
        low = np.minimum(first, second)
        return np.concatenate([low, np.maximum(first, second) - low], axis=-1)


class NeedsSkeletonError(FormatError):
    """The file does not name the keypoints of its instances, so a person must say which skeleton they are of.

    Attributes:
        count: keypoints that an instance has.
        class_name: the class that does not name them.
    """

    def __init__(self, sentence: str, count: int, class_name: str) -> None:
        super().__init__(sentence)
        self.count = count
        self.class_name = class_name


class NeedsCoordinatesError(FormatError):
    """The coordinates could be those of the displayed or of the stored picture: a person must say which."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person decided about an import.

    Attributes:
        pictures: folder to look for pictures in; beside the file by default.
        skeleton: for classes of the file that name no keypoints, and for the only class of a file.
        coordinates: asked where a picture's size is that of the stored pixels.
        skeletons: for one class, by its name.
        by_hand: keypoint of the file to ours, by id or name; "" leaves it out. All others go by id and name.
    """

    pictures: Path | None = None
    skeleton: Skeleton | None = None
    coordinates: Coordinates | None = None
    skeletons: Mapping[str, Skeleton] = field(default_factory=dict)
    by_hand: Mapping[str, str] = field(default_factory=dict)

    def skeleton_of(self, class_name: str) -> Skeleton | None:
        """Return what was chosen for a class that names no keypoints."""
        return self.skeletons.get(class_name, self.skeleton)


@dataclass(frozen=True, slots=True)
class PlannedFrame:
    """A picture that an import names.

    Attributes:
        path: as the file says it, with "/".
        width, height: as the file says; 0 where it does not.
        extra: JSON object text of fields we do not know, or "".
    """

    path: str
    width: int = 0
    height: int = 0
    extra: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FrameColumns(Sequence[PlannedFrame]):
    """Many planned frames as columns: what a fast importer gives instead of a list; see `PlannedFrame`."""

    paths: Sequence[str]
    widths: Sequence[int]
    heights: Sequence[int]
    extras: Sequence[str]

    @staticmethod
    def of(frames: Sequence[PlannedFrame]) -> "FrameColumns":
        """Return the columns of any planned frames."""
        if isinstance(frames, FrameColumns):
            return frames
        return FrameColumns(
            [frame.path for frame in frames],
            [frame.width for frame in frames],
            [frame.height for frame in frames],
            [frame.extra for frame in frames],
        )

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> PlannedFrame: ...

    @overload
    def __getitem__(self, index: slice) -> "FrameColumns": ...

    def __getitem__(self, index: int | slice) -> "PlannedFrame | FrameColumns":
        found = (self.paths[index], self.widths[index], self.heights[index], self.extras[index])
        return FrameColumns(*found) if isinstance(index, slice) else PlannedFrame(*found)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, eq=False)
class PlannedInstances:
    """N instances of one skeleton, as columns; see `Instance` for what they mean.

    Attributes:
        frames: (N,) int64 positions in `ImportPlan.frames`.
        points: (N, K, 2) float64 image pixels.
        visibility: (N, K) uint8.
        boxes: (N, 4) float64, NaN rows where there is none.
        crowd: (N,) bool.
        extras: N JSON object texts, or "".
        class_name: of the file, where it is not the skeleton's name.
    """

    skeleton: Skeleton
    frames: NDArray[np.int64]
    points: NDArray[np.float64]
    visibility: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    crowd: NDArray[np.bool_]
    extras: Sequence[str]
    class_name: str = ""

    @staticmethod
    def of(skeleton: Skeleton, frames: ArrayLike, points: ArrayLike, visibility: ArrayLike) -> "PlannedInstances":
        """Return instances of a format that says nothing of boxes, crowds and other fields."""
        at = np.asarray(frames, np.int64)
        boxes = np.full((len(at), 4), np.nan)
        no_crowd = np.zeros(len(at), np.bool_)
        placed, states = np.asarray(points, np.float64), np.asarray(visibility, np.uint8)
        return PlannedInstances(skeleton, at, placed, states, boxes, no_crowd, [""] * len(at))

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def name(self) -> str:
        """What the file calls the class."""
        return self.class_name or self.skeleton.name


@dataclass(frozen=True, slots=True, eq=False)
class ImportPlan:
    """A file that was read and found valid; nothing is written yet.

    Attributes:
        format: name of the importer.
        source: the file.
        skipped: sentences about records that will not be imported.
        notes: sentences about what was repaired or looks odd.
        exports: JSON object text of file-level fields to write back, or "".
        turn_extra: turns coordinates that stand inside an instance's `extra` upright.
    """

    format: str
    source: Path
    frames: Sequence[PlannedFrame]
    instances: Sequence[PlannedInstances]
    skipped: Sequence[str] = ()
    notes: Sequence[str] = ()
    exports: str = ""
    turn_extra: Callable[[str, Turn], str] | None = None


@dataclass(frozen=True, slots=True)
class Importer:
    """Reads one format.

    Attributes:
        sniff: whether a file looks like it; cheap.
        read: the whole file, validated. Raises `FormatError` with one sentence, `NeedsSkeletonError` when it must ask.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Path], bool]
    read: Callable[[Path, ImportOptions, Job], ImportPlan]


class FrameChoice(StrEnum):
    """Which frames are exported."""

    DECIDED = "decided"
    DONE = "done"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What a person decided about an export.

    Attributes:
        folder: that receives the files; made when it does not exist.
        frames: DECIDED: done, or with a decided instance.
        states: keypoints in other states are written as not labeled.
        train_share: share of the frames for training; None for one file.
        seed: of the split.
        copy_pictures: copy them into the folder, instead of naming them where they are.
        skeletons: ids; all when empty.
    """

    folder: Path
    frames: FrameChoice = FrameChoice.DECIDED
    states: frozenset[Visibility] = frozenset({Visibility.VISIBLE, Visibility.OCCLUDED})
    train_share: float | None = None
    seed: int = 7
    copy_pictures: bool = False
    skeletons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What the second reader found.

    Attributes:
        compared: keypoints read back.
        equal: of them, those equal to the stored rows.
        differences: the first ones, as sentences.
        checked: what else was compared: "4 pictures, 14 boxes, 19 edges".
    """

    compared: int
    equal: int
    differences: tuple[str, ...] = ()
    checked: str = ""

    @property
    def holds(self) -> bool:
        return self.compared == self.equal and not self.differences

    @property
    def sentence(self) -> str:
        found = f"{self.equal:,} of {self.compared:,} keypoints equal"
        return found if self.holds else f"{found}; {len(self.differences)} differences are listed in the report"


@dataclass(frozen=True, slots=True)
class Renumbered:
    """An id of an import that an export could not keep.

    Attributes:
        kind: "image" or "annotation".
        picture: its name in the export.
        imported, written: the ids.
    """

    kind: str
    picture: str
    imported: int
    written: int


@dataclass(frozen=True, slots=True)
class Exporter:
    """Writes one format.

    Attributes:
        summary: what the files are, in two words.
        loses: what the format cannot say, for people.
        write: the label files into a folder; returns them.
        prove: reads them back with code of its own and compares with the stored rows; None where that is not built.
        renumbered: tells which imported ids are others in the files; None for a format without ids.
    """

    name: str
    title: str
    summary: str
    loses: str
    write: Callable[[Project, ExportOptions, Job], list[Path]]
    prove: Callable[[Project, ExportOptions, list[Path]], Proof] | None = field(default=None)
    renumbered: Callable[[Project, ExportOptions], list[Renumbered]] | None = field(default=None)


importers: Registry[Importer] = Registry("import format")
exporters: Registry[Exporter] = Registry("export format")

Read = Callable[[Path, ImportOptions, Job], ImportPlan]
Write = Callable[[Project, ExportOptions, Job], list[Path]]
Prove = Callable[[Project, ExportOptions, list[Path]], Proof]
Renumber = Callable[[Project, ExportOptions], list[Renumbered]]


def importer(
    name: str, *, title: str, suffixes: tuple[str, ...], sniff: Callable[[Path], bool]
) -> Callable[[Read], Read]:
    """Register a function that reads a format."""

    def register(read: Read) -> Read:
        importers.register(name, Importer(name, title, suffixes, sniff, read))
        return read

    return register


def exporter(
    name: str,
    *,
    title: str,
    loses: str,
    summary: str = "",
    prove: Prove | None = None,
    renumbered: Renumber | None = None,
) -> Callable[[Write], Write]:
    """Register a function that writes a format."""

    def register(write: Write) -> Write:
        exporters.register(name, Exporter(name, title, summary, loses, write, prove, renumbered))
        return write

    return register


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector: millions of small objects without a cycle would be walked again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
