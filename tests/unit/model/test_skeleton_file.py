"""Skeletons survive their JSON, and bad files are told in one sentence."""

from pathlib import Path

import pytest

from annotator.errors import FormatError, ModelError
from annotator.model.sides import Side
from annotator.model.skeleton import Keypoint, Part, SigmaSource, Skeleton
from annotator.model.skeleton_file import (
    TemplateRecord,
    decode_heading,
    decode_skeleton,
    encode_skeleton,
    read_skeleton,
)

SKELETON = Skeleton(
    id="bird",
    name="bird",
    keypoints=(
        Keypoint("b", "Schnabel", color="#FF0000", sigma=0.031, hotkey="1", required=True, where="tip"),
        Keypoint("lw", "left wing", side=Side.LEFT, partner="rw", parent="b", sigma_source=SigmaSource.MEASURED),
        Keypoint("rw", "right wing", side=Side.RIGHT, partner="lw", parent="b", retired=True),
    ),
    edges=(("b", "lw"), ("b", "rw")),
    layout=((0.5, 0.0), (0.8333333333333334, 1.0), (0.1, 1.0)),
    supercategory="animal",
    visibility_policy="Guess behind leaves",
    parts=(Part("wings", ("lw", "rw")),),
    version=4,
    extra='{"keypoint_colors":[1,2]}',
)


def test_a_skeleton_survives_its_json():
    assert decode_skeleton(encode_skeleton(SKELETON), "bird.json") == SKELETON


def test_a_heading_has_what_the_library_shows_and_the_names():
    template = TemplateRecord("Bird", "3", "Animals", 7, "here", ("one", "two"))

    heading = decode_heading(encode_skeleton(SKELETON, template), "bird.json")

    assert (heading.id, heading.name, heading.template) == ("bird", "bird", template)
    assert tuple(keypoint.name for keypoint in heading.keypoints) == SKELETON.names
    assert decode_skeleton(encode_skeleton(SKELETON, template), "bird.json") == SKELETON


def test_a_plain_skeleton_has_a_heading_too():
    assert decode_heading(encode_skeleton(SKELETON), "bird.json").template == TemplateRecord()


def test_a_file_without_a_heading_is_told_with_its_name():
    with pytest.raises(FormatError, match=r"x\.json is not a skeleton file"):
        decode_heading(b'{"id": "a"}', "x.json")


def test_a_file_is_read(tmp_path: Path):
    path = tmp_path / "bird.json"
    path.write_bytes(encode_skeleton(SKELETON))

    assert read_skeleton(path) == SKELETON


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(FormatError, match=r"nowhere\.json cannot be read"):
        read_skeleton(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"not json", "x.json is not a skeleton file"),
        (b"\xff\xfe", "x.json is not a skeleton file"),
        (b'{"id": "a", "name": "a"}', "missing required field `keypoints`"),
        (b'{"id": "a", "name": "a", "keypoints": [], "nodes": 1}', "unknown field `nodes`"),
        (b'{"id": "a", "name": "a", "keypoints": [{"id": "k", "name": "k", "sigma": 0}]}', "sigma"),
        (b'{"id": "a", "name": "a", "keypoints": [{"id": "k", "name": "k", "side": "up"}]}', "side"),
    ],
)
def test_a_file_that_is_no_skeleton_is_told_with_its_name_and_place(text: bytes, sentence: str):
    with pytest.raises(FormatError, match=sentence):
        decode_skeleton(text, "x.json")


def test_a_broken_rule_is_told_with_the_file():
    text = b'{"id": "a", "name": "a", "keypoints": [{"id": "k", "name": "k"}, {"id": "l", "name": "k"}]}'

    with pytest.raises(ModelError, match=r"x\.json: skeleton 'a' names 'k' twice"):
        decode_skeleton(text, "x.json")
