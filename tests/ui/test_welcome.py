"""The Welcome page, used by mouse, keys and drops."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSize, Qt, QThreadPool, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QWidget

from annotator.model.skeleton import skeleton_from_names
from annotator.model.templates import template_skeleton, templates
from annotator.session.recent import RecentProject
from annotator.session.samples import shipped_samples
from annotator.session.settings import ThemeChoice
from annotator.ui.pages.drop_zone import DropZone
from annotator.ui.pages.welcome import UNTITLED, CreateRequest, WelcomePage
from annotator.ui.pages.welcome_left import RecentRow, SampleCard
from annotator.ui.theme import DARK, apply_theme
from annotator.ui.tiles import NewTile, SkeletonTile, TileGrid
from annotator.ui.widgets.buttons import Button
from annotator.ui.widgets.fields import Combo, SearchField, TextField

LARGE, SMALL = QSize(1440, 900), QSize(1120, 700)

RECENT = (
    RecentProject(Path("/d/park.annotator"), "Lab & park", 812, 601, ("Person", "Hand"), datetime.now()),
    RecentProject(Path("/d/cat.annotator"), "Trot study", 24, 24, ("Cat 22",), datetime.now() - timedelta(days=1)),
)


@pytest.fixture
def page(show, tmp_path, qtbot) -> WelcomePage:
    page = show(WelcomePage(RECENT, shipped_samples(), tmp_path / "projects", templates), LARGE)
    qtbot.waitUntil(lambda: page.findChildren(SkeletonTile) != [])
    return page


@pytest.fixture
def park(tmp_path) -> Path:
    folder = tmp_path / "Park"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg", "c.png"):
        (folder / name).write_bytes(b"x")
    return folder


def button(page: QWidget, words: str) -> Button:
    return next(each for each in page.findChildren(Button) if each.words == words)


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def drop(page: WelcomePage, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(200, 300), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(page, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(page, QDropEvent(QPointF(200, 300), Qt.DropAction.CopyAction, data, buttons, keys))


def field(page: WelcomePage, name: str) -> TextField:
    return next(each for each in page.findChildren(TextField) if each.accessibleName().startswith(name))


def test_the_first_screen_needs_no_heavy_library():
    program = """
import sys
from pathlib import Path
from PySide6.QtCore import QEventLoop, QTimer
from annotator.model.templates import templates
from annotator.session.recent import recent_projects
from annotator.session.samples import shipped_samples
from annotator.session.settings import ThemeChoice, config_folder
from annotator.ui.pages.welcome import WelcomePage
from annotator.ui.theme import apply_theme, create_application
from annotator.ui.widgets.focus import FocusRing
app = create_application(["annotator"])
apply_theme(app, ThemeChoice.DARK)
ring = FocusRing(app)
page = WelcomePage(recent_projects(config_folder()), shipped_samples(), Path("x"), templates)
page.resize(1440, 900)
page.show()
loop = QEventLoop()
QTimer.singleShot(300, loop.quit)
loop.exec()
assert not page.grab().isNull()
print(*{name.partition(".")[0] for name in sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    ours = {
        "annotator",
        "PySide6",
        "shiboken6",
        "shibokensupport",
        "signature_bootstrap",
        "msgspec",
        "platformdirs",
        "typing_extensions",
    }
    foreign = set(done.stdout.split()) - ours - set(sys.stdlib_module_names)
    assert {name for name in foreign if not name.startswith(("_", "sitecustomize"))} == set()


def test_create_gives_name_folder_skeleton_and_pictures(page, park, tmp_path, qtbot):
    drop(page, park)
    click(page.findChildren(SkeletonTile)[3])
    name = field(page, "Name")
    name.selectAll()
    QTest.keyClicks(name, "Hands: at/the park")

    with qtbot.waitSignal(page.create_requested) as told:
        click(button(page, "Create project"))

    request = told.args[0]
    assert request == CreateRequest("Hands atthe park", tmp_path / "projects", templates()[3].skeleton, (park,))
    assert request.path == tmp_path / "projects" / "Hands atthe park.annotator"


def test_pictures_may_be_none(page, qtbot):
    with qtbot.waitSignal(page.create_requested) as told:
        click(button(page, "Create project"))

    assert told.args[0].media == ()
    assert told.args[0].skeleton == templates()[0].skeleton
    assert told.args[0].name == UNTITLED


def test_enter_in_the_name_creates(page, qtbot):
    with qtbot.waitSignal(page.create_requested):
        QTest.keyClick(field(page, "Name"), Qt.Key.Key_Return)


def test_without_a_name_or_a_skeleton_nothing_can_be_created(show, page, tmp_path, qtbot):
    field(page, "Name").clear()
    assert not button(page, "Create project").isEnabled()
    QTest.keyClicks(field(page, "Name"), "Park")
    assert button(page, "Create project").isEnabled()

    empty = show(WelcomePage((), (), tmp_path, tuple), LARGE)
    qtbot.waitUntil(lambda: not button(empty, "Create project").isEnabled())
    assert not empty.findChild(SearchField).isVisible()


def test_a_home_folder_is_shown_short_and_given_whole(show, qtbot):
    page = show(WelcomePage((), (), Path.home() / "Documents" / "Annotator", templates), LARGE)
    assert field(page, "Folder").text() == str(Path("~/Documents/Annotator"))

    with qtbot.waitSignal(page.create_requested) as told:
        click(button(page, "Create project"))

    assert told.args[0].folder == Path.home() / "Documents" / "Annotator"


def test_dropped_pictures_are_counted_named_and_lead_to_step_two(page, park, qtbot):
    zone = page.findChild(DropZone)

    with qtbot.waitSignal(zone.counted) as told:
        drop(page, park)

    assert told.args == [3]
    assert zone.sentence == "3 pictures in Park"
    assert field(page, "Name").text() == "Park"
    assert page.findChildren(SkeletonTile)[0].hasFocus()


def test_a_second_drop_adds_and_clear_empties(page, park, qtbot):
    zone = page.findChild(DropZone)
    drop(page, park / "a.jpg")
    with qtbot.waitSignal(zone.counted, check_params_cb=lambda count: count == 2):
        drop(page, park / "a.jpg", park / "b.jpg")
    assert zone.sentence == "2 pictures in Park"
    assert not button(page, "Choose files…").isVisible()

    click(button(page, "Clear"))

    assert zone.media == ()
    assert button(page, "Choose files…").isVisible()
    assert zone.sentence == "Drop images or a folder here"


def test_a_count_that_comes_late_does_not_speak_for_newer_pictures(page, park, tmp_path):
    (tmp_path / "Empty").mkdir()
    zone = page.findChild(DropZone)
    counts: list[int] = []
    zone.counted.connect(counts.append)

    zone.set_media((tmp_path / "Empty",))
    zone.set_media((park,))
    QThreadPool.globalInstance().waitForDone()
    QApplication.processEvents()

    assert counts == [3]
    assert zone.sentence == "3 pictures in Park"


def test_a_name_that_was_typed_stays_when_pictures_come(page, park):
    name = field(page, "Name")
    name.selectAll()
    QTest.keyClicks(name, "My study")

    drop(page, park)

    assert name.text() == "My study"


def test_a_folder_without_pictures_says_so(page, tmp_path, qtbot):
    (tmp_path / "Empty").mkdir()
    zone = page.findChild(DropZone)

    with qtbot.waitSignal(zone.counted):
        drop(page, tmp_path / "Empty")

    assert zone.sentence == "No pictures in Empty"


def test_a_dropped_project_is_opened_and_labels_are_imported(page, park, qtbot):
    with qtbot.waitSignal(page.open_requested) as opened:
        drop(page, park.parent / "x.annotator", park)
    assert opened.args == [park.parent / "x.annotator"]
    assert page.findChild(DropZone).media == ()

    with qtbot.waitSignal(page.import_requested) as imported:
        drop(page, park / "labels.json", park)
    assert imported.args == [[park / "labels.json"]]
    assert page.findChild(DropZone).media == (park,)


def test_text_that_is_dragged_over_the_page_is_not_taken(page):
    data = QMimeData()
    data.setText("hello")
    enter = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )

    QApplication.sendEvent(page, enter)

    assert not enter.isAccepted()


def test_a_recent_project_opens_by_click_and_by_space(page, qtbot):
    first, second = page.findChildren(RecentRow)

    with qtbot.waitSignal(page.open_requested) as told:
        click(first)
    assert told.args == [Path("/d/park.annotator")]

    second.setFocus()
    with qtbot.waitSignal(page.open_requested) as told:
        QTest.keyClick(second, Qt.Key.Key_Space)
    assert told.args == [Path("/d/cat.annotator")]


def test_a_recent_project_tells_what_and_how_far(page):
    names = [row.accessibleName() for row in page.findChildren(RecentRow)]

    assert names[0].startswith("Lab & park, 812 frames · 2 skeletons, 74 % done, today ")
    assert names[1] == "Trot study, 24 frames · Cat 22, 100 % done, yesterday"


def test_samples_keys_and_theme_are_asked_for(page, qtbot):
    with qtbot.waitSignal(page.sample_requested) as told:
        click(page.findChildren(SampleCard)[0])
    assert told.args == ["people"]
    with qtbot.waitSignal(page.keys_requested):
        click(button(page, "Keys"))
    with qtbot.waitSignal(page.theme_toggled):
        click(button(page, "Theme"))
    with qtbot.waitSignal(page.new_skeleton_requested):
        click(page.findChild(NewTile))


def test_covers_come_after_the_page_is_shown(page, qtbot):
    card = page.findChildren(SampleCard)[0]

    def center_colors() -> set[str]:
        image = card.grab().toImage()
        return {image.pixelColor(x, 32).name() for x in range(10, card.width() - 10)}

    qtbot.waitUntil(lambda: len(center_colors()) > 20)


def test_a_search_narrows_the_skeletons(page):
    search = page.findChild(SearchField)
    assert search.placeholderText() == f"Search {len(templates())} skeletons"

    QTest.keyClicks(search, "mouse")

    assert [tile.title for tile in page.findChildren(SkeletonTile) if tile.isVisible()] == ["Mouse from above"]


def test_a_group_of_skeletons_narrows_what_is_shown_and_searched(page):
    def shown() -> list[str]:
        return [tile.title for tile in page.findChild(TileGrid).tiles[:-1]]

    page.findChild(Combo).setCurrentText("Sports")
    assert "Swimmer" in shown()
    assert "Mammal" not in shown()

    QTest.keyClicks(page.findChild(SearchField), "horse")
    assert shown() == ["Horse and rider"]

    page.choose_skeleton(template_skeleton("zebra-9"))
    assert shown()[:2] == ["Zebra", "Person"]
    assert page.findChild(Combo).currentText() == "Most used"


def test_a_skeleton_drawn_elsewhere_is_chosen(page, qtbot):
    own = skeleton_from_names("own", "Robot arm", ["base", "hand"])
    QTest.keyClicks(page.findChild(SearchField), "mouse")

    page.choose_skeleton(own)
    with qtbot.waitSignal(page.create_requested) as told:
        click(button(page, "Create project"))

    assert told.args[0].skeleton == own
    assert page.findChild(SearchField).text() == ""


def test_files_are_chosen_in_a_dialog(page, park, qtbot):
    click(button(page, "Choose files…"))
    dialog = page.findChild(QFileDialog)
    dialog.setDirectory(str(park))
    with qtbot.waitSignal(page.findChild(DropZone).media_changed):
        dialog.filesSelected.emit([str(park / "a.jpg")])
    dialog.close()

    assert page.findChild(DropZone).media == (park / "a.jpg",)


def test_tab_goes_from_left_to_right_and_from_top_to_bottom(page):
    page.setFocus()
    order = []
    for _ in range(40):
        QTest.keyClick(page.focusWidget() or page, Qt.Key.Key_Tab)
        widget = page.focusWidget()
        if widget in order:
            break
        order.append(widget)

    def name(widget: QWidget) -> str:
        return widget.accessibleName().partition(",")[0]

    assert [name(widget) for widget in order] == [
        "Open…",
        "Lab & park",
        "Trot study",
        "People in a park",
        "A cat trots",
        "One hand",
        "Keys",
        "Theme",
        "Choose files…",
        "Choose a folder…",
        "Import a data set…",
        "Group of skeletons",
        f"Search {len(templates())} skeletons",
        "Person",
        "Start empty",
        "Name of the project",
        "Folder that the project is saved in",
        "Choose a folder…",
        "Create project",
    ]


@pytest.mark.parametrize("size", [LARGE, SMALL])
@pytest.mark.parametrize("percent", [90, 100, 130])
def test_nothing_is_cut_off_or_covered(show, dark, tmp_path, qtbot, size, percent):
    apply_theme(dark, ThemeChoice.DARK, percent)
    page = show(WelcomePage(RECENT, shipped_samples(), tmp_path, templates), size)
    qtbot.waitUntil(lambda: page.findChildren(SkeletonTile) != [])
    assert page.minimumSizeHint().width() <= size.width()

    create = button(page, "Create project")
    assert page.rect().contains(create.geometry())
    for each in page.findChildren(QAbstractButton):
        if each.isVisible() and isinstance(each, Button):
            assert each.width() >= each.sizeHint().width()
    tiles = page.findChildren(SkeletonTile)
    assert all(tile.height() >= 150 and tile.width() >= 110 for tile in tiles)
    grid = tiles[0].parentWidget()
    assert all(grid.rect().contains(tile.geometry()) for tile in tiles)
    assert grid.mapTo(page, grid.rect().topRight()).x() < page.width() - 16  # it scrolls downwards, never sideways


def test_both_themes_paint_the_page_in_their_colours(page, dark):
    assert page.grab().toImage().pixelColor(1430, 5).name() == DARK.window.name()

    apply_theme(dark, ThemeChoice.LIGHT)

    image = page.grab().toImage()
    assert image.pixelColor(1430, 5).name() == "#eceef1"
    assert image.pixelColor(5, 5).name() == "#ffffff"
