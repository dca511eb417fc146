import json
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from annotator.formats.commit import commit_import
from annotator.formats.contract import Exporter, ExportOptions, FrameChoice, Proof, exporters
from annotator.formats.export import Exported, ExportPreview, KeypointCounts, export
from annotator.jobs import Job
from annotator.model.ids import new_id
from annotator.model.instance import Visibility, new_instance
from annotator.model.sides import Side
from annotator.model.skeleton import skeleton_from_names
from annotator.model.templates import template_skeleton
from annotator.session import pictures
from annotator.session.plugins import load_plugins
from annotator.session.session import Session
from annotator.store.project import create_project
from annotator.ui.dialogs.export_dialog import ExportDialog
from annotator.ui.dialogs.export_words import bars, default_folder, foot, proof_words, totals, warnings
from annotator.ui.dialogs.facts import Banner, Facts
from annotator.ui.dialogs.import_choices import How, counted_choices, skeleton_choices
from annotator.ui.dialogs.import_dialog import ImportDialog, import_files
from annotator.ui.dialogs.mapping_table import MappingPanel
from annotator.ui.job_runner import JobRunner
from annotator.ui.widgets.buttons import Button
from annotator.ui.widgets.fields import Check, Combo, PathField
from annotator.ui.widgets.labels import PlainLabel

LEFT = Qt.MouseButton.LeftButton
PERSON = template_skeleton("coco-17")
PREVIEW = ExportPreview(
    6, 36, {PERSON.id: (KeypointCounts("nose", 22, 3, 11), KeypointCounts("left_eye", 0, 0, 36))}, turned=1, unsized=0
)


@pytest.fixture
def session(tmp_path):
    load_plugins(others=False)
    (tmp_path / "pictures").mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (64, 48)).save(tmp_path / "pictures" / name)
    session = Session(create_project(tmp_path / "park.annotator", [PERSON], name="Lab & park"))
    yield session
    session.close()


@pytest.fixture
def runner(qtbot):
    runner = JobRunner()
    yield runner
    runner.close()


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.resize(1120, 700)
    qtbot.addWidget(window)
    window.show()
    return window


def coco(tmp_path, **changes) -> Path:
    """A COCO file about two of three pictures that exist."""
    category = {"id": 1, "name": "person", "keypoints": list(PERSON.names), "skeleton": [[1, 2]]}
    annotation = {"category_id": 1, "bbox": [1, 2, 30, 40], "area": 300, "iscrowd": 0, "num_keypoints": 13}
    content = {
        "images": [{"id": n, "file_name": f"{name}.png", "width": 64, "height": 48} for n, name in enumerate("abc")],
        "annotations": [
            annotation | {"id": n, "image_id": n % 3, "keypoints": [10, 20, 2] * 9 + [5, 6, 1] * 4 + [0, 0, 0] * 4}
            for n in range(14)
        ],
        "categories": [category],
    }
    path = tmp_path / "pictures" / "labels.json"
    path.write_text(json.dumps(content | changes))
    return path


def opened(qtbot, dialog):
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitExposed(dialog)
    return dialog


def import_dialog(qtbot, window, session, runner, path):
    return opened(qtbot, ImportDialog(window, session.project, runner, path))


def button(dialog, words):
    return next(each for each in dialog.findChildren(Button) if each.words.startswith(words))


def banners(dialog):
    return "\n".join(banner.words for banner in dialog.findChildren(Banner) if banner.words)


def facts(dialog):
    return dict(dialog.findChild(Facts).rows)


def label_pictures(session, tmp_path):
    keys = pictures.add_pictures(session.project, pictures.find_pictures([tmp_path / "pictures"]))
    with session.project.transaction("Label") as transaction:
        for key in keys:
            instance = new_instance(new_id(), PERSON)
            for k in range(17):
                instance = instance.with_point(
                    k, (k + 0.5, 20.25), Visibility.OCCLUDED if k > 12 else Visibility.VISIBLE
                )
            transaction.add(key, instance)
    session.project.flush()


def export_dialog(qtbot, window, session, runner):
    dialog = opened(qtbot, ExportDialog(window, session, runner))
    qtbot.waitUntil(lambda: button(dialog, "Export").isEnabled())
    return dialog


# Import ----------------------------------------------------------------------------------------------------


def test_of_a_file_with_many_problems_the_first_and_the_report_are_named(qtbot, window, session, runner, tmp_path):
    path = coco(tmp_path)
    made = json.loads(path.read_text())
    for annotation in made["annotations"]:
        annotation["image_id"] = 99
    path.write_text(json.dumps(made))

    dialog = import_dialog(qtbot, window, session, runner, path)
    qtbot.waitUntil(lambda: banners(dialog) != "")

    count = len(made["annotations"])
    lines = banners(dialog).splitlines()
    assert lines[0] == f"{path.name} has {count} problems: correct them, then import it again"
    assert lines[1].startswith(f"{path.name}: annotations[0] (id ")
    assert len(lines) == 7
    assert lines[-1].startswith(f"all {count} are listed in ")
    assert not button(dialog, "Import").isEnabled()


def test_an_import_is_counted_before_it_is_done(qtbot, window, session, runner, tmp_path):
    dialog = import_dialog(qtbot, window, session, runner, coco(tmp_path))
    qtbot.waitUntil(lambda: dialog.preview is not None)

    assert facts(dialog)["Pictures"] == "2 found, 1 missing"
    assert facts(dialog)["Keypoints"] == "126 visible, 56 occluded, 56 unlabeled"
    assert facts(dialog)["Skeleton person"] == "person, 17 keypoints, in the project"
    assert "not found" in banners(dialog)
    assert button(dialog, "Import").words == "Import 14 instances"
    assert session.project.counts().instances == 0


def test_import_files_brings_the_labels_in_as_one_undo_step(qtbot, window, session, runner, tmp_path):
    path = coco(tmp_path)
    done = []

    def press_import():
        dialog = QApplication.activeModalWidget()
        qtbot.waitUntil(lambda: dialog.preview is not None)
        qtbot.keyClick(dialog, Qt.Key.Key_Return)

    QTimer.singleShot(50, press_import)
    import_files(session, runner, [path], window, lambda: done.append(session.project.counts().instances))
    qtbot.waitUntil(lambda: bool(done))

    assert done == [14]
    assert session.project.undo_name == "Import 14 instances from labels.json"
    session.project.undo()
    assert session.project.counts().instances == 0


def test_a_damaged_file_is_told_in_one_sentence(qtbot, window, session, runner, tmp_path):
    path = tmp_path / "labels.json"
    path.write_text('{"images": [], "annotations": [')
    dialog = import_dialog(qtbot, window, session, runner, path)
    qtbot.waitUntil(lambda: banners(dialog) != "")

    assert "This file cannot be imported\nlabels.json is not a COCO file" in banners(dialog)
    assert not button(dialog, "Import").isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()


def test_a_file_without_keypoint_names_asks_for_the_skeleton(qtbot, window, session, runner, tmp_path):
    dialog = import_dialog(qtbot, window, session, runner, coco(tmp_path, categories=[{"id": 1, "name": "person"}]))
    qtbot.waitUntil(lambda: "does not name its keypoints" in banners(dialog))
    combo = next(each for each in dialog.findChildren(Combo) if each.isVisible())
    assert combo.itemText(0) == "Choose one with 17 keypoints…"

    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: dialog.preview is not None)
    assert button(dialog, "Import").words == "Import 14 instances"
    assert banners(dialog).startswith("Worth knowing")


def test_another_skeleton_can_be_chosen_and_what_finds_no_place_is_said(qtbot, window, session, runner, tmp_path):
    dialog = import_dialog(qtbot, window, session, runner, coco(tmp_path))
    qtbot.waitUntil(lambda: dialog.preview is not None)
    combo = next(each for each in dialog.findChildren(Combo) if each.isVisible())
    titles = [combo.itemText(row) for row in range(combo.count())]
    assert titles[0] == "person, in the project: 17 of 17"
    assert titles[-1] == "person, as in the file"

    row = next(k for k, title in enumerate(titles) if title.startswith("Golfer"))
    combo.setFocus()
    for _ in range(row):
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    match = dialog.preview.matches[0]
    assert match.ours.id != PERSON.id
    assert match.is_new
    assert [match.theirs.names[k] for k in match.order if k >= 0] == [
        name for name in match.ours.names if name in PERSON.names
    ]


def test_the_folder_of_the_pictures_is_looked_into_again(qtbot, window, session, runner, tmp_path):
    path = coco(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    path = path.rename(tmp_path / "elsewhere" / "labels.json")
    dialog = import_dialog(qtbot, window, session, runner, path)
    qtbot.waitUntil(lambda: dialog.preview is not None)
    assert facts(dialog)["Pictures"] == "0 found, 3 missing"

    qtbot.keyClicks(dialog.findChild(PathField), str(tmp_path / "pictures"))
    qtbot.waitUntil(lambda: facts(dialog)["Pictures"] == "2 found, 1 missing")


def test_escape_imports_nothing_and_stops_reading(qtbot, window, session, runner, tmp_path):
    dialog = import_dialog(qtbot, window, session, runner, coco(tmp_path))
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not runner.is_busy)

    assert dialog.preview is None
    assert not dialog.isVisible()


def test_skeletons_of_the_project_are_offered_even_without_a_common_name():
    theirs = skeleton_from_names("x", "saddle", ["pommel", "cantle"])

    assert [choice.skeleton for choice in skeleton_choices(theirs, {PERSON.id: PERSON})] == [PERSON, None]


NAMES = ["Nose", "LeftEye", "RightEye", "bill"]


def odd_names(tmp_path) -> Path:
    """A COCO file whose class names four keypoints in words of its own; all are visible."""
    annotation = {"id": 1, "image_id": 0, "category_id": 1, "keypoints": [1, 1, 2, 2, 2, 2, 3, 3, 2, 4, 4, 2]}
    category = {"id": 1, "name": "someone", "keypoints": NAMES}
    return coco(tmp_path, categories=[category], annotations=[annotation])


def visible_combos(dialog):
    return [each for each in dialog.findChildren(Combo) if each.isVisible()]


def pick(qtbot, combo, start):
    """Choose the line that starts so with the keyboard."""
    row = next(k for k in range(combo.count()) if combo.itemText(k).startswith(start))
    combo.setFocus()
    for _ in range(abs(row - combo.currentIndex())):
        qtbot.keyClick(combo, Qt.Key.Key_Down if row > combo.currentIndex() else Qt.Key.Key_Up)


def mapping(dialog):
    return {row.name: (row.ours, row.how) for row in dialog.findChild(MappingPanel).rows}


def map_row(qtbot, dialog, name, ours):
    """Click on a row of the table and choose from its menu."""
    panel = dialog.findChild(MappingPanel)
    number = [row.name for row in panel.rows].index(name)
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=panel.table.row_rect(number).center())
    menu = QApplication.activePopupWidget()
    action = next(action for action in menu.actions() if action.text().startswith(ours))
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())


def test_names_of_their_own_become_a_new_skeleton_until_another_is_chosen(qtbot, window, session, runner, tmp_path):
    dialog = import_dialog(qtbot, window, session, runner, odd_names(tmp_path))
    qtbot.waitUntil(lambda: dialog.preview is not None)

    (combo,) = visible_combos(dialog)
    assert combo.currentText() == "someone, as in the file"
    assert dialog.preview.matches[0].is_new
    assert not dialog.findChild(MappingPanel).isVisible()

    pick(qtbot, combo, "person, in the project")

    assert mapping(dialog) == {
        "Nose": ("nose", How.SIMILAR),
        "LeftEye": ("left_eye", How.SIMILAR),
        "RightEye": ("right_eye", How.SIMILAR),
        "bill": ("", How.OUT),
    }
    assert "Person has no place for bill: 1 labeled keypoint is left out" in banners(dialog)


def test_keypoints_are_mapped_one_by_one_and_imported_so(qtbot, window, session, runner, tmp_path):
    dialog = import_dialog(qtbot, window, session, runner, odd_names(tmp_path))
    qtbot.waitUntil(lambda: dialog.preview is not None)
    pick(qtbot, visible_combos(dialog)[0], "person, in the project")

    map_row(qtbot, dialog, "bill", "nose, now Nose")
    map_row(qtbot, dialog, "LeftEye", "left_ear")
    map_row(qtbot, dialog, "RightEye", "Leave out")

    assert mapping(dialog) == {
        "Nose": ("", How.OUT),
        "LeftEye": ("left_ear", How.HAND),
        "RightEye": ("", How.OUT),
        "bill": ("nose", How.HAND),
    }
    commit_import(session.project, dialog.preview, Job())
    (instance,) = session.project.content(session.project.frame_keys()[0]).instances
    located = {PERSON.names[k]: instance.points[k].tolist() for k in range(17) if instance.located[k]}
    assert located == {"nose": [4, 4], "left_ear": [2, 2]}


def test_keypoints_are_mapped_with_the_keyboard(qtbot, window, session, runner, tmp_path):
    dialog = import_dialog(qtbot, window, session, runner, odd_names(tmp_path))
    qtbot.waitUntil(lambda: dialog.preview is not None)
    pick(qtbot, visible_combos(dialog)[0], "person, in the project")
    table = dialog.findChild(MappingPanel).table
    table.setFocus(Qt.FocusReason.TabFocusReason)

    qtbot.keyClick(table, Qt.Key.Key_End)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    menu = QApplication.activePopupWidget()
    for _ in range(3):
        qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)

    assert dialog.isVisible()
    assert mapping(dialog)["bill"] == ("left_eye", How.HAND)


def test_what_was_mapped_outlives_another_look_for_the_pictures(qtbot, window, session, runner, tmp_path):
    dialog = import_dialog(qtbot, window, session, runner, odd_names(tmp_path))
    qtbot.waitUntil(lambda: dialog.preview is not None)
    pick(qtbot, visible_combos(dialog)[0], "person, in the project")
    map_row(qtbot, dialog, "bill", "left_ear")

    (tmp_path / "empty").mkdir()
    qtbot.keyClicks(dialog.findChild(PathField), str(tmp_path / "empty"))
    qtbot.waitUntil(lambda: dialog.preview is not None and facts(dialog)["Pictures"].startswith("0 found"))

    assert mapping(dialog)["bill"] == ("left_ear", How.HAND)


def zoo(tmp_path, names, other) -> Path:
    """A COCO file of two classes with an instance each."""
    categories = [{"id": 1, "name": "duck"} | names, {"id": 2, "name": "hand"} | other]
    annotations = [
        {"id": 1, "image_id": 0, "category_id": 1, "keypoints": [1, 1, 2] * 17},
        {"id": 2, "image_id": 0, "category_id": 2, "keypoints": [1, 1, 2] * 21},
    ]
    return coco(tmp_path, categories=categories, annotations=annotations)


def test_each_class_of_a_file_gets_a_skeleton_of_its_own(qtbot, window, session, runner, tmp_path):
    hand = template_skeleton("hand-21")
    odd = [name.replace("_", "").title() for name in PERSON.names]
    path = zoo(tmp_path, {"keypoints": odd}, {"keypoints": [f"h{n}" for n in range(21)]})
    dialog = import_dialog(qtbot, window, session, runner, path)
    qtbot.waitUntil(lambda: dialog.preview is not None)
    first, second = visible_combos(dialog)
    assert first.accessibleName() == "Skeleton of duck"
    assert "Hand" not in [second.itemText(row) for row in range(second.count())]

    pick(qtbot, first, "person, in the project")

    duck, other = dialog.preview.matches
    assert (duck.ours.id, duck.is_new, duck.unmatched) == (PERSON.id, False, ())
    assert (other.ours.name, other.is_new) == ("hand", True)
    assert hand.id not in {match.ours.id for match in dialog.preview.matches}


def test_classes_without_names_are_asked_for_one_after_the_other(qtbot, window, session, runner, tmp_path):
    dialog = import_dialog(qtbot, window, session, runner, zoo(tmp_path, {}, {}))
    qtbot.waitUntil(lambda: "Choose the skeleton of duck: its instances have 17 keypoints" in banners(dialog))
    (first,) = visible_combos(dialog)
    pick(qtbot, first, "person, in the project")
    qtbot.waitUntil(lambda: "Choose the skeleton of hand: its instances have 21 keypoints" in banners(dialog))
    assert not button(dialog, "Import").isEnabled()
    _, second = visible_combos(dialog)
    pick(qtbot, second, "Hand")
    qtbot.waitUntil(lambda: dialog.preview is not None)

    assert [match.ours.id for match in dialog.preview.matches] == [PERSON.id, "hand-21"]
    assert facts(dialog)["Skeleton duck"] == "person, 17 keypoints, in the project"


def test_of_the_library_only_skeletons_with_half_of_the_keypoints_are_offered_those_with_fewest_others_first():
    theirs = skeleton_from_names("x", "player", ["racket_butt", "racket_tip", "left_wrist", "right_wrist"])

    offered = [choice.skeleton.id for choice in skeleton_choices(theirs, {PERSON.id: PERSON}) if choice.skeleton]

    assert offered[:5] == ["tennis-22", "badminton-22", "table-tennis-22", PERSON.id, "crowdpose-14"]
    assert "face-68" not in offered
    assert "halpe-136" in offered


def test_of_the_library_a_skeleton_with_fewer_than_half_of_the_keypoints_is_not_offered():
    theirs = skeleton_from_names("x", "mask", ["nose", "chin_strap", "buckle"])

    assert [choice.skeleton for choice in skeleton_choices(theirs, {})] == [None]
    assert [choice.skeleton for choice in skeleton_choices(theirs, {PERSON.id: PERSON})] == [PERSON, None]


def test_only_skeletons_with_as_many_keypoints_are_offered_by_count():
    found = counted_choices(17, {PERSON.id: PERSON})

    assert found[0].skeleton is PERSON
    assert {len(choice.skeleton) for choice in found} == {17}
    assert sum(choice.skeleton.id == PERSON.id for choice in found) == 1


# Export ----------------------------------------------------------------------------------------------------


def test_a_state_that_is_left_out_is_counted_as_not_labeled():
    ((name, (nose, eye)),) = bars(PREVIEW, frozenset({Visibility.VISIBLE}), {PERSON.id: PERSON})

    assert name == "person"
    assert (nose.visible, nose.occluded, nose.unlabeled, nose.trained) == (22, 0, 14, 22)
    assert nose.side is Side.CENTRE
    assert (eye.side, eye.total) == (Side.LEFT, 36)


def test_an_export_is_summed_up_in_words():
    assert totals(PREVIEW) == (22, 3)
    assert foot(PREVIEW) == "36 rows in 6 pictures"
    (warning,) = warnings(PREVIEW)
    assert warning.startswith("1 picture is turned by EXIF")


def exported(proof):
    return Exported((Path("a/annotations.json"),), Path("a/export-report.json"), proof, PREVIEW, 0)


def test_a_proof_is_told_as_it_is():
    holds, title, lines = proof_words(exported(Proof(27268, 27268, checked="14 boxes")))
    assert (holds, title) == (True, "Proved: 27,268 of 27,268 keypoints equal")
    assert lines[-1] == "Also equal: 14 boxes."

    holds, title, lines = proof_words(exported(Proof(10, 9, ("a.png: nose is 1, 2",))))
    assert (holds, title, list(lines)) == (False, "Not proved: 9 of 10 keypoints equal", ["a.png: nose is 1, 2"])

    holds, title, _ = proof_words(exported(None))
    assert (holds, title) == (None, "Written: annotations.json")


def test_the_folder_is_named_after_project_and_format(session):
    folder = default_folder(Path("/work/park.annotator"), "Lab & park/../x", exporters["coco"])

    assert folder == Path("/work/exports/lab-park-..-x-coco")


def test_the_preview_counts_what_is_written_and_follows_the_states(qtbot, window, session, runner, tmp_path):
    label_pictures(session, tmp_path)
    dialog = export_dialog(qtbot, window, session, runner)
    checks = dialog.findChildren(Check)

    assert [check.words for check in checks][:2] == ["Visible, 26", "Occluded, 8"]
    assert button(dialog, "Export").words == "Export 2 rows"
    qtbot.mouseClick(checks[1], LEFT)
    assert dialog.options.states == {Visibility.VISIBLE}
    assert not button(dialog, "Export").isEnabled()  # until it is counted again
    qtbot.waitUntil(lambda: button(dialog, "Export").isEnabled())


def test_an_export_is_written_proved_and_told(qtbot, window, session, runner, tmp_path):
    label_pictures(session, tmp_path)
    dialog = export_dialog(qtbot, window, session, runner)
    qtbot.mouseClick(button(dialog, "Export"), LEFT)
    qtbot.waitUntil(lambda: dialog.exported is not None)

    assert "Proved: 34 of 34 keypoints equal" in banners(dialog)
    folder = tmp_path / "exports" / "lab-park-coco"
    assert dialog.exported.report == folder / "export-report.json"
    written = json.loads((folder / "annotations.json").read_text())
    assert len(written["annotations"]) == 2
    assert written["annotations"][0]["keypoints"][:3] == [0.5, 20.25, 2]
    assert button(dialog, "Open the report").isVisible()
    assert button(dialog, "Close").isVisible()


def test_a_failed_proof_is_never_hidden(qtbot, window, session, runner, tmp_path):
    def write(project, options, job):
        options.folder.mkdir(parents=True, exist_ok=True)
        (options.folder / "x.txt").write_text("wrong")
        return [options.folder / "x.txt"]

    differences = tuple(f"picture {n}: nose is wrong" for n in range(9))
    exporters.register("wrong", Exporter("wrong", "Wrong", "", "", write, lambda *_: Proof(34, 25, differences)))
    try:
        label_pictures(session, tmp_path)
        dialog = export_dialog(qtbot, window, session, runner)
        dialog.findChild(PathField).setText(str(tmp_path / "out"))
        rows = [each for each in dialog.findChildren(QWidget) if each.accessibleName() == "Wrong"]
        qtbot.mouseClick(rows[0], LEFT)
        qtbot.waitUntil(lambda: button(dialog, "Export").isEnabled())
        qtbot.mouseClick(button(dialog, "Export"), LEFT)
        qtbot.waitUntil(lambda: dialog.exported is not None)
    finally:
        exporters.remove("wrong")

    assert "Not proved: 25 of 34 keypoints equal\npicture 0: nose is wrong" in banners(dialog)
    assert "and 3 more" in banners(dialog)


def test_a_folder_that_cannot_be_written_is_told(qtbot, window, session, runner, tmp_path):
    label_pictures(session, tmp_path)
    (tmp_path / "file").write_text("")
    dialog = export_dialog(qtbot, window, session, runner)
    dialog.findChild(PathField).setText(str(tmp_path / "file"))
    qtbot.waitUntil(lambda: button(dialog, "Export").isEnabled())
    qtbot.mouseClick(button(dialog, "Export"), LEFT)
    qtbot.waitUntil(lambda: "Nothing was exported" in banners(dialog))

    assert "cannot be written" in banners(dialog)


def test_what_is_decided_becomes_the_options(qtbot, window, session, runner, tmp_path):
    label_pictures(session, tmp_path)
    dialog = export_dialog(qtbot, window, session, runner)
    frames, split = [each for each in dialog.findChildren(Combo) if each.isVisible()]
    for combo, steps in ((frames, 2), (split, 1)):
        combo.setFocus()
        for _ in range(steps):
            qtbot.keyClick(combo, Qt.Key.Key_Down)
    qtbot.mouseClick(dialog.findChildren(Check)[2], LEFT)

    assert dialog.options.frames is FrameChoice.ALL
    assert dialog.options.train_share == 0.8
    assert dialog.options.copy_pictures


def test_the_offered_folder_follows_the_format_until_it_is_typed_over(qtbot, window, session, runner, tmp_path):
    label_pictures(session, tmp_path)
    dialog = export_dialog(qtbot, window, session, runner)
    rows = {each.accessibleName(): each for each in dialog.findChildren(QWidget) if each.accessibleName()}
    csv, json_ = rows["CSV table, one row per point"], rows["COCO keypoints, json"]
    qtbot.mouseClick(csv, LEFT)
    assert dialog.options.folder.name == "lab-park-csv"

    dialog.findChild(PathField).setText("mine")
    qtbot.mouseClick(json_, LEFT)
    assert dialog.options.folder == session.project.path.parent / "mine"


def test_an_earlier_export_is_replaced_and_that_is_told_before(qtbot, window, session, runner, tmp_path):
    label_pictures(session, tmp_path)
    export(session.project, exporters["coco"], ExportOptions(tmp_path / "exports" / "lab-park-coco"), Job())
    dialog = export_dialog(qtbot, window, session, runner)

    assert "files of an earlier export there are replaced" in banners(dialog)


def test_a_folder_with_files_of_others_is_refused_with_its_sentence(qtbot, window, session, runner, tmp_path):
    label_pictures(session, tmp_path)
    theirs = tmp_path / "exports" / "lab-park-coco"
    theirs.mkdir(parents=True)
    (theirs / "annotations.json").write_text("precious")
    dialog = opened(qtbot, ExportDialog(window, session, runner))
    labels = lambda: [label.text() for label in dialog.findChildren(PlainLabel) if label.isVisible()]  # noqa: E731
    qtbot.waitUntil(lambda: "Choose another folder" in labels())

    assert f"{theirs} holds files that are no export of ours: choose a new folder." in banners(dialog)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert (theirs / "annotations.json").read_text() == "precious"
    dialog.findChild(PathField).setText(str(tmp_path / "new"))
    qtbot.waitUntil(lambda: button(dialog, "Export").isEnabled())
    assert "Choose another folder" not in labels()


def test_no_frame_to_export_is_told(qtbot, window, session, runner, tmp_path):
    dialog = opened(qtbot, ExportDialog(window, session, runner))

    qtbot.waitUntil(lambda: any("No frame is as chosen" in each.text() for each in dialog.findChildren(PlainLabel)))
    assert not button(dialog, "Export").isEnabled()
