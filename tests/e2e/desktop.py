"""A virtual screen with the real program on it, driven by a real mouse and keyboard."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
SIZE = (1440, 900)


def require_desktop() -> None:
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: apt-get install xvfb xdotool")


class Desktop:
    """The screen, and the one window on it."""

    def __init__(self, display: str, home: Path) -> None:
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("XDG_")},
            "DISPLAY": display,
            "HOME": str(home),
            "QT_QPA_PLATFORM": "xcb",
        }
        self.home = home
        self.program: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        """Start the program and give its window the keyboard."""
        settings = self.home / ".config" / "annotator" / "settings.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        if not settings.exists():
            settings.write_text(json.dumps({"member": "tester", "theme": "dark"}))
        opened = self._opened()
        self.program = subprocess.Popen([sys.executable, "-m", "annotator", *arguments], env=self.environment)
        window = self.wait(lambda: self.ask("search", "--onlyvisible", "--name", "Annotator").split(), 60)[0]
        self.do("windowfocus", "--sync", window)
        if arguments:
            self.wait(lambda: self._opened() > opened, 60)

    def _opened(self) -> int:
        """Count the projects that were opened, as the log tells."""
        return sum(log.read_text().count("opened a project") for log in self.home.rglob("annotator.log"))

    def kill(self) -> None:
        """End the program as a power cut would: at once."""
        assert self.program is not None
        self.program.send_signal(signal.SIGKILL)
        self.program.wait()

    def click(self, x: int, y: int, button: int = 1) -> None:
        self.do("mousemove", "--sync", str(x), str(y))
        self.do("click", str(button))

    def drag(self, x: int, y: int, to_x: int, to_y: int) -> None:
        """Press, move there as a hand does, and let go."""
        self.do("mousemove", "--sync", str(x), str(y))
        self.do("mousedown", "1")
        for step in range(1, 11):
            self.do("mousemove", str(x + (to_x - x) * step // 10), str(y + (to_y - y) * step // 10))
            time.sleep(0.03)
        self.do("mouseup", "1")
        time.sleep(0.5)

    def quit(self) -> None:
        """End the program as a person does."""
        self.key("ctrl+q")
        assert self.program is not None
        self.program.wait(30)

    def key(self, *keys: str) -> None:
        self.do("key", *keys)

    def look(self) -> None:
        """Look at the picture before the first click, as a person does: presses before it is shown do nothing."""
        time.sleep(1)

    def type(self, text: str) -> None:
        self.do("type", text)

    def settings(self) -> dict[str, object]:
        """Return what the program keeps for the next start."""
        found: dict[str, object] = json.loads((self.home / ".config" / "annotator" / "settings.json").read_text())
        return found

    def do(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env=self.environment, check=True, timeout=30)

    def ask(self, *arguments: str) -> str:
        return subprocess.run(
            ["xdotool", *arguments], env=self.environment, capture_output=True, text=True, timeout=30, check=False
        ).stdout

    def wait(self, check: Callable[[], T], seconds: float = 20) -> T:
        """Wait until `check` gives something true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = check()
            if found:
                return found
            assert self.program is None or self.program.poll() is None, "the program ended by itself"
            time.sleep(0.1)
        raise AssertionError(f"it did not happen within {seconds} s")


@contextmanager
def desktop(home: Path) -> Iterator[Desktop]:
    """Give a screen of its own, and end everything on it."""
    require_desktop()
    home.mkdir(parents=True, exist_ok=True)
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        display = f":{pipe.readline().strip()}"
    screen = Desktop(display, home)
    try:
        yield screen
    finally:
        if screen.program is not None and screen.program.poll() is None:
            screen.kill()
        server.terminate()
        server.wait()
