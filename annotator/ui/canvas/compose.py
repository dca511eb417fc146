"""Turn a scene into the items of the live layer: what is drawn over the cached frame, and where."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PySide6.QtGui import QColor

from annotator.model.instance import Box, Instance, Prediction, Visibility
from annotator.model.skeleton import Skeleton
from annotator.session.figures import Batch, Owner, batch_of, moved_batch
from annotator.session.scene import Target, Tool
from annotator.ui.canvas.items import Items
from annotator.ui.canvas.live import Item
from annotator.ui.canvas.painter import FigurePainter
from annotator.ui.canvas.pills import Pills
from annotator.ui.canvas.shot import Shot, box_of, place_of
from annotator.ui.canvas.styles import SELECTED, Density, Size
from annotator.ui.canvas.texts import Texts

_SHADOW = replace(SELECTED, opacity=0.35)
_HOVERED_IN_CROWD = Density(Size.OTHER, 2, 1.75, opacity=1.0)
_BAND_FILL = QColor(255, 255, 255, 20)
_SMALLEST_BOX_SCREEN_PX = 4.0
_KEPT_BATCHES = 8


class Composer:
    """Makes the items for one screen, and remembers what is dear to compute."""

    def __init__(self, figure_painter: FigurePainter, pills: Pills) -> None:
        self._items = Items(figure_painter)
        self._texts = Texts(pills)
        self._batches: dict[tuple[object, ...], Batch | None] = {}
        self._last: Batch | None = None

    def compose(self, shot: Shot) -> list[Item]:
        """Return the items of a scene, lowest first."""
        return [
            *self.poses(shot),
            *self._marks(shot),
            *self._texts.compose(shot),
            *self._aim(shot),
        ]

    def poses(self, shot: Shot) -> list[Item]:
        """Return the poses alone, as the loupe shows them."""
        return [*self._poses(shot), *self._expected(shot)]

    def _poses(self, shot: Shot) -> Iterator[Item]:
        scene = shot.scene
        if scene.shadow is not None:
            yield from self._pose(shot, scene.shadow, _SHADOW, "shadow")
        live, hovered = shot.live, shot.hovered
        if hovered is not None and hovered not in live and shot.density.size is Size.TINY:
            yield from self._pose(shot, hovered, _HOVERED_IN_CROWD, "hovered")
        for owner in live:
            box = box_of(owner)
            if box is not None and scene.box is None and _is_large(box, shot):
                yield self._items.box(
                    box,
                    shot.projection,
                    dashed=isinstance(owner, Prediction),
                    handles=isinstance(owner, Instance) and owner.id == scene.selected,
                )
            yield from self._pose(shot, owner, SELECTED, "pose")

    def _pose(self, shot: Shot, owner: Owner, density: Density, name: str) -> list[Item]:
        batch = self._batch(shot, owner)
        return [] if batch is None else self._items.pose(batch, shot.projection, density, name)

    def _batch(self, shot: Shot, owner: Owner) -> Batch | None:
        scene, linked = shot.scene, None
        if isinstance(owner, Prediction) and owner.instance_id is not None:
            linked = shot.owner(owner.instance_id)
        key = (owner, linked, scene.threshold, scene.skeletons.get(owner.skeleton_id))
        if key not in self._batches:
            if len(self._batches) >= _KEPT_BATCHES:
                self._batches.clear()
            self._batches[key] = self._new_batch(shot, owner, linked)
        return self._batches[key]

    def _new_batch(self, shot: Shot, owner: Owner, linked: Owner | None) -> Batch | None:
        scene, batch = shot.scene, None
        if isinstance(owner, Instance) and self._last is not None:
            is_same = self._last.skeleton is scene.skeletons.get(owner.skeleton_id)
            batch = moved_batch(self._last, owner) if is_same else None
        if batch is None:
            owners = {} if linked is None else {linked.id: linked}
            batch = batch_of(owner, owners, scene.skeletons, scene.threshold)
        if isinstance(owner, Instance):
            self._last = batch
        return batch

    def _expected(self, shot: Shot) -> Iterator[Item]:
        """The ghosts, and the line from the next keypoint's parent to the pointer."""
        scene, projection, owner = shot.scene, shot.projection, shot.selected
        if not isinstance(owner, Instance) or owner.skeleton_id not in scene.skeletons:
            return
        skeleton = scene.skeletons[owner.skeleton_id]
        if scene.box is not None:
            template = np.where((owner.visibility == Visibility.UNLABELED)[:, None], owner.points, np.nan)
            yield from self._items.ghost(skeleton, template, None, projection, with_limbs=True)
        elif scene.next_k is not None:
            if scene.ghost is not None:
                yield from self._items.ghost(skeleton, scene.ghost, scene.next_k, projection, with_limbs=False)
            parent = _placed_neighbour(skeleton, owner, scene.next_k)
            if scene.pointer is not None and parent is not None and not owner.located[scene.next_k]:
                yield self._items.ghost_limb(parent, scene.pointer, projection)

    def _marks(self, shot: Shot) -> Iterator[Item]:
        """Rings, focus, highlights, the box and the band that are being drawn."""
        scene, projection, selected = shot.scene, shot.projection, shot.selected
        if scene.hovered is not None and shot.hovered is not None:
            yield from self._highlight(shot, scene.hovered, shot.hovered)
        if selected is not None:
            places = [place_of(selected, k) for k in sorted(scene.keypoints)]
            yield from (self._items.ring(xy, projection, ticks=True) for xy in places if xy is not None)
            focus = None if scene.focused_k is None else place_of(selected, scene.focused_k)
            if focus is not None:
                yield self._items.focus(focus, shot.accent, projection)
        if shot.pulse is not None:
            yield self._items.pulse(shot.pulse, projection)
        if scene.box is not None:
            yield self._items.box(scene.box, projection, dashed=True, handles=False)
        if scene.band is not None:
            yield self._items.box(scene.band, projection, dashed=True, handles=False, fill=_BAND_FILL)

    def _highlight(self, shot: Shot, target: Target, owner: Owner) -> Iterator[Item]:
        if target.k is not None:
            xy = place_of(owner, target.k)
            has_ring = owner.id == shot.scene.selected and target.k in shot.scene.keypoints
            if xy is not None and not has_ring:
                yield self._items.ring(xy, shot.projection, ticks=False)
        elif target.limb is not None and owner.skeleton_id in shot.scene.skeletons:
            a, b = shot.scene.skeletons[owner.skeleton_id].edge_indices[target.limb]
            start, end = place_of(owner, a), place_of(owner, b)
            if start is not None and end is not None:
                yield self._items.limb(start, end, shot.projection)

    def _aim(self, shot: Shot) -> Iterator[Item]:
        if shot.scene.pointer is not None and shot.scene.tool in (Tool.PLACE, Tool.BOX):
            yield self._items.cross(shot.scene.pointer, shot.projection)


def _is_large(box: Box, shot: Shot) -> bool:
    return max(box[2:]) * shot.projection.screen_scale >= _SMALLEST_BOX_SCREEN_PX


def _placed_neighbour(skeleton: Skeleton, instance: Instance, k: int) -> tuple[float, float] | None:
    """Return the position of the parent of a keypoint, or of another located keypoint that it is joined to."""
    parent = skeleton.keypoints[k].parent
    joined = [skeleton.index(parent)] if parent else []
    joined += [a if b == k else b for a, b in skeleton.edge_indices if k in (a, b)]
    places = (place_of(instance, j) for j in joined)
    return next((place for place in places if place is not None), None)
