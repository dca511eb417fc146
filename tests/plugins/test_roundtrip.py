"""Random projects go out to files and come back: everything but the declared losses is as it was."""

import csv
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
from annotator.plugins.coco.reader import SMALL_BYTES
from coco_values import bring, send, written
from hypothesis import HealthCheck, Phase, given, settings

from annotator.formats.contract import ImportOptions, importers
from annotator.jobs import Job
from annotator.model.frame import Frame, FrameContent
from annotator.model.ids import new_ids
from annotator.model.instance import Instance, Visibility
from annotator.model.skeleton import Keypoint, Skeleton
from annotator.store.integrity import check_project
from annotator.store.project import Project, create_project

# Shrinking a whole project takes minutes: what fails is shown as it was found.
few_examples = settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

names = st.one_of(
    st.sampled_from(["left_eye", "right_eye", "nose", "=1+1", '"', "a,b", "Ñandú", "左手", "\U0001f991", "e\u0301"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
        lambda name: name == name.strip()
    ),
)
coordinates = st.one_of(
    st.floats(-50, 250),
    st.sampled_from([0.0, -0.0, 1.0, 20.5, -3.0, 0.1, 1e15, 1e16, 123456789.0, -1e100, 5e-324, 1e22, 2**53 + 2.0]),
    st.floats(-1e12, 1e12),
)
fields = st.dictionaries(
    st.sampled_from(["mood", "licence", "größe", "a b", 'q"']),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-9, 9)
        | st.floats(-1e6, 1e6)
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
        max_leaves=3,
    ),
    max_size=2,
)


@dataclass(frozen=True)
class Labels:
    """What a project is filled with; half of them without a field that COCO does not know."""

    skeletons: list[Skeleton]
    frames: list[Frame]
    instances: list[list[Instance]]


@st.composite
def skeletons(draw: st.DrawFn) -> list[Skeleton]:
    made = []
    for name in draw(st.lists(names, min_size=1, max_size=3, unique=True)):
        own = draw(st.lists(names, min_size=1, max_size=5, unique=True))
        is_retired = [False, *draw(st.lists(st.booleans(), min_size=4, max_size=4))]
        keypoints = tuple(Keypoint(f"k{k}", each, retired=is_retired[k]) for k, each in enumerate(own))
        pairs = [(a.id, b.id) for a in keypoints for b in keypoints if a.id < b.id]
        edges = draw(st.lists(st.sampled_from(pairs), max_size=4, unique=True)) if pairs else []
        made.append(Skeleton(f"s{len(made)}", name, keypoints, tuple(edges), supercategory=draw(names)))
    return made


@st.composite
def instances(draw: st.DrawFn, skeleton: Skeleton, id_: int, is_plain: bool) -> Instance:
    count = len(skeleton)
    points = np.array(draw(st.lists(st.tuples(coordinates, coordinates), min_size=count, max_size=count)))
    states = np.array(draw(st.lists(st.sampled_from(list(Visibility)), min_size=count, max_size=count)), np.uint8)
    blank = (states == Visibility.UNLABELED) & np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    points[blank] = np.nan
    box = draw(st.none() | st.tuples(coordinates, coordinates, st.floats(0, 1e6), st.floats(0, 1e6)))
    extra = {} if is_plain else draw(fields)
    return Instance(
        id_,
        skeleton.id,
        points,
        states,
        box=box,
        box_by_hand=box is not None,
        crowd=draw(st.booleans()),
        note=draw(st.sampled_from(["", "look again"])),
        extra=json.dumps(extra, ensure_ascii=False, separators=(",", ":")) if extra else "",
    )


@st.composite
def labels(draw: st.DrawFn) -> Labels:
    defined, is_plain = draw(skeletons()), draw(st.booleans())
    paths = draw(st.lists(names.filter(is_portable), max_size=3, unique=True))
    frames, people = [], []
    for key, path in zip(new_ids(max(len(paths), 1)), paths, strict=False):
        size = draw(st.sampled_from([(0, 0), (200, 100), (1, 1)]))
        extra = {} if is_plain else draw(fields)
        text = json.dumps(extra, ensure_ascii=False, separators=(",", ":")) if extra else ""
        frames.append(Frame(key, "pictures", f"{path}.png", width=size[0], height=size[1], extra=text))
        count = draw(st.integers(0, 3))
        # An import puts the instances of a picture in the order of their classes.
        chosen = sorted(draw(st.lists(st.sampled_from(range(len(defined))), min_size=count, max_size=count)))
        people.append(
            [draw(instances(defined[n], id_, is_plain)) for n, id_ in zip(chosen, new_ids(max(count, 1)), strict=False)]
        )
    used = {instance.skeleton_id for each in people for instance in each}
    # A class without an instance has no place in a project after an import, unless all are so.
    return Labels([one for one in defined if one.id in used] or defined, frames, people)


def is_portable(name: str) -> bool:
    return not set(name) & set("\\/:\x7f") and name not in (".", "..")


@contextmanager
def filled(labels: Labels) -> Iterator[tuple[Project, Path]]:
    """Yield a project of these labels, and a folder beside it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with create_project(place / "first" / "p", labels.skeletons, member="ann") as project:
            with project.transaction("Label") as transaction:
                transaction.add_frames(labels.frames)
            with project.transaction("Label") as transaction:
                for frame, people in zip(labels.frames, labels.instances, strict=True):
                    for instance in people:
                        transaction.add(frame.key, instance)
            yield project, place


@few_examples
@given(labels())
def test_coco_comes_back_as_it_went_out(labels: Labels) -> None:
    with filled(labels) as (project, place):
        exported = send(project, place / "out")
        assert exported.proof is not None
        assert exported.proof.holds, exported.proof.differences
        with create_project(place / "second" / "p", member="ann") as other:
            bring(other, exported.files[0])
            compare(project, other, written(exported))
            again = send(other, place / "again")
            assert again.proof is not None
            assert again.proof.holds, again.proof.differences
            assert again.files[0].read_bytes() == exported.files[0].read_bytes()
            other.flush()
            assert check_project(other.path) == []


def compare(project: Project, other: Project, document: dict[str, Any]) -> None:
    """Compare what was imported with what was exported, value by value and bit by bit."""
    ours, theirs = ({one.name: one for one in each.skeletons.values()} for each in (project, other))
    assert ours.keys() == theirs.keys()
    for name, skeleton in ours.items():
        shown = [skeleton.names[k] for k in skeleton.placeable]
        assert list(theirs[name].names) == shown
        edges = [(skeleton.names[a], skeleton.names[b]) for a, b in skeleton.edge_indices]
        assert [(shown[a], shown[b]) for a, b in theirs[name].edge_indices] == [
            edge for edge in edges if set(edge) <= set(shown)
        ]
        assert theirs[name].supercategory == skeleton.supercategory
    boxes = {annotation["id"]: tuple(annotation["bbox"]) for annotation in document["annotations"]}
    for before, after in zip(contents(project), contents(other), strict=True):
        for name in ("path", "width", "height"):
            assert getattr(after.frame, name) == getattr(before.frame, name)
        assert known(after.frame.extra) == known(before.frame.extra)
        for mine, found in zip(before.instances, after.instances, strict=True):
            skeleton = project.skeletons[mine.skeleton_id]
            assert other.skeletons[found.skeleton_id].name == skeleton.name
            compare_keypoints(mine, found, list(skeleton.placeable))
            assert found.crowd == mine.crowd
            assert found.box == (mine.box or boxes[json.loads(found.extra)["id"]])
            assert known(found.extra) == known(mine.extra)


def compare_keypoints(mine: Instance, found: Instance, placeable: list[int]) -> None:
    """What has a position keeps every bit of it; of the rest only that it has none comes back."""
    located = mine.located[placeable]
    assert found.visibility.tolist() == np.where(located, mine.visibility[placeable], 0).tolist()
    assert found.points[located].tobytes() == mine.points[placeable][located].tobytes()
    assert np.isnan(found.points[~located]).all()


def contents(project: Project) -> list[FrameContent]:
    return [project.content(key) for key in project.frame_keys()]


def known(extra: str) -> Any:
    """Return the fields of an import that nobody knows; those that an export adds are no loss."""
    return {name: value for name, value in json.loads(extra or "{}").items() if name not in ("id", "area")}


@few_examples
@given(labels())
def test_a_large_file_is_read_like_a_small_one(labels: Labels) -> None:
    with filled(labels) as (project, place):
        file = send(project, place / "out").files[0]
        large = place / file.name
        large.write_bytes(file.read_bytes() + b" " * SMALL_BYTES)

        assert plan(large) == plan(file)


def plan(path: Path) -> Any:
    """Return what an import of a file would bring, as values that compare."""
    found = importers["coco"].read(path, ImportOptions(), Job())
    instances = [
        (
            one.skeleton,
            *(array.tobytes() for array in (one.frames, one.points, one.visibility, one.boxes, one.crowd)),
            list(one.extras),
        )
        for one in found.instances
    ]
    return list(found.frames), instances, list(found.skipped), list(found.notes), found.exports


@few_examples
@given(labels())
def test_csv_holds_every_decided_keypoint_to_the_bit(labels: Labels) -> None:
    with filled(labels) as (project, place):
        (file,) = send(project, place / "out", "csv").files

        with file.open(newline="", encoding="utf-8") as text:
            rows = [tuple(row.values()) for row in csv.DictReader(text)]

        # Each page is written skeleton by skeleton; sorting is stable, so keypoints keep their order.
        expected = [
            (
                safe(content.frame.path),
                str(instance.id),
                safe(skeleton.name),
                safe(skeleton.names[k]),
                *(repr(float(value)) if instance.located[k] else "" for value in instance.points[k]),
                Visibility(instance.visibility[k]).name.lower(),
            )
            for content in contents(project)
            for instance in content.instances
            for skeleton in [project.skeletons[instance.skeleton_id]]
            for k in skeleton.placeable
            if instance.visibility[k]
        ]
        assert sorted(rows, key=itemgetter(1)) == sorted(expected, key=itemgetter(1))


def safe(text: str) -> str:
    """Return text as a spreadsheet may see it: what it would run as a formula has a mark before it."""
    return "'" + text if text[0] in "=+-@\t\r" else text
