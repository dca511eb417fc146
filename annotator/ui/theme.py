"""The two themes: colours, type and sizes of everything that is not the picture.

`apply_theme` dresses the whole application, and again when the person switches. Widgets ask `theme_of(self)`
while painting: it reads the palette, so nobody keeps a theme and nobody misses a switch.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, Literal

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from annotator.bundle import bundled
from annotator.model import sides
from annotator.model.sides import SIDE_COLORS, Side
from annotator.session.settings import SideColours, ThemeChoice

RADIUS_CAP: Final = 4
RADIUS_CONTROL: Final = 6
RADIUS_CARD: Final = 8
RADIUS_DIALOG: Final = 12
CONTROL_HEIGHT: Final = 28
COMPACT_HEIGHT: Final = 24
PRIMARY_HEIGHT: Final = 32
ICON: Final = 16
ICON_RAIL: Final = 18
ICON_EMPTY: Final = 28
DOCK_PADDING: Final = 12
PANEL_MOTION_MS: Final = 120

TEXT: Final = 12
CAPTION: Final = 11
SMALL: Final = 10

Role = Literal[
    "window", "panel", "raised", "field", "hover", "press", "canvas", "line", "line2", "control",
    "text", "text2", "text3", "accent", "on_accent", "accent_background", "ok", "warn", "bad", "info",
    "ok_background", "warn_background", "bad_background", "scrim", "left_text", "right_text", "centre_text",
]  # fmt: skip
"""The name of a colour of `Theme`, for what is tinted: labels, icons, bars."""


class Sides(msgspec.Struct, frozen=True):
    """The colours of left, right and centre on the canvas and in figures, the same in both themes."""

    left: QColor
    right: QColor
    centre: QColor

    def color(self, side: Side) -> QColor:
        found: QColor = getattr(self, side.value)
        return found


SIDES: Final = {
    SideColours.OKABE_ITO: Sides(*(QColor(SIDE_COLORS[side]) for side in (Side.LEFT, Side.RIGHT, Side.CENTRE))),
    SideColours.TRITANOPIA: Sides(QColor("#56B4E9"), QColor("#D55E00"), QColor("#F0E442")),
}


# On the canvas, the same in both themes: casings and rings, instance tags and labels, the guide's card, badges.
INK: Final = QColor(sides.INK)
PAPER: Final = QColor(sides.PAPER)
TAG: Final = QColor(0x0B, 0x0D, 0x11, 224)
TAG_TEXT: Final = QColor("#F4F6F8")
CALLOUT: Final = QColor(0x10, 0x13, 0x19, 240)
ISSUE: Final = QColor("#FFD34D")
ERROR_VECTOR: Final = QColor("#FF5A4F")


class Theme(msgspec.Struct, frozen=True):
    """The colours of one theme.

    Attributes:
        line: dividers; `line2` borders; `control` the outline of check boxes and slider tracks.
        left_text: names of the left side in lists, likewise `right_text` and `centre_text`.
    """

    is_dark: bool
    window: QColor
    panel: QColor
    raised: QColor
    field: QColor
    hover: QColor
    press: QColor
    canvas: QColor
    line: QColor
    line2: QColor
    control: QColor
    text: QColor
    text2: QColor
    text3: QColor
    accent: QColor
    on_accent: QColor
    accent_background: QColor
    ok: QColor
    warn: QColor
    bad: QColor
    info: QColor
    ok_background: QColor
    warn_background: QColor
    bad_background: QColor
    scrim: QColor
    left_text: QColor
    right_text: QColor
    centre_text: QColor

    def color(self, role: Role) -> QColor:
        found: QColor = getattr(self, role)
        return found


DARK: Final = Theme(
    is_dark=True,
    window=QColor("#15171B"),
    panel=QColor("#1B1E23"),
    raised=QColor("#24282F"),
    field=QColor("#121418"),
    hover=QColor("#2A2F37"),
    press=QColor("#323843"),
    canvas=QColor("#0D0F12"),
    line=QColor("#2B3038"),
    line2=QColor("#3B424D"),
    control=QColor("#6E7784"),
    text=QColor("#E8EAED"),
    text2=QColor("#A4ACB8"),
    text3=QColor("#949DAA"),
    accent=QColor("#8B93FF"),
    on_accent=QColor("#0E1020"),
    accent_background=QColor("#2C2F55"),
    ok=QColor("#4CC38A"),
    warn=QColor("#F0B849"),
    bad=QColor("#FF7B72"),
    info=QColor("#7CC4F5"),
    ok_background=QColor("#16302A"),
    warn_background=QColor("#352B16"),
    bad_background=QColor("#3A1F20"),
    scrim=QColor(0, 0, 0, 161),
    left_text=QColor("#6FC3F2"),
    right_text=QColor("#F0B02E"),
    centre_text=QColor("#2FC79B"),
)

LIGHT: Final = Theme(
    is_dark=False,
    window=QColor("#ECEEF1"),
    panel=QColor("#FFFFFF"),
    raised=QColor("#F4F5F7"),
    field=QColor("#FFFFFF"),
    hover=QColor("#EBEDF1"),
    press=QColor("#DFE2E8"),
    canvas=QColor("#D5D8DD"),
    line=QColor("#DADDE3"),
    line2=QColor("#A9B0BC"),
    control=QColor("#7D8592"),
    text=QColor("#17191D"),
    text2=QColor("#4E5663"),
    text3=QColor("#5B6472"),
    accent=QColor("#4A4FD8"),
    on_accent=QColor("#FFFFFF"),
    accent_background=QColor("#E4E5FD"),
    ok=QColor("#116B43"),
    warn=QColor("#8A5A00"),
    bad=QColor("#B42F26"),
    info=QColor("#1769AA"),
    ok_background=QColor("#DDF3E8"),
    warn_background=QColor("#FBEFD2"),
    bad_background=QColor("#FBE3E1"),
    scrim=QColor(0x20, 0x24, 0x2C, 128),
    left_text=QColor("#09659A"),
    right_text=QColor("#865800"),
    centre_text=QColor("#00734F"),
)

_PIXELS_AT_PERCENT: Final = {90: 11, 100: 12, 115: 14, 130: 16}
_PERCENT_AT_PIXELS: Final = {pixels: percent for percent, pixels in _PIXELS_AT_PERCENT.items()}
_SURFACES: Final = {
    "window": QPalette.ColorRole.Window,
    "panel": QPalette.ColorRole.AlternateBase,
    "raised": QPalette.ColorRole.Button,
    "field": QPalette.ColorRole.Base,
    "canvas": QPalette.ColorRole.Shadow,
}


def create_application(arguments: Sequence[str]) -> QApplication:
    """Make the application object, with the one style that all platforms have and the themes are made for."""
    return QApplication([*arguments, "-style", "fusion"])


def apply_theme(app: QApplication, choice: ThemeChoice, text_percent: int = 100) -> Theme:
    """Dress the application; safe to call again at any time. Return the theme that `choice` means now."""
    theme = apply_colors(app, choice, text_percent)
    apply_stylesheet(app, theme)
    return theme


def apply_colors(app: QApplication, choice: ThemeChoice, text_percent: int = 100) -> Theme:
    """Dress what paints itself, all but menus, tool tips and scroll bars: enough for the first paint.

    With a style sheet every widget is looked at again whenever it gets a parent, which a page that is being
    built does all the time.
    """
    theme = theme_for(app, choice)
    app.setFont(_font(_PIXELS_AT_PERCENT[text_percent], QFont.Weight.Normal))
    app.setPalette(_palette(theme))
    return theme


def apply_stylesheet(app: QApplication, theme: Theme) -> None:
    """Dress menus, tool tips and scroll bars."""
    QToolTip.setPalette(app.palette())
    app.setStyleSheet(_stylesheet(theme))


def theme_for(app: QGuiApplication, choice: ThemeChoice) -> Theme:
    """Return the theme that `choice` means; a desktop that does not tell its scheme gets the dark one."""
    if choice is ThemeChoice.SYSTEM:
        return LIGHT if app.styleHints().colorScheme() is Qt.ColorScheme.Light else DARK
    return LIGHT if choice is ThemeChoice.LIGHT else DARK


def theme_of(widget: QWidget) -> Theme:
    """Return the theme that `widget` wears."""
    return theme_of_palette(widget.palette())


def theme_of_palette(palette: QPalette) -> Theme:
    return DARK if palette.color(QPalette.ColorRole.WindowText).lightness() > 127 else LIGHT


def fill_with(widget: QWidget, surface: Literal["window", "panel", "raised", "field", "canvas"]) -> None:
    """Let Qt fill `widget` with a surface of its theme before it paints."""
    widget.setBackgroundRole(_SURFACES[surface])
    widget.setAutoFillBackground(True)


def ui_font(pixels: int = TEXT, weight: int = 400) -> QFont:
    """Return the interface font for a designed size, scaled by the text size setting; not to be modified."""
    return _font(scaled(pixels), QFont.Weight(weight))


def scaled(pixels: int) -> int:
    """Scale a designed length that follows the text size setting: a font, the height of a row."""
    return round(pixels * _PERCENT_AT_PIXELS.get(QApplication.font().pixelSize(), 100) / 100)


@cache
def _font(pixels: int, weight: QFont.Weight) -> QFont:
    font = QFont(_family())
    font.setPixelSize(pixels)
    font.setWeight(weight)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setFeature(QFont.Tag("tnum"), 1)  # figures of one width, so that running numbers do not jitter
    font.setFeature(QFont.Tag("calt"), 0)  # names are shown as they are: "->" stays two letters
    return font


@cache
def _family() -> str:
    """Register Inter and return its name, or the system's interface font when the files are missing."""
    try:
        files = sorted(bundled("resources", "fonts").glob("*.ttf"))
    except FileNotFoundError:
        files = []
    added = [QFontDatabase.addApplicationFont(str(file)) for file in files]
    if added and min(added) >= 0:
        return QFontDatabase.applicationFontFamilies(added[0])[0]
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    colors = {
        role.Window: theme.window,
        role.AlternateBase: theme.panel,
        role.Base: theme.field,
        role.Button: theme.raised,
        role.Shadow: theme.canvas,
        role.WindowText: theme.text,
        role.Text: theme.text,
        role.ButtonText: theme.text,
        role.PlaceholderText: theme.text3,
        role.BrightText: theme.bad,
        role.Light: theme.hover,
        role.Midlight: theme.press,
        role.Mid: theme.line2,
        role.Dark: theme.line,
        role.Highlight: theme.accent_background,
        role.HighlightedText: theme.text,
        role.Accent: theme.accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
    }
    palette = QPalette()
    for each, color in colors.items():
        palette.setColor(each, color)
    for each in (role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, each, theme.text3)
    return palette


def _stylesheet(theme: Theme) -> str:
    """Return the rules for what the kit does not paint itself: menus, tool tips, scroll bars.

    Kept short: every rule is matched against every widget when it is first shown. The rule for line edits
    keeps the style-sheet style from filling them over what `TextField` has painted.
    """
    return f"""
QToolTip {{ color: {theme.text.name()}; background: {theme.raised.name()};
  border: 1px solid {theme.line2.name()}; padding: 3px 5px; }}
QMenu {{ background: {theme.panel.name()}; border: 1px solid {theme.line2.name()}; padding: 4px; }}
QMenu::item {{ padding: 5px 20px 5px 10px; border-radius: 4px; }}
QMenu::item:selected {{ background: {theme.hover.name()}; }}
QMenu::item:disabled {{ color: {theme.text3.name()}; }}
QMenu::separator {{ height: 1px; background: {theme.line.name()}; margin: 4px 6px; }}
QMenuBar {{ background: transparent; }}
QMenuBar::item {{ padding: 5px 9px; border-radius: 6px; color: {theme.text2.name()}; }}
QMenuBar::item:selected {{ background: {theme.hover.name()}; color: {theme.text.name()}; }}
QComboBox QAbstractItemView {{ background: {theme.panel.name()}; border: 1px solid {theme.line2.name()}; }}
QLineEdit {{ background: transparent; border: none; }}
QScrollBar {{ background: transparent; width: 10px; height: 10px; }}
QScrollBar::handle {{ background: {theme.line2.name()}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:hover {{ background: {theme.control.name()}; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
"""
