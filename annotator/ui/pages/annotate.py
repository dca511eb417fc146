"""The Annotate page: docks, tools, canvas and status line around one session."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from annotator.model.frame import FrameKey
from annotator.session.commands.registry import attempt, commands, run
from annotator.session.gestures.contract import Pointer
from annotator.session.messages import Message, MessageKind
from annotator.session.pointing import Pointing
from annotator.session.scene import Tool
from annotator.session.session import Ask, Session
from annotator.session.settings import PageLayout, SideColours
from annotator.session.view import View
from annotator.store.writer import SaveKind, SaveState
from annotator.ui.areas import step_area
from annotator.ui.bridge import Bridge
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.loupe import LoupeMode
from annotator.ui.docks.docking import Dock, Docking
from annotator.ui.docks.frames import FramesDock
from annotator.ui.docks.right import RightDock
from annotator.ui.file_bar import FileBar, ViewBar
from annotator.ui.job_runner import JobRunner
from annotator.ui.keys import Keys
from annotator.ui.model_jobs import ModelJobs
from annotator.ui.pages.ground import PictureGround
from annotator.ui.status_line import StatusLine
from annotator.ui.theme import SIDES, theme_of
from annotator.ui.thumbnails import ThumbnailLoader
from annotator.ui.tool_rail import ToolRail
from annotator.ui.top_bar import TopBar
from annotator.ui.widgets.message import MessageBar

FLOAT = 12
DOUBLE_PRESS_S = 0.35


class AnnotatePage(QWidget):
    """One project on the screen.

    Attributes:
        name: under which its layout is remembered.
        asked: a command needs a dialog or another page; `Ask`.
        dropped: files and folders were dropped; list of paths.
    """

    name = "annotate"
    asked = Signal(object)
    dropped = Signal(list)

    def __init__(self, session: Session, bridge: Bridge, runner: JobRunner, thumbnails: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.runner = runner
        self.models = ModelJobs(session, runner, self)
        self._bridge = bridge
        self._pointing = Pointing(session)
        self._loupe = LoupeMode.OFF
        self._loupe_at = -DOUBLE_PRESS_S
        self._thumbnails = ThumbnailLoader(thumbnails, self)
        self._build()
        self._connect()
        self._keys = Keys(self.window(), self.canvas, self._on_key, self._release, self.canvas.was_dragged_with_space)
        self.setAcceptDrops(True)
        self._refresh_all()

    # Parts -------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme = theme_of(self)
        self.canvas = Canvas(background=theme.canvas, accent=theme.accent)
        self.frames = FramesDock(self.session, self._thumbnails)
        self.right = RightDock(self.session)
        self.tools = ToolRail(self.run)
        self.top = TopBar(self.session, self.run)
        self.status = StatusLine()
        self._file_bar = FileBar(self.canvas)
        self._view_bar = ViewBar(self.run, self.canvas)
        self._ground = PictureGround(self.session, self.canvas, self.run)
        self.messages = MessageBar(self._ground)  # over every page of the ground, not the canvas alone
        self._ground.currentChanged.connect(self.messages.raise_)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.tools)
        row.addWidget(self._ground, 1)
        self._docking = Docking(self._dock(self.frames, "left"), middle, self._dock(self.right, "right"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(self._docking, 1)
        column.addWidget(self.status)

    def _dock(self, content: FramesDock | RightDock, side: Literal["left", "right"]) -> Dock:
        area = Qt.DockWidgetArea.LeftDockWidgetArea if side == "left" else Qt.DockWidgetArea.RightDockWidgetArea
        return Dock(content, area, self.run, (f"view.{side}", f"view.{side}_float", "view.reset"))

    def _connect(self) -> None:
        session, canvas = self.session, self.canvas
        session.frame_changed.connect(self._on_frame_changed)
        session.scene_changed.connect(self._on_scene_changed)
        session.selection_changed.connect(self._on_selection_changed)
        session.view_requested.connect(canvas.set_view)
        session.said.connect(self._on_said)
        session.asked.connect(self._on_asked)
        canvas.pointer_pressed.connect(self._on_pressed)
        canvas.pointer_moved.connect(self._on_moved)
        canvas.pointer_released.connect(self._on_released)
        canvas.double_clicked.connect(self._on_double_clicked)
        canvas.wheel_modified.connect(self._on_wheel_modified)
        canvas.pointer_left.connect(self._pointing.leave)
        canvas.view_changed.connect(self._on_view_changed)
        canvas.resized.connect(self._on_canvas_resized)
        self.messages.acted.connect(self.run)
        self.status.cancel_pressed.connect(self.runner.cancel)
        self._bridge.changed.connect(self._on_changed)
        self._bridge.saved.connect(self._on_saved)
        self._bridge.save_state_changed.connect(self._on_save_state)
        self.runner.progressed.connect(self.status.show_job)
        self.runner.idle.connect(self.status.end_job)
        self.runner.failed.connect(lambda error: attempt(session, lambda: _raise(error)))
        # Counts follow a burst of changes once, not each of them.
        self._counts_due = QTimer(self, singleShot=True, interval=120)
        self._counts_due.timeout.connect(self.frames.refresh_counts)

    def close_page(self) -> None:
        """Stop everything that this page started, before the project closes."""
        self._keys.close()
        self.frames.stop()
        self._ground.close_ground()
        self._thumbnails.close()
        self._bridge.close()

    def dress(self) -> None:
        """Give the canvas the colours of the theme that is on now."""
        theme = theme_of(self)
        self.canvas.set_colours(theme.canvas, theme.accent, SIDES[SideColours.OKABE_ITO])

    @property
    def layout_now(self) -> PageLayout:
        """How the docks are left now."""
        return msgspec.structs.replace(self._docking.layout_now, parts=self.right.parts)

    def set_layout(self, layout: PageLayout) -> None:
        """Lay the docks out as they were left, or as designed."""
        self._docking.set_layout(layout)
        self.right.set_parts(layout.parts)

    def show_again(self) -> None:
        """Look for the shown picture again: its folder may be known now."""
        self._ground.forget()
        self._on_frame_changed(self.session.frame_key)
        self.frames.refresh()

    def set_keys_enabled(self, enabled: bool) -> None:
        """Let a dialog have the keys to itself."""
        self._keys.is_enabled = enabled

    # Commands ----------------------------------------------------------------------------------------------

    def run(self, command_id: str) -> None:
        """Run a command by id; what it cannot do is said."""
        run(self.session, command_id)

    def _on_key(self, command_id: str) -> None:
        """Run the command of a key; Escape in a dock first brings the keyboard back to the canvas."""
        if command_id == "label.escape" and QApplication.focusWidget() not in (None, self.canvas):
            self.canvas.activateWindow()  # the dock may be torn off
            self.canvas.setFocus()
        else:
            self.run(command_id)

    def _step_area(self, step: int) -> None:
        docking = self._docking
        step_area([self.top, docking.left, self.tools, self.canvas, docking.right], self.canvas, step)

    def _release(self, command_id: str) -> None:
        release = commands()[command_id].release
        if release is not None:
            release(self.session)

    def _on_asked(self, what: Ask) -> None:
        act = {
            Ask.RUN_ON_FRAME: self.models.run_on_frame,
            Ask.RUN_ON_SELECTION: self.models.run_on_selection,
            Ask.KEEP_RUN: self.models.keep,
            Ask.DISCARD_RUN: self.models.discard,
            Ask.CANCEL_JOB: self.runner.cancel,
            Ask.FIND: self.frames.focus_search,
            Ask.LEFT_DOCK: self._docking.left.toggle,
            Ask.RIGHT_DOCK: self._docking.right.toggle,
            Ask.FLOAT_LEFT: self._docking.left.toggle_floating,
            Ask.FLOAT_RIGHT: self._docking.right.toggle_floating,
            Ask.NEXT_AREA: lambda: self._step_area(1),
            Ask.PREVIOUS_AREA: lambda: self._step_area(-1),
            Ask.RESET_LAYOUT: lambda: self.set_layout(PageLayout()),
            Ask.LOUPE: self._begin_loupe,
            Ask.LOUPE_END: self._end_loupe,
            Ask.RETRY_SAVE: self.session.project.retry,
        }.get(what)
        if act is not None:
            act()
        else:
            self.asked.emit(what)

    def _begin_loupe(self) -> None:
        """Z held shows the loupe at the pointer; Z twice pins it to the corner, and a further Z lets it go."""
        now = time.monotonic()
        if self._loupe is LoupeMode.PINNED:
            self._loupe = LoupeMode.OFF
        elif now - self._loupe_at < DOUBLE_PRESS_S:
            self._loupe = LoupeMode.PINNED
        else:
            self._loupe = LoupeMode.FOLLOWING
        self._loupe_at = now
        self.canvas.set_loupe(self._loupe)

    def _end_loupe(self) -> None:
        if self._loupe is LoupeMode.FOLLOWING:
            self._loupe = LoupeMode.OFF
            self.canvas.set_loupe(self._loupe)

    # Pointer -----------------------------------------------------------------------------------------------

    def _on_pressed(self, pointer: Pointer) -> None:
        if self.canvas.picture is None:
            return  # nobody labels a picture that is not on the screen yet
        attempt(self.session, lambda: self._pointing.press(pointer))

    def _on_moved(self, pointer: Pointer) -> None:
        self.status.show_pointer(pointer.xy)
        self._pointing.move(pointer)

    def _on_released(self, pointer: Pointer) -> None:
        attempt(self.session, lambda: self._pointing.release(pointer))

    def _on_double_clicked(self, pointer: Pointer) -> None:
        attempt(self.session, lambda: self._pointing.double_click(pointer))

    def _on_wheel_modified(self, pointer: Pointer, steps: float) -> None:
        attempt(self.session, lambda: self._pointing.wheel(pointer, steps))

    def _on_view_changed(self, view: View) -> None:
        self.session.set_view(view)
        self.status.show_zoom(view.scale)
        self._view_bar.show_zoom(view.scale)

    def _on_canvas_resized(self) -> None:
        self.session.screen = (float(self.canvas.width()), float(self.canvas.height()))
        self._place_floating()

    # What is shown -----------------------------------------------------------------------------------------

    def show_first(self) -> None:
        """Show the first frame when none is shown yet."""
        if self.session.frame_key is None:
            keys = self.session.project.frame_keys(limit=1)
            if keys:
                self.session.show_frame(keys[0])
        self._refresh_all()

    def _refresh_all(self) -> None:
        self._on_frame_changed(self.session.frame_key)
        self._on_selection_changed()
        self.status.show_save_state(self.session.project.save_state)
        self._counts_due.start()

    def _on_frame_changed(self, _: FrameKey | None) -> None:
        content = self.session.content
        if content is not None:
            self._file_bar.show_frame(content.frame, len(content.instances), len(content.predictions))
            self._place_floating()
            self.top.show_history(self.session.project.undo_name, self.session.project.redo_name)
        self._ground.show_content(content)

    def show_ahead(self, path: Path, then: Callable[[], object]) -> None:
        """Show a picture before its frame exists, then go on."""
        self._ground.show_ahead(path, then)

    def _on_scene_changed(self, _: object = None) -> None:
        self.canvas.set_scene(self.session.scene)

    def _on_selection_changed(self, _: object = None) -> None:
        session = self.session
        self.tools.show_tool(session.tool)
        skeleton = session.skeleton
        self.status.show_policy(skeleton.visibility_policy if skeleton else "")
        nudges = session.selected.keypoints and session.selected_instance is not None and session.tool is Tool.SELECT
        if nudges and skeleton is not None:
            ks = sorted(session.selected.keypoints)
            self.status.show_arrows(f"Arrows nudge {skeleton.names[ks[0]] if len(ks) == 1 else f'{len(ks)} keypoints'}")
        else:
            self.status.show_arrows("Arrows change the frame")

    def _on_said(self, message: Message) -> None:
        self.messages.show_message(message)

    def _on_changed(self, _: object) -> None:
        self.top.show_history(self.session.project.undo_name, self.session.project.redo_name)
        self._counts_due.start()

    def _on_saved(self, _: object) -> None:
        self._counts_due.start()

    def _on_save_state(self, state: SaveState) -> None:
        self.status.show_save_state(state)
        if state.kind is SaveKind.FAILED:
            waiting = f"{state.pending} changes are" if state.pending != 1 else "1 change is"
            self.session.say(
                "Labels are not being saved",
                f"{state.reason[:1].upper()}{state.reason[1:]}. {waiting} in memory and in a recovery file.",
                MessageKind.BAD,
                ("Retry", "file.retry"),
                ("Save a copy…", "file.copy"),
            )

    # Places ------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_floating()

    def _place_floating(self) -> None:
        self._view_bar.adjustSize()
        self._file_bar.fit_into(self.canvas.width() - self._view_bar.width() - 3 * FLOAT)
        self._file_bar.move(FLOAT, FLOAT)
        self._view_bar.move(self.canvas.width() - self._view_bar.width() - FLOAT, FLOAT)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)


def _raise(error: BaseException) -> None:
    raise error
