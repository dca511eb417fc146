import os
from pathlib import Path

import pytest
from PIL import Image

from annotator.errors import CommandError
from annotator.jobs import Job
from annotator.model.ids import new_id
from annotator.model.instance import new_instance
from annotator.model.skeleton import skeleton_from_names
from annotator.session.commands.registry import commands, run
from annotator.session.pictures import add_pictures, find_pictures, read_sizes
from annotator.session.session import Session
from annotator.store.fingerprint import fingerprint
from annotator.store.project import create_project

BIRD = skeleton_from_names("bird", "Bird", ["beak", "tail"])


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    path = tmp_path / "pictures" / "a.png"
    Image.new("RGB", (60, 40), "red").save(path)
    return path


@pytest.fixture
def session(tmp_path: Path, picture: Path):
    with create_project(tmp_path / "p", [BIRD], member="ann") as project:
        keys = add_pictures(project, find_pictures([picture.parent]))
        read_sizes(project, keys, Job())
        session = Session(project)
        session.show_frame(keys[0])
        with session.transaction("Place") as transaction:
            transaction.add(keys[0], new_instance(new_id(), BIRD).with_point(0, (5, 6)))
        yield session


def look(session: Session, picture: Path) -> bool:
    """Do what the window does some time after it shows a picture."""
    changed = session.files.compare(session.content, fingerprint(picture))
    session.project.flush()
    return changed


def lock(session: Session, width: int, height: int) -> str:
    return session.files.lock_if_resized(session.content, width, height)


def test_what_a_picture_is_is_remembered_in_the_project_and_is_no_undo_step(session, picture):
    assert not look(session, picture)

    assert session.project.fingerprint(session.frame_key) == fingerprint(picture)
    assert session.project.undo_name == "Place"
    assert not look(session, picture)


def test_a_touched_file_is_the_same_and_a_rewritten_one_is_told(session, picture):
    look(session, picture)
    os.utime(picture, (1_000, 1_000))
    assert not look(session, picture)
    assert session.project.fingerprint(session.frame_key).modified_ms == 1_000_000

    Image.new("RGB", (60, 40), "blue").save(picture)

    assert look(session, picture)
    assert look(session, picture)  # it is told until the person has chosen


def test_a_picture_of_another_size_locks_its_labels_until_they_are_unlocked(session, picture):
    look(session, picture)
    assert lock(session, 60, 40) == ""

    assert lock(session, 120, 80) == (
        "It has 120 x 80 pixels now; its instance was labeled on 60 x 40. Labels stay locked until you choose."
    )
    with pytest.raises(CommandError, match="has changed on disk: unlock its labels"):
        session.transaction("Move")
    assert commands()["file.unlock"].reason(session) == ""
    run(session, "file.unlock")
    assert lock(session, 120, 80) == ""
    with session.transaction("Note") as transaction:
        transaction.add(session.frame_key, new_instance(new_id(), BIRD))


def test_the_right_picture_put_back_unlocks_by_itself(session, picture):
    look(session, picture)
    lock(session, 120, 80)

    assert lock(session, 60, 40) == ""
    assert commands()["file.unlock"].reason(session) == "needs a picture that has changed on disk"


def test_the_person_may_say_that_the_labels_still_fit(session, picture):
    look(session, picture)
    Image.new("RGB", (60, 40), "blue").save(picture)
    assert look(session, picture)

    run(session, "file.unlock")
    session.project.flush()

    assert not look(session, picture)
    assert session.project.fingerprint(session.frame_key) == fingerprint(picture)


def test_a_picture_without_labels_or_never_shown_is_taken_as_it_is(session, picture):
    assert lock(session, 120, 80) == ""  # never shown: an import may have told another size
    look(session, picture)
    session.project.undo()

    assert lock(session, 120, 80) == ""
    Image.new("RGB", (60, 40), "blue").save(picture)
    assert not look(session, picture)
