"""The contract of file formats: what an importer reads, what an exporter writes, and the registries of both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from annotator.errors import FormatError
from annotator.formats.turn import Turn
from annotator.jobs import Job
from annotator.model.instance import Visibility
from annotator.model.skeleton import Skeleton
from annotator.registry import Registry
from annotator.store.batch import InstanceBatch

if TYPE_CHECKING:
    from annotator.formats.selection import Selection

ANY_CATEGORY = ""
"""Stands for every category of a file in `ImportOptions.skeletons`."""

_HEAD_BYTES = 4096


class Coordinates(StrEnum):
    """Which picture the coordinates of a file mean, where EXIF turns the picture."""

    DISPLAYED = "displayed"
    STORED = "stored"


class NeedsSkeletonError(FormatError):
    """The file does not name the keypoints of its instances, so a person must say which skeleton they are of.

    Attributes:
        count: keypoints that an instance has.
    """

    def __init__(self, sentence: str, count: int) -> None:
        super().__init__(sentence)
        self.count = count


class NeedsCoordinatesError(FormatError):
    """The coordinates could be those of the displayed or of the stored picture: a person must say which."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person decides about an import.

    Attributes:
        images: folder in which the pictures are looked for; None looks beside the file.
        skeletons: by category name, or under `ANY_CATEGORY`: the skeleton to use.
        names: keypoint name in the file to keypoint name in the skeleton; "" leaves the keypoint out.
        coordinates: None asks where it matters.
        check_pictures: compare the sizes in the file with the pictures'; None does so for a few hundred pictures.
    """

    images: Path | None = None
    skeletons: Mapping[str, Skeleton] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    coordinates: Coordinates | None = None
    check_pictures: bool | None = None


@dataclass(frozen=True, slots=True)
class FoundSkeleton:
    """A class of subject as a file defines it.

    Attributes:
        name: of the category.
        count: keypoints to an instance, K.
        names: of the keypoints; empty when the file names none.
        edges: 0-based positions on the K axis.
        extra: JSON object text, the format's own facts about the category, or "".
    """

    name: str
    count: int
    names: tuple[str, ...] = ()
    edges: tuple[tuple[int, int], ...] = ()
    supercategory: str = ""
    extra: str = ""


@dataclass(frozen=True, slots=True)
class FoundFrames:
    """The pictures that a file speaks of, as columns.

    Attributes:
        paths: as the file names them, relative, with "/".
        widths, heights: as the file tells; 0 where it does not.
        extras: JSON object text for each, or "".
    """

    paths: Sequence[str]
    widths: Sequence[int]
    heights: Sequence[int]
    extras: Sequence[str]

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True, slots=True, eq=False)
class ImportPlan:
    """A file, read and validated whole; nothing of it is in a project yet.

    Attributes:
        path: of the file.
        format: name of the importer.
        skeletons: the classes of subject that have instances, or all where none has.
        instances: batches; `skeleton_id` is the position in `skeletons` as text, `frames` are positions in
            `frames`, `ids` are not used. The K axis is the file's.
        exports: JSON object text, file-level fields that an export writes back, or "".
        skipped: reason to how many records are left out.
        repaired: what was mended to how many times.
        warnings: sentences about what was taken as it is, though it looks wrong.
        turn_extra: turns coordinates inside an instance's `extra`, where the format keeps some there.
    """

    path: Path
    format: str
    skeletons: tuple[FoundSkeleton, ...]
    frames: FoundFrames
    instances: tuple[InstanceBatch, ...]
    exports: str = ""
    skipped: Mapping[str, int] = field(default_factory=dict)
    repaired: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    turn_extra: Callable[[str, Turn], str] | None = None


class ProblemKind(StrEnum):
    """What only a person can answer."""

    SKELETON = "skeleton"
    NAMES = "names"
    COORDINATES = "coordinates"


@dataclass(frozen=True, slots=True)
class Problem:
    """A question that stands in the way of an import.

    Attributes:
        sentence: what is not known, and the option that answers it.
        category: of the file, where it is about one.
        names: keypoint names of the file that found no place, where it is about them.
    """

    kind: ProblemKind
    sentence: str
    category: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Importer:
    """A format that can be read.

    Attributes:
        sniff: whether a file is of this format, given its path and first bytes.
        read: reads and validates a whole file; raises `FormatError` with file, record, rule and remedy.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Path, bytes], bool]
    read: Callable[[Path, ImportOptions, Job], ImportPlan]


class ExportFrames(StrEnum):
    """Which frames an export holds."""

    DECIDED = "decided"
    DONE = "done"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Split:
    """A random division of the frames into two files.

    Attributes:
        val: share of the frames that goes into the second file, above 0 and below 1.
        seed: the same seed divides the same frames alike.
    """

    val: float = 0.2
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What a person decides about an export.

    Attributes:
        target: a folder, or a file name with the format's ending.
        frames: DECIDED takes frames that are done or have a decided keypoint; skipped ones stay out.
        states: visibilities that are written with their position; the others become unlabeled.
        skeletons: ids; empty for all.
        copy_pictures: into a folder beside the labels.
        upright: copies of pictures that EXIF turns are turned, so that every loader agrees.
        replace: files of an earlier export may be replaced.
    """

    target: Path
    frames: ExportFrames = ExportFrames.DECIDED
    states: frozenset[Visibility] = frozenset((Visibility.OCCLUDED, Visibility.VISIBLE))
    split: Split | None = None
    skeletons: tuple[str, ...] = ()
    copy_pictures: bool = False
    upright: bool = False
    replace: bool = False


@dataclass(frozen=True, slots=True)
class WriteNotes:
    """What an exporter has to tell about a file that it wrote.

    Attributes:
        warnings: sentences.
        renumbered: (frame path, id in its source, id in the file) of records whose own id was taken.
    """

    warnings: tuple[str, ...] = ()
    renumbered: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What a second reader found in a file that was written.

    Attributes:
        equal, keypoints: how many keypoints are equal, of how many.
        differences: the first ones, each a sentence.
    """

    equal: int
    keypoints: int
    differences: tuple[str, ...] = ()

    @property
    def is_proved(self) -> bool:
        return not self.differences and self.equal == self.keypoints

    @property
    def sentence(self) -> str:
        return f"{self.equal:,} of {self.keypoints:,} keypoints equal"


@dataclass(frozen=True, slots=True)
class Exporter:
    """A format that can be written.

    Attributes:
        suffix: of its file: ".json".
        loses: what a project knows and the format cannot say, each a short noun phrase.
        write: writes one file, given what goes into it.
        prove: reads it back with code that `write` does not use; None where there is no proof.
    """

    name: str
    title: str
    suffix: str
    loses: tuple[str, ...]
    write: Callable[["Selection", Path, Job], WriteNotes | None]
    prove: Callable[["Selection", Path, Job], Proof] | None = None


importers: Registry[Importer] = Registry("importer")
exporters: Registry[Exporter] = Registry("exporter")

Read = TypeVar("Read", bound=Callable[[Path, ImportOptions, Job], ImportPlan])
Write = TypeVar("Write", bound=Callable[["Selection", Path, Job], WriteNotes | None])


def importer(
    name: str, *, title: str, suffixes: Sequence[str], sniff: Callable[[Path, bytes], bool] | None = None
) -> Callable[[Read], Read]:
    """Register a function that reads a file into an `ImportPlan`.

    Args:
        name: for the command line.
        title: for people.
        suffixes: of the files, each with its dot.
        sniff: recognises a file by its first bytes; without it the suffix decides.
    """

    def register(read: Read) -> Read:
        importers.register(name, Importer(name, title, tuple(suffixes), sniff or (lambda _path, _head: True), read))
        return read

    return register


def exporter(
    name: str,
    *,
    title: str,
    suffix: str,
    loses: Sequence[str] | str = (),
    prove: Callable[["Selection", Path, Job], Proof] | None = None,
) -> Callable[[Write], Write]:
    """Register a function that writes a `Selection` to a file.

    Args:
        name: for the command line.
        title: for people.
        suffix: of the file, with its dot.
        loses: what the format cannot say; a text is split at its commas.
        prove: reads the file back and compares it with the project.
    """
    losses = tuple(part.strip() for part in loses.split(",")) if isinstance(loses, str) else tuple(loses)

    def register(write: Write) -> Write:
        exporters.register(name, Exporter(name, title, suffix, losses, write, prove))
        return write

    return register


def find_importer(path: Path) -> Importer:
    """Return the importer that recognises a file.

    Raises:
        FormatError: the file cannot be read, or no importer knows it.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error
    fitting = [one for one in importers.values() if path.suffix.lower() in one.suffixes]
    for one in fitting:
        if one.sniff(path, head):
            return one
    known = ", ".join(one.title for one in importers.values()) or "none"
    raise FormatError(f"{path.name} is of no format that can be imported; known: {known}")
