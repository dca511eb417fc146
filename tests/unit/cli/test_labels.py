"""A model proposes, a threshold accepts, and labels are never overwritten."""

import os
import shutil
import signal
import threading
import time

import numpy as np
import pytest

from annotator.bundle import bundled
from annotator.cli.labels import open_model, prelabel_project
from annotator.cli.output import Output
from annotator.jobs import Job
from annotator.model.instance import Box
from annotator.predict.contract import Predictor, Proposal
from annotator.predict.picture import Picture
from annotator.store.project import open_project

SAMPLES = bundled("resources", "samples", "people")


class PressesCtrlC:
    """A model whose user presses Ctrl+C when the first picture is done and the second is still in work."""

    def __init__(self, model: Predictor) -> None:
        self.card = model.card
        self._model = model
        self._both_in_work = threading.Barrier(2, timeout=10)

    def predict(self, picture: Picture, box: Box | None = None, job: Job | None = None) -> list[Proposal]:
        assert job is not None
        self._both_in_work.wait()
        if picture.size == Picture(SAMPLES / "balance-lab.jpg").size:
            found = self._model.predict(picture, box)
            os.kill(os.getpid(), signal.SIGINT)
            return found
        while not job.is_cancelled:
            time.sleep(0.001)
        return self._model.predict(picture, box, job)


@pytest.fixture
def people(run, tmp_path):
    """A project with two pictures: one person, and one person at whom the model looks three times."""
    folder = tmp_path / "people"
    folder.mkdir()
    for name in ("balance-lab.jpg", "cameraman.png"):
        shutil.copy(SAMPLES / name, folder)
    assert run("new", "people", "--pictures", folder).code == 0
    return tmp_path / "people.annotator"


def test_predictions_are_proposed_beside_the_labels(run, people):
    outcome = run("prelabel", people, "--json")

    assert outcome.code == 0
    assert outcome.json["frames"] == 2
    assert not outcome.json["stopped"]
    with open_project(people) as project:
        assert project.counts().predictions == outcome.json["predictions"] >= 2
        assert project.counts().instances == 0


def test_accepting_takes_confident_keypoints_and_keeps_the_rest_as_proposals(run, people):
    run("prelabel", people)

    accepted = run("accept", people, "--min-score", "0.4", "--json").json

    with open_project(people) as project:
        contents = [project.content(frame.key) for frame in project.frames()]
    decided = sum(instance.decided_count for content in contents for instance in content.instances)
    assert accepted["keypoints"] == decided > 10
    for content in contents:
        for prediction in content.predictions:
            linked = content.instance(prediction.instance_id or 0)
            assert linked is None or (prediction.scores[linked.visibility == 0] < np.float32(0.4)).all()


def test_a_second_look_at_a_person_becomes_no_second_person(run, people):
    run("prelabel", people)

    run("accept", people)

    with open_project(people) as project:
        contents = [project.content(frame.key) for frame in project.frames()]
    assert [len(content.instances) for content in contents] == [1, 1]
    assert any(prediction.instance_id is None for content in contents for prediction in content.predictions)


def test_accepting_is_one_change_that_undo_takes_back(run, people):
    run("prelabel", people)
    run("accept", people)

    with open_project(people) as project:
        project.undo()
        project.flush()
        assert project.counts().instances == 0


def test_a_second_run_leaves_what_has_predictions(run, people):
    run("prelabel", people)

    assert run("prelabel", people, "--json").json["frames"] == 0
    assert run("prelabel", people, "--again", "--json").json["frames"] == 2


def test_what_the_model_does_not_place_is_said(run, tmp_path, people):
    run("new", "feet", "--skeleton", "halpe-26", "--pictures", tmp_path / "people")

    outcome = run("prelabel", "feet")

    assert outcome.code == 0
    assert "MoveNet places 17 of 26 keypoints" in outcome.err


def test_of_several_skeletons_one_must_be_chosen(run, tmp_path):
    run("new", "two", "--skeleton", "coco-17", "--skeleton", "hand-21")

    outcome = run("prelabel", "two")

    assert outcome.code == 2
    assert "--skeleton, of coco-17, hand-21" in outcome.err


def test_a_damaged_picture_is_a_finding_and_the_others_are_done(run, tmp_path, people):
    whole = (tmp_path / "people" / "balance-lab.jpg").read_bytes()
    (tmp_path / "people" / "balance-lab.jpg").write_bytes(whole[: len(whole) // 2])

    outcome = run("prelabel", people, "--json")

    assert outcome.code == 1
    assert outcome.json["frames"] == 1
    assert "balance-lab.jpg" in outcome.json["problems"][0]


def test_ctrl_c_keeps_what_is_finished(run, people):
    predictor = PressesCtrlC(open_model("movenet"))

    with open_project(people) as project:
        ran = prelabel_project(project, predictor, Output(as_json=True))

    assert ran.was_cancelled
    with open_project(people) as project:
        summaries = project.summaries(project.frame_keys())
    assert [summary.predictions > 0 for summary in summaries] == [True, False]
