"""Throughput of prelabeling, beside the bare onnxruntime calls it makes.

    python tests/benchmarks/bench_prelabel.py [FOLDER] [--rounds N]

One round runs `prelabel` over the pictures, noting the inputs of every network call, and then the noted calls alone
on the same sessions; the two alternate, so that other load on the machine meets both. Printed are pictures a second,
the ratio (target >= 0.85) and the ratio of processor time. The extra work is reading, shrinking, cropping, merging.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import plugins.movenet  # noqa: F401 - registers the predictor
from annotator.bundle import bundled
from annotator.jobs import Job
from annotator.model.skeleton import skeleton_from_names
from annotator.predict.contract import open_predictor
from annotator.predict.prelabel import prelabel
from annotator.predict.runtime import Network
from annotator.store.media import list_pictures

Call = tuple[Network, Sequence[str], Mapping[str, NDArray[Any]]]


def measured(work: Callable[[], None]) -> tuple[float, float]:
    """Return wall and processor seconds of `work`."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def noting(calls: list[Call]) -> Callable[[], None]:
    """Make every network note its calls; return what stops that."""
    plain = Network.run

    def run(
        self: Network, outputs: Sequence[str], inputs: Mapping[str, NDArray[Any]], job: Job | None = None
    ) -> list[NDArray[np.float32]]:
        calls.append((self, outputs, inputs))
        return plain(self, outputs, inputs, job)

    Network.run = run  # type: ignore[method-assign]

    def stop() -> None:
        Network.run = plain  # type: ignore[method-assign]

    return stop


def compare(folder: Path, rounds: int) -> None:
    paths = [folder / name for name in list_pictures(folder)]
    predictor = open_predictor("movenet")
    skeleton = skeleton_from_names("bench", "bench", predictor.card.keypoints.names)
    work = [(n, path, None) for n, path in enumerate(paths)]
    calls: list[Call] = []

    def pipeline() -> None:
        for _ in prelabel(predictor, skeleton, work, Job(), run=1):
            pass

    def bare() -> None:
        for network, outputs, inputs in calls:
            network._session.run(list(outputs), dict(inputs))

    stop = noting(calls)
    pipeline()  # also loads the networks
    stop()
    print(f"{len(paths)} pictures, {len(calls)} network calls, {rounds} rounds")
    pairs = []
    for n in range(rounds):
        first, second = (pipeline, bare) if n % 2 else (bare, pipeline)
        a, b = measured(first), measured(second)
        pairs.append((b, a) if first is bare else (a, b))
    speeds = [bare_wall / wall for (wall, _), (bare_wall, _) in pairs]
    costs = [processor / bare_processor for (_, processor), (_, bare_processor) in pairs]
    best = min(wall for (wall, _), _ in pairs)
    print(f"pipeline {len(paths) / best:.1f} pictures/s at best")
    spread = f"{min(speeds):.3f}..{max(speeds):.3f}"
    print(f"throughput / bare calls: median {statistics.median(speeds):.3f} ({spread}), target >= 0.85")
    print(f"processor time / bare calls: median {statistics.median(costs):.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=bundled("resources", "samples"))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    compare(arguments.folder, arguments.rounds)
