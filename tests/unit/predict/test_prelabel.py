import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotator.errors import JobCancelled, MediaError, PredictorError
from annotator.jobs import Job, Progress
from annotator.model.instance import Box, Prediction
from annotator.model.skeleton import skeleton_from_names
from annotator.predict.card import ModelCard, ModelFile, ModelInput, ModelKeypoints
from annotator.predict.contract import Proposal
from annotator.predict.picture import Picture
from annotator.predict.prelabel import Work, prelabel, propose

SKELETON = skeleton_from_names("spot", "spot", ["corner", "middle", "tip"])
CARD = ModelCard(
    card=1,
    name="spots",
    title="Spots",
    family="spots",
    files=(
        ModelFile(
            role="pose",
            file="none",
            sha256="0" * 64,
            input=ModelInput(name="x", layout="NHWC", dtype="uint8", color="rgb", resize="none"),
            outputs=("y",),
        ),
    ),
    keypoints=ModelKeypoints(names=("Middle", "corner")),
    licence="MIT",
)


class BrightSpot:
    """A predictor without a network: the bright rectangle of a picture, its middle and its upper left corner."""

    card = CARD

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self._before = before

    def predict(self, picture: Picture, box: Box | None = None, job: Job | None = None) -> list[Proposal]:
        if job is not None:
            job.check()
        self._before()
        ys, xs = np.nonzero(picture.pixels[:, :, 0] > 128)
        if box is None and not len(xs):
            return []
        x, y, width, height = box or (xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1)
        points = np.array([[x + width / 2, y + height / 2], [x, y]], float)
        return [Proposal(points, np.array([0.9, 0.2], np.float32), (x, y, width, height), 0.8)]


def spot(path: Path, x: int, y: int) -> Path:
    pixels = np.zeros((30, 40, 3), np.uint8)
    pixels[y : y + 4, x : x + 6] = 255
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def work(tmp_path: Path) -> list[Work]:
    return [(100 + n, spot(tmp_path / f"{n}.png", 3 * n, 2 * n), None) for n in range(5)]


def ids() -> Callable[[], int]:
    return itertools.count(1).__next__


def test_predictions_are_in_the_order_of_the_skeleton(work):
    found = dict(prelabel(BrightSpot(), SKELETON, work, Job(), run=9, new_id=ids()))

    (prediction,) = found[102]
    assert isinstance(prediction, Prediction)
    assert (prediction.skeleton_id, prediction.run, prediction.instance_id) == ("spot", 9, None)
    assert prediction.points[:2].tolist() == [[6, 4], [9, 6]]
    assert np.isnan(prediction.points[2]).all()
    assert prediction.scores.tolist() == pytest.approx([0.2, 0.9, 0])
    assert prediction.box == (6, 4, 6, 4)


def test_every_prediction_has_its_own_id(work):
    found = dict(prelabel(BrightSpot(), SKELETON, work, Job(), run=9))

    assert len({prediction.id for predictions in found.values() for prediction in predictions}) == 5


def test_frames_come_in_the_order_asked_for(work):
    found = [frame for frame, _ in prelabel(BrightSpot(), SKELETON, work[::-1], Job(), run=9)]

    assert found == [104, 103, 102, 101, 100]


def test_a_box_is_handed_to_the_model(work):
    frame, path, _ = work[0]

    ((_, predictions),) = prelabel(BrightSpot(), SKELETON, [(frame, path, (10, 10, 8, 6))], Job(), run=9)

    assert not isinstance(predictions, MediaError)
    assert predictions[0].points[1].tolist() == [14, 13]


def test_a_picture_without_a_subject_has_no_predictions(tmp_path):
    path = spot(tmp_path / "dark.png", 40, 0)

    assert list(prelabel(BrightSpot(), SKELETON, [(1, path, None)], Job(), run=9)) == [(1, [])]


def test_a_damaged_picture_is_reported_and_stops_nothing(work):
    work[1][1].write_bytes(work[1][1].read_bytes()[:60])
    work[3][1].unlink()

    found = dict(prelabel(BrightSpot(), SKELETON, work, Job(), run=9))

    assert [frame for frame, outcome in found.items() if isinstance(outcome, MediaError)] == [101, 103]
    assert "1.png is damaged" in str(found[101])
    assert "3.png does not exist" in str(found[103])
    assert len(found[104]) == 1


class DeafSpot(BrightSpot):
    """A predictor that never asks whether to stop."""

    def predict(self, picture: Picture, box: Box | None = None, job: Job | None = None) -> list[Proposal]:
        return super().predict(picture, box)


@pytest.mark.parametrize("predictor", [BrightSpot(), DeafSpot()])
def test_cancelling_keeps_what_was_finished(work, predictor):
    job = Job()
    outcomes = prelabel(predictor, SKELETON, work, job, run=9)
    kept = [next(outcomes), next(outcomes)]
    job.cancel()

    with pytest.raises(JobCancelled):
        kept += outcomes  # what was in work already

    assert [frame for frame, _ in kept] == [100, 101, 102, 103][: len(kept)]
    assert not working_threads()


def test_cancelling_reaches_a_model_at_work():
    job = Job()
    job.cancel()

    with pytest.raises(JobCancelled):
        propose(BrightSpot(), SKELETON, Picture(np.zeros((4, 4, 3), np.uint8)), run=9, job=job)


def test_a_run_that_is_given_up_leaves_no_thread(work):
    outcomes = prelabel(BrightSpot(), SKELETON, work, Job(), run=9)
    next(outcomes)

    outcomes.close()  # type: ignore[attr-defined]  # a generator

    assert not working_threads()


def working_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("prelabel")]


def test_progress_names_the_picture_and_estimates_the_time_left(work):
    reports: list[Progress] = []
    job = Job(on_progress=reports.append)

    list(prelabel(BrightSpot(lambda: time.sleep(0.06)), SKELETON, work, job, run=9))

    assert reports[0].note == "0.png"
    assert [report.done for report in reports] == sorted({report.done for report in reports})
    assert reports[-1].fraction == 1
    assert all(report.seconds_left is not None and report.seconds_left > 0 for report in reports[1:-1])


def test_two_pictures_are_in_work_at_once_and_no_more(work):
    meeting = threading.Barrier(2, timeout=10)  # broken, and so an error, where a picture waits alone
    in_work: set[int] = set()
    most = 0

    def meet() -> None:
        nonlocal most
        in_work.add(threading.get_ident())
        meeting.wait()
        time.sleep(0.02)  # so that a third would be seen
        most = max(most, len(in_work))
        in_work.remove(threading.get_ident())

    found = dict(prelabel(BrightSpot(meet), SKELETON, work[:4], Job(), run=9))

    assert list(found) == [100, 101, 102, 103]
    assert most == 2


def test_a_picture_that_takes_long_keeps_its_place(work):
    first = threading.Event()

    def wait_for_the_second(picture: Picture) -> None:
        if picture.pixels[0, 0, 0] > 128:  # the spot of the first one lies in the corner
            assert first.wait(10)
        else:
            first.set()

    class SlowFirst(BrightSpot):
        def predict(self, picture: Picture, box: Box | None = None, job: Job | None = None) -> list[Proposal]:
            wait_for_the_second(picture)
            return super().predict(picture, box, job)

    assert [frame for frame, _ in prelabel(SlowFirst(), SKELETON, work, Job(), run=9)] == [100, 101, 102, 103, 104]


def test_a_skeleton_that_the_model_does_not_know_is_refused_before_anything_is_read():
    mouse = skeleton_from_names("mouse", "mouse", ["snout", "tail_base"])

    with pytest.raises(PredictorError, match="Spots places none of the keypoints of skeleton 'mouse'"):
        prelabel(BrightSpot(), mouse, [(1, Path("nowhere.png"), None)], Job(), run=9)


def test_a_keypoint_outside_the_picture_is_not_proposed():
    picture = Picture(np.zeros((30, 40, 3), np.uint8))

    (prediction,) = propose(BrightSpot(), SKELETON, picture, (-10, 5, 30, 10), run=9)

    assert prediction.placed.tolist() == [False, True, False]
    assert prediction.scores.tolist() == pytest.approx([0, 0.9, 0])


def test_a_subject_wholly_outside_the_picture_is_no_prediction():
    assert propose(BrightSpot(), SKELETON, Picture(np.zeros((30, 40, 3), np.uint8)), (50, 50, 9, 9), run=9) == []
