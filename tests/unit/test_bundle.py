"""Shipped files are found, and one that is missing is named."""

import pytest

from annotator.bundle import bundled


@pytest.mark.parametrize("parts", [("resources", "skeletons", "coco-17.json"), ("schemas",), ("plugins", "coco")])
def test_what_ships_is_found(parts):
    assert bundled(*parts).exists()


def test_what_is_missing_is_named_as_it_was_asked_for():
    with pytest.raises(FileNotFoundError, match=r"resources/nothing\.txt is missing from this installation"):
        bundled("resources", "nothing.txt")
