"""The Model menu: run the model, accept and reject what it proposes; and the skeleton of new instances."""

from annotator.session import deciding
from annotator.session.commands.contract import (
    Command,
    KeyKind,
    Menu,
    Scope,
    asks,
    needs_frame,
    needs_instance,
    needs_prediction,
)
from annotator.session.session import Ask

MODEL = Menu.MODEL
POSE = KeyKind.POSE

COMMANDS = (
    Command(
        "model.frame",
        "Run the model on this picture",
        asks(Ask.RUN_ON_FRAME),
        ("P",),
        MODEL,
        0,
        kind=POSE,
        short="run model",
        icon="sparkles",
        reason=needs_frame,
    ),
    Command(
        "model.selection",
        "Run the model on the selection's box",
        asks(Ask.RUN_ON_SELECTION),
        ("Shift+P",),
        MODEL,
        0,
        kind=POSE,
        short="run model on selection",
        reason=needs_instance,
    ),
    Command(
        "model.frames",
        "Prelabel frames…",
        asks(Ask.RUN_ON_FRAMES),
        (),
        MODEL,
        0,
        Scope.EVERYWHERE,
        POSE,
        icon="sparkles",
        reason=needs_frame,
    ),
    Command("model.cancel", "Stop the running job", asks(Ask.CANCEL_JOB), (), MODEL, 0, Scope.EVERYWHERE, POSE),
    Command(
        "model.accept_all",
        "Accept every prediction here",
        deciding.accept_all,
        ("Ctrl+Space",),
        MODEL,
        1,
        kind=POSE,
        reason=needs_prediction,
    ),
    Command(
        "model.accept_confident",
        "Accept the confident keypoints only",
        deciding.accept_confident,
        ("Shift+Enter",),
        MODEL,
        1,
        kind=POSE,
        short="accept confident",
        reason=needs_prediction,
    ),
    Command("model.keep", "Keep the stopped run's predictions", asks(Ask.KEEP_RUN), scope=Scope.EVERYWHERE),
    Command("model.discard", "Discard the stopped run's predictions", asks(Ask.DISCARD_RUN), scope=Scope.EVERYWHERE),
    Command("skeleton.new", "New skeleton…", asks(Ask.NEW_SKELETON), (), Menu.LABEL, 4, Scope.EVERYWHERE, icon="plus"),
)
