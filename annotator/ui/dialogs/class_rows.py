"""Which skeleton each class of a file gets: one choice below the other, scrolled where there are many."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from annotator.formats.matching import SkeletonMatch
from annotator.ui.dialogs.import_choices import SkeletonChoice, position_of
from annotator.ui.widgets.fields import Combo, FormRow


@dataclass(slots=True, eq=False)
class _Row:
    form: FormRow
    combo: Combo
    choices: list[SkeletonChoice]


class ClassRows(QScrollArea):
    """The choices, by the name of the class.

    Attributes:
        chosen: a person chose: the name of the class, and the skeleton or None.
    """

    chosen = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, _Row] = {}
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(14)
        self._column.addStretch(1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inner)
        for ground in (inner, self.viewport()):
            ground.setAutoFillBackground(False)

    def offer(self, classes: Mapping[str, list[SkeletonChoice]]) -> None:
        """Offer these choices; classes that were offered before keep their place."""
        for name, choices in classes.items():
            row = self._rows.get(name) or self._add(name)
            if choices != row.choices:
                row.choices = choices
                row.combo.clear()
                row.combo.addItems([choice.title for choice in choices])

    def show_match(self, name: str, match: SkeletonMatch) -> None:
        """Show what a class gets now."""
        row = self._rows[name]
        row.combo.setCurrentIndex(position_of(match, row.choices))

    def set_error(self, name: str, sentence: str) -> None:
        """Say why none of the choices fits; an empty sentence takes it back."""
        self._rows[name].form.set_error(sentence)

    def _add(self, name: str) -> _Row:
        combo = Combo()
        form = FormRow(f"Skeleton of {name}", combo)
        row = self._rows[name] = _Row(form, combo, [])
        combo.activated.connect(partial(self._on_activated, name))
        self._column.insertWidget(self._column.count() - 1, form)
        form.show()  # now, not when the layout finds the time
        return row

    def _on_activated(self, name: str, number: int) -> None:
        self.chosen.emit(name, self._rows[name].choices[number].skeleton)
