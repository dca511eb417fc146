"""Items of text: the guide's callout, tags of instances, names of keypoints, the caption of a drag."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QPainter, QPixmap

from annotator.model.instance import Instance, Points, Prediction
from annotator.model.skeleton import Skeleton
from annotator.session.figures import Owner
from annotator.session.scene import Labels
from annotator.ui.canvas.live import Item
from annotator.ui.canvas.pills import Pills, Run
from annotator.ui.canvas.placement import Rect, place_callout, place_labels
from annotator.ui.canvas.shot import Shot, box_of, finite, place_of, places_of, tight_box_of

_ALL_LABELS_FROM_SCREEN_PX = 34.0
_LABELED_KEYPOINTS = 3
"""When more keypoints are selected their names would only cover each other."""

_TAG_GAP_SCREEN_PX = 4
_CAPTION_GAP_SCREEN_PX = 8
_NO_POINTS: Points = np.empty((0, 2))


class Texts:
    """Makes the items of text for one screen."""

    def __init__(self, pills: Pills) -> None:
        self._pills = pills
        self._numbers: dict[int, int] = {}
        self._numbered: tuple[object, ...] = ()

    def compose(self, shot: Shot) -> list[Item]:
        """Return all text of a scene; what matters most takes its place first and is painted last."""
        callout = list(self._callout(shot))
        tags = list(self._tags(shot))
        rects = [item.rect for item in (*callout, *tags)]
        taken = [(rect.x(), rect.y(), rect.width(), rect.height()) for rect in rects]
        labels = [] if shot.is_hurried else self._labels(shot, taken)
        return [*tags, *labels, *self._caption(shot), *callout]

    def _callout(self, shot: Shot) -> Iterator[Item]:
        scene, projection, selected = shot.scene, shot.projection, shot.selected
        if scene.callout is None or scene.pointer is None:
            return
        pixmap = self._pills.callout(scene.callout)
        box = None if selected is None else box_of(selected)
        centre = (shot.screen[0] / 2, shot.screen[1] / 2)
        if box is not None:
            centre = projection.point((box[0] + box[2] / 2, box[1] + box[3] / 2))
        ghost = _NO_POINTS if scene.ghost is None else scene.ghost[np.isfinite(scene.ghost).all(axis=1)]
        corner = place_callout(
            projection.point(scene.pointer),
            (pixmap.width(), pixmap.height()),
            centre,
            projection.points(ghost),
            shot.screen,
            projection.ratio,
        )
        yield _card(("callout", scene.callout, shot.callout_opacity), corner, pixmap, shot.callout_opacity)

    def _tags(self, shot: Shot) -> Iterator[Item]:
        """Number, class and state of instances, above the top left corner of their box."""
        scene, scale = shot.scene, shot.projection.screen_scale
        live = shot.live
        shown = list(live)
        if shot.density.tags_from_height < float("inf"):
            live_ids = {owner.id for owner in live}
            others: list[Owner] = [*scene.instances, *scene.predictions]
            shown += [other for other in others if other.id not in live_ids and other.id not in scene.hidden]
        numbers = self._numbers_of(shot)
        for owner in shown:
            is_live = owner in live
            box = box_of(owner) if is_live or isinstance(owner, Prediction) else tight_box_of(owner)
            skeleton = scene.skeletons.get(owner.skeleton_id)
            if box is None or skeleton is None:
                continue
            if not is_live and box[3] * scale < shot.density.tags_from_height:
                continue
            runs = _tag(numbers[owner.id], owner, skeleton, owner.id == scene.selected)
            pixmap = self._pills.tag(runs)
            corner = _tag_corner(shot, shot.projection.box(box), pixmap)
            if corner is not None:
                yield _card(("tag", runs), corner, pixmap)

    def _numbers_of(self, shot: Shot) -> dict[int, int]:
        """Return the number of each instance, in order of creation, then of each prediction."""
        scene = shot.scene
        drafted = () if scene.drafted is None else (scene.drafted.id,)
        seen = (scene.instances, scene.predictions, drafted)
        if seen != self._numbered:
            ids = sorted({*(instance.id for instance in scene.instances), *drafted})
            ids += [prediction.id for prediction in scene.predictions]
            self._numbers = {id_: number for number, id_ in enumerate(ids, 1)}
            self._numbered = seen
        return self._numbers

    def _labels(self, shot: Shot, taken: Sequence[Rect]) -> list[Item]:
        scene, projection, selected = shot.scene, shot.projection, shot.selected
        pixmaps, anchors = [], []
        for owner, k in dict.fromkeys(_wanted_labels(shot)):
            skeleton = scene.skeletons.get(owner.skeleton_id)
            xy = place_of(owner, k)
            if xy is None and scene.ghost is not None and k == scene.next_k:
                xy = finite(scene.ghost[k])
            if xy is not None and skeleton is not None:
                pixmaps.append(self._pills.label(skeleton.keypoints[k].name, skeleton.keypoints[k].side))
                anchors.append(projection.point(xy))
        if not pixmaps:
            return []
        is_hovered = scene.hovered is not None and scene.hovered.k is not None
        places = place_labels(
            np.array(anchors),
            np.array([(pixmap.width(), pixmap.height()) for pixmap in pixmaps], float),
            _NO_POINTS if selected is None else projection.points(places_of(selected)),
            taken,
            shot.screen,
            projection.ratio,
            forced=0 if is_hovered else None,
        )
        return [
            _card(("label", pixmap.cacheKey()), place, pixmap)
            for place, pixmap in zip(places, pixmaps, strict=True)
            if place is not None
        ]

    def _caption(self, shot: Shot) -> Iterator[Item]:
        scene = shot.scene
        box = scene.box or scene.band
        if box is None and scene.drafted is not None:
            box = box_of(scene.drafted)
        if not scene.caption or box is None:
            return
        pixmap = self._pills.tag(((scene.caption, 500),))
        x, y, width, height = shot.projection.box(box)
        left = x + width + _CAPTION_GAP_SCREEN_PX * shot.projection.ratio
        left = min(max(left, 0), shot.screen[0] - pixmap.width())
        top = min(max(y + height - pixmap.height(), 0), shot.screen[1] - pixmap.height())
        yield _card(("caption", scene.caption), (left, top), pixmap)


def _wanted_labels(shot: Shot) -> Iterator[tuple[Owner, int]]:
    """Yield the keypoints to name, most important first."""
    scene, selected, hovered = shot.scene, shot.selected, shot.hovered
    if scene.labels is Labels.NONE:
        return
    if hovered is not None and scene.hovered is not None and scene.hovered.k is not None:
        yield hovered, scene.hovered.k
    if selected is None:
        return
    if len(scene.keypoints) <= _LABELED_KEYPOINTS:
        yield from ((selected, k) for k in sorted(scene.keypoints))
    if scene.next_k is not None and scene.callout is None:
        yield selected, scene.next_k
    if scene.labels is Labels.ALL:
        spacing = _spacing(places_of(selected)) * shot.projection.screen_scale
        if spacing > _ALL_LABELS_FROM_SCREEN_PX:
            yield from ((selected, k) for k in range(len(selected.points)) if place_of(selected, k) is not None)


def _tag(number: int, owner: Owner, skeleton: Skeleton, is_selected: bool) -> tuple[Run, ...]:
    if isinstance(owner, Instance):
        return (str(number), 600), (skeleton.name, 600), (f"{owner.decided_count} of {len(skeleton.placeable)}", 500)
    hints: tuple[Run, ...] = (("Space accept", 500), ("Del reject", 500)) if is_selected else ()
    return (str(number), 600), (f"predicted {owner.score:.2f}", 500), *hints


def _tag_corner(shot: Shot, box: Rect, pixmap: QPixmap) -> tuple[float, float] | None:
    """Return where a tag goes: above the box, below it where that is off the screen; None if the box is off it."""
    x, y, width, height = box
    if x > shot.screen[0] or y > shot.screen[1] or x + width < 0 or y + height < 0:
        return None
    gap = _TAG_GAP_SCREEN_PX * shot.projection.ratio
    top = y - pixmap.height() - gap
    if top < 0:
        top = min(y + height + gap, shot.screen[1] - pixmap.height() - gap)
    return min(max(x, 0.0), shot.screen[0] - pixmap.width()), top


def _spacing(points: Points) -> float:
    """Return the mean distance of points to their nearest neighbour, image pixels."""
    if len(points) < 2:
        return 0.0
    distances = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
    np.fill_diagonal(distances, np.inf)
    return float(distances.min(axis=1).mean())


def _card(key: tuple[object, ...], corner: tuple[float, float], pixmap: QPixmap, opacity: float = 1.0) -> Item:
    at = QPoint(round(corner[0]), round(corner[1]))
    return Item(key, QRect(at, pixmap.size()), partial(_paint_card, at=at, pixmap=pixmap, opacity=opacity))


def _paint_card(painter: QPainter, at: QPoint, pixmap: QPixmap, opacity: float) -> None:
    painter.setOpacity(opacity)
    painter.drawPixmap(at, pixmap)
    painter.setOpacity(1.0)
