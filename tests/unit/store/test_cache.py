"""Memory shows what waits to be saved, and otherwise what was read."""

from dataclasses import replace

from annotator.model.frame import Frame, FrameContent
from annotator.store.cache import FrameCache


class Disk(dict):
    """Frames on disk that count how often they are read."""

    def __init__(self, count: int) -> None:
        super().__init__({key: FrameContent(Frame(key, "r", f"{key}.png")) for key in range(1, count + 1)})
        self.reads: list[int] = []

    def read(self, key):
        self.reads.append(key)
        return self.get(key)


def changed(content: FrameContent, note: str) -> FrameContent:
    return replace(content, frame=replace(content.frame, note=note))


def test_a_frame_is_read_once():
    disk = Disk(1)
    cache = FrameCache(disk.read)

    assert cache.get(1) is cache.get(1)
    assert disk.reads == [1]


def test_a_frame_that_is_not_there_is_looked_for_again():
    disk = Disk(0)
    cache = FrameCache(disk.read)
    assert cache.get(1) is None

    disk[1] = FrameContent(Frame(1, "r", "new.png"))

    assert cache.get(1) is disk[1]


def test_what_waits_is_shown_until_its_last_change_is_saved():
    disk = Disk(1)
    cache = FrameCache(disk.read)
    first, second = changed(disk[1], "first"), changed(disk[1], "second")
    cache.put(1, first)
    cache.put(1, second)

    cache.saved([1])
    assert dict(cache.waiting) == {1: second}, "one of two changes is on disk"

    cache.saved([1])
    assert dict(cache.waiting) == {}
    assert cache.get(1) is second
    assert disk.reads == [], "memory knows it already"


def test_a_removed_frame_is_gone_at_once_and_after_it_was_saved():
    disk = Disk(1)
    cache = FrameCache(disk.read)
    cache.get(1)

    cache.put(1, None)
    assert cache.get(1) is None
    del disk[1]
    cache.saved([1])

    assert cache.get(1) is None


def test_the_frames_looked_at_longest_ago_are_forgotten_and_those_that_wait_never():
    disk = Disk(400)
    cache = FrameCache(disk.read)
    cache.put(1, changed(disk[1], "waits"))
    cache.get(2)
    for key in range(3, 258):
        cache.get(key)
        cache.get(2)
    disk.reads.clear()
    cache.get(300)

    cache.get(2)
    assert disk.reads == [300], "a frame in use stays"
    cache.get(3)
    assert disk.reads == [300, 3]
    assert cache.get(1).frame.note == "waits"


def test_what_was_written_in_bulk_is_read_again():
    disk = Disk(2)
    cache = FrameCache(disk.read)
    for key in (1, 2):
        cache.get(key)
    waits = changed(disk[2], "waits")
    cache.put(2, waits)
    disk[1] = changed(disk[1], "imported")

    cache.rewrite({1, 2}, {2: changed(waits, "both")})

    assert cache.get(1).frame.note == "imported"
    assert cache.get(2).frame.note == "both"


def test_a_reshaped_skeleton_converts_what_waits_and_forgets_the_rest():
    disk = Disk(3)
    cache = FrameCache(disk.read)
    cache.get(1)
    cache.put(2, disk[2])
    cache.put(3, None)
    disk[1] = changed(disk[1], "read anew")

    cache.reshape(lambda content: changed(content, "converted"))

    assert [cache.get(key) and cache.get(key).frame.note for key in (1, 2, 3)] == ["read anew", "converted", None]
