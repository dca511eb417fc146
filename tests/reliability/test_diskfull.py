"""A disk that is really full: a small file system in memory, filled by a ballast file that is removed again.

What needs no root to be seen is in tests/unit/store/test_saving.py.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from kill9 import rounds
from store_values import add_frames, add_instance, batch, dump, frames, pose

from annotator.errors import FormatError, NotSavedError, StoreError
from annotator.formats.contract import ExportOptions, FrameChoice, exporters
from annotator.formats.export import export
from annotator.jobs import Job
from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.session.plugins import load_plugins
from annotator.store.integrity import check_project
from annotator.store.project import Project, create_project, open_project
from annotator.store.save_copy import save_a_copy
from annotator.store.writer import SaveKind


class SmallDisk:
    """A mounted file system of four megabytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, leave: int) -> None:
        """Fill it but for `leave` bytes."""
        usage = os.statvfs(self.folder)
        free = usage.f_bavail * usage.f_frsize
        with (self.folder / "ballast").open("ab") as file:
            os.posix_fallocate(file.fileno(), file.tell(), max(free - leave, 1))

    def free(self) -> None:
        (self.folder / "ballast").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "annotator-test", folder], capture_output=True, check=False
        )
    except OSError as error:
        pytest.skip(f"a full disk needs mount(8): {error}")
    if done.returncode:
        pytest.skip(f"a full disk needs root, to mount a small one: {done.stderr.decode().strip()}")
    yield SmallDisk(folder)
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def skeleton() -> Skeleton:
    return skeleton_from_names("bird", "Bird", ["beak", "left_wing", "right_wing", "tail"])


@pytest.fixture
def project(disk: SmallDisk, skeleton: Skeleton) -> Iterator[Project]:
    project = create_project(disk.folder / "p.annotator", [skeleton], member="ann")
    add_frames(project, 1)
    project.flush()
    yield project
    project.close(lose_unsaved=True)


def work_until_it_fails(project: Project, skeleton: Skeleton) -> int:
    key = project.frame_keys()[0]
    for n in range(2000):
        add_instance(project, key, pose(skeleton, n))
        try:
            project.flush(10)
        except NotSavedError:
            return n + 1
    raise AssertionError("the disk never filled")


@pytest.mark.parametrize("seed", range(rounds(4)))
def test_work_on_a_full_disk_is_kept_and_saved_once_there_is_room(
    project: Project, skeleton: Skeleton, disk: SmallDisk, seed: int
) -> None:
    disk.fill(leave=13_000 * seed)
    count = work_until_it_fails(project, skeleton)
    key = project.frame_keys()[0]
    for n in range(10):
        add_instance(project, key, pose(skeleton, n))

    assert project.save_state.kind is SaveKind.FAILED
    assert "is full: free some space, then press Retry" in project.save_state.reason
    assert len(project.content(key).instances) == count + 10
    wanted = dump(project)

    disk.free()
    project.retry()
    project.flush(10)
    assert project.save_state.kind is SaveKind.SAVED
    project.close()
    with open_project(project.path, member="ann") as again:
        assert dump(again) == wanted
        assert again.recovered == 0
        assert check_project(again) == []


def test_what_a_full_disk_kept_out_comes_back_from_the_recovery_file(
    project: Project, skeleton: Skeleton, disk: SmallDisk
) -> None:
    disk.fill(leave=20_000)
    count = work_until_it_fails(project, skeleton)
    with pytest.raises(NotSavedError, match="come back when the project is opened"):
        project.close()
    disk.free()

    with open_project(project.path, member="ann") as again:
        assert again.recovered >= 1
        again.flush()
        assert again.counts().instances == count
        assert check_project(again) == []


def test_an_import_into_a_full_disk_changes_nothing(project: Project, skeleton: Skeleton, disk: SmallDisk) -> None:
    before = dump(project)
    disk.fill(leave=60_000)
    new = frames(2000, root="new")

    def write(bulk: object) -> None:
        bulk.add_frames(new)  # type: ignore[attr-defined]
        bulk.add_instances(batch(skeleton, [frame.key for frame in new]))  # type: ignore[attr-defined]

    with pytest.raises(StoreError, match="is full"):
        project.bulk("Import", write)

    assert dump(project) == before
    disk.free()
    assert check_project(project) == []
    project.bulk("Import", write)
    assert project.counts().frames == 2001


def test_a_copy_onto_a_full_disk_leaves_the_old_copy(
    project: Project, skeleton: Skeleton, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotator.store.copying._FREE_BYTES", 0)
    target = disk.folder / "copy.annotator"
    save_a_copy(project, target)
    old = target.read_bytes()
    disk.fill(leave=8_000)

    with pytest.raises(StoreError, match=r"has no room|is full|cannot be written"):
        save_a_copy(project, target)

    assert target.read_bytes() == old
    assert sorted(path.name for path in disk.folder.iterdir() if "copy" in path.name) == ["copy.annotator"]


def test_an_export_onto_a_full_disk_leaves_the_old_export(
    project: Project, skeleton: Skeleton, disk: SmallDisk
) -> None:
    load_plugins()
    key = project.frame_keys()[0]
    for n in range(400):
        add_instance(project, key, pose(skeleton, n))
    options = ExportOptions(disk.folder / "out", FrameChoice.ALL)
    export(project, exporters["coco"], options, Job())
    old = {path.name: path.read_bytes() for path in options.folder.iterdir()}
    disk.fill(leave=30_000)

    with pytest.raises(FormatError, match=r"cannot be written: No space left on device"):
        export(project, exporters["coco"], options, Job())

    assert {path.name: path.read_bytes() for path in options.folder.iterdir()} == old
    disk.free()
    done = export(project, exporters["coco"], options, Job())
    assert done.proof is not None
    assert done.proof.holds
