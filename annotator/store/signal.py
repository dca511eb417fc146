"""The observer of the core: who listens is told, in order, on the thread that emits."""

import sys
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Signal(Generic[T]):
    """Something that happened. The window bridges it to Qt, which queues it to the right thread."""

    def __init__(self) -> None:
        self._listeners: tuple[Callable[[T], None], ...] = ()

    def connect(self, listener: Callable[[T], None]) -> None:
        self._listeners = (*self._listeners, listener)

    def disconnect(self, listener: Callable[[T], None]) -> None:
        self._listeners = tuple(known for known in self._listeners if known != listener)

    def emit(self, value: T) -> None:
        """Tell every listener; one that fails goes to `sys.excepthook` and stops neither the others nor the emitter.

        What is told has happened already: an error in a dock must not look like a change that failed, and must not
        end the thread that saves.
        """
        for listener in self._listeners:
            try:
                listener(value)
            except Exception:  # noqa: BLE001 - see above; the excepthook logs and shows it
                sys.excepthook(*sys.exc_info())
