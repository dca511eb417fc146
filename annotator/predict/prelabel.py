"""Prelabeling: a predictor's proposals for one picture or for many, as predictions of a project's skeleton."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np

from annotator.errors import MediaError, PredictorError
from annotator.jobs import Job
from annotator.model.frame import FrameKey
from annotator.model.ids import new_id as fresh_id
from annotator.model.instance import Box, Prediction
from annotator.model.skeleton import Skeleton
from annotator.predict.contract import Predictor, coverage, map_to_skeleton
from annotator.predict.picture import Picture

Work = tuple[FrameKey, Path, Box | None]
"""A frame, its picture, and the box of the one subject to look at, or None for all subjects."""

AT_ONCE = 2
"""Pictures in work. More would cost memory, and gain nothing while the network is never idle."""


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
        picture: its size and pixels.
        box: of the one subject to look at; all subjects by default.
        run: id of the model run.

    Raises:
        MediaError: the picture cannot be read.
        PredictorError: the model cannot run here, or knows none of the skeleton's keypoints.
        JobCancelled: `job` was cancelled.
    """
    _require_coverage(predictor, skeleton)
    predictions = []
    for proposal in predictor.predict(picture, box, job):
        points, scores = map_to_skeleton(proposal, predictor.card.keypoints.names, skeleton)
        inside = ((points >= 0) & (points <= picture.size)).all(axis=1)  # false for NaN
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

    Two pictures are in work: while the network looks at one, the other is read, shrunk, cropped or merged. A caller
    that keeps what was yielded loses nothing when the job is cancelled: what is finished then, up to the first that
    is not, is still yielded.

    Args:
        run: id of the model run.
        new_id: called from two threads.

    Raises:
        PredictorError: the model cannot run here, or knows none of the skeleton's keypoints.
        JobCancelled: from the iterator, in the middle of a look.
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
    def look(work: Work) -> list[Prediction] | MediaError:
        _, path, box = work
        job.check()
        try:
            return propose(predictor, skeleton, Picture(path), box, run=run, job=job, new_id=new_id)
        except MediaError as error:
            return error

    total = len(pictures)
    waiting = iter(pictures)
    in_work: deque[tuple[Work, Future[list[Prediction] | MediaError]]] = deque()
    with ThreadPoolExecutor(AT_ONCE, "prelabel") as workers:
        for done in range(total):
            for work in islice(waiting, AT_ONCE - len(in_work)):
                in_work.append((work, workers.submit(look, work)))
            (frame, path, _), coming = in_work.popleft()
            job.report(done, total, path.name)
            yield frame, coming.result()
    job.report(total, total)


def _require_coverage(predictor: Predictor, skeleton: Skeleton) -> None:
    card = predictor.card
    if not coverage(card.keypoints.names, skeleton).covered:
        raise PredictorError(
            f"{card.title} places none of the keypoints of skeleton {skeleton.name!r}: "
            "choose another model, or give the keypoints the names it uses"
        )
