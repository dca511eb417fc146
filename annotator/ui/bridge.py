"""Core signals to Qt signals: what the writer's thread tells arrives on the window's."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from annotator.store.change import Change
from annotator.store.project import Project
from annotator.store.writer import SaveState


class Bridge(QObject):
    """Listens to one project and tells the window, on the window's thread."""

    changed = Signal(object)
    saved = Signal(object)
    save_state_changed = Signal(object)
    _called = Signal(object)

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._called.connect(self._on_called, Qt.ConnectionType.QueuedConnection)
        project.changed.connect(self._on_changed)
        project.saved.connect(self._on_saved)
        project.save_state_changed.connect(self._on_save_state)

    def dispatch(self, call: Callable[[], None]) -> None:
        """Run `call` on the window's thread, soon."""
        self._called.emit(call)

    def close(self) -> None:
        """Stop listening."""
        self._project.changed.disconnect(self._on_changed)
        self._project.saved.disconnect(self._on_saved)
        self._project.save_state_changed.disconnect(self._on_save_state)

    def _on_called(self, call: Callable[[], None]) -> None:
        call()

    def _on_changed(self, change: Change) -> None:
        self.changed.emit(change)

    def _on_saved(self, change: Change) -> None:
        self.saved.emit(change)

    def _on_save_state(self, state: SaveState) -> None:
        self.save_state_changed.emit(state)
