"""Imports and exports COCO files the way the window and the command line do, and checks what the report says."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from annotator.bundle import bundled
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
    """Export all frames, and check that the report beside the files has the shape that ships as a schema."""
    options.setdefault("frames", FrameChoice.ALL)
    exported = export(project, exporters[format_], ExportOptions(folder, **options), Job())
    report_schema().validate(json.loads(exported.report.read_text("utf-8")))
    return exported


def written(exported: Exported) -> dict[str, Any]:
    """Return the one file of an export."""
    (file,) = exported.files
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return document


@cache
def report_schema() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(bundled("schemas", "export-report.json").read_text("utf-8")))
