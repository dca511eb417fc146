"""Whoever catches `AnnotatorError` shows a sentence to a person; a cancelled job is none."""

import inspect

import pytest

from annotator import errors

ALL = [value for value in vars(errors).values() if inspect.isclass(value)]


@pytest.mark.parametrize("error", [one for one in ALL if one is not errors.JobCancelled], ids=lambda one: one.__name__)
def test_every_error_is_one_that_a_person_can_mend(error):
    assert issubclass(error, errors.AnnotatorError)
    assert str(error("the sentence")) == "the sentence"


def test_cancelling_is_no_error_to_show():
    assert not issubclass(errors.JobCancelled, errors.AnnotatorError)


def test_a_broken_rule_is_a_value_error_for_those_who_use_the_library():
    assert issubclass(errors.ModelError, ValueError)


def test_the_tree_in_the_docstring_names_every_error():
    for error in ALL:
        assert error.__name__ in errors.__doc__
