"""Messages go away by themselves; errors wait for the person."""

import pytest

from annotator.session.messages import Message, MessageKind


@pytest.mark.parametrize("kind", list(MessageKind))
def test_only_an_error_stays_until_it_is_dismissed(kind):
    assert Message("Title", kind=kind).stays == (kind is MessageKind.BAD)
