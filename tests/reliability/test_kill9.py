"""Nothing that was said to be saved is lost when the program is killed."""

from pathlib import Path

import pytest
from kill9 import GROUP, Outcome, delay, kill_once, rounds


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


def kill_often(writer: str, folder: Path, count: int, longest_s: float = 0.06) -> list[Outcome]:
    return [kill_once(writer, folder, delay(n, longest_s)) for n in range(count)]


def test_no_acknowledged_edit_is_lost_and_every_project_is_whole(tmp_path: Path) -> None:
    outcomes = kill_often("ours", tmp_path, rounds(50))

    assert not [outcome for outcome in outcomes if outcome.is_lost]
    assert sum(outcome.acknowledged > 0 for outcome in outcomes) > len(outcomes) / 2
    assert max(outcome.found - outcome.acknowledged for outcome in outcomes) <= GROUP


def test_large_work_is_there_wholly_or_not_at_all(tmp_path: Path) -> None:
    """Imports of 400 pictures, their undo and redo; one of the three may have been under way."""
    outcomes = kill_often("bulk", tmp_path, rounds(8), 0.4)

    assert not [outcome for outcome in outcomes if outcome.found < 0]
    assert outcomes[-1].found > 0


def test_backups_are_whole_or_absent(tmp_path: Path) -> None:
    outcomes = kill_often("backups", tmp_path, rounds(8), 0.2)

    assert not [outcome for outcome in outcomes if outcome.is_lost]
    assert outcomes[-1].found > 1


@pytest.mark.parametrize("writer", ["early", "json"])
def test_the_driver_finds_the_losses_of_a_store_that_has_them(tmp_path: Path, writer: str) -> None:
    outcomes: list[Outcome] = []
    for n in range(40):
        outcomes.append(kill_once(writer, tmp_path, delay(n)))
        if outcomes[-1].is_lost:
            break
        if outcomes[-1].found < 0:
            (tmp_path / "labels.json").unlink()

    assert any(outcome.is_lost for outcome in outcomes)
