"""Colours that can be read, type that does not jitter, icons that follow the theme."""

import os
import subprocess
import sys
from typing import get_args

import msgspec
import pytest
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter
from PySide6.QtWidgets import QLabel, QWidget

from annotator.bundle import bundled
from annotator.model.sides import Side
from annotator.session.settings import SideColours, ThemeChoice
from annotator.ui.icon_engine import icon
from annotator.ui.icons import app_icon, icon_image
from annotator.ui.theme import (
    DARK,
    LIGHT,
    SIDES,
    Role,
    Theme,
    apply_theme,
    fill_with,
    scaled,
    theme_for,
    theme_of,
    ui_font,
)
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.paint import text_width

GROUNDS = ("window", "panel", "raised", "accent_background")


def luminance(color: QColor) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a: QColor, b: QColor) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("theme", "role", "expected"),
    [
        (DARK, "text", (14.9, 13.9, 12.3, 10.6)),
        (DARK, "text2", (7.8, 7.3, 6.5, 5.6)),
        (DARK, "text3", (6.5, 6.1, 5.4, 4.7)),
        (DARK, "accent", (6.6, 6.1, 5.4, 4.7)),
        (LIGHT, "text", (15.1, 17.6, 16.1, 14.2)),
        (LIGHT, "text2", (6.4, 7.4, 6.8, 6.0)),
        (LIGHT, "text3", (5.1, 6.0, 5.5, 4.8)),
        (LIGHT, "accent", (5.3, 6.2, 5.7, 5.0)),
    ],
)
def test_text_stands_out_from_every_ground_as_designed(theme: Theme, role: Role, expected):
    measured = tuple(contrast(theme.color(role), theme.color(ground)) for ground in GROUNDS)

    assert measured == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
@pytest.mark.parametrize("role", ["ok", "warn", "bad", "info", "left_text", "right_text", "centre_text"])
@pytest.mark.parametrize("ground", GROUNDS[:3])
def test_status_and_side_names_can_be_read(theme: Theme, role: Role, ground: Role):
    assert contrast(theme.color(role), theme.color(ground)) >= 4.5


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_words_on_the_primary_button_can_be_read(theme: Theme):
    assert contrast(theme.on_accent, theme.accent) >= 6.1


def test_every_role_names_a_colour_of_the_theme():
    assert set(get_args(Role)) == {field.name for field in msgspec.structs.fields(Theme)} - {"is_dark"}


@pytest.mark.parametrize("choice", SideColours)
def test_the_three_sides_differ_in_both_palettes(choice):
    assert len({SIDES[choice].color(side).rgb() for side in Side}) == 3


def test_widgets_follow_a_switch_of_the_theme(show, dark):
    label = show(PlainLabel("text", "accent"))
    assert theme_of(label) is DARK

    apply_theme(dark, ThemeChoice.LIGHT)

    assert theme_of(label) is LIGHT
    assert label.grab().toImage().pixelColor(label.width() - 1, 0).name() == LIGHT.window.name()


def test_a_surface_takes_the_colour_of_the_new_theme(show, dark):
    panel = show(QWidget(), QSize(20, 20))
    fill_with(panel, "panel")
    assert panel.grab().toImage().pixelColor(5, 5).name() == DARK.panel.name()

    apply_theme(dark, ThemeChoice.LIGHT)

    assert panel.grab().toImage().pixelColor(5, 5).name() == LIGHT.panel.name()


def test_the_system_choice_is_one_of_the_two_themes(qapp):
    assert theme_for(qapp, ThemeChoice.SYSTEM) in (DARK, LIGHT)
    assert theme_for(qapp, ThemeChoice.LIGHT) is LIGHT


def test_the_text_size_setting_scales_type_and_lengths(show, dark):
    label = show(PlainLabel("Keypoints"))
    height = label.sizeHint().height()

    apply_theme(dark, ThemeChoice.DARK, 130)

    assert ui_font(12).pixelSize() == 16
    assert scaled(28) == 36
    assert label.sizeHint().height() > height


def test_the_interface_font_is_inter_with_figures_of_one_width(dark):
    assert ui_font().family() == "Inter"
    assert text_width("1111.11") == text_width("0888.90")


@pytest.mark.parametrize("name", ["a->b", "img-01", "two words"])
def test_names_are_set_as_they_are_written(dark, name):
    plain = sum(text_width(letter, 100) for letter in name)

    assert text_width(name, 100) == pytest.approx(plain, rel=0.04)  # kerning, but no ligature and no wide hyphen


@pytest.mark.parametrize("path", sorted(bundled("resources", "icons").glob("*.svg")), ids=lambda path: path.stem)
def test_every_icon_draws_in_the_asked_colour(qapp, path):
    image = icon_image(path.stem, QColor("#ff0000").rgba(), 32)

    inks = [image.pixelColor(x, y) for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() > 200]
    assert len(inks) > 10
    assert all(ink.red() > 250 and ink.green() < 5 for ink in inks)


def test_an_icon_of_an_action_follows_the_theme(dark):
    eye = icon("eye", "text2")

    def brightest(pixmap_icon: QIcon) -> int:
        image = pixmap_icon.pixmap(32, 32).toImage()
        return max(
            image.pixelColor(x, y).red() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() > 200
        )

    on_dark = brightest(eye)
    apply_theme(dark, ThemeChoice.LIGHT)

    assert on_dark > 150
    assert brightest(QIcon(eye)) < 100


def test_a_dense_screen_gets_an_icon_of_its_own_density():
    program = (
        "from annotator.ui.theme import create_application; app = create_application(['x']);"
        "from annotator.ui.icon_engine import icon; from PySide6.QtCore import QSize;"
        "sharp = icon('eye').pixmap(QSize(16, 16), 2.0); print(sharp.width(), sharp.devicePixelRatio())"
    )
    environment = os.environ | {"QT_SCALE_FACTOR": "2"}

    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["32", "2.0"]


def test_the_mark_has_the_three_side_colours(dark):
    image = app_icon().pixmap(64, 64).toImage()
    seen = {image.pixelColor(x, y).name() for x in range(64) for y in range(64)}

    sides = SIDES[SideColours.OKABE_ITO]
    assert {sides.left.name(), sides.right.name(), sides.centre.name()} <= seen


def test_a_label_paints_letters_not_markup(show):
    markup = "<b>nose</b><img src='x.png'>"
    label = show(PlainLabel(markup), QSize(400, 30))

    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.sizeHint().width() >= QLabel("nose").sizeHint().width() * 3


def test_a_long_name_is_elided_in_the_middle_and_the_ends_stay(show):
    label = show(PlainLabel("i" * 40 + "_middle_" + "i" * 40))
    label.resize(100, 20)
    narrow = label.grab().toImage()

    whole = QImage(narrow.size(), narrow.format())
    whole.fill(DARK.window)
    with QPainter(whole) as painter:
        painter.setFont(ui_font())
        painter.setPen(DARK.text)
        painter.drawText(QPointF(0, 14), "iii")
    assert narrow != whole
    assert [narrow.pixelColor(x, y) for x in range(88, 99) for y in range(20)] != [DARK.window] * 220
