"""The middle of the Annotate page: the canvas with the picture of the frame, or why there is none to show."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget

from annotator.model.frame import Frame, FrameContent, FrameKey
from annotator.session import pictures
from annotator.session.commands.registry import attempt
from annotator.session.messages import MessageKind
from annotator.session.session import Session
from annotator.store.fingerprint import Fingerprint
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.picture import DisplayPicture
from annotator.ui.pictures import FileWatch, PictureLoader
from annotator.ui.widgets.buttons import Button, ButtonKind
from annotator.ui.widgets.surfaces import EmptyState


class PictureGround(QStackedWidget):
    """Loads the picture of a frame and its neighbours, and puts it on the canvas.

    Args:
        session: whose frames.
        canvas: to show them on.
        run: runs a command by id.
    """

    def __init__(self, session: Session, canvas: Canvas, run: Callable[[str], None]) -> None:
        super().__init__()
        self._session = session
        self._canvas = canvas
        self._run = run
        self._shown: Path | None = None
        self._ahead: Callable[[], object] | None = None
        self._loader = PictureLoader(self)
        self._loader.loaded.connect(self._on_loaded)
        self._loader.failed.connect(self._on_failed)
        self._file_watch = FileWatch(self)
        self._file_watch.looked.connect(self._on_looked)
        self._empty = EmptyState(
            "image-up",
            "No pictures yet",
            "Drop images or a folder here. They stay where they are.",
            [self._act("Choose files…", "file.add", ButtonKind.PRIMARY)],
        )
        self._unreadable = EmptyState(
            "image-off",
            "",
            "",
            [
                self._act("Skip and go on", "view.next", ButtonKind.PRIMARY),
                self._act("Find moved pictures…", "file.relink"),
            ],
        )
        self._changed = EmptyState(
            "triangle-alert",
            "",
            "",
            [
                self._act("Unlock", "file.unlock", ButtonKind.PRIMARY),
                self._act("Find moved pictures…", "file.relink"),
                self._act("Go on", "view.next"),
            ],
            role="warn",
        )
        for page in (self._empty, canvas, self._unreadable, self._changed):
            self.addWidget(page)

    def show_content(self, content: FrameContent | None) -> None:
        """Show the picture of a frame; None says that the project has none."""
        if content is None:
            self.setCurrentWidget(self._empty)
            self._shown = None
            return
        path = self._session.project.path_of(content.frame)
        if path is None:
            self._tell_unreadable(content.frame, f'Its folder "{content.frame.root}" is not on this computer.')
        elif path != self._shown:
            self._shown = path
            self._canvas.set_picture(None)
            self._loader.request(path, self._neighbours(content.frame.key))

    def show_ahead(self, path: Path, then: Callable[[], object]) -> None:
        """Show a picture before its frame exists, then go on: nobody waits for ten thousand rows to see the first."""
        self._ahead = then
        self._shown = path
        self._loader.request(path)

    def forget(self) -> None:
        """Load the picture again when it is shown next: its folder may be known now."""
        self._shown = None

    def close_ground(self) -> None:
        """Load nothing more: the project closes."""
        self._loader.close()
        self._file_watch.close()

    def _act(self, words: str, command_id: str, kind: ButtonKind = ButtonKind.PLAIN) -> Button:
        """Return a button that runs a command."""
        button = Button(words, kind)
        button.clicked.connect(lambda: self._run(command_id))
        return button

    def _neighbours(self, key: FrameKey) -> list[Path]:
        project = self._session.project
        found = []
        for step in (1, 2, -1):
            other = project.neighbour(key, step)
            path = project.path_of(project.content(other).frame) if other is not None else None
            if path is not None:
                found.append(path)
        return found

    def _on_loaded(self, path: Path, picture: DisplayPicture) -> None:
        if path != self._shown:
            return
        frame = self._session.frame
        size = (picture.width, picture.height)
        content = self._session.content
        if content is not None and picture.fraction == 1:
            if reason := self._session.files.lock_if_resized(content, *size):
                self._tell_changed(content.frame, reason)
                return
            self._file_watch.look(path)
        if frame is not None and picture.fraction == 1 and (frame.width, frame.height) != size:
            attempt(self._session, lambda: self._note_size(frame))
        if self.currentWidget() is not self._canvas:
            self.setCurrentWidget(self._canvas)
            self._canvas.setFocus()
        is_refined = frame is not None and self._canvas.picture is not None
        self._canvas.set_picture(picture)
        if is_refined:
            return  # the whole picture in place of its preview: the view stays where it was moved to meanwhile
        self._canvas.set_view(self._session.view_for(*size))
        if frame is not None:
            self._canvas.set_scene(self._session.scene)
            self._tell_pages(frame, picture)
        else:
            self._canvas.repaint()
            self._go_on()

    def _go_on(self) -> None:
        """Do what waits for the picture that is shown ahead."""
        then, self._ahead = self._ahead, None
        if then is not None:
            QTimer.singleShot(0, then)

    def _note_size(self, frame: Frame) -> None:
        sized, _ = pictures.probe_sizes(self._session.project, [frame])
        pictures.note_sizes(self._session.project, sized)

    def _on_failed(self, path: Path, sentence: str) -> None:
        if path != self._shown:
            return
        frame = self._session.frame
        if frame is not None:
            self._tell_unreadable(frame, sentence)
        else:
            self._go_on()

    def _tell_unreadable(self, frame: Frame, sentence: str) -> None:
        content = self._session.content
        count = len(content.instances) if content else 0
        labels = "labeled instance is" if count == 1 else f"{count} labeled instances are"
        kept = f" Its {labels} kept." if count else ""
        is_moved = self._session.project.path_of(frame) is None
        title = f"{frame.name} is not where it was" if is_moved else f"{frame.name} cannot be read"
        self._shown = None
        self._unreadable.set_words(title, f"{sentence.rstrip('.')}.{kept}")
        self.setCurrentWidget(self._unreadable)

    def _tell_changed(self, frame: Frame, reason: str) -> None:
        self._shown = None
        self._canvas.set_picture(None)
        self._changed.set_words(f"{frame.name} has changed on disk", reason)
        self.setCurrentWidget(self._changed)

    def _tell_pages(self, frame: Frame, picture: DisplayPicture) -> None:
        if picture.facts is not None and picture.facts.pages > 1:
            title = f"{frame.name} holds {picture.facts.pages} pictures"
            self._session.say(title, "The first one is shown and labeled; save the others as files of their own.")

    def _on_looked(self, path: Path, found: Fingerprint) -> None:
        content = self._session.content
        if path != self._shown or content is None:
            return
        if self._loader.is_outdated(path, found):
            self._loader.forget(path)
            self.forget()
            self.show_content(content)
            return
        attempt(self._session, lambda: self._compare(content, found))

    def _compare(self, content: FrameContent, found: Fingerprint) -> None:
        if not self._session.files.compare(content, found):
            return
        count = len(content.instances)
        labels = "its instance still fits" if count == 1 else f"its {count} instances still fit"
        self._session.say(
            f"{content.frame.name} has changed on disk",
            f"Its size is the same. Look whether {labels}.",
            MessageKind.WARN,
            ("They fit", "file.unlock"),
        )
