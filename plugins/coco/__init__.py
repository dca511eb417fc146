"""COCO keypoint JSON, in and out: categories with their skeletons, v 0/1/2, boxes, crowds, areas, unknown fields.

`reader` parses and validates, `writer` writes, `proof` reads back with code of its own.
"""

from pathlib import Path

from annotator.plugin import ExportOptions, ImportOptions, ImportPlan, Job, Project, exporter, importer

from .proof import prove
from .reader import looks_like_coco, read
from .renumbering import renumbered
from .writer import write


@importer("coco", title="COCO keypoints", suffixes=(".json",), sniff=looks_like_coco)
def read_coco(path: Path, options: ImportOptions, job: Job) -> ImportPlan:
    """Read a COCO keypoint file; see `reader.read`."""
    return read(path, options, job)


@exporter(
    "coco",
    title="COCO keypoints",
    summary="json",
    loses=(
        "absent and unlabeled keypoints are both v=0, without a position; sides, sigmas and layouts, tracks, tags and "
        "states of frames, predictions, scores, history and notes stay in the project"
    ),
    prove=prove,
    renumbered=renumbered,
)
def write_coco(project: Project, options: ExportOptions, job: Job) -> list[Path]:
    """Write `annotations.json`, or `train.json` and `val.json`; see `writer.write`."""
    return write(project, options, job)
