"""Ids that are unique across projects and computers, and sort by time of creation.

An id is a positive 63-bit integer: milliseconds since 2020 in the upper 42 bits, a random start below.
It serves as the row id in the database, so that the newest rows lie together on disk; two people's ids
meet only if both are made in the same millisecond with the same 21 random bits.
"""

import secrets
import threading
import time

_EPOCH_MS = 1_577_836_800_000  # 2020-01-01 UTC
_RANDOM_BITS = 21

_lock = threading.Lock()
_last = 0


def new_ids(count: int) -> range:
    """Return `count` fresh ids, ascending, above every id this process has made."""
    global _last
    with _lock:
        start = (int(time.time() * 1000) - _EPOCH_MS) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        start = max(start, _last + 1)
        _last = start + count - 1
        return range(start, start + count)


def new_id() -> int:
    """Return one fresh id."""
    return new_ids(1)[0]
