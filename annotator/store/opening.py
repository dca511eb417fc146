"""Opening a project file: checked, claimed, and brought to this version when an older one made it."""

from pathlib import Path

from annotator.store import sqlite
from annotator.store.backup import Backups
from annotator.store.location import ProjectPlace, take_place


def open_place(path: Path, *, read_only: bool = False, allow_network: bool = False) -> ProjectPlace:
    """Check a project file, claim it for writing, and change its tables to those of this version.

    Raises:
        StoreError: it is missing, foreign, damaged, newer, on a network drive, or cannot be brought to this version.
        ProjectInUseError: another program has it open for writing.
    """
    place = take_place(path, read_only=read_only, allow_network=allow_network)
    try:
        if place.is_old:
            _update(place)
    except BaseException:
        place.release()
        raise
    return place


def _update(place: ProjectPlace) -> None:
    """Bring the file to this version, after a backup of it."""
    connection = place.connect(read_only=False)
    try:
        if not place.is_copy:
            uid = connection.execute("SELECT uid FROM project").fetchone()[0]
            Backups(uid, place.path, lambda: place.connect(read_only=True)).make("before-update")
        sqlite.migrate(connection, place.path)
    except (sqlite.Error, UnicodeDecodeError) as error:
        raise sqlite.explain(error, place.path) from error
    finally:
        connection.close()
