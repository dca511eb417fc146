"""Imports and exports COCO files the way the window and the command line do."""

import json
from pathlib import Path
from typing import Any

from annotator.formats.commit import ImportReport
from annotator.formats.contract import ExportOptions, FrameChoice, ImportOptions, exporters
from annotator.formats.exchange import commit_import, preview_import
from annotator.formats.export import Exported, export
from annotator.jobs import Job
from annotator.store.project import Project


def bring(project: Project, path: Path, **options: Any) -> ImportReport:
    """Import a file."""
    return commit_import(project, preview_import(project, path, ImportOptions(**options), Job()), Job())


def send(project: Project, folder: Path, format_: str = "coco", **options: Any) -> Exported:
    """Export all frames."""
    options.setdefault("frames", FrameChoice.ALL)
    return export(project, exporters[format_], ExportOptions(folder, **options), Job())


def written(exported: Exported) -> dict[str, Any]:
    """Return the one file of an export."""
    (file,) = exported.files
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return document
