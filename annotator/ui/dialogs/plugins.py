"""The plugins: what each offers, where it is from, why it is not on; and the switch for those of others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QSize, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from annotator.errors import AnnotatorError
from annotator.session.commands.registry import sentence
from annotator.session.messages import MessageKind
from annotator.session.plugin_sources import Origin, Plugin, State
from annotator.session.plugins import Plugins
from annotator.ui.aside import Aside
from annotator.ui.dialogs.facts import Banner, Facts
from annotator.ui.dialogs.plugin_list import PluginList
from annotator.ui.widgets.buttons import Button, ButtonKind
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.labels import PlainLabel
from annotator.ui.widgets.surfaces import Divider, TextCard

_LIST_WIDTH: Final = 292
_STATES: Final[dict[State, str]] = {
    State.ON: "On",
    State.OFF: "Off",
    State.CHANGED: "Off, because it has changed",
    State.FAILED: "Cannot be loaded",
    State.NOT_LOADED: "Not loaded",
}


class PluginsDialog(Dialog):
    """A list on the left; on the right, what is known of the chosen one, and its switch."""

    def __init__(self, parent: QWidget, plugins: Plugins) -> None:
        super().__init__(parent, "Plugins", size=QSize(860, 560))
        self._plugins = plugins
        self._list = PluginList()
        self._details = PluginDetails()
        self._work: Aside | None = None
        row = QHBoxLayout()
        row.setSpacing(16)
        self._list.setFixedWidth(_LIST_WIDTH)
        row.addWidget(self._list)
        row.addWidget(Divider(upright=True))
        row.addWidget(self._details, 1)
        self.body.addLayout(row, 1)
        self.add_button("Show the plugin folder").clicked.connect(self._show_folder)
        self.add_button("Close", ButtonKind.PRIMARY).clicked.connect(self.accept)
        self._list.chosen.connect(lambda _: self._show_chosen())
        self._details.off.clicked.connect(self._on_off)
        self._details.on.clicked.connect(self._on_on)
        self._show_all()
        self._list.focus_choice()
        self._run("Looking for plugins…", lambda: (plugins.load(), plugins.look()))

    @property
    def is_busy(self) -> bool:
        """Something is being loaded or switched."""
        return self._work is not None

    def _run(self, words: str, call: Callable[[], Any]) -> None:
        """Do something to the plugins beside the window: a plugin may take its time, or never come back."""
        self.set_foot_text(words)
        self._details.set_enabled(False)
        self._work = Aside(call, self)
        self._work.finished.connect(self._on_finished)

    def _on_finished(self, outcome: object) -> None:
        self._work = None
        self._details.set_enabled(True)
        left_out = "Those of others are left out until the next start." if self._plugins.leaves_others_out else ""
        self.set_foot_text(left_out)
        self._show_all()
        if isinstance(outcome, AnnotatorError):
            self.set_foot_text(f"{sentence(outcome)}.", "bad")
        elif isinstance(outcome, Exception):
            raise outcome

    def _show_all(self) -> None:
        self._list.show_plugins(self._plugins.found())
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = next((plugin for plugin in self._plugins.found() if plugin.name == self._list.choice), None)
        self._details.setVisible(chosen is not None)
        if chosen is not None:
            self._details.show_plugin(chosen)

    def _on_off(self) -> None:
        name = self._list.choice
        self._run(f"Switching {name} off…", lambda: self._plugins.switch_off(name))

    def _on_on(self) -> None:
        plugin = self._details.plugin
        if plugin is not None and Consent(self, plugin).exec() == Consent.DialogCode.Accepted:
            self._run(f"Loading {plugin.name}…", lambda: self._plugins.switch_on(plugin.name))

    def _show_folder(self) -> None:
        folder = self._plugins.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.set_foot_text(f"{folder} cannot be made: {error.strerror or error}.", "bad")
            return
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):  # a desktop without a file manager
            self.set_foot_text(str(folder))


class PluginDetails(QWidget):
    """Everything about one plugin.

    Attributes:
        plugin: the one on show.
        on, off: buttons; those that come with Annotator, and those that cannot be plugins, have none.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plugin: Plugin | None = None
        self.on, self.off = Button("Switch on…"), Button("Switch off")
        self._name = PlainLabel(pixels=15, weight=600)
        self._summary = PlainLabel(role="text2", wraps=True)
        self._facts = Facts()
        self._problem = Banner()
        self._trace = TextCard("Details of the error")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._name, 1)
        head.addWidget(self.off)
        head.addWidget(self.on)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        for widget in (self._summary, self._facts, self._problem):
            column.addWidget(widget)
        column.addWidget(self._trace, 1)
        column.addStretch()

    def set_enabled(self, is_enabled: bool) -> None:
        """Let the buttons be pressed, or not while something is under way."""
        self.on.setEnabled(is_enabled)
        self.off.setEnabled(is_enabled)

    def show_plugin(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self._name.setText(plugin.name)
        self._summary.setText(f"{plugin.summary}.")
        self._summary.setVisible(bool(plugin.summary))
        self._facts.show_rows(_facts(plugin))
        self._problem.setVisible(plugin.is_problem)
        if plugin.is_problem:
            kind = MessageKind.BAD if plugin.state is State.FAILED else MessageKind.WARN
            self._problem.say(kind, _STATES[plugin.state], [f"{plugin.error[:1].upper()}{plugin.error[1:]}."])
        self._trace.set_text(plugin.details)
        self._trace.setVisible(bool(plugin.details))
        has_run = plugin.state is State.FAILED and bool(plugin.details)
        is_switchable = plugin.origin is not Origin.BUNDLED
        self.off.setVisible(is_switchable and (has_run or plugin.state in (State.ON, State.NOT_LOADED)))
        self.on.setVisible(is_switchable and (has_run or plugin.state in (State.OFF, State.CHANGED)))
        self.on.set_words("Try again…" if has_run else "Switch on…")


class Consent(Dialog):
    """Asks before code of others is run for the first time."""

    def __init__(self, parent: QWidget, plugin: Plugin) -> None:
        super().__init__(parent, f"Switch on {plugin.name}?", size=QSize(440, 0))
        self.body.addWidget(
            PlainLabel("A plugin is a program. It runs with your rights: it can read and change your files, and use "
                       "the network. Switch it on only if you trust who made it.", wraps=True)
        )  # fmt: skip
        if plugin.origin is Origin.FOLDER:
            self.body.addWidget(PlainLabel("As soon as its content changes it is off again.", "text2", wraps=True))
        self.add_button("Cancel").clicked.connect(self.reject)
        self.add_button("Switch on", ButtonKind.PRIMARY).clicked.connect(self.accept)


def _facts(plugin: Plugin) -> list[tuple[str, str]]:
    rows = [("State", _STATES[plugin.state]), ("Offers", plugin.kinds), ("Version", plugin.version)]
    if plugin.origin is Origin.PACKAGE:
        rows.append(("From", f"the installed package {plugin.where}"))
    elif plugin.origin is Origin.FOLDER:
        rows.append(("From", f"the plugin folder, {Path(plugin.where).name}"))
    else:
        rows.append(("From", "Annotator itself"))
    return [(name, value) for name, value in rows if value]
