import os
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from store_values import add_frames, add_instance, batch, dump, frames, pose, with_keypoint

from annotator.errors import NotSavedError, StoreError
from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.store.bulk import BulkWriter
from annotator.store.integrity import check_project
from annotator.store.project import Project, open_project
from annotator.store.writer import SaveKind, SaveState


class Disk:
    """Fills the disk for one project: SQLite may not grow the file, and answers as a full disk does."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def fill(self) -> None:
        self._project.flush()
        self._project._connection.execute("PRAGMA max_page_count = 1")  # at least what it has

    def free(self) -> None:
        self._project._connection.execute("PRAGMA max_page_count = 1000000")


@pytest.fixture
def disk(project: Project) -> Disk:
    return Disk(project)


@pytest.fixture
def states(project: Project) -> list[SaveState]:
    seen: list[SaveState] = []
    project.save_state_changed.connect(seen.append)
    return seen


def wait_for_failure(project: Project) -> None:
    with pytest.raises(NotSavedError):
        project.flush(10)


def fill_up(project: Project, skeleton: Skeleton, key: int, count: int = 60) -> None:
    """Write `count` changes of which the first needs more pages than there are."""
    add_instance(project, key, pose(skeleton, note="x" * 50_000))
    for n in range(1, count):
        add_instance(project, key, pose(skeleton, n))
    wait_for_failure(project)


def test_saved_is_said_after_the_commit_and_in_order(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    told: list[tuple[str, bool]] = []

    def note(change: object) -> None:
        with project.connect() as connection:
            found = connection.execute("SELECT 1 FROM change WHERE uid = ?", (change.uid,)).fetchone()  # type: ignore[attr-defined]
        connection.close()
        told.append((change.name, found is not None))  # type: ignore[attr-defined]

    project.flush()
    project.saved.connect(note)
    for n in range(3):
        with project.transaction(f"Place {n}") as transaction:
            transaction.add(key, pose(skeleton, n))
    project.flush()

    assert told == [("Place 0", True), ("Place 1", True), ("Place 2", True)]


def test_the_state_goes_from_saving_to_saved(project: Project, states: list[SaveState]) -> None:
    add_frames(project, 1)
    project.flush()

    assert states[0].kind is SaveKind.SAVING
    assert states[-1].kind is SaveKind.SAVED
    assert states[-1].pending == 0
    assert states[-1].at > 0
    assert project.save_state == states[-1]


def test_a_full_disk_keeps_everything_in_memory_and_says_so(
    project: Project, skeleton: Skeleton, disk: Disk, states: list[SaveState]
) -> None:
    (key,) = add_frames(project, 1)
    disk.fill()
    fill_up(project, skeleton, key)

    assert project.save_state.kind is SaveKind.FAILED
    assert project.save_state.reason == (
        "the disk that holds birds.annotator is full: free some space, then press Retry"
    )
    assert len(project.content(key).instances) == 60
    add_instance(project, key, pose(skeleton, 100))
    assert len(project.content(key).instances) == 61

    disk.free()
    before = dump(project)
    project.retry()
    project.flush(10)

    assert project.save_state.kind is SaveKind.SAVED
    assert check_project(project) == []
    project.close()
    again = open_project(project.path, member="ann")
    assert dump(again) == before
    assert again.recovered == 0
    again.close()


def test_retry_while_the_disk_is_still_full_fails_again(project: Project, skeleton: Skeleton, disk: Disk) -> None:
    (key,) = add_frames(project, 1)
    disk.fill()
    fill_up(project, skeleton, key)

    for _ in range(3):
        project.retry()
        wait_for_failure(project)

    disk.free()
    project.retry()
    project.flush(10)
    assert project.counts().instances == 60


def test_undo_works_while_nothing_can_be_saved(project: Project, skeleton: Skeleton, disk: Disk) -> None:
    (key,) = add_frames(project, 1)
    disk.fill()
    fill_up(project, skeleton, key)

    project.undo()
    assert len(project.content(key).instances) == 59
    project.redo()
    disk.free()
    project.retry()
    project.flush(10)
    assert len(project.content(key).instances) == 60
    assert check_project(project) == []


def test_bulk_work_is_refused_while_changes_are_not_saved(project: Project, skeleton: Skeleton, disk: Disk) -> None:
    (key,) = add_frames(project, 1)
    disk.fill()
    fill_up(project, skeleton, key)

    with pytest.raises(NotSavedError, match="changes are not saved: the disk"):
        project.bulk("Import", lambda bulk: None)


def test_bulk_work_that_waits_behind_a_failure_is_given_up(project: Project, skeleton: Skeleton, disk: Disk) -> None:
    (key,) = add_frames(project, 1)
    disk.fill()
    entered, may_go = threading.Event(), threading.Event()
    errors: list[StoreError] = []

    def hold(bulk: BulkWriter) -> None:
        entered.set()
        may_go.wait(10)

    def later() -> None:
        with pytest.raises(NotSavedError) as error:
            project.bulk("Import", lambda bulk: None)
        errors.append(error.value)

    first = threading.Thread(target=lambda: project.bulk("Hold", hold))
    first.start()
    entered.wait(10)
    for n in range(60):
        add_instance(project, key, pose(skeleton, n, note="x" * 5_000))
    second = threading.Thread(target=later)
    second.start()
    while sum(task.write is not None for task in project._writer.pending()) < 2:
        pass
    may_go.set()
    first.join(10)
    second.join(10)

    assert not second.is_alive()
    assert "the disk that holds" in str(errors[0])
    assert len(project.content(key).instances) == 60


def test_a_bulk_change_that_fails_leaves_nothing(project: Project, skeleton: Skeleton) -> None:
    (key,) = add_frames(project, 1)
    before = dump(project)
    fish = skeleton_from_names("fish", "Fish", ["nose"])

    def write(bulk: BulkWriter) -> None:
        bulk.put_skeleton(fish)
        bulk.add_frames(frames(2, root="never"))
        bulk.add_instances(batch(fish, [key]))
        raise RuntimeError("a bug in an importer")

    with pytest.raises(RuntimeError, match="a bug in an importer"):
        project.bulk("Import", write)

    assert project.save_state.kind is SaveKind.SAVED
    assert dump(project) == before
    assert check_project(project) == []
    # Nothing of it is remembered either: the same skeleton and root are new again.
    project.bulk("Import", lambda bulk: (bulk.put_skeleton(fish), bulk.add_frames(frames(2, root="never"))))
    assert check_project(project) == []


def test_a_bulk_change_on_a_full_disk_leaves_nothing(project: Project, skeleton: Skeleton, disk: Disk) -> None:
    keys = add_frames(project, 200)
    before = dump(project)
    disk.fill()

    with pytest.raises(StoreError, match="the disk that holds"):
        project.bulk("Import", lambda bulk: bulk.add_instances(batch(skeleton, keys)))

    assert dump(project) == before
    assert project.save_state.kind is SaveKind.SAVED
    disk.free()
    assert check_project(project) == []


def test_a_bulk_change_that_comes_to_nothing_leaves_no_trace(project: Project) -> None:
    add_frames(project, 1)
    project.bulk("Nothing", lambda bulk: None)
    assert [row.name for row in project.history()] == ["Add 1 pictures", "Create birds"]
    assert project.undo_name == "Add 1 pictures"


def test_unsaved_changes_come_back_at_the_next_open(project: Project, skeleton: Skeleton, disk: Disk) -> None:
    """New skeletons, keypoints and their instances among them: the file knows none of these."""
    (key,) = add_frames(project, 1)
    disk.fill()
    fill_up(project, skeleton, key)
    fish = skeleton_from_names("fish", "Fish", ["nose", "fin"])
    grown = with_keypoint(skeleton, "crest")
    with project.transaction("Grow") as transaction:
        transaction.put_skeleton(grown)
    with project.transaction("Fish") as transaction:
        transaction.put_skeleton(fish)
        transaction.add(key, pose(fish))
    add_instance(project, key, pose(grown, 5))
    project.undo()
    wanted = dump(project)

    with pytest.raises(NotSavedError, match=r"64 changes of birds\.annotator could not be saved; they are kept in"):
        project.close()
    again = open_project(project.path, member="ann")

    assert again.recovered == 64
    assert dump(again) == wanted
    again.flush(10)
    assert check_project(again) == []
    assert again.redo_name == "Place instance"
    again.close()
    third = open_project(project.path, member="ann")
    assert third.recovered == 0
    assert dump(third) == wanted
    third.close()


def test_changes_made_after_the_failure_are_in_the_recovery_file_too(
    project: Project, skeleton: Skeleton, disk: Disk, states: list[SaveState]
) -> None:
    (key,) = add_frames(project, 1)
    disk.fill()
    fill_up(project, skeleton, key)
    told = threading.Event()
    project.save_state_changed.connect(lambda state: told.set() if state.pending == 61 else None)

    add_instance(project, key, pose(skeleton, 99))

    assert told.wait(10)
    assert states[-1].kind is SaveKind.FAILED
    kept = project._recovery.read(project._disk_skeletons)
    assert len(kept) == 61


def test_a_failure_that_passes_before_closing_is_no_failure(project: Project, skeleton: Skeleton, disk: Disk) -> None:
    (key,) = add_frames(project, 1)
    disk.fill()
    fill_up(project, skeleton, key)
    disk.free()

    project.close()

    again = open_project(project.path, member="ann")
    assert (again.recovered, len(again.content(key).instances)) == (0, 60)
    again.close()


def test_closing_is_refused_while_changes_can_be_kept_nowhere(
    project: Project, skeleton: Skeleton, disk: Disk, user_folders: Path
) -> None:
    (key,) = add_frames(project, 1)
    disk.fill()
    folder = user_folders / "data" / "annotator"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recovery").write_text("a file where the folder should be")
    fill_up(project, skeleton, key)

    with pytest.raises(NotSavedError, match="in memory only"):
        project.close()

    assert len(project.content(key).instances) == 60
    disk.free()
    project.close()
    again = open_project(project.path, member="ann")
    assert len(again.content(key).instances) == 60
    again.close()


def test_recovered_changes_that_fit_no_longer_are_kept_aside(
    project: Project, skeleton: Skeleton, disk: Disk, tmp_path: Path
) -> None:
    (key,) = add_frames(project, 1)
    instance = add_instance(project, key, pose(skeleton))
    disk.fill()
    with project.transaction("Move") as transaction:
        transaction.replace(key, replace(instance, note="x" * 50_000))
    wait_for_failure(project)
    recovery = project._recovery.path
    with pytest.raises(NotSavedError):
        project.close()
    kept = recovery.read_bytes()
    recovery.unlink()
    other = open_project(project.path, member="ben")
    with other.transaction("Remove") as transaction:
        transaction.remove(key, instance.id)
    other.close()
    recovery.write_bytes(kept)

    again = open_project(project.path, member="ann")

    assert again.recovered == 0
    assert again.content(key).instances == ()
    assert recovery.with_suffix(".changes-kept").read_bytes() == kept
    again.close()


def test_a_copy_of_a_project_leaves_the_other_s_recovery_file_alone(
    project: Project, skeleton: Skeleton, disk: Disk, tmp_path: Path
) -> None:
    (key,) = add_frames(project, 1)
    project.flush()
    disk.fill()
    fill_up(project, skeleton, key)
    with pytest.raises(NotSavedError):
        project.close()
    copy = tmp_path / "copy.annotator"
    copy.write_bytes(project.path.read_bytes())

    with open_project(copy, member="ann") as other:
        assert other.recovered == 0
    with open_project(project.path, member="ann") as again:
        assert again.recovered == 60


def test_a_moved_project_finds_its_recovery_file(
    project: Project, skeleton: Skeleton, disk: Disk, tmp_path: Path
) -> None:
    (key,) = add_frames(project, 1)
    disk.fill()
    fill_up(project, skeleton, key)
    with pytest.raises(NotSavedError):
        project.close()
    moved = project.path.rename(tmp_path / "moved.annotator")

    with open_project(moved, member="ann") as again:
        assert again.recovered == 60


def test_a_damaged_recovery_file_is_kept_and_the_project_opens(project: Project) -> None:
    path = project._recovery.path
    project.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"not a recovery file")

    again = open_project(project.path, member="ann")
    again.close()

    assert path.with_suffix(".changes-kept").read_bytes() == b"not a recovery file"


def test_the_writer_thread_cannot_be_made_to_wait_for_itself(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[str] = []
    monkeypatch.setattr("sys.excepthook", lambda *error: errors.append(str(error[1])))
    project.saved.connect(lambda _: project.flush())
    project.saved.connect(lambda _: project.bulk("Inside", lambda bulk: None))

    add_frames(project, 1)
    project.flush(10)

    assert errors == ["the writer thread cannot wait for itself: do this from another thread"] * 2


def test_flush_returns_after_everybody_was_told(project: Project) -> None:
    told = threading.Event()

    def slow(_: object) -> None:
        threading.Event().wait(0.05)
        told.set()

    project.saved.connect(slow)
    add_frames(project, 1)
    project.flush()

    assert told.is_set()


def test_the_log_is_folded_into_the_file_when_nothing_happens(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.close()
    monkeypatch.setattr("annotator.store.writer._IDLE_S", 0.05)
    project = open_project(project.path, member="ann")
    add_frames(project, 5)
    project.flush()
    log = project.path.with_name(project.path.name + "-wal")
    for _ in range(100):
        if log.stat().st_size == 0:
            break
        threading.Event().wait(0.05)
    assert log.stat().st_size == 0
    project.close()


WRITES_UNTIL_THE_LIMIT = """
    import os, resource, sys
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    from store_values import add_instance, pose
    from annotator.errors import NotSavedError
    from annotator.store.project import open_project

    project = open_project({path!r}, member="ann")
    key = project.frame_keys()[0]
    skeleton = next(iter(project.skeletons.values()))
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize({path!r}) + 20_000, resource.RLIM_INFINITY))
    count = 0
    while project.save_state.kind != "not saved":
        add_instance(project, key, pose(skeleton, count))
        count += 1
        try:
            project.flush(10)
        except NotSavedError as error:
            print(error)
    print(count, len(project.content(key).instances), flush=True)
    os._exit(9)  # as if it were killed: only the recovery file is left of what was not saved
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes on Windows")
def test_a_file_that_may_not_grow_loses_nothing_even_to_a_kill(project: Project, skeleton: Skeleton) -> None:
    """A limit of the operating system, in another process: the write itself fails here."""
    (key,) = add_frames(project, 1)
    project.close()
    code = textwrap.dedent(WRITES_UNTIL_THE_LIMIT).format(tests=str(Path(__file__).parent), path=str(project.path))

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=dict(os.environ), check=False
    )

    assert ended.returncode == 9, ended.stderr
    sentence, counts = ended.stdout.strip().split("\n")
    assert "1 changes are not saved: the disk" in sentence
    count, shown = map(int, counts.split())
    assert count == shown > 1
    with open_project(project.path, member="ann") as again:
        assert again.recovered == 1
        assert len(again.content(key).instances) == count
        again.flush()
        assert check_project(again) == []
