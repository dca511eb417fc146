"""The flow of decisions: what Space, N, and "next" mean now, and how predictions are accepted."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from annotator.errors import CommandError
from annotator.model.frame import FrameState
from annotator.model.geometry import box_of_points
from annotator.model.ids import new_id
from annotator.model.instance import Instance, Points, Prediction, Visibility
from annotator.predict.accept import Acceptance, accept, confident_keypoints, open_keypoints
from annotator.session import editing, guide
from annotator.session.messages import MessageKind
from annotator.session.scene import Tool
from annotator.session.session import Session

SMALL_ON_SCREEN_PX = 48.0


def go_on(session: Session) -> None:
    """Space: accept the ghost; else the selected prediction; else go to what is undecided; else the frame is done."""
    if session.is_placing and session.next_k is not None:
        place_ghost(session)
        return
    prediction = session.selected_prediction
    if prediction is not None:
        accept_prediction(session, prediction, keep_rest=True)
        return
    if session.frame is None:
        raise CommandError("there is no picture: add pictures first")
    if not _go_to_undecided(session, 1):
        finish_frame(session)


def place_ghost(session: Session) -> None:
    """Decide the next keypoint as visible where the ghost stands."""
    ghost, k = session.ghost, session.next_k
    if ghost is None or k is None or not np.isfinite(ghost[k]).all():
        raise CommandError("there is no guess yet: click the first keypoint, or draw a box with B")
    editing.decide_next(session, Visibility.VISIBLE, (float(ghost[k][0]), float(ghost[k][1])))


def mark_absent(session: Session) -> None:
    """N: the next keypoint, or the aimed ones, are absent; on a frame with no instance it is done and empty."""
    if session.is_placing:
        editing.decide_next(session, Visibility.ABSENT)
        return
    content = session.content
    if content is not None and not content.instances and session.hovered is None:
        finish_frame(session)
        return
    instance, ks = editing.aimed_keypoints(session)
    editing.set_state(session, instance, session.skeletons[instance.skeleton_id], ks, Visibility.ABSENT)


def finish_frame(session: Session) -> None:
    """Mark the frame done and go to the next one with something to decide."""
    frame = session.frame
    if frame is None:
        raise CommandError("there is no picture: add pictures first")
    content = session.content
    empty = content is not None and not content.instances
    if frame.state in (FrameState.NEW, FrameState.IN_PROGRESS):
        with session.transaction(f"Mark {frame.name} done") as transaction:
            transaction.set_frame(replace(frame, state=FrameState.DONE))
        session.say(f"{frame.name} is done" + (", with nobody in it" if empty else ""), "", MessageKind.OK)
    following = session.project.neighbour(frame.key, 1)
    if following is None:
        session.select(None)
        session.say("That was the last frame", "Ctrl+E exports what is labeled.", MessageKind.OK)
        return
    session.show_frame(following)


def toggle_done(session: Session) -> None:
    """Mark the frame done, or take that back."""
    frame = session.frame
    if frame is None:
        raise CommandError("there is no picture: add pictures first")
    content = session.content
    if frame.state is FrameState.DONE:
        state = FrameState.IN_PROGRESS if content is not None and content.instances else FrameState.NEW
        name = f"Reopen {frame.name}"
    else:
        state, name = FrameState.DONE, f"Mark {frame.name} done"
    with session.transaction(name) as transaction:
        transaction.set_frame(replace(frame, state=state))


def accept_prediction(session: Session, prediction: Prediction, *, keep_rest: bool) -> None:
    """Accept the confident keypoints, or the selected ones whatever their score.

    Args:
        session: that shows it.
        prediction: in the shown frame.
        keep_rest: low-confidence keypoints stay proposals; otherwise they are rejected with it.
    """
    content = session.content
    if content is None:
        return
    skeleton = session.skeletons[prediction.skeleton_id]
    linked = content.instance(prediction.instance_id) if prediction.instance_id is not None else None
    chosen = session.selected.keypoints if session.selected.id == prediction.id else frozenset()
    ks = sorted(chosen) or confident_keypoints(prediction, linked, skeleton, session.threshold)
    acceptance = accept(prediction, linked, skeleton, ks, new_id(), keep_rest)
    if acceptance is None:
        raise CommandError(
            f"no keypoint of this prediction reaches {session.threshold:.2f}: click the right ones, or press Delete"
        )
    write_acceptance(session, prediction, acceptance, f"Accept prediction {session.number_of(prediction.id)}")
    session.remember_size(acceptance.instance)
    following = guide.next_undecided(skeleton, acceptance.instance)
    session.select(acceptance.instance.id)
    if following is not None and keep_rest:
        left = acceptance.remaining
        count = int((acceptance.instance.visibility == Visibility.UNLABELED)[list(skeleton.placeable)].sum())
        note = "Diamonds that are left have low confidence." if left is not None else ""
        session.say(f"{count} keypoints are left to decide", f"{note} Shift+D goes to the first.".strip())
    elif session.content is not None and not session.content.predictions:
        session.say("Everything here is decided", "Space marks the frame done.", MessageKind.OK)


def write_acceptance(session: Session, prediction: Prediction, acceptance: Acceptance, name: str) -> None:
    """Write what an acceptance decided as one change."""
    frame = session.frame_key
    if frame is None:
        return
    with session.transaction(name) as transaction:
        if acceptance.is_new:
            transaction.add(frame, acceptance.instance)
        else:
            transaction.replace(frame, acceptance.instance, by_person=False)
        if acceptance.remaining is not None:
            transaction.replace_prediction(frame, acceptance.remaining)
        else:
            transaction.remove_prediction(frame, prediction.id)


def accept_confident(session: Session) -> None:
    """Shift+Enter: accept the confident keypoints of the selected prediction, or of all, and reject the rest."""
    content = session.content
    selected = session.selected_prediction
    predictions = [selected] if selected is not None else list(content.predictions if content else ())
    if not predictions:
        raise CommandError("there is no prediction here: P runs the model")
    for prediction in predictions:
        try:
            accept_prediction(session, prediction, keep_rest=False)
        except CommandError:
            if len(predictions) == 1:
                raise


def accept_all(session: Session) -> None:
    """Accept the confident keypoints of every prediction here; what is below the threshold stays proposed."""
    content = session.content
    if content is None or not content.predictions:
        raise CommandError("there is no prediction here: P runs the model")
    accepted = 0
    frame = content.frame.key
    with session.transaction("Accept all predictions here") as transaction:
        for prediction in content.predictions:
            skeleton = session.skeletons[prediction.skeleton_id]
            linked = content.instance(prediction.instance_id) if prediction.instance_id is not None else None
            ks = confident_keypoints(prediction, linked, skeleton, session.threshold)
            result = accept(prediction, linked, skeleton, ks, new_id())
            if result is None:
                continue
            accepted += len(result.accepted)
            if result.is_new:
                transaction.add(frame, result.instance)
            else:
                transaction.replace(frame, result.instance, by_person=False)
            if result.remaining is not None:
                transaction.replace_prediction(frame, result.remaining)
            else:
                transaction.remove_prediction(frame, prediction.id)
    if not accepted:
        raise CommandError(f"no predicted keypoint reaches {session.threshold:.2f}")
    session.say(f"Accepted {accepted} keypoints", "Ctrl+Z takes it back.", MessageKind.OK)


def reading_order(items: Sequence[Instance | Prediction]) -> list[Instance | Prediction]:
    """Return instances and predictions top to bottom, left to right, in bands of a fifth of their height."""

    def place(item: Instance | Prediction) -> tuple[int, float]:
        points: Points = item.points
        box = box_of_points(points[item.located] if isinstance(item, Instance) else points)
        if box is None:
            box = item.box or (0.0, 0.0, 1.0, 1.0)
        band = max(box[3], 1.0)
        return int((box[1] + box[3] / 2) / (band * 2)), box[0]

    return sorted(items, key=place)


def next_instance(session: Session, step: int) -> None:
    """Select the next or previous instance or prediction, in reading order."""
    items = reading_order(session.numbered())
    if not items:
        raise CommandError("this frame has no instance yet: press I to begin one")
    ids = [item.id for item in items]
    current = ids.index(session.selected.id) if session.selected.id in ids else (-1 if step > 0 else 0)
    session.select(ids[(current + step) % len(ids)])


def next_keypoint(session: Session, step: int) -> None:
    """Select the next or previous keypoint; while placing, make it the guide's next one."""
    skeleton = session.skeleton
    if skeleton is None:
        raise CommandError("select an instance first")
    placeable = list(skeleton.placeable)
    if session.is_placing:
        at = placeable.index(session.next_k) if session.next_k in placeable else 0
        session.set_next(placeable[(at + step) % len(placeable)])
        return
    if session.selected.id is None:
        next_instance(session, step)
        return
    chosen = sorted(session.selected.keypoints)
    at = placeable.index(chosen[0]) if chosen and chosen[0] in placeable else (-1 if step > 0 else 0)
    session.select(session.selected.id, frozenset([placeable[(at + step) % len(placeable)]]))


def jump_to_keypoint(session: Session, k: int) -> None:
    """Make a keypoint the next one to place, or select it when it is decided and nothing is being placed."""
    skeleton, instance = session.skeleton, session.selected_instance
    if skeleton is None:
        raise CommandError("select an instance first")
    if session.selected_prediction is not None:
        session.select(session.selected.id, frozenset([k]))
    elif session.tool is Tool.PLACE or instance is None or instance.visibility[k] == Visibility.UNLABELED:
        if instance is None and session.tool is not Tool.PLACE:
            editing.begin_instance(session)
        session.set_next(k)
    else:
        session.select(instance.id, frozenset([k]))


def jump_to_digit(session: Session, digit: str) -> None:
    """Jump to the keypoint with this hot key."""
    skeleton = session.skeleton
    k = guide.keypoint_of_hotkey(skeleton, digit) if skeleton else None
    if k is None:
        raise CommandError(f"no keypoint has the hot key {digit}")
    jump_to_keypoint(session, k)


def next_decision(session: Session, step: int) -> None:
    """Shift+D: the first keypoint to decide here, else the next prediction, else the next frame with work."""
    if session.frame_key is None:
        raise CommandError("there is no picture: add pictures first")
    if _go_to_undecided(session, step):
        return
    following = session.project.next_undecided(session.frame_key, step)
    if following is None:
        session.say("No frame is left to decide in this direction", "", MessageKind.OK)
        return
    session.show_frame(following)
    _go_to_undecided(session, step)


def _go_to_undecided(session: Session, step: int) -> bool:
    """Go to an undecided keypoint or an open prediction of this frame, other than where we are."""
    content = session.content
    if content is None:
        return False
    for item in reading_order(session.numbered())[::step]:
        if isinstance(item, Prediction):
            if item.id == session.selected.id:
                continue
            linked = content.instance(item.instance_id) if item.instance_id is not None else None
            if open_keypoints(item, linked, session.skeletons[item.skeleton_id]):
                session.select(item.id)
                _reveal(session, item.points)
                return True
            continue
        skeleton = session.skeletons[item.skeleton_id]
        k = guide.next_undecided(skeleton, item)
        if k is None or (item.id == session.selected.id and session.is_placing):
            continue
        session.select(item.id)
        session.set_next(k)
        _reveal(session, item.points[item.located])
        return True
    return False


def _reveal(session: Session, points: Points) -> None:
    """Zoom to a target that is off the screen or too small to work on; leave the view alone otherwise."""
    box = box_of_points(points)
    if box is None:
        return
    x0, y0 = session.view.to_screen((box[0], box[1]))
    x1, y1 = session.view.to_screen((box[0] + box[2], box[1] + box[3]))
    off = x1 < 0 or y1 < 0 or x0 > session.screen[0] or y0 > session.screen[1]
    if off or max(x1 - x0, y1 - y0) < SMALL_ON_SCREEN_PX:
        session.zoom_to(box, 0.2)


def toggle_zoom(session: Session) -> None:
    """Zoom to the selected instance with a 12 % margin; again goes back to where the view was."""
    if session.zoom_back():
        return
    selected = session.selected_instance or session.selected_prediction
    if selected is None:
        raise CommandError("select an instance to zoom to it")
    points = selected.points[selected.located] if isinstance(selected, Instance) else selected.points
    box = box_of_points(points) or selected.box
    if box is None:
        raise CommandError("this instance has no keypoint yet")
    session.zoom_to(box)


def step_frame(session: Session, step: int) -> None:
    """Go to another frame in the project's order."""
    if session.frame_key is None:
        raise CommandError("there is no picture: add pictures first")
    following = session.project.neighbour(session.frame_key, step)
    if following is None:
        session.say("This is the last frame" if step > 0 else "This is the first frame")
        return
    session.show_frame(following)
