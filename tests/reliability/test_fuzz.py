"""Mutated label files and project files lead to our own errors only, in time, and within bounds of memory."""

import pytest
from fuzz import fuzz
from kill9 import rounds


@pytest.mark.parametrize("target", ["coco", "project"])
def test_only_our_own_errors_come_out(target: str) -> None:
    count = rounds(500)

    failures, taken = fuzz(target, count)

    print(f"{target}: {count:,} inputs, {taken:,} taken, {len(failures)} failures")
    assert not failures
    assert 0.05 * count < taken < 0.8 * count  # both what is taken and what is refused was met


def test_the_driver_finds_what_a_careless_reader_lets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATOR_HANG_S", "1")
    failures, _ = fuzz("careless", 60)

    assert {failure.what.split(" ")[0] for failure in failures} > {"KeyError", "TypeError"}
    assert any("took too long" in failure.what for failure in failures)
    assert any("MemoryError" in failure.what for failure in failures)
