"""The contract of predictors, and how what they propose becomes poses of a project's skeleton."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from annotator.errors import ModelError
from annotator.jobs import Job
from annotator.model.instance import Box, Points, Scores
from annotator.model.names import match_names
from annotator.model.skeleton import Skeleton
from annotator.predict.card import ModelCard, bundled_card_path, read_card
from annotator.predict.picture import Picture
from annotator.registry import Registry


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """One subject as a model sees it.

    Attributes:
        points: (K, 2) float64 image pixels, in the order of the model's keypoints.
        scores: (K,) float32, 0..1.
        box: (x, y, width, height) in image pixels.
        score: of the whole subject, 0..1.
    """

    points: Points
    scores: Scores
    box: Box
    score: float


class Predictor(Protocol):
    """A model that is ready to run. `predict` is called from several threads at once: it keeps nothing of a picture."""

    @property
    def card(self) -> ModelCard: ...

    def predict(self, picture: Picture, box: Box | None = None, job: Job | None = None) -> list[Proposal]:
        """Return the subjects in a picture, best first.

        Args:
            picture: its size and pixels.
            box: look at the one subject in it, and return one proposal.
            job: checked between the model's calls; `Network.run` does it.

        Raises:
            MediaError: the picture cannot be read.
            PredictorError: the model cannot run here.
            JobCancelled: `job` was cancelled.
        """
        ...


PredictorFactory = Callable[[ModelCard, Path], Predictor]
"""Builds a predictor from a card and the folder of its files. Files are read at the first prediction."""

Build = TypeVar("Build", bound=PredictorFactory)

predictors: Registry[PredictorFactory] = Registry("predictor")


def predictor(family: str) -> Callable[[Build], Build]:
    """Register what builds the predictors of a model family from a card and its folder: a class, or a function."""

    def register(build: Build) -> Build:
        predictors.register(family, build)
        return build

    return register


def open_predictor(card: Path | str = "movenet") -> Predictor:
    """Return the predictor for a card: a path, or the name of a shipped model.

    Raises:
        AnnotatorError: no such shipped model, a card that cannot be read, or a family that no plugin runs.
    """
    path = bundled_card_path(card) if isinstance(card, str) else card
    model = read_card(path)
    return predictors[model.family](model, path.parent)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which keypoints of a skeleton a model places.

    Attributes:
        covered, uncovered: names of the skeleton's keypoints, in its order, without retired ones.
        unused: names of the model's keypoints that the skeleton has no place for.
    """

    covered: tuple[str, ...]
    uncovered: tuple[str, ...]
    unused: tuple[str, ...]

    def sentence(self, title: str, limit: int = 6) -> str:
        """Say what the model `title` places: "MoveNet places 12 of 14 keypoints, not head_top and neck"."""
        total = len(self.covered) + len(self.uncovered)
        if not self.uncovered:
            return f"{title} places all {total} keypoints"
        if not self.covered:
            return f"{title} places none of the {total} keypoints"
        shown = self.uncovered[:limit]
        if len(self.uncovered) > limit:
            missing = f"{', '.join(shown)} and {len(self.uncovered) - limit} more"
        else:
            missing = " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
        return f"{title} places {len(self.covered)} of {total} keypoints, not {missing}"


def coverage(names: Sequence[str], skeleton: Skeleton) -> Coverage:
    """Tell which keypoints of `skeleton` a model with these keypoint names places."""
    sources = match_names(names, skeleton, loosely=True)
    used = set(sources)
    return Coverage(
        covered=tuple(skeleton.names[k] for k in skeleton.placeable if sources[k] >= 0),
        uncovered=tuple(skeleton.names[k] for k in skeleton.placeable if sources[k] < 0),
        unused=tuple(name for n, name in enumerate(names) if n not in used),
    )


def map_to_skeleton(proposal: Proposal, names: Sequence[str], skeleton: Skeleton) -> tuple[Points, Scores]:
    """Return a proposal in the order of a skeleton.

    Args:
        names: of the model's keypoints, in the order of the proposal.

    Returns:
        (K, 2) float64 image pixels, NaN where the model has no such keypoint, and (K,) float32, 0 there.
    """
    if len(names) != len(proposal.points):
        raise ModelError(f"a proposal has {len(proposal.points)} keypoints where its model names {len(names)}")
    sources = np.asarray(match_names(names, skeleton, loosely=True), int)
    covered = sources >= 0
    points = np.full((len(skeleton), 2), np.nan)
    scores = np.zeros(len(skeleton), np.float32)
    points[covered] = proposal.points[sources[covered]]
    scores[covered] = proposal.scores[sources[covered]]
    return points, scores
