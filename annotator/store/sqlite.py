"""The SQLite dialect: which library, which settings, and what its errors mean for a person."""

import os
import sqlite3 as builtin_sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from annotator.errors import StoreError
from annotator.store import schema
from annotator.store.schema import APPLICATION_ID

if TYPE_CHECKING:
    Connection = builtin_sqlite3.Connection
else:
    Connection = Any

BUSY_TIMEOUT_S = 5.0
_LOG_LIMIT = 64 << 20
_LONGEST_REASON = 160
_SCHEMA_ROWS = "SELECT type, name, tbl_name, sql FROM sqlite_master"


def _best_driver() -> ModuleType:
    """Prefer the bundled library of `pysqlite3` to the one Python happens to link."""
    try:
        return import_module("pysqlite3")
    except ImportError:
        return builtin_sqlite3


driver: Any = _best_driver()
Error = driver.Error


def wal_is_safe(version: tuple[int, int, int] | None = None) -> bool:
    """Return whether this SQLite has the fix of the WAL-reset bug.

    Source: SQLite's change log; fixed in 3.51.3, back-ported to 3.50.7 and 3.44.6.
    """
    found = version or driver.sqlite_version_info
    return found >= (3, 51, 3) or (3, 50, 7) <= found < (3, 51, 0) or (3, 44, 6) <= found < (3, 45, 0)


def connect(path: Path | str, *, read_only: bool = False) -> Connection:
    """Open a connection with the settings of a project; it may be used from any thread, one at a time.

    A connection for reading refuses to write, but opens the file so that it could: whoever closes last folds the log
    into the file and removes it, and with SQLite's own read-only mode it would lie there for ever.

    Raises:
        driver.Error: as SQLite says; translate it with `explain`.
    """
    location = Path(path).resolve().as_uri() + "?mode=rw"
    connection: Connection = driver.connect(
        location, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        _configure(connection, read_only)
    except (Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def _configure(connection: Connection, read_only: bool) -> None:
    run = connection.execute
    run("PRAGMA foreign_keys = ON")
    run("PRAGMA recursive_triggers = ON")  # or REPLACE gets past the append-only triggers
    run("PRAGMA trusted_schema = OFF")
    run("PRAGMA cell_size_check = ON")
    run("PRAGMA mmap_size = 0")  # a file that shrinks under a map is a SIGBUS
    run("PRAGMA cache_size = -16000")
    if sys.platform == "darwin":
        run("PRAGMA fullfsync = 1")
        run("PRAGMA checkpoint_fullfsync = 1")
    if read_only:
        run("PRAGMA query_only = ON")
        return
    if wal_is_safe():
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run(f"PRAGMA journal_size_limit = {_LOG_LIMIT}")  # an import's log does not stay as large
    else:
        run("PRAGMA journal_mode = DELETE")
        run("PRAGMA synchronous = EXTRA")  # FULL forgets the last commit: the journal's unlink is not synced


def create(path: Path, fill: Callable[[Connection], None]) -> None:
    """Make a new project file: whole, or not at all.

    Args:
        path: must not exist.
        fill: writes the first rows.

    Raises:
        StoreError: it exists, or its folder cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    if path.exists():
        raise StoreError(f"{path} exists already: choose another name, or open it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.touch(exist_ok=False)
        try:
            _create(beside, fill)
            publish(beside, path)
        finally:
            for litter in (beside, *logs_of(beside)):
                litter.unlink(missing_ok=True)
    except (OSError, Error) as error:
        raise StoreError(f"{path} cannot be made: {getattr(error, 'strerror', None) or error}") from error


def _create(path: Path, fill: Callable[[Connection], None]) -> None:
    connection = connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        for statement in schema.TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        fill(connection)
        connection.execute("COMMIT")
    finally:
        connection.close()


def publish(beside: Path, path: Path, *, replace: bool = False) -> None:
    """Give a finished file its name, durably.

    Args:
        beside: the file, closed.
        path: its name from now on.
        replace: take the place of a file that nobody has open.

    Raises:
        FileExistsError: the name is taken.
    """
    with beside.open("rb+") as file:
        os.fsync(file.fileno())
    if path.exists() and not replace:
        raise FileExistsError(path)
    for log in logs_of(path):  # of a file that was here before: it would be played into the new one
        log.unlink(missing_ok=True)
    beside.replace(path)
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def logs_of(path: Path) -> tuple[Path, Path, Path]:
    """Return the files that SQLite may keep beside a database."""
    return (
        path.with_name(path.name + "-wal"),
        path.with_name(path.name + "-shm"),
        path.with_name(path.name + "-journal"),
    )


def check_origin(application: int, version: int, path: Path) -> None:
    """Refuse a file of another program, or of a newer version of this one.

    Raises:
        StoreError: it is one.
    """
    if application != APPLICATION_ID:
        raise StoreError(f"{path.name} belongs to another program, not to Annotator: choose a .annotator project")
    if version > schema.VERSION:
        raise StoreError(
            f"{path.name} was made by a newer Annotator (project version {version}, this one reads {schema.VERSION}): "
            "update Annotator"
        )


def verify_schema(connection: Connection, path: Path) -> None:
    """Refuse a file whose tables, indexes and triggers are not exactly ours.

    A trigger that somebody added would run inside our own statements.

    Raises:
        StoreError: one sentence that names the file and what is wrong with it.
    """
    name = path.name
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    check_origin(application, version, path)
    # Every row counts, whatever its name: one that begins with "sqlite_" can be written into a file by hand.
    found = Counter(connection.execute(_SCHEMA_ROWS).fetchall())
    expected = _schema_rows(schema.SCHEMAS.get(version, ()))
    if foreign := sorted(str(row[3] or row[1]).strip() for row in (found - expected)):
        first = foreign[0].split("(")[0].split("\n")[0][:60]
        raise StoreError(
            f"{name} holds something that Annotator did not make ({first}): it is not opened; import its labels instead"
        )
    if found != expected or connection.execute("SELECT count(*) FROM project").fetchone()[0] != 1:
        raise StoreError(f"{name} lacks parts of a project: it is damaged; restore a backup")


@cache
def _schema_rows(tables: tuple[str, ...]) -> Counter[tuple[str, str, str, str | None]]:
    connection = driver.connect(":memory:")
    try:
        for statement in tables:
            connection.execute(statement)
        return Counter(connection.execute(_SCHEMA_ROWS).fetchall())
    finally:
        connection.close()


def is_old(connection: Connection) -> bool:
    """Return whether a project was made by an older version, whose tables must be changed first."""
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] < schema.VERSION)


def migrate(connection: Connection, path: Path) -> None:
    """Bring a project of an older version to this one, in one transaction.

    Raises:
        StoreError: the tables are not what they must be afterwards; nothing was changed.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for version in range(connection.execute("PRAGMA user_version").fetchone()[0], schema.VERSION):
            for statement in schema.MIGRATIONS[version]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        verify_schema(connection, path)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def explain(error: Exception, path: Path) -> StoreError:
    """Turn a driver error into the sentence a person needs."""
    text = " ".join(str(error).split())[:_LONGEST_REASON]  # it may quote whole statements of the file
    name = path.name
    if "disk is full" in text or "database or disk is full" in text:
        return StoreError(f"the disk that holds {name} is full: free some space, then press Retry")
    if "readonly" in text or "read-only" in text:
        return StoreError(f"{name} cannot be written: its folder or the file is read-only")
    if "locked" in text or "busy" in text:
        return StoreError(f"another program is using {name}: close it there, then press Retry")
    if (
        isinstance(error, UnicodeDecodeError) or "decode to UTF-8" in text
    ):  # even what SQLite says about the damage quotes damaged text
        return StoreError(f"{name} is damaged (its text is unreadable): restore a backup")
    if "malformed" in text or "corrupt" in text:
        return StoreError(f"{name} is damaged ({text}): restore a backup")
    if "not a database" in text:
        return StoreError(f"{name} is not an Annotator project: choose a .annotator file")
    if "unable to open" in text:
        return StoreError(f"{path} cannot be opened: check that it exists and that you may read it")
    if "disk I/O error" in text:
        return StoreError(f"the disk failed while {name} was read or written: check the disk, then press Retry")
    return StoreError(f"{name}: {text}")
