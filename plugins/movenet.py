"""MoveNet: finds people in pictures and places the 17 keypoints of COCO on each.

Two networks work together. MultiPose looks at the whole picture at several sizes, since each finds people of
another size; poses that describe the same person are merged. Thunder then looks at each person alone, which is more
exact, but may slip to a neighbour: its pose counts only where it resembles MultiPose's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.plugin import (
    Box,
    Job,
    ModelCard,
    Picture,
    Pixels,
    Points,
    Proposal,
    Scores,
    keypoint_similarity,
    network,
    predictor,
)

if TYPE_CHECKING:
    from PIL import Image

# Source: COCO keypoint evaluation.
SIGMAS = np.array((26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89)) / 1000

SURE = 0.2  # MoveNet's scores are low; from here on a keypoint tells where the body is
BODY_SHARE = 0.8  # of the box around the sure keypoints: about the area of a body, as OKS wants it
SAME_PERSON = 0.25  # OKS above which Thunder looked at the person that MultiPose had found
ALIKE = 0.6  # OKS with an accepted pose above which Thunder has slipped to a neighbour
DOUBLE = 0.7  # the same for MultiPose's own pose: one person found twice
LARGEST_BLOCK = 256  # pixels whose sum fits 16 bits


@dataclass(frozen=True, slots=True, eq=False)
class _Pose:
    """One person. Boxes here are (x0, y0, x1, y1) in image pixels."""

    points: Points
    scores: Scores
    corners: NDArray[np.float64]
    score: float

    @property
    def extent(self) -> NDArray[np.float64]:
        """The box around the sure keypoints, the network's box where there are none."""
        sure = self.points[self.scores > SURE]
        return np.concatenate((sure.min(axis=0), sure.max(axis=0))) if len(sure) > 1 else self.corners

    def likeness(self, other: "_Pose") -> float:
        """Return the OKS of another pose, measured by this one's size."""
        x0, y0, x1, y1 = self.extent
        area = BODY_SHARE * max((x1 - x0) * (y1 - y0), 1.0)
        return float(keypoint_similarity(self.points, other.points, SIGMAS, area).mean())


@predictor("movenet")
class MoveNet:
    """The two networks as one predictor."""

    def __init__(self, card: ModelCard, folder: Path) -> None:
        self.card = card
        self._folder = folder
        self._people = card.file("people")
        self._person = card.file("person")

    def predict(self, picture: Picture, box: Box | None = None, job: Job | None = None) -> list[Proposal]:
        """Return the people in a picture, best first; with a box, the one person in it."""
        if box is not None:
            x, y, width, height = box
            drawn = np.array((x, y, x + width, y + height))
            pose = self._look_closely(picture, drawn, job)
            return [_proposal(replace(pose, score=float(pose.scores.mean())), drawn)]
        found = []
        for small in _resized(picture, self._people.input.longest_sides):
            found += self._find(small, np.array(picture.size, float), job)
        return self._refine(picture, _merged(found, self.card.thresholds.nms_oks), job)

    def _find(self, small: Pixels, size: NDArray[np.float64], job: Job | None) -> list[_Pose]:
        """Return everything MultiPose takes for a person in a picture that measured `size` before it was shrunk."""
        height, width = small.shape[:2]
        step = self._people.input.multiple_of
        padded = np.zeros((1, -(-height // step) * step, -(-width // step) * step, 3), np.int32)
        padded[0, :height, :width] = small
        inputs = {self._people.input.name: padded}
        (rows,) = network(self._folder, self._people).run(self._people.outputs, inputs, job)
        scale = np.array(padded.shape[2:0:-1]) * (size / (width, height))
        found = []
        for row in rows.reshape(-1, 56).astype(np.float64):
            if row[55] > self.card.thresholds.instance:
                yxs = row[:51].reshape(17, 3)
                corners = np.concatenate((row[[52, 51]] * scale, row[[54, 53]] * scale))
                found.append(_Pose(yxs[:, 1::-1] * scale, yxs[:, 2].astype(np.float32), corners, float(row[55])))
        return found

    def _look_closely(self, picture: Picture, corners: NDArray[np.float64], job: Job | None) -> _Pose:
        """Return Thunder's pose of the person in a box, in image pixels."""
        side = self._person.input.box_padding * max(corners[2] - corners[0], corners[3] - corners[1], 1.0)
        size = (self._person.input.size_wh or (256, 256))[0]
        crop, origin, step = _cropped(picture, (corners[:2] + corners[2:]) / 2, side, size)
        inputs = {self._person.input.name: np.rint(crop[None]).astype(np.int32)}
        (output,) = network(self._folder, self._person).run(self._person.outputs, inputs, job)
        yxs = output.reshape(17, 3).astype(np.float64)
        return _Pose(origin + yxs[:, 1::-1] * size * step, yxs[:, 2].astype(np.float32), corners, 0.0)

    def _refine(self, picture: Picture, poses: Sequence[_Pose], job: Job | None) -> list[Proposal]:
        """Look at each person alone, and keep what is sure to be another one than those before."""
        accepted: list[_Pose] = []
        proposals = []
        for pose in poses:
            corners = _whole_person(pose, picture.size)
            chosen = _chosen(pose, self._look_closely(picture, corners, job), accepted)
            if chosen is None:
                continue
            accepted.append(chosen)
            proposals.append(_proposal(chosen, corners))
        return proposals


def _resized(picture: Picture, longest_sides: Sequence[int]) -> Iterator[Pixels]:
    """Yield the picture with its longer side at each length, the shape kept to the nearest pixel."""
    from PIL import Image

    width, height = picture.size
    longest = max(width, height)
    # Averaging whole blocks is cheap. Done once, to well above the largest length, it serves all lengths.
    step = longest / (1.5 * max(longest_sides))
    pixels, factor = picture.reduced(step)
    block = _block(step / factor)
    averages = _averaged(pixels, block)
    box = (0, 0, width / (factor * block), height / (factor * block))
    for wanted in longest_sides:
        size = (max(1, round(width * wanted / longest)), max(1, round(height * wanted / longest)))
        # Of Pillow's filters, HAMMING is the nearest to the plain averaging that the networks are used with.
        filter_ = Image.Resampling.BILINEAR if wanted >= longest else Image.Resampling.HAMMING
        yield np.asarray(averages.resize(size, filter_, box))


def _cropped(
    picture: Picture, centre: NDArray[np.float64], side: float, size: int
) -> tuple[NDArray[np.float32], NDArray[np.float64], float]:
    """Return a square of the picture as (size, size, 3), black outside the picture.

    Returns:
        The crop, the image position of its first pixel, and the image pixels per pixel of it.
    """
    step = side / size
    origin = centre - side / 2
    pixels, factor = picture.reduced(step)
    block = _block(step / factor)
    # A pixel that averages a square of pixels stands in the middle of it.
    first, last = ((edge - (factor - 1) / 2) / factor for edge in (origin, origin + side))
    low = np.maximum(np.floor(first).astype(int) - block, 0)
    high = np.minimum(np.ceil(last).astype(int) + block, pixels.shape[1::-1])
    if (high <= low).any():
        return np.zeros((size, size, 3), np.float32), origin, step
    averages = np.asarray(_averaged(pixels[low[1] : high[1], low[0] : high[0]], block), np.float32)
    start = first - low - (block - 1) / 2
    along_x, along_y = ((start[axis] + step / factor * np.arange(size)) / block for axis in (0, 1))
    rows = _interpolated(averages, along_y)
    return _interpolated(rows.swapaxes(0, 1), along_x).swapaxes(0, 1), origin, step


def _block(step: float) -> int:
    """Return the side of the blocks to average where one pixel in every `step` is needed."""
    return min(max(1, int(step)), LARGEST_BLOCK)


def _averaged(pixels: Pixels, factor: int) -> "Image.Image":
    """Return the averages of the blocks of `factor` x `factor` pixels; blocks at the far edges may be smaller.

    Rows first, a few at a time: they stay in the processor's cache, and Pillow gets that much less to copy.
    """
    from PIL import Image

    if factor == 1:
        return Image.fromarray(pixels)
    starts = range(0, len(pixels), factor)
    rows = np.empty((len(starts), *pixels.shape[1:]), np.uint8)
    for n, start in enumerate(starts):
        block = pixels[start : start + factor]
        rows[n] = (block.sum(axis=0, dtype=np.uint16) + len(block) // 2) // len(block)
    return Image.fromarray(rows).reduce((factor, 1))


def _interpolated(pixels: NDArray[np.float32], positions: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the rows at fractional positions, linearly between whole ones; black outside."""
    below = np.floor(positions).astype(int)
    share = (positions - below).astype(np.float32)[:, None, None]
    black = np.zeros_like(pixels[:1])
    framed = np.concatenate((black, pixels, black))
    last = len(framed) - 1
    mixed: NDArray[np.float32] = (
        framed[np.clip(below + 1, 0, last)] * (1 - share) + framed[np.clip(below + 2, 0, last)] * share
    )
    return mixed


def _merged(found: Sequence[_Pose], threshold: float) -> list[_Pose]:
    """Return the best pose of each person, best first."""
    kept: list[_Pose] = []
    for pose in sorted(found, key=lambda pose: -pose.score):
        if not _is_among(pose, kept, threshold):
            kept.append(pose)
    return kept


def _chosen(pose: _Pose, closer: _Pose, accepted: Sequence[_Pose]) -> _Pose | None:
    """Return the better of two poses of one person, or None when neither is sure to be a person not yet accepted.

    Args:
        pose: by MultiPose.
        closer: by Thunder, in the same box.
        accepted: of the people before.
    """
    chosen = pose
    if pose.likeness(closer) > SAME_PERSON:
        closer = replace(closer, score=pose.score)
        chosen = pose if _is_among(closer, accepted, ALIKE) else closer
    return None if _is_among(chosen, accepted, DOUBLE) else chosen


def _is_among(pose: _Pose, others: Sequence[_Pose], threshold: float) -> bool:
    return any(other.likeness(pose) > threshold for other in others)


def _whole_person(pose: _Pose, size: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the box of the network and that of the sure keypoints in one, inside the picture."""
    extent = pose.extent
    corners = np.concatenate((np.minimum(pose.corners[:2], extent[:2]), np.maximum(pose.corners[2:], extent[2:])))
    clipped: NDArray[np.float64] = np.clip(corners, 0, np.tile(size, 2))
    return clipped


def _proposal(pose: _Pose, corners: NDArray[np.float64]) -> Proposal:
    x0, y0, x1, y1 = corners.tolist()
    return Proposal(pose.points, pose.scores, (x0, y0, x1 - x0, y1 - y0), pose.score)
