"""Tell whether a picture is still the file that it was when it was first shown here."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import MediaError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file's size, time and content.

    Attributes:
        size: in bytes.
        modified_ms: time of its last change, milliseconds since 1970.
        hash: BLAKE2b of its content, 16 bytes.
    """

    size: int
    modified_ms: int
    hash: bytes

    def is_same_file(self, other: "Fingerprint") -> bool:
        """Return whether the content is the same, whatever the time: a copy or a checkout changes that alone."""
        return self.size == other.size and self.hash == other.hash


def fingerprint(path: Path) -> Fingerprint:
    """Read a whole file; for a worker thread.

    Raises:
        MediaError: it cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        status = path.stat()
        with path.open("rb") as file:
            while part := file.read(_CHUNK):
                digest.update(part)
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror or error}") from error
    return Fingerprint(status.st_size, status.st_mtime_ns // 1_000_000, digest.digest())
