"""Loads the plugins of others once a project is on the screen, and says which of them cannot be used."""

from PySide6.QtCore import QObject, QTimer

from annotator.session.messages import MessageKind
from annotator.session.plugin_sources import Plugin
from annotator.session.plugins import Plugins
from annotator.session.session import Session
from annotator.ui.aside import Aside

AFTER_MS = 300
"""The first picture comes first."""


class PluginLoader(QObject):
    """Starts by itself; does nothing where they are loaded, or left out."""

    def __init__(self, plugins: Plugins, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._plugins = plugins
        self._session = session
        self._start = QTimer(self, singleShot=True, interval=AFTER_MS)
        self._start.timeout.connect(self._on_timeout)
        self._start.start()
        self._is_open = True

    def close(self) -> None:
        """Say nothing any more; what is being loaded goes on, for the next project."""
        self._start.stop()
        self._is_open = False

    def _on_timeout(self) -> None:
        if not self._plugins.is_settled:
            Aside(self._plugins.load, self).finished.connect(self._on_loaded)

    def _on_loaded(self, outcome: list[Plugin] | Exception) -> None:
        if not self._is_open:
            return
        if isinstance(outcome, Exception):
            raise outcome
        problems = [plugin for plugin in outcome if plugin.is_problem]
        if not problems:
            return
        first = problems[0]
        if len(problems) == 1:
            title, line = f"Plugin {first.name} is not loaded", f"{first.error[:1].upper()}{first.error[1:]}."
        else:
            title, line = f"{len(problems)} plugins are not loaded", f"{first.name}: {first.error}."
        self._session.say(title, line, MessageKind.WARN, ("Plugins…", "help.plugins"))
