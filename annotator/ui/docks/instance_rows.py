"""What a row of the instances list says, without Qt."""

from dataclasses import dataclass

from annotator.model.instance import Instance, Prediction
from annotator.session.session import Session


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """One instance or prediction.

    Attributes:
        number: as its tag on the canvas.
        progress: share of its keypoints that are decided; None for a prediction.
    """

    id: int
    number: int
    name: str
    line: str
    progress: float | None
    is_selected: bool
    is_hidden: bool

    @property
    def spoken(self) -> str:
        hidden = ", hidden" if self.is_hidden else ""
        return f"Instance {self.number}, {self.name}, {self.line}{hidden}"


def instance_rows(session: Session) -> tuple[InstanceRow, ...]:
    """Return the rows of the shown frame, instances before predictions."""
    return tuple(_row(session, number, item) for number, item in enumerate(session.numbered(), 1))


def _row(session: Session, number: int, item: Instance | Prediction) -> InstanceRow:
    skeleton = session.skeletons[item.skeleton_id]
    if isinstance(item, Instance):
        decided, whole = item.decided_count, len(skeleton.placeable)
        if whole < len(skeleton):  # retired keypoints keep their data and do not count
            decided = int(item.decided[list(skeleton.placeable)].sum())
        line, progress = f"{decided} of {whole}", decided / max(whole, 1)
    else:
        line, progress = f"predicted {item.score:.2f}", None
    is_selected = item.id == session.selected.id
    return InstanceRow(item.id, number, skeleton.name, line, progress, is_selected, item.id in session.hidden)


def toggle_hidden(session: Session, ids: list[int]) -> None:
    """Hide these on the canvas, or show them: all become what a click makes of the first."""
    hidden = session.hidden - set(ids) if ids[0] in session.hidden else session.hidden | set(ids)
    session.hidden = hidden
    session.scene_changed.emit(None)
