"""Findings, and the quick half of the integrity check: SQLite's own check and the hash chains."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from annotator.errors import StoreError
from annotator.model.frame import FrameKey
from annotator.store import sqlite
from annotator.store.change import PROJECT_KEY
from annotator.store.digest import NO_HASH, chain_hash, header_bytes, project_seed
from annotator.store.fold import HistoryEntry
from annotator.store.sqlite import Connection

_SHOWN_OF_A_KIND = 20
# A damaged page can give a number where text belongs, and the other way round.
DAMAGE = (sqlite.Error, ValueError, TypeError, LookupError, AttributeError, OverflowError)


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
        seed = seed_of(connection)
        for frame, rows in groupby(history_rows(connection), itemgetter(0)):
            _, findings_of_frame = verify_chain(frame, rows, seed)
            findings += findings_of_frame
    except DAMAGE as error:
        findings.append(Finding("file", f"the history cannot be read: {error}"))
    return cut_short(findings)


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
    return iter(
        connection.execute(
            "SELECT h.frame, h.revision, h.before, h.after, h.hash, c.bulk, "
            "c.uid, c.name, c.kind, c.bulk, m.name, c.client_ms, c.undoes, c.version "
            "FROM change_frame h LEFT JOIN change c ON c.id = h.change LEFT JOIN member m ON m.id = c.member "
            "ORDER BY h.frame, h.revision"
        )
    )


def verify_chain(key: FrameKey, rows: Iterator[Any], seed: bytes) -> tuple[list[HistoryEntry], list[Finding]]:
    """Verify the hashes of one frame and return its history; after the first break nothing can be trusted."""
    entries: list[HistoryEntry] = []
    previous = NO_HASH if key != PROJECT_KEY else seed
    where = "the project's own history" if key == PROJECT_KEY else f"the history of frame {key}"
    for expected, row in enumerate(rows, 1):
        revision, before, after, stored = row[1:5]
        if revision != expected:
            return entries, [Finding("history", f"{where} lacks its revision {expected}", key or None)]
        digest = chain_hash(previous, header_bytes(*row[6:]), key, revision, before, after)
        if digest != stored:
            name = row[7] or "a change"
            return entries, [Finding("history", f"{where} is damaged at revision {revision} ({name})", key or None)]
        entries.append(HistoryEntry(revision, before, after, bool(row[5])))
        previous = digest
    return entries, []


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
