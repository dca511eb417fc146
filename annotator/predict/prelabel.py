"""Prelabeling: a predictor's proposals for one picture or for many, as predictions of a project's skeleton."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from annotator.errors import MediaError, PredictorError
from annotator.jobs import Job
from annotator.model.frame import FrameKey
from annotator.model.ids import new_id as fresh_id
from annotator.model.instance import Box, Prediction
from annotator.model.skeleton import Skeleton
from annotator.predict.contract import Picture, Predictor, coverage, map_to_skeleton
from annotator.store.media import read_picture

Work = tuple[FrameKey, Path, Box | None]
"""A frame, its picture, and the box of the one subject to look at, or None for all subjects."""


def propose(
    predictor: Predictor,
    skeleton: Skeleton,
    picture: Picture,
    box: Box | None = None,
    *,
    run: int,
    job: Job | None = None,
    new_id: Callable[[], int] = fresh_id,
) -> list[Prediction]:
    """Return what a predictor sees in one picture, best first.

    A keypoint outside the picture is not proposed: it could not be labeled there.

    Args:
        picture: (H, W, 3) uint8 RGB, upright.
        box: of the one subject to look at; all subjects by default.
        run: id of the model run.

    Raises:
        PredictorError: the model cannot run here, or knows none of the skeleton's keypoints.
        JobCancelled: `job` was cancelled.
    """
    _require_coverage(predictor, skeleton)
    size = np.array((picture.shape[1], picture.shape[0]), float)
    predictions = []
    for proposal in predictor.predict(picture, box, job):
        points, scores = map_to_skeleton(proposal, predictor.card.keypoints.names, skeleton)
        inside = ((points >= 0) & (points <= size)).all(axis=1)  # false for NaN
        points[~inside], scores[~inside] = np.nan, 0
        if inside.any():
            predictions.append(Prediction(new_id(), skeleton.id, points, scores, proposal.box, proposal.score, run))
    return predictions


def prelabel(
    predictor: Predictor,
    skeleton: Skeleton,
    pictures: Sequence[Work],
    job: Job,
    *,
    run: int,
    new_id: Callable[[], int] = fresh_id,
) -> Iterator[tuple[FrameKey, list[Prediction] | MediaError]]:
    """Yield for each picture its predictions, or why it cannot be read; a damaged picture stops nothing.

    The next picture is read while the model looks at the one before. A caller that keeps what was yielded loses
    nothing when the job is cancelled.

    Raises:
        PredictorError: the model cannot run here, or knows none of the skeleton's keypoints.
        JobCancelled: from the iterator, between two calls of the model.
    """
    _require_coverage(predictor, skeleton)
    return _prelabeled(predictor, skeleton, pictures, job, run, new_id)


def _prelabeled(
    predictor: Predictor,
    skeleton: Skeleton,
    pictures: Sequence[Work],
    job: Job,
    run: int,
    new_id: Callable[[], int],
) -> Iterator[tuple[FrameKey, list[Prediction] | MediaError]]:
    total = len(pictures)
    with ThreadPoolExecutor(1, "read picture") as reader:
        ahead: Future[Picture] | None = None
        for done, (frame, path, box) in enumerate(pictures):
            job.check()
            job.report(done, total, path.name)
            coming = ahead or reader.submit(read_picture, path)
            ahead = reader.submit(read_picture, pictures[done + 1][1]) if done + 1 < total else None
            try:
                picture = coming.result()
            except MediaError as error:
                yield frame, error
                continue
            yield frame, propose(predictor, skeleton, picture, box, run=run, job=job, new_id=new_id)
    job.report(total, total)


def _require_coverage(predictor: Predictor, skeleton: Skeleton) -> None:
    card = predictor.card
    if not coverage(card.keypoints.names, skeleton).covered:
        raise PredictorError(
            f"{card.title} places none of the keypoints of skeleton {skeleton.name!r}: "
            "choose another model, or give the keypoints the names it uses"
        )
