"""What a plugin may import: values, reads of a project, and the decorators that register a format or a model.

A plugin is a module or a package in `plugins/`, in the user's plugin folder, or behind an entry point of the group
`annotator.plugins`. It imports heavy libraries inside its functions: every plugin is loaded at the start.
"""

from annotator.errors import FormatError, MediaError, ModelError, PredictorError
from annotator.formats.contract import (
    Exporter,
    ExportOptions,
    Importer,
    ImportOptions,
    ImportPlan,
    NeedsSkeletonError,
    Proof,
    exporter,
    importer,
)
from annotator.jobs import Job
from annotator.model.frame import Frame, FrameState
from annotator.model.instance import Box, Instance, Points, Prediction, Scores, Source, States, Visibility
from annotator.model.oks import keypoint_similarity, oks
from annotator.model.skeleton import Keypoint, Side, Skeleton
from annotator.predict.card import ModelCard
from annotator.predict.contract import Picture, Predictor, Proposal, predictor
from annotator.predict.runtime import network
from annotator.store.batch import InstanceBatch
from annotator.store.project import Project

__all__ = [
    "Box",
    "ExportOptions",
    "Exporter",
    "FormatError",
    "FoundFrames",
    "FoundSkeleton",
    "Frame",
    "FrameState",
    "ImportOptions",
    "ImportPlan",
    "Importer",
    "Instance",
    "InstanceBatch",
    "Job",
    "Keypoint",
    "MediaError",
    "ModelCard",
    "ModelError",
    "NeedsSkeletonError",
    "Picture",
    "Points",
    "Prediction",
    "Predictor",
    "PredictorError",
    "Project",
    "Proof",
    "Proposal",
    "Scores",
    "Selection",
    "Side",
    "Skeleton",
    "Source",
    "States",
    "Turn",
    "Visibility",
    "WriteNotes",
    "exporter",
    "importer",
    "keypoint_similarity",
    "network",
    "oks",
    "predictor",
    "relative_path",
]
