"""The poses drawn over thumbnails: limbs of what is labeled, read one frame at a time between other events."""

from collections import OrderedDict
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, QRectF, QTimer, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPen

from annotator.errors import AnnotatorError
from annotator.model.frame import FrameContent, FrameKey
from annotator.model.sides import Side, limb_sides
from annotator.session.settings import SideColours
from annotator.store.project import Project
from annotator.ui.theme import SIDES, Sides

_KEPT: Final = 500
_MOST_INSTANCES: Final = 40
"""Of a crowd only the first are drawn: more would not be seen at this size."""

Limbs = dict[Side, QPainterPath]


class FramePoses(QObject):
    """Paths in units of the thumbnail's width, by frame."""

    ready = Signal(object)
    """The frame whose poses can be painted now."""

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._sides = SIDES[SideColours.OKABE_ITO]
        self._drawn: OrderedDict[FrameKey, tuple[FrameContent, Limbs]] = OrderedDict()
        self._stale: set[FrameKey] = set()
        self._wanted: list[FrameKey] = []
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._read_one)

    def set_sides(self, sides: Sides) -> None:
        self._sides = sides

    def paint(self, painter: QPainter, rect: QRectF, key: FrameKey) -> None:
        """Paint the limbs of a frame's instances into its thumbnail, now or as soon as they are read."""
        drawn = self._drawn.get(key)
        if (drawn is None or key in self._stale) and key not in self._wanted:
            self._wanted.append(key)
            self._timer.start()
        if drawn is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(rect)
        painter.translate(rect.topLeft())
        painter.scale(rect.width(), rect.width())
        for side, path in drawn[1].items():
            painter.strokePath(path, QPen(self._sides.color(side), 1.5 / rect.width()))
        painter.restore()

    def check(self, key: FrameKey) -> None:
        """Look at a frame again when it is painted next; until then what was drawn stays."""
        self._stale.add(key)

    def check_all(self) -> None:
        self._stale.update(self._drawn)

    def _read_one(self) -> None:
        if not self._wanted:
            self._timer.stop()
            return
        key = self._wanted.pop()  # the newest: it is on show
        self._stale.discard(key)
        try:
            content = self._project.content(key)
        except AnnotatorError:
            return  # removed meanwhile
        drawn = self._drawn.get(key)
        if drawn is not None and drawn[0] is content:
            return
        self._drawn[key] = (content, self._limbs_of(content))
        if len(self._drawn) > _KEPT:
            self._stale.discard(self._drawn.popitem(last=False)[0])
        self.ready.emit(key)

    def _limbs_of(self, content: FrameContent) -> Limbs:
        limbs = {side: QPainterPath() for side in Side}
        frame = content.frame
        if not frame.width or not frame.height:
            return limbs
        # A thumbnail fills 64 x 44 and is cut at its centre.
        scale = max(1 / frame.width, 44 / 64 / frame.height)
        shift = (0.5 - frame.width * scale / 2, 44 / 64 / 2 - frame.height * scale / 2)
        for instance in content.instances[:_MOST_INSTANCES]:
            skeleton = self._project.skeletons.get(instance.skeleton_id)
            if skeleton is None:
                continue
            placed = np.where(instance.located[:, None], instance.points * scale + shift, np.nan).tolist()
            for (a, b), side in zip(skeleton.edge_indices, limb_sides(skeleton), strict=True):
                (ax, ay), (bx, by) = placed[a], placed[b]
                if ax == ax and bx == bx:  # neither is NaN
                    limbs[side].moveTo(ax, ay)
                    limbs[side].lineTo(bx, by)
        return limbs
