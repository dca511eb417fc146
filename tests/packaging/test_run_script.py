"""`run` sets up a bare machine, or names the command that does.

The tools of the machine (apt-get, id, sudo) are stand-ins here, so that a test may change nothing on the real one.
No Python is among them, so each run stops before it would make .venv.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("cat", "cksum", "dirname", "env", "grep", "mktemp", "rm", "uname", "ldconfig")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-ins are those of a Debian machine")


class Machine:
    """A folder with the project's script, and a PATH of a few tools."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "a project"
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        (self.project / "resources").mkdir(parents=True)
        self.bin.mkdir()
        self.calls.touch()
        shutil.copy(ROOT / "run", self.project)
        shutil.copy(ROOT / "pyproject.toml", self.project)
        self.needs()
        for tool in TOOLS:
            path = shutil.which(tool, path=f"{os.environ['PATH']}:/sbin:/usr/sbin")
            assert path, tool
            (self.bin / tool).symlink_to(path)

    def needs(self, *rows: str) -> None:
        (self.project / "resources" / "system-libraries.txt").write_text("".join(f"{row}\n" for row in rows))

    def add_tool(self, name: str, body: str) -> None:
        """Add a stand-in that notes its arguments and then does `body`."""
        tool = self.bin / name
        tool.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.calls}"\n{body}\n')
        tool.chmod(0o755)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        shell = shutil.which("sh")
        assert shell
        environment = {"PATH": str(self.bin), "HOME": str(self.project)}
        return subprocess.run(
            [shell, str(self.project / "run"), *arguments], env=environment, capture_output=True, text=True, timeout=60
        )


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_without_a_command_it_lists_what_there_is(machine):
    outcome = machine.run()

    assert outcome.returncode == 0
    for command in ("demo", "test", "check", "bench", "kill9"):
        assert command in outcome.stdout


def test_an_unknown_command_is_named(machine):
    outcome = machine.run("tets")

    assert outcome.returncode == 1
    assert "there is no command 'tets'" in outcome.stderr


def test_without_python_and_apt_it_says_which_python_to_install(machine):
    outcome = machine.run("demo")

    assert outcome.returncode == 1
    assert "no Python 3.11, 3.12 or 3.13 was found: install Python 3.11 to 3.13" in outcome.stderr


def test_a_python_that_is_too_old_does_not_count(machine):
    machine.add_tool("id", "echo 1000")
    machine.add_tool("python3", "exit 1")  # what the question for a version in range is answered with
    machine.add_tool("apt-get", "exit 1")
    machine.add_tool("apt-cache", '[ "$2" = python3.12-venv ]')

    outcome = machine.run("demo")

    assert outcome.returncode == 1
    assert "no Python 3.11, 3.12 or 3.13 was found: run apt-get install -y python3.12-venv (as root)" in outcome.stderr


def test_with_neither_root_nor_sudo_it_prints_the_apt_command(machine):
    machine.add_tool("id", "echo 1000")
    machine.add_tool("apt-get", "exit 1")
    machine.add_tool("apt-cache", "exit 1")
    machine.needs(
        "qt libc.so.6 libc6", "qt libnosuch.so.1 libnosuch1", "window libneither.so.2 libneither2", "test nope nope"
    )

    outcome = machine.run("test")

    assert "lacks libnosuch.so.1 libneither.so.2 nope\n" in outcome.stderr
    assert "this installs them: apt-get install -y libnosuch1 libneither2 nope (as root)\n" in outcome.stderr
    assert "apt-get" not in machine.calls.read_text()


def test_with_sudo_that_asks_for_a_password_it_prints_the_command_with_sudo(machine):
    machine.add_tool("id", "echo 1000")
    machine.add_tool("sudo", "exit 1")
    machine.add_tool("apt-get", "exit 1")
    machine.add_tool("apt-cache", "exit 1")
    machine.needs("qt libnosuch.so.1 libnosuch1")

    outcome = machine.run("test")

    assert "this installs them: sudo apt-get install -y libnosuch1\n" in outcome.stderr
    assert "apt-get" not in machine.calls.read_text().replace("sudo", "")


def test_as_root_it_installs_what_is_missing_and_fetches_the_package_lists_only_then(machine):
    lists = machine.project / "lists"
    machine.add_tool("id", "echo 0")
    machine.add_tool("apt-cache", f'[ -e "{lists}" ] && [ "$2" = libnosuch1t64 ] && echo "Package: $2"')
    machine.add_tool("apt-get", f'case "$*" in *update*) : >"{lists}" ;; *t64*) ;; *) exit 1 ;; esac')
    machine.needs("qt libnosuch.so.1 libnosuch1")

    outcome = machine.run("test")

    calls = [line for line in machine.calls.read_text().splitlines() if line.startswith("apt-get")]
    assert [line.split()[5] for line in calls[:3]] == ["install", "update", "install"]
    assert calls[2].endswith(" libnosuch1t64")
    assert "this installs them" not in outcome.stderr


def test_with_sudo_it_installs_through_sudo(machine):
    machine.add_tool("id", "echo 1000")
    machine.add_tool("sudo", 'shift; "$@"')
    machine.add_tool("true", "")
    machine.add_tool("apt-get", "")
    machine.add_tool("apt-cache", "exit 1")
    machine.needs("qt libnosuch.so.1 libnosuch1")

    machine.run("test")

    assert "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get -y" in machine.calls.read_text()


def test_a_demo_without_a_display_needs_no_system_library(machine):
    machine.needs("qt libnosuch.so.1 libnosuch1")

    assert "libnosuch" not in machine.run("demo", "--headless").stderr


def test_a_system_without_apt_gets_the_names_of_the_libraries(machine):
    machine.needs("qt libnosuch.so.1 libnosuch1")

    outcome = machine.run("test")

    assert "lacks libnosuch.so.1: install the packages that bring them with its package manager" in outcome.stderr
