"""The sample pictures that ship with the program, each set with the skeleton that fits it."""

from pathlib import Path

import msgspec

from annotator.bundle import bundled


class Sample(msgspec.Struct, frozen=True):
    """A set of sample pictures.

    Attributes:
        id: name of the folder in `resources/samples`.
        summary: what is in it, in a few words.
        cover: the picture that stands for the set.
        skeleton_id: template that fits the subjects.
    """

    id: str
    title: str
    summary: str
    folder: Path
    cover: Path
    skeleton_id: str


_SETS = (
    ("people", "People in a park", "walk-park.jpg", "coco-17"),
    ("cat", "A cat trots", "cat-trot-frame3.png", "ap10k-17"),
    ("hand", "One hand", "hand.jpg", "hand-21"),
)


def shipped_samples() -> tuple[Sample, ...]:
    """Return the sets that this installation has, in the order to show them."""
    samples = []
    for id_, title, cover, skeleton_id in _SETS:
        try:
            folder = bundled("resources", "samples", id_)
        except FileNotFoundError:
            continue
        count = sum(1 for each in folder.iterdir() if each.is_file())
        summary = "1 picture" if count == 1 else f"{count} pictures"
        samples.append(Sample(id_, title, summary, folder, folder / cover, skeleton_id))
    return tuple(samples)
