"""What a damaged or hostile file leads to, turned into one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from annotator.errors import AnnotatorError, StoreError
from annotator.store import sqlite

DAMAGE = (sqlite.Error, ValueError, TypeError, LookupError, AttributeError, OverflowError)
"""What our own code raises on values that only a damaged file, or one that somebody made by hand, can hold."""


@contextmanager
def understood(path: Path, what: str) -> Iterator[None]:
    """Name the file and what of it is damaged when the block cannot make sense of what it reads.

    Args:
        path: of the project.
        what: "the skeletons".

    Raises:
        StoreError: it cannot.
    """
    try:
        yield
    except StoreError:
        raise
    except (sqlite.Error, UnicodeDecodeError) as error:
        raise sqlite.explain(error, path) from error
    except (*DAMAGE, AnnotatorError) as error:
        reason = f"{type(error).__name__}: {error}" if isinstance(error, LookupError | AttributeError) else str(error)
        raise StoreError(f"{path.name} is damaged ({what}: {reason}): check it, and restore a backup") from error
