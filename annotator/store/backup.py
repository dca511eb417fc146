"""Backups in the user's own folder, verified before they count."""

import logging
import re
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from annotator.errors import StoreError
from annotator.jobs import Job
from annotator.store import sqlite
from annotator.store.copying import copy_database
from annotator.store.sqlite import Connection

_log = logging.getLogger(__name__)

_EVERY_S = 30 * 60.0
_BULK_APART_S = 5 * 60.0
_BYTES_PER_S = 40e6
_NEWEST, _DAYS, _WEEKS = 10, 14, 8
_LITTER_S = 24 * 3600.0
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
            copy_database(source, path, self._project, job or Job())
        self._prune()
        return Backup(path, made_ms / 1000, newest, reason)

    def before_bulk(self) -> Backup | None:
        """Make a backup before risky work, unless one was made in the last minutes or nothing changed since."""
        newest = self._newest()
        if newest is not None and time.time() - newest.made < _BULK_APART_S:
            return None
        return self._make_if_changed("before-bulk", newest)

    def make_if_due(self, job: Job | None = None) -> Backup | None:
        """Make a backup when something changed and the last one, or the opening, is half an hour ago.

        Raises:
            JobCancelled: nothing was left behind.
        """
        newest = self._newest()
        if time.time() - max(newest.made if newest else 0.0, self._opened) < _EVERY_S:
            return None
        return self._make_if_changed("half-hour", newest, job)

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

    def _make_if_changed(self, reason: str, newest: Backup | None, job: Job | None = None) -> Backup | None:
        """Make an automatic backup; work goes on without one when it fails, and `problem` says why."""
        try:
            with closing(self._connect()) as connection:
                is_empty = connection.execute("SELECT 1 FROM frame LIMIT 1").fetchone() is None
                if is_empty or (newest is not None and _newest_change(connection) == newest.newest_change):
                    return None
            backup = self.make(reason, job)
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
        copy_database(source, target, backup.path, job or Job())


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
