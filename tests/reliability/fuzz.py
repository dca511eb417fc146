"""Feed mutated label files and project files to the product, and see what comes out besides its own errors.

A child process works through a range of seeds, one input each, with limited memory; it names each seed before it starts
on it, and an alarm ends it when one takes too long. So the parent knows which input an exception, a hang or a crash
belongs to: `python fuzz.py coco SEED 1` repeats one.

Label files are mutated as values first, since most findings come from sound JSON of odd content, then as text.
Projects are mutated as bytes, or through SQL as somebody would who knows the tables.
"""

import copy
import json
import logging
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.errors import AnnotatorError

if TYPE_CHECKING:
    from annotator.store.project import Project

HANG_S = int(os.environ.get("ANNOTATOR_HANG_S", 5))
MEMORY_BYTES = 1_500_000_000
_BATCH = 250
Path_ = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that led to something else than an error of ours."""

    target: str
    seed: int
    what: str


def fuzz(target: str, rounds: int, first: int = 0) -> tuple[list[Failure], int]:
    """Run seeds `first` to `first + rounds`; return what failed, and how many inputs were taken."""
    failures: list[Failure] = []
    taken, seed, end = 0, first, first + rounds
    while seed < end:
        count = min(_BATCH, end - seed)
        last, lines, code = _run_child(target, seed, count)
        for line in lines:
            if line.startswith("FAIL"):
                _, failed, what = line.split(" ", 2)
                failures.append(Failure(target, int(failed), what))
            elif line == "TAKEN":
                taken += 1
        if code:
            reason = "took too long" if code == -signal.SIGALRM else f"ended the process with {code}"
            failures.append(Failure(target, last, f"{reason}: {' '.join(lines[-3:])}"))
        seed = last + 1 if code else seed + count
    return failures, taken


def _run_child(target: str, seed: int, count: int) -> tuple[int, list[str], int]:
    ended = subprocess.run(
        [sys.executable, __file__, target, str(seed), str(count)], stdout=subprocess.PIPE, text=True, check=False
    )
    lines = ended.stdout.splitlines()
    begun = [int(line) for line in lines if line.isdigit()]
    return (begun[-1] if begun else seed), lines, ended.returncode


# Odd values --------------------------------------------------------------------------------------------------------

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 0.5, -0.0, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30,
    10**400, 1e308, -1e308, 5e-324, "", " ", "a", "0", "1e5", "../a.png", "/etc/passwd", "C:\\a", "a\0b", "a\nb",
    "\ud800", "\u202egnp", "caf\xe9", "x" * 5000, "<img src=a.png>", "'; DROP TABLE frame; --", "%s%n", [], {}, [[]],
    [None], [0] * 1000, {"a": 1}, [[0, 1], [1, 0]], {"id": 7},
)  # fmt: skip
ODD_TEXTS = (
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"01", b"1.", b".5", b"+1", b"0x10", b"9" * 400, b"1e-400",
    b"null", b"tru", b'"\\ud800"', b'"\\u0000"', b"[" * 3000, b"{" * 300, b"]", b"}", b",", b":", b'"', b"\\", b"\0",
    b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"id":1,"id":2,', b'"images":[],', b"/* */", b"//", b"'a'",
)  # fmt: skip


def document(random_: random.Random) -> dict[str, Any]:
    """Return a sound COCO document of any shape."""
    count = random_.randint(1, 5)
    categories = []
    for c in range(random_.randint(1, 3)):
        names = [f"{side}_{part}" for side in ("left", "right") for part in range(count)] if c else ["nose", "tail"]
        edges = [[1, n] for n in range(2, len(names) + 1)]
        categories.append({"id": c + 1, "name": f"c{c}", "supercategory": "any", "keypoints": names, "skeleton": edges})
    images = [
        {"id": n * 3, "file_name": f"d{n % 2}/{n}.png", "width": 64, "height": 48, "license": 1} for n in range(count)
    ]
    annotations = []
    for n in range(random_.randint(0, 8)):
        category = random_.choice(categories)
        points = [
            value
            for _ in category["keypoints"]
            for value in (random_.choice((random_.randint(0, 63), random_.uniform(0, 48))), 7, random_.randint(0, 2))
        ]
        annotation = {
            "id": n + 1,
            "image_id": random_.choice(images)["id"],
            "category_id": category["id"],
            "keypoints": points,
            "num_keypoints": sum(v > 0 for v in points[2::3]),
            "bbox": [1, 2.5, 30, 20],
            "area": 600.5,
            "iscrowd": 0,
        }
        if random_.random() < 0.5:
            annotation["segmentation"] = random_.choice(([[1, 1, 5, 1, 5, 5]], {"counts": [3, 4], "size": [48, 64]}))
        if random_.random() < 0.3:
            annotation["mood"] = {"calm": True, "why": ["sun"]}
        annotations.append(annotation)
    return {"info": {"year": 2026}, "licenses": [], "images": images, "categories": categories,
            "annotations": annotations}  # fmt: skip


def places(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Yield the path of every value inside a document."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*at, key))


def odd(random_: random.Random) -> Any:
    """Return an odd value of its own: one that is shared would be mutated for the seeds that follow."""
    return copy.deepcopy(random_.choice(ODD_VALUES))


def mutate(made: Any, random_: random.Random) -> Any:
    """Change one thing in a document."""
    at = random_.choice(list(places(made)))
    if not at:
        return odd(random_) if random_.random() < 0.1 else made
    holder = made
    for key in at[:-1]:
        holder = holder[key]
    key = at[-1]
    value = holder[key]
    kind = random_.randrange(8)
    if kind <= 2:
        holder[key] = odd(random_)
    elif kind == 3:
        del holder[key]
    elif kind == 4:
        holder[key] = random_.choice(([value], {"a": value}, str(value), [value, copy.deepcopy(value)]))
    elif kind == 5 and isinstance(holder, list):
        holder.insert(random_.randint(0, len(holder)), random_.choice((copy.deepcopy(value), odd(random_))))
    elif kind == 6 and isinstance(holder, dict):
        holder[random_.choice(("id", "name", "keypoints", "é", "", "a\0", "x" * 300))] = odd(random_)
    elif isinstance(holder, list):
        del holder[random_.randint(0, len(holder)) :]
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        holder[key] = random_.choice((value + 1, -value, value * 1e300 if isinstance(value, float) else value << 60))
    return made


def spoil(text: bytes, random_: random.Random) -> bytes:
    """Change a few bytes of a text."""
    for _ in range(random_.randint(1, 3)):
        at = random_.randint(0, len(text))
        upto = min(at + random_.choice((0, 1, 1, 2, 20)), len(text))
        kind = random_.randrange(4)
        if kind == 0:
            text = text[:at] + text[upto:]
        elif kind == 1:
            text = text[:at] + bytes([random_.randrange(256)]) + text[upto:]
        elif kind == 2:
            text = text[:at] + random_.choice(ODD_TEXTS) + text[upto:]
        else:
            colons = [n for n, letter in enumerate(text) if letter == ord(":")]
            if colons:
                at = random_.choice(colons) + 1
                text = text[:at] + random_.choice(ODD_TEXTS) + text[at:]
    return text


def label_file(random_: random.Random) -> bytes:
    """Return the bytes of a label file; one in twenty is sound."""
    made: Any = document(random_)
    if random_.random() < 0.05:
        return json.dumps(made).encode()
    for _ in range(random_.choice((0, 1, 1, 1, 2, 4))):
        made = mutate(made, random_)
    separators = random_.choice(((",", ":"), (", ", ": "), (" ,\n", " :\t")))
    text = json.dumps(made, separators=separators, ensure_ascii=random_.random() < 0.7)
    raw = text.encode("utf-8", "surrogatepass")
    if random_.random() < 0.4:
        raw = spoil(raw, random_)
    if random_.random() < 0.03:
        raw = raw.decode("utf-8", "replace").encode(random_.choice(("utf-16", "utf-32", "utf-8-sig", "utf-16-be")))
    return raw


# What is done with them --------------------------------------------------------------------------------------------


def coco_round(folder: Path) -> Callable[[random.Random], bool]:
    """Return a function that imports a mutated file; what is taken is checked, exported and proved."""
    from annotator.formats.contract import ExportOptions, FrameChoice, ImportOptions, exporters
    from annotator.formats.exchange import commit_import, preview_import
    from annotator.formats.export import export
    from annotator.jobs import Job
    from annotator.session.plugins import load_plugins
    from annotator.store.integrity import check_project
    from annotator.store.project import create_project

    load_plugins()
    reader = sys.modules["annotator.plugins.coco.reader"]
    small = reader.SMALL_BYTES

    def bring(random_: random.Random) -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        path = folder / "labels.json"
        path.write_bytes(label_file(random_))
        reader.SMALL_BYTES = random_.choice((small, 0))  # the parser for large files gets its share
        preview = preview_import(None, path, ImportOptions(), Job())
        with create_project(folder / "p.annotator", member="fuzz") as project:
            commit_import(project, preview, Job())
            assert not (found := check_project(project)), found
            options = ExportOptions(folder / "out", FrameChoice.ALL)
            done = export(project, exporters["coco"], options, Job())
            assert done.proof is not None
            assert done.proof.holds, done.proof.differences
        preview_import(None, done.files[0], ImportOptions(), Job())
        return True

    return bring


def project_round(folder: Path) -> Callable[[random.Random], bool]:
    """Return a function that opens a mutated project, looks at everything in it, and works in it."""
    import numpy as np

    from annotator.model.frame import Frame
    from annotator.model.ids import new_id
    from annotator.model.instance import Prediction, new_instance
    from annotator.model.skeleton import skeleton_from_names
    from annotator.store.integrity import check_project
    from annotator.store.project import create_project, open_project

    skeleton = skeleton_from_names("bird", "Bird", ["beak", "left_wing", "right_wing", "tail"])
    sound = folder / "sound.annotator"
    with create_project(sound, [skeleton], member="fuzz") as project:
        keys = [new_id() for _ in range(20)]
        with project.transaction("Add") as transaction:
            transaction.add_frames([Frame(key, "pictures", f"{n}.png") for n, key in enumerate(keys)])
        for n, key in enumerate(keys):
            with project.transaction("Place") as transaction:
                transaction.add(key, new_instance(new_id(), skeleton).with_point(n % 4, (n + 0.5, 7.25)))
                scores = np.full(4, 0.5, np.float32)
                transaction.add_prediction(
                    key, Prediction(new_id(), skeleton.id, np.ones((4, 2)), scores, (1.0, 2.0, 3.0, 4.0), 0.5, 7)
                )
        project.undo()
    content = sound.read_bytes()

    def look(random_: random.Random) -> bool:
        path = folder / "p.annotator"
        for left in folder.glob("p.annotator*"):
            left.unlink()
        path.write_bytes(content)
        if random_.random() < 0.5:
            path.write_bytes(spoil_pages(content, random_))
        else:
            spoil_rows(path, random_)
        with suppress(AnnotatorError):
            check_project(path)
        project = open_project(path, member="fuzz", read_only=random_.random() < 0.5)
        try:
            look_at(project)
            if not project.is_read_only:
                work_in(project)
        finally:
            project.close(lose_unsaved=True)
        return True

    def look_at(project: "Project") -> None:
        project.counts()
        keys = project.frame_keys()
        for key in keys:
            project.path_of(project.content(key).frame)
        list(project.frames())
        list(project.batches())
        project.summaries(keys)
        project.history()

    def work_in(project: "Project") -> None:
        project.undo()
        project.redo()
        keys = project.frame_keys()
        with project.transaction("Place") as transaction:
            for chosen in project.skeletons.values() if keys else ():
                transaction.add(keys[0], new_instance(new_id(), chosen))
        project.flush(HANG_S)

    return look


def careless_round(folder: Path) -> Callable[[random.Random], bool]:
    """Return a reader as one writes it in a hurry; the driver must find what is wrong with it, or it proves nothing."""

    def bring(random_: random.Random) -> bool:
        made = json.loads(label_file(random_))
        images = {image["id"]: image["file_name"] for image in made["images"]}
        for annotation in made["annotations"]:
            assert images[annotation["image_id"]]
            sum(annotation["keypoints"])
        if random_.random() < 0.05:
            time.sleep(2 * HANG_S)
        return len(bytearray(random_.choice((1, 2 * MEMORY_BYTES)))) == 1

    return bring


def spoil_pages(content: bytes, random_: random.Random) -> bytes:
    """Damage the bytes of a database file."""
    raw = bytearray(content)
    kind = random_.randrange(6)
    if kind == 0:
        for _ in range(random_.randint(1, 30)):
            raw[random_.randrange(len(raw))] = random_.randrange(256)
    elif kind == 1:
        at = random_.randrange(len(raw) - 32)
        raw[at : at + 32] = random_.randbytes(32)
    elif kind == 2:
        at = random_.randrange(len(raw) // 4096) * 4096
        raw[at : at + 4096] = bytes(4096)
    elif kind == 3:
        del raw[random_.randrange(len(raw)) :]
    elif kind == 4:
        at, other = (random_.randrange(len(raw) // 4096) * 4096 for _ in range(2))
        raw[at : at + 4096], raw[other : other + 4096] = raw[other : other + 4096], raw[at : at + 4096]
    else:
        raw[random_.randrange(100)] = random_.randrange(256)
    return bytes(raw)


def spoil_rows(path: Path, random_: random.Random) -> None:
    """Write something odd into a row, or into the tables' definitions, as SQL lets anybody do."""
    connection = sqlite3.connect(path)
    try:
        tables = [
            "project", "member", "skeleton", "root", "media", "frame", "run", "instance", "prediction", "change",
            "change_frame",
        ]  # fmt: skip
        for name in ("change_no_update", "change_no_delete", "change_frame_no_update", "change_frame_no_delete"):
            connection.execute(f"DROP TRIGGER {name}")
        table = random_.choice(tables)
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        for _ in range(random_.randint(1, 3)):
            _, column, kind, *_ = random_.choice(columns)
            value = random_.choice(
                {
                    "TEXT": ("", "{}", "[]", "null", "{", '"a"', "a\0b", "x" * 9000, "../../etc", '{"a":1}', "[1,2]",
                             '["a"]', '{"name": 5}', "\u202e", '["beak","beak"]', "done", "nothing"),
                    "INTEGER": (0, 1, -1, 2, 9, 2**31, 2**63 - 1, -(2**63), 10**9, 1_000_001),
                    "REAL": (0.0, -1.0, float("inf"), float("-inf"), 1e308, 1e-320),
                    "BLOB": (b"", b"\0", b"\xff" * 16, b"\xff" * 17, b"\xff" * 68, b"\x90" * 68, bytes(17 * 4),
                             random_.randbytes(16), random_.randbytes(85), random_.randbytes(64)),
                }[kind]
            )  # fmt: skip
            kinds = ("UPDATE OR IGNORE {t} SET {c} = ?", "UPDATE OR IGNORE {t} SET {c} = ? WHERE rowid % 3 = 0")
            if random_.random() < 0.1:
                connection.execute(f"DELETE FROM {table} WHERE rowid % 2 = 0")
            try:
                connection.execute(random_.choice(kinds).format(t=table, c=column), (value,))
            except (sqlite3.IntegrityError, sqlite3.OperationalError):
                continue  # the tables' own rules refuse it
        connection.commit()
        if random_.random() < 0.9:
            from annotator.store.schema import TABLES

            for statement in TABLES:
                if "TRIGGER" in statement:
                    connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


# The child ---------------------------------------------------------------------------------------------------------

ROUNDS = {"coco": coco_round, "project": project_round, "careless": careless_round}


def _work(target: str, first: int, count: int) -> None:
    _limit()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("error")
    inside: list[str] = []
    threading.excepthook = lambda args: inside.append(f"in a thread: {_worded(args.exc_value)}")
    with tempfile.TemporaryDirectory(prefix="annotator-fuzz-") as place:
        for name in ("DATA", "STATE", "CONFIG", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = place
        folder = Path(place) / "work"
        folder.mkdir()
        run = ROUNDS[target](folder)
        for seed in range(first, first + count):
            print(seed, flush=True)
            _alarm(HANG_S)
            shutil.rmtree(Path(place) / "annotator", ignore_errors=True)  # what the seed before left to recover
            try:
                if run(random.Random(seed)):
                    print("TAKEN")
            except AnnotatorError as error:
                if "\n" in str(error):
                    inside.append(f"a sentence of several lines: {error!r}")
            except BaseException as error:  # noqa: BLE001 - whatever else comes out is what is looked for
                inside.append(_worded(error))
            _alarm(0)
            for what in inside:
                print(f"FAIL {seed} {what}", flush=True)
            inside.clear()


def _worded(error: BaseException | None) -> str:
    frames = traceback.extract_tb(error.__traceback__) if error else []
    ours = [frame for frame in frames if "site-packages" not in frame.filename][-1:]
    where = f" at {Path(ours[0].filename).name}:{ours[0].lineno}" if ours else ""
    return f"{type(error).__name__}{where}: {str(error)[:200]!r}"


def _limit() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _alarm(seconds: int) -> None:
    if sys.platform != "win32":
        signal.alarm(seconds)


if __name__ == "__main__":
    _work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
