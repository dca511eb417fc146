"""New files of an export: written beside the old ones by a thread, and put in their place when all is well."""

import os
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Self

_WAITING = 2  # pieces in memory
_SYNCED = 32 << 20  # bytes to a disk at a time: it works while the next piece is made, and little is left for the end


class NewFiles:
    """Files that appear all together, whole and on disk, or not at all.

    Args:
        paths: by a name for each.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths
        self._beside = {name: path.with_name(f"{path.name}.new") for name, path in paths.items()}
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()
        self._streams: dict[str, IO[bytes]] = {}
        self._unsynced = 0

    def __enter__(self) -> Self:
        for path in self._paths.values():
            path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def write(self, name: str, text: bytes) -> None:
        """Append to a file.

        Raises:
            OSError: this or an earlier piece could not be written.
        """
        if len(self._waiting) >= _WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._write, name, text))

    def _write(self, name: str, text: bytes) -> None:
        if name not in self._streams:
            self._streams[name] = self._beside[name].open("wb")
        self._streams[name].write(text)
        self._unsynced += len(text)
        if self._unsynced >= _SYNCED:
            self._sync()

    def _sync(self) -> None:
        for stream in self._streams.values():
            stream.flush()
            os.fsync(stream.fileno())
        self._unsynced = 0

    def publish(self) -> list[Path]:
        """Give the files their names, and return them; each has been written to.

        Raises:
            OSError: a piece could not be written.
        """
        for piece in (*self._waiting, self._thread.submit(self._sync)):
            piece.result()
        for name, path in self._paths.items():
            self._streams[name].close()
            self._beside[name].replace(path)
        return list(self._paths.values())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)
        for stream in self._streams.values():
            stream.close()
        for path in self._beside.values():
            path.unlink(missing_ok=True)
