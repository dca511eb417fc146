import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from store_values import add_frames, add_instance, batch, frames, pose, prediction, with_keypoint

from annotator.errors import JobCancelled, StoreError
from annotator.jobs import Job
from annotator.model.frame import FrameState
from annotator.model.instance import Visibility
from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.store.bulk import BulkWriter
from annotator.store.chain import Finding, chain_findings, cut_short
from annotator.store.integrity import check_project
from annotator.store.project import Project, create_project, open_project
from annotator.store.sqlite import connect

DAMAGES = int(os.environ.get("ANNOTATOR_ROUNDS", "300"))


def write_everything(project: Project, skeleton: Skeleton) -> None:
    """Fill a project with rows of every kind, written in every way: by hand, in bulk, changed after, taken back."""
    keys = add_frames(project, 6, width=640, height=480, tags=("a",), note="first")
    instances = [add_instance(project, key, pose(skeleton, n, note=f"n{n}")) for n, key in enumerate(keys[:4])]
    with project.transaction("Work") as transaction:
        transaction.replace(keys[0], instances[0].with_point(1, (3.5, 4.5), Visibility.OCCLUDED))
        transaction.remove(keys[1], instances[1].id)
        transaction.add_prediction(keys[1], prediction(skeleton, 3))
        transaction.set_frame(replace(project.content(keys[2]).frame, state=FrameState.DONE, split="val"))
    fish = skeleton_from_names("fish", "Fish", ["nose", "fin"])
    run = project.start_run("movenet", "ab" * 32, '{"size":384}')
    imported = frames(4, root="import", width=100, height=50)

    def write(bulk: BulkWriter) -> None:
        bulk.put_skeleton(fish)
        bulk.set_settings(project.settings, replace(project.settings, exports='{"info":1}'))
        bulk.add_frames(imported)
        bulk.add_instances(batch(fish, [frame.key for frame in imported] + keys[4:]))
        for key in keys[3:]:
            bulk.add_predictions(key, [prediction(skeleton, n, run) for n in range(3)])

    project.bulk("Import", write)
    with project.transaction("Add crest") as transaction:
        transaction.put_skeleton(with_keypoint(skeleton, "crest"))
    with project.transaction("Change imported") as transaction:
        edited = project.content(imported[0].key).instances[0]
        transaction.replace(imported[0].key, edited.with_point(0, (1.0, 1.0)))
        gone = project.content(keys[3]).predictions[0]
        transaction.remove_prediction(keys[3], gone.id)
    project.flush()
    project.bulk("Remove", lambda bulk: bulk.remove_frames([imported[1].key, keys[4]]))
    project.undo()
    project.redo()
    project.bulk("Reject", lambda bulk: bulk.remove_predictions(keys[5], [project.content(keys[5]).predictions[1].id]))
    project.undo()
    add_frames(project, 2, root="taken back")
    project.undo()
    project.flush()


@pytest.fixture
def path(project: Project, skeleton: Skeleton) -> Path:
    write_everything(project, skeleton)
    project.close()
    return project.path


def kinds(findings: list[Finding]) -> set[str]:
    return {finding.kind for finding in findings}


def change(path: Path, *statements: str) -> None:
    """Change rows behind the project's back, as damage or another program would."""
    with sqlite3.connect(path) as connection:
        for trigger in ("change_no_update", "change_no_delete", "change_frame_no_update", "change_frame_no_delete"):
            connection.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement
    connection.close()


def check_tables(path: Path) -> list[Finding]:
    """Check a file whose triggers `change` took away, which opening it would refuse."""
    from annotator.store import integrity

    connection = connect(path, read_only=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        return list(integrity._findings(connection, Job()))
    finally:
        connection.close()


def test_a_sound_project_has_no_findings_open_or_closed(path: Path) -> None:
    assert check_project(path) == []
    with open_project(path, member="ann") as project:
        add_frames(project, 1, root="new")
        assert check_project(project) == []


ONE_IMPORTED = "(SELECT id FROM instance WHERE source = 'import' LIMIT 1)"
CHANGES = {
    "a point": (
        "UPDATE instance SET keypoints = CAST(x'FF' || substr(keypoints, 2) AS BLOB) WHERE source = 'person'",
        "inst",
    ),
    "an imported point": (
        f"UPDATE instance SET keypoints = CAST(x'01' || substr(keypoints, 2) AS BLOB) WHERE id = {ONE_IMPORTED}",
        "instance",
    ),
    "a box": ("UPDATE instance SET x = x + 1 WHERE x IS NOT NULL", "instance"),
    "a note": ("UPDATE instance SET note = 'x' WHERE note = 'n0'", "instance"),
    "a source": (f"UPDATE instance SET source = 'person' WHERE id = {ONE_IMPORTED}", "instance"),
    "removal": (f"UPDATE instance SET deleted = 1 - deleted WHERE id = {ONE_IMPORTED}", "instance"),
    "the frame of an instance": ("UPDATE instance SET frame = (SELECT max(id) FROM frame)", "instance"),
    "a revision": ("UPDATE instance SET revision = revision + 1", "instance"),
    "a lost row": ("DELETE FROM instance WHERE source = 'person'", "instance"),
    "a lost prediction": ("DELETE FROM prediction WHERE deleted = 1", "prediction"),
    "a foreign row": (
        "INSERT INTO instance (id, frame, skeleton, keypoints, source, deleted) SELECT 5, frame, skeleton, keypoints, "
        "source, 1 FROM instance LIMIT 1",
        "instance",
    ),
    "a prediction's score": ("UPDATE prediction SET score = 0.5", "prediction"),
    "a prediction's run": ("UPDATE prediction SET run = run + 1", "instance"),
    "the state of a frame": ("UPDATE frame SET state = 'skipped' WHERE state = 'done'", "frame"),
    "the state of an imported frame": (
        "UPDATE frame SET state = 'done' WHERE note = '' AND state = 'in progress'",
        "frame",
    ),
    "a size": ("UPDATE frame SET width = 1 WHERE width = 100", "frame"),
    "a path": ("UPDATE media SET path = path || 'x'", "frame"),
    "a root": ("UPDATE root SET name = 'x' WHERE name = 'import'", "frame"),
    "a frame's removal": ("UPDATE frame SET deleted = 1 - deleted", "frame"),
    "a frame's revision": ("UPDATE frame SET revision = revision + 1", "frame"),
    "a counter": ("UPDATE frame SET decided = decided + 1", "frame"),
    "the predictions counter": ("UPDATE frame SET predictions = predictions + 1", "frame"),
    "settings": ("UPDATE project SET settings = replace(settings, 'birds', 'bards')", "settings"),
    "the project's id": ("UPDATE project SET uid = uid + 1", "history"),
    "the time of making": ("UPDATE project SET created_ms = created_ms + 1", "history"),
    "the project's revision": ("UPDATE project SET revision = revision + 1", "settings"),
    "a definition": ("UPDATE skeleton SET definition = replace(definition, 'beak', 'book')", "skeleton"),
    "slots": ("UPDATE skeleton SET slots = replace(slots, 'beak', 'book')", "skeleton"),
    "a skeleton's removal": ("UPDATE skeleton SET deleted = 1", "skeleton"),
    "history after": (
        "UPDATE change_frame SET after = CAST(substr(after, 1, length(after) - 1) || x'00' AS BLOB)",
        "history",
    ),
    "history before": (
        "UPDATE change_frame SET before = CAST(before || x'00' AS BLOB) WHERE length(before) > 0",
        "history",
    ),
    "a lost end of history": (
        "DELETE FROM change_frame WHERE rowid IN (SELECT max(rowid) FROM change_frame GROUP BY frame)",
        "frame",
    ),
    "a lost middle of history": ("DELETE FROM change_frame WHERE revision = 1", "history"),
    "the name of a change": ("UPDATE change SET name = 'x' WHERE name = 'Import'", "history"),
    "who made a change": ("UPDATE member SET name = 'ben' WHERE name = 'ann'", "history"),
    "when": ("UPDATE change SET client_ms = client_ms + 1", "history"),
    "what a change undoes": ("UPDATE change SET undoes = NULL", "history"),
    "the kind of a change": ("UPDATE change SET kind = 'do' WHERE kind = 'redo'", "history"),
    "a version": ("UPDATE change SET version = 'x'", "history"),
    "a run's model": ("UPDATE run SET model = 'other'", "run"),
    "a change without content": (
        "INSERT INTO change (uid, name, kind, member, client_ms, version) VALUES (1, 'x', 'do', 1, 1, 'v')",
        "history",
    ),
    "a picture without a frame": ("INSERT INTO media (id, root, path) VALUES (1, 1, 'x')", "picture"),
    "a removed skeleton's instance": ("UPDATE instance SET skeleton = 3 - skeleton WHERE skeleton < 3", "instance"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_behind_the_project_s_back_is_found(path: Path, case: str) -> None:
    statement, kind = CHANGES[case]
    change(path, statement)

    findings = check_tables(path)

    assert any(found.startswith(kind) for found in kinds(findings)), findings


def test_findings_name_the_frame_and_the_thing(path: Path) -> None:
    with open_project(path) as project:
        key = project.frame_keys(text="a2.png")[0]
    change(path, f"UPDATE frame SET split = 'train' WHERE id = {key}")

    (finding,) = check_tables(path)

    assert finding == Finding("frame", "pictures/a2.png is not what its newest change made of it", key)


def test_many_findings_are_cut_short(tmp_path: Path, skeleton: Skeleton) -> None:
    project = create_project(tmp_path / "many.annotator", [skeleton], member="ann")
    add_frames(project, 50)
    project.close()
    change(project.path, "UPDATE frame SET width = 5")

    findings = cut_short(check_tables(project.path))

    assert len(findings) == 21
    assert findings[-1].sentence == "and 30 more of this kind"


def test_a_check_can_be_cancelled_and_reports_progress(path: Path) -> None:
    seen: list[float] = []
    check_project(path, Job("Check", lambda progress: seen.append(progress.fraction)))
    assert seen[-1] == 1.0

    job = Job("Check")
    job.cancel()
    with pytest.raises(JobCancelled):
        check_project(path, job)


def test_the_quick_check_of_a_copy_sees_the_chain(path: Path) -> None:
    def quick() -> list[Finding]:
        connection = connect(path, read_only=True)
        try:
            return chain_findings(connection)
        finally:
            connection.close()

    assert quick() == []
    change(path, "UPDATE change_frame SET after = CAST(after || x'00' AS BLOB) WHERE revision = 2")
    assert kinds(quick()) == {"history"}


def everything(path: Path) -> dict[str, Any]:
    """Return all that a file says; where two files agree on it, they are the same to every program."""
    with sqlite3.connect(path) as connection:
        connection.text_factory = bytes
        tables = [row[0].decode() for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        content: dict[str, Any] = {}
        for table in set(tables) - {"sqlite_sequence"}:  # the highest id given so far; the rows themselves say it too
            rows = connection.execute(f"SELECT rowid, * FROM {table}").fetchall()
            if table == "root":
                rows = [row[:3] for row in rows]  # the hint where a folder lies is only tried, and asked for if wrong
            content[table] = rows
    connection.close()
    return content


def pack(path: Path) -> None:
    """Rewrite a file in small pages, so that nearly every byte of it means something."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA page_size = 512")
        connection.commit()
        connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def flip_a_bit(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at] ^= 1 << chance.randrange(8)


def overwrite_32_bytes(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) - 32)
    data[at : at + 32] = chance.randbytes(32)


@pytest.mark.parametrize("damage", [flip_a_bit, overwrite_32_bytes])
def test_random_damage_is_found_or_harmless(
    path: Path, tmp_path: Path, damage: Callable[[bytearray, random.Random], None]
) -> None:
    pack(path)
    whole, sound = path.read_bytes(), everything(path)
    assert check_project(path) == []
    chance = random.Random(20)
    victim = tmp_path / "victim.annotator"
    found = 0
    missed: list[int] = []
    for n in range(DAMAGES):
        data = bytearray(whole)
        damage(data, chance)
        victim.write_bytes(bytes(data))
        try:
            findings = check_project(victim)
        except StoreError:
            findings = [Finding("file", "refused")]
        if findings:
            found += 1
            continue
        try:
            same = everything(victim) == sound
        except sqlite3.Error:
            same = False
        if not same:
            missed.append(n)
            shutil.copyfile(victim, tmp_path / f"missed{n}.annotator")
    assert missed == []
    assert found > DAMAGES / 2
