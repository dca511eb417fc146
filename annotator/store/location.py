"""Where a project file lies, whether it may be written there, and who has it open.

SQLite's WAL needs the shared memory of one computer, so files on network drives are refused. A folder that cannot be
written makes even reading a WAL database impossible, so the file is read from a private copy then.
"""

import hashlib
import os
import shutil
import struct
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import platformdirs

from annotator.errors import ProjectInUseError, StoreError
from annotator.store import sqlite

_NETWORK_TYPES = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "fuse.sshfs",
        "sshfs",
        "9p",
        "vboxsf",
        "afpfs",
        "webdav",
        "fuse.davfs2",
        "fuse.rclone",
    ]
)
_open_here: Counter[Path] = Counter()
_SQLITE_HEADER = b"SQLite format 3\x00"
_HEADER_SIZE = 100
_VERSION_OFFSET = 60


@dataclass(slots=True)
class ProjectPlace:
    """A project file that was checked and is ready to connect to.

    Attributes:
        path: as the person knows it.
        database: the file to connect to; a private copy when the folder cannot be written.
        read_only_reason: why it is only read, or "".
        is_old: an older version made it: its tables must be changed before they are used.
    """

    path: Path
    database: Path
    read_only_reason: str = ""
    is_old: bool = False
    _lock: IO[bytes] | None = None
    _copy: tempfile.TemporaryDirectory[str] | None = None

    def __post_init__(self) -> None:
        _open_here[self.path.resolve()] += 1

    @property
    def is_copy(self) -> bool:
        """Whether `database` is a private copy."""
        return self._copy is not None

    def connect(self, *, read_only: bool) -> sqlite.Connection:
        """Open a connection.

        Raises:
            StoreError: the file cannot be opened.
        """
        try:
            return sqlite.connect(self.database, read_only=read_only)
        except (sqlite.Error, UnicodeDecodeError) as error:
            raise sqlite.explain(error, self.path) from error

    def finish(self, connection: sqlite.Connection) -> None:
        """Fold the write-ahead log into the file and close, so that one file remains."""
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite.Error:
            pass  # the log stays beside the file and is folded in at the next open
        finally:
            connection.close()

    def release(self) -> None:
        """Let others open the project. To be called once."""
        _open_here[self.path.resolve()] -= 1
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None


def take_place(path: Path, *, read_only: bool = False, allow_network: bool = False) -> ProjectPlace:
    """Check a project file and, for writing, claim it.

    Raises:
        StoreError: it is missing, foreign, damaged, newer, or on a network drive.
        ProjectInUseError: another program has it open for writing.
    """
    path = path.absolute()
    _check_file(path)
    if not allow_network and (kind := network_type(path)):
        raise StoreError(
            f"{path.name} lies on a network drive ({kind}), where labels can be lost: "
            "copy it to this computer and open the copy"
        )
    place = _read_only_copy(path) if not _is_writable(path) else ProjectPlace(path, path)
    if read_only and not place.read_only_reason:
        place.read_only_reason = "it was opened for reading only"
    try:
        if not place.read_only_reason:
            place._lock = _claim(path)
        place.is_old = _check_content(place)
        if place.is_old and place.read_only_reason and not place.is_copy:
            place.release()
            place = _read_only_copy(path)  # the file stays as it is; its copy is brought to this version
            place.is_old = True
    except BaseException:
        place.release()
        raise
    return place


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise StoreError(f"{path} is a folder: choose a .annotator file")
    if _open_here[path.resolve()]:
        return  # closing a second handle of the file would drop SQLite's locks on it (POSIX: all of the process)
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_SIZE)
    except FileNotFoundError as error:
        raise StoreError(f"{path} does not exist: check the name, or make a new project") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from error
    if not header:
        raise StoreError(f"{path.name} is empty (0 bytes): restore a backup")
    if not header.startswith(_SQLITE_HEADER) or len(header) < _HEADER_SIZE:
        raise StoreError(f"{path.name} is not an Annotator project: choose a .annotator file")
    # Before SQLite opens it: that would fold the log of a file that is not ours to change.
    version, application = struct.unpack_from(">i4xi", header, _VERSION_OFFSET)
    sqlite.check_origin(application, version, path)


def _check_content(place: ProjectPlace) -> bool:
    """Check what SQLite says of the file, and return whether an older version made it."""
    wal = place.database.with_name(place.database.name + "-wal")
    was_closed_cleanly = not wal.exists() or wal.stat().st_size == 0
    connection = place.connect(read_only=True)  # it sets nothing in a file that may turn out not to be ours
    try:
        sqlite.verify_schema(connection, place.path)
        if not was_closed_cleanly:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise StoreError(f"{place.path.name} is damaged ({found}): restore a backup")
        return sqlite.is_old(connection)
    except (sqlite.Error, UnicodeDecodeError) as error:
        raise sqlite.explain(error, place.path) from error
    finally:
        connection.close()


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _read_only_copy(path: Path) -> ProjectPlace:
    """Copy the file with its log to a private folder: neither can be read in place without writing."""
    folder = tempfile.TemporaryDirectory(prefix="annotator-")
    try:
        for source in (path, path.with_name(path.name + "-wal")):
            if source.exists():
                shutil.copyfile(source, Path(folder.name) / source.name)
    except OSError as error:
        folder.cleanup()
        raise StoreError(f"{path.name} cannot be copied for reading: {error.strerror or error}") from error
    return ProjectPlace(path, Path(folder.name) / path.name, "its folder or file cannot be written", _copy=folder)


def _claim(path: Path) -> IO[bytes]:
    """Take the lock that the operating system drops by itself when the program ends, however it ends.

    Raises:
        ProjectInUseError: somebody else holds it.
    """
    folder = Path(platformdirs.user_state_dir("annotator", appauthor=False)) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.blake2b(os.fsencode(path.resolve()), digest_size=16).hexdigest()
    file = (folder / f"{name}.lock").open("a+b")
    try:
        _lock_file(file)
    except OSError as error:
        file.seek(0)
        owner = file.read(200).decode(errors="replace").strip()
        file.close()
        by = f" (program {owner})" if owner else ""
        raise ProjectInUseError(
            f"{path.name} is open in another program{by}: close it there, or open it for reading only"
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()).encode())
    file.flush()
    return file


def refuse_open(path: Path) -> None:
    """Refuse a file that somebody, here or in another program, has open for writing.

    Raises:
        ProjectInUseError: somebody has.
    """
    if path.exists():
        _claim(path.absolute()).close()


if sys.platform == "win32":
    import msvcrt

    def _lock_file(file: IO[bytes]) -> None:
        file.seek(1 << 30)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock_file(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def network_type(path: Path, mounts: str | None = None) -> str:
    """Return the kind of network drive that holds `path`, or "" for a local disk.

    Args:
        path: of the file.
        mounts: the text of /proc/self/mountinfo; read when None.
    """
    if sys.platform == "win32":
        import ctypes

        drive = path.drive
        if drive.startswith("\\\\"):
            return "UNC"
        return "remote" if ctypes.windll.kernel32.GetDriveTypeW(drive + "\\") == 4 else ""
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
    best, kind = "", ""
    target = str(path.resolve())
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split()
        if len(fields) < 5 or not right:
            continue
        point = fields[4].replace("\\040", " ")
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, right.split()[0]
    return kind if kind in _NETWORK_TYPES else ""
