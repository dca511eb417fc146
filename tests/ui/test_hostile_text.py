"""Text that came from data is shown letter by letter: nothing in it is markup, loads a file, or turns the reading."""

import ast
import json
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QWidget

import annotator
from annotator.formats.contract import ImportOptions
from annotator.formats.exchange import commit_import, preview_import
from annotator.jobs import Job
from annotator.session.messages import MessageKind
from annotator.session.plugins import load_plugins
from annotator.session.settings import Settings
from annotator.store.project import create_project
from annotator.ui import boxes
from annotator.ui.dialogs.import_dialog import ImportDialog
from annotator.ui.main_window import MainWindow
from annotator.ui.widgets.labels import PlainLabel

UI = Path(annotator.__file__).parent / "ui"
RED = (255, 0, 0)


def red_pixels(widget: QWidget) -> int:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    points = ((x, y) for y in range(image.height()) for x in range(image.width()))
    return sum(image.pixelColor(x, y).getRgb()[:3] == RED for x, y in points)


@pytest.fixture
def lure(tmp_path: Path) -> str:
    """Markup that draws a red picture from this disk wherever it is taken for rich text."""
    Image.new("RGB", (40, 40), RED).save(tmp_path / "lure.png")
    return f"<img src='{tmp_path / 'lure.png'}'>"


def test_the_lure_works_where_nobody_cares(qtbot, lure):
    careless = QLabel(lure)
    qtbot.addWidget(careless)
    careless.show()

    assert red_pixels(careless) >= 1000


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch, lure):
    """A project in which every name, label, note and tag that an import can bring is the lure."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    load_plugins()
    folder = tmp_path / "labels"
    name = "<b>a<img src=lure.png>.png"
    folder.mkdir()
    Image.new("RGB", (300, 200), (90, 90, 90)).save(folder / name)
    (folder / "labels.json").write_text(
        json.dumps(
            {
                "info": {"description": lure},
                "images": [{"id": 1, "file_name": name, "width": 300, "height": 200}],
                "categories": [
                    {
                        "id": 1,
                        "name": lure,
                        "supercategory": lure,
                        "keypoints": [lure, f"{lure}2"],
                        "skeleton": [[1, 2]],
                    }
                ],
                "annotations": [
                    {"id": 1, "image_id": 1, "category_id": 1, "keypoints": [20, 20, 2, 250, 150, 1], "mood": lure}
                ],
            }
        )
    )
    with create_project(tmp_path / "p", member=lure, name=lure) as project:
        commit_import(project, preview_import(project, folder / "labels.json", ImportOptions(), Job()), Job())
    window = MainWindow(Settings(member=lure), tmp_path / "config", tmp_path / "log")
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    window.open_paths([tmp_path / "p.annotator"])
    qtbot.waitUntil(lambda: window.workplace.page.canvas.picture is not None)
    yield window
    window.close()


def test_no_name_in_the_window_is_taken_for_markup(window, qtbot, lure):
    page = window.workplace.page
    session = window.workplace.session
    session.select(session.content.instances[0].id, frozenset({0}))
    session.say(lure, lure, MessageKind.BAD, (lure, "edit.undo"))
    QApplication.processEvents()

    assert red_pixels(window) == 0
    for label in window.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText or not GuiQt.mightBeRichText(label.text()), label.text()
    for widget in window.findChildren(QWidget):
        assert not GuiQt.mightBeRichText(widget.toolTip()) or "&lt;img" in widget.toolTip(), widget.toolTip()
    assert page.isVisible()


def test_no_dialog_takes_a_name_for_markup(window, qtbot, lure, tmp_path):
    workplace = window.workplace
    dialog = ImportDialog(window, workplace.project, workplace.runner, tmp_path / "labels" / "labels.json")
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitUntil(lambda: dialog.preview is not None)
    assert red_pixels(dialog) == 0
    dialog.reject()


def test_a_box_with_a_question_shows_names_as_they_are(window, qtbot, lure):
    shown: list[int] = []

    def look() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        shown.append(red_pixels(box))
        box.reject()

    QTimer.singleShot(200, look)
    boxes.tell(window, lure, lure)
    QTimer.singleShot(200, look)
    boxes.ask(window, lure, lure, lure)

    assert shown == [0, 0]


def test_letters_that_turn_the_reading_are_shown_by_their_numbers(qtbot):
    label = PlainLabel("photo\u202egnp.exe")
    plain = PlainLabel("photo\\u202egnp.exe")
    for each in (label, plain):
        qtbot.addWidget(each)
        each.resize(300, 24)
        each.show()

    assert label.grab().toImage() == plain.grab().toImage()


CARELESS = {"QLabel", "QMessageBox", "QErrorMessage", "QTextEdit", "QTextBrowser", "QWhatsThis"}
"""Widgets that take text for rich text when it looks like it."""

ALLOWED = {
    ("widgets/labels.py", "QLabel"),  # PlainLabel is one, with the format set
    ("boxes.py", "QMessageBox"),  # each sets the format, see the test of boxes
}


def careless_uses(file: Path, folder: Path = UI) -> list[str]:
    """Return the uses of widgets or of tool tips that would take data for rich text."""
    found = []
    name = file.relative_to(folder).as_posix()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom | ast.Import):
            found += [
                alias.name for alias in node.names if alias.name in CARELESS and (name, alias.name) not in ALLOWED
            ]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_plain = "plain_tooltip(" in ast.unparse(node) or all(isinstance(a, ast.Constant) for a in node.args)
            if node.func.attr in ("setToolTip", "setWhatsThis", "showText") and not is_plain:
                found.append(node.func.attr)
            if node.func.attr in ("setHtml", "insertHtml", "toHtml", "setMarkdown"):
                found.append(node.func.attr)
    return [f"{name}: {what}" for what in found]


def test_no_module_of_the_window_uses_what_takes_data_for_rich_text():
    assert [use for file in sorted(UI.rglob("*.py")) for use in careless_uses(file)] == []


def test_the_rule_finds_what_it_is_for(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("from PySide6.QtWidgets import QLabel\nwidget.setToolTip(name)\nwidget.setToolTip('fixed')\n")

    assert careless_uses(file, tmp_path) == ["a.py: QLabel", "a.py: setToolTip"]
