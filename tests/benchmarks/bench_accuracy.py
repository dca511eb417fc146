"""Accuracy of the bundled model on real pictures, beside the figures it was chosen by.

    python tests/benchmarks/bench_accuracy.py [FOLDER] [--overlays FOLDER]

R50 and R75 are the shares of the annotated people that are found with an OKS above .5 and .75; mOKS is the mean
over all of them, a person that nothing matches counting 0. People and proposals are matched greedily, the best
pair first. The labels' keypoints are mapped to COCO-17 where they coincide, sigmas are COCO's, the area is the
annotation's or 0.53 x its box. The samples are small: one person of `coco` is 8 points of R50.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from annotator.model.oks import oks
from annotator.plugins import movenet
from annotator.predict.contract import Predictor, Proposal, open_predictor
from annotator.predict.picture import Picture

SIGMAS = movenet.SIGMAS
CHOSEN_BY = {"coco": (0.92, 0.87), "crowdpose": (1.00, 0.87), "mpii": (1.00, 0.95)}  # R50, mOKS
TARGETS = {"coco": (0.92, 0.85), "crowdpose": (1.00, 0.85), "mpii": (1.00, 0.93)}
MPII_NAMES = [
    "right_ankle",
    "right_knee",
    "right_hip",
    "left_hip",
    "left_knee",
    "left_ankle",
    "pelvis",
    "thorax",
    "neck",
    "head_top",
    "right_wrist",
    "right_elbow",
    "right_shoulder",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
]


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One annotated person, in the order of COCO-17."""

    points: NDArray[np.float64]
    visibility: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    area: float


def people_of(folder: Path, name: str, order: tuple[str, ...]) -> Iterator[tuple[Path, list[Person]]]:
    """Yield each picture of a set with its labeled people."""
    read = mpii_people if name == "mpii" else coco_people
    for path, people in read(folder / name, order):
        if labeled := [person for person in people if person.visibility.any()]:
            yield path, labeled


def coco_people(folder: Path, order: tuple[str, ...]) -> Iterator[tuple[Path, list[Person]]]:
    content = json.loads((folder / f"test_{folder.name}.json").read_bytes())
    names = content["categories"][0]["keypoints"]
    for image in content["images"]:
        people = [
            mapped(annotation["keypoints"], names, order, annotation["bbox"], annotation.get("area"))
            for annotation in content["annotations"]
            if annotation["image_id"] == image["id"]
        ]
        yield folder / image["file_name"], people


def mpii_people(folder: Path, order: tuple[str, ...]) -> Iterator[tuple[Path, list[Person]]]:
    for row in json.loads((folder / "test_mpii.json").read_bytes()):
        points, seen = np.array(row["joints"]), np.array(row["joints_vis"])
        low, high = points[seen > 0].min(axis=0), points[seen > 0].max(axis=0)
        flat = np.column_stack([points, seen * 2]).ravel().tolist()
        yield folder / row["image"], [mapped(flat, MPII_NAMES, order, [*low, *(high - low)], None)]


def mapped(flat: list[float], names: list[str], order: tuple[str, ...], box: list[float], area: float | None) -> Person:
    rows = dict(zip(names, np.array(flat, float).reshape(-1, 3), strict=True))
    chosen = np.array([rows.get(name, (0, 0, 0)) for name in order], float)
    x, y, width, height = map(float, box)
    return Person(chosen[:, :2], chosen[:, 2].astype(np.uint8), (x, y, width, height), area or 0.53 * width * height)


def matched(people: list[Person], proposals: list[Proposal]) -> list[float]:
    """Return for each person the OKS of its proposal, 0 where none is left."""
    table = np.array(
        [[oks(p.points, p.visibility, q.points, SIGMAS, p.area) for q in proposals] for p in people]
    ).reshape(len(people), len(proposals))
    best = [0.0] * len(people)
    for _ in range(min(table.shape)):
        person, proposal = np.unravel_index(table.argmax(), table.shape)
        best[person] = max(float(table[person, proposal]), 0.0)
        table[person], table[:, proposal] = -1, -1
    return best


def evaluate(predictor: Predictor, folder: Path, overlays: Path | None) -> None:
    heads = f"{'set':10} {'people':>6} {'R50':>6} {'R75':>6} {'mOKS':>6}   chosen by    target"
    print(f"{heads}       from drawn boxes: R50, mOKS")
    totals: list[float] = []
    for name, chosen_by in CHOSEN_BY.items():
        values: list[float] = []
        from_boxes: list[float] = []
        for path, people in people_of(folder, name, predictor.card.keypoints.names):
            picture = Picture(path)
            proposals = predictor.predict(picture)
            values += matched(people, proposals)
            for person in people:
                from_boxes += matched([person], predictor.predict(picture, person.box))
            if overlays is not None:
                draw(picture.pixels, proposals, people, overlays / f"{name}-{path.stem}.png")
        print(f"{name:10} {figures(values)}   {chosen_by[0]:.2f} / {chosen_by[1]:.2f}", end="  ")
        print(f"{TARGETS[name][0]:.2f} / {TARGETS[name][1]:.2f}  ", end=" ")
        print(f"{np.mean(np.array(from_boxes) > 0.5):.3f} {np.mean(from_boxes):.3f}")
        totals += values
    print(f"{'all':10} {figures(totals)}")


def figures(values: list[float]) -> str:
    found = np.array(values)
    return f"{len(found):6} {np.mean(found > 0.5):6.3f} {np.mean(found > 0.75):6.3f} {np.mean(found):6.3f}"


EDGES = ((5, 7), (7, 9), (6, 8), (8, 10), (5, 6), (11, 12), (5, 11), (6, 12), (11, 13), (13, 15), (12, 14), (14, 16))


def draw(picture: NDArray[np.uint8], proposals: list[Proposal], people: list[Person], path: Path) -> None:
    """Write proposals as lines (faint below the keypoint threshold) and labels as white crosses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    zoom = max(1.0, 900 / max(picture.shape))
    image = Image.fromarray(picture).resize((int(picture.shape[1] * zoom), int(picture.shape[0] * zoom)))
    pen = ImageDraw.Draw(image, "RGBA")
    for n, proposal in enumerate(proposals):
        hue = ((86, 180, 233), (230, 159, 0), (0, 158, 115), (213, 94, 0), (240, 228, 66), (204, 121, 167))[n % 6]
        points = proposal.points * zoom
        for a, b in EDGES:
            sure = min(proposal.scores[a], proposal.scores[b]) >= 0.3
            pen.line([*points[a], *points[b]], fill=(*hue, 255 if sure else 90), width=4)
        for (x, y), score in zip(points, proposal.scores, strict=True):
            pen.ellipse([x - 4, y - 4, x + 4, y + 4], fill=(*hue, 255) if score >= 0.3 else None, outline=hue)
        pen.text(tuple(np.array(proposal.box[:2]) * zoom), f"{n} {proposal.score:.2f}", fill="white")
    for person in people:
        for x, y in person.points[person.visibility > 0] * zoom:
            pen.line([x - 5, y, x + 5, y], fill="white")
            pen.line([x, y - 5, x, y + 5], fill="white")
    image.save(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    beside = Path(__file__).resolve().parents[3] / "shared" / "data" / "mmpose"
    parser.add_argument("folder", nargs="?", type=Path, default=beside, help="mmpose's tests/data")
    parser.add_argument("--overlays", type=Path, help="write pictures of labels and proposals there")
    arguments = parser.parse_args()
    if arguments.folder.is_dir():
        evaluate(open_predictor("movenet"), arguments.folder, arguments.overlays)
    else:
        print(f"skipped: {arguments.folder} does not exist; give the folder of mmpose's tests/data")
