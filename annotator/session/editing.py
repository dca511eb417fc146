"""What a person does to instances: place, clear, cycle, nudge, remove, draw a box. Each is one named change."""

import time
from dataclasses import replace

import numpy as np

from annotator.errors import CommandError
from annotator.model.ids import new_id
from annotator.model.instance import Box, Instance, Prediction, Visibility, new_instance
from annotator.model.skeleton import Skeleton
from annotator.session import guide
from annotator.session.messages import MessageKind
from annotator.session.scene import Tool
from annotator.session.session import Session

_CYCLE = (Visibility.VISIBLE, Visibility.OCCLUDED, Visibility.ABSENT)
DELETE_AGAIN_S = 1.5


def begin_instance(session: Session) -> None:
    """Start a new instance: the first click, or N, makes it."""
    skeleton = session.skeletons.get(session.skeleton_id)
    if session.frame is None:
        raise CommandError("a new instance needs a picture: add pictures first")
    if skeleton is None:
        raise CommandError("a new instance needs a skeleton: make one first")
    session.select(None)
    session.tool = Tool.PLACE
    session.set_next(guide.next_undecided(skeleton, None))


def placing_target(session: Session) -> tuple[Skeleton, Instance, bool]:
    """Return the skeleton and instance that the guide places into, and whether the instance is new.

    Raises:
        CommandError: nothing is being placed.
    """
    skeleton = session.skeleton
    if skeleton is None or session.next_k is None:
        raise CommandError("nothing is being placed: press I to begin an instance")
    instance = session.selected_instance
    if instance is not None:
        return skeleton, instance, False
    return skeleton, new_instance(new_id(), skeleton), True


def decide_next(session: Session, state: Visibility, xy: tuple[float, float] | None = None) -> None:
    """Decide the guide's next keypoint and move on.

    Args:
        session: that places.
        state: of the keypoint.
        xy: image position; None leaves the position as it is (absent).
    """
    skeleton, instance, is_new = placing_target(session)
    k = session.next_k
    assert k is not None  # placing_target raised otherwise
    if xy is None:
        after = instance.with_state([k], state)
        verb = f"Mark {skeleton.names[k]} absent"
    else:
        after = instance.with_point(k, xy, state)
        verb = f"Place {skeleton.names[k]}"
    write_instance(session, verb, after, is_new)
    move_on(session, skeleton, after, k)


def write_instance(session: Session, name: str, instance: Instance, is_new: bool) -> None:
    """Add or replace an instance as one change, and keep it selected."""
    frame = session.frame_key
    if frame is None:
        raise CommandError("there is no picture: add pictures first")
    with session.transaction(name) as transaction:
        if is_new:
            transaction.add(frame, instance)
        else:
            transaction.replace(frame, instance)
    if is_new:
        tool, next_k = session.tool, session.next_k
        session.select(instance.id)
        session.tool, session.next_k = tool, next_k


def move_on(session: Session, skeleton: Skeleton, instance: Instance, k: int) -> None:
    """Let the guide go to the next undecided keypoint, or end when there is none."""
    session.remember_size(instance)
    following = guide.next_undecided(skeleton, instance, k)
    session.select(instance.id, frozenset())
    if following is not None:
        session.set_next(following)
        return
    session.next_k = None
    session.set_tool(Tool.SELECT)
    number = session.number_of(instance.id)
    session.say(
        f"Every keypoint of instance {number} is decided", "Space goes on, I starts the next one.", MessageKind.OK
    )


def step_back(session: Session) -> None:
    """Take the last decided keypoint back to unlabeled; its place stays as the ghost, and it is next again."""
    instance = session.selected_instance
    skeleton = session.skeleton
    if instance is None or skeleton is None:
        raise CommandError("stepping back needs a selected instance")
    k = guide.previous_decided(skeleton, instance, session.next_k)
    if k is None:
        raise CommandError("no keypoint of this instance is decided yet")
    write_instance(
        session, f"Step back to {skeleton.names[k]}", instance.with_state([k], Visibility.UNLABELED), is_new=False
    )
    session.set_next(k)


def aimed_keypoints(session: Session) -> tuple[Instance, list[int]]:
    """Return the instance and keypoints that X, N and Delete act on: the selected ones, else the hovered one.

    Raises:
        CommandError: nothing is selected or under the pointer.
    """
    content = session.content
    chosen = session.selected_instance
    if chosen is not None and session.selected.keypoints:
        return chosen, sorted(session.selected.keypoints)
    hovered = session.hovered
    if content is not None and hovered is not None and hovered.k is not None and not hovered.is_prediction:
        instance = content.instance(hovered.id)
        if instance is not None:
            return instance, [hovered.k]
    raise CommandError("select a keypoint, or put the pointer on one")


def cycle_state(session: Session, step: int) -> None:
    """Cycle visible, occluded, absent; the position comes back with the state."""
    instance, ks = aimed_keypoints(session)
    skeleton = session.skeletons[instance.skeleton_id]
    current = Visibility(int(instance.visibility[ks[0]]))
    state = _CYCLE[(_CYCLE.index(current) + step) % 3] if current in _CYCLE else _CYCLE[0 if step > 0 else 2]
    if state is not Visibility.ABSENT and not np.isfinite(instance.points[ks]).all():
        state = Visibility.ABSENT
    set_state(session, instance, skeleton, ks, state)


def set_state(session: Session, instance: Instance, skeleton: Skeleton, ks: list[int], state: Visibility) -> None:
    """Set the state of keypoints as one change."""
    names = skeleton.names[ks[0]] if len(ks) == 1 else f"{len(ks)} keypoints"
    word = {
        Visibility.VISIBLE: f"Mark {names} visible",
        Visibility.OCCLUDED: f"Mark {names} occluded",
        Visibility.ABSENT: f"Mark {names} absent",
        Visibility.UNLABELED: f"Clear {names}",
    }[state]
    after = instance.with_state(ks, state)
    if np.array_equal(after.visibility, instance.visibility):
        verb, them = ("is", "it") if len(ks) == 1 else ("are", "them")
        if (instance.visibility[ks] == state).all():
            raise CommandError(f"{names} {verb} {state.name.lower()} already")
        has = "has" if len(ks) == 1 else "have"
        raise CommandError(f"{names} {has} no position yet: place {them} first")
    write_instance(session, word, after, is_new=False)


def delete(session: Session) -> None:
    """Clear the selected keypoints; again at once, or with none selected, remove the instance. Reject a prediction."""
    prediction = session.selected_prediction
    if prediction is not None:
        reject(session, prediction)
        return
    instance = session.selected_instance
    again = time.monotonic() - session.deleted_at < DELETE_AGAIN_S
    if instance is not None and (again or not session.selected.keypoints):
        session.deleted_at = 0.0
        remove_instance(session, instance)
        return
    instance, ks = aimed_keypoints(session)
    skeleton = session.skeletons[instance.skeleton_id]
    set_state(session, instance, skeleton, ks, Visibility.UNLABELED)
    session.deleted_at = time.monotonic()


def remove_instance(session: Session, instance: Instance) -> None:
    """Remove an instance; one message offers Undo."""
    frame = session.frame_key
    if frame is None:
        return
    number = session.number_of(instance.id)
    with session.transaction(f"Delete instance {number}") as transaction:
        transaction.remove(frame, instance.id)
    session.say(
        f"Deleted instance {number}", f"{instance.decided_count} keypoints.", MessageKind.INFO, ("Undo", "edit.undo")
    )


def reject(session: Session, prediction: Prediction) -> None:
    """Reject a prediction."""
    frame = session.frame_key
    if frame is None:
        return
    number = session.number_of(prediction.id)
    with session.transaction(f"Reject prediction {number}") as transaction:
        transaction.remove_prediction(frame, prediction.id)
    session.select(None)


def nudge(session: Session, dx: float, dy: float) -> None:
    """Move the selected keypoints by image pixels; their states stay."""
    instance = session.selected_instance
    ks = [k for k in sorted(session.selected.keypoints) if instance is not None and instance.located[k]]
    if instance is None or not ks:
        raise CommandError("select a keypoint to nudge it")
    points = instance.points.copy()
    points[ks] += (dx, dy)
    skeleton = session.skeletons[instance.skeleton_id]
    names = skeleton.names[ks[0]] if len(ks) == 1 else f"{len(ks)} keypoints"
    write_instance(session, f"Nudge {names}", instance.with_points(points), is_new=False)


def toggle_occluded(session: Session, instance: Instance, k: int) -> None:
    """Exchange visible and occluded, as the right click does."""
    state = Visibility.VISIBLE if instance.visibility[k] == Visibility.OCCLUDED else Visibility.OCCLUDED
    set_state(session, instance, session.skeletons[instance.skeleton_id], [k], state)


def add_boxed_instance(session: Session, box: Box) -> None:
    """Make an instance from a drawn box: its template drops in, and the guide starts."""
    skeleton = session.skeletons.get(session.skeleton_id)
    if skeleton is None:
        raise CommandError("a new instance needs a skeleton: make one first")
    instance = replace(new_instance(new_id(), skeleton), box=box, box_by_hand=True)
    write_instance(session, f"Draw box of {skeleton.name}", instance, is_new=True)
    session.set_next(guide.next_undecided(skeleton, instance))
