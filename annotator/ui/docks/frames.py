"""The frames dock: find a frame, see how far it is, go to it."""

from array import array
from typing import Final

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from annotator.model.frame import FrameKey
from annotator.session.commands.registry import attempt
from annotator.session.messages import MessageKind
from annotator.session.session import Session
from annotator.store.reader import Counts, FrameFilter
from annotator.ui.docks.frame_lister import FrameLister, KeyPage
from annotator.ui.docks.frame_model import FrameModel
from annotator.ui.docks.frame_table import FrameTable
from annotator.ui.docks.rows import Follower
from annotator.ui.theme import Sides, fill_with, scaled
from annotator.ui.thumbnails import ThumbnailLoader
from annotator.ui.widgets.buttons import Button, ButtonKind, Chip
from annotator.ui.widgets.fields import SearchField
from annotator.ui.widgets.labels import SectionHead, set_tooltip
from annotator.ui.widgets.surfaces import Divider, EmptyState

WIDTH: Final = 252
_TYPING_MS: Final = 120
_COUNTS_MS: Final = 200
_SHARE_OF_TIME: Final = 10
"""Counting a large project may take a tenth of the time of a background thread, no more."""

_WORDS: Final = {
    FrameFilter.ALL: "All",
    FrameFilter.TO_DO: "To do",
    FrameFilter.PREDICTED: "Predicted",
    FrameFilter.DONE: "Done",
}
_EMPTY_TITLES: Final = {
    FrameFilter.TO_DO: "No frame is left to do",
    FrameFilter.PREDICTED: "No frame has a prediction",
    FrameFilter.DONE: "No frame is done yet",
}


def count_of(counts: Counts, filter_: FrameFilter) -> int:
    """Return how many frames a chip lets through."""
    return {
        FrameFilter.ALL: counts.frames,
        FrameFilter.TO_DO: counts.to_do,
        FrameFilter.PREDICTED: counts.predicted,
        FrameFilter.DONE: counts.done,
    }[filter_]


class FramesDock(QWidget):
    """All frames that match the search and the chip, in the project's order.

    The page calls `refresh_counts` after changes and `stop` before the project closes.

    Attributes:
        head: what the dock is dragged by.
    """

    def __init__(self, session: Session, thumbnails: ThumbnailLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._filter = FrameFilter.ALL
        self._counts: Counts | None = None
        self._serial = 0
        self._is_reload = False
        self._gathered: list[KeyPage] = []
        self._wanted: FrameKey | None = None
        self._shown: FrameKey | None = None
        self._lister = FrameLister(session.project, self)
        self._frames = FrameModel(session.project, self)
        self._table = FrameTable(session, self._frames, thumbnails)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._counting = QTimer(self, singleShot=True, interval=_COUNTS_MS)
        self._build()
        self._connect()
        self.refresh()
        self._on_frame_changed(session.frame_key)

    # For the page ------------------------------------------------------------------------------------------

    def selected_keys(self) -> list[FrameKey]:
        """Return the keys of the selected rows, in the project's order."""
        selection = self._table.selectionModel().selection()
        ranges = sorted((part.top(), part.bottom() + 1) for part in map(selection.at, range(selection.count())))
        return [key for first, last in ranges for key in self._frames.keys(first, last)]

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def refresh_counts(self) -> None:
        """Follow changes to any frames: rows at once, counts and what matches the filter soon."""
        self._frames.forget_all()
        self._table.poses.check_all()
        self._table.viewport().update()
        if not self._counting.isActive():
            self._counting.start()

    def refresh(self) -> None:
        """List and count again."""
        self.refresh_counts()
        self._list(is_reload=self._serial > 0)
        self._lister.count()

    def set_sides(self, sides: Sides) -> None:
        """Draw left and right in these colours."""
        self._table.poses.set_sides(sides)
        self._table.viewport().update()

    def stop(self) -> None:
        """Read no more: the project closes."""
        self._counting.stop()
        self._typing.stop()
        self._lister.stop()

    def sizeHint(self) -> QSize:
        return QSize(max(scaled(WIDTH), WIDTH), 600)

    # Parts -------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        fill_with(self, "panel")
        self.setAccessibleName("Frames")
        self.setMinimumWidth(180)
        self.head = SectionHead("Frames")
        self.head.setContentsMargins(12, 0, 10, 0)
        self._search = SearchField("Find by name")
        self._chips = {filter_: Chip(words) for filter_, words in _WORDS.items()}
        self._chip_row = _ChipRow(list(self._chips.values()))
        self._chips[FrameFilter.ALL].setChecked(True)
        self._clear = Button("Clear the filter", ButtonKind.PRIMARY)
        self._nothing = EmptyState("search-x", "", "", (self._clear,), role="text2")
        self._no_pictures = EmptyState("image-up", "No pictures yet", "Drop images or a folder on the window.")
        self._stack = QStackedWidget()
        for page in (self._table, self._nothing, self._no_pictures):
            self._stack.addWidget(page)
        self._table.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        upper = QVBoxLayout()
        upper.setContentsMargins(10, 2, 10, 6)
        upper.setSpacing(4)
        upper.addWidget(self._search)
        upper.addWidget(self._chip_row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addLayout(upper)
        column.addWidget(Divider())
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        Follower(self, self._session.frame_changed, self._on_frame_changed)
        self._lister.found.connect(self._on_found)
        self._lister.counted.connect(self._on_counted)
        self._lister.failed.connect(self._on_failed)
        self._search.textChanged.connect(lambda _text: self._typing.start())
        self._search.returnPressed.connect(self._go_to_list)
        self._typing.timeout.connect(self._list)
        self._counting.timeout.connect(self._on_counting_due)
        self._clear.clicked.connect(self._on_clear)
        self._table.row_chosen.connect(self._on_row_chosen)
        for filter_, chip in self._chips.items():
            chip.clicked.connect(lambda _checked, filter_=filter_: self._choose_filter(filter_))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_searching = self._search.hasFocus()
        if is_searching and event.key() == Qt.Key.Key_Down:
            self._go_to_list()
        elif is_searching and event.key() == Qt.Key.Key_Escape:
            self._search.clearFocus()  # keys are the canvas's again
        else:
            super().keyPressEvent(event)

    # What is listed ----------------------------------------------------------------------------------------

    @property
    def _text(self) -> str:
        return str(self._search.text()).strip()

    def _list(self, is_reload: bool = False) -> None:
        """Ask for the frames that match; a reload shows them when all are known, so that nothing jumps."""
        self._typing.stop()
        self._is_reload = is_reload
        self._gathered = []
        self._serial = self._lister.list(self._filter, self._text)
        self._wanted = self._wanted if is_reload else self._session.frame_key

    def _on_found(self, page: KeyPage) -> None:
        if page.serial != self._serial:
            return
        if self._is_reload:
            self._gathered.append(page)
            if page.is_last:
                keys = self._gathered[0].keys
                for more in self._gathered[1:]:
                    keys.extend(more.keys)
                self._gathered = []
                self._replace_keeping_place(keys)
        elif page.is_first:
            self._frames.replace(page.keys)
            self._table.scrollToTop()
        else:
            self._frames.append(page.keys)
        self._reach(self._wanted)
        if page.is_last:
            self._wanted = None
        self._show_state()

    def _replace_keeping_place(self, keys: "array[int]") -> None:
        """Show other rows; what was on top stays there, and what was selected stays so."""
        top = max(self._table.rowAt(0), 0)
        key, offset = self._frames.key(top), self._table.rowViewportPosition(top)
        selected, current = self.selected_keys(), self._frames.key(self._table.currentIndex().row())
        if not self._frames.replace(keys):
            return
        self._select(selected, current)
        row = self._frames.row_of(key)
        if row >= 0:
            self._table.verticalScrollBar().setValue(row * self._table.row_height - offset)

    def _show_state(self) -> None:
        """Show the list, or why it is empty."""
        if self._frames.rowCount():
            self._stack.setCurrentWidget(self._table)
            return
        if self._filter is FrameFilter.ALL and not self._text:
            self._stack.setCurrentWidget(self._no_pictures)
            return
        hidden = self._counts.frames if self._counts is not None else 0
        self._nothing.set_words(
            f"No frame matches {self._text}" if self._text else _EMPTY_TITLES[self._filter],
            f"{hidden:,} frames are hidden by this filter." if hidden != 1 else "1 frame is hidden by this filter.",
        )
        self._stack.setCurrentWidget(self._nothing)

    def _choose_filter(self, filter_: FrameFilter) -> None:
        for each, chip in self._chips.items():
            chip.setChecked(each is filter_)
        self._filter = filter_
        self._show_counts()
        self._list()

    def _on_clear(self) -> None:
        self._search.clear()
        self._choose_filter(FrameFilter.ALL)

    def _on_counting_due(self) -> None:
        self._lister.count()

    def _on_counted(self, counts: Counts, seconds: float) -> None:
        before, self._counts = self._counts, counts
        self._counting.setInterval(max(_COUNTS_MS, round(seconds * 1000 * _SHARE_OF_TIME)))
        self._show_counts()
        # Frames come and go with bulk changes and undo; with a chip on, with any change of a state.
        is_filtered = self._filter is not FrameFilter.ALL
        if before is not None and (is_filtered or counts.frames != before.frames):
            self._list(is_reload=True)
        if not self._frames.rowCount():
            self._show_state()

    def _show_counts(self) -> None:
        if self._counts is None:
            return
        self.head.set_count(f"{self._counts.frames:,}")
        for filter_, chip in self._chips.items():
            count = count_of(self._counts, filter_)
            chip.set_count(count if chip.isChecked() else None)
            chip.setAccessibleName(f"{_WORDS[filter_]} {count:,}")
            set_tooltip(chip, f"{count:,} frames" if count != 1 else "1 frame")
        self._chip_row.place()

    def _on_failed(self, sentence: str) -> None:
        self._session.say("The list of frames cannot be read", sentence, MessageKind.BAD)

    # The frame on show -------------------------------------------------------------------------------------

    def _on_frame_changed(self, key: FrameKey | None) -> None:
        if key is not None:
            self._frames.forget(key)
            self._table.poses.check(key)
        row = self._frames.row_of(key)
        if key == self._shown:
            self._table.update_row(row)
            return
        self._table.update_row(self._frames.row_of(self._shown))
        self._shown = self._wanted = key
        if key is None or row >= 0:
            self._reach(key)

    def _reach(self, key: FrameKey | None) -> None:
        """Select the frame on show and bring it into view, once it is in the list."""
        row = self._frames.row_of(key)
        if row < 0:
            return
        self._wanted = None
        if key != self._frames.key(self._table.currentIndex().row()) or len(self.selected_keys()) != 1:
            self._table.setCurrentIndex(self._frames.index(row, 0))
        self._table.scrollTo(self._frames.index(row, 0))
        self._table.update_row(row)

    def _select(self, keys: list[FrameKey], current: FrameKey | None) -> None:
        chosen = QItemSelection()
        for row in (self._frames.row_of(key) for key in keys):
            if row >= 0:
                chosen.select(self._frames.index(row, 0), self._frames.index(row, 0))
        selection = self._table.selectionModel()
        selection.setCurrentIndex(
            self._frames.index(self._frames.row_of(current), 0), QItemSelectionModel.SelectionFlag.NoUpdate
        )
        selection.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _on_row_chosen(self, row: int) -> None:
        key = self._frames.key(row)
        self._search.clearFocus()
        if key is not None:
            attempt(self._session, lambda: self._session.show_frame(key))

    def _go_to_list(self) -> None:
        if self._typing.isActive():
            self._list()
        self._table.setFocus(Qt.FocusReason.ShortcutFocusReason)


class _ChipRow(QWidget):
    """Chips side by side, on a second line where the dock is too narrow."""

    def __init__(self, chips: list[Chip], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips = chips
        for chip in chips:
            chip.setParent(self)

    def place(self) -> None:
        """Lay the chips out for the present width."""
        for chip, rect in zip(self._chips, self._places(self.width()), strict=True):
            chip.setGeometry(rect)
        self.setFixedHeight(self._places(self.width())[-1].bottom() + 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()

    def _places(self, width: int) -> list[QRect]:
        places: list[QRect] = []
        corner = QPoint(0, 0)
        for chip in self._chips:
            size = chip.sizeHint()
            if corner.x() and corner.x() + size.width() > width:
                corner = QPoint(0, corner.y() + size.height() + 4)
            places.append(QRect(corner, size))
            corner += QPoint(size.width() + 4, 0)
        return places
