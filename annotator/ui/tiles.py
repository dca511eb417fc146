"""Skeletons as figures: painted from their layout, alone or on tiles to choose from."""

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from annotator.model.skeleton import Side, Skeleton
from annotator.model.sketch import sketch
from annotator.model.templates import Template, own_template
from annotator.session.settings import SideColours
from annotator.ui.theme import CAPTION, ICON_EMPTY, RADIUS_CARD, SIDES, TEXT, Sides, scaled, theme_of
from annotator.ui.widgets.labels import set_tooltip
from annotator.ui.widgets.paint import paint_box, paint_centred_icon, paint_text

GAP: Final = 10
COLUMNS: Final = 5
_NARROWEST: Final = 112
_LOWEST: Final = 150
_HIGHEST: Final = 300
_PADDING: Final = 12
_DOT: Final = 2.4
_OKABE_ITO: Final = SIDES[SideColours.OKABE_ITO]


def paint_skeleton(
    painter: QPainter, rect: QRectF, skeleton: Skeleton, casing: QColor, sides: Sides = _OKABE_ITO
) -> None:
    """Paint the layout of a skeleton as large as fits into `rect`.

    Args:
        casing: the colour around the dots, which sets them off from the limbs: that of the ground.
    """
    figure = sketch(skeleton, rect.width(), rect.height(), _DOT)
    lines, discs = ({side: QPainterPath() for side in Side} for _ in range(2))
    halos = QPainterPath()
    halos.setFillRule(Qt.FillRule.WindingFill)
    for line in figure.lines:
        lines[line.side].moveTo(line.x1, line.y1)
        lines[line.side].lineTo(line.x2, line.y2)
    for dot in figure.dots:
        discs[dot.side].setFillRule(Qt.FillRule.WindingFill)
        discs[dot.side].addEllipse(QPointF(dot.x, dot.y), dot.radius, dot.radius)
        halo = dot.radius + (1 if dot.radius > 1.5 else 0.5)
        halos.addEllipse(QPointF(dot.x, dot.y), halo, halo)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.topLeft())
    for side, path in lines.items():
        pen = QPen(sides.color(side), 1.75)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.strokePath(path, pen)
    painter.fillPath(halos, casing)
    for side, path in discs.items():
        painter.fillPath(path, sides.color(side))
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

    def __init__(self, template: Template, parent: QWidget | None = None) -> None:
        super().__init__(template.title, template.subtitle, parent)
        self.template = template
        self._is_drawn = False
        self.setCheckable(True)

    def nextCheckState(self) -> None:
        self.setChecked(True)

    def draw(self) -> None:
        """Draw the figure from now on; until then the tile is cheap to paint."""
        self._is_drawn = True
        self.update()

    def _paint_picture(self, painter: QPainter, rect: QRectF) -> None:
        if self._is_drawn:
            paint_skeleton(painter, rect, self.template.skeleton, theme_of(self).panel)


class NewTile(_Tile):
    """Leads to a skeleton that does not exist yet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Start empty", "draw your own", parent)

    def _paint_picture(self, painter: QPainter, rect: QRectF) -> None:
        color = theme_of(self).text if self.underMouse() else theme_of(self).text2
        paint_centred_icon(painter, "plus", rect, color, ICON_EMPTY)


_STEPS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -COLUMNS, Qt.Key.Key_Down: COLUMNS}


class TileGrid(QWidget):
    """Skeletons in rows of five, and a tile that leads to a new one. Tab enters it once, arrows move in it."""

    chosen = Signal(object)
    """The `Skeleton` that was chosen."""
    new_requested = Signal()

    def __init__(self, templates: Iterable[Template], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles: list[SkeletonTile] = []
        self._new = NewTile(self)
        self._new.clicked.connect(self.new_requested)
        for template in templates:
            self._add(template)
        self._query = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._settle()

    @property
    def skeleton(self) -> Skeleton | None:
        """The chosen skeleton."""
        tile = self._checked()
        return None if tile is None else tile.template.skeleton

    @property
    def tiles(self) -> tuple[_Tile, ...]:
        """The tiles on show, in their order."""
        return (*(tile for tile in self._tiles if not tile.isHidden()), self._new)

    def choose(self, skeleton: Skeleton) -> None:
        """Choose `skeleton`; one that the library lacks gets its own tile in front."""
        tile = next(
            (each for each in self._tiles if each.template.id == skeleton.id and each.template.skeleton == skeleton),
            None,
        )
        if tile is None:
            tile = self._add(own_template(skeleton), first=True)
            tile.draw()
        tile.setChecked(True)
        self.filter(self._query)

    def filter(self, query: str) -> None:
        """Show what `query` finds in titles, subtitles, groups and keypoint names; "" shows all."""
        self._query = query
        words = query.casefold().split()
        for tile in self._tiles:
            tile.setVisible(tile.template.has(words))
        self._settle()

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

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self._draw)  # the page is on the screen before its figures

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def sizeHint(self) -> QSize:
        return QSize(COLUMNS * 175 + (COLUMNS - 1) * GAP, self.minimumHeight())

    def _draw(self) -> None:
        for tile in self._tiles:
            tile.draw()

    def _add(self, template: Template, *, first: bool = False) -> SkeletonTile:
        tile = SkeletonTile(template, self)
        tile.toggled.connect(lambda is_on, tile=tile: self._on_toggled(tile, is_on))
        self._tiles.insert(0 if first else len(self._tiles), tile)
        return tile

    def _on_toggled(self, tile: SkeletonTile, is_on: bool) -> None:
        if not is_on:
            return
        for other in self._tiles:
            if other is not tile:
                other.setChecked(False)
        self._set_tab_stop()
        self.chosen.emit(tile.template.skeleton)

    def _settle(self) -> None:
        """Lay out what is on show, and keep one tile of it in reach of Tab."""
        lowest = _LOWEST + 2 * (scaled(18) - 18)
        rows = -(-(len(self._tiles) + 1) // COLUMNS)
        self.setMinimumSize(COLUMNS * _NARROWEST + (COLUMNS - 1) * GAP, rows * lowest + (rows - 1) * GAP)
        self._set_tab_stop()
        self._place()

    def _place(self) -> None:
        width = (self.width() - (COLUMNS - 1) * GAP) / COLUMNS
        rows = max(2, -(-(len(self._tiles) + 1) // COLUMNS))
        height = min((self.height() - (rows - 1) * GAP) // rows, _HIGHEST)
        for k, tile in enumerate(self.tiles):
            row, column = divmod(k, COLUMNS)
            left, right = round(column * (width + GAP)), round(column * (width + GAP) + width)
            tile.setGeometry(left, row * (height + GAP), right - left, height)
            if k:
                self.setTabOrder(self.tiles[k - 1], tile)

    def _set_tab_stop(self) -> None:
        entry = self._entry()
        for tile in (*self._tiles, self._new):
            in_reach = tile is entry or tile is self._new
            tile.setFocusPolicy(Qt.FocusPolicy.StrongFocus if in_reach else Qt.FocusPolicy.ClickFocus)

    def _entry(self) -> _Tile:
        checked = self._checked()
        return checked if checked is not None and not checked.isHidden() else self.tiles[0]

    def _checked(self) -> SkeletonTile | None:
        return next((tile for tile in self._tiles if tile.isChecked()), None)
