"""Where pictures lie on this computer: what the person said, else a hint relative to the project."""

from pathlib import Path

from store_values import add_frames

from annotator.store.project import Project, open_project
from annotator.store.roots import hint_for


def test_a_folder_is_remembered_for_this_computer_and_this_project(project: Project, tmp_path: Path) -> None:
    add_frames(project, 1)
    project.flush()
    (frame,) = project.frames()
    assert project.path_of(frame) is None
    assert project.roots.missing() == ["pictures"]
    (tmp_path / "here").mkdir()

    project.roots.set_folder("pictures", tmp_path / "here")

    assert project.path_of(frame) == tmp_path / "here" / frame.path
    assert project.roots.missing() == []
    project.close()
    with open_project(project.path, member="ann") as again:
        assert again.path_of(frame) == tmp_path / "here" / frame.path


def test_what_the_person_said_goes_before_the_hint_while_it_exists(project: Project, tmp_path: Path) -> None:
    for name in ("said", "hinted"):
        (tmp_path / name).mkdir()
    project.set_root_hint("pictures", tmp_path / "hinted")
    assert project.roots.folder("pictures") == tmp_path / "hinted"

    project.roots.set_folder("pictures", tmp_path / "said")
    assert project.roots.folder("pictures") == tmp_path / "said"

    (tmp_path / "said").rmdir()
    project.roots.forget()
    assert project.roots.folder("pictures") == tmp_path / "hinted"


def test_settings_of_two_projects_do_not_mix_and_damage_is_no_hindrance(
    project: Project, tmp_path: Path, user_folders: Path
) -> None:
    project.set_root_hint("pictures", tmp_path)
    project.roots.set_folder("pictures", tmp_path)
    (settings,) = user_folders.rglob("roots.json")
    settings.write_text("{")
    project.roots.forget()
    assert project.roots.folder("pictures") == tmp_path, "by the hint"

    settings.write_text('{"12345": {"pictures": "/elsewhere"}}')
    project.roots.set_folder("pictures", tmp_path)

    assert '"12345"' in settings.read_text()


def test_a_hint_is_relative_with_slashes(tmp_path: Path) -> None:
    assert hint_for(tmp_path / "a/b c", tmp_path / "projects/x") == "../../a/b c"
    assert hint_for(tmp_path, tmp_path) == "."
