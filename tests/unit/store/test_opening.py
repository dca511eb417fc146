import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from store_values import add_frames, add_instance, dump, pose

from annotator.errors import ProjectInUseError, ReadOnlyError, StoreError
from annotator.model.skeleton import Skeleton
from annotator.store import location, sqlite
from annotator.store.project import Project, create_project, open_project
from annotator.store.schema import APPLICATION_ID, VERSION

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def path(project: Project, skeleton: Skeleton) -> Path:
    """A closed project with an instance in it."""
    keys = add_frames(project, 2)
    add_instance(project, keys[0], pose(skeleton))
    project.close()
    return project.path


def with_sql(*statements: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with sqlite3.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    return change


def with_schema_row(kind: str, name: str, sql: str) -> Callable[[Path], None]:
    """Write a row into the schema by hand, as no CREATE statement could."""

    def change(path: Path) -> None:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("INSERT INTO sqlite_master VALUES (?, ?, 'change', 0, ?)", (kind, name, sql))
        connection.close()

    return change


def with_bytes(*changes: tuple[int, bytes]) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        data = bytearray(path.read_bytes())
        for offset, new in changes:
            data[offset : offset + len(new)] = new
        path.write_bytes(bytes(data))

    return change


def as_foreign_database(path: Path) -> None:
    path.unlink()
    with_sql("CREATE TABLE photos (id INTEGER)")(path)


EVIL = "BEGIN DELETE FROM instance; END"
REFUSED = {
    "empty": (lambda path: path.write_bytes(b""), "is empty (0 bytes): restore a backup"),
    "text": (lambda path: path.write_text("hello"), "is not an Annotator project: choose a .annotator file"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:50]), "is not an Annotator project"),
    "foreign": (as_foreign_database, "belongs to another program, not to Annotator: choose a .annotator project"),
    "newer": (
        with_sql(f"PRAGMA user_version = {VERSION + 1}"),
        f"was made by a newer Annotator (project version {VERSION + 1}, this one reads {VERSION}): update Annotator",
    ),
    "trigger": (
        with_sql(f"CREATE TRIGGER evil AFTER UPDATE ON instance {EVIL}"),
        "holds something that Annotator did not make (CREATE TRIGGER evil AFTER UPDATE ON instance",
    ),
    "hidden trigger": (
        with_schema_row("trigger", "sqlite_evil", f"CREATE TRIGGER sqlite_evil AFTER INSERT ON change {EVIL}"),
        "holds something that Annotator did not make",
    ),
    "disguised trigger": (
        with_schema_row("trigger", "sqliteXevil", f"CREATE TRIGGER sqliteXevil AFTER INSERT ON change {EVIL}"),
        "holds something that Annotator did not make",
    ),
    "view": (with_sql("CREATE VIEW v AS SELECT 1"), "holds something that Annotator did not make (CREATE VIEW v"),
    "index": (with_sql("CREATE INDEX i ON instance(run)"), "holds something that Annotator did not make"),
    "lost trigger": (with_sql("DROP TRIGGER change_no_update"), "lacks parts of a project: it is damaged"),
    "lost table": (with_sql("DROP TABLE prediction"), "lacks parts of a project: it is damaged"),
    "lost row": (with_sql("DELETE FROM project"), "lacks parts of a project: it is damaged"),
    "cut in the middle": (lambda path: path.write_bytes(path.read_bytes()[:-9000]), "is damaged"),
    "torn schema": (with_bytes((110, b"\xff" * 200)), "is damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_sound_project_is_named_and_stays_as_it_is(path: Path, case: str, read_only: bool) -> None:
    spoil, sentence = REFUSED[case]
    spoil(path)
    before = path.read_bytes()

    with pytest.raises(StoreError) as error:
        open_project(path, read_only=read_only)

    assert sentence in str(error.value)
    assert str(error.value).startswith("birds.annotator ")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_foreign_database_with_a_log_stays_as_it_is(tmp_path: Path) -> None:
    """Opening and closing it would fold its log into it."""
    path, work = tmp_path / "other.annotator", tmp_path / "work"
    work.mkdir()
    connection = sqlite3.connect(work / path.name)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE photos (id INTEGER)")
    connection.commit()
    for name in (path.name, path.name + "-wal"):
        shutil.copyfile(work / name, tmp_path / name)
    connection.close()
    shutil.rmtree(work)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    with pytest.raises(StoreError, match=r"belongs to another program|is not an Annotator project"):
        open_project(path)

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nothing\.annotator does not exist: check the name"):
        open_project(tmp_path / "nothing.annotator")
    with pytest.raises(StoreError, match=r"is a folder: choose a \.annotator file"):
        open_project(tmp_path)


def test_a_second_writer_in_this_program_is_refused(path: Path) -> None:
    with open_project(path, member="ann") as first:
        with pytest.raises(ProjectInUseError, match=r"birds\.annotator is open in another program \(program \d+\)"):
            open_project(path)
        (key,) = add_frames(first, 1, root="more", note="still works")
        first.flush()
    with open_project(path) as again:
        assert again.content(key).frame.note == "still works"


SECOND_PROGRAM = """
    import sys
    from annotator.errors import ProjectInUseError
    from annotator.store.project import open_project
    try:
        open_project(sys.argv[1])
    except ProjectInUseError as error:
        print("refused:", error)
    with open_project(sys.argv[1], read_only=True) as project:
        print("read:", project.counts().frames)
"""


def run_python(code: str, *arguments: str, **options: object) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    assert ended.returncode == 0, ended.stderr
    return str(ended.stdout)


def test_a_second_program_is_refused_for_writing_but_may_read(path: Path) -> None:
    with open_project(path, member="ann") as project:
        add_frames(project, 3, root="more")
        project.flush()

        said = run_python(SECOND_PROGRAM, str(path))

        assert "refused: birds.annotator is open in another program (program " in said
        assert f"(program {os.getpid()}): close it there, or open it for reading only" in said
        assert "read: 5" in said
        add_frames(project, 1, root="last")
        project.flush()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_claim_ends_with_the_program_however_it_ends(path: Path) -> None:
    run_python(
        "import os, sys; from annotator.store.project import open_project; p = open_project(sys.argv[1]); os._exit(0)",
        str(path),
    )
    open_project(path).close()


def test_reading_only_writes_nothing(path: Path) -> None:
    before = path.read_bytes()
    with open_project(path, read_only=True) as project:
        assert project.is_read_only
        assert project.counts().instances == 1
        assert project.undo_name == ""
        with pytest.raises(ReadOnlyError, match="it was opened for reading only"), project.transaction("X"):
            pass
        with pytest.raises(ReadOnlyError):
            project.bulk("X", lambda bulk: None)
        with pytest.raises(ReadOnlyError):
            project.undo()
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_readers_do_not_drop_the_locks_of_the_writer(path: Path) -> None:
    """POSIX drops all locks of a process on a file when any of its handles is closed."""
    with open_project(path, member="ann") as project:
        for _ in range(3):
            with open_project(path, read_only=True) as reader:
                assert reader.counts().frames == 2
        probe = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1], timeout=0)
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            try:
                connection.execute("BEGIN EXCLUSIVE")
                print("taken")
            except sqlite3.OperationalError as error:
                print(error)
        """
        assert "locked" in run_python(probe, str(path))
        add_frames(project, 1, root="more")
        project.flush()


READS_AS_NOBODY = """
    import os, sys
    from annotator.store.project import open_project
    try:
        open_project(sys.argv[1] + "-missing")  # imports the rest: nobody may not read where Python lies
    except Exception:
        pass
    import platformdirs; platformdirs.user_data_dir("annotator")
    os.setgid(65534); os.setuid(65534)
    with open_project(sys.argv[1], member="ann") as project:
        print(project.is_read_only, "|", project.read_only_reason, "|", project.counts().instances, "|", project.name)
"""


@pytest.mark.skipif(not IS_ROOT, reason="needs root to become somebody who may not write")
@pytest.mark.parametrize("crashed", [False, True], ids=["closed cleanly", "with the log of a crash"])
def test_a_folder_that_may_not_be_written_is_read_from_a_copy(
    tmp_path: Path, skeleton: Skeleton, crashed: bool
) -> None:
    # Under the system's temporary folder: nobody may not pass through pytest's own.
    folder = Path(run_python("import tempfile; print(tempfile.mkdtemp(prefix='annotator-test-'))").strip())
    try:
        check_read_only_folder(folder, skeleton, crashed)
    finally:
        shutil.rmtree(folder)


def check_read_only_folder(folder: Path, skeleton: Skeleton, crashed: bool) -> None:
    project = create_project(folder / "p.annotator", [skeleton], member="ann")
    (key,) = add_frames(project, 1)
    add_instance(project, key, pose(skeleton))
    project.flush()
    if crashed:
        (folder / "crash").mkdir()
        for name in ("p.annotator", "p.annotator-wal"):
            shutil.copyfile(folder / name, folder / "crash" / name)
    project.close()
    home = folder / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    where = folder / "crash" if crashed else folder
    for file in where.glob("p.annotator*"):
        file.chmod(0o444)
    where.chmod(0o555)
    folder.chmod(0o555)
    before = {file.name: file.read_bytes() for file in where.glob("p.*")}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}

    said = run_python(READS_AS_NOBODY, str(where / "p.annotator"), env=environment | {"HOME": str(home)})

    assert said.strip() == "True | its folder or file cannot be written | 1 | p"
    assert {file.name: file.read_bytes() for file in where.glob("p.*")} == before


def test_a_project_that_was_killed_opens_with_everything(tmp_path: Path, path: Path) -> None:
    code = """
        import os, sys
        sys.path.insert(0, sys.argv[2])
        from store_values import add_frames
        from annotator.store.project import open_project
        project = open_project(sys.argv[1], member="ann")
        add_frames(project, 7, root="more")
        project.flush()
        os._exit(0)
    """
    run_python(code, str(path), str(Path(__file__).parent))
    assert path.with_name(path.name + "-wal").stat().st_size > 0

    with open_project(path) as project:
        assert project.counts().frames == 9
    assert [file.name for file in path.parent.iterdir()] == [path.name]


MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 0:45 / /home/ann/share rw,relatime - {kind} server:/export rw
24 22 0:46 / /home/ann/my\\040disk rw - cifs //nas/x rw
25 23 0:47 / /home/ann/share/local rw - ext4 /dev/sdb1 rw
"""


@pytest.mark.parametrize(
    ("path_", "kind", "expected"),
    [
        ("/home/ann/share/p.annotator", "nfs4", "nfs4"),
        ("/home/ann/share/p.annotator", "fuse.sshfs", "fuse.sshfs"),
        ("/home/ann/share/p.annotator", "ext4", ""),
        ("/home/ann/shared/p.annotator", "nfs", ""),
        ("/home/ann/my disk/p.annotator", "nfs", "cifs"),
        ("/home/ann/share/local/p.annotator", "nfs", ""),
        ("/home/ann/p.annotator", "nfs", ""),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="mount tables are of POSIX systems")
def test_network_drives_are_found_in_the_mount_table(path_: str, kind: str, expected: str) -> None:
    assert location.network_type(Path(path_), MOUNTS.format(kind=kind)) == expected


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_project_on_a_network_drive_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = f"1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / {path.parent} rw - nfs server:/export rw\n"
    read_text = Path.read_text
    monkeypatch.setattr(
        Path,
        "read_text",
        lambda self, *a, **k: table if str(self) == "/proc/self/mountinfo" else read_text(self, *a, **k),
    )

    with pytest.raises(StoreError, match=r"lies on a network drive \(nfs\), where labels can be lost: copy it to"):
        open_project(path)
    open_project(path, allow_network=True).close()


def test_wal_is_trusted_only_with_the_fix_of_its_bug() -> None:
    good = [(3, 51, 3), (3, 53, 4), (3, 50, 7), (3, 44, 6)]
    bad = [(3, 40, 1), (3, 51, 2), (3, 50, 6), (3, 44, 5), (3, 45, 0), (3, 7, 0)]
    assert all(map(sqlite.wal_is_safe, good))
    assert not any(map(sqlite.wal_is_safe, bad))


def test_an_old_library_writes_with_the_rollback_journal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "wal_is_safe", lambda: False)
    with open_project(path, member="ann") as project:
        add_frames(project, 2, root="more")
        project.flush()
        assert project._connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert project._connection.execute("PRAGMA synchronous").fetchone() == (3,)
        before = dump(project)
    with open_project(path, member="ann") as project:
        assert dump(project) == before


def test_durability_settings_are_what_they_must_be(project: Project) -> None:
    if not sqlite.wal_is_safe():
        pytest.skip("this SQLite has the WAL-reset bug")
    ask = project._connection.execute
    assert ask("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ask("PRAGMA synchronous").fetchone() == (2,)
    assert ask("PRAGMA foreign_keys").fetchone() == (1,)
    assert ask("PRAGMA recursive_triggers").fetchone() == (1,)
    assert ask("PRAGMA trusted_schema").fetchone() == (0,)
    assert ask("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE change SET name = 'x'",
        "DELETE FROM change_frame",
        "UPDATE change_frame SET after = x''",
        "INSERT OR REPLACE INTO change_frame SELECT frame, revision, change, x'', x'', hash FROM change_frame",
    ],
)
def test_history_is_append_only(project: Project, statement: str) -> None:
    add_frames(project, 1)
    project.flush()
    with pytest.raises(sqlite.Error, match="append-only"):
        project._connection.execute(statement)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("database or disk is full", "the disk that holds p.annotator is full: free some space, then press Retry"),
        ("attempt to write a readonly database", "p.annotator cannot be written: its folder or the file is read-only"),
        ("database is locked", "another program is using p.annotator: close it there, then press Retry"),
        ("database disk image is malformed", "p.annotator is damaged"),
        ("file is not a database", "p.annotator is not an Annotator project: choose a .annotator file"),
        ("unable to open database file", "/x/p.annotator cannot be opened: check that it exists"),
        ("disk I/O error", "the disk failed while p.annotator was read or written: check the disk"),
        ("something new", "p.annotator: something new"),
    ],
)
def test_what_sqlite_says_becomes_a_sentence(text: str, sentence: str) -> None:
    assert str(sqlite.explain(sqlite.Error(text), Path("/x/p.annotator"))).startswith(sentence)
