"""The derived counters of frames: counted from the rows, so that they cannot drift from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from annotator.model.frame import FrameContent, FrameKey
from annotator.store.sqlite import Connection

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FrameTotals:
    """The derived counters of a frame row."""

    instances: int
    decided: int
    keypoints: int
    predictions: int


def totals_of(content: FrameContent) -> FrameTotals:
    """Count what a frame in memory holds."""
    return FrameTotals(
        len(content.instances),
        sum(instance.decided_count for instance in content.instances),
        sum(len(instance.visibility) for instance in content.instances),
        len(content.predictions),
    )


def count_frames(connection: Connection, keys: Sequence[FrameKey]) -> dict[FrameKey, FrameTotals]:
    """Count the live instances and predictions of frames from their rows."""
    counted = {key: [0, 0, 0, 0] for key in keys}
    for page in pages(keys):
        marks = ",".join("?" * len(page))
        for frame, blob in connection.execute(
            f"SELECT frame, keypoints FROM instance WHERE deleted = 0 AND frame IN ({marks})", page
        ):
            totals = counted[frame]
            states = blob[16::17]
            totals[0] += 1
            totals[1] += len(states) - states.count(0)
            totals[2] += len(states)
        for frame, count in connection.execute(
            f"SELECT frame, count(*) FROM prediction WHERE deleted = 0 AND frame IN ({marks}) GROUP BY frame", page
        ):
            counted[frame][3] = count
    return {key: FrameTotals(*totals) for key, totals in counted.items()}


def pages(values: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Cut a list into pieces that fit into one statement's parameters."""
    return (values[start : start + size] for start in range(0, len(values), size))
