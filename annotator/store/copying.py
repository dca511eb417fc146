"""Verified copies of a database that may be in use: whole at their new name, or not there."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from annotator.errors import StoreError
from annotator.jobs import Job
from annotator.model.ids import new_id
from annotator.store import sqlite
from annotator.store.chain import chain_findings
from annotator.store.sqlite import Connection

_STEP_PAGES = 4096
_FREE_BYTES = 20 << 20


def copy_database(
    source: Connection,
    target: Path,
    origin: Path,
    job: Job,
    adapt: Callable[[Connection], None] | None = None,
) -> None:
    """Copy a database as it is now, adapt and verify the copy, then give it its name.

    Args:
        source: a connection to it.
        target: is replaced when it is there.
        origin: the file, for messages.
        job: reports and cancels.
        adapt: changes the copy, inside a transaction.

    Raises:
        StoreError: the disk is full or fails, or the database is damaged.
        JobCancelled: nothing was changed.
    """
    beside = target.with_name(f".{target.name}.{new_id()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        size = sum(path.stat().st_size for path in (origin, *sqlite.logs_of(origin)) if path.exists())
        if shutil.disk_usage(target.parent).free < size + _FREE_BYTES:
            raise StoreError(f"{target.parent} has no room for a copy of {origin.name}: free some space")
        try:
            _copy_pages(source, beside, job)
            _adapt_and_verify(beside, origin, adapt)
            sqlite.publish(beside, target, replace=True)
        finally:
            for litter in (beside, *sqlite.logs_of(beside)):
                litter.unlink(missing_ok=True)
    except sqlite.Error as error:
        raise sqlite.explain(error, origin) from error
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror or error}") from error


def _copy_pages(source: Connection, beside: Path, job: Job) -> None:
    def report(_: int, left: int, total: int) -> None:
        job.check()
        job.report(total - left, total, "Copying")

    with closing(sqlite.driver.connect(str(beside), isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = OFF")  # `publish` syncs the whole file once
        source.execute("BEGIN")  # one snapshot, whatever is written meanwhile
        try:
            source.execute("SELECT 1 FROM project").fetchone()
            source.backup(copy, pages=_STEP_PAGES, progress=report)
        finally:
            source.execute("ROLLBACK")


def _adapt_and_verify(beside: Path, origin: Path, adapt: Callable[[Connection], None] | None) -> None:
    with closing(sqlite.connect(beside)) as copy:
        if adapt is not None:
            copy.execute("BEGIN IMMEDIATE")
            adapt(copy)
            copy.execute("COMMIT")
        if findings := chain_findings(copy):
            raise StoreError(f"{origin.name} is damaged ({findings[0].sentence}): check it, and restore a backup")
