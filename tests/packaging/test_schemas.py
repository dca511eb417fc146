"""The JSON Schemas that ship are those of the types. `python tests/packaging/test_schemas.py` writes them anew."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from annotator.bundle import bundled
from annotator.model.skeleton_file import SkeletonRecord

SCHEMAS: list[tuple[str, type]] = [
    ("skeleton.json", SkeletonRecord),
]


def schema_text(record: type) -> str:
    """Return the schema of a record as the file has it."""
    return json.dumps(msgspec.json.schema(record), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(("name", "record"), SCHEMAS)
def test_the_schema_file_equals_the_type(name: str, record: type):
    assert bundled("schemas", name).read_text("utf-8") == schema_text(record)


@pytest.mark.parametrize("name", [name for name, _ in SCHEMAS])
def test_the_schema_file_is_a_valid_schema(name: str):
    jsonschema.Draft202012Validator.check_schema(json.loads(bundled("schemas", name).read_text("utf-8")))


@pytest.mark.parametrize("path", sorted(bundled("resources", "skeletons").glob("*.json")), ids=lambda path: path.stem)
def test_a_shipped_skeleton_fits_the_schema(path: Path):
    schema = json.loads(bundled("schemas", "skeleton.json").read_text("utf-8"))

    jsonschema.Draft202012Validator(schema).validate(json.loads(path.read_text("utf-8")))


def test_the_schema_refuses_a_field_it_does_not_know():
    schema = json.loads(bundled("schemas", "skeleton.json").read_text("utf-8"))
    record = {"id": "a", "name": "a", "keypoints": [{"id": "k", "name": "k", "colour": "red"}]}

    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.Draft202012Validator(schema).validate(record)


if __name__ == "__main__":
    for name, record in SCHEMAS:
        (bundled("schemas") / name).write_text(schema_text(record), "utf-8")
