"""The façade: bundled plugins live by the rule that others must follow."""

import ast
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from annotator import plugin
from annotator.bundle import bundled
from annotator.errors import AnnotatorError
from annotator.model.skeleton import skeleton_from_names
from annotator.predict.contract import open_predictor, predictors
from annotator.predict.picture import Picture
from annotator.predict.prelabel import propose

FILES = sorted(bundled("plugins").rglob("*.py"))
ALLOWED = {"annotator", "annotator.plugin"}  # the package itself tells its version


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(bundled("plugins")).as_posix())
def test_a_bundled_plugin_imports_nothing_of_ours_but_the_facade(path):
    named = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            named.add(node.module or "")

    ours = {name for name in named if name.partition(".")[0] in ("annotator", "plugins")}
    assert ours <= ALLOWED, (
        "a plugin does not know the name it is imported under: it imports its own modules relatively"
    )


# A predictor of one's own

PLUGIN = """
import numpy as np

from annotator.plugin import Box, Job, ModelCard, Picture, Proposal, predictor


@predictor("brightest")
class Brightest:
    def __init__(self, card: ModelCard, folder) -> None:
        self.card = card

    def predict(self, picture: Picture, box: Box | None = None, job: Job | None = None) -> list[Proposal]:
        grey = picture.pixels.sum(axis=2)
        y, x = np.unravel_index(grey.argmax(), grey.shape)
        points = np.array([[x + 0.5, y + 0.5]])
        return [Proposal(points, np.ones(1, np.float32), box or (0, 0, *picture.size), 1.0)]
"""

CARD = {
    "card": 1,
    "name": "lamp",
    "title": "Lamp finder",
    "family": "brightest",
    "files": [
        {
            "role": "pose",
            "file": "none.onnx",
            "sha256": "0" * 64,
            "input": {"name": "x", "layout": "NHWC", "dtype": "uint8", "color": "rgb", "resize": "none"},
            "outputs": ["y"],
        }
    ],
    "keypoints": {"names": ["lamp"]},
    "licence": "MIT",
}


@pytest.fixture
def plugin_file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "brightest.py"
    path.write_text(PLUGIN)
    yield path
    predictors.remove("brightest")


def load(path: Path) -> None:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_a_decorated_predictor_runs_the_models_of_its_family(plugin_file, tmp_path):
    load(plugin_file)
    card = tmp_path / "lamp.json"
    card.write_text(json.dumps(CARD))
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[7, 11] = 200

    (prediction,) = propose(open_predictor(card), skeleton_from_names("s", "s", ["lamp"]), Picture(pixels), run=1)

    assert prediction.points.tolist() == [[11.5, 7.5]]


def test_a_family_is_run_by_one_predictor(plugin_file):
    load(plugin_file)

    with pytest.raises(AnnotatorError, match="predictor 'brightest' is registered twice: rename one of the two"):
        load(plugin_file)


def test_a_function_that_builds_a_predictor_can_be_decorated_too(plugin_file):
    def build(card, folder):
        raise NotImplementedError

    assert plugin.predictor("brightest")(build) is build
    assert predictors["brightest"] is build


def test_the_facade_names_what_it_offers():
    assert [name for name in plugin.__all__ if not hasattr(plugin, name)] == []
