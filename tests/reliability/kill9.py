"""Kill a writing program at a random moment, and see whether all that it acknowledged is there.

A child process writes edits without pause and prints the number of each one that is said to be saved. The parent kills
it with SIGKILL and looks at what is there when the files are opened anew. Two known-bad stores stand beside ours: one
acknowledges before the COMMIT, one rewrites a JSON file. The driver must find their losses, else it proves nothing.

Two more children do large work over and over: imports, their undo and redo; and backups. What they leave must be the
state before or after one of these, never between.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GROUP = 100
"""Our writer commits what waits in groups of at most this many, and acknowledges each of a group after its COMMIT."""

IMPORTED = 400


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one kill did.

    Attributes:
        acknowledged: number of the last edit that was said to be saved.
        found: number of the last edit that a fresh process finds; -1 when the store cannot be read.
    """

    acknowledged: int
    found: int

    @property
    def is_lost(self) -> bool:
        return self.found < self.acknowledged


def kill_once(writer: str, folder: Path, after_s: float) -> Outcome:
    """Start a writer, kill it `after_s` after its first acknowledgement, and look."""
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith("XDG_")}, "HOME": str(folder / "home")}
    child = subprocess.Popen(
        [sys.executable, __file__, writer, str(folder)], stdout=subprocess.PIPE, env=environment, text=True
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(after_s)
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read()
    child.wait()
    child.stdout.close()
    lines = [line for line in (first + rest).splitlines(keepends=False) if line.isdigit()]
    return Outcome(int(lines[-1]) if lines else -1, FINDERS[writer](folder))


def write_ours(folder: Path) -> None:
    """Move a nose for ever; an edit is acknowledged when `saved` fires for it."""
    project, key = _open_ours(folder)
    start = int(project.content(key).instances[0].points[0, 0])
    project.saved.connect(lambda change: _say(change.name.removeprefix("Edit ")))
    for number in range(start + 1, start + 1_000_000):
        instance = project.content(key).instances[0]
        with project.transaction(f"Edit {number}") as transaction:
            transaction.replace(key, instance.with_point(0, (float(number), 0.0)))
        if number % 20 == 0:
            project.flush()


def _open_ours(folder: Path) -> tuple[Any, int]:
    """Return the project, made at the first time, and its frame with one instance."""
    from annotator import create_project, open_project
    from annotator.model.frame import Frame
    from annotator.model.ids import new_id
    from annotator.model.instance import Visibility, new_instance
    from annotator.model.templates import template_skeleton

    path = folder / "p.annotator"
    project = open_project(path) if path.exists() else create_project(path, [template_skeleton("coco-17")])
    skeleton = next(iter(project.skeletons.values()))
    if not project.frame_keys():
        frame = Frame(new_id(), "park", "a.jpg")
        with project.transaction("Add") as transaction:
            transaction.add_frames([frame])
            transaction.add(frame.key, new_instance(new_id(), skeleton).with_point(0, (0, 0), Visibility.VISIBLE))
        project.flush()
    return project, project.frame_keys()[0]


def find_ours(folder: Path) -> int:
    """Check the whole project and return the newest edit; -1 when one below it is missing."""
    from annotator import open_project
    from annotator.store.integrity import check_project

    with open_project(folder / "p.annotator") as project:
        if check_project(project):
            return -1
        keys = project.frame_keys()
        newest = int(project.content(keys[0]).instances[0].points[0, 0]) if keys else 0
        names = {name for (name,) in project.reader.rows("SELECT name FROM change WHERE name LIKE 'Edit %'")}
        return newest if names == {f"Edit {number}" for number in range(1, newest + 1)} else -1


def write_bulk(folder: Path) -> None:
    """Import, take back, bring back, and so on; "import" is said before the first, numbers count what is done."""
    from store_values import batch, frames

    project, _ = _open_ours(folder)
    skeleton = next(iter(project.skeletons.values()))
    _say(0)
    for number in range(1, 1_000_000):
        new = frames(IMPORTED, root=f"set {os.getpid()} {number}")

        def write(bulk: Any, new: Any = new, number: int = number) -> None:
            bulk.add_frames(new)
            bulk.add_instances(batch(skeleton, [frame.key for frame in new], number))

        project.bulk("Import", write)
        project.undo()
        project.redo()
        _say(number)


def find_bulk(folder: Path) -> int:
    """Return how many whole imports there are; -1 when one is there in part."""
    from annotator import open_project
    from annotator.store.integrity import check_project

    with open_project(folder / "p.annotator") as project:
        counts = project.counts()
        whole = counts.frames % IMPORTED == 1 and counts.instances == counts.frames
        return counts.frames // IMPORTED if whole and not check_project(project) else -1


def write_backups(folder: Path) -> None:
    """Move a nose and make a backup, for ever; a number is said when the backup is said to be made."""
    project, key = _open_ours(folder)
    _say(len(project.backups.list()))
    for number in range(1, 1_000_000):
        instance = project.content(key).instances[0]
        with project.transaction(f"Move {number}") as transaction:
            transaction.replace(key, instance.with_point(0, (float(number), 1.0)))
        project.flush()
        project.backups.make()
        _say(min(number, 10))


def find_backups(folder: Path) -> int:
    """Return how many backups there are; -1 when one is not whole."""
    from annotator import open_project
    from annotator.store.backup import Backups
    from annotator.store.integrity import check_project

    with open_project(folder / "p.annotator", read_only=True) as project:
        backups = Backups(project.uid, project.path, project.connect).list()
    return len(backups) if not any(check_project(backup.path) for backup in backups) else -1


def write_early(folder: Path) -> None:
    """The first bad store: it acknowledges before the COMMIT."""
    import sqlite3

    database = sqlite3.connect(folder / "early.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE IF NOT EXISTS edit (number INTEGER)")
    number = database.execute("SELECT ifnull(max(number), 0) FROM edit").fetchone()[0]
    while True:
        database.execute("BEGIN IMMEDIATE")
        for _ in range(20):
            number += 1
            database.execute("INSERT INTO edit VALUES (?)", (number,))
            _say(number)
            time.sleep(0.001)
        database.execute("COMMIT")


def find_early(folder: Path) -> int:
    import sqlite3

    database = sqlite3.connect(folder / "early.db")
    found = database.execute("SELECT ifnull(max(number), 0) FROM edit").fetchone()[0]
    database.close()
    return int(found)


def write_json(folder: Path) -> None:
    """The second bad store: it rewrites a JSON file in place, as the peers do."""
    path = folder / "labels.json"
    number = find_json(folder) if path.exists() else 0
    ballast = [[float(k), float(k)] for k in range(20_000)]
    while True:
        number += 1
        with path.open("w") as file:
            json.dump({"ballast": ballast, "number": number}, file)
        _say(number)


def find_json(folder: Path) -> int:
    try:
        return int(json.loads((folder / "labels.json").read_text())["number"])
    except (OSError, ValueError):
        return -1


def _say(number: object) -> None:
    os.write(1, f"{number}\n".encode())


FINDERS: dict[str, Callable[[Path], int]] = {
    "ours": find_ours,
    "bulk": find_bulk,
    "backups": find_backups,
    "early": find_early,
    "json": find_json,
}
WRITE: dict[str, Callable[[Path], None]] = {
    "ours": write_ours,
    "bulk": write_bulk,
    "backups": write_backups,
    "early": write_early,
    "json": write_json,
}


def rounds(default: int) -> int:
    return int(os.environ.get("ANNOTATOR_ROUNDS", default))


def delay(seed: int, longest_s: float = 0.06) -> float:
    return random.Random(seed).uniform(0.0, longest_s)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "store"))
    WRITE[sys.argv[1]](Path(sys.argv[2]))
