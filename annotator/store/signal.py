"""The observer of the core: who listens is told, in order, on the thread that emits."""

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
        for listener in self._listeners:
            listener(value)
