"""Large files are parsed in another, faster way, which must accept, keep and refuse just what the strict way does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from annotator.plugins.coco.reader import SMALL_BYTES
from test_roundtrip import plan

from annotator.errors import AnnotatorError


def document() -> dict[str, Any]:
    """Return a file as most are: only fields that COCO defines, all of them there."""
    return {
        "info": {"year": 2017, "by": {"name": "ü"}},
        "licenses": [{"id": 1, "name": "free"}],
        "images": [
            {"id": n, "file_name": f"{n}.jpg", "width": 640, "height": 480, "license": 1, "coco_url": "http://x/y"}
            for n in (3, 1, 2)
        ],
        "categories": [
            {"id": 1, "name": "thing", "supercategory": "", "keypoints": ["a", "b"], "skeleton": [[1, 2]]},
            {"id": 7, "name": "idle", "keypoints": ["c"], "skeleton": []},
        ],
        "annotations": [
            {
                "id": n,
                "image_id": 1 + n % 3,
                "category_id": 1,
                "keypoints": [n, 20.5, 2, 0, 0, 0],
                "num_keypoints": 1,
                "bbox": [1, 2, 3, 4.5],
                "iscrowd": n % 2,
                "area": 12.25,
                "segmentation": [[1, 1, 2, 2, 3, 3]],
            }
            for n in (12, 11, 14)
        ],
    }


def outcome(path: Path, text: bytes) -> Any:
    """Return what an import would bring, or the sentence that refuses it."""
    path.write_bytes(text)
    try:
        return plan(path)
    except AnnotatorError as error:
        # The large file ends in blanks: places in it are others.
        return re.sub(r"column \d+|before '\s*'", "somewhere", f"{type(error).__name__}: {error}")


def spoilt(text: bytes) -> dict[str, bytes]:
    """Return files with one thing changed."""
    first = b'"id": 12, "image_id": 1, "category_id": 1, "keypoints": [12, 20.5, 2, 0, 0, 0]'
    assert first in text
    changes = {
        "nothing": (b"", b""),
        "an id twice": (b'"id": 14', b'"id": 12'),
        "a picture id twice": (b'"id": 2, "file_name"', b'"id": 3, "file_name"'),
        "a file name twice": (b'"2.jpg"', b'"3.jpg"'),
        "a field twice": (b'"area": 12.25', b'"area": 1, "area": 12.25'),
        "a field twice, once escaped": (b'"area": 12.25', b'"area": 1, "\\u0061rea": 12.25'),
        "a field twice, once spaced": (b'"area": 12.25', b'"area" : 1, "area": 12.25'),
        "a list twice": (b'"licenses":', b'"licenses": [], "licenses":'),
        "a field twice, deep inside": (b'{"name": "\xc3\xbc"}', b'{"name": 1, "name": 2}'),
        "a field twice in a mask": (b"[[1, 1, 2, 2, 3, 3]]", b'{"size": [1, 2], "size": [3, 4]}'),
        "a mask": (b"[[1, 1, 2, 2, 3, 3]]", b'{"size": [480, 640], "counts": "a\\":{b"}'),
        "a field nobody knows": (b'"area": 12.25', b'"area": 12.25, "mood": {"calm": true}'),
        "a missing id": (b'"id": 12, ', b""),
        "a missing box": (b'"bbox": [1, 2, 3, 4.5], ', b""),
        "a box of null": (b"[1, 2, 3, 4.5]", b"null"),
        "a box of three": (b"[1, 2, 3, 4.5]", b"[1, 2, 3]"),
        "keypoints of null": (b"[12, 20.5, 2, 0, 0, 0]", b"null"),
        "no keypoints": (b"[12, 20.5, 2, 0, 0, 0]", b"[]"),
        "too few keypoints": (b"[12, 20.5, 2, 0, 0, 0]", b"[12, 20.5, 2]"),
        "v of 3": (b"[12, 20.5, 2, 0, 0, 0]", b"[12, 20.5, 3, 0, 0, 0]"),
        "v of 1.5": (b"[12, 20.5, 2, 0, 0, 0]", b"[12, 20.5, 1.5, 0, 0, 0]"),
        "text for a number": (b"[12, 20.5, 2, 0, 0, 0]", b'["12", 20.5, 2, 0, 0, 0]'),
        "true for a number": (b"[12, 20.5, 2, 0, 0, 0]", b"[true, 20.5, 2, 0, 0, 0]"),
        "lists in lists": (b"[12, 20.5, 2, 0, 0, 0]", b"[[12, 20.5, 2], [0, 0, 0]]"),
        "numbers of any spelling": (b"[12, 20.5, 2, 0, 0, 0]", b"[-0.0, 1.5e3, 2, 0.0, -0, 0]"),
        "too large a number": (b"[12, 20.5, 2, 0, 0, 0]", b"[1e999, 20.5, 2, 0, 0, 0]"),
        "NaN": (b"[12, 20.5, 2, 0, 0, 0]", b"[NaN, 20.5, 2, 0, 0, 0]"),
        "a wrong count": (b'"num_keypoints": 1', b'"num_keypoints": 2'),
        "a count of null": (b'"num_keypoints": 1', b'"num_keypoints": null'),
        "crowd as a word": (b'"iscrowd": 0', b'"iscrowd": false'),
        "crowd of 2": (b'"iscrowd": 0', b'"iscrowd": 2'),
        "an area of text": (b"12.25", b'"large"'),
        "an area of null": (b"12.25", b"null"),
        "a picture that is not there": (b'"image_id": 1', b'"image_id": 99'),
        "a category that is not there": (b'"category_id": 1', b'"category_id": 99'),
        "a category of the other kind": (b'"category_id": 1', b'"category_id": 7'),
        "an id of a fraction": (b'"id": 12', b'"id": 12.5'),
        "an id of text": (b'"id": 12', b'"id": "12"'),
        "an id of 64 bits": (b'"id": 12', b'"id": 9007199254740993'),
        "an id of 70 bits": (b'"id": 12', b'"id": 1180591620717411303424'),
        "a negative id": (b'"id": 12', b'"id": -12'),
        "a negative size": (b'"width": 640', b'"width": -640'),
        "a missing size": (b'"width": 640, ', b""),
        "an empty file name": (b'"2.jpg"', b'""'),
        "a file name with an escape": (b'"2.jpg"', b'"\\u00fc\\"{.jpg"'),
        "text that is not UTF-8": (b'"2.jpg"', b'"\xff.jpg"'),
        "half a surrogate": (b'"2.jpg"', b'"\\ud800.jpg"'),
        "line breaks": (b", ", b",\n  "),
        "no annotations": (b'"annotations": [', b'"annotations": [], "other": ['),
        "a byte order mark": (b'{"info"', b'\xef\xbb\xbf{"info"'),
        "a cut end": (b'"segmentation": [[1, 1, 2, 2, 3, 3]]}]}', b'"segm'),
    }
    found = {}
    for name, (old, new) in changes.items():
        assert old in text, name
        found[name] = text.replace(old, new, -1 if name == "line breaks" else 1)
    return found | {"something behind": text + b" x"}


TEXTS = spoilt(json.dumps(document(), ensure_ascii=False).encode())


@pytest.mark.parametrize("name", TEXTS)
def test_a_large_file_has_the_outcome_of_a_small_one(tmp_path, name):
    text = TEXTS[name]
    (tmp_path / "large").mkdir()

    small = outcome(tmp_path / "labels.json", text)
    assert outcome(tmp_path / "large" / "labels.json", text + b" " * SMALL_BYTES) == small
