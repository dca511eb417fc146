"""The session: which project is open, which frame is shown, what is selected. Everything the window asks and tells.

No Qt. Editing lives in `editing`, the flow of decisions in `deciding`, pointer handling in `pointing`; all of them
are functions over this one state.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum

from annotator.errors import AnnotatorError, CommandError
from annotator.model.frame import Frame, FrameContent, FrameKey
from annotator.model.geometry import box_of_points
from annotator.model.instance import Box, Instance, Points, Prediction
from annotator.model.skeleton import Skeleton
from annotator.session import guide
from annotator.session.changed_files import ChangedFiles
from annotator.session.gestures.contract import Draft, Gesture
from annotator.session.hit_test import HitIndex
from annotator.session.messages import Message, MessageKind
from annotator.session.scene import Labels, Scene, Target, Tool
from annotator.session.view import View, fit
from annotator.store.change import PROJECT_KEY, Change, ChangeKind
from annotator.store.project import Project
from annotator.store.signal import Signal
from annotator.store.transaction import Transaction

NO_DRAFT = Draft()
CALLOUT_KEYS = (("Click", "visible"), ("Right", "occluded"), ("N", "absent"))


class Ask(StrEnum):
    """What a command needs the window for."""

    NEW_PROJECT = "new project"
    OPEN = "open"
    ADD_PICTURES = "add pictures"
    IMPORT = "import"
    EXPORT = "export"
    NEW_SKELETON = "new skeleton"
    SAVE_COPY = "save a copy"
    RELINK = "relink"
    PALETTE = "palette"
    KEYS = "keys"
    FIND = "find"
    GO_TO = "go to"
    THEME = "theme"
    CLOSE = "close"
    QUIT = "quit"
    LEFT_DOCK = "left dock"
    RIGHT_DOCK = "right dock"
    FLOAT_LEFT = "float left dock"
    FLOAT_RIGHT = "float right dock"
    RESET_LAYOUT = "reset layout"
    NEXT_AREA = "next area"
    PREVIOUS_AREA = "previous area"
    RUN_ON_FRAME = "run on frame"
    RUN_ON_SELECTION = "run on selection"
    RUN_ON_FRAMES = "run on frames"
    KEEP_RUN = "keep run"
    DISCARD_RUN = "discard run"
    CANCEL_JOB = "cancel job"
    LOUPE = "loupe"
    LOUPE_END = "loupe end"
    LOG = "log"
    PLUGINS = "plugins"
    RETRY_SAVE = "retry save"
    ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Selected:
    """What is selected in the frame: an instance or a prediction, and keypoints of it."""

    id: int | None = None
    keypoints: frozenset[int] = frozenset()


class Session:
    """The state of one window on one project.

    Attributes:
        frame_changed: another frame is shown, or this one changed.
        scene_changed: something on the canvas changed.
        selection_changed: selection, tool or next keypoint changed.
        view_requested: show this view.
        said: a message for the message bar.
        asked: a command needs the window.
        files: which pictures are other files than those that were labeled.

    Args:
        project: open.
        threshold: scores below it are low confidence.
        dispatch: runs a call on the session's own thread; bulk changes are told from the writer's. None calls at once.
    """

    def __init__(
        self, project: Project, threshold: float = 0.3, dispatch: Callable[[Callable[[], None]], None] | None = None
    ) -> None:
        self.frame_changed: Signal[FrameKey | None] = Signal()
        self.scene_changed: Signal[None] = Signal()
        self.selection_changed: Signal[None] = Signal()
        self.view_requested: Signal[View] = Signal()
        self.said: Signal[Message] = Signal()
        self.asked: Signal[Ask] = Signal()
        self.project = project
        self.threshold = threshold
        self.tool = Tool.SELECT
        self.labels = Labels.THESE
        self.overlays = True
        self.hidden: frozenset[int] = frozenset()
        self.hovered: Target | None = None
        self.pointer: tuple[float, float] | None = None
        self.view = View()
        self.screen: tuple[float, float] = (800.0, 600.0)
        self.clipboard: Instance | None = None
        self.skeleton_id = next(iter(project.skeletons), "")
        self.next_k: int | None = None
        self.gesture: Gesture | None = None
        self.draft = NO_DRAFT
        self.deleted_at = 0.0
        self.files = ChangedFiles(project)
        self._dispatch = dispatch or (lambda call: call())
        self._frame: FrameKey | None = None
        self._selected = Selected()
        self._hits: tuple[FrameContent, HitIndex] | None = None
        self._views: dict[tuple[int, int], View] = {}
        self._view_before_zoom: View | None = None
        self._height_hint: dict[str, float] = {}
        project.changed.connect(self._on_changed)

    # What is shown -----------------------------------------------------------------------------------------

    @property
    def frame_key(self) -> FrameKey | None:
        return self._frame

    @property
    def content(self) -> FrameContent | None:
        """The shown frame with everything in it, or None while the project is empty."""
        if self._frame is None:
            return None
        try:
            return self.project.content(self._frame)
        except AnnotatorError:
            return None  # the frame was removed; `_on_changed` moves on

    @property
    def frame(self) -> Frame | None:
        content = self.content
        return content.frame if content else None

    @property
    def skeletons(self) -> Mapping[str, Skeleton]:
        return self.project.skeletons

    @property
    def skeleton(self) -> Skeleton | None:
        """The skeleton of the selection, else the one for new instances."""
        selected = self.selected_instance or self.selected_prediction
        return self.skeletons.get(selected.skeleton_id if selected else self.skeleton_id)

    @property
    def selected(self) -> Selected:
        return self._selected

    @property
    def selected_instance(self) -> Instance | None:
        content = self.content
        return content.instance(self._selected.id) if content and self._selected.id is not None else None

    @property
    def selected_prediction(self) -> Prediction | None:
        content = self.content
        return content.prediction(self._selected.id) if content and self._selected.id is not None else None

    @property
    def is_placing(self) -> bool:
        """The guide waits for a keypoint."""
        return self.tool is Tool.PLACE and self.next_k is not None

    @property
    def ghost(self) -> Points | None:
        """(K, 2) expected positions of the selected instance's undecided keypoints, or None."""
        skeleton, instance = self.skeleton, self.selected_instance
        if skeleton is None or instance is None:
            return None
        return guide.ghost(skeleton, instance, self.height_hint(skeleton))

    def _scene_ghost(self) -> Points | None:
        """The ghost while nothing is dragged, and the template while a box is drawn."""
        if self.draft.box is not None and self.draft.instance is not None:
            skeleton = self.skeletons[self.draft.instance.skeleton_id]
            return guide.ghost(skeleton, self.draft.instance, self.height_hint(skeleton))
        return self.ghost if self.draft.instance is None and self.tool is Tool.PLACE else None

    def height_hint(self, skeleton: Skeleton) -> float:
        """Return how tall such a subject is expected here, in image pixels."""
        if skeleton.id in self._height_hint:
            return self._height_hint[skeleton.id]
        frame = self.frame
        return 0.6 * (frame.height if frame and frame.height else 600)

    def numbered(self) -> list[Instance | Prediction]:
        """Return instances, then predictions, as the list and the tags number them from 1."""
        content = self.content
        return [*content.instances, *content.predictions] if content else []

    def number_of(self, id_: int) -> int:
        return next((n for n, item in enumerate(self.numbered(), 1) if item.id == id_), 0)

    @property
    def scene(self) -> Scene:
        """What the canvas shows now."""
        content = self.content
        if content is None:
            return Scene(skeletons=self.skeletons)
        drafted = self.draft.instance
        instances = content.instances
        if drafted is not None:
            instances = tuple(instance for instance in instances if instance.id != drafted.id)
        skeleton = self.skeleton
        placing = self.is_placing and self.overlays
        card = None
        if placing and skeleton is not None and self.next_k is not None and self.pointer is not None:
            card = guide.callout(skeleton, self.next_k, CALLOUT_KEYS)
        return Scene(
            frame=content.frame,
            skeletons=self.skeletons,
            instances=instances,
            predictions=content.predictions,
            drafted=drafted,
            selected=drafted.id if drafted is not None else self._selected.id,
            keypoints=self._selected.keypoints,
            hovered=self.hovered,
            ghost=self._scene_ghost(),
            next_k=self.next_k if placing else None,
            callout=card,
            pointer=self.pointer if placing or self.tool is Tool.BOX else None,
            box=self.draft.box,
            band=self.draft.band,
            shadow=self.draft.shadow,
            caption=self.draft.caption,
            threshold=self.threshold,
            labels=self.labels,
            tool=self.tool,
            hidden=self.hidden,
            overlays=self.overlays,
        )

    @property
    def hits(self) -> HitIndex | None:
        """The hit-test index of the shown frame, built once per content."""
        content = self.content
        if content is None:
            return None
        if self._hits is None or self._hits[0].frame.key != content.frame.key:
            self._hits = (content, HitIndex(content.instances, content.predictions, self.skeletons))
        elif self._hits[0] is not content:
            self._hits = (content, self._hits[1].updated(content.instances, content.predictions))
        return self._hits[1]

    # What the person does ----------------------------------------------------------------------------------

    def say(self, title: str, line: str = "", kind: MessageKind = MessageKind.INFO, *buttons: tuple[str, str]) -> None:
        """Show one message."""
        self.said.emit(Message(title, line, kind, buttons))

    def transaction(self, name: str) -> AbstractContextManager[Transaction]:
        """Begin a change of what is shown.

        Raises:
            CommandError: the picture is another one than was labeled.
        """
        if self._frame in self.files.locked:
            raise CommandError("this picture has changed on disk: unlock its labels, or find the one they were made on")
        return self.project.transaction(name)

    def show_frame(self, key: FrameKey | None) -> None:
        """Go to a frame; a running gesture is dropped, the selection ends."""
        if key == self._frame:
            return
        self.cancel_gesture()
        frame = self.frame
        if frame is not None and frame.width:
            self._views[frame.width, frame.height] = self.view
        self._frame = key
        self.hovered = None
        self.hidden = frozenset()
        self._view_before_zoom = None
        self.tool = Tool.SELECT if self.tool is not Tool.PAN else self.tool
        self._selected, self.next_k = Selected(), None
        self.frame_changed.emit(key)
        self.selection_changed.emit(None)
        self.scene_changed.emit(None)

    def view_for(self, width: int, height: int) -> View:
        """Return the view to start with: where a picture of this size was last left, else the whole picture."""
        return self._views.get((width, height)) or fit((0, 0, width, height), self.screen)

    def select(self, id_: int | None, keypoints: frozenset[int] = frozenset()) -> None:
        """Select an instance or prediction, and keypoints of it."""
        selected = Selected(id_, keypoints if id_ is not None else frozenset())
        if selected == self._selected:
            return
        if id_ != self._selected.id:
            self.next_k = None
            if self.tool is Tool.PLACE:
                self.tool = Tool.SELECT
        self._selected = selected
        self.selection_changed.emit(None)
        self.scene_changed.emit(None)

    def set_tool(self, tool: Tool) -> None:
        self.cancel_gesture()
        self.tool = tool
        if tool is Tool.PLACE and self.next_k is None:
            skeleton = self.skeleton
            if skeleton is not None:
                self.next_k = guide.next_undecided(skeleton, self.selected_instance)
        elif tool is not Tool.PLACE:
            self.next_k = None
        self.selection_changed.emit(None)
        self.scene_changed.emit(None)

    def set_next(self, k: int | None) -> None:
        """Make a keypoint the guide's next one."""
        self.next_k = k
        if k is not None:
            self.tool = Tool.PLACE
        self.selection_changed.emit(None)
        self.scene_changed.emit(None)

    def remember_size(self, instance: Instance) -> None:
        """Let the next instance of this skeleton be expected as tall as this one, once it is well placed."""
        skeleton = self.skeletons.get(instance.skeleton_id)
        box = box_of_points(instance.points[instance.located])
        if skeleton is None or box is None or int(instance.located.sum()) * 2 < len(skeleton.placeable):
            return
        layout_box = box_of_points(skeleton.layout)
        shown = box_of_points([xy for xy, there in zip(skeleton.layout, instance.located, strict=True) if there])
        if layout_box and shown and shown[3] > 0.2 * layout_box[3]:
            self._height_hint[skeleton.id] = box[3] * layout_box[3] / shown[3]

    def cancel_gesture(self) -> bool:
        """Drop a running gesture; return whether there was one."""
        if self.gesture is None:
            return False
        self.gesture.close()
        self.gesture, self.draft = None, NO_DRAFT
        self.scene_changed.emit(None)
        return True

    def set_view(self, view: View) -> None:
        """Note the view that the canvas shows."""
        self.view = view

    def zoom_to(self, box: Box, margin: float = 0.12) -> None:
        """Show an image box; `zoom_back` returns."""
        if self._view_before_zoom is None:
            self._view_before_zoom = self.view
        self.view_requested.emit(fit(box, self.screen, margin))

    def zoom_back(self) -> bool:
        """Return to the view before `zoom_to`; False when there is none."""
        if self._view_before_zoom is None:
            return False
        view, self._view_before_zoom = self._view_before_zoom, None
        self.view_requested.emit(view)
        return True

    def undo(self) -> None:
        """Take back the newest change, show where it was, and say so."""
        self.cancel_gesture()
        change = self.project.undo()
        self._tell_undo("Undid", "undo", change)

    def redo(self) -> None:
        """Bring back what undo took, show where it was, and say so."""
        self.cancel_gesture()
        change = self.project.redo()
        self._tell_undo("Redid", "redo", change)

    def _tell_undo(self, done: str, verb: str, change: Change | None) -> None:
        if change is None:
            self.say(f"Nothing to {verb}")
            return
        frames = [key for key in change.entries if key]
        if frames and self._frame not in frames:
            self.show_frame(frames[0] if self._exists(frames[0]) else self._frame)
        self.say(f"{done}: {change.name}")

    def _exists(self, key: FrameKey) -> bool:
        try:
            self.project.content(key)
        except AnnotatorError:
            return False
        return True

    def _on_changed(self, change: Change) -> None:
        if change.bulk:
            self._dispatch(lambda: self._follow(change))
        else:
            self._follow(change)

    def _follow(self, change: Change) -> None:
        """Follow a change: drop a selection that is gone, keep the guide where it makes sense."""
        if self.skeleton_id not in self.skeletons:
            self.skeleton_id = next(iter(self.skeletons), "")
        is_elsewhere = not change.bulk and not {self._frame, PROJECT_KEY} & change.entries.keys()
        if self._frame is not None and is_elsewhere:
            return
        if self._frame is not None and not self._exists(self._frame):
            keys = self.project.frame_keys(limit=1)
            self._frame = keys[0] if keys else None
        selected = self.selected_instance or self.selected_prediction
        if self._selected.id is not None and selected is None:
            self._selected, self.next_k = Selected(), None
            if self.tool is Tool.PLACE:
                self.tool = Tool.SELECT
        if change.kind is not ChangeKind.DO and self.tool is Tool.PLACE and isinstance(selected, Instance):
            skeleton = self.skeletons[selected.skeleton_id]
            self.next_k = guide.next_undecided(skeleton, selected)
        self.frame_changed.emit(self._frame)
        self.selection_changed.emit(None)
        self.scene_changed.emit(None)

    def close(self) -> None:
        """Stop listening and close the project."""
        self.project.changed.disconnect(self._on_changed)
        self.project.close()
