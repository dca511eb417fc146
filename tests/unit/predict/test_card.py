import inspect
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from annotator.bundle import bundled
from annotator.errors import AnnotatorError, FormatError, PredictorError
from annotator.predict.card import ModelCard, bundled_card_path, read_card, read_model

SHIPPED = sorted(bundled("resources", "models").glob("*.json"))


def content(**changes: Any) -> dict[str, Any]:
    card = {
        "card": 1,
        "name": "toy",
        "title": "Toy",
        "family": "toy",
        "files": [
            {
                "role": "pose",
                "file": "toy.onnx",
                "sha256": "9" * 64,
                "input": {"name": "x", "layout": "NHWC", "dtype": "uint8", "color": "rgb", "resize": "none"},
                "outputs": ["y"],
            }
        ],
        "keypoints": {"names": ["nose", "tail"]},
        "licence": "MIT",
    }
    return card | changes


def written(folder: Path, card: Any) -> Path:
    path = folder / "toy.json"
    path.write_text(json.dumps(card))
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_card_describes_the_files_beside_it(path):
    card = read_card(path)

    assert card.name == path.stem
    assert card.licence == "Apache-2.0"
    for file in card.files:
        assert read_model(path.parent, file)


def test_movenet_is_shipped_with_licence_and_notice():
    folder = bundled_card_path("movenet").parent

    assert "Apache License" in (folder / "LICENSE").read_text()
    for file in read_card(bundled_card_path("movenet")).files:
        assert file.file in (folder / "NOTICE").read_text()


def test_the_schema_file_is_the_one_of_the_types():
    generated = cleaned(json.loads(msgspec.json.encode(msgspec.json.schema(ModelCard))))
    shipped = json.loads(bundled("schemas", "model-card.json").read_bytes())

    assert shipped == generated, "write it anew: " + json.dumps(generated)


def test_the_shipped_cards_fit_the_schema():
    schema = json.loads(bundled("schemas", "model-card.json").read_bytes())

    for path in SHIPPED:
        jsonschema.validate(json.loads(path.read_bytes()), schema)


def cleaned(value: Any) -> Any:
    """Return a schema with its docstrings dedented; Python 3.13 does it itself."""
    if isinstance(value, dict):
        return {
            key: inspect.cleandoc(child) if key == "description" and isinstance(child, str) else cleaned(child)
            for key, child in value.items()
        }
    return [cleaned(child) for child in value] if isinstance(value, list) else value


def test_a_card_is_read_with_its_defaults(tmp_path):
    card = read_card(written(tmp_path, content()))

    assert card.file("pose").file == "toy.onnx"
    assert card.thresholds.keypoint == 0.30
    assert card.hash == "9" * 64


def test_the_hash_of_several_files_changes_with_any_of_them(tmp_path):
    first = content()["files"][0]
    hashes = set()
    for second in ("1", "2"):
        files = [first, first | {"role": "crop", "sha256": second * 64}]
        hashes.add(read_card(written(tmp_path, content(files=files))).hash)

    assert len(hashes) == 2
    assert all(len(value) == 64 for value in hashes)


@pytest.mark.parametrize("name", ["../toy.onnx", "/etc/passwd", "a\\b.onnx", "..", ".", "", "C:toy.onnx"])
def test_a_file_outside_the_cards_folder_is_refused(tmp_path, name):
    files = [content()["files"][0] | {"file": name}]

    with pytest.raises(FormatError, match=r"toy.json is not a model card: .*files\[0\].file"):
        read_card(written(tmp_path, content(files=files)))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"card": 2}, "Invalid enum value 2"),
        ({"colour": "red"}, "unknown field `colour`"),
        ({"files": []}, "length >= 1"),
        ({"thresholds": {"keypoint": 1.5}}, "<= 1"),
        ({"keypoints": {"names": ["nose", "nose"]}}, "names the keypoint 'nose' twice: rename one of them"),
        ({"files": content()["files"] * 2}, "names the role 'pose' twice"),
    ],
)
def test_a_wrong_card_is_refused_with_the_reason(tmp_path, changes, sentence):
    with pytest.raises(FormatError, match=r"toy.json") as caught:
        read_card(written(tmp_path, content(**changes)))

    assert sentence in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe{"])
def test_what_is_no_card_is_refused(tmp_path, text):
    path = tmp_path / "toy.json"
    path.write_bytes(text)

    with pytest.raises(FormatError, match=r"toy.json is not a model card"):
        read_card(path)


def test_a_missing_card_is_refused(tmp_path):
    with pytest.raises(FormatError, match="cannot be read: No such file"):
        read_card(tmp_path / "gone.json")


def test_a_role_that_the_card_lacks_is_named(tmp_path):
    with pytest.raises(PredictorError, match="names no file with the role 'detector'"):
        read_card(written(tmp_path, content())).file("detector")


def test_a_changed_model_file_is_refused(tmp_path):
    card = read_card(written(tmp_path, content()))
    (tmp_path / "toy.onnx").write_bytes(b"other")

    with pytest.raises(PredictorError, match=r"toy.onnx is not the one its card describes"):
        read_model(tmp_path, card.files[0])


def test_a_missing_model_file_is_named(tmp_path):
    card = read_card(written(tmp_path, content()))

    with pytest.raises(PredictorError, match=r"toy.onnx is missing: put it beside its card"):
        read_model(tmp_path, card.files[0])


def test_an_unknown_model_is_answered_with_the_known_ones():
    with pytest.raises(AnnotatorError, match="there is no model 'yolo'; known: movenet"):
        bundled_card_path("yolo")
