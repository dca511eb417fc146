"""An import is one undoable change; what is there already is not added again, and nothing of anybody is overwritten."""

import json

import numpy as np
import pytest
from formats_values import people

from annotator.errors import JobCancelled
from annotator.formats.commit import commit_import, merged
from annotator.formats.contract import Coordinates, PlannedFrame
from annotator.jobs import Job
from annotator.model.frame import FrameState
from annotator.model.instance import Source, Visibility
from annotator.model.skeleton import skeleton_from_names
from annotator.store.integrity import check_project
from annotator.store.project import open_project


def contents(project):
    return [project.content(key) for key in project.frame_keys()]


def test_frames_and_instances_come_in_as_one_change_that_undo_takes_back(project, planned):
    report = planned.bring(["a.png", "b.png", "c.png"], [people([2, 0, 2])])

    assert (report.frames, report.instances, report.keypoints, report.same) == (3, 3, 6, 0)
    a, b, c = contents(project)
    assert [each.frame.path for each in (a, b, c)] == ["a.png", "b.png", "c.png"]
    assert [len(each.instances) for each in (a, b, c)] == [1, 0, 2]
    assert [each.frame.state for each in (a, b, c)] == [FrameState.IN_PROGRESS, FrameState.NEW, FrameState.IN_PROGRESS]
    assert a.instances[0].source is Source.IMPORT
    assert project.undo_name == "Import 3 instances from labels.txt"
    project.undo()
    assert project.frame_keys() == []
    assert check_project(project.path) == []


def test_instances_of_one_picture_keep_the_order_of_the_file(project, planned):
    planned.bring(["a.png"], [people([0, 0, 0], extras=['{"n":1}', '{"n":2}', '{"n":3}'])])

    (content,) = contents(project)
    assert [instance.extra for instance in content.instances] == ['{"n":1}', '{"n":2}', '{"n":3}']
    assert [instance.id for instance in content.instances] == sorted(instance.id for instance in content.instances)


def test_the_same_file_again_adds_nothing_also_after_work_on_it(project, planned):
    plan = ["a.png", "b.png"], [people([0, 0, 1], extras=['{"id":1}', '{"id":2}', '{"id":3}'])]
    planned.bring(*plan)
    content = contents(project)[0]
    with project.transaction("Move") as transaction:
        transaction.replace(content.frame.key, content.instances[0].with_point(0, (99, 99)))
    project.flush()

    report = planned.bring(*plan)

    assert (report.frames, report.instances, report.same, report.change) == (0, 0, 3, None)
    assert contents(project)[0].instances[0].points[0].tolist() == [99, 99], "a person's work stays"


def test_more_instances_of_a_known_picture_are_added_beside_the_others(project, planned):
    planned.bring(["a.png"], [people([0], extras=['{"id":1}'])])

    report = planned.bring(["a.png", "b.png"], [people([0, 0, 1], seed=5, extras=['{"id":7}', '{"id":1}', '{"id":8}'])])

    assert (report.frames, report.instances) == (1, 3), "another file's number 1 is another instance"
    assert [len(each.instances) for each in contents(project)] == [3, 1]


def test_two_equal_instances_of_a_file_are_two_the_second_time_as_well(project, planned):
    same = people([0, 0], points=np.ones((2, 2, 2)))
    planned.bring(["a.png"], [same])

    assert planned.bring(["a.png"], [same]).same == 2
    assert planned.bring(["a.png"], [people([0, 0, 0], points=np.ones((3, 2, 2)))]).instances == 1


def test_keypoints_are_put_where_the_project_has_them(project, planned):
    ours = skeleton_from_names("ours", "thing", ["base", "tip"])
    with project.transaction("Add") as transaction:
        transaction.put_skeleton(ours)
    points = np.array([[[1, 2], [3, 4.0]]])

    planned.bring(["a.png"], [people([0], points=points, visibility=np.array([[1, 2]], np.uint8))])

    (instance,) = contents(project)[0].instances
    assert instance.skeleton_id == "ours"
    assert instance.points.tolist() == [[3, 4], [1, 2]]
    assert instance.visibility.tolist() == [Visibility.VISIBLE, Visibility.OCCLUDED]


def test_several_classes_of_one_picture_are_all_there(project, planned):
    other = skeleton_from_names("other", "other", ["a", "b", "c"])

    planned.bring(["a.png", "b.png"], [people([0, 1]), people([1, 0], seed=1, skeleton=other)])

    assert [sorted(i.skeleton_id for i in each.instances) for each in contents(project)] == [["other", "theirs"]] * 2
    assert check_project(project.path) == []


def test_a_box_of_a_file_counts_as_set_by_hand_and_a_missing_one_does_not(project, planned):
    boxes = np.array([[1, 2, 3, 4], [np.nan] * 4])

    planned.bring(["a.png"], [people([0, 0], boxes=boxes, crowd=np.array([True, False]))])

    boxed, plain = contents(project)[0].instances
    assert (boxed.box, boxed.box_by_hand, boxed.crowd) == ((1, 2, 3, 4), True, True)
    assert (plain.box, plain.box_by_hand, plain.crowd) == (None, False, False)


def test_sizes_and_orientation_come_from_the_picture_where_it_is_found(project, planned, picture):
    picture("labels/a.png", (20, 10))
    picture("labels/b.jpg", (20, 10), orientation=6)

    planned.bring([PlannedFrame("a.png", 20, 10), PlannedFrame("b.jpg", 10, 20), PlannedFrame("gone.png", 7, 8)])

    frames = [each.frame for each in contents(project)]
    assert [(frame.width, frame.height, frame.orientation) for frame in frames] == [(20, 10, 1), (10, 20, 6), (7, 8, 1)]


def test_points_of_a_stored_picture_are_turned_upright(project, planned, picture):
    picture("labels/a.jpg", (20, 10), orientation=6)  # displayed as 10 x 20, turned clockwise
    labels = people([0], points=np.array([[[0, 0], [20, 10.0]]]), boxes=np.array([[2, 1, 4, 3.0]]), extras=['{"s":1}'])

    planned.bring(
        [PlannedFrame("a.jpg", 20, 10)],
        [labels],
        coordinates=Coordinates.STORED,
        turn_extra=lambda extra, turn: json.dumps({"orientation": turn.orientation}),
    )

    (instance,) = contents(project)[0].instances
    assert instance.points.tolist() == [[10, 0], [0, 20]]
    assert instance.box == (6, 2, 3, 4)
    assert instance.extra == '{"orientation": 6}'


def test_a_cancelled_import_changes_nothing(project, planned):
    preview = planned.preview(["a.png"], [people([0])])
    job = Job()
    job.cancel()

    with pytest.raises(JobCancelled):
        commit_import(project, preview, job)

    assert project.frame_keys() == []
    assert project.skeletons == {}


def test_the_folder_of_the_pictures_is_known_afterwards(project, planned, picture):
    file = picture("labels/images/a.png")

    planned.bring(["a.png"])

    (content,) = contents(project)
    assert content.frame.root == "images"
    assert project.path_of(content.frame) == file


def test_pictures_are_found_again_when_they_move_along_with_the_project(project, planned, picture, tmp_path):
    picture("labels/images/a.png")
    planned.bring(["a.png"])
    project.close()
    (tmp_path / "elsewhere").mkdir()
    for folder in ("project", "labels"):
        (tmp_path / folder).rename(tmp_path / "elsewhere" / folder)

    with open_project(tmp_path / "elsewhere/project/p.annotator") as moved:
        (frame,) = moved.frames()
        assert moved.path_of(frame) == tmp_path / "elsewhere/labels/images/a.png"


def test_fields_of_files_are_joined_and_the_first_word_stays():
    first = '{"info":{"year":1},"licenses":[{"id":1}],"type":"x"}'
    second = '{"info":{"year":2},"licenses":[{"id":1},{"id":2}],"note":"n"}'

    joined = json.loads(merged(first, second))

    assert joined == {"info": {"year": 1}, "licenses": [{"id": 1}, {"id": 2}], "type": "x", "note": "n"}
    assert merged("", second) == second
    assert merged(first, "") == first


def test_two_imports_keep_the_fields_of_both_for_exports(project, planned):
    planned.bring(["a.png"], exports='{"licenses":[1]}')
    planned.bring(["b.png"], exports='{"licenses":[2]}')

    assert json.loads(project.settings.exports) == {"licenses": [1, 2]}
