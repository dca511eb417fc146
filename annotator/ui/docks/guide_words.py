"""What the guide says now: the keypoint it is about, and the keys that decide it."""

from dataclasses import dataclass

from annotator.model.instance import Instance, Prediction
from annotator.model.skeleton import Skeleton
from annotator.session import guide
from annotator.session.commands.registry import commands
from annotator.session.session import Session

Hint = tuple[str, str]


@dataclass(frozen=True, slots=True)
class GuideWords:
    """A caption, a title, a line, and up to four hints.

    Attributes:
        k: the keypoint that it is about, or None.
        where: "Where exactly", for the tool tip.
        hints: (key, what it does).
    """

    caption: str
    title: str
    line: str = ""
    k: int | None = None
    where: str = ""
    hints: tuple[Hint, ...] = ()

    @property
    def spoken(self) -> str:
        words = [f"{self.caption}: {self.title}", self.line, self.where]
        words += [f"{key}: {what}" for key, what in self.hints]
        return ". ".join(word for word in words if word)


def guide_words(session: Session) -> GuideWords:
    """Return what the guide says about the selection, the next keypoint, or how to begin."""
    skeleton = session.skeleton
    if skeleton is None:
        return GuideWords("Skeleton", "None yet", hints=_hints(session, ("skeleton.new", "make one")))
    instance, prediction = session.selected_instance, session.selected_prediction
    if session.is_placing and session.next_k is not None:
        return _placing(session, skeleton, instance, session.next_k)
    if prediction is not None:
        return _proposed(session, skeleton, prediction)
    if instance is not None:
        return _selected(session, skeleton, instance)
    first = guide.next_undecided(skeleton, None)
    begin = f"then click {skeleton.names[first]}" if first is not None else "begin"
    content = session.content
    is_empty = content is not None and not content.instances and not content.predictions
    return GuideWords(
        "New instance",
        skeleton.name,
        hints=_hints(
            session,
            ("label.new", begin),
            ("label.box", "draw a box"),
            ("model.frame", "run the model"),
            ("label.absent", "nobody here") if is_empty else ("view.next_decision", "next to decide"),
        ),
    )


def _placing(session: Session, skeleton: Skeleton, instance: Instance | None, k: int) -> GuideWords:
    has_decided = instance is not None and instance.decided_count > 0
    last = ("label.back", "step back") if has_decided else ("label.escape", "stop")
    hints = (("Click", "visible"), ("Right click", "occluded"), *_hints(session, ("label.absent", "absent"), last))
    return _about(skeleton, k, "Next keypoint", hints)


def _proposed(session: Session, skeleton: Skeleton, prediction: Prediction) -> GuideWords:
    hints = _hints(
        session,
        ("label.space", "accept"),
        ("edit.delete", "reject"),
        ("model.accept_confident", "confident only"),
    )
    ks = sorted(session.selected.keypoints)
    if len(ks) == 1 and prediction.placed[ks[0]]:
        score = float(prediction.scores[ks[0]])
        unsure = ", low confidence" if score < session.threshold else ""
        return GuideWords("Predicted keypoint", skeleton.names[ks[0]], f"{score:.2f}{unsure}", ks[0], "", hints)
    confident, placed = int(prediction.confident(session.threshold).sum()), int(prediction.placed.sum())
    return GuideWords(
        f"Predicted {prediction.score:.2f}", skeleton.name, f"{confident} of {placed} confident", hints=hints
    )


def _selected(session: Session, skeleton: Skeleton, instance: Instance) -> GuideWords:
    ks = sorted(session.selected.keypoints)
    if ks:
        hints = _hints(session, ("label.cycle", "next state"), ("label.absent", "absent"), ("edit.delete", "clear"))
        if len(ks) > 1:
            return GuideWords("Selected", f"{len(ks)} keypoints", hints=hints)
        return _about(skeleton, ks[0], "Selected keypoint", (*hints, ("Arrows", "nudge")))
    k = guide.next_undecided(skeleton, instance)
    if k is not None:
        hints = _hints(session, ("view.next_decision", "go there"), ("label.next_instance", "next instance"))
        return _about(skeleton, k, "Still to decide", (*hints, ("Double-click", "zoom")))
    hints = _hints(
        session,
        ("label.space", "go on"),
        ("label.new", "new instance"),
        ("label.next_instance", "next instance"),
    )
    return GuideWords(f"Instance {session.number_of(instance.id)}", "All decided", skeleton.name, hints=hints)


def _about(skeleton: Skeleton, k: int, caption: str, hints: tuple[Hint, ...]) -> GuideWords:
    keypoint = skeleton.keypoints[k]
    return GuideWords(caption, keypoint.name, guide.whose_side(skeleton, k), k, keypoint.where, hints)


def _hints(session: Session, *wanted: tuple[str, str]) -> tuple[Hint, ...]:
    """Return key and words of the commands that have a key and apply now."""
    known = commands()
    return tuple(
        (known[id_].keys[0], words)
        for id_, words in wanted
        if id_ in known and known[id_].keys and not known[id_].reason(session)
    )
