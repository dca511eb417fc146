"""Skeleton figures, and the grid to choose one from."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest

from annotator.model.skeleton import skeleton_from_names
from annotator.model.templates import template_skeleton, templates
from annotator.session.settings import SideColours
from annotator.ui.theme import DARK, SIDES
from annotator.ui.tiles import COLUMNS, EVERYTHING, GAP, SkeletonTile, TileGrid, paint_skeleton

SIDE_COLORS = SIDES[SideColours.OKABE_ITO]


def drawn(skeleton, width=160, height=160, room=20) -> QImage:
    image = QImage(width + 2 * room, height + 2 * room, QImage.Format.Format_RGB32)
    image.fill(DARK.panel)
    with QPainter(image) as painter:
        paint_skeleton(painter, QRectF(room, room, width, height), skeleton, DARK.panel)
    return image


@pytest.fixture
def grid(show, qtbot) -> TileGrid:
    grid = show(TileGrid(), QSize(912, 512))
    grid.set_templates(templates())
    qtbot.waitUntil(lambda: all(tile.width() > 0 for tile in grid.tiles))
    return grid


def titles(grid: TileGrid) -> list[str]:
    return [tile.title for tile in grid.tiles]


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.skeleton.id)
def test_a_figure_fills_its_room_and_stays_in_it(qapp, template):
    image = drawn(template.skeleton)

    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    ys, xs = np.nonzero(pixels != DARK.panel.rgb())
    assert min(xs) >= 15
    assert max(xs) <= 184
    assert min(ys) >= 15
    assert max(ys) <= 184
    assert max(max(xs) - min(xs), max(ys) - min(ys)) >= 158


def test_left_and_right_have_their_colours_in_a_figure(qapp):
    image = drawn(templates()[0].skeleton)

    seen = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert {SIDE_COLORS.left.name(), SIDE_COLORS.right.name(), SIDE_COLORS.centre.name()} <= seen


def test_five_tiles_stand_in_a_row(grid):
    tops = [tile.y() for tile in grid.tiles]

    assert tops.count(0) == COLUMNS
    assert grid.tiles[0].x() == 0
    assert grid.tiles[COLUMNS - 1].geometry().right() == grid.width() - 1
    assert grid.tiles[1].x() - grid.tiles[0].geometry().right() - 1 == GAP


def test_a_click_chooses_a_tile_and_lets_the_other_go(grid, qtbot):
    grid.choose(templates()[0].skeleton)

    with qtbot.waitSignal(grid.chosen) as told:
        QTest.mouseClick(grid.tiles[3], Qt.MouseButton.LeftButton)
    QTest.mouseClick(grid.tiles[3], Qt.MouseButton.LeftButton)

    assert told.args == [templates()[3].skeleton]
    assert grid.skeleton == templates()[3].skeleton
    assert [tile.isChecked() for tile in grid.tiles].count(True) == 1


def test_arrows_move_the_choice_and_stop_at_the_edges(grid):
    grid.choose(templates()[0].skeleton)
    grid.focus_choice()

    QTest.keyClick(grid.tiles[0], Qt.Key.Key_Right)
    QTest.keyClick(grid.tiles[1], Qt.Key.Key_Down)
    assert grid.skeleton == templates()[6].skeleton

    QTest.keyClick(grid.tiles[6], Qt.Key.Key_Down)
    assert grid.skeleton == templates()[6].skeleton
    assert grid.tiles[6].hasFocus()


def test_tab_enters_the_grid_once_and_then_reaches_the_new_skeleton(grid):
    grid.choose(templates()[2].skeleton)
    grid.focus_choice()

    QTest.keyClick(grid.tiles[2], Qt.Key.Key_Tab)

    assert grid.tiles[-1].hasFocus()
    assert grid.skeleton == templates()[2].skeleton


def test_before_a_search_the_common_skeletons_fill_two_rows(grid):
    common = [template for template in templates() if template.is_common]

    assert titles(grid) == [template.title for template in common] + ["Start empty"]
    assert len(grid.tiles) == 2 * COLUMNS


def test_a_tile_is_made_when_it_is_first_shown(grid):
    assert len(grid.findChildren(SkeletonTile)) == 2 * COLUMNS - 1

    grid.filter("zebra")

    assert len(grid.findChildren(SkeletonTile)) == 2 * COLUMNS


def test_figures_of_tiles_made_later_are_drawn_soon(grid, qtbot):
    def colors(tile) -> set[str]:
        image = tile.grab().toImage()
        return {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}

    grid.filter("zebra")

    qtbot.waitUntil(lambda: SIDE_COLORS.right.name() in colors(grid.tiles[0]))


def test_the_search_finds_titles_groups_and_keypoint_names(grid):
    grid.filter("whole 133")
    assert titles(grid) == ["Whole body", "Start empty"]

    grid.filter("club")
    assert "Golfer and club" in titles(grid)

    grid.filter("sports oar")
    assert titles(grid) == ["Sculler", "Rower", "Start empty"]

    grid.filter("no such thing")
    assert titles(grid) == ["Start empty"]

    grid.filter("")
    assert len(grid.tiles) == 2 * COLUMNS


def test_a_group_shows_all_its_skeletons(grid):
    grid.show_group("Animals")
    assert titles(grid)[:2] == ["Mammal", "Mouse from above"]
    assert {tile.template.group for tile in grid.tiles[:-1]} == {"Animals"}

    grid.filter("tail tiger")
    assert titles(grid) == ["Tiger", "Start empty"]

    grid.filter("tennis")
    assert titles(grid) == ["Start empty"], "a search stays in the group"
    grid.filter("")

    grid.show_group(EVERYTHING)
    assert len(titles(grid)) == len(templates()) + 1


def test_many_tiles_are_lower_but_never_too_low_and_do_not_overlap(grid):
    grid.show_group(EVERYTHING)

    heights = {tile.height() for tile in grid.tiles}
    assert min(heights) >= 150
    assert grid.minimumHeight() >= max(tile.geometry().bottom() for tile in grid.tiles)
    assert len({(tile.x(), tile.y()) for tile in grid.tiles}) == len(grid.tiles)


def test_a_chosen_skeleton_stays_chosen_while_other_tiles_are_shown(grid):
    grid.choose(templates()[1].skeleton)

    grid.show_group("Animals")
    grid.focus_choice()
    assert grid.skeleton == templates()[1].skeleton
    assert grid.tiles[0].hasFocus()


def test_a_chosen_skeleton_that_is_not_common_stands_in_front(grid):
    grid.filter("zebra")
    QTest.mouseClick(grid.tiles[0], Qt.MouseButton.LeftButton)

    grid.filter("")
    assert titles(grid)[:2] == ["Zebra", "Person"]
    assert grid.tiles[0].isChecked()

    grid.choose(template_skeleton("hand-21"))
    assert titles(grid)[0] == "Person"


def test_the_tiles_found_keep_their_size_and_can_be_reached(grid):
    size = grid.tiles[0].size()
    grid.choose(templates()[0].skeleton)

    grid.filter("hands and faces")
    grid.focus_choice()

    assert grid.tiles[0].title == "Hand"
    assert grid.tiles[0].hasFocus()
    assert grid.tiles[0].height() == size.height()


def test_a_skeleton_of_ones_own_gets_a_tile_in_front(grid):
    own = skeleton_from_names("own", "Robot arm", ["base", "elbow", "hand"])

    grid.choose(own)

    assert titles(grid)[0] == "Robot arm"
    assert grid.tiles[0].line == "3 keypoints"
    assert grid.skeleton == own


def test_the_last_tile_asks_for_a_new_skeleton(grid, qtbot):
    with qtbot.waitSignal(grid.new_requested):
        QTest.mouseClick(grid.tiles[-1], Qt.MouseButton.LeftButton)

    assert grid.skeleton is None


def test_an_empty_library_still_offers_a_new_skeleton(show):
    grid = show(TileGrid(), QSize(912, 512))
    grid.set_templates(())

    assert titles(grid) == ["Start empty"]
    assert grid.skeleton is None
