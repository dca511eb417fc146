"""What an export would hold, in words and numbers, as decided so far. No Qt."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.formats.contract import Exporter
from annotator.formats.export import Exported, ExportPreview, KeypointCounts
from annotator.model.instance import Visibility
from annotator.model.sides import Side
from annotator.model.skeleton import Skeleton
from annotator.ui.dialogs.import_choices import counted


@dataclass(frozen=True, slots=True)
class Bar:
    """How often one keypoint is written with which v.

    Attributes:
        trained: points whose position a trainer learns: v = 1 and v = 2 alike.
    """

    name: str
    side: Side
    visible: int
    occluded: int
    unlabeled: int

    @property
    def trained(self) -> int:
        return self.visible + self.occluded

    @property
    def total(self) -> int:
        return self.visible + self.occluded + self.unlabeled


def bars(
    preview: ExportPreview, states: frozenset[Visibility], skeletons: Mapping[str, Skeleton]
) -> list[tuple[str, list[Bar]]]:
    """Return the bars of each skeleton, under its name; keypoints in a state that is left out are written as v = 0."""
    found = []
    for id_, counts in preview.keypoints.items():
        skeleton = skeletons[id_]
        sides = {skeleton.names[k]: skeleton.keypoints[k].side for k in skeleton.placeable}
        found.append((skeleton.name, [_bar(one, sides[one.name], states) for one in counts]))
    return found


def totals(preview: ExportPreview) -> tuple[int, int]:
    """Return how many keypoints are visible and occluded, over all skeletons."""
    counts = [one for each in preview.keypoints.values() for one in each]
    return sum(one.visible for one in counts), sum(one.occluded for one in counts)


def foot(preview: ExportPreview) -> str:
    """Return "1,604 rows in 596 pictures"."""
    return f"{counted(preview.instances, 'row')} in {counted(preview.frames, 'picture')}"


def obstacle(preview: ExportPreview, folder: str) -> str:
    """Return what an export waits for, or ""."""
    if not folder.strip():
        return "Choose a folder to export into"
    return "" if preview.frames else "No frame is as chosen under Frames"


def warnings(preview: ExportPreview) -> list[str]:
    """Return what a trainer may stumble over."""
    found = []
    if preview.turned:
        pictures = "1 picture is" if preview.turned == 1 else f"{preview.turned:,} pictures are"
        found.append(
            f"{pictures} turned by EXIF. Points are upright; loaders built on PIL do not turn pictures, on cv2 they do."
        )
    if preview.unsized:
        found.append(f"The size of {counted(preview.unsized, 'picture')} is not known yet and is read first.")
    return found


def proof_words(exported: Exported) -> tuple[bool | None, str, Sequence[str]]:
    """Return whether the proof holds (None without one), a title and lines."""
    files = ", ".join(file.name for file in exported.files)
    proof = exported.proof
    if proof is None:
        return None, f"Written: {files}", ["This format has no second reader, so it is not proved."]
    if proof.holds:
        lines = [f"Read back from {files} by a second reader."]
        return True, f"Proved: {proof.sentence}", [*lines, f"Also equal: {proof.checked}."] if proof.checked else lines
    return False, f"Not proved: {proof.equal:,} of {proof.compared:,} keypoints equal", proof.differences


def default_folder(project: Path, name: str, exporter: Exporter) -> Path:
    """Return the folder that an export is offered: beside the project, named after it and the format."""
    plain = re.sub(r"[^\w.-]+", "-", name.casefold()).strip("-.") or "export"
    return project.parent / "exports" / f"{plain}-{exporter.name}"


def _bar(counts: KeypointCounts, side: Side, states: frozenset[Visibility]) -> Bar:
    visible = counts.visible if Visibility.VISIBLE in states else 0
    occluded = counts.occluded if Visibility.OCCLUDED in states else 0
    total = counts.visible + counts.occluded + counts.unlabeled
    return Bar(counts.name, side, visible, occluded, total - visible - occluded)
