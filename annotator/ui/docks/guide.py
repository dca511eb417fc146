"""The guide panel: which keypoint is next, whose side it is on, and the keys that decide it."""

from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from annotator.session import deciding
from annotator.session.commands.registry import attempt, commands, run
from annotator.session.session import Session
from annotator.ui.docks.guide_figure import GuideFigure
from annotator.ui.docks.guide_words import GuideWords, Hint, guide_words
from annotator.ui.docks.rows import Follower
from annotator.ui.theme import CAPTION, RADIUS_CAP, SMALL, Sides, fill_with, scaled, theme_of
from annotator.ui.widgets.buttons import IconButton
from annotator.ui.widgets.labels import PlainLabel, SectionHead, set_tooltip
from annotator.ui.widgets.paint import paint_box, paint_text, text_width

HEIGHT: Final = 172
_TITLE: Final = 17
_HINT: Final = 22
_CAP: Final = 18


class GuidePanel(QWidget):
    """Figure and words; both follow the selection.

    Attributes:
        head: stands over it, where whoever holds the panel puts it.
    """

    def __init__(self, session: Session, sides: Sides, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        close = IconButton("panel-right-close", "Close this dock", commands()["view.right"].keys[0], edge=24)
        close.clicked.connect(lambda: run(session, "view.right"))
        self.head = SectionHead("Guide", "", close)
        self.head.setContentsMargins(12, 0, 12, 0)
        self.figure = GuideFigure(session, sides)
        self.figure.setFixedWidth(118)
        self.figure.keypoint_clicked.connect(self._on_keypoint_clicked)
        self._caption = PlainLabel("", "text2", pixels=CAPTION)
        self._title = PlainLabel("", pixels=_TITLE, weight=600)
        self._line = PlainLabel("", "text2", pixels=CAPTION)
        self._hints = _Hints()
        self._build()
        Follower(self, session.selection_changed, self._on_selection_changed)
        Follower(self, session.frame_changed, self._on_selection_changed)
        self.refresh()

    @property
    def words(self) -> GuideWords:
        """What the panel says."""
        return self._words

    def refresh(self) -> None:
        """Show the session as it is."""
        words = self._words = guide_words(self._session)
        skeleton = self._session.skeleton
        self.head.set_count(f"{skeleton.name} {len(skeleton.placeable)}" if skeleton is not None else "")
        self._caption.setText(words.caption)
        self._title.setText(words.title)
        self._line.setText(words.line)
        self._hints.set_hints(words.hints)
        self.figure.set_focus_on(words.k)
        set_tooltip(self._said, f"{words.title}\n{words.where}" if words.where else "")
        self._said.setAccessibleName(words.spoken)

    def set_sides(self, sides: Sides) -> None:
        """Draw left and right in these colours."""
        self.figure.set_sides(sides)

    def _build(self) -> None:
        fill_with(self, "panel")
        self.setAccessibleName("Guide")
        self._said = QWidget()
        said = QVBoxLayout(self._said)
        said.setContentsMargins(0, 12, 0, 4)
        said.setSpacing(4)
        said.addWidget(self._caption)
        said.addWidget(self._title)
        said.addWidget(self._line)
        said.addSpacing(6)
        said.addWidget(self._hints)
        said.addStretch(1)
        body = QHBoxLayout()
        body.setContentsMargins(12, 0, 12, 0)
        body.setSpacing(11)
        body.addWidget(self.figure)
        body.addWidget(self._said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(body)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(312, scaled(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def _on_selection_changed(self, _: object) -> None:
        self.refresh()

    def _on_keypoint_clicked(self, k: int) -> None:
        attempt(self._session, lambda: deciding.jump_to_keypoint(self._session, k))


class _Hints(QWidget):
    """Keys and what they do, one below the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hints: tuple[Hint, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_hints(self, hints: tuple[Hint, ...]) -> None:
        if hints != self._hints:
            self._hints = hints
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 4 * scaled(_HINT))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            for number, (key, what) in enumerate(self._hints):
                cap = QRectF(0, number * scaled(_HINT), text_width(key, SMALL, 600) + 10, scaled(_CAP))
                paint_box(painter, cap, RADIUS_CAP, theme.raised, theme.line2)
                paint_text(painter, cap, key, theme.text, SMALL, 600, Qt.AlignmentFlag.AlignCenter)
                room = QRectF(cap.right() + 7, cap.y(), self.width() - cap.right() - 7, cap.height())
                paint_text(painter, room, what, theme.text2, CAPTION)
