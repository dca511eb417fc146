"""The parts of a window that the keyboard is given to one after the other."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


def step_area(areas: Sequence[QWidget], home: QWidget, step: int) -> None:
    """Give the keyboard to the next part that can take it, round and round.

    Args:
        areas: the parts, in their order on the screen.
        home: where the keyboard counts as being while it is in none of them.
        step: 1 to the next, -1 to the previous.
    """
    focus = QApplication.focusWidget()
    here = next((n for n, area in enumerate(areas) if focus is not None and _holds(area, focus)), areas.index(home))
    for distance in range(1, len(areas)):
        target = _first_in(areas[(here + step * distance) % len(areas)])
        if target is not None:
            target.activateWindow()  # it may be torn off
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return


def _holds(area: QWidget, widget: QWidget) -> bool:
    return area is widget or area.isAncestorOf(widget)


def _first_in(area: QWidget) -> QWidget | None:
    """Return the first control of a part that Tab would reach."""
    for widget in (area, *area.findChildren(QWidget)):
        takes_tab = widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
        if takes_tab and widget.isVisible() and widget.isEnabled():
            return widget
    return None
