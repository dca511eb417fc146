import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView, QWidget

from annotator.model.ids import new_id
from annotator.model.instance import new_instance
from annotator.model.templates import template_skeleton
from annotator.session import pictures
from annotator.session.commands.registry import commands
from annotator.session.session import Session
from annotator.store.project import create_project
from annotator.ui.dialogs.palette import TOP, Palette
from annotator.ui.dialogs.palette_lines import key_caps, matched_spans, palette_groups

SKELETON = template_skeleton("coco-17")


@pytest.fixture
def session(tmp_path):
    project = create_project(tmp_path / "park.annotator", [SKELETON])
    session = Session(project)
    yield session
    session.close()


@pytest.fixture
def with_frame(session, tmp_path):
    from PIL import Image

    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    (key,) = pictures.add_pictures(session.project, pictures.find_pictures([tmp_path / "a.png"]))
    session.show_frame(key)
    return session


@pytest.fixture
def palette(qtbot, session):
    window = QWidget()
    window.resize(1120, 700)
    qtbot.addWidget(window)
    window.show()
    palette = Palette(session, window)
    qtbot.addWidget(palette)
    palette.open()
    qtbot.waitExposed(palette)
    return palette


def titles(groups):
    return {group.title: [line.command.title for line in group.lines] for group in groups}


def selected(palette):
    return palette.findChild(QListView).currentIndex().data()


def test_commands_are_grouped_by_where_they_work(with_frame):
    groups = titles(palette_groups(with_frame, ""))

    assert list(groups) == ["Here: a.png", "Everywhere", "Help"]
    assert "Next frame" in groups["Here: a.png"]
    assert "Undo" in groups["Everywhere"]
    assert groups["Help"] == ["Keys", "Run a command…", "Plugins…", "Show the log file", "About Annotator"]
    assert sum(map(len, groups.values())) == len(commands())


def test_every_word_must_match_and_empty_groups_are_left_out(with_frame):
    assert titles(palette_groups(with_frame, "next frame")) == {
        "Here: a.png": ["Next frame", "Nudge right 1 px, or next frame"]
    }
    assert palette_groups(with_frame, "frame xyzzy") == ()


def test_a_command_that_does_not_apply_stays_behind_with_its_reason(with_frame):
    (group,) = palette_groups(with_frame, "accept")

    assert [line.command.id for line in group.lines] == ["label.space", "model.accept_all", "model.accept_confident"]
    assert group.lines[0].reason == ""
    assert group.lines[1].reason.startswith("needs a prediction")


def test_without_a_query_what_stands_in_menus_comes_before_single_nudges(with_frame):
    here = palette_groups(with_frame, "")[0].lines
    usable = [line.command.id for line in here if not line.reason]

    assert usable.index("label.new") < usable.index("edit.nudge.left.1")


def test_the_head_names_what_is_selected(with_frame):
    instance = new_instance(new_id(), SKELETON).with_point(7, (3, 4), 2)
    with with_frame.project.transaction("Add") as transaction:
        transaction.add(with_frame.frame_key, instance)
    with_frame.select(instance.id)
    assert palette_groups(with_frame, "")[0].title == "Here: instance 1 selected"

    with_frame.select(instance.id, frozenset([7]))
    assert palette_groups(with_frame, "")[0].title == "Here: instance 1, left_elbow selected"


@pytest.mark.parametrize(
    ("title", "text", "words"),
    [
        ("Swap left and right", "swap", ["Swap"]),
        ("Nudge right 1 px, or next frame", "r", ["r"]),
        ("Find swapped sides", "SWAP find", ["Find", "swap"]),
        ("Accept and go on", "accept acc", ["Accept"]),
        ("Fit the picture", "view", []),
    ],
)
def test_matched_words_are_marked_in_the_title(title, text, words):
    assert [title[start : start + length] for start, length in matched_spans(title, text)] == words


def test_a_word_start_is_marked_rather_than_an_earlier_middle():
    assert matched_spans("Clear keypoints, or delete instance", "i") == ((27, 1),)


@pytest.mark.parametrize(
    ("key", "caps"),
    [
        ("Ctrl+Shift+Z", ("Ctrl", "Shift", "Z")),
        ("+", ("+",)),
        ("Ctrl++", ("Ctrl", "+")),
        ("?", ("?",)),
        ("Alt+Left", ("Alt", "←")),
    ],
)
def test_keys_are_shown_cap_by_cap(key, caps):
    assert key_caps(key) == caps


def test_typing_filters_and_enter_runs_the_first_that_applies(qtbot, palette):
    qtbot.keyClicks(palette.focusWidget(), "about")
    assert selected(palette) == "About Annotator"

    qtbot.keyClick(palette.focusWidget(), Qt.Key.Key_Return)
    assert palette.chosen == "help.about"
    assert not palette.isVisible()


def test_arrows_walk_the_lines_past_the_heads_and_go_round(qtbot, palette):
    qtbot.keyClicks(palette.focusWidget(), "picture")  # one group after the other, with heads between
    seen = []
    for _ in range(12):
        seen.append(selected(palette))
        qtbot.keyClick(palette.focusWidget(), Qt.Key.Key_Down)
        if selected(palette) == seen[0]:
            break

    assert "Fit the picture, needs a picture, Control 0" in seen
    assert "Add pictures…" in seen
    assert selected(palette) == seen[0]
    qtbot.keyClick(palette.focusWidget(), Qt.Key.Key_Up)
    assert selected(palette) == seen[-1]


def test_a_command_that_does_not_apply_is_not_run(qtbot, palette):
    qtbot.keyClicks(palette.focusWidget(), "accept every")
    qtbot.keyClick(palette.focusWidget(), Qt.Key.Key_Return)

    assert palette.chosen is None
    assert palette.isVisible()


def test_a_click_runs_a_line(qtbot, palette):
    qtbot.keyClicks(palette.focusWidget(), "about")
    lines = palette.findChild(QListView)
    qtbot.mouseClick(lines.viewport(), Qt.MouseButton.LeftButton, pos=lines.visualRect(lines.currentIndex()).center())

    assert palette.chosen == "help.about"


def test_escape_chooses_nothing(qtbot, palette):
    qtbot.keyClicks(palette.focusWidget(), "about")
    qtbot.keyClick(palette.focusWidget(), Qt.Key.Key_Escape)

    assert palette.chosen is None
    assert not palette.isVisible()


def test_it_hangs_at_its_height_and_stays_inside_the_window(palette):
    window = palette.parentWidget()

    assert palette.y() - window.mapToGlobal(window.rect().topLeft()).y() == TOP
    assert palette.height() <= window.height() - TOP
    assert palette.width() == 660
