"""Files of older versions. None was released yet, so a next version is made up."""

from pathlib import Path

import pytest
from store_values import add_frames, add_instance, dump, pose

from annotator.errors import StoreError
from annotator.model.skeleton import Skeleton
from annotator.store import schema, sqlite
from annotator.store.backup import Backups
from annotator.store.project import Project, open_project

NEXT = schema.VERSION + 1
NEW_TABLE = "CREATE TABLE region (id INTEGER PRIMARY KEY) STRICT"


@pytest.fixture
def old(project: Project, skeleton: Skeleton) -> Path:
    for n, key in enumerate(add_frames(project, 2)):
        add_instance(project, key, pose(skeleton, n))
    project.close()
    for backup in project.backups.list():
        backup.path.unlink()
    return project.path


@pytest.fixture
def newer(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this program be a version newer than the file, which is made before."""
    tables = (*schema.TABLES, NEW_TABLE)
    monkeypatch.setattr(schema, "VERSION", NEXT)
    monkeypatch.setattr(schema, "SCHEMAS", {NEXT - 1: schema.TABLES, NEXT: tables})
    monkeypatch.setattr(schema, "TABLES", tables)
    monkeypatch.setattr(schema, "MIGRATIONS", {NEXT - 1: (NEW_TABLE,)})


def version(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[60:64], "big")


@pytest.mark.usefixtures("newer")
def test_an_old_project_is_brought_up_to_date_after_a_backup(old: Path) -> None:
    with open_project(old, member="ann") as project:
        assert project.counts().instances == 2
        assert project.reader.rows("SELECT count(*) FROM region") == [(0,)]
        assert project.undo_name == "Place instance"
        backups = Backups(project.uid, old, project.connect).list()

    assert version(old) == NEXT
    assert [backup.reason for backup in backups] == ["before-update"]
    assert version(backups[0].path) == NEXT - 1
    with open_project(old, member="ann") as project:
        assert len(project.backups.list()) == 1


@pytest.mark.usefixtures("newer")
def test_reading_an_old_project_leaves_it_as_it_is(old: Path) -> None:
    before = old.read_bytes()
    with open_project(old, read_only=True) as project:
        assert project.counts().instances == 2
        assert project.is_read_only
    assert old.read_bytes() == before
    assert [path.name for path in old.parent.iterdir()] == [old.name]


@pytest.mark.usefixtures("newer")
def test_an_update_that_fails_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (NEW_TABLE, "DROP TABLE run", "INSERT INTO missing VALUES (1)")
    monkeypatch.setattr(schema, "MIGRATIONS", {NEXT - 1: broken})
    with pytest.raises(StoreError, match="no such table: missing"):
        open_project(old)
    assert version(old) == NEXT - 1

    monkeypatch.setattr(schema, "MIGRATIONS", {NEXT - 1: (NEW_TABLE, "CREATE TABLE too_much (id INTEGER)")})
    with pytest.raises(StoreError, match="holds something that Annotator did not make"):
        open_project(old)
    assert version(old) == NEXT - 1

    monkeypatch.undo()
    with open_project(old, member="ann") as project:
        assert len(dump(project)["frames"]) == 2


@pytest.mark.usefixtures("newer")
def test_an_old_file_that_was_tampered_with_is_refused(old: Path) -> None:
    connection = sqlite.driver.connect(str(old))
    connection.execute("CREATE TRIGGER evil AFTER UPDATE ON instance BEGIN DELETE FROM instance; END")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="holds something that Annotator did not make"):
        open_project(old)
    assert version(old) == NEXT - 1


def test_every_released_version_leads_to_this_one() -> None:
    assert schema.SCHEMAS[schema.VERSION] == schema.TABLES
    assert set(schema.MIGRATIONS) == set(schema.SCHEMAS) - {schema.VERSION}
