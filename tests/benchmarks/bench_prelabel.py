"""Throughput of prelabeling, beside the bare onnxruntime calls it makes.

    python tests/benchmarks/bench_prelabel.py [FOLDER] [--rounds N]

One round prelabels a project as the window and the command line do, from the files to predictions on disk, and then
makes the same onnxruntime calls alone, on the same inputs and sessions; the two alternate, so that other load on the
machine meets both. The target is a throughput of 0.85 of the bare calls. Reading, shrinking, cropping, merging and
writing must hide behind the network or be cheap: the share of the time in which a network computes, and the processor
time, tell which; they depend less on other load. Without a folder: the samples, and 12-megapixel JPEGs without people.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench_pictures import write_pictures
from numpy.typing import NDArray

from annotator.bundle import bundled
from annotator.jobs import Job
from annotator.model.templates import template_skeleton
from annotator.plugins import movenet  # noqa: F401 - registers the predictor
from annotator.predict.contract import Predictor, open_predictor
from annotator.predict.runtime import network
from annotator.session.pictures import add_pictures, find_pictures
from annotator.session.prelabeling import run_model, write_run
from annotator.store.project import create_project

TARGET = 0.85


class NotedSession:
    """An onnxruntime session that notes its calls and the time they take."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.inputs: list[tuple[list[str], dict[str, NDArray[Any]]]] = []
        self.seconds = 0.0

    def run(self, outputs: Sequence[str], inputs: Mapping[str, NDArray[Any]], settings: Any) -> Any:
        self.inputs.append((list(outputs), dict(inputs)))
        started = time.perf_counter()
        try:
            return self.session.run(outputs, inputs, settings)
        finally:
            self.seconds += time.perf_counter() - started

    def repeat(self) -> None:
        """Make the noted calls again, and nothing else."""
        for outputs, inputs in self.inputs:
            self.session.run(outputs, inputs)

    def forget(self) -> None:
        self.inputs.clear()
        self.seconds = 0.0


def measured(work: Callable[[], None]) -> tuple[float, float]:
    """Return wall and processor seconds of `work`."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


@contextmanager
def noting(predictor: Predictor) -> Iterator[list[NotedSession]]:
    """Put a noting session into each of the predictor's networks."""
    networks = [network(bundled("resources", "models"), file) for file in predictor.card.files]
    sessions = [NotedSession(one._session) for one in networks]
    for one, session in zip(networks, sessions, strict=True):
        one._session = session
    yield sessions
    for one, session in zip(networks, sessions, strict=True):
        one._session = session.session


def compare(name: str, folder: Path, rounds: int) -> bool:
    predictor, skeleton = open_predictor("movenet"), template_skeleton("coco-17")
    runs, bares, busy = [], [], []
    with (
        noting(predictor) as sessions,
        tempfile.TemporaryDirectory() as place,
        create_project(Path(place) / "bench", [skeleton], member="bench") as project,
    ):
        keys = add_pictures(project, find_pictures([folder]))
        project.flush()

        def prelabel() -> None:
            for session in sessions:
                session.forget()
            write_run(project, run_model(project, predictor, skeleton, keys, Job()))
            project.flush()

        def repeat() -> None:
            for session in sessions:
                session.repeat()

        prelabel()  # notes the first calls
        for n in range(rounds):
            first, second = (prelabel, repeat) if n % 2 else (repeat, prelabel)
            took = {first: measured(first), second: measured(second)}
            runs.append(took[prelabel])
            bares.append(took[repeat])
            busy.append(sum(session.seconds for session in sessions) / took[prelabel][0])
        calls = sum(len(session.inputs) for session in sessions)
    speeds = [bare / wall for (wall, _), (bare, _) in zip(runs, bares, strict=True)]
    costs = [processor / bare for (_, processor), (_, bare) in zip(runs, bares, strict=True)]
    speed = statistics.median(speeds)
    verdict = "ok" if speed >= TARGET else "MISSED"
    print(f"{name}: {len(keys)} pictures, {calls} network calls, {rounds} rounds")
    print(f"  throughput / bare calls, median    {speed:.3f}, target >= {TARGET} {verdict}")
    print(f"    lowest and highest round         {min(speeds):.3f} {max(speeds):.3f}")
    print(f"  a network computes, of the time    {statistics.median(busy):.3f}")
    print(f"  processor time / bare calls        {statistics.median(costs):.3f}")
    print(f"  pictures a second, at best         {len(keys) / min(wall for wall, _ in runs):.1f}", flush=True)
    return speed >= TARGET


def write_large_pictures(folder: Path) -> Path:
    """Write twelve files of 12 megapixels; each content serves two."""
    for path in write_pictures(folder):
        os.link(path, path.with_stem(f"{path.stem}-again"))
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for name in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = place
        if arguments.folder is not None:
            return 0 if compare(str(arguments.folder), arguments.folder, arguments.rounds) else 1
        large = Path(place) / "large"
        large.mkdir()
        passed = [
            compare("samples", bundled("resources", "samples"), arguments.rounds),
            compare("12-megapixel JPEGs without people", write_large_pictures(large), arguments.rounds),
        ]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
