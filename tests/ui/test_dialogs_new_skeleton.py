from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from annotator.errors import ModelError
from annotator.model.sides import Side
from annotator.model.templates import GROUPS, template_skeleton, templates
from annotator.ui.dialogs.new_skeleton import NewSkeletonDialog
from annotator.ui.dialogs.skeleton_draft import SkeletonDraft, copy_of
from annotator.ui.dialogs.skeleton_figure import SkeletonFigure
from annotator.ui.widgets.buttons import Button
from annotator.ui.widgets.fields import Combo, TextField

LEFT = Qt.MouseButton.LeftButton


def draft(*names):
    return SkeletonDraft().with_text("\n".join(names))


@pytest.fixture
def dialog(qtbot):
    window = QWidget()
    window.resize(1120, 700)
    qtbot.addWidget(window)
    window.show()
    dialog = NewSkeletonDialog(window)
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitExposed(dialog)
    return dialog


def type_names(qtbot, dialog, *names):
    editor = dialog.findChild(QPlainTextEdit)
    for name in names:
        qtbot.keyClicks(editor, name)
        qtbot.keyClick(editor, Qt.Key.Key_Return)


def click(qtbot, dialog, k):
    figure = dialog.findChild(SkeletonFigure)
    qtbot.mouseClick(figure, LEFT, pos=figure.place_of(k).toPoint())


def drag(qtbot, dialog, k, by):
    figure = dialog.findChild(SkeletonFigure)
    start = figure.place_of(k).toPoint()
    qtbot.mousePress(figure, LEFT, pos=start)
    qtbot.mouseMove(figure, start + by / 2)
    qtbot.mouseMove(figure, start + by)
    qtbot.mouseRelease(figure, LEFT, pos=start + by)


def undo(qtbot, dialog):
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def test_sides_and_pairs_follow_the_names():
    made = draft("nose", "right_eye", "left_eye", "left_paw")

    assert made.sides == (Side.CENTRE, Side.RIGHT, Side.LEFT, Side.CENTRE)
    assert made.pairs == ((2, 1),)


def test_a_line_typed_over_keeps_its_place_and_edges():
    made = draft("nose", "neck").moved(0, (0.1, 0.2)).with_edge_toggled(0, 1)
    renamed = made.with_text("snout\nneck")

    assert renamed.names == ("snout", "neck")
    assert renamed.layout[0] == (0.1, 0.2)
    assert renamed.edge_indices == ((0, 1),)


def test_names_keep_what_they_have_when_their_order_changes():
    made = draft("nose", "neck", "tail").moved(2, (0.9, 0.8)).with_edge_toggled(0, 2)
    moved = made.with_text("tail\nnose\nneck")

    assert moved.layout[0] == (0.9, 0.8)
    assert moved.edge_indices == ((1, 0),)


def test_a_removed_name_takes_its_edges_with_it():
    made = draft("nose", "neck", "tail").with_edge_toggled(0, 1).with_edge_toggled(1, 2)

    assert made.with_text("nose\nneck").edge_indices == ((0, 1),)


def test_a_renamed_keypoint_and_a_new_one_of_its_old_name_stay_two():
    made = draft("nose", "neck").with_text("snout\nneck").with_text("snout\nneck\nnose")

    assert len(set(made.ids)) == 3
    assert made.skeleton("Mouse").names == ("snout", "neck", "nose")


def test_an_edge_clicked_again_is_gone_in_either_direction():
    made = draft("nose", "neck").with_edge_toggled(0, 1)

    assert made.with_edge_toggled(1, 0).edges == ()


def test_positions_stay_in_the_unit_box():
    assert draft("nose").moved(0, (-3, 7)).layout == ((0.0, 1.0),)


def test_a_partner_goes_along_mirrored_only_when_asked():
    made = draft("left_eye", "right_eye")

    assert made.moved(0, (0.8, 0.3)).layout[1] == pytest.approx((0.2, 0.3))
    apart = replace(made, mirrors=False).moved(0, (0.8, 0.3))
    assert apart.layout[1] != pytest.approx((0.2, 0.3))


def test_a_partner_named_later_stands_opposite():
    made = draft("left_eye").moved(0, (0.8, 0.3)).with_text("left_eye\nright_eye")

    assert made.layout[1] == pytest.approx((0.2, 0.3))


@pytest.mark.parametrize(
    ("text", "error"),
    [("", "Write the name"), (" \n", "Write the name"), ("nose\n\n nose ", "nose stands here twice"), ("nose\n", "")],
)
def test_errors_of_names_are_said_at_once(text, error):
    found = SkeletonDraft().with_text(text).error

    assert found.startswith(error)
    assert bool(found) == bool(error)


def test_the_result_has_everything_that_a_project_needs():
    made = draft("nose", "left_eye", "right_eye").with_edge_toggled(0, 1).moved(0, (0.5, 0.1)).skeleton(" Mouse ")

    assert made.name == "Mouse"
    assert len(made.id) == 32
    assert made.edge_indices == ((0, 1),)
    assert made.layout[0] == (0.5, 0.1)
    assert made.pairs == ((1, 2),)
    assert [keypoint.hotkey for keypoint in made.keypoints] == ["1", "2", "3"]
    with pytest.raises(ModelError):
        draft("nose").skeleton(" ")


@pytest.mark.parametrize("template", [each.skeleton for each in templates()], ids=lambda skeleton: skeleton.id)
def test_a_copy_is_the_template_under_a_fresh_id(template):
    made = copy_of(template).skeleton(template.name)

    assert made.id != template.id
    assert made.names == template.names
    assert made.edges == template.edges
    assert made.layout == template.layout
    assert made.flip_indices == template.flip_indices
    assert made.sigmas == template.sigmas
    assert made.parts == template.parts
    assert [keypoint.side for keypoint in made.keypoints] == [keypoint.side for keypoint in template.keypoints]


def test_a_copy_without_a_keypoint_lets_its_partner_stand_alone():
    person = template_skeleton("coco-17")
    made = copy_of(person).with_text("\n".join(name for name in person.names if name != "left_wrist")).skeleton("p")

    assert made.keypoints[made.index("right_wrist")].partner == ""
    assert len(made.edges) == len(person.edges) - 1


def test_a_skeleton_is_made_by_typing_clicking_and_dragging(qtbot, dialog):
    qtbot.keyClicks(dialog.focusWidget(), "Mouse")
    type_names(qtbot, dialog, "nose", "left_ear", "right_ear")
    click(qtbot, dialog, 0)
    click(qtbot, dialog, 1)
    before = dialog.draft.layout
    drag(qtbot, dialog, 1, QPoint(30, 40))
    qtbot.mouseClick(button(dialog, "Make skeleton"), LEFT)

    made = dialog.result_skeleton
    assert made is not None
    assert made.name == "Mouse"
    assert made.names == ("nose", "left_ear", "right_ear")
    assert made.edge_indices == ((0, 1),)
    assert made.layout[1][0] > before[1][0]
    assert made.layout[1][1] > before[1][1]
    assert made.layout[2] == pytest.approx((1 - made.layout[1][0], made.layout[1][1]))


def button(dialog, words):
    return next(each for each in dialog.findChildren(Button) if each.words == words)


def test_it_cannot_be_made_while_something_is_missing(qtbot, dialog):
    make = button(dialog, "Make skeleton")
    type_names(qtbot, dialog, "nose")
    assert not make.isEnabled()
    qtbot.keyClicks(dialog.findChildren(TextField)[0], "Mouse")
    assert make.isEnabled()
    type_names(qtbot, dialog, "nose")
    assert not make.isEnabled()


def test_undo_takes_back_steps_of_every_kind(qtbot, dialog):
    type_names(qtbot, dialog, "nose", "neck")
    typed = dialog.draft
    drag(qtbot, dialog, 0, QPoint(40, 10))
    dragged = dialog.draft
    click(qtbot, dialog, 0)
    click(qtbot, dialog, 1)
    assert dialog.draft.edges

    undo(qtbot, dialog)
    assert dialog.draft == dragged
    undo(qtbot, dialog)
    assert dialog.draft == typed
    undo(qtbot, dialog)
    assert dialog.draft.names == ("nose", "neck")  # the last line end
    undo(qtbot, dialog)
    assert dialog.draft.names == ("nose",)
    assert dialog.findChild(QPlainTextEdit).toPlainText().strip() == "nose"


def test_escape_first_lets_go_of_the_chosen_keypoint(qtbot, dialog):
    type_names(qtbot, dialog, "nose", "neck")
    figure = dialog.findChild(SkeletonFigure)
    click(qtbot, dialog, 0)
    assert figure.selected == 0

    qtbot.keyClick(figure, Qt.Key.Key_Escape)
    assert figure.selected is None
    assert dialog.isVisible()
    qtbot.keyClick(figure, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert dialog.result_skeleton is None


def test_keys_choose_and_move_a_keypoint(qtbot, dialog):
    type_names(qtbot, dialog, "nose", "neck")
    figure = dialog.findChild(SkeletonFigure)
    figure.setFocus()
    x, y = dialog.draft.layout[1]
    qtbot.keyClick(figure, Qt.Key.Key_S)
    qtbot.keyClick(figure, Qt.Key.Key_S)
    qtbot.keyClick(figure, Qt.Key.Key_Right)
    qtbot.keyClick(figure, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)

    assert dialog.draft.layout[1] == pytest.approx((x + 0.01, y - 0.05))


def test_templates_to_copy_stand_under_the_names_of_their_groups(qtbot, dialog):
    combo = dialog.findChild(Combo)
    rows = [combo.itemText(row) for row in range(combo.count())]

    assert len(rows) == 1 + len(GROUPS) + len(templates())
    assert rows[:3] == ["Nothing", "People", "Person, COCO 17"]
    assert rows.index("Hands and faces") < rows.index("Two hands, InterHand 42") < rows.index("Animals")
    combo.setCurrentIndex(rows.index("Animals") - 1)
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert combo.currentText() == "Mammal, AP-10K 17", "a heading cannot be chosen"


def test_a_template_is_copied_with_its_figure(qtbot, dialog):
    combo = dialog.findChild(Combo)
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)

    first = templates()[0].skeleton
    assert dialog.draft.names == first.names
    assert dialog.draft.base is first
    assert dialog.findChild(QPlainTextEdit).toPlainText().splitlines() == list(first.names)
