"""Export to CSV: one row per decided keypoint. `writer` writes, `proof` reads back with code of its own."""

from pathlib import Path

from annotator.plugin import ExportOptions, Job, Project, exporter

from .proof import prove
from .writer import write


@exporter(
    "csv",
    title="CSV table",
    summary="one row per point",
    loses="boxes, edges, crowds, tracks, frames without a keypoint",
    prove=prove,
)
def write_csv(project: Project, options: ExportOptions, job: Job) -> list[Path]:
    """Write `keypoints.csv`, or `train.csv` and `val.csv`; see `writer.write`."""
    return write(project, options, job)
