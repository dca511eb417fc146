"""What an export contains: the chosen frames with stable numbers, and their instances as columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from annotator.formats.contract import ExportOptions, FrameChoice
from annotator.model.frame import FrameKey
from annotator.model.instance import Visibility
from annotator.store.batch import InstanceBatch
from annotator.store.project import Project

_CHOICE_SQL = {
    FrameChoice.ALL: "",
    FrameChoice.DONE: " AND f.state IN ('done', 'accepted')",
    FrameChoice.DECIDED: " AND (f.state IN ('done', 'accepted') OR f.decided > 0)",
}


class ExportedFrame(NamedTuple):
    """A frame of an export.

    Attributes:
        key: of the project's frame.
        number: counts the project's frames in order of creation, from 1, removed ones included: it never changes.
        subset: "train", "val", or "" without a split.
        name: of the picture in the export, with "/": its path, after its root's name where the frames have several.
        root: name of the folder that `path` is relative to.
        width, height: of the upright picture; 0 while nobody knows them.
        orientation: EXIF, 1 to 8.
        extra: JSON object text of imported fields, or "".
    """

    key: FrameKey
    number: int
    subset: str
    name: str
    root: str
    path: str
    width: int
    height: int
    orientation: int
    extra: str


@dataclass(frozen=True, slots=True, eq=False)
class ExportedFrames(Sequence[ExportedFrame]):
    """The frames of an export as columns, in the project's order; see `ExportedFrame`."""

    keys: Sequence[FrameKey]
    numbers: Sequence[int]
    subsets: Sequence[str]
    names: Sequence[str]
    roots: Sequence[str]
    paths: Sequence[str]
    widths: Sequence[int]
    heights: Sequence[int]
    orientations: Sequence[int]
    extras: Sequence[str]

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, index: int) -> ExportedFrame: ...

    @overload
    def __getitem__(self, index: slice) -> "ExportedFrames": ...

    def __getitem__(self, index: int | slice) -> "ExportedFrame | ExportedFrames":
        if isinstance(index, slice):
            return ExportedFrames(*(column[index] for column in self._columns()))
        return ExportedFrame._make(column[index] for column in self._columns())

    def __iter__(self) -> Iterator[ExportedFrame]:
        return map(ExportedFrame._make, zip(*self._columns(), strict=True))

    def of(self, subset: str) -> "ExportedFrames":
        """Return the frames of one subset."""
        rows = [n for n, name in enumerate(self.subsets) if name == subset]
        if len(rows) == len(self):
            return self
        return ExportedFrames(*([column[n] for n in rows] for column in self._columns()))

    def _columns(self) -> tuple[Sequence[Any], ...]:
        return (
            self.keys,
            self.numbers,
            self.subsets,
            self.names,
            self.roots,
            self.paths,
            self.widths,
            self.heights,
            self.orientations,
            self.extras,
        )


def choice_sql(options: ExportOptions) -> str:
    """Return the SQL condition over `f` (frame) for the chosen frames, beginning with AND."""
    return _CHOICE_SQL[options.frames]


def exported_frames(project: Project, options: ExportOptions) -> ExportedFrames:
    """Return the frames of an export, in the project's order."""
    rows = project.reader.rows(
        "SELECT f.id, m.root, m.path, f.width, f.height, f.orientation, f.extra FROM frame f "
        f"JOIN media m ON m.id = f.media WHERE +f.deleted = 0{choice_sql(options)} ORDER BY f.id"
    )
    keys, roots, paths, widths, heights, orientations, extras = zip(*rows, strict=True) if rows else ((),) * 7
    known = dict(project.reader.rows("SELECT id, name FROM root"))
    has_several = len(set(roots)) > 1
    return ExportedFrames(
        keys,
        _numbers(project, keys),
        split(np.array(keys, np.int64), options),
        [f"{known[root]}/{path}" for root, path in zip(roots, paths, strict=True)] if has_several else paths,
        [known[root] for root in roots],
        paths,
        widths,
        heights,
        orientations,
        extras,
    )


def _numbers(project: Project, keys: Sequence[FrameKey]) -> Sequence[int]:
    """Return each frame's place among all that were ever made."""
    if project.reader.rows("SELECT count(*) FROM frame")[0][0] == len(keys):
        return range(1, len(keys) + 1)
    created = [key for (key,) in project.reader.rows("SELECT id FROM frame ORDER BY id")]
    places: list[int] = (np.searchsorted(np.array(created), np.array(keys)) + 1).tolist()
    return places


def split(keys: NDArray[np.int64], options: ExportOptions) -> list[str]:
    """Divide frames into train and val; the same seed gives the same split, and a new frame moves no other.

    From two frames on neither part is empty: the frame nearest to the border changes sides.
    """
    share = options.train_share
    if share is None:
        return [""] * len(keys)
    places = _places(keys, options.seed)
    is_train = places < share
    if len(keys) > 1 and is_train.all():
        is_train[np.argmax(places)] = False
    elif len(keys) > 1 and not is_train.any():
        is_train[np.argmin(places)] = True
    return ["train" if is_so else "val" for is_so in is_train.tolist()]


def _places(keys: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Return an even but arbitrary number from 0 to 1 for each frame: its key, well mixed.

    Source: Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014), SplitMix64.
    """
    mixed = keys.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)) / 2.0**53


def exported_pages(
    project: Project, options: ExportOptions, *, details: bool = True
) -> Iterator[tuple[InstanceBatch, ...]]:
    """Yield the instances of an export, frame after frame, in pages of one batch to a skeleton.

    Args:
        details: read runs, tracks, attributes and notes as well.
    """
    for page in project.reader.pages(choice_sql(options), details=details):
        if chosen := tuple(b for b in page if not options.skeletons or b.skeleton_id in options.skeletons):
            yield chosen


def exported_batches(project: Project, options: ExportOptions) -> Iterator[InstanceBatch]:
    """Yield the batches of all `exported_pages`."""
    for page in exported_pages(project, options):
        yield from page


def exported_keypoints(batch: InstanceBatch, options: ExportOptions) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return (N, K, 2) points and (N, K) of COCO's v: 0, 0, 0 wherever a keypoint is not exported."""
    shown = np.zeros(batch.visibility.shape, bool)
    for state in options.states:
        if state in (Visibility.OCCLUDED, Visibility.VISIBLE):
            shown |= batch.visibility == state
    points = np.where(shown[..., None], batch.points, 0.0)
    return points, np.where(shown, batch.visibility, 0).astype(np.uint8)
