"""The JSON Schemas that ship are those of the types. `python tests/packaging/test_schemas.py` writes them anew.

That of a model card is compared beside the model cards. Reports of exports are checked wherever tests write them.
"""

import inspect
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from annotator.bundle import bundled
from annotator.formats.export import ExportReport
from annotator.model.skeleton_file import SkeletonRecord

SCHEMAS: list[tuple[str, type]] = [
    ("export-report.json", ExportReport),
    ("skeleton.json", SkeletonRecord),
]


def schema_text(record: type) -> str:
    """Return the schema of a record as the file has it."""
    return json.dumps(dedented(msgspec.json.schema(record)), indent=2, ensure_ascii=False) + "\n"


def dedented(value: Any) -> Any:
    """Return a schema whose descriptions are dedented docstrings; Python dedents them itself since 3.13."""
    if isinstance(value, dict):
        return {
            key: inspect.cleandoc(inner) if key == "description" and isinstance(inner, str) else dedented(inner)
            for key, inner in value.items()
        }
    return [dedented(inner) for inner in value] if isinstance(value, list) else value


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(bundled("schemas", name).read_text("utf-8")))


@pytest.mark.parametrize(("name", "record"), SCHEMAS)
def test_the_schema_file_equals_the_type(name: str, record: type):
    assert bundled("schemas", name).read_text("utf-8") == schema_text(record)


@pytest.mark.parametrize("name", [name for name, _ in SCHEMAS])
def test_the_schema_file_is_a_valid_schema(name: str):
    jsonschema.Draft202012Validator.check_schema(json.loads(bundled("schemas", name).read_text("utf-8")))


@pytest.mark.parametrize("path", sorted(bundled("resources", "skeletons").glob("*.json")), ids=lambda path: path.stem)
def test_a_shipped_skeleton_fits_the_schema(path: Path):
    validator("skeleton.json").validate(json.loads(path.read_text("utf-8")))


def test_the_schema_refuses_a_field_it_does_not_know():
    record = {"id": "a", "name": "a", "keypoints": [{"id": "k", "name": "k", "colour": "red"}]}

    with pytest.raises(jsonschema.ValidationError, match="colour"):
        validator("skeleton.json").validate(record)


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({"frames": "3"}, "'3' is not of type 'integer'"),
        ({"proof": {"holds": True}}, "is not valid under any of the given schemas"),
        ({"files": {"a.json": 1}}, "1 is not of type 'string'"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_the_schema_of_a_report_refuses_what_no_export_writes(spoilt: dict[str, Any], words: str):
    proof = {"holds": True, "compared": 1, "equal": 1, "differences": [], "checked": ""}
    counts = {"frames": 3, "instances": 1, "keypoints": {}, "turned": [], "proof": proof, "files": {"a.json": "00"}}
    texts = dict.fromkeys(("tool", "tool_version", "format", "created", "project", "loses", "split"), "")
    report = {**counts, **texts, "policies": {}, "roots": [], "renumbered": []}
    validator("export-report.json").validate(report)

    with pytest.raises(jsonschema.ValidationError, match=words):
        validator("export-report.json").validate(report | spoilt)


if __name__ == "__main__":
    for name, record in SCHEMAS:
        (bundled("schemas").joinpath(name)).write_text(schema_text(record), "utf-8")
