"""A real project with three pictures and a session on it; a display that answers; an installation to take apart."""

import os
import socket
from pathlib import Path

import pytest

from annotator import bundle
from annotator.model.frame import Frame
from annotator.model.ids import new_ids
from annotator.model.templates import template_skeleton
from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.store.project import Project, create_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    project = create_project(tmp_path / "people", [template_skeleton("coco-17")], member="tester")
    with project.transaction("Add 3 pictures") as transaction:
        transaction.add_frames(
            [Frame(key, "park", f"{n}.jpg", width=640, height=480) for n, key in enumerate(new_ids(3))]
        )
    project.flush()
    yield project
    project.close()


class Heard(list[Message]):
    """What the session said."""

    @property
    def last(self) -> str:
        return self[-1].title


@pytest.fixture
def session(project: Project):
    session = Session(project)
    session.screen = (640.0, 480.0)
    session.show_frame(project.frame_keys()[0])
    return session


@pytest.fixture
def heard(session: Session) -> Heard:
    messages = Heard()
    session.said.connect(messages.append)
    return messages


@pytest.fixture
def on_a_display(monkeypatch):
    """An X11 display that answers; yields its name."""
    number = 20_000 + os.getpid() % 10_000
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0/tmp/.X11-unix/X{number}")
        server.listen()
        monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        monkeypatch.setenv("DISPLAY", f":{number}")
        yield f":{number}"


@pytest.fixture
def installation(monkeypatch, tmp_path):
    """The root of an installation that holds only what the test puts there."""
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "system-libraries.txt").touch()
    monkeypatch.setattr(bundle, "_ROOT", tmp_path)
    return tmp_path
