"""Settings: sparse, forgiving, and never losing what another version wrote."""

import json
from pathlib import Path

import msgspec
import pytest

from annotator.session.settings import (
    FILE_NAME,
    DockLayout,
    PageLayout,
    Rectangle,
    Settings,
    TextSize,
    ThemeChoice,
    WindowLayout,
    default_projects_folder,
    read_settings,
    write_json,
    write_settings,
)


def test_without_a_file_everything_is_the_default(tmp_path):
    settings, problems = read_settings(tmp_path / "never made")

    assert settings == Settings()
    assert problems == ()


def test_only_what_differs_from_the_default_is_written(tmp_path):
    write_settings(Settings(theme=ThemeChoice.LIGHT, threshold=0.45), tmp_path)

    assert json.loads((tmp_path / FILE_NAME).read_text()) == {"theme": "light", "threshold": 0.45}


def test_what_was_written_is_read_back(tmp_path):
    written = Settings(
        theme=ThemeChoice.DARK,
        text_size=TextSize.LARGE,
        threshold=0.2,
        member="Grüße",
    )

    write_settings(written, tmp_path)

    assert read_settings(tmp_path) == (written, ())


def test_a_value_that_breaks_its_rule_falls_back_alone_and_is_reported(tmp_path):
    (tmp_path / FILE_NAME).write_text('{"threshold": 7, "theme": "pink", "member": "M"}')

    settings, problems = read_settings(tmp_path)

    assert settings == Settings(member="M")
    assert len(problems) == 2
    assert any("'threshold'" in problem for problem in problems)
    assert any("'theme'" in problem for problem in problems)


@pytest.mark.parametrize(
    "layout",
    [{"left": {"width": -1}}, {"left": {"width": 1e9}}, {"right": {"floating": [1, 2]}}, {"parts": "half"}, 7],
)
def test_a_layout_that_breaks_its_rule_falls_back_alone_and_is_reported(tmp_path, layout):
    (tmp_path / FILE_NAME).write_text(json.dumps({"member": "M", "layouts": {"annotate": layout}}))

    settings, problems = read_settings(tmp_path)

    assert settings == Settings(member="M")
    assert len(problems) == 1
    assert "'layouts'" in problems[0]


def test_a_layout_is_read_back_as_it_was_written(tmp_path):
    left = DockLayout(width=300, floating=Rectangle(-1200, 40, 280, 600))
    layout = PageLayout(left, DockLayout(is_closed=True), (300, 120))
    written = Settings(window=WindowLayout(Rectangle(10, 20, 1200, 800), True), layouts={"annotate": layout})

    write_settings(written, tmp_path)

    assert read_settings(tmp_path) == (written, ())


@pytest.mark.parametrize("damaged", [b'{"theme": ', b"[1, 2]", b"\xff\xfe\x00", b""])
def test_a_damaged_file_gives_the_defaults_and_one_sentence(tmp_path, damaged):
    (tmp_path / FILE_NAME).write_bytes(damaged)

    settings, problems = read_settings(tmp_path)

    assert settings == Settings()
    assert len(problems) == 1


def test_a_field_of_a_newer_version_survives_a_write(tmp_path):
    (tmp_path / FILE_NAME).write_text('{"ribbon": true, "theme": "light"}')

    write_settings(Settings(member="M"), tmp_path)

    assert json.loads((tmp_path / FILE_NAME).read_text()) == {"ribbon": True, "member": "M"}


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / FILE_NAME
    write_json(path, {"a": 1})

    with pytest.raises(TypeError):
        write_json(path, {"a": object()})

    assert json.loads(path.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_the_projects_folder_is_the_set_one_else_below_the_documents():
    assert default_projects_folder(Settings(projects_folder="/data/poses")) == Path("/data/poses")
    assert default_projects_folder(Settings()).name == "Annotator"


def test_settings_cannot_be_changed_in_place():
    settings = Settings()

    with pytest.raises(AttributeError):
        settings.theme = ThemeChoice.DARK  # type: ignore[misc]

    assert msgspec.structs.replace(settings, theme=ThemeChoice.DARK).theme is ThemeChoice.DARK
