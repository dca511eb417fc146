"""`annotator demo`: from the built-in pictures to proved labels, in a folder of its own."""

import itertools
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotator.cli.arguments import DEFAULT_THRESHOLD, FINDINGS, OK, JsonOption, member_name
from annotator.cli.exchange import export_project, proof_facts
from annotator.cli.labels import accept_predictions, open_model, prelabel_project
from annotator.cli.new import read_all_sizes
from annotator.cli.output import Output, counted
from annotator.cli.stats import STATES, project_facts
from annotator.errors import JobCancelled

if TYPE_CHECKING:
    from annotator.formats.export import Exported
    from annotator.store.project import Project

NAME = "annotator-demo"
_SAMPLES, _SKELETON = "people", "coco-17"


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where a demo puts what it makes."""

    path: Path

    @property
    def pictures(self) -> Path:
        return self.path / "pictures"

    @property
    def project(self) -> Path:
        return self.path / "people.annotator"

    @property
    def export(self) -> Path:
        return self.path / "export"

    @property
    def overlays(self) -> Path:
        return self.path / "overlays"

    @property
    def sheet(self) -> Path:
        return self.path / "contact-sheet.jpg"


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Do not open the window at the end.")] = False,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where to make the demo's folder; by default here.")
    ] = Path(),
    as_json: JsonOption = False,
) -> int:
    """Take the sample pictures from nothing to proved labels.

    Makes a new folder with a project, lets the bundled model propose poses, accepts what is confident, exports COCO
    keypoints, reads the export back, and draws what was found. Opens the window last, where there is a display.
    """
    output = Output(as_json)
    folder = new_folder(out)
    facts = make_demo(folder, output)
    output.result(facts)
    if not headless:
        _open_window(folder.project, output)
    return OK if facts["proof"]["holds"] else FINDINGS


def new_folder(parent: Path) -> DemoFolder:
    """Make the first free one of annotator-demo, annotator-demo-2, ..."""
    parent.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        path = parent / (NAME if number == 1 else f"{NAME}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return DemoFolder(path.absolute())
    raise AssertionError("numbers do not end")


def make_demo(folder: DemoFolder, output: Output) -> dict[str, Any]:
    """Do everything but open the window, say what is done, and return what came of it."""
    from annotator.bundle import bundled
    from annotator.formats.contract import ExportOptions
    from annotator.model.templates import template_skeleton
    from annotator.session.pictures import add_pictures, find_pictures
    from annotator.store.project import create_project

    samples = bundled("resources", "samples", _SAMPLES)
    shutil.copytree(samples, folder.pictures)
    shutil.copy(samples.parent / "NOTICE", folder.pictures)
    predictor = open_model("movenet")
    skeleton = template_skeleton(_SKELETON)
    with create_project(folder.project, [skeleton], name="People", member=member_name()) as project:
        keys = add_pictures(project, find_pictures([folder.pictures]))
        read_all_sizes(project, keys, output)
        output.say(f"Made a project of {counted(len(keys), 'picture')} with the skeleton COCO 17.")
        run = prelabel_project(project, predictor, output)
        if run.was_cancelled:
            raise JobCancelled
        output.say(f"{run.model} proposes {counted(run.count, 'person', 'people')}.")
        accepted = accept_predictions(project, DEFAULT_THRESHOLD, output)
        output.say(
            f"Accepted {counted(accepted.keypoints, 'keypoint')} of confidence {DEFAULT_THRESHOLD:.2f} and above, the "
            f"default; what is less confident stays a proposal, in {counted(accepted.left, 'pose')}."
        )
        output.say("Exporting COCO keypoints, and reading them back.")
        done = export_project(project, "coco", ExportOptions(folder.export), output)
        draw(project, folder, output)
        facts = _facts(project, folder, done)
    _summarize(folder, facts, output)
    return facts


def draw(project: "Project", folder: DemoFolder, output: Output) -> int:
    """Draw every frame with its poses, and all of them as one sheet; return how many."""
    from annotator.cli.pictures import contact_sheet, overlay
    from annotator.store.media import read_picture

    folder.overlays.mkdir()
    keys = project.frame_keys()
    images, captions = [], []
    with output.job("Draw pictures") as job:
        for key in job.track(keys, len(keys)):
            content = project.content(key)
            path = project.path_of(content.frame)
            if path is None:
                continue
            skeletons = project.skeletons
            image = overlay(read_picture(path), content.instances, content.predictions, skeletons, DEFAULT_THRESHOLD)
            image.save(folder.overlays / f"{path.stem}.jpg", quality=92)
            images.append(image)
            captions.append(f"{path.name} · {counted(len(content.instances), 'person', 'people')}")
    contact_sheet(images, captions, columns=3).save(folder.sheet, quality=92)
    return len(images)


def _facts(project: "Project", folder: DemoFolder, done: "Exported") -> dict[str, Any]:

    facts = project_facts(project)
    states = [keypoint for skeleton in facts["skeletons"] for keypoint in skeleton["keypoints"]]
    return {
        "folder": str(folder.path),
        "project": str(folder.project),
        "frames": facts["frames"],
        "people": facts["instances"],
        "keypoints": {state: sum(each[state] for each in states) for state in STATES},
        "predictions": facts["predictions"],
        "export": [str(file) for file in (*done.files, done.report)],
        "proof": proof_facts(done) or {"holds": False, "sentence": "there is none"},
        "overlays": str(folder.overlays),
        "contact_sheet": str(folder.sheet),
    }


def _summarize(folder: DemoFolder, facts: dict[str, Any], output: Output) -> None:
    counts = facts["keypoints"]
    rows = [
        ("frames", f"{facts['frames']:,}"),
        ("people", f"{facts['people']:,}"),
        *((f"keypoints {state}", f"{counts[state]:,}") for state in STATES),
        ("proof of the export", facts["proof"]["sentence"]),
    ]
    output.say()
    output.table(("", "result"), rows)
    output.say()
    output.table(
        ("", f"in {folder.path}"),
        [
            ("project", folder.project.name),
            ("pictures", f"{folder.pictures.name}/"),
            *(("COCO keypoints, report", str(Path(file).relative_to(folder.path))) for file in facts["export"]),
            ("overlay pictures", f"{folder.overlays.name}/"),
            ("contact sheet", folder.sheet.name),
        ],
    )


def _open_window(project: Path, output: Output) -> None:
    """Start the window in a process of its own: whatever becomes of Qt there, the demo is finished."""
    from annotator.session.plugins import PLUGINS
    from annotator.session.window_needs import window_problem

    if problem := window_problem():
        output.note(f"the window stays closed: {problem.sentence}; open it later with `annotator {project}`")
        return
    output.say(f"Opening {project.name} in the window.")
    subprocess.Popen(
        [sys.executable, "-m", "annotator", *(["--no-plugins"] * PLUGINS.leaves_others_out), str(project)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),  # on Windows, where there are no sessions
    )
