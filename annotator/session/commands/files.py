"""The File menu and what concerns the application."""

from annotator.errors import CommandError
from annotator.session.commands.contract import Command, KeyKind, Menu, Scope, asks, needs_frame
from annotator.session.session import Ask, Session

EVERYWHERE = Scope.EVERYWHERE


def needs_changed_picture(session: Session) -> str:
    key = session.frame_key
    return "" if key is not None and session.files.is_changed(key) else "needs a picture that has changed on disk"


def unlock(session: Session) -> None:
    """Let the labels of a picture that changed on disk be changed: the person has looked."""
    key = session.frame_key
    if key is None:
        raise CommandError("there is no picture: add pictures first")
    session.files.accept(key)
    session.frame_changed.emit(key)


COMMANDS = (
    Command("file.new", "New project…", asks(Ask.NEW_PROJECT), ("Ctrl+N",), Menu.FILE, 0, EVERYWHERE),
    Command("file.open", "Open project…", asks(Ask.OPEN), ("Ctrl+O",), Menu.FILE, 0, EVERYWHERE, icon="folder-open"),
    Command("file.add", "Add pictures…", asks(Ask.ADD_PICTURES), (), Menu.FILE, 1, EVERYWHERE, icon="image-up"),
    Command("file.import", "Import labels…", asks(Ask.IMPORT), ("Ctrl+I",), Menu.FILE, 1, EVERYWHERE, icon="file-json"),
    Command(
        "file.export",
        "Export…",
        asks(Ask.EXPORT),
        ("Ctrl+E",),
        Menu.FILE,
        1,
        EVERYWHERE,
        short="export",
        icon="download",
        reason=needs_frame,
    ),
    Command("file.relink", "Find moved pictures…", asks(Ask.RELINK), (), Menu.FILE, 2, EVERYWHERE),
    Command(
        "file.unlock",
        "Take the picture as it is now",
        unlock,
        (),
        Menu.FILE,
        2,
        EVERYWHERE,
        reason=needs_changed_picture,
    ),
    Command("file.copy", "Save a copy…", asks(Ask.SAVE_COPY), (), Menu.FILE, 2, EVERYWHERE),
    Command("file.retry", "Save again", asks(Ask.RETRY_SAVE), (), Menu.NONE, 2, EVERYWHERE),
    Command("file.close", "Close project", asks(Ask.CLOSE), ("Ctrl+W",), Menu.FILE, 3, EVERYWHERE),
    Command("file.quit", "Quit", asks(Ask.QUIT), ("Ctrl+Q",), Menu.FILE, 3, EVERYWHERE),
    Command(
        "help.keys",
        "Keys",
        asks(Ask.KEYS),
        ("F1", "?"),
        Menu.HELP,
        0,
        EVERYWHERE,
        KeyKind.APPLICATION,
        "key map",
        "keyboard",
    ),
    Command(
        "help.palette",
        "Run a command…",
        asks(Ask.PALETTE),
        ("Ctrl+K",),
        Menu.HELP,
        0,
        EVERYWHERE,
        short="run a command",
    ),
    Command("help.plugins", "Plugins…", asks(Ask.PLUGINS), (), Menu.HELP, 1, EVERYWHERE),
    Command("help.log", "Show the log file", asks(Ask.LOG), (), Menu.HELP, 1, EVERYWHERE),
    Command("help.about", "About Annotator", asks(Ask.ABOUT), (), Menu.HELP, 1, EVERYWHERE),
)
