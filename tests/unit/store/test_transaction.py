"""What is staged becomes one change or nothing, and what does not fit is refused before anything is staged."""

from dataclasses import replace

import pytest
from store_values import add_frames, add_instance, frames, pose, prediction, with_keypoint

from annotator.errors import StoreError
from annotator.model.frame import FrameState
from annotator.model.ids import new_id
from annotator.model.instance import Source, Visibility
from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.store.project import Project


@pytest.fixture
def key(project: Project) -> int:
    (key,) = add_frames(project, 1)
    return key


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (lambda t, key, bird, guess: t.replace(key, bird), "instance .* is not in this frame any more"),
        (lambda t, key, bird, guess: t.remove(key, bird.id), "instance .* is not in this frame any more"),
        (lambda t, key, bird, guess: t.replace_prediction(key, guess), "prediction .* is not in this frame any more"),
        (lambda t, key, bird, guess: t.remove_prediction(key, guess.id), "prediction .* is not in this frame any more"),
        (lambda t, key, bird, guess: t.add(key + 1, bird), "frame .* is not in the project any more"),
        (lambda t, key, bird, guess: t.add(key, replace(bird, skeleton_id="fish")), "has no skeleton 'fish': add it"),
        (
            lambda t, key, bird, guess: t.add_prediction(key, replace(guess, skeleton_id="fish")),
            "has no skeleton 'fish': add it first",
        ),
        (
            lambda t, key, bird, guess: t.add(
                key, replace(bird, points=bird.points[:2], visibility=bird.visibility[:2])
            ),
            "an instance of 'Bird' has 2 points: expected 4",
        ),
        (
            lambda t, key, bird, guess: t.add_prediction(
                key, replace(guess, points=guess.points[:2], scores=guess.scores[:2])
            ),
            "a prediction of 'Bird' has 2 points: expected 4",
        ),
        (
            lambda t, key, bird, guess: t.set_frame(replace(t.content(key).frame, path="other.png")),
            "a0.png keeps its picture: add other.png as a frame of its own",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_one_sentence(project, skeleton, key, write, sentence) -> None:
    with pytest.raises(StoreError, match=sentence), project.transaction("Try") as transaction:
        write(transaction, key, pose(skeleton), prediction(skeleton))

    assert project.undo_name == "Add 1 pictures"


@pytest.mark.parametrize("is_saved", [True, False])
def test_an_instance_has_one_frame_and_one_id(project: Project, skeleton: Skeleton, is_saved: bool) -> None:
    here, there = add_frames(project, 2)
    project.flush()
    bird = add_instance(project, here, pose(skeleton))
    if is_saved:
        project.flush()

    with pytest.raises(StoreError, match="exists already: replace it"), project.transaction("Again") as transaction:
        transaction.add(here, bird)
    with pytest.raises(StoreError, match="is in another frame"), project.transaction("Again") as transaction:
        transaction.add(there, bird)
    new = pose(skeleton)
    with project.transaction("Both") as transaction:
        transaction.add(here, new)
        with pytest.raises(StoreError, match="is in another frame"):
            transaction.add(there, new)


def test_many_steps_on_one_value_are_one_entry(project: Project, skeleton: Skeleton, key: int) -> None:
    bird = add_instance(project, key, pose(skeleton))
    told = []
    project.changed.connect(told.append)

    with project.transaction("Drag") as transaction:
        for x in range(5):
            transaction.replace(key, bird.with_point(0, (x, 0)))

    (entry,) = told[0].entries[key]
    assert entry.before.equals(bird)
    assert entry.after.points[0].tolist() == [4, 0]


def test_what_is_added_and_removed_again_leaves_no_change(project: Project, skeleton: Skeleton, key: int) -> None:
    bird = add_instance(project, key, pose(skeleton))
    told = []
    project.changed.connect(told.append)

    with project.transaction("Nothing") as transaction:
        other = pose(skeleton)
        transaction.add(key, other)
        transaction.remove(key, other.id)
        transaction.replace(key, bird.with_point(0, (9, 9)), by_person=False)
        transaction.replace(key, bird, by_person=False)

    assert told == []


def test_a_transaction_reads_what_it_staged(project: Project, skeleton: Skeleton, key: int) -> None:
    with project.transaction("Add") as transaction:
        bird, guess = pose(skeleton), prediction(skeleton)
        transaction.add(key, bird)
        transaction.add_prediction(key, guess)
        content = transaction.content(key)
        assert content.instance(bird.id) is bird
        transaction.replace_prediction(key, replace(guess, instance_id=bird.id))
        assert transaction.content(key).prediction(guess.id).instance_id == bird.id

    assert project.content(key).predictions[0].instance_id == bird.id


def test_a_finished_frame_stays_so_when_something_is_added(project: Project, skeleton: Skeleton, key: int) -> None:
    with project.transaction("Done") as transaction:
        transaction.set_frame(replace(transaction.content(key).frame, state=FrameState.DONE))

    add_instance(project, key, pose(skeleton))

    assert project.content(key).frame.state is FrameState.DONE


@pytest.mark.parametrize("change", ["point", "state", "box"])
def test_whoever_changes_a_model_s_pose_becomes_its_source(project, skeleton, key, change) -> None:
    bird = add_instance(project, key, pose(skeleton, source=Source.MODEL))
    changed = {
        "point": bird.with_point(0, (1, 1)),
        "state": bird.with_state([0], Visibility.ABSENT),
        "box": bird.with_box((1, 2, 3, 4), by_hand=True),
    }[change]

    with project.transaction("By a model") as transaction:
        transaction.replace(key, changed, by_person=False)
    assert project.content(key).instances[0].source is Source.MODEL
    project.undo()
    with project.transaction("By a person") as transaction:
        transaction.replace(key, changed)
    assert project.content(key).instances[0].source is Source.PERSON


def test_a_skeleton_can_be_added_and_used_in_one_change(project: Project, key: int) -> None:
    fish = skeleton_from_names("fish", "Fish", ["fin"])

    with project.transaction("Add") as transaction:
        transaction.put_skeleton(fish)
        transaction.add(key, pose(fish))

    assert project.content(key).instances[0].skeleton_id == "fish"
    project.undo()
    assert "fish" not in project.skeletons


def test_poses_are_not_written_in_the_change_that_reshapes_their_skeleton(project, skeleton, key) -> None:
    grown = with_keypoint(skeleton, "crest")

    with project.transaction("Both") as transaction:
        transaction.put_skeleton(grown)
        with pytest.raises(StoreError, match="in a change of their own"):
            transaction.add(key, pose(grown))


def test_one_picture_twice_in_a_change_is_refused(project: Project) -> None:
    (frame,) = frames(1)

    with pytest.raises(StoreError, match=r"a0\.png is in the project already"), project.transaction("Add") as both:
        both.add_frames([frame, replace(frame, key=new_id())])

    assert project.frame_keys() == []
