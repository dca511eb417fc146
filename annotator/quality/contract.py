"""What a check is: a rule about the quality of labels, which looks over a project and yields issues."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from annotator.jobs import Job
from annotator.model.frame import FrameKey
from annotator.model.instance import Instance
from annotator.registry import Registry
from annotator.store.project import Project


class Severity(StrEnum):
    """How sure an issue is."""

    WRONG = "wrong"
    """It cannot be meant like this."""
    DOUBTFUL = "doubtful"
    """Worth a look; it may be right."""


@dataclass(frozen=True, slots=True)
class Fix:
    """What would mend an issue.

    Attributes:
        title: imperative, becomes the name of the undo step: "Mark left_wrist absent".
        edit: takes the instance as it is then, and returns it mended.
    """

    title: str
    edit: Callable[[Instance], Instance]


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding of a check.

    Attributes:
        frame: its key.
        instance: its id; 0 where the issue is about the whole frame.
        keypoint: id of the skeleton's keypoint, or "".
        sentence: what is odd, with the thing and the rule, without the frame's name.
    """

    frame: FrameKey
    instance: int
    keypoint: str
    severity: Severity
    sentence: str
    fix: Fix | None = None


Find = Callable[[Project, Job], Iterable[Issue]]


@dataclass(frozen=True, slots=True)
class Check:
    """A rule about labels.

    Attributes:
        title: what it looks for, for people: "Keypoints outside the picture".
        find: looks over all labels, asks `job.check()` now and then, changes nothing.
    """

    name: str
    title: str
    find: Find


checks: Registry[Check] = Registry("check")


def check(name: str, *, title: str) -> Callable[[Find], Find]:
    """Register a function that looks for issues."""

    def register(find: Find) -> Find:
        checks.register(name, Check(name, title, find))
        return find

    return register
