"""Frames and what is found in them."""

import numpy as np

from annotator.model.frame import Frame, FrameContent
from annotator.model.instance import Prediction, new_instance
from annotator.model.skeleton import skeleton_from_names


def test_the_name_of_a_frame_is_the_last_part_of_its_path():
    assert Frame(1, "root", "day 1/left/a.b.png").name == "a.b.png"
    assert Frame(1, "root", "a.png").name == "a.png"


def test_instances_and_predictions_are_found_by_their_own_ids():
    skeleton = skeleton_from_names("s", "s", ["a"])
    instance = new_instance(4, skeleton)
    prediction = Prediction(5, "s", np.zeros((1, 2)), np.zeros(1), (0, 0, 1, 1), 1, run=1)
    content = FrameContent(Frame(1, "root", "a.png"), (instance,), (prediction,))

    assert content.instance(4) is instance
    assert content.prediction(5) is prediction
    assert content.instance(5) is None
    assert content.prediction(4) is None
