"""What a row of the frames list says about a frame: one line, an icon, how far it is."""

from dataclasses import dataclass
from typing import Final

from annotator.model.frame import FrameState, FrameSummary
from annotator.ui.theme import Role


@dataclass(frozen=True, slots=True)
class FrameRow:
    """The words and signs of one row.

    Attributes:
        line: its state in a few words.
        icons: (name, colour) from the right end leftwards.
        progress: share of the keypoints that are decided, or None when there is no bar.
    """

    name: str
    line: str
    icons: tuple[tuple[str, Role], ...]
    progress: float | None = None

    @property
    def spoken(self) -> str:
        return f"{self.name}, {self.line}"


_SPARKLE: Final[tuple[str, Role]] = ("sparkles", "info")
_FINISHED: Final[dict[FrameState, tuple[str, str, Role]]] = {
    FrameState.DONE: ("done", "circle-check", "ok"),
    FrameState.IN_REVIEW: ("in review", "circle-dot", "info"),
    FrameState.ACCEPTED: ("reviewed", "badge-check", "ok"),
    FrameState.REJECTED: ("sent back", "circle-x", "bad"),
    FrameState.SKIPPED: ("skipped", "circle-slash", "text2"),
}


def frame_row(summary: FrameSummary) -> FrameRow:
    """Return what the list says about a frame."""
    frame, instances = summary.frame, summary.instances
    if frame.state in _FINISHED:
        word, icon, role = _FINISHED[frame.state]
        if frame.state is FrameState.SKIPPED:
            line = f"{word} · {frame.note}" if frame.note else word
        else:
            line = f"{_counted(instances)} · {word}"
        return FrameRow(frame.name, line, ((icon, role),))
    if instances:
        line = f"{summary.decided:,} of {summary.keypoints:,} points"
        begun: tuple[str, Role] = ("circle-dot-dashed", "accent")
        icons = (begun, _SPARKLE) if summary.predictions else (begun,)
        return FrameRow(frame.name, line, icons, summary.decided / max(summary.keypoints, 1))
    if summary.predictions:
        return FrameRow(frame.name, f"{summary.predictions:,} predicted, 0 accepted", (_SPARKLE,))
    return FrameRow(frame.name, "not started", (("circle-dashed", "text3"),))


def _counted(instances: int) -> str:
    if not instances:
        return "no instance"
    return f"{instances:,} instances" if instances > 1 else "1 instance"
