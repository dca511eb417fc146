"""Ids ascend, and nobody gets one twice."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from annotator.model.ids import new_id, new_ids


def test_ids_ascend_in_the_order_they_are_made():
    ids = [new_id() for _ in range(1000)]

    assert ids == sorted(set(ids))


def test_a_range_stands_above_all_ids_before_it_and_below_all_after():
    before, many, after = new_id(), new_ids(1_000_000), new_id()

    assert before < many[0]
    assert len(many) == 1_000_000
    assert many[-1] < after


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_get_ids_of_their_own():
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: [id_ for _ in range(50) for id_ in new_ids(n % 7 + 1)], range(400)))

    ids = [id_ for each in found for id_ in each]
    assert len(set(ids)) == len(ids)
    assert all(each == sorted(each) for each in found)


def test_ids_fit_into_a_database_row_and_tell_the_time_they_were_made():
    started = time.time()

    made = new_id()

    assert 0 < made < 2**63
    made_at = (made >> 21) / 1000 + 1_577_836_800
    assert abs(made_at - started) < 60
