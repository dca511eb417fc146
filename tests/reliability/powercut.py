"""Cut the power at a random moment, and see whether all that was acknowledged reached the disk.

The project lies on a file system of its own, in a file. The writer is stopped, the file is copied (what the disk holds
at this moment, without what the kernel still keeps in memory), the writer is killed, and the copy is mounted, which
replays the file system's journal as after a power cut. Needs root and mount(8).

The writers are children: `full` is ours at full speed, `slow` is ours at a person's pace, and `normal` is ours at that
pace with synchronous=NORMAL, which forgets what came after the last checkpoint: the driver must find that.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kill9 import _say, find_ours

WRITERS = ("full", "slow", "normal")
_MEGABYTES = 24
_PACE_S = 0.05


@dataclass(frozen=True, slots=True)
class Cut:
    """What one power cut did.

    Attributes:
        acknowledged: number of the last edit that was said to be saved before the cut began.
        found: number of the last edit on the disk; -1 when the project is damaged.
    """

    acknowledged: int
    found: int

    @property
    def is_lost(self) -> bool:
        return self.found < self.acknowledged


def why_not() -> str:
    """Return why the power cannot be cut here, or ""."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "cutting the power needs root, to mount a file system"
    for tool in ("mkfs.ext4", "mount", "umount", "cp"):
        if shutil.which(tool) is None:
            return f"cutting the power needs {tool}"
    return ""


@contextmanager
def mounted(image: Path, at: Path) -> Iterator[Path]:
    """Mount an image for a while.

    Raises:
        PermissionError: this system does not let us.
    """
    at.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-o", "loop", image, at], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermissionError(done.stderr.strip())
    try:
        yield at
    finally:
        subprocess.run(["umount", at], check=True, capture_output=True)


def cut_once(writer: str, folder: Path, seed: int) -> Cut:
    """Start a writer on a fresh file system, cut the power some time after its first acknowledgement, and look."""
    image, after = folder / "disk.img", folder / "after.img"
    with image.open("wb") as file:
        file.truncate(_MEGABYTES << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    said = folder / "said"
    said.write_bytes(b"")
    environment = {**os.environ, "HOME": str(folder), "POWERCUT_SAID": str(said)}
    with mounted(image, folder / "disk") as disk:
        child = subprocess.Popen([sys.executable, __file__, writer, str(disk)], env=environment)
        try:
            while not said.read_bytes().count(b"\n") > 3:
                assert child.poll() is None, "the writer ended by itself"
                time.sleep(0.01)
            time.sleep(random.Random(seed).uniform(0.2, 0.7))
            acknowledged = said.read_bytes()
            child.send_signal(signal.SIGSTOP)
            subprocess.run(["cp", "--sparse=always", image, after], check=True)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
    lines = acknowledged.split(b"\n")[:-1]
    with mounted(after, folder / "found") as disk:
        return Cut(int(lines[-1]), find_ours(disk))


def write(writer: str, folder: Path) -> None:
    """Move a nose for ever."""
    from kill9 import _open_ours

    project, key = _open_ours(folder)
    if writer == "normal":
        project.flush()
        project._connection.execute("PRAGMA synchronous = NORMAL")
    project.saved.connect(lambda change: _say(change.name.removeprefix("Edit ")))
    for number in range(1, 1_000_000):
        instance = project.content(key).instances[0]
        with project.transaction(f"Edit {number}") as transaction:
            transaction.replace(key, instance.with_point(0, (float(number), 0.0)))
        if writer == "full":
            if number % 20 == 0:
                project.flush()
        else:
            time.sleep(_PACE_S)


if __name__ == "__main__":
    # The acknowledgements go to another disk, as to a person's eye.
    os.dup2(os.open(os.environ["POWERCUT_SAID"], os.O_WRONLY | os.O_APPEND), 1)
    write(sys.argv[1], Path(sys.argv[2]))
