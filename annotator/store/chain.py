"""Findings, and the quick half of the integrity check: SQLite's own check and the hash chains."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from annotator.errors import StoreError
from annotator.model.frame import FrameKey
from annotator.store.change import PROJECT_KEY
from annotator.store.damage import DAMAGE
from annotator.store.digest import NO_HASH, chain_hash, header_bytes, project_seed
from annotator.store.fold import HistoryEntry
from annotator.store.sqlite import Connection

_SHOWN_OF_A_KIND = 20
# A damaged page can give a number where text belongs, and the other way round.


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be.

    Attributes:
        kind: "file", "history", "frame", "instance", "prediction", "skeleton", "settings", "run" or "picture".
        sentence: what is wrong, to show.
        frame: where, or None.
    """

    kind: str
    sentence: str
    frame: FrameKey | None = None


def chain_findings(connection: Connection) -> list[Finding]:
    """Return what SQLite's check and the hash chains alone find: quick, and enough for a fresh copy."""
    findings = list(file_findings(connection))
    if findings:
        return findings
    try:
        findings += _broken_chains(connection)
    except DAMAGE as error:
        findings.append(Finding("file", f"the history cannot be read: {error}"))
    return cut_short(findings)


def _broken_chains(connection: Connection) -> Iterator[Finding]:
    """Verify all chains in one lean loop: backups wait for it."""
    key, revision, previous, seed = None, 0, b"", seed_of(connection)
    change, header = None, b""
    broken = None
    for row in history_rows(connection):
        if row[0] != key:
            key, revision, previous = row[0], 0, NO_HASH if row[0] != PROJECT_KEY else seed
        elif key == broken:
            continue
        if row[5] != change:
            change, header = row[5], header_of(connection, row[5])
        revision += 1
        previous = chain_hash(previous, header, key, revision, row[2], row[3])
        if previous != row[4] or revision != row[1]:
            broken = key
            yield _broken(key, row[1])


def header_of(connection: Connection, change: int) -> bytes:
    """Return what the history rows of a change are hashed with."""
    sql = (
        "SELECT c.uid, c.name, c.kind, c.bulk, m.name, c.client_ms, c.undoes, c.version "
        "FROM change c LEFT JOIN member m ON m.id = c.member WHERE c.id = ?"
    )
    return header_bytes(*(connection.execute(sql, (change,)).fetchone() or ()))


def file_findings(connection: Connection) -> Iterator[Finding]:
    try:
        for (text,) in connection.execute("PRAGMA integrity_check(20)").fetchall():
            if text != "ok":
                yield Finding("file", f"the file is damaged: {text}")
                return
        for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(_SHOWN_OF_A_KIND):
            yield Finding("file", f"a row of {table} names a row of {parent} that does not exist")
    except DAMAGE as error:
        yield Finding("file", f"the file is damaged: {error}")


def seed_of(connection: Connection) -> bytes:
    row = connection.execute("SELECT uid, created_ms FROM project").fetchone()
    if row is None:
        raise StoreError("the project's own row is missing: restore a backup")
    return project_seed(*row)


def history_rows(connection: Connection) -> Iterator[Any]:
    """Yield frame, revision, before, after, hash, change of all history, frame by frame."""
    return iter(
        connection.execute(
            "SELECT frame, revision, before, after, hash, change FROM change_frame ORDER BY frame, revision"
        )
    )


def verify_chain(
    key: FrameKey, rows: Iterator[Any], seed: bytes, header: Callable[[int], bytes]
) -> tuple[list[HistoryEntry], list[Finding]]:
    """Verify the hashes of one frame and return its history; after the first break nothing can be trusted."""
    entries: list[HistoryEntry] = []
    previous = NO_HASH if key != PROJECT_KEY else seed
    for expected, (_, revision, before, after, stored, change) in enumerate(rows, 1):
        previous = chain_hash(previous, header(change), key, revision, before, after)
        if previous != stored or revision != expected:
            return entries, [_broken(key, revision)]
        entries.append(HistoryEntry(revision, before, after))
    return entries, []


def _broken(key: FrameKey, revision: int) -> Finding:
    where = f"the history of frame {key}" if key else "the project's own history"
    return Finding("history", f"{where} is damaged at revision {revision}", key or None)


def cut_short(findings: Iterator[Finding] | list[Finding]) -> list[Finding]:
    shown: list[Finding] = []
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.kind] = counts.get(finding.kind, 0) + 1
        if counts[finding.kind] <= _SHOWN_OF_A_KIND:
            shown.append(finding)
    shown += [
        Finding(kind, f"and {count - _SHOWN_OF_A_KIND} more of this kind")
        for kind, count in counts.items()
        if count > _SHOWN_OF_A_KIND
    ]
    return shown
