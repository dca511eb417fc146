import random
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from store_values import add_frames, add_instance, batch, dump, pose

from annotator.errors import JobCancelled, ProjectInUseError, StoreError
from annotator.jobs import Job
from annotator.model.skeleton import Skeleton
from annotator.store import backup as backup_module
from annotator.store import copying
from annotator.store.backup import Backups, kept, restore
from annotator.store.integrity import check_project
from annotator.store.project import Project, open_project
from annotator.store.save_copy import save_a_copy


@pytest.fixture
def worked(project: Project, skeleton: Skeleton) -> Project:
    """A project with labels, all on disk."""
    for n, key in enumerate(add_frames(project, 3)):
        add_instance(project, key, pose(skeleton, n))
    project.flush()
    return project


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_backup_holds_everything_and_can_be_restored(worked: Project, tmp_path: Path, user_folders: Path) -> None:
    before = dump(worked)
    made = worked.backups.make()
    worked.undo()
    worked.flush()
    target = tmp_path / "restored.annotator"

    restore(made, target)

    assert worked.backups.list() == [made]
    assert made.path.parent == user_folders / "data" / "annotator" / "backups" / str(worked.uid)
    assert names(made.path.parent) == [made.path.name]
    assert check_project(target) == []
    with open_project(target, member="ann") as again:
        assert dump(again) == before
        assert again.undo_name == "Place instance"
        add_frames(again, 1, root="more")
    with pytest.raises(StoreError, match="exists already"):
        restore(made, target)


def test_a_backup_is_one_moment_while_work_goes_on(
    worked: Project, skeleton: Skeleton, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(copying, "_STEP_PAGES", 1)
    key = worked.frame_keys()[0]

    class WhileCopying(Job):
        def check(self) -> None:
            add_instance(worked, key, pose(skeleton))
            worked.flush()

    made = worked.backups.make(job=WhileCopying())

    assert len(worked.content(key).instances) > 10
    with open_project(made.path, read_only=True) as copy:
        assert copy.counts().instances == 3
    assert check_project(made.path) == []


def test_closing_makes_a_backup_only_when_something_changed(worked: Project) -> None:
    folder = worked.backups.folder
    worked.close()
    first = names(folder)
    assert len(first) == 1
    assert first[0].endswith("_closing.annotator")

    with open_project(worked.path, member="ann"):
        pass
    with open_project(worked.path, read_only=True):
        pass
    assert names(folder) == first

    with open_project(worked.path, member="ann") as again:
        again.undo()
    assert len(names(folder)) == 2


def test_closing_a_huge_project_often_does_not_copy_it_often(worked: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [worked.backups._opened]
    monkeypatch.setattr(backup_module.time, "time", lambda: clock[0])
    monkeypatch.setattr(backup_module, "_BYTES_PER_S", worked.path.stat().st_size / 20)  # 20 s for a copy
    first = worked.backups.at_close()
    worked.undo()
    worked.flush()

    clock[0] += 1900
    assert worked.backups.at_close() is None
    clock[0] += 100
    assert worked.backups.at_close() is not None
    assert first is not None


def test_a_project_without_pictures_is_not_backed_up(project: Project) -> None:
    project.close()
    assert names(project.backups.folder) == []


def test_bulk_work_begins_with_a_backup(worked: Project, skeleton: Skeleton, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = worked.frame_keys()
    worked.bulk("Import", lambda bulk: bulk.add_instances(batch(skeleton, keys)))
    (made,) = worked.backups.list()
    assert made.reason == "before-bulk"
    with open_project(made.path, read_only=True) as before:
        assert before.counts().instances == 3

    worked.bulk("Import more", lambda bulk: bulk.add_instances(batch(skeleton, keys, 2)))
    assert worked.backups.list() == [made], "minutes later is soon enough"

    monkeypatch.setattr(backup_module, "_BULK_APART_S", 0.0)
    worked.bulk("And more", lambda bulk: bulk.add_instances(batch(skeleton, keys, 3)))
    assert len(worked.backups.list()) == 2


def test_half_an_hour_of_work_is_backed_up_and_idle_time_is_not(
    worked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [worked.backups._opened]
    monkeypatch.setattr(backup_module.time, "time", lambda: clock[0])

    assert worked.backups.make_if_due() is None
    clock[0] += 31 * 60
    made = worked.backups.make_if_due()
    assert made is not None
    assert made.reason == "half-hour"
    clock[0] += 31 * 60
    assert worked.backups.make_if_due() is None
    worked.undo()
    worked.flush()
    assert worked.backups.make_if_due() is not None


def days_ago(days: float) -> float:
    return (datetime(2026, 3, 18, 12, tzinfo=UTC) - timedelta(days=days)).timestamp()


def test_the_keep_rule() -> None:
    minutes = [days_ago(n / 1440) for n in range(40)]
    assert kept(minutes) == set(minutes[:10])

    daily = [days_ago(n) for n in range(120)]
    stay = kept(daily)
    assert stay >= set(daily[:14])
    assert len(stay - set(daily[:14])) == 5, "eight weeks in all, three of them among the days"

    assert kept(daily[:3]) == set(daily[:3])
    assert kept([]) == set()


def test_the_newest_of_each_day_stays() -> None:
    times = [days_ago(day + hour / 24) for day in range(20) for hour in range(10)]
    stay = kept(times)
    for day in range(14):
        assert days_ago(day) in stay


def test_old_backups_are_removed(worked: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [days_ago(0)]
    monkeypatch.setattr(backup_module.time, "time", lambda: clock[0])
    for _ in range(13):
        clock[0] += 60
        worked.backups.make()

    backups = worked.backups.list()
    assert len(backups) == 10
    assert backups[0].made == pytest.approx(clock[0], abs=0.001)


def test_foreign_files_in_the_folder_are_left_alone(worked: Project) -> None:
    folder = worked.backups.folder
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    made = worked.backups.make()
    assert worked.backups.list() == [made]
    assert (folder / "notes.txt").exists()


def test_a_damaged_project_is_not_backed_up_over_sound_backups(worked: Project) -> None:
    sound = worked.backups.make()
    worked._connection.execute("DROP TRIGGER change_frame_no_update")
    worked._connection.execute("UPDATE change_frame SET hash = zeroblob(16) WHERE revision = 1")

    with pytest.raises(StoreError, match=r"birds\.annotator is damaged \(the project's own history is damaged at"):
        worked.backups.make()
    assert worked.backups.at_close() is None

    assert names(worked.backups.folder) == [sound.path.name]


def test_automatic_backups_that_fail_are_said_and_hinder_nothing(
    worked: Project, skeleton: Skeleton, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked.backups.folder.parent.mkdir(parents=True, exist_ok=True)
    worked.backups.folder.write_text("a file where the folder should be")

    worked.bulk("Import", lambda bulk: bulk.add_instances(batch(skeleton, worked.frame_keys())))
    assert "cannot be written" in worked.backups.problem
    with pytest.raises(StoreError, match="cannot be written"):
        worked.backups.make()
    worked.close()

    with open_project(worked.path) as again:
        assert again.counts().instances == 6


def test_a_full_disk_is_known_before_the_copy(worked: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(copying.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StoreError, match="has no room for a copy"):
        worked.backups.make()
    assert names(worked.backups.folder) == []


def test_a_cancelled_backup_leaves_nothing(worked: Project) -> None:
    job = Job("Back up")
    job.cancel()
    with pytest.raises(JobCancelled):
        worked.backups.make(job=job)
    assert names(worked.backups.folder) == []


def test_backups_from_two_threads_do_not_meet(worked: Project) -> None:
    errors: list[Exception] = []

    def make() -> None:
        try:
            worked.backups.make()
        except Exception as error:  # noqa: BLE001 - collected for the assertion
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    for made in worked.backups.list():
        assert check_project(made.path) == []


def test_a_copy_is_a_whole_project(worked: Project, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    worked.set_root_hint("pictures", pictures)
    target = tmp_path / "elsewhere" / "deep" / "copy.annotator"
    before = dump(worked)

    save_a_copy(worked, target)

    assert check_project(target) == []
    assert names(target.parent) == ["copy.annotator"]
    with open_project(target, member="ann") as copy:
        assert dump(copy) == before
        assert copy.uid == worked.uid
        assert copy.roots.folder("pictures") == pictures
        assert copy.undo_name == "Place instance"
        copy.undo()
    assert dump(worked) == before


def test_a_copy_takes_what_waits_and_replaces_an_older_one(worked: Project, skeleton: Skeleton, tmp_path: Path) -> None:
    target = tmp_path / "copy.annotator"
    save_a_copy(worked, target)
    # A log left by a crash beside the old copy must not be played into the new one.
    Path(f"{target}-wal").write_bytes(random.Random(1).randbytes(5000))
    add_instance(worked, worked.frame_keys()[0], pose(skeleton))

    save_a_copy(worked, target)

    with open_project(target, read_only=True) as copy:
        assert copy.counts().instances == 4


def test_a_copy_does_not_go_over_an_open_project(worked: Project, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is the project itself"):
        save_a_copy(worked, worked.path)
    target = tmp_path / "copy.annotator"
    save_a_copy(worked, target)
    with open_project(target), pytest.raises(ProjectInUseError):
        save_a_copy(worked, target)


def test_a_cancelled_copy_leaves_the_old_one(worked: Project, tmp_path: Path) -> None:
    target = tmp_path / "copy.annotator"
    save_a_copy(worked, target)
    before = target.read_bytes()
    job = Job("Save a copy")
    job.cancel()

    with pytest.raises(JobCancelled):
        save_a_copy(worked, target, job)

    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.glob("*copy*")] == ["copy.annotator"]


def test_a_copy_that_cannot_be_written_says_so(worked: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        save_a_copy(worked, tmp_path / "file" / "copy.annotator")


def test_backups_know_nothing_of_other_projects(worked: Project) -> None:
    worked.backups.make()
    other = Backups(worked.uid + 1, worked.path, worked.connect)
    assert other.list() == []
