"""The rows of the frames list: keys of all frames that match, summaries of those on show."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from annotator.model.frame import FrameKey, FrameSummary
from annotator.store.project import Project
from annotator.ui.docks.frame_rows import FrameRow, frame_row
from annotator.ui.docks.rows import AnyIndex
from annotator.ui.widgets.labels import plain_tooltip

_KEPT = 2_000


class FrameModel(QAbstractListModel):
    """Eight bytes for a frame; what else a row needs is read when it comes into view, one query for all of them."""

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._keys: array[int] = array("q")
        self._summaries: dict[FrameKey, FrameSummary | None] = {}

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._keys)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role not in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            return None
        self.read(index.row(), index.row() + 1)
        row = self.row(index.row())
        if row is None:
            return None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken
        summary = self._summaries[self._keys[index.row()]]
        path = summary.frame.path if summary else row.name
        return row.name if role == Qt.ItemDataRole.DisplayRole else plain_tooltip(f"{path}\n{row.line}")

    def key(self, row: int) -> FrameKey | None:
        return self._keys[row] if 0 <= row < len(self._keys) else None

    def keys(self, first: int, last: int) -> list[FrameKey]:
        """Return the keys of the rows from `first` to before `last`."""
        return self._keys[first:last].tolist()

    def row_of(self, key: FrameKey | None) -> int:
        """Return the row of a frame, or -1 while it is not in the list."""
        if key is None:
            return -1
        row = bisect_left(self._keys, key)
        return row if row < len(self._keys) and self._keys[row] == key else -1

    def summary(self, row: int) -> FrameSummary | None:
        """Return what is known of a row on show; None for a frame that was just removed."""
        key = self.key(row)
        return self._summaries.get(key) if key is not None else None

    def row(self, row: int) -> FrameRow | None:
        summary = self.summary(row)
        return frame_row(summary) if summary is not None else None

    def read(self, first: int, last: int) -> None:
        """Read what is missing to paint the rows from `first` to before `last`."""
        missing = [key for key in self._keys[first:last] if key not in self._summaries]
        if not missing:
            return
        if len(self._summaries) > _KEPT:
            self._summaries.clear()
            missing = list(self._keys[first:last])
        self._summaries.update(dict.fromkeys(missing))
        self._summaries.update({summary.frame.key: summary for summary in self._project.summaries(missing)})

    def forget(self, key: FrameKey) -> None:
        """Read a frame again when it is painted next."""
        self._summaries.pop(key, None)

    def forget_all(self) -> None:
        self._summaries.clear()

    def append(self, keys: Iterable[FrameKey]) -> None:
        """Add rows at the end; `keys` go on ascending."""
        added = array("q", keys)
        if not added:
            return
        start = len(self._keys)
        self.beginInsertRows(QModelIndex(), start, start + len(added) - 1)
        self._keys.extend(added)
        self.endInsertRows()

    def replace(self, keys: "array[int]") -> bool:
        """Show other rows; return whether the old ones are gone, so that the view starts afresh."""
        before = len(self._keys)
        if keys[:before].tobytes() == self._keys.tobytes():  # a hundred times quicker than number by number
            self.append(keys[before:])
            return False
        self.beginResetModel()
        self._keys = keys
        self._summaries.clear()
        self.endResetModel()
        return True
