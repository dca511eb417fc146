"""What stands behind the canvas widget: the scene, the cached frame and the live layer, kept in step.

All rectangles are device pixels of the canvas.
"""

from dataclasses import replace

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QColor, QPainter, QRegion

from annotator.model.instance import Box, Instance
from annotator.session.figures import FrameFigures
from annotator.session.scene import Scene
from annotator.session.view import View
from annotator.ui.canvas.compose import Composer
from annotator.ui.canvas.content import Content
from annotator.ui.canvas.frame_cache import FrameCache
from annotator.ui.canvas.live import LiveLayer
from annotator.ui.canvas.painter import FigurePainter
from annotator.ui.canvas.painting import rects_of
from annotator.ui.canvas.picture import DisplayPicture
from annotator.ui.canvas.pills import Pills
from annotator.ui.canvas.projection import Projection
from annotator.ui.canvas.resting import Resting
from annotator.ui.canvas.shot import Shot, box_of
from annotator.ui.canvas.styles import density_for
from annotator.ui.theme import Sides

_MANY_CHANGES = 64


class Stage:
    """Takes scenes, views and pictures; says which region each of them changes; paints it.

    Args:
        background: around the picture.
        accent: of the keyboard focus.
    """

    def __init__(self, background: QColor, accent: QColor, sides: Sides) -> None:
        self.scene = Scene()
        self.picture: DisplayPicture | None = None
        self.callout_opacity = 1.0
        self.pulse: tuple[float, float] | None = None
        self.is_hurried = False
        self._background, self._accent, self._sides = background, accent, sides
        self._figures = FrameFigures((), (), {})
        self._seen: tuple[object, ...] = ()
        self._projection = Projection(1.0, 0.0, 0.0)
        self._size = QSize(1, 1)
        self._live = LiveLayer()
        self._make_tools(1.0)

    def _make_tools(self, ratio: float) -> None:
        self._figure_painter = FigurePainter(ratio, self._sides)
        self._composer = Composer(self._figure_painter, Pills(ratio, self._sides))
        self._resting = Resting(self._figures, frozenset(), density_for(0))
        self._frame = FrameCache(self._content())

    def _content(self) -> Content:
        resting = self._resting if self._has_overlays else None
        return Content(self.picture, resting, self._figure_painter, self._background)

    @property
    def _has_overlays(self) -> bool:
        """Labels are drawn: never without the picture that they belong to."""
        return self.scene.overlays and self.picture is not None

    @property
    def everything(self) -> QRegion:
        return QRegion(QRect(QPoint(), self._size))

    @property
    def ratio(self) -> float:
        """Device pixels per screen pixel."""
        return self._projection.ratio

    @property
    def is_fresh(self) -> bool:
        """Everything in the cached frame is as it should be."""
        return self._frame.is_fresh

    @property
    def selected_box(self) -> Box | None:
        """The box of the selected instance, whose handles can be dragged."""
        selected = self._shot().selected
        return box_of(selected) if isinstance(selected, Instance) and self._has_overlays else None

    # What changes --------------------------------------------------------------------------------------------

    def dress(self, background: QColor, accent: QColor, sides: Sides) -> QRegion:
        """Wear other colours."""
        self._background, self._accent, self._sides = background, accent, sides
        ratio = self._projection.ratio
        self._seen = ()
        self._make_tools(ratio)
        self._frame.show(self._projection, self._size)
        self.set_scene(self.scene)
        return self.everything

    def set_view(self, view: View, ratio: float, size: QSize) -> QRegion:
        """Show another part of the picture; the view must lie on whole device pixels."""
        projection = Projection.of(view, ratio)
        if ratio != self._figure_painter.pens.ratio:
            self._seen = ()
            self._make_tools(ratio)
            self.set_scene(self.scene)
        self._projection, self._size = projection, size
        self._frame.show(projection, size)
        self.recompose()
        return self.everything

    def set_picture(self, picture: DisplayPicture | None) -> QRegion:
        self.picture = picture
        self._frame.set_content(self._content())
        self._frame.clear()
        self.recompose()
        return self.everything

    def set_scene(self, scene: Scene) -> QRegion:
        """Show another scene; return the region that differs."""
        before = self.scene
        self.scene = scene
        self._follow_content(before, scene)
        if before.overlays != scene.overlays:
            self._frame.set_content(self._content())
            self._frame.mark_stale()
        resting = self._follow_resting(scene)
        live = self.recompose()
        return self.everything if before.overlays != scene.overlays else resting + live

    def recompose(self) -> QRegion:
        """Bring the live layer up to date, for other `callout_opacity`, `pulse` or `is_hurried`; return the region."""
        return self._live.replace(self._composer.compose(self._shot()) if self._has_overlays else ())

    def _follow_content(self, before: Scene, scene: Scene) -> None:
        """Keep the figures in step with instances and predictions."""
        drafted = scene.drafted
        instances = scene.instances
        stored = self._figures.owners.get(drafted.id) if drafted is not None else None
        if isinstance(stored, Instance):
            # What was stored stays in the arrays, unpainted, until the gesture ends.
            instances = (*instances, stored)
        seen = (instances, scene.predictions)
        is_same_frame = (
            scene.frame == before.frame and scene.skeletons == before.skeletons and scene.threshold == before.threshold
        )
        if not is_same_frame or not self._seen:
            self._figures = FrameFigures(instances, scene.predictions, scene.skeletons, scene.threshold)
        elif seen != self._seen:
            self._figures = self._figures.updated(instances, scene.predictions)
        self._seen = seen

    def _follow_resting(self, scene: Scene) -> QRegion:
        """Keep the cached frame in step; return what changed on the screen."""
        live = self._shot().live
        excluded = scene.hidden | {owner.id for owner in live}
        owners = self._figures.owners
        count = len(owners) + sum(owner.id not in owners for owner in live)
        count -= sum(id_ in owners for id_ in scene.hidden)
        before, after = self._resting, Resting(self._figures, excluded, density_for(count))
        if after.figures is before.figures and excluded == before.excluded and after.density == before.density:
            return QRegion()
        self._resting = after
        changed = before.excluded ^ excluded
        if after.figures is not before.figures:
            changed |= after.figures.changed_since(before.figures) - (before.excluded & excluded)
        self._frame.set_content(self._content())
        if after.density != before.density or len(changed) > _MANY_CHANGES:
            self._frame.mark_stale()
            return self.everything
        region = QRegion()
        for id_ in changed:
            for resting in (before, after):
                rect = resting.rect(id_, self._projection)
                if not rect.isEmpty():
                    region += rect
        for rect in rects_of(region):
            self._frame.patch(rect)
        return region

    def _shot(self) -> Shot:
        return Shot(
            self.scene,
            self._figures,
            self._projection,
            (self._size.width(), self._size.height()),
            self._resting.density,
            self._accent,
            self.callout_opacity,
            self.pulse,
            self.is_hurried,
        )

    # Painting ------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, region: QRegion) -> None:
        """Paint a region with a painter in device pixels."""
        self._frame.prepare()
        for rect in rects_of(region):
            self._frame.blit(painter, rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._live.paint(painter, region)

    def refine(self, seconds: float) -> QRegion:
        """Spend some idle time on the cached frame; return what became better."""
        return self._frame.refine(seconds)

    def finish(self) -> None:
        """Bring the cached frame up to date, however long it takes."""
        self._frame.finish()

    def paint_around(self, painter: QPainter, projection: Projection, area: QRect) -> None:
        """Paint picture and poses anew under another projection, for the loupe."""
        self._content().paint(painter, projection, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shot = replace(self._shot(), projection=projection)
        for item in self._composer.poses(shot) if self._has_overlays else ():
            item.paint(painter)
