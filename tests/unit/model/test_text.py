import pytest

from annotator.model.paths import leads_out
from annotator.model.text import shown, without_passwords


def test_letters_that_turn_the_reading_are_spelled_by_their_numbers():
    assert shown("photo\u202egnp.exe") == "photo\\u202egnp.exe"
    assert shown("\u2066a\u2069\u200f") == "\\u2066a\\u2069\\u200f"
    assert shown("\u05e9\u05dc\u05d5\u05dd caf\xe9 \U0001f40e") == "\u05e9\u05dc\u05d5\u05dd caf\xe9 \U0001f40e"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("postgresql://ann:hunter2@host:5432/p is not there", "postgresql://ann:***@host:5432/p is not there"),
        ("a://:p@ss@w/ord@h b://u:x@h", "a://:***@w/ord@h b://u:***@h"),
        ("postgresql:/ann:hunter2@host/p", "postgresql:/ann:***@host/p"),
        ("write to ann@example.org, at 12:30", "write to ann@example.org, at 12:30"),
        ("https://example.org/a:b", "https://example.org/a:b"),
    ],
)
def test_passwords_of_addresses_are_left_out(text, kept):
    assert without_passwords(text) == kept


@pytest.mark.parametrize(
    "path", ["/a", "\\a", "\\\\host\\a", "C:/a", "c:a", "..", "../a", "a/..", "a/../b", "a\\..\\b", "s3://a", "a\0"]
)
def test_paths_that_leave_their_folder_on_any_system_are_found(path):
    assert leads_out(path)


@pytest.mark.parametrize("path", ["a.png", "a/b.png", "..a", "a..", "a/..b/c", "2:30.png", "a b/\u5199.png", "..."])
def test_other_paths_stay_inside(path):
    assert not leads_out(path)
