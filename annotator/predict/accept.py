"""Acceptance: how a prediction becomes decided keypoints of an instance, and what of it stays a proposal.

Only undecided keypoints are written; what a person or an import decided stays as it is. The prediction lives on for
the keypoints that are still undecided, linked to the instance; with none left it is done.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from annotator.errors import ModelError
from annotator.model.instance import Instance, Prediction, Source, Visibility, new_instance
from annotator.model.skeleton import Skeleton


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What an acceptance writes.

    Attributes:
        instance: with the accepted keypoints, new or the one that the prediction is linked to.
        is_new: the instance was created by this acceptance.
        remaining: the prediction with what is still to decide, or None when that is nothing.
        accepted: positions of the keypoints that were written.
    """

    instance: Instance
    is_new: bool
    remaining: Prediction | None
    accepted: tuple[int, ...]


def open_keypoints(prediction: Prediction, linked: Instance | None, skeleton: Skeleton) -> tuple[int, ...]:
    """Return the keypoints that the prediction places and nobody has decided; retired ones are not offered.

    Args:
        prediction: of this skeleton.
        linked: the instance that `prediction.instance_id` names, or None.
        skeleton: of both.
    """
    _check_skeleton(prediction, linked, skeleton)
    return tuple(
        k
        for k in skeleton.placeable
        if prediction.placed[k] and (linked is None or linked.visibility[k] == Visibility.UNLABELED)
    )


def confident_keypoints(
    prediction: Prediction, linked: Instance | None, skeleton: Skeleton, threshold: float
) -> tuple[int, ...]:
    """Return those of `open_keypoints` whose score reaches the threshold: what Space accepts."""
    confident = prediction.confident(threshold)
    return tuple(k for k in open_keypoints(prediction, linked, skeleton) if confident[k])


def accept(
    prediction: Prediction,
    linked: Instance | None,
    skeleton: Skeleton,
    ks: Iterable[int],
    new_id: int,
    keep_rest: bool = True,
) -> Acceptance | None:
    """Write chosen keypoints of a prediction as visible; return None where none of them is open.

    Args:
        prediction: of this skeleton.
        linked: the instance that `prediction.instance_id` names, or None to create one.
        skeleton: of both.
        ks: keypoints to accept, whatever their score; those that are not open are passed over.
        new_id: of the instance, if it is created.
        keep_rest: what stays undecided remains a proposal; otherwise it is rejected.
    """
    offered = open_keypoints(prediction, linked, skeleton)
    wanted = set(ks)
    accepted = [k for k in offered if k in wanted]
    if not accepted:
        return None
    before = linked if linked is not None else new_instance(new_id, skeleton, source=Source.MODEL)
    points, visibility = before.points.copy(), before.visibility.copy()
    points[accepted] = prediction.points[accepted]
    visibility[accepted] = Visibility.VISIBLE
    instance = replace(before, points=points, visibility=visibility, run=prediction.run)
    remaining = replace(prediction, instance_id=instance.id) if keep_rest and len(accepted) < len(offered) else None
    return Acceptance(instance, linked is None, remaining, tuple(accepted))


def accept_confident(
    prediction: Prediction,
    linked: Instance | None,
    skeleton: Skeleton,
    threshold: float,
    new_id: int,
    keep_rest: bool = True,
) -> Acceptance | None:
    """Accept every open keypoint whose score reaches the threshold; None where there is none."""
    ks = confident_keypoints(prediction, linked, skeleton, threshold)
    return accept(prediction, linked, skeleton, ks, new_id, keep_rest)


def _check_skeleton(prediction: Prediction, linked: Instance | None, skeleton: Skeleton) -> None:
    """Raise `ModelError` where the three do not belong together: positions on the K axis would be mixed up."""
    for thing, value in (("prediction", prediction), ("instance", linked)):
        if value is None:
            continue
        if value.skeleton_id != skeleton.id or len(value.points) != len(skeleton):
            raise ModelError(
                f"the {thing} has {len(value.points)} keypoints of skeleton {value.skeleton_id!r}, not the "
                f"{len(skeleton)} of {skeleton.id!r}: accept it with its own skeleton"
            )
    if linked is not None and prediction.instance_id not in (None, linked.id):
        raise ModelError(
            f"the prediction belongs to instance {prediction.instance_id}, not to {linked.id}: accept it into its own"
        )
