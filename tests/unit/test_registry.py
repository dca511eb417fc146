"""A registry keeps what plugins add, in order and under names of their own."""

import pytest

from annotator.errors import AnnotatorError
from annotator.registry import Registry


@pytest.fixture
def registry() -> Registry[int]:
    registry = Registry[int]("number")
    registry.register("two", 2)
    registry.register("one", 1)
    return registry


def test_items_are_found_by_name_and_listed_as_they_came(registry):
    assert registry["one"] == 1
    assert list(registry) == ["two", "one"]
    assert registry.values() == [2, 1]
    assert len(registry) == 2
    assert "one" in registry
    assert "three" not in registry


def test_a_name_that_is_taken_is_refused_and_the_first_stays(registry):
    with pytest.raises(AnnotatorError, match="number 'one' is registered twice: rename one of the two"):
        registry.register("one", 11)

    assert registry["one"] == 1


def test_an_unknown_name_is_told_with_those_that_are_known(registry):
    with pytest.raises(AnnotatorError, match="there is no number 'six'; known: two, one"):
        registry["six"]
    with pytest.raises(AnnotatorError, match="known: none"):
        Registry("number")["six"]


def test_a_removed_name_is_free_again_and_removing_twice_is_no_error(registry):
    registry.remove("one")
    registry.remove("one")

    registry.register("one", 11)

    assert registry["one"] == 11
