"""Export a project: save first, write, prove, report. And what an export would hold, before it is written."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

import annotator
from annotator.errors import FormatError, MediaError
from annotator.formats.contract import Exporter, ExportOptions, Proof, collector_paused
from annotator.formats.rows import exported_frames, exported_keypoints, exported_pages
from annotator.jobs import Job
from annotator.model.paths import leads_out
from annotator.model.skeleton import Skeleton
from annotator.store.media import probe
from annotator.store.project import Project

REPORT = "export-report.json"
_PAGE = 500


@dataclass(frozen=True, slots=True)
class KeypointCounts:
    """How often one keypoint is written with which v, over all instances of its skeleton."""

    name: str
    visible: int
    occluded: int
    unlabeled: int

    @property
    def trained(self) -> int:
        """Points that a trainer learns the position of: v = 1 and v = 2 alike."""
        return self.visible + self.occluded


@dataclass(frozen=True, slots=True)
class ExportPreview:
    """What an export would hold.

    Attributes:
        keypoints: per skeleton id, in its order.
        turned: frames whose EXIF orientation is not 1: PIL-based loaders ignore it, cv2-based ones apply it.
        unsized: frames whose size is not known yet.
    """

    frames: int
    instances: int
    keypoints: Mapping[str, tuple[KeypointCounts, ...]]
    turned: int
    unsized: int


class KeypointReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counts of one keypoint in an export."""

    name: str
    v2: int
    v1: int
    v0: int


class ProofReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the second reader found."""

    holds: bool
    compared: int
    equal: int
    differences: tuple[str, ...]
    checked: str


class RenumberedReport(msgspec.Struct, frozen=True):
    """An id of an import that is another one in the files."""

    kind: str
    picture: str
    imported: int
    written: int


class ExportReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The report that travels with an export: `export-report.json`.

    Attributes:
        files: name to SHA-256 of every label file.
        policies: skeleton name to what "occluded" means in it.
        roots: folders of the pictures; where there are several, names of pictures begin with them.
        renumbered: ids of an import that could not be kept, since two are alike.
        turned: pictures with an EXIF orientation other than 1.
    """

    tool: str
    tool_version: str
    format: str
    created: str
    project: str
    frames: int
    instances: int
    files: dict[str, str]
    keypoints: dict[str, tuple[KeypointReport, ...]]
    policies: dict[str, str]
    loses: str
    split: str
    roots: tuple[str, ...]
    renumbered: tuple[RenumberedReport, ...]
    turned: tuple[str, ...]
    proof: ProofReport | None


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did.

    Attributes:
        files: label files.
        report: path of the report.
        proof: None for a format without one.
    """

    files: tuple[Path, ...]
    report: Path
    proof: Proof | None
    preview: ExportPreview
    pictures: int


def preview_export(project: Project, options: ExportOptions, job: Job) -> ExportPreview:
    """Count what an export would hold, from what is on disk."""
    frames = exported_frames(project, options)
    counts: dict[str, np.ndarray] = {}
    instances = 0
    with collector_paused():
        for page in exported_pages(project, options, details=False):
            job.check()
            for batch in page:
                _, states = exported_keypoints(batch, options)
                table = np.stack([np.count_nonzero(states == v, axis=0) for v in (2, 1, 0)], axis=1)
                counts[batch.skeleton_id] = counts.get(batch.skeleton_id, 0) + table
                instances += len(batch)
    return ExportPreview(
        len(frames),
        instances,
        {id_: _counts(project.skeletons[id_], table) for id_, table in counts.items()},
        sum(orientation != 1 for orientation in frames.orientations),
        sum(not width for width in frames.widths),
    )


def _counts(skeleton: Skeleton, table: np.ndarray) -> tuple[KeypointCounts, ...]:
    return tuple(KeypointCounts(skeleton.names[k], *(int(count) for count in table[k])) for k in skeleton.placeable)


def folder_problem(folder: Path) -> str:
    """Return why nothing may be exported into a folder; "" where it is new, empty, or holds an earlier export."""
    try:
        is_foreign = folder.is_dir() and any(folder.iterdir()) and not (folder / REPORT).is_file()
    except OSError as error:
        return f"{folder} cannot be read: {error.strerror or error}"
    return f"{folder} holds files that are no export of ours: choose a new folder" if is_foreign else ""


def export(project: Project, exporter: Exporter, options: ExportOptions, job: Job) -> Exported:
    """Write an export, read it back, and put the report beside it.

    Raises:
        NotSavedError: changes wait to be saved; nothing is written.
        FormatError: the folder holds files of others or cannot be written, a picture cannot be copied, or a path leads
            out of its folder.
    """
    if problem := folder_problem(options.folder):
        raise FormatError(problem)
    project.flush()
    _check_paths(project)
    preview = preview_export(project, options, job)
    if preview.unsized:
        _learn_sizes(project, options)
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        files = exporter.write(project, options, job)
        pictures = _copy_pictures(project, options, job) if options.copy_pictures else 0
        proof = exporter.prove(project, options, files) if exporter.prove is not None else None
        report = _write_report(project, exporter, options, preview, files, proof)
    except OSError as error:
        raise FormatError(f"{options.folder} cannot be written: {error.strerror or error}") from error
    finally:
        for left in options.folder.glob("*.new"):  # of a writer that could not end: the disk is full
            with suppress(OSError):
                left.unlink()
    return Exported(tuple(files), report, proof, preview, pictures)


def _check_paths(project: Project) -> None:
    """Refuse a project in which somebody wrote a path that would lead the readers of an export out of its folder."""
    suspicious = project.reader.rows(
        r"SELECT path FROM media WHERE path GLOB '[/\\]*' OR path GLOB '?:*' OR instr(path, '..') "
        "OR instr(path, '://') OR instr(path, char(0)) ORDER BY id"
    )
    if wrong := [path for (path,) in suspicious if leads_out(path)]:
        raise FormatError(
            f"{project.path.name} names the picture {wrong[0]!r}, which leads out of its folder: remove that frame"
        )


def _learn_sizes(project: Project, options: ExportOptions) -> None:
    """Read the sizes of exported pictures that nobody has opened yet; trainers need them."""
    if project.is_read_only:
        return
    unsized = [one.key for one in exported_frames(project, options) if not one.width]
    sized = []
    for start in range(0, len(unsized), _PAGE):
        for row in project.summaries(unsized[start : start + _PAGE]):
            path = project.path_of(row.frame)
            if path is None:
                continue
            try:
                facts = probe(path)
            except MediaError:
                continue  # written as 0 x 0 and named in the report by its size
            sized.append(replace(row.frame, width=facts.width, height=facts.height, orientation=facts.orientation))
    if sized:
        with project.transaction("Read picture sizes", undoable=False) as transaction:
            for frame in sized:
                transaction.set_frame(frame)
        project.flush()


def _copy_pictures(project: Project, options: ExportOptions, job: Job) -> int:
    """Copy the pictures into the folder under their own relative paths; what is the same already stays."""
    frames = exported_frames(project, options)
    copied = 0
    for one in job.track(frames, len(frames), "Copying pictures"):
        place = project.roots.folder(one.root)
        target = options.folder / one.name
        if place is None or not (source := place / one.path).is_file():
            raise FormatError(f"{one.path} cannot be copied: it is not where it was; find the folder first")
        if not source.resolve().is_relative_to(place.resolve()):
            raise FormatError(
                f"{one.path} is reached by a link that leads out of its folder: it is not copied; "
                "put the picture itself there"
            )
        if not target.resolve().is_relative_to(options.folder.resolve()):
            raise FormatError(f"{one.name} leads out of the export folder: it is not copied")
        if target.exists() and target.stat().st_size == source.stat().st_size:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f"{target.name}.new")
        try:
            shutil.copy2(source, beside)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        copied += 1
    return copied


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_report(
    project: Project,
    exporter: Exporter,
    options: ExportOptions,
    preview: ExportPreview,
    files: list[Path],
    proof: Proof | None,
) -> Path:
    frames = exported_frames(project, options)
    renumbered = exporter.renumbered(project, options) if exporter.renumbered is not None else []
    report = ExportReport(
        tool="Annotator",
        tool_version=annotator.__version__,
        format=exporter.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        project=project.name,
        frames=preview.frames,
        instances=preview.instances,
        files={file.name: _sha256(file) for file in files},
        keypoints={
            project.skeletons[id_].name: tuple(
                KeypointReport(one.name, one.visible, one.occluded, one.unlabeled) for one in counts
            )
            for id_, counts in preview.keypoints.items()
        },
        policies={skeleton.name: skeleton.visibility_policy for skeleton in project.skeletons.values()},
        loses=exporter.loses,
        split="" if options.train_share is None else f"train {options.train_share:g}, seed {options.seed}",
        roots=tuple(dict.fromkeys(frames.roots)),
        renumbered=tuple(RenumberedReport(one.kind, one.picture, one.imported, one.written) for one in renumbered),
        turned=tuple(one.name for one in frames if one.orientation != 1),
        proof=None
        if proof is None
        else ProofReport(proof.holds, proof.compared, proof.equal, proof.differences, proof.checked),
    )
    path = options.folder / REPORT
    beside = path.with_name(f"{path.name}.new")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(msgspec.to_builtins(report), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return path
