"""An export is saved first, written, proved and reported; and said in advance."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from annotator.errors import FormatError
from annotator.formats.contract import Exporter, ExportOptions, FrameChoice, Proof
from annotator.formats.export import export, preview_export
from annotator.formats.rows import exported_batches, exported_frames, exported_keypoints
from annotator.jobs import Job
from annotator.model.frame import Frame, FrameState
from annotator.model.ids import new_id, new_ids
from annotator.model.instance import Visibility, new_instance
from annotator.model.skeleton import Keypoint, Skeleton

THING = Skeleton("thing", "Thing", (Keypoint("a", "a"), Keypoint("old", "old", retired=True), Keypoint("b", "b")))
OCCLUDED, VISIBLE, ABSENT = Visibility.OCCLUDED, Visibility.VISIBLE, Visibility.ABSENT


@pytest.fixture
def frames(project):
    """Four frames: one with two instances, one with an undecided one, one done and empty, one untouched."""
    made = [Frame(key, "pictures", f"day/{n}.png", width=9, height=9) for n, key in enumerate(new_ids(4))]
    made[2] = replace(made[2], state=FrameState.DONE)
    first = new_instance(new_id(), THING).with_point(0, (1, 2), VISIBLE).with_point(1, (3, 4), VISIBLE)
    second = new_instance(new_id(), THING).with_point(0, (5, 6), OCCLUDED).with_state([2], ABSENT)
    with project.transaction("Label") as transaction:
        transaction.put_skeleton(THING)
        transaction.add_frames(made)
        transaction.add(made[0].key, first)
        transaction.add(made[0].key, second)
        transaction.add(made[1].key, new_instance(new_id(), THING))
    return made


def writing(text: str = "labels", prove=None) -> Exporter:
    """Return an exporter of one file."""

    def write(project, options, job):
        options.folder.mkdir(parents=True, exist_ok=True)
        (options.folder / "labels.txt").write_text(text)
        return [options.folder / "labels.txt"]

    return Exporter("mine", "Mine", "txt", "everything", write, prove)


def names(project, folder, **options):
    return [Path(one.path).name for one in exported_frames(project, ExportOptions(folder, **options))]


def test_the_choice_of_frames_is_all_done_or_decided(project, frames, tmp_path):
    project.flush()

    assert names(project, tmp_path, frames=FrameChoice.ALL) == ["0.png", "1.png", "2.png", "3.png"]
    assert names(project, tmp_path, frames=FrameChoice.DONE) == ["2.png"]
    assert names(project, tmp_path) == ["0.png", "2.png"], "done and empty frames stay, as negatives"


def test_a_preview_counts_what_a_trainer_learns_by_keypoint(project, frames, tmp_path):
    project.flush()

    preview = preview_export(project, ExportOptions(tmp_path), Job())

    assert (preview.frames, preview.instances) == (2, 2)
    (counts,) = preview.keypoints.values()
    assert [(one.name, one.visible, one.occluded, one.unlabeled) for one in counts] == [("a", 1, 1, 0), ("b", 0, 0, 2)]
    assert [one.trained for one in counts] == [2, 0]


def test_a_state_that_is_not_exported_counts_as_not_labeled_and_has_no_position(project, frames, tmp_path):
    project.flush()
    options = ExportOptions(tmp_path, states=frozenset({VISIBLE}))

    (counts,) = preview_export(project, options, Job()).keypoints.values()
    (batch,) = exported_batches(project, options)
    points, states = exported_keypoints(batch, options)

    assert (counts[0].visible, counts[0].occluded, counts[0].unlabeled) == (1, 0, 1)
    assert points[1].tolist() == [[0, 0]] * 3
    assert states.tolist() == [[2, 2, 0], [0, 0, 0]]


def test_only_chosen_skeletons_are_exported(project, frames, tmp_path):
    project.flush()

    assert list(exported_batches(project, ExportOptions(tmp_path, skeletons=("other",)))) == []
    assert len(list(exported_batches(project, ExportOptions(tmp_path, skeletons=("thing",))))) == 1


def test_the_number_of_a_frame_never_changes(project, frames, tmp_path):
    project.flush()
    project.bulk("Remove", lambda bulk: bulk.remove_frames([frames[1].key]))

    found = exported_frames(project, ExportOptions(tmp_path, frames=FrameChoice.ALL))

    assert [one.number for one in found] == [1, 3, 4]


def test_a_new_frame_moves_no_other_between_train_and_val(project, tmp_path):
    options = ExportOptions(tmp_path, frames=FrameChoice.ALL, train_share=0.5)

    def add(count, day):
        with project.transaction("Add") as transaction:
            transaction.add_frames(Frame(key, "r", f"{day}/{n}.png") for n, key in enumerate(new_ids(count)))
        project.flush()
        return {one.key: one.subset for one in exported_frames(project, options)}

    before = add(60, "one")
    after = add(60, "two")

    assert {key: after[key] for key in before} == before
    assert set(before.values()) == {"train", "val"}
    other = exported_frames(project, replace(options, seed=8))
    assert {one.key: one.subset for one in other} != after


def test_what_waits_is_saved_before_it_is_exported(project, frames, tmp_path):
    exported = export(project, writing(), ExportOptions(tmp_path / "out"), Job())

    assert exported.preview.instances == 2


def test_the_report_names_files_by_hash_counts_keypoints_and_tells_the_proof(project, frames, tmp_path):
    proof = Proof(4, 3, ("a is [0, 0], not [1, 2]",), "2 pictures")

    exported = export(project, writing(prove=lambda *_: proof), ExportOptions(tmp_path / "out", train_share=0.8), Job())

    report = json.loads(exported.report.read_text())
    assert report["files"] == {"labels.txt": hashlib.sha256(b"labels").hexdigest()}
    assert report["keypoints"]["Thing"][0] == {"name": "a", "v2": 1, "v1": 1, "v0": 0}
    assert report["loses"] == "everything"
    assert report["split"] == "train 0.8, seed 7"
    assert report["policies"] == {"Thing": THING.visibility_policy}
    assert report["proof"] == {
        "holds": False,
        "compared": 4,
        "equal": 3,
        "differences": ["a is [0, 0], not [1, 2]"],
        "checked": "2 pictures",
    }
    assert exported.proof is proof


def test_sizes_that_nobody_knows_yet_are_read_before_trainers_need_them(project, tmp_path):
    for name in ("a.jpg", "damaged.jpg"):
        (tmp_path / name).write_bytes(b"no picture")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 10)).save(tmp_path / "a.jpg", exif=exif)
    with project.transaction("Add") as transaction:
        transaction.add_frames(
            Frame(key, "pictures", name)
            for key, name in zip(new_ids(3), ("a.jpg", "damaged.jpg", "gone.jpg"), strict=True)
        )
    project.flush()
    project.roots.set_folder("pictures", tmp_path)
    undo_name = project.undo_name

    exported = export(project, writing(), ExportOptions(tmp_path / "out", frames=FrameChoice.ALL), Job())

    assert [(f.width, f.height, f.orientation) for f in project.frames()] == [(10, 20, 6), (0, 0, 1), (0, 0, 1)]
    assert project.undo_name == undo_name, "nobody's work was changed"
    assert json.loads(exported.report.read_text())["turned"] == ["a.jpg"]


def test_pictures_are_copied_once_under_their_own_paths(project, frames, tmp_path):
    project.flush()
    for frame in frames:
        file = tmp_path / "pictures" / frame.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(frame.path.encode())
    project.roots.set_folder("pictures", tmp_path / "pictures")
    options = ExportOptions(tmp_path / "out", frames=FrameChoice.ALL, copy_pictures=True)

    assert export(project, writing(), options, Job()).pictures == 4
    assert (tmp_path / "out/day/3.png").read_bytes() == b"day/3.png"
    assert export(project, writing(), options, Job()).pictures == 0


def test_a_picture_that_cannot_be_copied_stops_the_export_with_its_name(project, frames, tmp_path):
    project.flush()
    options = ExportOptions(tmp_path / "out", copy_pictures=True)

    with pytest.raises(FormatError, match=r"day/0\.png cannot be copied: it is not where it was"):
        export(project, writing(), options, Job())

    assert not (tmp_path / "out" / "export-report.json").exists()


def test_a_folder_that_cannot_be_written_is_named(project, frames, tmp_path):
    (tmp_path / "out").write_text("a file")

    with pytest.raises(FormatError, match="out cannot be written"):
        export(project, writing(), ExportOptions(tmp_path / "out"), Job())
