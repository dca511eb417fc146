"""The kit that every page, dock and dialog is built from: plain text, theme colours, keyboard focus."""

from annotator.ui.widgets.buttons import Button, ButtonKind, Chip, IconButton, Segmented
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.fields import Check, Combo, FormRow, PathField, SearchField, TextField
from annotator.ui.widgets.focus import FocusRing
from annotator.ui.widgets.labels import KeyCap, PlainLabel, SectionHead, StateChip, set_tooltip
from annotator.ui.widgets.message import MessageBar
from annotator.ui.widgets.surfaces import Card, Divider, EmptyState, IconLabel, ProgressBar

__all__ = [
    "Button",
    "ButtonKind",
    "Card",
    "Check",
    "Chip",
    "Combo",
    "Dialog",
    "Divider",
    "EmptyState",
    "FocusRing",
    "FormRow",
    "IconButton",
    "IconLabel",
    "KeyCap",
    "MessageBar",
    "PathField",
    "PlainLabel",
    "ProgressBar",
    "SearchField",
    "SectionHead",
    "Segmented",
    "StateChip",
    "TextField",
    "set_tooltip",
]
