import json
import shutil
import threading

import numpy as np
import pytest
from PIL import Image

from annotator.bundle import bundled
from annotator.errors import JobCancelled, PredictorError
from annotator.jobs import Job
from annotator.model.oks import oks
from annotator.plugins import movenet
from annotator.predict.card import bundled_card_path
from annotator.predict.contract import Predictor, Proposal, open_predictor
from annotator.predict.picture import Picture
from annotator.predict.runtime import network
from annotator.store.media import Pixels

SAMPLES = bundled("resources", "samples", "people")


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return open_predictor("movenet")


@pytest.fixture(scope="module")
def lab() -> Picture:
    """One person who balances, upright, wholly in the picture."""
    return Picture(SAMPLES / "balance-lab.jpg")


@pytest.fixture(scope="module")
def lab_pose(predictor: Predictor, lab: Picture) -> Proposal:
    return predictor.predict(lab)[0]


def likeness(a: Proposal, points: np.ndarray) -> float:
    area = 0.53 * a.box[2] * a.box[3]
    return oks(a.points, np.full(17, 2), points, movenet.SIGMAS, area)


# People


def test_one_person_is_found_once(predictor, lab, lab_pose):
    assert len(predictor.predict(lab)) == 1
    assert lab_pose.points.shape == (17, 2)
    assert lab_pose.points.dtype == np.float64
    assert lab_pose.scores.dtype == np.float32
    assert (lab_pose.scores >= 0.3).sum() >= 15
    assert lab_pose.score > 0.5


def test_the_body_is_the_right_way_up_and_in_its_box(lab_pose):
    names = open_predictor("movenet").card.keypoints.names
    y = dict(zip(names, lab_pose.points[:, 1], strict=True))
    x0, y0, width, height = lab_pose.box

    assert y["nose"] < y["left_shoulder"] < y["left_hip"]
    assert (lab_pose.points >= (x0 - 0.1 * width, y0 - 0.1 * height)).all()
    assert (lab_pose.points <= (x0 + 1.1 * width, y0 + 1.1 * height)).all()


def test_several_people_are_found_best_first(predictor):
    proposals = predictor.predict(Picture(SAMPLES / "two-people-back.jpg"))

    assert len(proposals) == 2
    assert proposals[0].score >= proposals[1].score
    assert likeness(proposals[0], proposals[1].points) < 0.5


def test_a_picture_without_people_gives_nothing(predictor):
    assert predictor.predict(Picture(np.full((300, 400, 3), 90, np.uint8))) == []


def test_moving_the_picture_moves_the_pose(predictor, lab, lab_pose):
    moved = np.pad(lab.pixels, ((64, 0), (128, 0), (0, 0)))

    assert likeness(lab_pose, predictor.predict(Picture(moved))[0].points - (128, 64)) > 0.85


def test_a_larger_picture_gives_the_same_pose(predictor, lab, lab_pose):
    width, height = lab.size
    large = Image.fromarray(lab.pixels).resize((width * 3, height * 3), Image.Resampling.BICUBIC)

    assert likeness(lab_pose, predictor.predict(Picture(np.asarray(large)))[0].points / 3) > 0.9


def test_a_large_jpeg_is_read_no_finer_than_the_model_looks(predictor, lab, lab_pose, tmp_path):
    width, height = lab.size
    Image.fromarray(lab.pixels).resize((width * 4, height * 4), Image.Resampling.BICUBIC).save(tmp_path / "large.jpg")
    large = Picture(tmp_path / "large.jpg")

    proposals = predictor.predict(large)

    assert large.reduced(1e9)[1] >= 4
    assert likeness(lab_pose, proposals[0].points / 4) > 0.9


def test_real_people_are_found_where_they_were_labeled(predictor, shared_data):
    folder = shared_data / "mmpose" / "coco"
    labels = json.loads((folder / "test_coco.json").read_bytes())
    best = []
    for image in labels["images"]:
        proposals = predictor.predict(Picture(folder / image["file_name"]))
        for person in labels["annotations"]:
            if person["image_id"] == image["id"] and person["num_keypoints"]:
                truth = np.array(person["keypoints"], float).reshape(17, 3)
                best.append(
                    max(
                        oks(truth[:, :2], truth[:, 2], proposal.points, movenet.SIGMAS, person["area"])
                        for proposal in proposals
                    )
                )

    assert len(best) == 12
    assert np.mean(np.array(best) > 0.5) > 0.9
    assert np.mean(best) >= 0.85


# A drawn box


def test_a_drawn_box_gives_the_one_person_in_it(predictor, lab, lab_pose):
    (proposal,) = predictor.predict(lab, lab_pose.box)

    assert likeness(lab_pose, proposal.points) > 0.85
    assert proposal.box == pytest.approx(lab_pose.box)
    assert proposal.score == pytest.approx(proposal.scores.mean())


@pytest.mark.parametrize("box", [(-50, -80, 200, 300), (600, 1200, 400, 400), (5000, 5000, 10, 10), (10, 10, 0, 0)])
def test_a_box_that_leaves_the_picture_is_no_failure(predictor, lab, box):
    (proposal,) = predictor.predict(lab, box)

    assert np.isfinite(proposal.points).all()


# Pictures of all kinds


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (31, 33), (256, 256)])
def test_any_shape_of_picture_will_do(predictor, shape):
    noise = np.random.default_rng(1).integers(0, 255, (*shape, 3), np.uint8)

    assert isinstance(predictor.predict(Picture(noise)), list)


def test_a_cancelled_job_stops_the_model(predictor):
    job = Job("Prelabel")
    job.cancel()

    with pytest.raises(JobCancelled):
        predictor.predict(Picture(np.zeros((50, 50, 3), np.uint8)), job=job)


def test_cancelling_stops_a_network_in_the_middle_of_its_work(predictor):
    file = predictor.card.file("people")
    net = network(SAMPLES.parents[1] / "models", file)
    inputs = {file.input.name: np.zeros((1, 2048, 2048, 3), np.int32)}  # seconds of work, also on a fast machine
    job = Job("Prelabel")
    net.run(file.outputs, {file.input.name: np.zeros((1, 64, 64, 3), np.int32)})
    cancelling = threading.Timer(0.05, job.cancel)

    cancelling.start()
    with pytest.raises(JobCancelled):
        net.run(file.outputs, inputs, job)
    cancelling.join()

    assert net.run(file.outputs, {file.input.name: np.zeros((1, 64, 64, 3), np.int32)})[0].shape == (1, 20, 56)


def test_a_changed_model_file_is_refused_when_it_is_needed(tmp_path):
    shipped = bundled_card_path("movenet")
    card = json.loads(shipped.read_bytes())
    for file in card["files"]:
        shutil.copy(shipped.parent / file["file"], tmp_path)
    with (tmp_path / "movenet_thunder.onnx").open("ab") as file:
        file.write(b"\0")
    changed = tmp_path / "movenet.json"
    card["files"][1]["sha256"] = "1" * 64
    changed.write_text(json.dumps(card))

    with pytest.raises(PredictorError, match=r"movenet_thunder.onnx is not the one its card describes"):
        open_predictor(changed).predict(Picture(np.zeros((50, 50, 3), np.uint8)), (0, 0, 50, 50))


# Sampling


def ramp(side: int) -> Pixels:
    """A picture whose red is the column and green the row of each pixel."""
    rows, columns = np.mgrid[:side, :side]
    return np.stack([columns, rows, np.zeros_like(rows)], axis=2).astype(np.uint8)


@pytest.mark.parametrize("size", [256, 128, 40, 17])
@pytest.mark.parametrize("side", [60.0, 128.0, 180.5])
def test_a_crop_shows_what_lies_at_its_positions(size, side):
    crop, origin, step = movenet._cropped(Picture(ramp(250)), np.array([120.0, 130.0]), side, size)

    assert crop.shape == (size, size, 3)
    assert step * size == side
    assert np.abs(crop[:, :, 0] - (origin[0] + step * np.arange(size))[None, :]).max() <= 0.51
    assert np.abs(crop[:, :, 1] - (origin[1] + step * np.arange(size))[:, None]).max() <= 0.51


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [200, 100, 40])
def test_a_reduced_jpeg_keeps_everything_in_its_place(tmp_path, orientation, size):
    stored = np.zeros((1200, 1600, 3), np.uint8)
    stored[433:581, 702:911] = 230
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(tmp_path / "spot.jpg", exif=exif, quality=95)
    whole, reduced = Picture(Picture(tmp_path / "spot.jpg").pixels), Picture(tmp_path / "spot.jpg")

    expected, crop = (
        movenet._cropped(picture, np.array(picture.size) / 2, 900.0, size)[0] for picture in (whole, reduced)
    )

    assert reduced.reduced(900 / size)[1] > 1
    assert middle(crop) == pytest.approx(middle(expected), abs=0.1)


def middle(crop: np.ndarray) -> np.ndarray:
    """Return the position around which a crop is bright."""
    weights = crop[:, :, 0] / crop[:, :, 0].sum()
    return np.array([(weights.sum(axis=axis) * np.arange(weights.shape[axis - 1])).sum() for axis in (0, 1)])


def test_outside_the_picture_a_crop_is_black():
    white = np.full((100, 100, 3), 255, np.uint8)

    crop, _, _ = movenet._cropped(Picture(white), np.array([100.0, 50.0]), 128.0, 256)

    assert crop[:, 140:].max() == 0
    assert crop[128, 10:120].min() == 255


@pytest.mark.parametrize(("width", "height"), [(640, 425), (3999, 3001), (100, 50)])
def test_resized_pictures_keep_shape_and_brightness(width, height):
    grey = np.full((height, width, 3), 77, np.uint8)

    sizes = list(movenet._resized(Picture(grey), (256, 384, 512)))

    assert [max(small.shape) for small in sizes] == [256, 384, 512]
    assert [min(small.shape[:2]) for small in sizes] == [round(longest * height / width) for longest in (256, 384, 512)]
    assert all((small == 77).all() for small in sizes)


def test_a_resized_picture_keeps_everything_in_its_place():
    picture = np.zeros((60, 8001, 3), np.uint8)  # not a whole number of the blocks that are averaged
    picture[20:40, 7000:7800] = 200

    for small in movenet._resized(Picture(picture), (256, 384, 512)):
        columns = small[:, :, 0].sum(axis=0)
        middle = (columns * (np.arange(len(columns)) + 0.5)).sum() / columns.sum()
        assert middle == pytest.approx(7400 / 8001 * len(columns), abs=0.1)


# Merging


def pose(x: float, score: float) -> movenet._Pose:
    points = np.random.default_rng(3).uniform(0, 100, (17, 2)) + np.array((x, 0))
    return movenet._Pose(points, np.full(17, 0.5, np.float32), np.array([x, 0, x + 100, 100]), score)


def test_of_two_poses_of_one_person_the_better_is_kept():
    merged = movenet._merged([pose(0, 0.4), pose(2, 0.8), pose(300, 0.5)], 0.5)

    assert [kept.score for kept in merged] == [0.8, 0.5]


def test_a_closer_look_is_taken_where_it_shows_the_same_person():
    chosen = movenet._chosen(pose(0, 0.8), pose(5, 0), [pose(300, 0.9)])

    assert chosen is not None
    assert chosen.points[0].tolist() == pose(5, 0).points[0].tolist()
    assert chosen.score == 0.8


def test_a_closer_look_at_somebody_else_is_not_taken():
    chosen = movenet._chosen(pose(0, 0.8), pose(150, 0), [])

    assert chosen is not None
    assert chosen.points[0].tolist() == pose(0, 0).points[0].tolist()


def test_a_closer_look_that_slips_to_a_neighbour_is_not_taken():
    neighbour = pose(20, 0.9)

    chosen = movenet._chosen(pose(0, 0.8), pose(18, 0), [neighbour])

    assert neighbour.likeness(pose(0, 0.8)) < movenet.DOUBLE  # or it would be dropped
    assert chosen is not None
    assert chosen.points[0].tolist() == pose(0, 0).points[0].tolist()


def test_a_person_found_twice_is_dropped():
    assert movenet._chosen(pose(0, 0.8), pose(1, 0), [pose(2, 0.9)]) is None


def test_a_pose_without_sure_keypoints_is_measured_by_its_box():
    unsure = movenet._Pose(pose(0, 1).points, np.zeros(17, np.float32), np.array([0.0, 0, 100, 100]), 0.1)

    assert unsure.likeness(pose(0, 1)) == pytest.approx(1)


def test_the_shipped_sizes_and_thresholds_are_those_that_were_measured():
    card = open_predictor("movenet").card
    people, person = card.file("people").input, card.file("person").input

    assert (people.longest_sides, people.multiple_of, person.box_padding) == ((256, 384, 512), 32, 1.25)
    assert (card.thresholds.instance, card.thresholds.nms_oks, card.thresholds.keypoint) == (0.08, 0.5, 0.3)


def test_the_card_names_a_shipped_skeleton_with_the_same_keypoints():
    card = open_predictor("movenet").card
    skeleton = json.loads(bundled("resources", "skeletons", f"{card.keypoints.skeleton}.json").read_bytes())

    assert [keypoint["name"] for keypoint in skeleton["keypoints"]] == list(card.keypoints.names)
