"""Which texts stand on the canvas."""

import pytest
from canvas_values import SKELETONS, guess, plain, rod
from PySide6.QtCore import QSize

from annotator.session.scene import Callout, Labels, Scene, Target
from annotator.session.settings import SideColours
from annotator.session.view import View
from annotator.ui.canvas.stage import Stage
from annotator.ui.theme import DARK, SIDES


@pytest.fixture
def texts(qapp):
    """Return what a scene says: the runs of its tags and how many labels it has."""
    stage = Stage(DARK.canvas, DARK.accent, SIDES[SideColours.OKABE_ITO])
    stage.set_picture(plain())
    stage.set_view(View(), 1.0, QSize(400, 300))

    def read(scene):
        stage.set_scene(scene)
        keys = [item.key for item in stage._composer.compose(stage._shot())]
        tags = [" ".join(text for text, _ in key[1]) for key in keys if key[0] == "tag"]
        return tags, sum(key[0] == "label" for key in keys)

    return read


def test_tags_number_instances_then_predictions(texts):
    tags, _ = texts(
        Scene(skeletons=SKELETONS, instances=(rod(11), rod(12, y=200)), predictions=(guess(20, y=250),), selected=12)
    )

    assert sorted(tags) == ["1 Rod 3 of 3", "2 Rod 3 of 3", "3 predicted 0.90"]


def test_numbers_stay_while_an_instance_is_drafted(texts):
    tags, _ = texts(
        Scene(
            skeletons=SKELETONS,
            instances=(rod(12, y=200),),
            drafted=rod(11, states=(2, 0, 3)),
            predictions=(guess(20, y=250),),
            selected=11,
        )
    )

    assert sorted(tags) == ["1 Rod 2 of 3", "2 Rod 3 of 3", "3 predicted 0.90"]


def test_only_a_selected_prediction_says_which_keys_take_it(texts):
    tags, _ = texts(Scene(skeletons=SKELETONS, predictions=(guess(20), guess(21, y=200)), selected=21))

    assert sorted(tags) == ["1 predicted 0.90", "2 predicted 0.90 Space accept Del reject"]


def test_a_crowd_has_no_tags_but_that_of_the_selected(texts):
    crowd = tuple(rod(i, 10, 3.0 * i, length=10) for i in range(1, 60))
    tags, _ = texts(Scene(skeletons=SKELETONS, instances=crowd, selected=5))

    assert tags == ["5 Rod 3 of 3"]


def test_labels_are_those_of_hovered_selected_and_next(texts):
    instance = rod(1, length=90)
    fields = {"skeletons": SKELETONS, "instances": (instance,), "selected": 1}

    assert texts(Scene(**fields))[1] == 0
    assert texts(Scene(**fields, hovered=Target(1, k=0), keypoints=frozenset({1})))[1] == 2
    assert texts(Scene(**fields, hovered=Target(1, k=0), labels=Labels.NONE))[1] == 0
    assert texts(Scene(**fields, labels=Labels.ALL))[1] == 3


def test_the_callout_names_the_next_keypoint_so_that_no_label_does(texts):
    ghost = rod(1).points
    fields = {
        "skeletons": SKELETONS,
        "instances": (rod(1, states=(0, 0, 0)),),
        "selected": 1,
        "next_k": 0,
        "ghost": ghost,
    }

    assert texts(Scene(**fields))[1] == 1
    assert texts(Scene(**fields, pointer=(50, 50), callout=Callout("left_end", "left", "1 of 3", ())))[1] == 0


def test_labels_that_would_be_too_close_are_left_out_in_all_mode(texts):
    close = rod(1, length=10)

    assert texts(Scene(skeletons=SKELETONS, instances=(close,), selected=1, labels=Labels.ALL))[1] == 0
