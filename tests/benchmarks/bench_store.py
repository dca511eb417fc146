"""Measure the store: a gesture on the GUI thread, its commit, opening a huge project, check, backup, a bulk change.

Run it as a script. `--frames` sets the size of the large project (one million by default; it takes a minute to make).
Exit code 1 when a bound of the project is broken: a gesture over 1 ms, or a large project that opens 1.5 times slower
than a small one.
"""

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from annotator.jobs import Job
from annotator.model.frame import Frame, FrameKey
from annotator.model.ids import new_id, new_ids
from annotator.model.instance import Source, Visibility, new_instance
from annotator.model.skeleton import Skeleton
from annotator.model.templates import template_skeleton
from annotator.store.batch import FrameBatch, InstanceBatch
from annotator.store.bulk import BulkWriter
from annotator.store.integrity import check_project
from annotator.store.project import Project, create_project, open_project

GESTURES = 400
GESTURE_BOUND_MS, OPENING_BOUND = 1.0, 1.5


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--frames", type=int, default=1_000_000)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("DATA", "STATE", "CONFIG"):
            os.environ[f"XDG_{name}_HOME"] = str(Path(folder) / "user")
        small, large = Path(folder) / "small.annotator", Path(folder) / "large.annotator"
        make(small, 10)
        print(f"project of {options.frames:,} frames with an instance each")
        figure("made in one bulk change, s", seconds(lambda: make(large, options.frames)))
        figure("its file, MB", large.stat().st_size / 1e6)
        sound = measure_opening(small, large)
        sound &= measure_gestures(small, "small project")
        sound &= measure_gestures(large, "large project")
        measure_while_writing(large)
        measure_whole_project(large)
    return 0 if sound else 1


def figure(name: str, value: float, bound: float | None = None) -> bool:
    verdict = "" if bound is None else f"   (at most {bound:g}: {'yes' if value <= bound else 'NO'})"
    print(f"  {name:<58} {value:10.3f}{verdict}", flush=True)
    return bound is None or value <= bound


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def make(path: Path, count: int) -> None:
    skeleton = template_skeleton("coco-17")
    with create_project(path, [skeleton], member="bench") as project:
        for start in range(0, count, 100_000):
            frames, batch = labeled(skeleton, min(100_000, count - start), start)
            project.bulk("Import", lambda bulk, frames=frames, batch=batch: bulk.add_labeled_frames(frames, [batch]))  # type: ignore[misc]


def labeled(skeleton: Skeleton, count: int, first: int) -> tuple[FrameBatch, InstanceBatch]:
    keys, ids = np.array(new_ids(count), np.int64), np.array(new_ids(count), np.int64)
    k, rng = len(skeleton), np.random.default_rng(first)
    paths = [f"{n // 1000:04}/{n:07}.jpg" for n in range(first, first + count)]
    frames = FrameBatch(
        "set", keys, paths, [640] * count, [480] * count, [1] * count, ["in progress"] * count, [""] * count
    )
    batch = InstanceBatch(
        skeleton.id,
        keys,
        ids,
        rng.uniform(0, 480, (count, k, 2)),
        np.full((count, k), 2, np.uint8),
        np.full((count, 4), np.nan),
        np.zeros(count, bool),
        np.zeros(count, bool),
        [str(Source.IMPORT)] * count,
        [0] * count,
        *([[""] * count] * 4),
    )
    return frames, batch


def measure_opening(small: Path, large: Path) -> bool:
    print("opening, and showing the first frame")
    times: dict[Path, list[float]] = {small: [], large: []}

    def open_and_show(path: Path) -> None:
        project = open_project(path, member="bench")
        project.content(project.frame_keys(limit=1)[0])
        times[path].append(time.perf_counter() - begin)
        project.close()

    for _ in range(15):
        for path in (small, large):
            begin = time.perf_counter()
            open_and_show(path)
    medians = {path: statistics.median(values) for path, values in times.items()}
    figure("10 frames, ms", medians[small] * 1e3)
    figure("large, ms", medians[large] * 1e3)
    return figure("ratio", medians[large] / medians[small], OPENING_BOUND)


def measure_gestures(path: Path, name: str) -> bool:
    print(f"gestures in the {name}, one after the other is saved")
    with open_project(path, member="bench") as project:
        keys = project.frame_keys(limit=20)
        costs, durable = [], []
        for n in range(GESTURES):
            cost, wait = gesture(project, keys[n % len(keys)], n)
            costs.append(cost * 1e3)
            durable.append(wait * 1e3)
        asking = [seconds(lambda: project.undo_name) * 1e3 for _ in range(50)]
        undoing = []
        for _ in range(50):
            undoing.append(seconds(project.undo) * 1e3)
            project.flush()
        project._steps.forget()
        project.flush()
        figure("GUI thread: transaction, memory, signal: median, ms", statistics.median(costs))
        sound = figure("  99 of 100, ms", float(np.percentile(costs, 99)), GESTURE_BOUND_MS)
        figure("durable after, median, ms", statistics.median(durable))
        figure("  99 of 100, ms", float(np.percentile(durable, 99)))
        figure("undo: 99 of 100, ms", float(np.percentile(undoing, 99)))
        figure("what Undo would take back, from memory, median, ms", statistics.median(asking))
        project._steps.log_grew()
        figure("  from the log, ms", seconds(lambda: project.undo_name) * 1e3)
        figure("  the step itself, from the log, ms", seconds(project.undo) * 1e3)
    return sound


def gesture(project: Project, key: FrameKey, n: int) -> tuple[float, float]:
    """Move a point as a drag's end does; return the cost on this thread, and how long until it is on disk."""
    begin = time.perf_counter()
    instance = project.content(key).instances[0]
    with project.transaction("Move nose") as transaction:
        transaction.replace(key, instance.with_point(0, (float(n), 5.0), Visibility.VISIBLE))
    cost = time.perf_counter() - begin
    project.flush()
    return cost, time.perf_counter() - begin


def measure_while_writing(path: Path) -> None:
    """Read frames and make gestures while an import is being written and while an export reads everything."""
    print("gestures and cold frames on the GUI thread, while other threads work")
    with open_project(path, member="bench") as project:
        keys = project.frame_keys(limit=100_000)
        frames, batch = labeled(project.skeletons[next(iter(project.skeletons))], 60_000, 5_000_000)
        importing = threading.Thread(
            target=lambda: project.bulk("Import", lambda bulk: bulk.add_labeled_frames(frames, [batch]))
        )
        busy("a bulk change is written", project, keys, importing)
        exporting = threading.Thread(target=lambda: [None for _, _ in zip(project.batches(), range(60), strict=False)])
        busy("an export reads", project, keys[40_000:], exporting)
        counting = threading.Thread(target=lambda: [project.counts() for _ in range(5)])
        busy("counts are made", project, keys[80_000:], counting)
        project.undo()


def busy(name: str, project: Project, keys: list[FrameKey], thread: threading.Thread) -> None:
    waits = []
    thread.start()
    n = 0
    while thread.is_alive():
        begin = time.perf_counter()
        instance = project.content(keys[n % len(keys)]).instances[0]
        with project.transaction("Move nose") as transaction:
            transaction.replace(keys[n % len(keys)], instance.with_point(0, (float(n), 6.0)))
        waits.append((time.perf_counter() - begin) * 1e3)
        n += 7
        time.sleep(0.002)
    thread.join()
    project.flush()
    figure(f"while {name}: median of {len(waits)}, ms", statistics.median(waits))
    figure("  99 of 100, ms", float(np.percentile(waits, 99)))
    figure("  longest, ms", max(waits))


def measure_whole_project(path: Path) -> None:
    print("the whole large project")
    with open_project(path, member="bench") as project:
        figure("counts, ms", seconds(project.counts) * 1e3)
        figure("backup, verified, s", seconds(lambda: project.backups.make("by-hand")))
        figure("check, s", seconds(lambda: check_project(project, Job())))
        keys = project.frame_keys(limit=50_000)

        def remove(bulk: BulkWriter) -> None:
            bulk.remove_frames(keys)

        figure("removing 50,000 frames with what is in them, s", seconds(lambda: project.bulk("Remove", remove)))
        figure("taking that back, s", seconds(project.undo))
        frame = Frame(new_id(), "set", "extra.jpg")
        with project.transaction("Add") as transaction:
            transaction.add_frames([frame])
            transaction.add(frame.key, new_instance(new_id(), next(iter(project.skeletons.values()))))
        figure("closing, s", seconds(project.close))


if __name__ == "__main__":
    sys.exit(main())
