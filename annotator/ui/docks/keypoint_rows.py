"""The keypoints list without Qt: what each row says, and what a click on its state does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from annotator.errors import CommandError
from annotator.model.ids import new_id
from annotator.model.instance import Instance, Prediction, Visibility
from annotator.model.sides import Side
from annotator.model.skeleton import Skeleton
from annotator.predict.accept import accept
from annotator.session import deciding, editing
from annotator.session.scene import Target
from annotator.session.session import Session


class Mark(StrEnum):
    """What is known of a keypoint; the words are those of the chip."""

    VISIBLE = "Visible"
    OCCLUDED = "Occluded"
    ABSENT = "Absent"
    TO_DO = "To do"
    PREDICTED = "Predicted"
    LOW = "Low"


_MARKS = {
    Visibility.UNLABELED: Mark.TO_DO,
    Visibility.OCCLUDED: Mark.OCCLUDED,
    Visibility.VISIBLE: Mark.VISIBLE,
    Visibility.ABSENT: Mark.ABSENT,
}
_PROPOSED = (Mark.PREDICTED, Mark.LOW)


@dataclass(frozen=True, slots=True)
class KeypointRow:
    """One row.

    Attributes:
        k: keypoint, position on the K axis.
        score: of the model, 0..1, or None where it said nothing.
        is_next: the guide waits for it.
        is_unsure: the score is below the threshold.
    """

    k: int
    name: str
    side: Side
    hotkey: str
    mark: Mark
    score: float | None = None
    is_next: bool = False
    is_selected: bool = False
    is_hovered: bool = False
    is_unsure: bool = False

    @property
    def word(self) -> str:
        """What the chip says."""
        return "Next" if self.is_next else str(self.mark)


def subject(session: Session) -> tuple[Instance | None, Prediction | None]:
    """Return the selected instance with what is still proposed for it, or the selected prediction with its instance."""
    content = session.content
    instance, prediction = session.selected_instance, session.selected_prediction
    if content is None:
        return None, None
    if instance is not None:
        linked = (proposed for proposed in content.predictions if proposed.instance_id == instance.id)
        return instance, next(linked, None)
    if prediction is not None and prediction.instance_id is not None:
        return content.instance(prediction.instance_id), prediction
    return None, prediction


def marks(skeleton: Skeleton, instance: Instance | None, prediction: Prediction | None, threshold: float) -> list[Mark]:
    """Return what is known of each keypoint on the K axis."""
    found = [_MARKS[state] for state in instance.visibility.tolist()] if instance else [Mark.TO_DO] * len(skeleton)
    if prediction is not None:
        confident = prediction.confident(threshold).tolist()
        for k, is_placed in enumerate(prediction.placed.tolist()):
            if is_placed and found[k] is Mark.TO_DO:
                found[k] = Mark.PREDICTED if confident[k] else Mark.LOW
    return found


def keypoint_rows(session: Session) -> tuple[KeypointRow, ...]:
    """Return the rows for what is selected, else for the skeleton of the next instance."""
    skeleton = session.skeleton
    if skeleton is None:
        return ()
    instance, prediction = subject(session)
    found = marks(skeleton, instance, prediction, session.threshold)
    scores: list[float | None] = [None] * len(skeleton)
    unsure = [False] * len(skeleton)
    if prediction is not None:
        said = zip(prediction.scores.tolist(), prediction.placed.tolist(), strict=True)
        scores = [
            score if is_placed and found[k] is not Mark.ABSENT else None for k, (score, is_placed) in enumerate(said)
        ]
        unsure = (~prediction.confident(session.threshold)).tolist()
    next_k = session.next_k if session.is_placing else None
    chosen = session.selected.keypoints
    hovered = hovered_keypoint(session)
    return tuple(
        KeypointRow(
            k,
            keypoint.name,
            keypoint.side,
            keypoint.hotkey,
            found[k],
            scores[k],
            k == next_k,
            k in chosen,
            k == hovered,
            unsure[k],
        )
        for k, keypoint in enumerate(skeleton.keypoints)
        if not keypoint.retired
    )


def hovered_keypoint(session: Session) -> int | None:
    """Return the keypoint of the selection that the pointer is over, on the canvas or in the list."""
    hovered = session.hovered
    return hovered.k if hovered is not None and hovered.id == session.selected.id else None


def hover(session: Session, k: int | None) -> None:
    """Show on the canvas which keypoint the pointer is over in the list; X and N then mean it."""
    instance, prediction = session.selected_instance, session.selected_prediction
    target = None
    if k is not None and instance is not None and instance.located[k]:
        target = Target(instance.id, k)
    elif k is not None and prediction is not None and prediction.placed[k]:
        target = Target(prediction.id, k, is_prediction=True)
    if target != session.hovered:
        session.hovered = target
        session.scene_changed.emit(None)


def turn_state(session: Session, k: int) -> None:
    """Set the state that comes after the present one, as a click on it asks; a proposal is accepted.

    A keypoint that was never placed is either to do or absent.
    """
    skeleton, instance, prediction, mark = _aim(session, k)
    if mark in _PROPOSED and prediction is not None:
        _accept(session, skeleton, instance, prediction, [k], Visibility.VISIBLE)
    elif session.is_placing and session.next_k == k:
        editing.decide_next(session, Visibility.ABSENT)
    elif instance is None:
        raise CommandError(f"{skeleton.names[k]} is set once the instance is begun: press I and click its first one")
    else:
        session.select(instance.id, frozenset([k]))
        if _has_place(instance, k):
            editing.cycle_state(session, 1)
        else:
            editing.set_state(session, instance, skeleton, [k], _after(instance, k))
        _keep_guide(session, skeleton)


def toggle_occluded(session: Session, k: int) -> None:
    """Exchange visible and occluded, as a right click does everywhere; a proposal is accepted as occluded."""
    skeleton, instance, prediction, mark = _aim(session, k)
    if mark in _PROPOSED and prediction is not None:
        _accept(session, skeleton, instance, prediction, [k], Visibility.OCCLUDED)
    elif instance is None or not _has_place(instance, k):
        raise CommandError(f"{skeleton.names[k]} has no position yet: place it first")
    else:
        session.select(instance.id, frozenset([k]))
        editing.toggle_occluded(session, instance, k)
        _keep_guide(session, skeleton)


def turn_states(session: Session, ks: Sequence[int]) -> None:
    """Give several keypoints, in one change, the state that a click would give the first of them."""
    if len(ks) == 1:
        turn_state(session, ks[0])
        return
    skeleton, instance, prediction, mark = _aim(session, ks[0])
    if mark in _PROPOSED and prediction is not None:
        _accept(session, skeleton, instance, prediction, ks, Visibility.VISIBLE)
    elif instance is None:
        raise CommandError(f"{skeleton.names[ks[0]]} is set once the instance is begun: press I")
    else:
        editing.set_state(session, instance, skeleton, list(ks), _after(instance, ks[0]))
        session.select(instance.id, frozenset(ks))
        _keep_guide(session, skeleton)


def _aim(session: Session, k: int) -> tuple[Skeleton, Instance | None, Prediction | None, Mark]:
    skeleton = session.skeleton
    if skeleton is None:
        raise CommandError("select an instance first")
    instance, prediction = subject(session)
    return skeleton, instance, prediction, marks(skeleton, instance, prediction, session.threshold)[k]


def _has_place(instance: Instance, k: int) -> bool:
    return bool(np.isfinite(instance.points[k]).all())


def _after(instance: Instance, k: int) -> Visibility:
    """Return the state that comes after that of keypoint `k`."""
    state = Visibility(int(instance.visibility[k]))
    if not _has_place(instance, k):
        return Visibility.UNLABELED if state is Visibility.ABSENT else Visibility.ABSENT
    return {Visibility.VISIBLE: Visibility.OCCLUDED, Visibility.OCCLUDED: Visibility.ABSENT}.get(
        state, Visibility.VISIBLE
    )


def _accept(
    session: Session,
    skeleton: Skeleton,
    instance: Instance | None,
    prediction: Prediction,
    ks: Sequence[int],
    state: Visibility,
) -> None:
    """Write proposed keypoints in one change; the rest of the prediction stays proposed."""
    acceptance = accept(prediction, instance, skeleton, ks, new_id())
    if acceptance is None:
        raise CommandError("these keypoints are decided already")
    if state is not Visibility.VISIBLE:
        acceptance = replace(acceptance, instance=acceptance.instance.with_state(acceptance.accepted, state))
    count = len(acceptance.accepted)
    name = skeleton.names[acceptance.accepted[0]] if count == 1 else f"{count} keypoints"
    deciding.write_acceptance(session, prediction, acceptance, f"Accept {name}")
    session.select(acceptance.instance.id, frozenset(acceptance.accepted))
    _keep_guide(session, skeleton)


def _keep_guide(session: Session, skeleton: Skeleton) -> None:
    """Let the guide go on where what it waits for was decided in the list."""
    instance, k = session.selected_instance, session.next_k
    if not session.is_placing or instance is None or k is None:
        return
    if instance.visibility[k] != Visibility.UNLABELED:
        editing.move_on(session, skeleton, instance, k)
