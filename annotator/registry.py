"""A named collection that plugins fill: one `Registry` per plugin kind."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from annotator.errors import AnnotatorError

T = TypeVar("T")


class Registry(Generic[T]):
    """Items by name, in the order they were registered.

    Args:
        kind: what an item is called in messages: "importer".
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def register(self, name: str, item: T) -> None:
        """Add `item`.

        Raises:
            AnnotatorError: the name is taken.
        """
        if name in self._items:
            raise AnnotatorError(f"{self.kind} {name!r} is registered twice: rename one of the two")
        self._items[name] = item

    def remove(self, name: str) -> None:
        self._items.pop(name, None)

    def __getitem__(self, name: str) -> T:
        if name not in self._items:
            known = ", ".join(self._items) or "none"
            raise AnnotatorError(f"there is no {self.kind} {name!r}; known: {known}")
        return self._items[name]

    def __contains__(self, name: str) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def values(self) -> list[T]:
        return list(self._items.values())
