"""Keypoints beyond the edges of the picture are found, and nothing else."""

import numpy as np
import pytest

from annotator.jobs import Job
from annotator.model.frame import Frame
from annotator.model.ids import new_id
from annotator.model.instance import Instance, Visibility
from annotator.model.skeleton import skeleton_from_names
from annotator.quality.contract import checks
from annotator.quality.run import apply_fixes
from annotator.session.plugins import load_plugins
from annotator.store.project import create_project

BIRD = skeleton_from_names("bird", "Bird", ["beak", "wing", "tail"])
WIDTH, HEIGHT = 40, 30


@pytest.fixture
def project(tmp_path):
    load_plugins(others=False)
    with create_project(tmp_path / "birds.annotator", [BIRD]) as project:
        yield project


def add(project, points, states=(2, 2, 2), size=(WIDTH, HEIGHT)):
    frame = Frame(new_id(), "pictures", f"{new_id()}.png", width=size[0], height=size[1])
    with project.transaction("Add a bird") as transaction:
        transaction.add_frames([frame])
        transaction.add(frame.key, Instance(new_id(), "bird", np.array(points, float), np.array(states, np.uint8)))
    project.flush()
    return frame.key


def found(project):
    return list(checks["outside"].find(project, Job()))


def test_points_on_the_edges_and_within_a_pixel_of_them_are_inside(project):
    add(project, [(0, 0), (WIDTH, HEIGHT), (-0.9, HEIGHT + 0.9)])

    assert found(project) == []


@pytest.mark.parametrize("xy", [(-1.5, 5), (5, -1.5), (WIDTH + 1.5, 5), (5, HEIGHT + 1.5)])
@pytest.mark.parametrize("state", [Visibility.OCCLUDED, Visibility.VISIBLE])
def test_a_point_beyond_any_edge_is_found(project, xy, state):
    key = add(project, [(1, 1), xy, (2, 2)], (2, state, 2))

    (issue,) = found(project)

    assert (issue.frame, issue.keypoint) == (key, BIRD.keypoints[1].id)
    assert issue.sentence == "wing is 2 px outside the picture: move it, or mark it absent"


@pytest.mark.parametrize("state", [Visibility.UNLABELED, Visibility.ABSENT])
def test_a_remembered_position_is_no_label(project, state):
    add(project, [(1, 1), (-50, 5), (2, 2)], (2, state, 2))

    assert found(project) == []


def test_a_picture_of_unknown_size_says_nothing(project):
    add(project, [(1, 1), (-50, 5), (5000, 2)], size=(0, 0))

    assert found(project) == []


def test_each_picture_is_measured_by_its_own_size(project):
    add(project, [(90, 1), (1, 1), (2, 2)], size=(100, 30))
    small = add(project, [(90, 1), (1, 1), (2, 2)])

    assert [(issue.frame, issue.sentence[:13]) for issue in found(project)] == [(small, "beak is 50 px")]


def test_the_fix_marks_it_absent_and_remembers_the_place(project):
    key = add(project, [(1, 1), (-50, 5), (2, 2)])

    apply_fixes(project, found(project))

    (instance,) = project.content(key).instances
    assert instance.visibility.tolist() == [2, Visibility.ABSENT, 2]
    assert instance.points[1].tolist() == [-50, 5]
    assert project.undo_name == "Mark wing absent"
    project.flush()
    assert found(project) == []
