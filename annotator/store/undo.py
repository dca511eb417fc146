"""How a change is taken back on what the project holds now, which others may have changed since.

An instance, a prediction or a skeleton must still be what the change made of it. Frames and settings are compared
field by field: that their sizes were read or their split was set since does not stand in the way.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import TypeVar

from annotator.errors import StoreError
from annotator.model.frame import Frame, FrameContent, FrameKey
from annotator.model.instance import Instance, Prediction
from annotator.model.skeleton import Skeleton
from annotator.store.change import PROJECT_KEY, Change, Entry, Settings, Value, same_value
from annotator.store.present import Present

F = TypeVar("F", Frame, Settings)


class _Moved(Exception):  # noqa: N818 - becomes a sentence in the one place that catches it
    """What a change made is not there as it was made."""


def inverse_entries(target: Change, present: Present) -> dict[FrameKey, tuple[Entry, ...]]:
    """Return what takes `target` back.

    Raises:
        StoreError: what it changed was changed again since; nothing is dropped.
    """
    result = {}
    added = frozenset(
        entry.after.id
        for entries in target.entries.values()
        for entry in entries
        if isinstance(entry.after, (Instance, Prediction)) and entry.before is None
    )
    for key, entries in target.entries.items():
        content = present.content(key) if key else None
        try:
            if key:
                result[key] = _of_frame(entries, content, lambda frame: present.first_taken([frame]) is not None)
            else:
                result[key] = tuple(_of_project(entry, present, added) for entry in reversed(entries))
        except _Moved:
            raise _moved(target.name, content) from None
    return result


def inverse_of_frame(entries: tuple[Entry, ...], content: FrameContent | None, name: str) -> tuple[Entry, ...]:
    """Return what takes the entries of one frame back, for a frame that is not itself added or removed.

    Raises:
        StoreError: what they changed was changed again since.
    """
    try:
        return _of_frame(entries, content, lambda _: False)
    except _Moved:
        raise _moved(name, content) from None


def _moved(name: str, content: FrameContent | None) -> StoreError:
    where = f" in {content.frame.name}" if content else ""
    return StoreError(f"{name!r} cannot be taken back: what it changed{where} was changed again since")


def _of_frame(
    entries: tuple[Entry, ...], content: FrameContent | None, is_taken: Callable[[Frame], bool]
) -> tuple[Entry, ...]:
    result = []
    for entry in reversed(entries):
        match (entry.before, entry.after):
            case (Frame() as before, Frame() as after):
                if content is None:
                    raise _Moved
                now = content.frame
                result.append(Entry(now, _fields_taken_back(now, before, after)))
            case (None, Frame()):
                result.append(Entry(_removable(entries, content), None))
            case (Frame() as before, None):
                if content is not None or is_taken(before):
                    raise _Moved
                result.append(Entry(None, before))
            case (before, after):
                if not same_value(_pose(content, before or after), after):
                    raise _Moved
                result.append(entry.inverted())
    return tuple(result)


def _removable(entries: tuple[Entry, ...], content: FrameContent | None) -> Frame:
    """Return the frame that a change added, unless others filled it since."""
    if content is None:
        raise _Moved
    added = {entry.after.id for entry in entries if isinstance(entry.after, (Instance, Prediction))}
    present = {value.id for value in content.instances} | {value.id for value in content.predictions}
    if present - added:
        raise _Moved
    return content.frame


def _pose(content: FrameContent | None, value: Value | None) -> Instance | Prediction | None:
    """Return what a frame holds now under the id of `value`."""
    if content is None:
        return None
    if isinstance(value, Instance):
        return content.instance(value.id)
    return content.prediction(value.id) if isinstance(value, Prediction) else None


def current_value(present: Present, key: FrameKey, entry: Entry) -> Value | None:
    """Return what the project holds now of what an entry is about."""
    match entry.before or entry.after:
        case Skeleton() as skeleton:
            return present.skeletons.get(skeleton.id)
        case Settings():
            return present.settings
        case Frame():
            content = present.content(key)
            return content.frame if content else None
        case value:
            return _pose(present.content(key), value)


def check_shapes(change: Change, skeletons: Mapping[str, Skeleton]) -> None:
    """Refuse poses of a skeleton that got other keypoints since they were read.

    Raises:
        StoreError: there is one.
    """
    defined = {
        entry.after.id: entry.after
        for entry in change.entries.get(PROJECT_KEY, ())
        if isinstance(entry.after, Skeleton)
    }
    for key, entries in change.entries.items():
        for entry in entries if key else ():
            for value in (entry.before, entry.after):
                if isinstance(value, (Instance, Prediction)):
                    skeleton = defined.get(value.skeleton_id) or skeletons.get(value.skeleton_id)
                    if skeleton is not None and len(skeleton) != len(value.points):
                        raise StoreError(f"the keypoints of {skeleton.name!r} changed meanwhile: do it again")


def _of_project(entry: Entry, present: Present, added: frozenset[int]) -> Entry:
    match (entry.before, entry.after):
        case (Settings() as before, Settings() as after):
            return Entry(present.settings, _fields_taken_back(present.settings, before, after))
        case (before, Skeleton() as after):
            if present.skeletons.get(after.id) != after:
                raise _Moved
            kept = {keypoint.id for keypoint in before.keypoints} if isinstance(before, Skeleton) else set()
            lost = frozenset(keypoint.id for keypoint in after.keypoints if keypoint.id not in kept)
            if (lost or before is None) and present.has_labels(after.id, lost if before else frozenset(), added):
                raise _Moved
            return entry.inverted()
        case (Skeleton() as before, None):
            if before.id in present.skeletons:
                raise _Moved
    return entry.inverted()


def _fields_taken_back(now: F, before: F, after: F) -> F:
    """Return `now` with the fields that differ between `after` and `before` put back."""
    changed = {
        field.name: getattr(before, field.name)
        for field in fields(after)
        if getattr(before, field.name) != getattr(after, field.name)
    }
    if any(getattr(now, name) != getattr(after, name) for name in changed):
        raise _Moved
    return replace(now, **changed)
