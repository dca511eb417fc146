"""The only way to change a project: values are staged, then become one change, or nothing at all."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from annotator.errors import StoreError
from annotator.model.frame import Frame, FrameContent, FrameKey, FrameState
from annotator.model.instance import Instance, Prediction, Source
from annotator.model.skeleton import Skeleton
from annotator.store.change import PROJECT_KEY, Entry, Settings, apply_entries, same_value
from annotator.store.present import Present


class Transaction:
    """Stages what a gesture, a command or a plugin writes.

    Obtained from `Project.transaction`; an exception inside leaves the project as it was.
    """

    def __init__(self, name: str, present: Present) -> None:
        self.name = name
        self._present = present
        self._staged: dict[FrameKey, dict[tuple[str, int | str], Entry]] = {}
        self._added: dict[int, FrameKey] = {}

    def add(self, frame: FrameKey, instance: Instance) -> None:
        """Add a new instance.

        Raises:
            StoreError: this or another frame has an instance with this id, or the skeleton is not the project's.
        """
        if self._instance(frame, instance.id) is not None:
            raise StoreError(f"instance {instance.id} exists already: replace it instead")
        owner = self._added.get(instance.id) or self._present.owner(instance.id)
        if owner not in (None, frame):
            raise StoreError(f"instance {instance.id} is in another frame: give the new one an id of its own")
        self._check_skeleton(instance)
        self._added[instance.id] = frame
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
        """Add a prediction, or replace the one of the same id.

        Raises:
            StoreError: the skeleton is not the project's.
        """
        self._check_skeleton(prediction)
        self._stage(frame, ("p", prediction.id), self._prediction(frame, prediction.id), prediction)

    def replace_prediction(self, frame: FrameKey, prediction: Prediction) -> None:
        """Replace the prediction of the same id.

        Raises:
            StoreError: the frame has no such prediction.
        """
        before = self._prediction(frame, prediction.id)
        if before is None:
            raise StoreError(f"prediction {prediction.id} is not in this frame any more")
        self._check_skeleton(prediction)
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
        """Replace a frame's own fields: state, tags, split, size, note.

        Raises:
            StoreError: the frame would show another picture.
        """
        before = self._frame(frame.key)
        if (before.root, before.path, before.index) != (frame.root, frame.path, frame.index):
            raise StoreError(f"{before.name} keeps its picture: add {frame.name} as a frame of its own")
        if before != frame:
            self._stage(frame.key, ("f", frame.key), before, frame)

    def add_frames(self, frames: Iterable[Frame]) -> None:
        """Add new frames; their keys are fresh ids (`model.ids.new_ids`), in the order to show them.

        Raises:
            StoreError: a picture is in the project already, or a key is known: a removed frame keeps its own.
        """
        added = list(frames)
        pictures = {(frame.root, frame.path, frame.index) for frame in added}
        taken = self._present.first_taken(added) if len(pictures) == len(added) else _first_twin(added)
        if taken:
            raise StoreError(f"{taken.path} is in the project already: each picture can be added once")
        if self._present.is_known(added):
            raise StoreError("a frame of the same key is in the project, or was: give the new one a key of its own")
        for frame in added:
            self._staged[frame.key] = {("f", frame.key): Entry(None, frame)}

    def put_skeleton(self, skeleton: Skeleton) -> None:
        """Add a skeleton, or replace its definition.

        Raises:
            StoreError: labels of a keypoint would be lost, or the same change writes instances of the skeleton as
                it was.
        """
        before = self._present.skeletons.get(skeleton.id)
        if before is not None and _ids(before) != _ids(skeleton):
            lost = frozenset(_ids(before)) - frozenset(_ids(skeleton))
            if lost and self._present.has_labels(skeleton.id, lost, frozenset()):
                raise StoreError(f"keypoints of {skeleton.name!r} are labeled: retire them instead of removing them")
            if any(value.skeleton_id == skeleton.id for value in self._staged_poses()):
                raise StoreError(f"change the keypoints of {skeleton.name!r} in a change of their own")
        if before != skeleton:
            self._stage(PROJECT_KEY, ("s", skeleton.id), before, skeleton)

    def set_settings(self, settings: Settings) -> None:
        """Replace the project's settings."""
        if settings != self._present.settings:
            self._stage(PROJECT_KEY, ("g", 0), self._present.settings, settings)

    def content(self, frame: FrameKey) -> FrameContent:
        """Return a frame as it would be after this transaction."""
        staged = self._staged.get(frame)
        if not staged:
            return self._read(frame)
        content = apply_entries(self._read(frame), staged.values())
        assert content is not None, "a transaction removes no frames"
        return content

    def entries(self) -> dict[FrameKey, tuple[Entry, ...]]:
        """Return what was staged, definitions first, without what came to nothing."""
        self._note_begun_frames()
        result = {}
        for frame in sorted(self._staged, key=lambda key: key != PROJECT_KEY):
            staged = self._staged[frame].values()
            entries = tuple(entry for entry in staged if not same_value(entry.before, entry.after))
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

    def _read(self, key: FrameKey) -> FrameContent:
        added = self._staged.get(key, {}).get(("f", key))
        if added is not None and added.before is None and isinstance(added.after, Frame):
            return FrameContent(added.after)
        content = self._present.content(key)
        if content is None:
            raise StoreError(f"frame {key} is not in the project any more")
        return content

    def _staged_poses(self) -> Iterator[Instance | Prediction]:
        for staged in self._staged.values():
            for entry in staged.values():
                value = entry.after or entry.before
                if isinstance(value, (Instance, Prediction)):
                    yield value

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

    def _check_skeleton(self, pose: Instance | Prediction) -> None:
        known = self._present.skeletons.get(pose.skeleton_id)
        staged = self._staged.get(PROJECT_KEY, {}).get(("s", pose.skeleton_id))
        skeleton = staged.after if staged is not None else known
        if not isinstance(skeleton, Skeleton):
            raise StoreError(f"the project has no skeleton {pose.skeleton_id!r}: add it first")
        if known is not None and _ids(known) != _ids(skeleton):
            raise StoreError(f"change the keypoints of {skeleton.name!r} in a change of their own")
        if len(skeleton) != len(pose.points):
            what = "an instance" if isinstance(pose, Instance) else "a prediction"
            raise StoreError(f"{what} of {skeleton.name!r} has {len(pose.points)} points: expected {len(skeleton)}")


def _ids(skeleton: Skeleton) -> tuple[str, ...]:
    return tuple(keypoint.id for keypoint in skeleton.keypoints)


def _first_twin(frames: Iterable[Frame]) -> Frame | None:
    """Return the first frame whose picture stands in the list before it."""
    seen = set()
    for frame in frames:
        picture = (frame.root, frame.path, frame.index)
        if picture in seen:
            return frame
        seen.add(picture)
    return None


def _pose_differs(a: Instance, b: Instance) -> bool:
    return not (
        np.array_equal(a.points, b.points, equal_nan=True)
        and np.array_equal(a.visibility, b.visibility)
        and a.box == b.box
    )
