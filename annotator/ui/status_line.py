"""The status line: where the pointer is, what the arrows do, the policy; the running job; whether all is saved."""

from datetime import datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from annotator.jobs import Progress
from annotator.store.writer import SaveKind, SaveState
from annotator.ui.theme import CAPTION, fill_with, theme_of
from annotator.ui.widgets.buttons import IconButton
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.surfaces import IconLabel, ProgressBar

HEIGHT = 28
SAVING_SHOWN_AFTER_MS = 1000


class StatusLine(QWidget):
    """One line at the foot of the window.

    Attributes:
        cancel_pressed: the person wants the running job to stop.
        save_pressed: the person pressed the state of saving: try again when it failed.
    """

    cancel_pressed = Signal()
    save_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        fill_with(self, "panel")
        self._pointer = self._label(96)
        self._zoom = self._label(44)
        self._arrows = self._label(0)
        self._policy = PlainLabel("", "text2", pixels=CAPTION)
        self._policy.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._job = PlainLabel("", "text2", pixels=CAPTION)
        self._bar = ProgressBar()
        self._bar.setFixedWidth(92)
        self._left = PlainLabel("", "text2", pixels=CAPTION)
        self._cancel = IconButton("x", "Stop the running job", edge=20, icon_size=12)
        self._cancel.clicked.connect(self.cancel_pressed)
        self._save_icon = IconLabel("check", "ok")
        self._save = PlainLabel("Saved", "text2", pixels=CAPTION)
        self._late = QTimer(self, singleShot=True, interval=SAVING_SHOWN_AFTER_MS)
        self._late.timeout.connect(self._show_saving)
        self._lay_out()
        self.end_job()

    def show_pointer(self, xy: tuple[float, float] | None) -> None:
        self._pointer.setText("" if xy is None else f"{xy[0]:.1f}, {xy[1]:.1f} px")

    def show_zoom(self, scale: float) -> None:
        self._zoom.setText(f"{scale * 100:.0f} %")

    def show_arrows(self, text: str) -> None:
        """Say what the arrow keys do now."""
        self._arrows.setText(text)

    def show_policy(self, text: str) -> None:
        self._policy.setText(text)

    def show_job(self, title: str, progress: Progress) -> None:
        """Show the running job: how far, and how long still."""
        count = f" {progress.done:,} of {progress.total:,}" if progress.total > 1 else ""
        words = title if str(progress.total) in title.replace(",", "") else title + count
        self._job.setText(f"{words.rstrip('.…')}" if not count else f"{title.split(' ')[0]}{count}")
        self._bar.set_fraction(progress.fraction)
        self._left.setText(time_left(progress.seconds_left))
        for widget in (self._job, self._bar, self._left, self._cancel):
            widget.show()

    def end_job(self) -> None:
        for widget in (self._job, self._bar, self._left, self._cancel):
            widget.hide()

    def show_save_state(self, state: SaveState) -> None:
        """Say whether everything is on disk."""
        if state.kind is SaveKind.SAVING:
            if not self._late.isActive():
                self._late.start()
            return
        self._late.stop()
        failed = state.kind is SaveKind.FAILED
        self._save_icon.set_icon("save-off" if failed else "check", "bad" if failed else "ok")
        at = datetime.fromtimestamp(state.at).strftime(" %H:%M:%S") if state.at else ""
        self._save.setText("Not saved" if failed else f"Saved{at}")
        self._save.set_role("bad" if failed else "text2")

    def show_read_only(self) -> None:
        """Say, for as long as the project is open, that nothing is saved."""
        self._late.stop()
        self._save_icon.set_icon("lock", "warn")
        self._save.setText("Reading only")
        self._save.set_role("warn")

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(0, 0, self.width(), 1, theme_of(self).line)

    def _show_saving(self) -> None:
        self._save_icon.set_icon("loader", "text2")
        self._save.setText("Saving…")

    def _label(self, width: int) -> PlainLabel:
        label = PlainLabel("", "text2", pixels=CAPTION)
        if width:
            label.setMinimumWidth(width)
        return label

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 1, 12, 0)
        row.setSpacing(16)
        for widget in (self._pointer, self._zoom, self._arrows, self._policy):
            row.addWidget(widget)
        row.setStretch(3, 1)
        for part in (self._job, self._bar, self._left, self._cancel):
            row.addWidget(part)
        saved = QHBoxLayout()
        saved.setSpacing(6)
        saved.addWidget(self._save_icon)
        saved.addWidget(self._save)
        row.addLayout(saved)


def time_left(seconds: float | None) -> str:
    """Return "2 min left"; "" while it is unknown."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{max(round(seconds), 1)} s left"
    return f"{round(seconds / 60)} min left"
