"""Measure COCO in and out on a file of train2017's size, against pycocotools and json.dump on the same content.

Run it as a script. Each measured step runs in a process of its own; peers alternate with ours, medians are compared.
The file is generated: 118,287 pictures and 262,465 people, once with the fields that keypoints need ("lean") and once
with polygons and addresses as the published files have them ("published"), which is larger for everybody.
"""

import argparse
import importlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

IMAGES, INSTANCES = 118_287, 262_465
ROUNDS = 3
SIDED = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
NAMES = ["nose", *(f"{side}_{part}" for part in SIDED for side in ("left", "right"))]
EDGES = "16-14 14-12 17-15 15-13 12-13 6-12 7-13 6-7 6-8 7-9 8-10 9-11 2-3 1-2 1-3 2-4 3-5 4-6 5-7"
Figures = dict[str, float]


def generate(path: Path, published: bool) -> None:
    """Write the file once; the same seed gives the same file."""
    if path.exists():
        return
    rng = random.Random(7)
    beside = path.with_suffix(".new")
    with beside.open("w") as file:
        file.write('{"info": {"description": "generated"}, "licenses": [{"url": "", "id": 1, "name": "none"}], ')
        file.write('"images": [')
        for n in range(IMAGES):
            file.write((", " if n else "") + json.dumps(_image(n, published)))
        file.write('], "annotations": [')
        for n in range(INSTANCES):
            file.write((", " if n else "") + json.dumps(_annotation(n, rng, published)))
        edges = [[int(end) for end in edge.split("-")] for edge in EDGES.split()]
        category = {"supercategory": "person", "id": 1, "name": "person", "keypoints": NAMES, "skeleton": edges}
        file.write('], "categories": ' + json.dumps([category]) + "}")
    beside.replace(path)


def _image(n: int, published: bool) -> dict[str, object]:
    name = f"{n * 5 + 9:012d}.jpg"
    image: dict[str, object] = {"license": 1, "file_name": name}
    if published:
        image["coco_url"] = f"http://images.example.org/train2017/{name}"
    image |= {"height": 480, "width": 640}
    if published:
        image |= {"date_captured": "2013-11-14 11:18:45", "flickr_url": f"http://farm.example.org/8186/{name}"}
    return image | {"id": n * 5 + 9}


def _annotation(n: int, rng: random.Random, published: bool) -> dict[str, object]:
    x, y = round(rng.uniform(0, 500), 2), round(rng.uniform(0, 300), 2)
    width, height = round(rng.uniform(20, 140), 2), round(rng.uniform(20, 180), 2)
    keypoints: list[int] = []
    is_blank = rng.random() < 0.42  # as in train2017, where so many people have no keypoint
    for _ in NAMES:
        v = 0 if is_blank else rng.choice((0, 0, 1, 2, 2, 2, 2))
        keypoints += [int(x + rng.random() * width), int(y + rng.random() * height), v] if v else [0, 0, 0]
    corners = 2 * rng.randint(8, 30)
    return {
        "segmentation": [[round(rng.uniform(0, 640), 2) for _ in range(corners)]] if published else [],
        "num_keypoints": sum(v > 0 for v in keypoints[2::3]),
        "area": round(width * height * 0.5, 4),
        "iscrowd": 0,
        "keypoints": keypoints,
        "image_id": rng.randrange(IMAGES) * 5 + 9,
        "bbox": [x, y, width, height],
        "category_id": 1,
        "id": n + 183_126,
    }


# Steps, each in a process of its own ---------------------------------------------------------------------------


def step_pycocotools(path: Path, _: Path) -> Figures:
    from pycocotools.coco import COCO

    started = time.perf_counter()
    sys.stdout = sys.stderr  # it prints while it reads
    COCO(str(path))
    sys.stdout = sys.__stdout__
    return {"s": time.perf_counter() - started}


def step_import(path: Path, work: Path) -> Figures:
    """Parse, validate, preview, history, commit, read back; then close, which folds the log into the file."""
    from annotator import create_project
    from annotator.formats.contract import ImportOptions
    from annotator.formats.exchange import commit_import, preview_import
    from annotator.jobs import Job
    from annotator.session.plugins import load_plugins

    load_plugins()
    importlib.import_module("annotator.model.templates").templates()
    target = work / "import.annotator"
    target.unlink(missing_ok=True)
    project = create_project(target)
    project.flush()
    started = time.perf_counter()
    preview = preview_import(project, path, ImportOptions(), Job())
    read = time.perf_counter()
    report = commit_import(project, preview, Job())
    committed = time.perf_counter()
    project.close()
    assert (report.frames, report.instances) == (IMAGES, INSTANCES), report
    return {
        "s": committed - started,
        "parse and validate": read - started,
        "commit": committed - read,
        "close": time.perf_counter() - committed,
    }


def step_insert(path: Path, work: Path) -> Figures:
    """The bare minimum: parse, and insert one row per instance without history, frames or read-back."""
    import msgspec
    import numpy as np

    from annotator.store import sqlite

    target = work / "insert.db"
    for name in (target, target.with_name("insert.db-wal"), target.with_name("insert.db-shm")):
        name.unlink(missing_ok=True)

    class Annotation(msgspec.Struct, gc=False):
        id: int
        image_id: int
        keypoints: list[float]
        bbox: list[float]

    class Document(msgspec.Struct):
        annotations: list[Annotation]

    started = time.perf_counter()
    found = msgspec.json.decode(path.read_bytes(), type=Document).annotations
    connection = sqlite.driver.connect(target, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE instance (id INTEGER PRIMARY KEY, frame INTEGER, keypoints BLOB, box BLOB)")
    connection.execute("CREATE INDEX instance_frame ON instance(frame)")
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO instance VALUES (?,?,?,?)",
        ((a.id, a.image_id, np.array(a.keypoints).tobytes(), np.array(a.bbox).tobytes()) for a in found),
    )
    connection.execute("COMMIT")
    return {"s": time.perf_counter() - started}


def step_export(path: Path, work: Path) -> Figures:
    from annotator import open_project
    from annotator.formats.contract import ExportOptions, FrameChoice, exporters
    from annotator.jobs import Job
    from annotator.session.plugins import load_plugins

    load_plugins()
    with open_project(work / "import.annotator") as project:
        options = ExportOptions(work / "export", frames=FrameChoice.ALL)
        started = time.perf_counter()
        files = exporters["coco"].write(project, options, Job())
        written = time.perf_counter()
        prove = exporters["coco"].prove
        assert prove is not None
        proof = prove(project, options, files)
        assert proof.holds, proof.differences
        assert proof.compared == INSTANCES * len(NAMES)
        return {"s": written - started, "proof": time.perf_counter() - written}


def step_dump(path: Path, work: Path) -> Figures:
    document = json.loads((work / "export" / "annotations.json").read_text())
    started = time.perf_counter()
    with (work / "dump.json").open("w") as file:
        json.dump(document, file)
    return {"s": time.perf_counter() - started}


def step_empty(path: Path, work: Path) -> Figures:
    from annotator import create_project

    target = work / "empty.annotator"
    if not target.exists():
        create_project(target).close()
    return _open(target)


def step_open(path: Path, work: Path) -> Figures:
    return _open(work / "import.annotator")


def _open(target: Path) -> Figures:
    from annotator import open_project

    open_project(target).close()
    times = []
    for _ in range(15):
        started = time.perf_counter()
        project = open_project(target)
        times.append(time.perf_counter() - started)
        project.close()
    return {"s": statistics.median(times)}


STEPS: dict[str, Callable[[Path, Path], Figures]] = {
    name.removeprefix("step_"): value for name, value in list(globals().items()) if name.startswith("step_")
}


def run(step: str, path: Path, work: Path) -> Figures:
    """Run one step in a new process and return its figures, its peak memory among them."""
    homes = {f"XDG_{name}_HOME": str(work / name.lower()) for name in ("DATA", "STATE", "CONFIG", "CACHE")}
    arguments = [sys.executable, __file__, "--step", step, str(path), str(work)]
    outcome = subprocess.run(arguments, capture_output=True, text=True, env=os.environ | homes)
    if outcome.returncode:
        raise SystemExit(outcome.stderr)
    figures: Figures = json.loads(outcome.stdout)
    return figures


def medians(rounds: list[Figures]) -> Figures:
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def measure(path: Path, work: Path, rounds: int) -> bool:
    names = ("pycocotools", "import", "insert", "export", "dump", "empty", "open")
    found: dict[str, list[Figures]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            found[name].append(run(name, path, work))
    peer, ours, insert, export, dump, empty, opened = (medians(found[name]) for name in names)
    print(f"\n{path.name}, {path.stat().st_size / 1e6:.0f} MB")
    rows = [
        ("pycocotools.COCO(), s", peer["s"], None),
        ("import: parse to read back, s", ours["s"], None),
        ("  of it parse and validate, s", ours["parse and validate"], None),
        ("  of it history, commit, read back, s", ours["commit"], None),
        ("  fold the log into the file at closing, s", ours["close"], None),
        ("import against pycocotools", ours["s"] / peer["s"], 1.0),
        ("import with closing against pycocotools", (ours["s"] + ours["close"]) / peer["s"], None),
        ("peak memory against pycocotools", ours["MiB"] / peer["MiB"], 1.2),
        ("bare parse and insert against pycocotools", insert["s"] / peer["s"], None),
        ("json.dump of the export, s", dump["s"], None),
        ("export, s", export["s"], None),
        ("export against json.dump", export["s"] / dump["s"], 0.2),
        ("proof, s", export["proof"], None),
        ("proof against json.dump", export["proof"] / dump["s"], None),
        ("peak memory of export and proof, MiB", export["MiB"], 250.0),
        ("open an empty project, ms", empty["s"] * 1000, None),
        ("open this project against an empty one", opened["s"] / empty["s"], 1.5),
    ]
    return min([report(*row) for row in rows])  # all are printed


def report(name: str, value: float, target: float | None) -> bool:
    verdict = "" if target is None else ("ok" if value <= target else "MISSED")
    print(f"{name:48} {value:9.2f} {'' if target is None else f'{target:9.1f}'} {verdict}")
    return target is None or value <= target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", nargs=3, metavar=("STEP", "FILE", "FOLDER"), help="run one step, for this script")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--file", choices=("lean", "published", "both"), default="both")
    chosen = parser.parse_args()
    if chosen.step:
        import resource

        step, path, work = chosen.step
        figures = STEPS[step](Path(path), Path(work))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(figures | {"MiB": peak}))
        return 0
    cache = Path(tempfile.gettempdir()) / "annotator-bench-coco"
    cache.mkdir(exist_ok=True)
    passed = []
    for kind in ("lean", "published"):
        if chosen.file in (kind, "both"):
            path = cache / f"{kind}.json"
            generate(path, kind == "published")
            with tempfile.TemporaryDirectory(dir=cache) as work:
                passed.append(measure(path, Path(work), chosen.rounds))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
