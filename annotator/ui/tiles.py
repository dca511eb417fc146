"""Skeletons as figures: painted from their layout, alone or on tiles to choose from.

The grid is on the screen before there are skeletons to show, so what draws them is imported inside functions.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from annotator.model.sides import Side
from annotator.session.settings import SideColours
from annotator.ui.theme import CAPTION, ICON_EMPTY, RADIUS_CARD, SIDES, TEXT, Sides, scaled, theme_of
from annotator.ui.widgets.labels import set_tooltip
from annotator.ui.widgets.paint import paint_box, paint_centred_icon, paint_text

if TYPE_CHECKING:
    from annotator.model.skeleton import Skeleton
    from annotator.model.templates import Template

GAP: Final = 10
COLUMNS: Final = 5
_NARROWEST: Final = 112
_LOWEST: Final = 150
_HIGHEST: Final = 300
_PADDING: Final = 12
_DOT: Final = 2.4
_OKABE_ITO: Final = SIDES[SideColours.OKABE_ITO]


def paint_skeleton(
    painter: QPainter, rect: QRectF, skeleton: "Skeleton", casing: QColor, sides: Sides = _OKABE_ITO
) -> None:
    """Paint the layout of a skeleton as large as fits into `rect`.

    Args:
        casing: the colour around the dots, which sets them off from the limbs: that of the ground.
    """
    from annotator.model.sketch import sketch

    figure = sketch(skeleton, rect.width(), rect.height(), _DOT)
    lines = {side: QPainterPath() for side in Side}
    for line in figure.lines:
        lines[line.side].moveTo(line.x1, line.y1)
        lines[line.side].lineTo(line.x2, line.y2)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.topLeft())
    for side, path in lines.items():
        pen = QPen(sides.color(side), 1.75)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.strokePath(path, pen)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(casing)
    for dot in figure.dots:  # one by one: a path of a mesh's hundreds takes four times as long to fill
        halo = dot.radius + (1 if dot.radius > 1.5 else 0.5)
        painter.drawEllipse(QPointF(dot.x, dot.y), halo, halo)
    for dot in figure.dots:
        painter.setBrush(sides.color(dot.side))
        painter.drawEllipse(QPointF(dot.x, dot.y), dot.radius, dot.radius)
    painter.restore()


class _Tile(QAbstractButton):
    """A card with a picture over a title and a line."""

    focus_radius = RADIUS_CARD

    def __init__(self, title: str, line: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.line = line
        self.setAccessibleName(f"{title}, {line}" if line else title)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # the grid decides which one Tab reaches
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        set_tooltip(self, self.accessibleName())

    def sizeHint(self) -> QSize:
        return QSize(175, 252)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _STEPS:
            event.ignore()  # the grid moves
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        rect = QRectF(self.rect())
        with QPainter(self) as painter:
            if self.isChecked():
                paint_box(painter, rect, RADIUS_CARD, theme.accent_background, theme.accent, 1.5)
            else:
                paint_box(painter, rect, RADIUS_CARD, theme.hover if self.underMouse() else theme.panel, theme.line)
            self._paint_words(painter, rect)
            self._paint_picture(painter, self._picture_rect())
            if self.isChecked():
                badge = QRectF(rect.right() - 24, 8, 16, 16)
                paint_box(painter, badge, 8, theme.accent)
                paint_centred_icon(painter, "check", badge, theme.on_accent, 12)

    def _paint_words(self, painter: QPainter, rect: QRectF) -> None:
        theme = theme_of(self)
        height = scaled(18)
        room = rect.adjusted(_PADDING, 0, -_PADDING / 2, 0)
        room.setTop(rect.bottom() - 2 * height - (9 if rect.height() > 190 else 5))
        room.setHeight(height)
        paint_text(painter, room, self.title, theme.text, TEXT, 600)
        room.translate(0, height)
        paint_text(painter, room, self.line, theme.text2, CAPTION)

    def _picture_rect(self) -> QRectF:
        top, below = (20, 20) if self.height() > 190 else (12, 8)
        words = 2 * scaled(18) + 9
        return QRectF(self.rect()).adjusted(_PADDING, top, -_PADDING, -words - below)

    def _paint_picture(self, painter: QPainter, rect: QRectF) -> None:
        raise NotImplementedError


class SkeletonTile(_Tile):
    """A skeleton to choose."""

    def __init__(self, template: "Template", parent: QWidget | None = None) -> None:
        super().__init__(template.title, template.subtitle, parent)
        self.template = template
        self.is_drawn = False
        self.setCheckable(True)

    def nextCheckState(self) -> None:
        self.setChecked(True)

    def draw(self) -> None:
        """Draw the figure from now on; until then the tile is cheap to paint."""
        self.is_drawn = True
        self.update()

    def _paint_picture(self, painter: QPainter, rect: QRectF) -> None:
        if self.is_drawn:
            paint_skeleton(painter, rect, self.template.skeleton, theme_of(self).panel)


class NewTile(_Tile):
    """Leads to a skeleton that does not exist yet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Start empty", "draw your own", parent)

    def _paint_picture(self, painter: QPainter, rect: QRectF) -> None:
        color = theme_of(self).text if self.underMouse() else theme_of(self).text2
        paint_centred_icon(painter, "plus", rect, color, ICON_EMPTY)


COMMON: Final = "Most used"
"""The group of the templates that most people look for."""
EVERYTHING: Final = "All skeletons"
"""The group of every template."""

_STEPS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -COLUMNS, Qt.Key.Key_Down: COLUMNS}


class TileGrid(QWidget):
    """Skeletons in rows of five, and a tile that leads to a new one. Tab enters it once, arrows move in it.

    Empty until it is given skeletons; room for two rows is kept from the start.

    Args:
        before: the control from which Tab leads into the grid; tiles are made later than what follows them.
    """

    chosen = Signal(object)
    """The `Skeleton` that was chosen."""
    new_requested = Signal()

    def __init__(self, before: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = before
        self._library: tuple[Template, ...] = ()
        self._own: list[Template] = []
        self._made: dict[Template, SkeletonTile] = {}
        self._tiles: list[SkeletonTile] = []
        self._new = NewTile(self)
        self._new.clicked.connect(self.new_requested)
        self._new.hide()
        self._group = COMMON
        self._query = ""
        self._next_figure = QTimer(self)
        self._next_figure.timeout.connect(self._draw_next)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._settle()

    def set_templates(self, templates: Iterable["Template"]) -> None:
        """Offer skeletons to choose from, the common ones first."""
        self._library = tuple(templates)
        self._new.show()
        self._offer()

    @property
    def skeleton(self) -> "Skeleton | None":
        """The chosen skeleton."""
        tile = self._checked()
        return None if tile is None else tile.template.skeleton

    @property
    def tiles(self) -> tuple[_Tile, ...]:
        """The tiles on show, in their order."""
        return (*self._tiles, self._new)

    def choose(self, skeleton: "Skeleton") -> None:
        """Choose `skeleton`; one that the library lacks gets its own tile in front."""
        from annotator.model.templates import own_template

        known = (*self._own, *self._library)
        template = next((each for each in known if each.id == skeleton.id and each.skeleton == skeleton), None)
        if template is None:
            template = own_template(skeleton)
            self._own.insert(0, template)
        self._tile_of(template).setChecked(True)
        self._offer()

    def show_group(self, group: str) -> None:
        """Offer a group of the library, `EVERYTHING`, or `COMMON`, from which a search leads to everything."""
        self._group = group
        self._offer()

    def filter(self, query: str) -> None:
        """Show what `query` finds in titles, subtitles, groups and keypoint names; "" shows the group again."""
        self._query = query
        self._offer()

    def focus_choice(self) -> None:
        """Put the keyboard focus on the tile that Tab would reach."""
        self._entry().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        tiles = self.tiles
        here = next((k for k, tile in enumerate(tiles) if tile.hasFocus()), None)
        if step is None or here is None:
            super().keyPressEvent(event)
            return
        there = here + step
        if 0 <= there < len(tiles):
            tiles[there].setFocus(Qt.FocusReason.ShortcutFocusReason)
            if tiles[there].isCheckable():
                tiles[there].setChecked(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def sizeHint(self) -> QSize:
        return QSize(COLUMNS * 175 + (COLUMNS - 1) * GAP, self.minimumHeight())

    def _draw_next(self) -> None:
        """Draw one figure that is still missing, so that a screen of new ones never holds up a key."""
        tile = next((tile for tile in self._tiles if not tile.is_drawn), None)
        if tile is None:
            self._next_figure.stop()
        else:
            tile.draw()

    def _offer(self) -> None:
        """Show the tiles of what is searched for, or of the group; a tile is made when it is first shown."""
        self._tiles = [self._tile_of(template) for template in self._offered()]
        shown = set(self._tiles)
        for tile in self._made.values():
            tile.setVisible(tile in shown)
        self._settle()
        self._next_figure.start()

    def _offered(self) -> "list[Template]":
        """Return what to show: of everything what a search finds, else the common ones and the chosen one."""
        from annotator.model.templates import find_templates

        if self._group not in (COMMON, EVERYTHING):
            members = [*self._own, *(each for each in self._library if each.group == self._group)]
            return find_templates(members, self._query)
        if self._group == EVERYTHING or self._query.strip():
            return find_templates((*self._own, *self._library), self._query)
        common = [*self._own, *(each for each in self._library if each.is_common)]
        checked = self._checked()
        return common if checked is None or checked.template in common else [checked.template, *common]

    def _tile_of(self, template: "Template") -> SkeletonTile:
        tile = self._made.get(template)
        if tile is None:
            tile = self._made[template] = SkeletonTile(template, self)
            tile.toggled.connect(lambda is_on, tile=tile: self._on_toggled(tile, is_on))
        return tile

    def _on_toggled(self, tile: SkeletonTile, is_on: bool) -> None:
        if not is_on:
            return
        for other in self._made.values():
            if other is not tile:
                other.setChecked(False)
        self._set_tab_stop()
        self.chosen.emit(tile.template.skeleton)

    def _settle(self) -> None:
        """Lay out what is on show, and keep one tile of it in reach of Tab."""
        lowest = _LOWEST + 2 * (scaled(18) - 18)
        rows = self._rows()
        self.setMinimumSize(COLUMNS * _NARROWEST + (COLUMNS - 1) * GAP, rows * lowest + (rows - 1) * GAP)
        self._set_tab_stop()
        self._place()

    def _place(self) -> None:
        width = (self.width() - (COLUMNS - 1) * GAP) / COLUMNS
        rows = self._rows()
        height = min((self.height() - (rows - 1) * GAP) // rows, _HIGHEST)
        for k, tile in enumerate(self.tiles):
            row, column = divmod(k, COLUMNS)
            left, right = round(column * (width + GAP)), round(column * (width + GAP) + width)
            tile.setGeometry(left, row * (height + GAP), right - left, height)
            if k:
                self.setTabOrder(self.tiles[k - 1], tile)
            elif self._before is not None and self._tiles:
                self.setTabOrder(self._before, tile)

    def _rows(self) -> int:
        """Return the rows that the height is divided into; few tiles are as large as two rows of them."""
        return max(2, -(-len(self.tiles) // COLUMNS))

    def _set_tab_stop(self) -> None:
        entry = self._entry()
        for tile in self.tiles:
            in_reach = tile is entry or tile is self._new
            tile.setFocusPolicy(Qt.FocusPolicy.StrongFocus if in_reach else Qt.FocusPolicy.ClickFocus)

    def _entry(self) -> _Tile:
        checked = self._checked()
        return checked if checked in self._tiles else self.tiles[0]

    def _checked(self) -> SkeletonTile | None:
        return next((tile for tile in self._made.values() if tile.isChecked()), None)
