"""Which frames the model looks at."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from annotator.model.frame import FrameKey
from annotator.ui.dialogs.choices import Choices
from annotator.ui.widgets.buttons import ButtonKind
from annotator.ui.widgets.dialog import Dialog
from annotator.ui.widgets.labels import PlainLabel


class PrelabelFramesDialog(Dialog):
    """Asks which frames; the counts are on the rows and on the button."""

    def __init__(self, parent: QWidget, choices: Mapping[str, Sequence[FrameKey]], covers: str = "") -> None:
        """Make the dialog.

        Args:
            choices: frames under the words for them; the first is suggested.
            covers: a sentence about what the model places: "MoveNet places all 17 keypoints".
        """
        super().__init__(parent, "Prelabel frames", size=QSize(420, 0))
        self._frames = choices
        self._choices = Choices([(words, words, _frames(len(keys))) for words, keys in choices.items()])
        self.body.addWidget(self._choices)
        if covers:
            self.body.addWidget(PlainLabel(f"{covers.removesuffix('.')}.", "text2", wraps=True))
        self.body.addWidget(
            PlainLabel("What it finds stands beside your labels until you accept it. You can go on labeling, and stop "
                       "it at any time.", "text2", wraps=True)
        )  # fmt: skip
        self.add_button("Cancel").clicked.connect(self.reject)
        self._start = self.add_button("Prelabel", ButtonKind.PRIMARY)
        self._start.clicked.connect(self.accept)
        self._choices.chosen.connect(self._on_chosen)
        self._on_chosen()

    @classmethod
    def ask(cls, parent: QWidget, choices: Mapping[str, Sequence[FrameKey]], covers: str = "") -> list[FrameKey] | None:
        """Ask which frames; None when the person changed their mind, no frames at all when there is no choice."""
        if not choices:
            return []
        dialog = cls(parent, choices, covers)
        is_chosen = dialog.exec() == cls.DialogCode.Accepted
        return list(dialog.keys) if is_chosen else None

    @property
    def keys(self) -> Sequence[FrameKey]:
        return self._frames[self._choices.choice]

    def _on_chosen(self) -> None:
        self._start.set_words(f"Prelabel {_frames(len(self.keys))}")
        self._start.setEnabled(bool(self.keys))


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count:,} frames"
