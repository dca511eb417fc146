"""What a plugin may import: values, reads of a project, and the decorators that register formats, models and checks.

A plugin is a module or a package in `plugins/`, in the user's plugin folder, or behind an entry point of the group
`annotator.plugins`. It imports heavy libraries inside its functions: every plugin is loaded at the start.
`docs/plugins.md` shows one of each kind.
"""

from annotator.errors import FormatError, MediaError, ModelError, PredictorError
from annotator.formats.contract import (
    Exporter,
    ExportOptions,
    FrameColumns,
    Importer,
    ImportOptions,
    ImportPlan,
    NeedsSkeletonError,
    PlannedFrame,
    PlannedInstances,
    Proof,
    Renumbered,
    Turn,
    collector_paused,
    exporter,
    exporters,
    importer,
    importers,
)
from annotator.formats.files import NewFiles
from annotator.formats.problems import Problems
from annotator.formats.rows import (
    ExportedFrame,
    ExportedFrames,
    exported_batches,
    exported_frames,
    exported_keypoints,
    exported_pages,
)
from annotator.jobs import Job
from annotator.model.frame import Frame, FrameState
from annotator.model.instance import Box, Instance, Points, Prediction, Scores, Source, States, Visibility
from annotator.model.oks import keypoint_similarity, oks
from annotator.model.sides import Side
from annotator.model.skeleton import Keypoint, Part, SigmaSource, Skeleton, skeleton_from_names
from annotator.predict.card import ModelCard
from annotator.predict.contract import Predictor, Proposal, predictor, predictors
from annotator.predict.picture import Picture
from annotator.predict.runtime import network
from annotator.quality.contract import Check, Fix, Issue, Severity, check, checks
from annotator.store.batch import InstanceBatch
from annotator.store.media import Pixels
from annotator.store.project import Project

__all__ = [
    "Box",
    "Check",
    "ExportOptions",
    "ExportedFrame",
    "ExportedFrames",
    "Exporter",
    "Fix",
    "FormatError",
    "Frame",
    "FrameColumns",
    "FrameState",
    "ImportOptions",
    "ImportPlan",
    "Importer",
    "Instance",
    "InstanceBatch",
    "Issue",
    "Job",
    "Keypoint",
    "MediaError",
    "ModelCard",
    "ModelError",
    "NeedsSkeletonError",
    "NewFiles",
    "Part",
    "Picture",
    "Pixels",
    "PlannedFrame",
    "PlannedInstances",
    "Points",
    "Prediction",
    "Predictor",
    "PredictorError",
    "Problems",
    "Project",
    "Proof",
    "Proposal",
    "Renumbered",
    "Scores",
    "Severity",
    "Side",
    "SigmaSource",
    "Skeleton",
    "Source",
    "States",
    "Turn",
    "Visibility",
    "check",
    "checks",
    "collector_paused",
    "exported_batches",
    "exported_frames",
    "exported_keypoints",
    "exported_pages",
    "exporter",
    "exporters",
    "importer",
    "importers",
    "keypoint_similarity",
    "network",
    "oks",
    "predictor",
    "predictors",
    "skeleton_from_names",
]
