"""Prelabeling a project: which frames, what a run writes, what accepting it means. Works for the window and the CLI."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from annotator.errors import CommandError, JobCancelled, MediaError
from annotator.jobs import Job
from annotator.model.frame import FrameContent, FrameKey
from annotator.model.ids import new_id
from annotator.model.instance import Box, Instance, Prediction
from annotator.model.oks import oks
from annotator.model.skeleton import Skeleton
from annotator.predict.accept import accept_confident
from annotator.predict.contract import Predictor, coverage
from annotator.predict.prelabel import Work, prelabel
from annotator.store.bulk import BulkWriter
from annotator.store.change import Change
from annotator.store.project import Project
from annotator.store.reader import FrameFilter

SAME_SUBJECT_OKS = 0.5


@dataclass(slots=True)
class Run:
    """What a run over frames found, so far.

    Attributes:
        predictions: per frame that was looked at, before linking to instances.
        damaged: sentences about pictures that could not be read.
        was_cancelled: the person stopped it; what is here is finished.
    """

    id: int
    model: str
    skeleton: Skeleton
    total: int
    predictions: dict[FrameKey, list[Prediction]]
    damaged: list[str]
    was_cancelled: bool = False

    @property
    def count(self) -> int:
        return sum(map(len, self.predictions.values()))


@dataclass(frozen=True, slots=True)
class Accepted:
    """What accepting predictions over many frames did."""

    frames: int
    instances: int
    keypoints: int
    left: int


def frames_to_prelabel(
    project: Project, which: FrameFilter = FrameFilter.ALL, skip_predicted: bool = True
) -> list[FrameKey]:
    """Return the frames of a run: of a chip, without those that have predictions or instances already."""
    keys = project.frame_keys(which)
    if not skip_predicted:
        return keys
    kept = []
    for start in range(0, len(keys), 500):
        kept += [
            row.frame.key
            for row in project.summaries(keys[start : start + 500])
            if not row.predictions and not row.instances
        ]
    return kept


def work_of(project: Project, keys: Sequence[FrameKey], box: Box | None = None) -> tuple[list[Work], list[str]]:
    """Return what a run looks at, and the names of frames whose folder is unknown."""
    work: list[Work] = []
    missing = []
    for key in keys:
        frame = project.content(key).frame
        path = project.path_of(frame)
        if path is None:
            missing.append(frame.name)
        else:
            work.append((key, path, box))
    return work, missing


def run_model(
    project: Project,
    predictor: Predictor,
    skeleton: Skeleton,
    keys: Sequence[FrameKey],
    job: Job,
    box: Box | None = None,
) -> Run:
    """Look at frames; nothing is written yet. Call it on a worker thread.

    A cancelled run returns what is finished.

    Raises:
        PredictorError: the model cannot run here, or knows none of the skeleton's keypoints.
    """
    card = predictor.card
    work, missing = work_of(project, keys, box)
    digest = "+".join(file.sha256 for file in card.files)
    parameters = msgspec.json.encode({"skeleton": skeleton.id, "frames": len(work)}).decode()
    run = Run(project.start_run(card.name, digest, parameters), card.title, skeleton, len(work), {}, [])
    run.damaged = [f"{name}: its folder is not on this computer" for name in missing]
    try:
        for key, found in prelabel(predictor, skeleton, work, job, run=run.id):
            if isinstance(found, MediaError):
                run.damaged.append(str(found))
            else:
                run.predictions[key] = found
    except JobCancelled:
        run.was_cancelled = True
    return run


def write_run(project: Project, run: Run) -> Change | None:
    """Write what a run found as one change; it replaces only the model's own untouched predictions.

    Predictions of a subject that is labeled already are linked to it, or dropped when it is complete.
    """
    if not run.predictions:
        return None
    contents = {key: project.content(key) for key in run.predictions}
    linked = {key: link(found, contents[key], run.skeleton) for key, found in run.predictions.items()}
    model = str(project.reader.rows("SELECT model FROM run WHERE id = ?", (run.id,))[0][0])

    def write(bulk: BulkWriter) -> None:
        for key, found in linked.items():
            bulk.remove_predictions(key, bulk.predictions_of_models(key, run.skeleton.id, model))
            if found:
                bulk.add_predictions(key, found)

    frames = f"{len(linked)} frames" if len(linked) != 1 else next(iter(contents.values())).frame.name
    return project.bulk(f"Prelabel {frames} with {run.model}", write)


def link(predictions: Sequence[Prediction], content: FrameContent, skeleton: Skeleton) -> list[Prediction]:
    """Link predictions to the instances they show; leave out what is labeled completely."""
    kept = []
    taken: set[int] = set()
    for prediction in predictions:
        instance = same_subject(prediction, content, skeleton, taken)
        if instance is None:
            kept.append(prediction)
            continue
        taken.add(instance.id)
        open_ks = (instance.visibility[list(skeleton.placeable)] == 0).any()
        if open_ks:
            kept.append(replace(prediction, instance_id=instance.id))
    return kept


def same_subject(prediction: Prediction, content: FrameContent, skeleton: Skeleton, taken: set[int]) -> Instance | None:
    """Return the instance that a prediction shows, by OKS over its located keypoints; None when there is none."""
    best, best_oks = None, SAME_SUBJECT_OKS
    for instance in content.instances:
        if instance.id in taken or instance.skeleton_id != skeleton.id:
            continue
        box = instance.shown_box()
        if box is None or instance.crowd:
            continue
        area = max(0.53 * box[2] * box[3], 1.0)
        similarity = oks(instance.points, instance.visibility, prediction.points, skeleton.sigmas, area)
        if not np.isnan(similarity) and similarity > best_oks:
            best, best_oks = instance, similarity
    return best


def accept_run(
    project: Project, keys: Sequence[FrameKey], threshold: float, job: Job, keep_rest: bool = True
) -> Accepted:
    """Accept, in all these frames, every predicted keypoint that reaches the threshold; one change.

    A pose that itself does not reach it begins no new instance: it is often a second look at a subject found already.

    Raises:
        JobCancelled: nothing was changed.
    """
    frames = instances = keypoints = left = 0
    with project.transaction(f"Accept predictions at {threshold:g}") as transaction:
        for key in job.track(keys, len(keys), "Accepting"):
            content = project.content(key)
            touched = False
            for prediction in content.predictions:
                skeleton = project.skeletons[prediction.skeleton_id]
                linked = content.instance(prediction.instance_id) if prediction.instance_id is not None else None
                if linked is None and prediction.score < threshold:
                    left += 1
                    continue
                result = accept_confident(prediction, linked, skeleton, threshold, new_id(), keep_rest)
                if result is None:
                    left += 1
                    continue
                touched = True
                keypoints += len(result.accepted)
                if result.is_new:
                    instances += 1
                    transaction.add(key, result.instance)
                else:
                    transaction.replace(key, result.instance, by_person=False)
                if result.remaining is None:
                    transaction.remove_prediction(key, prediction.id)
                else:
                    left += 1
                    transaction.replace_prediction(key, result.remaining)
            frames += touched
    return Accepted(frames, instances, keypoints, left)


def require_coverage(predictor: Predictor, skeleton: Skeleton) -> str:
    """Return what the model does not cover of a skeleton, as a sentence; "" when it covers all.

    Raises:
        CommandError: it covers nothing.
    """
    found = coverage(predictor.card.keypoints.names, skeleton)
    sentence = found.sentence(predictor.card.title)
    if not found.covered:
        raise CommandError(f"{sentence} of {skeleton.name}: label by hand, or choose another skeleton")
    return sentence if found.uncovered else ""
