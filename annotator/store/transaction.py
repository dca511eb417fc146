"""The only way to change a project: values are staged, then become one change, or nothing at all."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from annotator.errors import StoreError
from annotator.model.frame import Frame, FrameContent, FrameKey, FrameState
from annotator.model.instance import Instance, Prediction, Source
from annotator.model.skeleton import Skeleton
from annotator.store.change import PROJECT_KEY, Entry, Settings, apply_entries


class Transaction:
    """Stages what a gesture, a command or a plugin writes.

    Obtained from `Project.transaction`; an exception inside leaves the project as it was.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[FrameKey], FrameContent],
        skeletons: Callable[[], dict[str, Skeleton]],
        settings: Settings,
    ) -> None:
        self.name = name
        self._read = read
        self._skeletons = skeletons
        self._settings = settings
        self._staged: dict[FrameKey, dict[tuple[str, int | str], Entry]] = {}

    def add(self, frame: FrameKey, instance: Instance) -> None:
        """Add a new instance.

        Raises:
            StoreError: the frame has an instance with this id, or the skeleton is not the project's.
        """
        if self._instance(frame, instance.id) is not None:
            raise StoreError(f"instance {instance.id} exists already: replace it instead")
        self._check_skeleton(instance)
        self._stage(frame, ("i", instance.id), None, instance)

    def replace(self, frame: FrameKey, instance: Instance, by_person: bool = True) -> None:
        """Replace the instance of the same id.

        Args:
            frame: that holds it.
            instance: the new value.
            by_person: a person decided the difference, so the instance counts as a person's from now on.

        Raises:
            StoreError: the frame has no such instance.
        """
        before = self._instance(frame, instance.id)
        if before is None:
            raise StoreError(f"instance {instance.id} is not in this frame any more")
        self._check_skeleton(instance)
        if by_person and instance.source is not Source.PERSON and _pose_differs(before, instance):
            instance = replace(instance, source=Source.PERSON)
        if before.equals(instance):
            return
        self._stage(frame, ("i", instance.id), before, instance)

    def remove(self, frame: FrameKey, instance_id: int) -> None:
        """Remove an instance; undo brings it back.

        Raises:
            StoreError: the frame has no such instance.
        """
        before = self._instance(frame, instance_id)
        if before is None:
            raise StoreError(f"instance {instance_id} is not in this frame any more")
        self._stage(frame, ("i", instance_id), before, None)

    def add_prediction(self, frame: FrameKey, prediction: Prediction) -> None:
        self._stage(frame, ("p", prediction.id), self._prediction(frame, prediction.id), prediction)

    def replace_prediction(self, frame: FrameKey, prediction: Prediction) -> None:
        """Replace the prediction of the same id.

        Raises:
            StoreError: the frame has no such prediction.
        """
        before = self._prediction(frame, prediction.id)
        if before is None:
            raise StoreError(f"prediction {prediction.id} is not in this frame any more")
        self._stage(frame, ("p", prediction.id), before, prediction)

    def remove_prediction(self, frame: FrameKey, prediction_id: int) -> None:
        """Remove a prediction: it was rejected, or wholly accepted.

        Raises:
            StoreError: the frame has no such prediction.
        """
        before = self._prediction(frame, prediction_id)
        if before is None:
            raise StoreError(f"prediction {prediction_id} is not in this frame any more")
        self._stage(frame, ("p", prediction_id), before, None)

    def set_frame(self, frame: Frame) -> None:
        """Replace a frame's own fields: state, tags, split, size, note."""
        before = self._frame(frame.key)
        if before != frame:
            self._stage(frame.key, ("f", frame.key), before, frame)

    def add_frames(self, frames: Iterable[Frame]) -> None:
        """Add new frames; their keys are fresh ids (`model.ids.new_ids`), in the order to show them."""
        for frame in frames:
            self._staged[frame.key] = {("f", frame.key): Entry(None, frame)}

    def put_skeleton(self, skeleton: Skeleton) -> None:
        """Add a skeleton, or replace its definition."""
        before = self._skeletons().get(skeleton.id)
        if before != skeleton:
            self._stage(PROJECT_KEY, ("s", skeleton.id), before, skeleton)

    def set_settings(self, settings: Settings) -> None:
        if settings != self._settings:
            self._stage(PROJECT_KEY, ("g", 0), self._settings, settings)

    def content(self, frame: FrameKey) -> FrameContent:
        """Return a frame as it would be after this transaction."""
        staged = self._staged.get(frame)
        if not staged:
            return self._read(frame)
        is_new = ("f", frame) in staged and staged["f", frame].before is None
        content = apply_entries(None if is_new else self._read(frame), staged.values())
        if content is None:
            raise StoreError(f"frame {frame} is removed by this change")
        return content

    def entries(self) -> dict[FrameKey, tuple[Entry, ...]]:
        """Return what was staged, without what came to nothing."""
        self._note_begun_frames()
        result = {}
        for frame, staged in self._staged.items():
            entries = tuple(entry for entry in staged.values() if not (entry.before is None and entry.after is None))
            if entries:
                result[frame] = entries
        return result

    def _note_begun_frames(self) -> None:
        """Move a new frame to "in progress" in the change that gives it its first instance."""
        for key, staged in list(self._staged.items()):
            if any(kind == "i" and entry.after is not None for (kind, _), entry in staged.items()):
                frame = self._frame(key)
                if frame.state is FrameState.NEW:
                    self.set_frame(replace(frame, state=FrameState.IN_PROGRESS))

    def _stage(self, frame: FrameKey, what: tuple[str, int | str], before: object, after: object) -> None:
        staged = self._staged.setdefault(frame, {})
        first = staged[what].before if what in staged else before
        staged[what] = Entry(first, after)  # type: ignore[arg-type]  # `what` says the kind of both

    def _instance(self, frame: FrameKey, id_: int) -> Instance | None:
        staged = self._staged.get(frame, {}).get(("i", id_))
        if staged is not None:
            return staged.after  # type: ignore[return-value]  # staged under "i"
        return self._read(frame).instance(id_)

    def _prediction(self, frame: FrameKey, id_: int) -> Prediction | None:
        staged = self._staged.get(frame, {}).get(("p", id_))
        if staged is not None:
            return staged.after  # type: ignore[return-value]  # staged under "p"
        return self._read(frame).prediction(id_)

    def _frame(self, key: FrameKey) -> Frame:
        staged = self._staged.get(key, {}).get(("f", key))
        if staged is not None and isinstance(staged.after, Frame):
            return staged.after
        return self._read(key).frame

    def _check_skeleton(self, instance: Instance) -> None:
        skeleton = self._skeletons().get(instance.skeleton_id)
        staged = self._staged.get(PROJECT_KEY, {}).get(("s", instance.skeleton_id))
        if staged is not None and isinstance(staged.after, Skeleton):
            skeleton = staged.after
        if skeleton is None:
            raise StoreError(f"the project has no skeleton {instance.skeleton_id!r}: add it first")
        if len(skeleton) != len(instance.points):
            raise StoreError(
                f"an instance of {skeleton.name!r} has {len(instance.points)} points: expected {len(skeleton)}"
            )


def _pose_differs(a: Instance, b: Instance) -> bool:
    return not (
        np.array_equal(a.points, b.points, equal_nan=True)
        and np.array_equal(a.visibility, b.visibility)
        and a.box == b.box
    )
