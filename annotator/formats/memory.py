"""Saying that a file is too large for this computer's memory."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from annotator.errors import FormatError


@contextmanager
def told_when_full(path: Path) -> Iterator[None]:
    """Turn a lack of memory while a file is taken in into a sentence about the file.

    Raises:
        FormatError: the file does not fit into memory.
    """
    try:
        yield
    except (MemoryError, SystemError) as error:  # some C code gives up without saying why when memory is short
        traceback.clear_frames(error.__traceback__)  # they hold what was read, and the sentence needs room
        size = path.stat().st_size / 1e6
        raise FormatError(
            f"{path.name} ({size:,.0f} MB) does not fit into memory: close other programs, or split it"
        ) from None
