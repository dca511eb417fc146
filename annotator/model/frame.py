"""Frames: the annotatable images of a project, and what is in one of them."""

from dataclasses import dataclass
from enum import StrEnum

from annotator.model.instance import Instance, Prediction

FrameKey = int


class FrameState(StrEnum):
    """How far the work on a frame is. Predicted, unfinished and with issues are filters, not states."""

    NEW = "new"
    IN_PROGRESS = "in progress"
    DONE = "done"
    IN_REVIEW = "in review"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Frame:
    """One annotatable image: a still, or one frame of a video.

    Attributes:
        key: unique across projects.
        root: name of the folder that `path` is relative to; where it lies on this computer is a user setting.
        path: of the picture or video, relative, with "/".
        index: number in the video, 0 for a still.
        width, height: of the displayed (EXIF-upright) picture; 0 until the file was read.
        orientation: EXIF orientation of the file, 1 to 8.
        split: "train", "val", "test" or "".
        extra: JSON object text of imported fields, or "".
    """

    key: FrameKey
    root: str
    path: str
    index: int = 0
    width: int = 0
    height: int = 0
    orientation: int = 1
    state: FrameState = FrameState.NEW
    tags: tuple[str, ...] = ()
    split: str = ""
    note: str = ""
    extra: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class FrameContent:
    """A frame with everything in it, as the project knows it now.

    Attributes:
        instances: in order of creation.
        predictions: those not yet rejected or wholly accepted.
        revision: counts the changes of the frame.
    """

    frame: Frame
    instances: tuple[Instance, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    revision: int = 0

    def instance(self, id_: int) -> Instance | None:
        return next((instance for instance in self.instances if instance.id == id_), None)

    def prediction(self, id_: int) -> Prediction | None:
        return next((prediction for prediction in self.predictions if prediction.id == id_), None)


@dataclass(frozen=True, slots=True)
class FrameSummary:
    """One row of the frames list.

    Attributes:
        instances: how many.
        decided, keypoints: keypoints decided, and in all, over these instances.
        predictions: open ones.
    """

    frame: Frame
    instances: int
    decided: int
    keypoints: int
    predictions: int
