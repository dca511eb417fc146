"""`annotator import` and `annotator export`: labels of other tools in, files for trainers out."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotator.cli.arguments import (
    FINDINGS,
    OK,
    JsonOption,
    MemberOption,
    ProjectArgument,
    open_for_reading,
    open_for_writing,
    skeleton_named,
)
from annotator.cli.output import Output, counted
from annotator.errors import CommandError, ProjectInUseError

if TYPE_CHECKING:
    from annotator.formats.contract import ExportOptions, ImportOptions
    from annotator.formats.exchange import Preview
    from annotator.formats.export import Exported
    from annotator.model.instance import Visibility
    from annotator.model.skeleton import Skeleton
    from annotator.store.project import Project


class Coordinates(StrEnum):
    """Which picture the points of a file mean, where EXIF turns it."""

    DISPLAYED = "displayed"
    STORED = "stored"


class ExportedFrames(StrEnum):
    """Which frames go into an export."""

    DECIDED = "decided"
    DONE = "done"
    ALL = "all"


def import_labels(
    project: ProjectArgument,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The label files.")],
    images: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the pictures are; by default beside the file.")
    ] = None,
    skeletons: Annotated[
        list[str] | None,
        typer.Option(
            "--skeleton",
            metavar="[CLASS=]ID|FILE.json",
            help="For one class of the file, or for those that name no keypoints, or for its only class.",
        ),
    ] = None,
    by_hand: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="THEIRS=OURS", help="Their keypoint becomes ours; THEIRS= leaves it out. May be repeated."
        ),
    ] = None,
    coordinates: Annotated[
        Coordinates | None, typer.Option(help="Which picture the points mean, where EXIF turns it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    member: MemberOption = "",
    as_json: JsonOption = False,
) -> int:
    """Read labels of other tools into a project; one change for each file.

    Nothing is written unless all files are valid. Exit code 1 when records were skipped.
    """
    from annotator.formats import contract
    from annotator.formats.exchange import commit_import
    from annotator.session.plugins import load_plugins

    output = Output(as_json)
    load_plugins()
    results = []
    with open_for_reading(project) if dry_run else open_for_writing(project, member) as opened:
        chosen = _skeletons(opened, skeletons or [])
        options = contract.ImportOptions(
            pictures=images.absolute() if images else None,
            skeleton=chosen.pop("", None),
            coordinates=contract.Coordinates(coordinates.value) if coordinates else None,
            skeletons=chosen,
            by_hand=_by_hand(by_hand or []),
        )
        previews = [_preview(opened, file, options, output) for file in files]
        for number, file in enumerate(files):
            preview = previews[number]
            if number and not dry_run:  # the file before may have brought the same pictures
                preview = _preview(opened, file, options, output)
            result = _described(file, preview, output)
            if not dry_run:
                with output.job(f"Import {file.name}") as job:
                    report = commit_import(opened, preview, job)
                output.say(
                    f"Imported {counted(report.instances, 'instance')} and {counted(report.frames, 'new picture')}."
                )
                if report.same:
                    output.say(f"{counted(report.same, 'instance was', 'instances were')} there already.")
                result |= {"imported": report.instances, "new_frames": report.frames, "same": report.same}
            results.append(result)
    output.result({"dry_run": dry_run, "files": results})
    return FINDINGS if any(result["skipped"] for result in results) else OK


def export_labels(
    project: ProjectArgument,
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to write.")],
    format_: Annotated[str, typer.Option("--format", metavar="coco|csv", help="What to write.")] = "coco",
    frames: Annotated[
        ExportedFrames, typer.Option(help="Done or with a decided instance; only done; or all.")
    ] = ExportedFrames.DECIDED,
    split: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Write train and val; this share is for training.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed divides the same frames alike.")] = 7,
    copy_pictures: Annotated[
        bool, typer.Option("--copy-pictures", help="Copy the pictures beside the labels.")
    ] = False,
    states: Annotated[
        str, typer.Option(help="Which keypoints keep their position; the others become unlabeled.")
    ] = "visible,occluded",
    as_json: JsonOption = False,
) -> int:
    """Write labels for trainers, read them back, and compare them with the project.

    Exit code 1 when the proof fails.
    """
    from annotator.formats.contract import ExportOptions, FrameChoice

    output = Output(as_json)
    if split is not None and not 0 < split < 1:
        raise CommandError(f"the split {split:g} leaves one of train and val empty: give a share such as 0.8")
    options = ExportOptions(
        folder=target.absolute(),
        frames=FrameChoice(frames.value),
        states=_states(states),
        train_share=split,
        seed=seed,
        copy_pictures=copy_pictures,
    )
    with _open_for_export(project) as opened:
        done = export_project(opened, format_, options, output)
    proof = done.proof
    output.say(
        f"Wrote {counted(done.preview.instances, 'instance')} in {counted(done.preview.frames, 'frame')} to {target}/"
    )
    for file in (*done.files, done.report):
        output.say(f"  {file.name}")
    output.say(f"Proof: {proof.sentence}." if proof else f"Not proved: there is no second reader for {format_}.")
    if done.preview.turned:
        output.note(f"{counted(done.preview.turned, 'picture')} with an EXIF orientation: not every loader turns them")
    output.result(
        {
            "format": format_,
            "folder": str(options.folder),
            "frames": done.preview.frames,
            "instances": done.preview.instances,
            "files": [str(file) for file in done.files],
            "report": str(done.report),
            "copied_pictures": done.pictures,
            "proof": proof_facts(done),
        }
    )
    return OK if proof is None or proof.holds else FINDINGS


def export_project(project: "Project", format_: str, options: "ExportOptions", output: Output) -> "Exported":
    """Write and prove an export; say what differs."""
    from annotator.formats.contract import exporters
    from annotator.formats.export import export
    from annotator.session.plugins import load_plugins

    load_plugins()
    exporter = exporters[format_]
    with output.job(f"Export {exporter.title}") as job:
        done = export(project, exporter, options, job)
    for difference in done.proof.differences if done.proof else ():
        output.note(difference)
    return done


def proof_facts(done: "Exported") -> dict[str, Any] | None:
    """Return what the second reader found, for programs; None where the format has none."""
    if done.proof is None:
        return None
    return {
        "holds": done.proof.holds,
        "compared": done.proof.compared,
        "equal": done.proof.equal,
        "differences": list(done.proof.differences),
        "sentence": done.proof.sentence,
    }


def _open_for_export(path: Path) -> "Project":
    """Open a project so that missing picture sizes can be noted, or, while the window has it, for reading."""
    try:
        return open_for_writing(path)
    except ProjectInUseError:
        return open_for_reading(path)


def _preview(project: "Project", file: Path, options: "ImportOptions", output: Output) -> "Preview":
    from annotator.formats.exchange import preview_import

    with output.job(f"Read {file.name}") as job:
        return preview_import(project, file, options, job)


def _described(file: Path, preview: "Preview", output: Output) -> dict[str, Any]:
    """Say what a file holds, and return it for programs."""
    output.say(
        f"{file.name}: {counted(len(preview.plan.frames), 'picture')} ({preview.found:,} found, {preview.known:,} in "
        f"the project), {counted(preview.instances, 'instance')}, keypoints: {preview.visible:,} visible, "
        f"{preview.occluded:,} occluded, {preview.unlabeled:,} unlabeled"
    )
    for planned, match in zip(preview.plan.instances, preview.matches, strict=True):
        output.say(f"  {planned.name}: {'new skeleton' if match.is_new else 'skeleton'} {match.ours.name}")
    for sentence in (*preview.plan.skipped, *preview.notes):
        output.note(sentence)
    for match in preview.matches:
        for name, id_ in match.suggestions.items():
            output.note(f"  perhaps --map {name}={match.ours.keypoints[match.ours.index(id_)].name}")
    return {
        "file": str(file.absolute()),
        "pictures": len(preview.plan.frames),
        "found": preview.found,
        "known": preview.known,
        "instances": preview.instances,
        "visible": preview.visible,
        "occluded": preview.occluded,
        "unlabeled": preview.unlabeled,
        "new_skeletons": [match.ours.name for match in preview.matches if match.is_new],
        "skipped": list(preview.plan.skipped),
        "notes": list(preview.notes),
    }


def _skeletons(project: "Project", chosen: list[str]) -> "dict[str, Skeleton]":
    """Return the skeletons that were named, by class of the file; "" is for any."""
    found = {}
    for words in chosen:
        class_name, _, name = words.rpartition("=")
        if class_name in found:
            whom = f"the class {class_name}" if class_name else "the classes without names"
            raise CommandError(f"two skeletons are named for {whom}: leave one --skeleton out")
        found[class_name] = project.skeletons[name] if name in project.skeletons else skeleton_named(name)
    return found


def _by_hand(mapped: list[str]) -> dict[str, str]:
    """Return what --map said: keypoint of the file to ours."""
    found: dict[str, str] = {}
    for words in mapped:
        theirs, sign, ours = words.partition("=")
        if not theirs or not sign:
            raise CommandError(f"--map {words} names no two keypoints: write THEIRS=OURS")
        if found.setdefault(theirs, ours) != ours:
            raise CommandError(f"{theirs} is mapped twice: leave one --map out")
    return found


def _states(text: str) -> "frozenset[Visibility]":
    from annotator.model.instance import Visibility

    known = {"visible": Visibility.VISIBLE, "occluded": Visibility.OCCLUDED}
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise CommandError(f"the state {name!r} cannot be exported with a position: choose of visible, occluded")
    if not names:
        raise CommandError("no state is chosen: choose of visible, occluded")
    return frozenset(known[name] for name in names)
