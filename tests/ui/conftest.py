"""The window's tests run without a display; what needs a real one is in tests/e2e."""

import os
from collections.abc import Callable, Iterator

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from annotator.session.settings import ThemeChoice
from annotator.ui.theme import apply_theme
from annotator.ui.widgets.focus import FocusRing


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["annotator", "-style", "fusion"]


@pytest.fixture
def dark(qapp: QApplication) -> Iterator[QApplication]:
    """The application in the dark theme, and again after the test."""
    apply_theme(qapp, ThemeChoice.DARK)
    yield qapp
    apply_theme(qapp, ThemeChoice.DARK)


@pytest.fixture
def ring(dark: QApplication) -> Iterator[FocusRing]:
    ring = FocusRing(dark)
    yield ring
    dark.focusChanged.disconnect(ring._on_focus_changed)


@pytest.fixture
def show(dark: QApplication, qtbot: QtBot) -> Callable[..., QWidget]:
    """Put a widget on the screen, active, and close it after the test."""
    kept = []  # nothing else may hold a widget without a parent

    def show_widget(widget: QWidget, size: QSize | None = None) -> QWidget:
        kept.append(widget)
        qtbot.addWidget(widget)
        if size is not None:
            widget.resize(size)
        widget.move(200, 200)  # away from the pointer, which rests in the corner
        with qtbot.waitActive(widget):
            widget.show()
            widget.activateWindow()
        return widget

    return show_widget
