"""Keypoint annotation: the notebook API.

`open_project` gives a `Project`; frames, instances and points come from it as plain values and arrays.
The names load on first use, so that starting the window pays for none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from annotator.model.instance import Instance, Prediction, Visibility
    from annotator.model.oks import oks
    from annotator.model.skeleton import Keypoint, Skeleton
    from annotator.store.project import Project, create_project, open_project

_HOMES = {
    "Instance": "annotator.model.instance",
    "Keypoint": "annotator.model.skeleton",
    "Prediction": "annotator.model.instance",
    "Project": "annotator.store.project",
    "Skeleton": "annotator.model.skeleton",
    "Visibility": "annotator.model.instance",
    "create_project": "annotator.store.project",
    "oks": "annotator.model.oks",
    "open_project": "annotator.store.project",
}

__all__ = [
    "Instance",
    "Keypoint",
    "Prediction",
    "Project",
    "Skeleton",
    "Visibility",
    "create_project",
    "oks",
    "open_project",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'annotator' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
