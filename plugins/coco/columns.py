"""What a COCO file holds, as columns: what both ways of parsing give."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from annotator.plugin import FrameColumns, Problems

Record = dict[str, msgspec.Raw]

IMAGE_FIELDS = ("file_name", "width", "height")
"""Fields of a picture that become fields of a frame; the others are kept as they are."""

ANNOTATION_FIELDS = ("image_id", "category_id", "keypoints", "num_keypoints", "bbox", "iscrowd")
CATEGORY_FIELDS = ("name", "supercategory", "keypoints", "skeleton")
FILE_FIELDS = ("images", "annotations", "categories")

IMAGE_ORDER = ("id", "license", "coco_url", "date_captured", "flickr_url")
"""Kept fields stand in this order, then those that COCO does not define, so that one record has one text."""

ANNOTATION_ORDER = ("id", "area", "segmentation")


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The sound records of a file; lists of numbers are still text.

    Attributes:
        categories: None for one that is left out.
        rest: fields of the file that are not lists of records.
        ids: (N,) int64 of the annotations.
        images: (N,) int64 positions in `frames`.
        category_ids: (N,) int64.
        keypoints, boxes: N JSON lists; None, or a blank one, where an annotation has none.
        crowd: (N,) bool.
        told: (N,) int64, num_keypoints as the file says, -1 where it does not.
        extras: N JSON object texts.
        notes: sentences about what was mended.
        positions: (N,) of the annotations in the file; None when all of them are here.
        problems: of the records that are left out; more may be added.
    """

    frames: FrameColumns
    categories: Sequence[Record | None]
    rest: Record
    ids: NDArray[np.int64]
    images: NDArray[np.int64]
    category_ids: NDArray[np.int64]
    keypoints: Sequence[msgspec.Raw | None]
    boxes: Sequence[msgspec.Raw | None]
    crowd: NDArray[np.bool_]
    told: NDArray[np.int64]
    extras: Sequence[str]
    notes: Sequence[str] = ()
    positions: Sequence[int] | None = None
    problems: Problems = field(default_factory=Problems)

    def where(self, n: int) -> str:
        """Name an annotation for a message."""
        return f"annotations[{n if self.positions is None else self.positions[n]}] (id {self.ids[n]})"


def compact(text: bytes) -> bytes:
    """Return JSON without the line breaks and indents of a file written for people; numbers stay to the letter."""
    return msgspec.json.format(text, indent=-1)


def is_blank(raw: msgspec.Raw) -> bool:
    """Return whether a list of numbers says that there is none."""
    return bytes(raw) in (b"null", b"[]")
