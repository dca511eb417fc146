"""What the pointer does: which gesture a press begins, what its drafts show, what its release writes."""

import math

from annotator.errors import CommandError
from annotator.model.frame import FrameKey
from annotator.model.ids import new_id
from annotator.model.instance import Instance, Prediction, Visibility, new_instance
from annotator.predict.accept import accept
from annotator.session import deciding, editing, posing
from annotator.session.gestures.contract import Draft, Gesture, Pointer, PointerButton, Step
from annotator.session.gestures.move import move_instance, move_keypoints, move_limb, resize_box
from annotator.session.gestures.place import draw_box, place_keypoint, place_or_move, rubber_band
from annotator.session.hit_test import box_handle_at, inside_band
from annotator.session.scene import Target, Tool
from annotator.session.session import NO_DRAFT, Session
from annotator.store.transaction import Transaction

MIN_BOX_SCREEN_PX = 6.0
SAME_SPOT_SCREEN_PX = 3.0
SCALE_PER_STEP = 1.02
GRAB_SCREEN_PX = 7.0
"""While placing, a drag that begins this near to a keypoint moves it; farther away it places the next one."""


class Pointing:
    """Pointer handling of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._press: Pointer | None = None
        self._pressed: Target | None = None
        self._found: list[Target] = []
        self._clicked_at = (math.inf, math.inf)

    def press(self, pointer: Pointer) -> None:
        """Begin what the press means here."""
        session = self._session
        session.cancel_gesture()
        self._press, self._pressed = pointer, None
        if session.frame is None or session.tool is Tool.PAN or not session.overlays:
            return
        gesture = self._gesture(pointer)
        if gesture is None:
            return
        session.gesture = gesture
        session.draft = next(gesture)
        session.scene_changed.emit(None)

    def move(self, pointer: Pointer) -> None:
        """Follow the pointer: a draft while a gesture runs, else what it is over."""
        session = self._session
        session.pointer = pointer.xy
        if session.gesture is not None:
            session.draft = session.gesture.send(pointer)
            session.scene_changed.emit(None)
            return
        hovered = None
        if session.overlays and session.hits is not None and session.tool is not Tool.BOX:
            hovered = session.hits.hit(pointer.xy, session.view.scale, session.selected.id, session.hidden)
        if hovered != session.hovered or session.is_placing or session.tool is Tool.BOX:
            session.hovered = hovered
            session.scene_changed.emit(None)

    def leave(self) -> None:
        """The pointer left the canvas."""
        self._session.pointer = None
        self._session.hovered = None
        self._session.scene_changed.emit(None)

    def release(self, pointer: Pointer) -> None:
        """End the gesture: write its step, or take the click for what it is."""
        session = self._session
        gesture, last = session.gesture, session.draft
        session.gesture, session.draft = None, NO_DRAFT
        if gesture is None:
            return
        try:
            step = self._finish(gesture, pointer)
            if step is not None:
                self._write(step)
            elif session.tool is Tool.BOX:
                self._end_box(last)
            elif pointer.moved:
                self._end_band(last, pointer)
            else:
                self._click(pointer)
        finally:
            session.scene_changed.emit(None)

    def double_click(self, pointer: Pointer) -> None:
        """Zoom to the instance under the pointer, or back."""
        session = self._session
        if session.tool is not Tool.SELECT or session.hits is None:
            return
        target = session.hits.hit(pointer.xy, session.view.scale, session.selected.id, session.hidden)
        if target is not None:
            session.select(target.id)
            deciding.toggle_zoom(session)
        else:
            session.zoom_back()

    def wheel(self, pointer: Pointer, steps: float) -> None:
        """Turn the instance under the pointer, else the selected one, by 1 degree a step; with Shift scale it."""
        session = self._session
        content, target = session.content, None
        if content is None or session.gesture is not None:
            return
        if session.hits is not None:
            target = session.hits.hit(pointer.xy, session.view.scale, session.selected.id, session.hidden)
        instance = content.instance(target.id) if target is not None else session.selected_instance
        if instance is not None and pointer.shift:
            posing.scale(session, instance, SCALE_PER_STEP**steps)
        elif instance is not None:
            posing.turn(session, instance, steps)

    def _finish(self, gesture: Gesture, pointer: Pointer) -> Step | None:
        try:
            gesture.send(pointer)
        except StopIteration as end:
            result: Step | None = end.value
            return result
        gesture.close()
        return None

    def _gesture(self, pointer: Pointer) -> Gesture | None:
        session = self._session
        frame = session.frame_key
        if frame is None:
            return None
        if session.tool is Tool.BOX:
            return self._box_gesture(pointer)
        target = self._target(pointer)
        if session.is_placing:
            return self._place_gesture(frame, pointer)
        self._pressed = target
        if pointer.button is not PointerButton.LEFT:
            return _click_only()
        return self._select_gesture(frame, pointer, target)

    def _box_gesture(self, pointer: Pointer) -> Gesture | None:
        skeleton = self._session.skeletons.get(self._session.skeleton_id)
        if pointer.button is not PointerButton.LEFT or skeleton is None:
            return None
        return draw_box(pointer, new_instance(new_id(), skeleton))

    def _place_gesture(self, frame: FrameKey, pointer: Pointer) -> Gesture | None:
        if pointer.button not in (PointerButton.LEFT, PointerButton.RIGHT):
            return None
        skeleton, instance, is_new = editing.placing_target(self._session)
        assert self._session.next_k is not None
        place = place_keypoint(frame, instance, is_new, skeleton, self._session.next_k, pointer)
        reach = GRAB_SCREEN_PX / self._session.view.scale
        near = [
            k for k in range(len(skeleton)) if instance.located[k] and math.dist(instance.points[k], pointer.xy) < reach
        ]
        if is_new or not near or pointer.button is PointerButton.RIGHT:
            return place
        nearest = min(near, key=lambda k: math.dist(instance.points[k], pointer.xy))
        return place_or_move(place, move_keypoints(frame, instance, skeleton, nearest, frozenset()))

    def _select_gesture(self, frame: FrameKey, pointer: Pointer, target: Target | None) -> Gesture:
        session = self._session
        instance = session.selected_instance
        if instance is not None and not session.is_placing and (target is None or target.k is None):
            box = instance.shown_box()
            handle = box_handle_at(box, pointer.xy, session.view.scale) if box is not None else None
            if box is not None and handle is not None:
                return resize_box(frame, instance, box, handle)
        if target is None or session.content is None:
            return rubber_band(pointer)
        if target.k is None or (pointer.alt and not target.is_prediction):
            return self._whole_gesture(frame, pointer, target)
        if target.is_prediction:
            prediction = session.content.prediction(target.id)
            return self._predicted_gesture(frame, prediction, target.k) if prediction else _click_only()
        owner = session.content.instance(target.id)
        if owner is None:
            return _click_only()
        chosen = session.selected.keypoints if owner.id == session.selected.id else frozenset()
        return move_keypoints(frame, owner, session.skeletons[owner.skeleton_id], target.k, chosen)

    def _whole_gesture(self, frame: FrameKey, pointer: Pointer, target: Target) -> Gesture:
        """Drag a limb, or the whole instance by its box or with Alt."""
        session = self._session
        instance = session.content.instance(target.id) if session.content is not None else None
        if instance is None:
            return _click_only()
        if target.limb is not None and not pointer.alt:
            return move_limb(frame, instance, session.skeletons[instance.skeleton_id], target.limb, pointer)
        return move_instance(frame, instance, session.number_of(instance.id), pointer)

    def _predicted_gesture(self, frame: FrameKey, prediction: Prediction, k: int) -> Gesture:
        """Drag a proposed keypoint: it is accepted where it is dropped."""
        content = self._session.content
        skeleton = self._session.skeletons[prediction.skeleton_id]
        linked = content.instance(prediction.instance_id) if content and prediction.instance_id else None
        acceptance = accept(prediction, linked, skeleton, [k], new_id())
        if acceptance is None:
            return (yield from _click_only())
        draft = Draft()
        while not (pointer := (yield draft)).released:
            if pointer.moved:
                draft = Draft(instance=acceptance.instance.with_point(k, pointer.xy))
        final = draft.instance
        if final is None:
            return None

        def write(transaction: Transaction) -> None:
            if acceptance.is_new:
                transaction.add(frame, final)
            else:
                transaction.replace(frame, final)
            if acceptance.remaining is not None:
                transaction.replace_prediction(frame, acceptance.remaining)
            else:
                transaction.remove_prediction(frame, prediction.id)

        return Step(f"Accept and move {skeleton.names[k]}", write)

    def _write(self, step: Step) -> None:
        session = self._session
        k = session.next_k
        placed = step.name.startswith("Place ")
        with session.transaction(step.name) as transaction:
            step.write(transaction)
        if placed and k is not None and step.select is not None and session.content is not None:
            instance = session.content.instance(step.select)
            if instance is not None:
                next_k, tool = session.next_k, session.tool
                session.select(instance.id)
                session.next_k, session.tool = next_k, tool
                editing.move_on(session, session.skeletons[instance.skeleton_id], instance, k)
            return
        if step.select is not None and not session.is_placing:
            keep = step.keypoints if step.keypoints is not None else session.selected.keypoints
            session.select(step.select, keep)

    def _end_box(self, draft: Draft) -> None:
        session = self._session
        box = draft.box
        if box is None or min(box[2:]) * session.view.scale < MIN_BOX_SCREEN_PX:
            session.say("Drag from one corner of the subject to the other", "The template drops in.")
            return
        session.tool = Tool.SELECT
        editing.add_boxed_instance(session, box)

    def _end_band(self, draft: Draft, pointer: Pointer) -> None:
        session = self._session
        instance = session.selected_instance
        if draft.band is None or instance is None:
            return
        inside = inside_band(instance, draft.band)
        session.select(instance.id, inside | session.selected.keypoints if pointer.shift else inside)

    def _click(self, pointer: Pointer) -> None:
        """Select what was clicked; the right button exchanges visible and occluded."""
        session = self._session
        if pointer.button is PointerButton.RIGHT:
            self._right_click(self._pressed)
            return
        target = self._clicked(pointer)
        if target is None:
            session.select(None)
            return
        chosen = session.selected.keypoints if target.id == session.selected.id else frozenset()
        if target.k is None:
            session.select(target.id)
        elif pointer.shift or pointer.ctrl:
            session.select(target.id, chosen ^ {target.k})
        else:
            session.select(target.id, frozenset([target.k]))

    def _right_click(self, target: Target | None) -> None:
        session = self._session
        content = session.content
        if target is None or target.k is None or content is None:
            return
        if not target.is_prediction:
            instance = content.instance(target.id)
            if instance is not None:
                editing.toggle_occluded(session, instance, target.k)
            return
        prediction = content.prediction(target.id)
        if prediction is not None:
            self._accept_occluded(prediction, target.k)

    def _accept_occluded(self, prediction: Prediction, k: int) -> None:
        """Accept one proposed keypoint as occluded."""
        session = self._session
        content = session.content
        skeleton = session.skeletons[prediction.skeleton_id]
        linked = content.instance(prediction.instance_id) if content and prediction.instance_id else None
        acceptance = accept(prediction, linked, skeleton, [k], new_id())
        if acceptance is None:
            raise CommandError(f"{skeleton.names[k]} is decided already")
        occluded: Instance = acceptance.instance.with_state([k], Visibility.OCCLUDED)
        deciding.write_acceptance(
            session,
            prediction,
            type(acceptance)(occluded, acceptance.is_new, acceptance.remaining, acceptance.accepted),
            f"Accept {skeleton.names[k]} as occluded",
        )

    def _target(self, pointer: Pointer) -> Target | None:
        """Return what the press is on: the selected keypoint where it is among several, else the best."""
        session = self._session
        if session.hits is None:
            return None
        self._found = session.hits.hits(pointer.xy, session.view.scale, session.selected.id, session.hidden)
        for target in self._found:
            if target.id == session.selected.id and target.k in session.selected.keypoints:
                return target
        return self._found[0] if self._found else None

    def _clicked(self, pointer: Pointer) -> Target | None:
        """Return what a click means: a repeated click at one spot goes through what lies there."""
        near = math.dist(self._clicked_at, pointer.screen) <= SAME_SPOT_SCREEN_PX
        self._clicked_at = pointer.screen
        if not near or len(self._found) < 2:
            return self._found[0] if self._found else None
        stack = sorted(self._found, key=lambda target: (target.id, target.k is None, target.k or 0))
        here = next((n for n, target in enumerate(stack) if self._is_selected(target)), -1)
        return stack[(here + 1) % len(stack)]

    def _is_selected(self, target: Target) -> bool:
        selected = self._session.selected
        return target.id == selected.id and (target.k is None or target.k in selected.keypoints)


def _click_only() -> Gesture:
    """A press that only counts when it is released on the spot."""
    while not (yield Draft()).released:
        pass
    return None
