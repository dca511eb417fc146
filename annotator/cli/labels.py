"""`annotator prelabel` and `annotator accept`: a model proposes poses, a person's threshold decides."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from annotator.cli.arguments import (
    DEFAULT_THRESHOLD,
    FINDINGS,
    INTERRUPTED,
    OK,
    JsonOption,
    MemberOption,
    ProjectArgument,
    open_for_writing,
    skeleton_of,
)
from annotator.cli.output import Output, counted

if TYPE_CHECKING:
    from annotator.predict.contract import Predictor
    from annotator.session.prelabeling import Accepted, Run
    from annotator.store.project import Project


class Frames(StrEnum):
    """Which frames a model looks at."""

    ALL = "all"
    TO_DO = "to-do"


def prelabel(
    project: ProjectArgument,
    model: Annotated[str, typer.Option(metavar="NAME|CARD.json", help="A shipped model, or a model card.")] = "movenet",
    frames: Annotated[Frames, typer.Option(help="Look at all frames, or at those that are not done.")] = Frames.ALL,
    again: Annotated[bool, typer.Option("--again", help="Also where there are predictions or labels already.")] = False,
    skeleton: Annotated[str, typer.Option(metavar="ID", help="Where the project has several skeletons.")] = "",
    member: MemberOption = "",
    as_json: JsonOption = False,
) -> int:
    """Let a model propose poses; labels stay as they are.

    Ctrl+C keeps what is finished. Exit code 1 when pictures could not be read.
    """
    output = Output(as_json)
    with open_for_writing(project, member) as opened:
        run = prelabel_project(opened, open_model(model), output, frames, again=again, skeleton=skeleton)
    looked = counted(len(run.predictions), "frame")
    output.say(f"{run.model} proposes {counted(run.count, 'pose')} in {looked}.")
    if not run.total and not run.damaged:
        output.say("Every frame has predictions or labels already: --again looks at them again.")
    if run.was_cancelled:
        output.note(f"stopped after {looked} of {run.total:,}; their predictions are kept")
    output.result(
        {
            "model": run.model,
            "frames": len(run.predictions),
            "predictions": run.count,
            "problems": run.damaged,
            "stopped": run.was_cancelled,
        }
    )
    if run.was_cancelled:
        return INTERRUPTED
    return FINDINGS if run.damaged else OK


def accept(
    project: ProjectArgument,
    min_score: Annotated[
        float, typer.Option(min=0, max=1, help="Accept keypoints of this confidence and above.")
    ] = DEFAULT_THRESHOLD,
    reject_rest: Annotated[
        bool, typer.Option("--reject-rest", help="Remove the less confident keypoints of accepted poses.")
    ] = False,
    member: MemberOption = "",
    as_json: JsonOption = False,
) -> int:
    """Turn proposals into labels, from a confidence on.

    What was decided before stays as it is.
    """
    output = Output(as_json)
    with open_for_writing(project, member) as opened:
        accepted = accept_predictions(opened, min_score, output, keep_rest=not reject_rest)
    output.say(
        f"Accepted {counted(accepted.keypoints, 'keypoint')} of confidence {min_score:g} and above "
        f"in {counted(accepted.frames, 'frame')}: {counted(accepted.instances, 'new instance')}."
    )
    output.say(f"{counted(accepted.left, 'proposal is', 'proposals are')} left to decide.")
    output.result(
        {
            "min_score": min_score,
            "frames": accepted.frames,
            "instances": accepted.instances,
            "keypoints": accepted.keypoints,
            "left": accepted.left,
        }
    )
    return OK


def open_model(model: str) -> "Predictor":
    """Return the predictor for a shipped model's name or the path of a card."""
    from annotator.predict.contract import open_predictor
    from annotator.session.plugins import load_plugins

    load_plugins()
    return open_predictor(Path(model) if model.lower().endswith(".json") else model)


def prelabel_project(
    project: "Project",
    predictor: "Predictor",
    output: Output,
    frames: Frames = Frames.ALL,
    *,
    again: bool = False,
    skeleton: str = "",
) -> "Run":
    """Run a model over frames and write what it finished, also after Ctrl+C."""
    from annotator.session.prelabeling import frames_to_prelabel, require_coverage, run_model, write_run
    from annotator.store.reader import FrameFilter

    target = skeleton_of(project, skeleton)
    if uncovered := require_coverage(predictor, target):
        output.note(uncovered)
    which = FrameFilter.ALL if frames is Frames.ALL else FrameFilter.TO_DO
    project.flush()  # frames are listed as they are on disk; those just added may still be on their way
    keys = frames_to_prelabel(project, which, skip_predicted=not again)
    with output.job(f"Prelabel {counted(len(keys), 'frame')}") as job:
        run = run_model(project, predictor, target, keys, job)
    write_run(project, run)
    for problem in run.damaged:
        output.note(problem)
    return run


def accept_predictions(project: "Project", threshold: float, output: Output, *, keep_rest: bool = True) -> "Accepted":
    """Accept over the whole project what reaches the threshold."""
    from annotator.session.prelabeling import accept_run
    from annotator.store.reader import FrameFilter

    keys = project.frame_keys(FrameFilter.PREDICTED)
    with output.job("Accept predictions") as job:
        accepted = accept_run(project, keys, threshold, job, keep_rest)
    project.flush()
    return accepted
