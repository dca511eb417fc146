import threading
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject

from annotator.model.frame import Frame
from annotator.model.ids import new_ids
from annotator.model.templates import template_skeleton
from annotator.session.messages import MessageKind
from annotator.session.session import Session
from annotator.store import backup as backup_module
from annotator.store.backup import Backups
from annotator.store.project import create_project, open_project
from annotator.ui.backup_timer import BackupTimer


def change(session):
    (key,) = new_ids(1)
    with session.project.transaction("Add") as transaction:
        transaction.add_frames([Frame(key, "pictures", f"{key}.jpg", 0, 640, 480)])
    session.project.flush()


@pytest.fixture
def session(tmp_path, monkeypatch):
    """A session on a project that something changed in, where a backup is due at once."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    monkeypatch.setattr(backup_module, "_EVERY_S", 0.05)
    session = Session(create_project(tmp_path / "park.annotator", [template_skeleton("coco-17")]))
    change(session)
    yield session
    session.close()


@pytest.fixture
def run(session, qtbot):
    """The timer at work, looking often, and what was said meanwhile."""
    messages = []
    session.said.connect(messages.append)
    parent = QObject()
    timer = BackupTimer(session, parent, look_ms=20)
    yield SimpleNamespace(timer=timer, said=messages, parent=parent)
    timer.close()


def test_a_backup_is_made_of_what_changed_and_nothing_is_said(session, run, qtbot):
    backups = session.project.backups
    qtbot.waitUntil(lambda: len(backups.list()) == 1)
    qtbot.wait(200)
    assert len(backups.list()) == 1  # nothing changed since

    change(session)
    qtbot.waitUntil(lambda: len(backups.list()) == 2)

    assert {backup.reason for backup in backups.list()} == {"half-hour"}
    assert run.said == []


def test_the_window_waits_for_no_backup(session, run, qtbot, monkeypatch):
    threads = []
    make = Backups.make_if_due
    monkeypatch.setattr(
        Backups, "make_if_due", lambda self, job: threads.append(threading.current_thread()) or make(self, job)
    )

    qtbot.waitUntil(lambda: len(threads) > 1)

    assert threading.main_thread() not in threads


def test_a_backup_that_fails_is_told_once_and_again_when_it_failed_anew(session, run, qtbot):
    folder = session.project.backups.folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    qtbot.waitUntil(lambda: bool(run.said))
    qtbot.wait(200)

    (message,) = run.said
    assert (message.title, message.kind) == ("No backup could be made", MessageKind.BAD)
    assert "cannot be written" in message.line
    folder.unlink()
    qtbot.waitUntil(lambda: len(session.project.backups.list()) == 1)
    qtbot.wait(100)
    session.project.backups.problem = "the disk is full"  # as one before a bulk change leaves it
    qtbot.waitUntil(lambda: len(run.said) == 2)
    assert run.said[1].line.startswith("The disk is full. ")


def test_nothing_is_backed_up_of_a_project_that_is_only_read(session, qtbot, tmp_path):
    with open_project(session.project.path, read_only=True) as project:
        parent = QObject()
        timer = BackupTimer(Session(project), parent, look_ms=20)
        qtbot.wait(200)
        timer.close()

        assert project.backups.list() == []
