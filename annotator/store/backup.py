"""Backups in the user's own folder, verified before they count, and whole copies of a project elsewhere."""

import logging
import re
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from annotator.errors import StoreError
from annotator.jobs import Job
from annotator.model.ids import new_id
from annotator.store import location, sqlite
from annotator.store.chain import chain_findings
from annotator.store.roots import hint_for
from annotator.store.sqlite import Connection

if TYPE_CHECKING:
    from annotator.store.project import Project

_log = logging.getLogger(__name__)

_STEP_PAGES = 4096
_EVERY_S = 30 * 60.0
_BULK_APART_S = 5 * 60.0
_BYTES_PER_S = 40e6
_NEWEST, _DAYS, _WEEKS = 10, 14, 8
_LITTER_S = 24 * 3600.0
_FREE_BYTES = 20 << 20
_NAME = re.compile(r"(\d{8}-\d{6}-\d{3})_(\d+)_([a-z-]+)\.annotator")
_STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class Backup:
    """One verified backup.

    Attributes:
        made: seconds since the epoch.
        newest_change: uid of the newest change in it.
        reason: why it was made: "before-bulk", "before-update", "half-hour", "closing" or "by-hand".
    """

    path: Path
    made: float
    newest_change: int
    reason: str


class Backups:
    """The backups of one project. Every method may be called from any thread, and takes as long as a copy does.

    Attributes:
        problem: why the last automatic backup failed, as a sentence; "" when it did not.
    """

    def __init__(self, project_uid: int, project_path: Path, connect: Callable[[], Connection]) -> None:
        self.problem = ""
        self.folder = Path(platformdirs.user_data_dir("annotator", appauthor=False)) / "backups" / str(project_uid)
        self._project = project_path
        self._connect = connect
        self._opened = time.time()

    def list(self) -> list[Backup]:
        """Return the backups, newest first."""
        if not self.folder.is_dir():
            return []
        found = [backup for path in self.folder.iterdir() if (backup := _parse(path))]
        return sorted(found, key=lambda backup: backup.made, reverse=True)

    def make(self, reason: str = "by-hand", job: Job | None = None) -> Backup:
        """Make a backup of what is on disk, verify it, and remove those that the keep rule lets go.

        Raises:
            StoreError: the disk is full or fails, or the project's file is damaged.
            JobCancelled: nothing was left behind.
        """
        with closing(self._connect()) as source:
            newest = _newest_change(source)
            made_ms = int(time.time() * 1000)
            stamp = datetime.fromtimestamp(made_ms // 1000, UTC).strftime(_STAMP) + f"-{made_ms % 1000:03}"
            path = self.folder / f"{stamp}_{newest}_{reason}.annotator"
            _copy(source, path, self._project, job or Job())
        self._prune()
        return Backup(path, made_ms / 1000, newest, reason)

    def before_bulk(self) -> Backup | None:
        """Make a backup before risky work, unless one was made in the last minutes or nothing changed since."""
        newest = self._newest()
        if newest is not None and time.time() - newest.made < _BULK_APART_S:
            return None
        return self._make_if_changed("before-bulk", newest)

    def make_if_due(self) -> Backup | None:
        """Make a backup when something changed and the last one, or the opening, is half an hour ago."""
        newest = self._newest()
        if time.time() - max(newest.made if newest else 0.0, self._opened) < _EVERY_S:
            return None
        return self._make_if_changed("half-hour", newest)

    def at_close(self) -> Backup | None:
        """Make a backup when something changed since the last one.

        That of a very large project takes a while; it is made when it costs no more than a hundredth of the time since.
        """
        newest = self._newest()
        cost_s = self._project.stat().st_size / _BYTES_PER_S
        if newest is not None and time.time() - newest.made < 100 * cost_s - 1:
            return None
        return self._make_if_changed("closing", newest)

    def _newest(self) -> Backup | None:
        return next(iter(self.list()), None)

    def _make_if_changed(self, reason: str, newest: Backup | None) -> Backup | None:
        """Make an automatic backup; work goes on without one when it fails, and `problem` says why."""
        try:
            with closing(self._connect()) as connection:
                is_empty = connection.execute("SELECT 1 FROM frame LIMIT 1").fetchone() is None
                if is_empty or (newest is not None and _newest_change(connection) == newest.newest_change):
                    return None
            backup = self.make(reason)
        except (StoreError, sqlite.Error, OSError) as error:
            self.problem = str(error)
            _log.warning("no backup (%s): %s", reason, error)
            return None
        self.problem = ""
        return backup

    def _prune(self) -> None:
        backups = self.list()
        keep = kept([backup.made for backup in backups])
        for backup in backups:
            if backup.made not in keep:
                backup.path.unlink(missing_ok=True)
        for litter in self.folder.glob(".*"):  # of a program that was killed while it copied
            with suppress(FileNotFoundError):  # of a backup that another thread has just finished
                if time.time() - litter.stat().st_mtime > _LITTER_S:
                    litter.unlink()


def kept(times: Iterable[float]) -> set[float]:
    """Return which backups stay: the ten newest, the last of each of 14 days, the last of each of 8 weeks.

    Args:
        times: seconds since the epoch, of verified backups.
    """
    ordered = sorted(times, reverse=True)
    keep = set(ordered[:_NEWEST])
    for count, period in ((_DAYS, "%Y-%j"), (_WEEKS, "%G-%V")):
        last_of: dict[str, float] = {}
        for made in ordered:
            last_of.setdefault(datetime.fromtimestamp(made, UTC).strftime(period), made)
        keep.update(list(last_of.values())[:count])
    return keep


def restore(backup: Backup, target: Path, job: Job | None = None) -> None:
    """Write a backup to a new file, verified again; the damaged project itself is never overwritten.

    Raises:
        StoreError: the target exists, or the backup is damaged or cannot be copied.
        JobCancelled: nothing was left behind.
    """
    if target.exists():
        raise StoreError(f"{target} exists already: choose another name")
    try:
        source = sqlite.connect(backup.path, read_only=True)
    except sqlite.Error as error:
        raise sqlite.explain(error, backup.path) from error
    with closing(source):
        _copy(source, target, backup.path, job or Job())


def save_a_copy(project: "Project", target: Path, job: Job | None = None) -> None:
    """Write the whole project, history too, to another file, which takes the place of one that is there.

    Raises:
        StoreError: the target is open, cannot be written, or the project's file is damaged.
        NotSavedError: changes wait that cannot be saved.
        JobCancelled: nothing was changed.
    """
    target = target.absolute()
    if target.resolve() == project.path.resolve():
        raise StoreError(f"{target.name} is the project itself: choose another name")
    location.refuse_open(target)
    project.flush()
    with closing(project.connect()) as source:
        roots = [row[0] for row in source.execute("SELECT name FROM root")]
        hints = {
            root: hint_for(folder, target.parent)
            for root in roots
            if (folder := project.roots.folder(root)) is not None
        }

        def set_hints(copy: Connection) -> None:
            copy.executemany("UPDATE root SET hint = ? WHERE name = ?", [(hint, root) for root, hint in hints.items()])

        _copy(source, target, project.path, job or Job(), set_hints)


def _copy(
    source: Connection,
    target: Path,
    origin: Path,
    job: Job,
    adapt: Callable[[Connection], None] | None = None,
) -> None:
    """Copy a database as it is now, adapt and verify the copy, then give it its name."""
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


def _newest_change(connection: Connection) -> int:
    row = connection.execute("SELECT uid FROM change ORDER BY id DESC LIMIT 1").fetchone()
    return int(row[0]) if row else 0


def _parse(path: Path) -> Backup | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    stamp, uid, reason = match.groups()
    seconds = int(datetime.strptime(stamp[:-4], _STAMP).replace(tzinfo=UTC).timestamp())
    return Backup(path, (seconds * 1000 + int(stamp[-3:])) / 1000, int(uid), reason)
