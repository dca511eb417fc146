"""Nothing that was said to be saved is lost when the power fails."""

from pathlib import Path

import pytest
from kill9 import rounds
from powercut import Cut, cut_once, why_not


def cut_often(writer: str, folder: Path, count: int) -> list[Cut]:
    if reason := why_not():
        pytest.skip(reason)
    try:
        return [cut_once(writer, folder, seed) for seed in range(count)]
    except PermissionError as error:
        pytest.skip(f"cutting the power needs to mount a file system: {error}")


@pytest.mark.parametrize("writer", ["full", "slow"])
def test_no_acknowledged_edit_is_lost_at_any_pace(tmp_path: Path, writer: str) -> None:
    cuts = cut_often(writer, tmp_path, rounds(4))

    assert not [cut for cut in cuts if cut.is_lost]
    assert min(cut.acknowledged for cut in cuts) > 2


def test_the_driver_finds_what_a_lazier_setting_loses(tmp_path: Path) -> None:
    cuts = cut_often("normal", tmp_path, 3)

    assert any(cut.is_lost for cut in cuts)
