from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from annotator.model.frame import Frame
from annotator.model.ids import new_id, new_ids
from annotator.model.instance import Instance, Prediction, Visibility
from annotator.model.templates import template_skeleton
from annotator.session import editing
from annotator.session.commands.registry import run
from annotator.session.scene import Target, Tool
from annotator.session.session import Ask, Session
from annotator.session.settings import SideColours, ThemeChoice
from annotator.store.project import create_project, open_project
from annotator.ui.docks.guide_words import guide_words
from annotator.ui.docks.keypoint_rows import Mark, keypoint_rows
from annotator.ui.docks.right import RightDock
from annotator.ui.theme import DARK, SIDES, apply_theme
from annotator.ui.widgets.fields import Combo

PERSON = template_skeleton("coco-17")
WHOLE = template_skeleton("coco-wholebody-133")
HAND = template_skeleton("hand-21")
NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR = range(5)
UNLABELED, OCCLUDED, VISIBLE, ABSENT = Visibility


def open_session(path, *skeletons):
    """A session on a new project with one frame of 640 x 480, which is shown."""
    session = Session(create_project(path, skeletons))
    (key,) = new_ids(1)
    with session.project.transaction("Add") as transaction:
        transaction.add_frames([Frame(key, "pictures", "a.jpg", 0, 640, 480)])
    session.show_frame(key)
    return session


@pytest.fixture(autouse=True)
def user_folders(tmp_path_factory, monkeypatch):
    """Locks, recovery files and settings go to a folder of the test."""
    folder = tmp_path_factory.mktemp("user")
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))


@pytest.fixture
def session(tmp_path):
    session = open_session(tmp_path / "park.annotator", PERSON)
    yield session
    session.close()


@pytest.fixture
def dock(session, show):
    return show(RightDock(session), QSize(312, 820))


def add(session, states=None, skeleton=PERSON, spread=1.0):
    """Add an instance: keypoints in a column, placed where their state needs it."""
    count = len(skeleton)
    states = np.full(count, VISIBLE) if states is None else np.array([*states, *[UNLABELED] * (count - len(states))])
    points = np.column_stack([np.full(count, 100.0), np.arange(count) * 10.0 * spread + 50])
    points[(states == UNLABELED) | (states == ABSENT)] = np.nan
    instance = Instance(new_id(), skeleton.id, points, states.astype(np.uint8))
    with session.project.transaction("Add instance") as transaction:
        transaction.add(session.frame_key, instance)
    return instance


def predict(session, scores=0.9, instance=None):
    points = np.column_stack([np.full(17, 300.0), np.arange(17) * 10.0 + 60])
    linked = instance.id if instance is not None else None
    prediction = Prediction(new_id(), PERSON.id, points, np.full(17, 1.0) * scores, (290, 50, 20, 200), 0.81, 0, linked)
    with session.project.transaction("Predict") as transaction:
        transaction.add_prediction(session.frame_key, prediction)
    return prediction


def states_of(session, instance):
    return [Visibility(int(state)) for state in session.content.instance(instance.id).visibility]


def history(session):
    """The names of the changes on disk, oldest first."""
    session.project.flush()
    return [row.name for row in reversed(session.project.history())]


def click_row(table, row, button=Qt.MouseButton.LeftButton):
    QTest.mouseClick(table.viewport(), button, pos=table.row_rect(row).center() - QPoint(70, 0))


def click_chip(table, row, button=Qt.MouseButton.LeftButton):
    QTest.mouseClick(table.viewport(), button, pos=table.part_rect(row).center().toPoint())


def sweep(table, start, end):
    view = table.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start.toPoint())
    QTest.mouseMove(view, (start + (end - start) / 2).toPoint())
    QTest.mouseMove(view, end.toPoint())
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end.toPoint())


def sweep_chips(table, first, last):
    sweep(table, table.part_rect(first).center(), table.part_rect(last).center())


# Keypoints: what the rows say ----------------------------------------------------------------------------------


def test_rows_tell_states_side_and_key(session):
    instance = add(session, [VISIBLE, OCCLUDED, ABSENT])
    session.select(instance.id)

    rows = keypoint_rows(session)

    assert [row.mark for row in rows[:4]] == [Mark.VISIBLE, Mark.OCCLUDED, Mark.ABSENT, Mark.TO_DO]
    assert [(row.name, str(row.side), row.hotkey) for row in rows[:3]] == [
        ("nose", "centre", "1"),
        ("left_eye", "left", "2"),
        ("right_eye", "right", "3"),
    ]
    assert all(row.score is None for row in rows)


def test_rows_of_a_prediction_tell_scores_and_low_confidence(session):
    session.threshold = 0.5
    prediction = predict(session, np.linspace(0.1, 0.9, 17))
    session.select(prediction.id)

    rows = keypoint_rows(session)

    assert [row.mark for row in rows] == [Mark.LOW] * 8 + [Mark.PREDICTED] * 9
    assert [row.is_unsure for row in rows] == [True] * 8 + [False] * 9
    assert rows[0].score == pytest.approx(0.1)


def test_rows_of_an_instance_show_what_is_still_proposed_for_it(session):
    instance = add(session, [VISIBLE, ABSENT])
    predict(session, 0.7, instance)
    session.select(instance.id)

    rows = keypoint_rows(session)

    assert [row.mark for row in rows[:3]] == [Mark.VISIBLE, Mark.ABSENT, Mark.PREDICTED]
    assert rows[0].score == pytest.approx(0.7)
    assert rows[1].score is None  # what is absent has no score to tell


def test_the_next_keypoint_says_next(session):
    instance = add(session, [VISIBLE])
    session.select(instance.id)
    session.set_next(LEFT_EAR)

    assert [row.word for row in keypoint_rows(session)][:4] == ["Visible", "To do", "To do", "Next"]


def test_retired_keypoints_are_left_out(session):
    keypoints = (PERSON.keypoints[0], replace(PERSON.keypoints[1], retired=True), *PERSON.keypoints[2:])
    with session.project.transaction("Retire") as transaction:
        transaction.put_skeleton(replace(PERSON, keypoints=keypoints))
    session.select(add(session).id)

    rows = keypoint_rows(session)

    assert [row.k for row in rows] == [0, *range(2, 17)]


def test_the_head_counts_what_is_decided(session, dock):
    instance = add(session, [VISIBLE, OCCLUDED, ABSENT])
    session.select(instance.id)
    assert dock.keypoints._head._count.text() == "3 of 17"

    session.select(None)
    assert dock.keypoints._head._count.text() == "17"


def test_rows_are_told_to_a_screen_reader(session, dock):
    session.select(add(session, [VISIBLE, OCCLUDED]).id)
    model = dock.keypoints.table.model()

    assert model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "left_eye, occluded, 2 of 17"
    tooltip = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tooltip.splitlines() == ["nose", "Tip of the nose", "Visible: placed where it is seen."]


def test_only_rows_that_differ_are_painted_again(session, dock):
    instance = add(session, skeleton=PERSON)
    session.select(instance.id)
    changed = []
    dock.keypoints.table.model().dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))

    session.select(instance.id, frozenset([3]))
    assert changed == [(3, 3)]

    changed.clear()
    session.scene_changed.emit(None)
    assert changed == []

    session.hovered = Target(instance.id, 5)
    session.scene_changed.emit(None)
    assert changed == [(5, 5)]


# Keypoints: clicks ---------------------------------------------------------------------------------------------


def test_a_click_on_a_decided_keypoint_selects_it(session, dock):
    instance = add(session)
    session.select(instance.id)

    click_row(dock.keypoints.table, LEFT_EAR)

    assert session.selected.keypoints == {LEFT_EAR}
    assert session.tool is Tool.SELECT


def test_a_click_on_an_undecided_keypoint_makes_it_the_next_one(session, dock):
    session.select(add(session, [VISIBLE]).id)

    click_row(dock.keypoints.table, LEFT_EAR)

    assert session.is_placing
    assert session.next_k == LEFT_EAR


def test_a_click_with_nothing_selected_begins_an_instance_there(session, dock):
    click_row(dock.keypoints.table, RIGHT_EYE)

    assert session.is_placing
    assert session.next_k == RIGHT_EYE
    assert session.content.instances == ()


def test_clicks_on_the_state_cycle_it_and_each_is_one_change(session, dock):
    instance = add(session, [VISIBLE])
    session.select(instance.id)
    seen = []
    for _ in range(3):
        click_chip(dock.keypoints.table, NOSE)
        seen.append(states_of(session, instance)[NOSE])

    assert seen == [OCCLUDED, ABSENT, VISIBLE]
    assert history(session)[-3:] == ["Mark nose occluded", "Mark nose absent", "Mark nose visible"]
    assert session.content.instance(instance.id).points[NOSE].tolist() == [100, 50]


def test_the_state_of_a_keypoint_that_was_never_placed_is_absent_or_to_do(session, dock):
    instance = add(session, [VISIBLE])
    session.select(instance.id)

    click_chip(dock.keypoints.table, LEFT_EAR)
    assert states_of(session, instance)[LEFT_EAR] is ABSENT
    click_chip(dock.keypoints.table, LEFT_EAR)
    assert states_of(session, instance)[LEFT_EAR] is UNLABELED


def test_a_right_click_on_the_state_means_occluded(session, dock):
    instance = add(session, [VISIBLE])
    session.select(instance.id)

    click_chip(dock.keypoints.table, NOSE, Qt.MouseButton.RightButton)
    assert states_of(session, instance)[NOSE] is OCCLUDED
    click_chip(dock.keypoints.table, NOSE, Qt.MouseButton.RightButton)
    assert states_of(session, instance)[NOSE] is VISIBLE


def test_a_right_click_on_what_has_no_position_is_explained(session, dock):
    session.select(add(session, [VISIBLE]).id)
    said = []
    session.said.connect(said.append)
    before = history(session)

    click_chip(dock.keypoints.table, LEFT_EAR, Qt.MouseButton.RightButton)

    assert said[0].title == "Left_ear has no position yet: place it first"
    assert history(session) == before


def test_a_press_on_a_state_that_ends_beside_it_changes_nothing(session, dock):
    session.select(add(session, [VISIBLE]).id)
    before = history(session)
    table = dock.keypoints.table
    inside = table.part_rect(NOSE).center()

    sweep(table, inside, QPointF(60, inside.y()))

    assert history(session) == before


@pytest.mark.parametrize(("first", "last"), [(0, 4), (4, 0)])
def test_a_sweep_over_states_sets_them_in_one_change(session, dock, first, last):
    instance = add(session)
    session.select(instance.id)
    before = len(history(session))

    sweep_chips(dock.keypoints.table, first, last)

    assert states_of(session, instance) == [OCCLUDED] * 5 + [VISIBLE] * 12
    assert history(session)[before:] == ["Mark 5 keypoints occluded"]
    assert session.selected.keypoints == set(range(5))


def test_a_click_on_the_state_of_the_next_keypoint_marks_it_absent_and_the_guide_goes_on(session, dock):
    instance = add(session, [VISIBLE])
    session.select(instance.id)
    session.set_next(LEFT_EYE)

    click_chip(dock.keypoints.table, LEFT_EYE)

    assert states_of(session, instance)[LEFT_EYE] is ABSENT
    assert session.next_k == RIGHT_EYE


def test_a_first_keypoint_that_is_absent_begins_the_instance(session, dock):
    run(session, "label.new")

    click_chip(dock.keypoints.table, NOSE)

    (instance,) = session.content.instances
    assert states_of(session, instance)[:2] == [ABSENT, UNLABELED]
    assert session.next_k == LEFT_EYE


def test_the_guide_goes_on_when_a_sweep_decides_what_it_waits_for(session, dock):
    instance = add(session, [VISIBLE])
    session.select(instance.id)
    session.set_next(RIGHT_EYE)

    sweep_chips(dock.keypoints.table, LEFT_EYE, LEFT_EAR)

    assert states_of(session, instance)[LEFT_EYE : LEFT_EAR + 1] == [ABSENT] * 3
    assert session.next_k == RIGHT_EAR


def test_a_click_on_the_state_of_a_proposal_accepts_it_alone(session, dock):
    prediction = predict(session)
    session.select(prediction.id)

    click_chip(dock.keypoints.table, LEFT_EYE)

    (instance,) = session.content.instances
    assert states_of(session, instance) == [UNLABELED, VISIBLE, *[UNLABELED] * 15]
    assert session.content.predictions[0].instance_id == instance.id
    assert session.selected.id == instance.id
    assert [row.mark for row in dock.keypoints.rows[:3]] == [Mark.PREDICTED, Mark.VISIBLE, Mark.PREDICTED]

    click_chip(dock.keypoints.table, NOSE)
    assert states_of(session, instance)[:2] == [VISIBLE, VISIBLE]
    assert history(session)[-2:] == ["Accept left_eye", "Accept nose"]


def test_a_right_click_on_a_proposal_accepts_it_as_occluded_in_one_change(session, dock):
    session.select(predict(session).id)
    before = len(history(session))

    click_chip(dock.keypoints.table, NOSE, Qt.MouseButton.RightButton)

    (instance,) = session.content.instances
    assert states_of(session, instance)[NOSE] is OCCLUDED
    assert history(session)[before:] == ["Accept nose"]


def test_a_sweep_over_proposals_accepts_them_low_ones_too(session, dock):
    session.select(predict(session, np.array([0.9, 0.1, 0.9, *[0.5] * 14])).id)

    sweep_chips(dock.keypoints.table, NOSE, RIGHT_EYE)

    (instance,) = session.content.instances
    assert states_of(session, instance)[:4] == [VISIBLE, VISIBLE, VISIBLE, UNLABELED]
    assert history(session)[-1] == "Accept 3 keypoints"


def test_a_project_open_for_reading_says_why_nothing_changes(tmp_path, show):
    first = open_session(tmp_path / "park.annotator", PERSON)
    instance, key = add(first), first.frame_key
    first.close()
    session = Session(open_project(tmp_path / "park.annotator", read_only=True))
    session.show_frame(key)
    session.select(instance.id)
    dock = show(RightDock(session), QSize(312, 820))
    said = []
    session.said.connect(said.append)

    click_chip(dock.keypoints.table, NOSE)

    assert "open for reading only" in said[0].title
    assert states_of(session, instance)[NOSE] is VISIBLE
    session.close()


def test_the_pointer_over_a_row_shows_the_keypoint_on_the_canvas(session, dock):
    instance = add(session, [VISIBLE])
    session.select(instance.id)
    table = dock.keypoints.table

    QTest.mouseMove(table.viewport(), table.row_rect(NOSE).center())
    assert session.hovered == Target(instance.id, NOSE)
    run(session, "label.cycle")
    assert states_of(session, instance)[NOSE] is OCCLUDED

    QTest.mouseMove(table.viewport(), table.row_rect(LEFT_EAR).center())
    assert session.hovered is None  # it is nowhere yet

    QTest.mouseMove(table.viewport(), table.row_rect(NOSE).center())
    table.viewportEvent(QEvent(QEvent.Type.Leave))
    assert session.hovered is None


def test_the_keyboard_walks_the_list_and_enter_jumps(session, dock):
    instance = add(session, [VISIBLE, VISIBLE])
    session.select(instance.id)
    table = dock.keypoints.table
    table.setFocus(Qt.FocusReason.TabFocusReason)
    assert table.has_ring(0)

    QTest.keyClick(table, Qt.Key.Key_Down)
    assert session.hovered == Target(instance.id, LEFT_EYE)  # so that X and N mean it
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert session.selected.keypoints == {LEFT_EYE}

    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert states_of(session, instance)[LEFT_EYE] is UNLABELED

    QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert session.next_k == RIGHT_EYE


def test_a_click_does_not_take_the_keyboard(session, dock):
    session.select(add(session).id)
    dock.guide.figure.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    dock.guide.figure.setFocus()

    click_row(dock.keypoints.table, 3)
    click_chip(dock.keypoints.table, 3)

    assert dock.guide.figure.hasFocus()


def test_the_next_keypoint_is_kept_in_view(tmp_path, show):
    session = open_session(tmp_path / "whole.annotator", WHOLE)
    session.select(add(session, [VISIBLE], WHOLE).id)
    dock = show(RightDock(session), QSize(312, 820))

    session.set_next(100)

    first, last = dock.keypoints.table.rows_on_show()
    assert first <= 98
    assert last >= 102
    session.close()


def test_long_names_get_the_room_of_the_bar(tmp_path, show):
    session = open_session(tmp_path / "whole.annotator", WHOLE, PERSON)
    dock = show(RightDock(session), QSize(312, 820))
    table = dock.keypoints.table
    row = table.row_rect(0).toRectF()
    assert table.columns(row).bar is None
    assert table.columns(row, has_key=False).name.width() >= table.name_width

    session.skeleton_id = PERSON.id
    session.selection_changed.emit(None)

    assert table.columns(row).bar is not None
    assert table.columns(row).name.width() >= table.name_width
    session.close()


# Instances -----------------------------------------------------------------------------------------------------


def test_instances_and_predictions_are_numbered_and_counted(session, dock):
    add(session, [VISIBLE] * 15)
    add(session)
    predict(session)

    rows = dock.instances.rows

    assert [(row.number, row.name, row.line) for row in rows] == [
        (1, "person", "15 of 17"),
        (2, "person", "17 of 17"),
        (3, "person", "predicted 0.81"),
    ]
    assert [row.progress for row in rows] == [15 / 17, 1, None]
    assert dock.instances._head._count.text() == "3"
    spoken = dock.instances.table.model().index(2, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Instance 3, person, predicted 0.81"


def test_a_click_selects_an_instance_and_the_list_follows_the_canvas(session, dock):
    first, second = add(session), add(session)

    click_row(dock.instances.table, 1)
    assert session.selected.id == second.id

    session.select(first.id)
    assert [row.is_selected for row in dock.instances.rows] == [True, False]


def test_a_double_click_zooms_to_an_instance_and_back(session, dock):
    add(session)
    views = []
    session.view_requested.connect(views.append)
    before = session.view
    table = dock.instances.table
    place = table.row_rect(0).center() - QPoint(60, 0)

    for _ in range(2):
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert views[0].scale > before.scale
    assert views[1] == before


def test_an_eye_hides_an_instance_without_selecting_it(session, dock):
    instance = add(session)
    scenes = []
    session.scene_changed.connect(lambda _: scenes.append(session.scene.hidden))
    table = dock.instances.table

    def click_eye():
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.part_rect(0).center().toPoint())

    click_eye()
    assert session.hidden == {instance.id}
    assert scenes == [{instance.id}]
    assert dock.instances.rows[0].is_hidden
    assert session.selected.id is None

    click_eye()
    assert session.hidden == frozenset()
    assert not dock.instances.rows[0].is_hidden


def test_two_quick_clicks_on_an_eye_hide_and_show(session, dock):
    add(session)
    table = dock.instances.table
    hidden = []
    session.scene_changed.connect(lambda _: hidden.append(len(session.hidden)))

    eye = table.part_rect(0).center().toPoint()
    for event in (QTest.mouseClick, QTest.mouseDClick, QTest.mouseRelease):
        event(table.viewport(), Qt.MouseButton.LeftButton, pos=eye)

    assert hidden == [1, 0]


def test_a_sweep_over_eyes_hides_several(session, dock):
    instances = [add(session) for _ in range(4)]
    table = dock.instances.table

    sweep(table, table.part_rect(0).center(), table.part_rect(2).center())
    assert session.hidden == {instance.id for instance in instances[:3]}

    sweep(table, table.part_rect(1).center(), table.part_rect(3).center())
    assert session.hidden == {instances[0].id}


def test_plus_begins_an_instance(session, dock):
    QTest.mouseClick(dock.instances._new, Qt.MouseButton.LeftButton)

    assert session.is_placing
    assert session.next_k == NOSE


def test_the_keyboard_selects_and_deletes_instances(session, dock):
    add(session)
    second = add(session)
    table = dock.instances.table
    table.setFocus(Qt.FocusReason.TabFocusReason)

    QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert session.selected.id == second.id
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert len(session.content.instances) == 1


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_menu_hides_shows_and_rejects(session, dock, qtbot):
    prediction = predict(session)
    dock.instances._on_menu_requested(0, QPoint(300, 300))
    menu = dock.instances.findChild(QMenu)
    hide, zoom, reject = menu.actions()
    assert [action.text() for action in (hide, zoom, reject)] == ["Hide", "Zoom to it, and back", "Reject"]

    hide.trigger()
    assert session.hidden == {prediction.id}
    reject.trigger()
    assert session.content.predictions == ()
    with qtbot.waitSignal(menu.destroyed):
        menu.close()


def test_the_skeleton_of_new_instances_can_be_chosen_where_there_are_several(tmp_path, show, qtbot):
    session = open_session(tmp_path / "two.annotator", PERSON)
    dock = show(RightDock(session), QSize(312, 820))
    combo = dock.findChild(Combo)
    assert not combo.isVisible()

    with session.project.transaction("Add hand") as transaction:
        transaction.put_skeleton(HAND)
    dock.refresh()
    assert combo.isVisible()
    assert [combo.itemText(row) for row in range(2)] == ["person 17", "hand 21"]

    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    assert session.skeleton_id == HAND.id
    assert [row.name for row in dock.keypoints.rows][:2] == ["wrist", "thumb1"]
    run(session, "label.new")
    assert dock.guide.words.title == "wrist"
    session.close()


# Guide ---------------------------------------------------------------------------------------------------------


def test_the_guide_tells_how_to_begin(session):
    words = guide_words(session)

    assert (words.caption, words.title) == ("New instance", "person")
    assert words.hints[:2] == (("I", "then click nose"), ("B", "draw a box"))
    assert ("N", "nobody here") in words.hints


def test_the_guide_tells_the_next_keypoint_its_side_and_the_keys(session):
    session.select(add(session, [VISIBLE]).id)
    session.set_next(9)

    words = guide_words(session)

    assert (words.caption, words.title, words.line, words.k) == ("Next keypoint", "left_wrist", "the person's left", 9)
    assert words.where == PERSON.keypoints[9].where != ""
    assert words.hints == (
        ("Click", "visible"),
        ("Right click", "occluded"),
        ("N", "absent"),
        ("Backspace", "step back"),
    )


def test_the_first_keypoint_cannot_be_stepped_back_from(session):
    run(session, "label.new")

    assert guide_words(session).hints[-1] == ("Escape", "stop")


def test_the_guide_tells_what_is_left_of_a_selected_instance(session):
    instance = add(session, [VISIBLE])
    session.select(instance.id)
    assert guide_words(session).caption == "Still to decide"
    assert guide_words(session).title == "left_eye"

    editing.set_state(session, instance, PERSON, list(range(1, 17)), ABSENT)
    words = guide_words(session)
    assert (words.caption, words.title, words.line) == ("Instance 1", "All decided", "person")


def test_the_guide_tells_of_selected_keypoints(session):
    instance = add(session)
    session.select(instance.id, frozenset([LEFT_EYE]))
    assert (guide_words(session).caption, guide_words(session).title) == ("Selected keypoint", "left_eye")

    session.select(instance.id, frozenset([LEFT_EYE, NOSE]))
    assert guide_words(session).title == "2 keypoints"


def test_the_guide_tells_what_a_prediction_is_worth(session):
    session.threshold = 0.5
    prediction = predict(session, np.array([0.4] * 7 + [0.9] * 10))
    session.select(prediction.id)
    words = guide_words(session)
    assert (words.caption, words.title, words.line) == ("Predicted 0.81", "person", "10 of 17 confident")
    assert words.hints[:2] == (("Space", "accept"), ("Delete", "reject"))

    session.select(prediction.id, frozenset([NOSE]))
    assert guide_words(session).line == "0.40, low confidence"


def test_without_a_skeleton_the_docks_say_so(tmp_path, show):
    session = open_session(tmp_path / "none.annotator")
    dock = show(RightDock(session), QSize(312, 820))

    assert dock.guide.words.title == "None yet"
    assert dock.keypoints.rows == ()
    dock.grab()
    session.close()


def test_the_panel_shows_the_words_and_tells_them(session, dock):
    session.select(add(session, [VISIBLE]).id)
    session.set_next(9)

    guide = dock.guide
    assert [label.text() for label in (guide._caption, guide._title, guide._line)] == [
        "Next keypoint",
        "left_wrist",
        "the person's left",
    ]
    assert guide.head._count.text() == "person 17"
    assert guide._said.accessibleName().startswith("Next keypoint: left_wrist. the person's left.")
    assert PERSON.keypoints[9].where in guide._said.toolTip()


def test_a_click_on_the_figure_jumps_to_the_keypoint(session, dock):
    session.select(add(session, [VISIBLE]).id)
    figure = dock.guide.figure

    QTest.mouseClick(figure, Qt.MouseButton.LeftButton, pos=figure.position_of(15).toPoint())

    assert session.next_k == 15
    assert figure.dot_at(QPointF(2, 2)) is None


def test_the_figure_shows_decided_undecided_and_next(session, dock):
    session.select(add(session, [VISIBLE] * 15).id)
    session.set_next(15)
    image = dock.guide.figure.grab().toImage()
    sides = SIDES[SideColours.OKABE_ITO]

    def color(k):
        return image.pixelColor(dock.guide.figure.position_of(k).toPoint())

    assert near(color(13), sides.left)  # left knee, decided
    assert near(color(14), sides.right)
    assert near(color(16), DARK.panel)  # right ankle, hollow
    assert near(color(15), sides.left)  # the next one
    halo = image.pixelColor((dock.guide.figure.position_of(15) + QPointF(10, 0)).toPoint())
    assert not near(halo, DARK.panel)


def near(a, b):
    return abs(a.red() - b.red()) + abs(a.green() - b.green()) + abs(a.blue() - b.blue()) < 60


def test_a_part_that_is_too_small_to_see_is_shown_alone(tmp_path, show):
    session = open_session(tmp_path / "whole.annotator", WHOLE)
    session.select(add(session, [VISIBLE], WHOLE).id)
    dock = show(RightDock(session), QSize(312, 820))
    figure = dock.guide.figure
    thumb = WHOLE.index("left_thumb2")

    session.set_next(WHOLE.index("left_knee"))
    assert figure.position_of(WHOLE.index("right_knee")) is not None
    session.set_next(thumb)

    assert figure.position_of(WHOLE.index("right_knee")) is None
    gap = figure.position_of(thumb) - figure.position_of(WHOLE.index("left_thumb3"))
    assert gap.manhattanLength() > 8
    session.close()


# The dock ------------------------------------------------------------------------------------------------------


def test_keypoints_take_what_they_need_and_instances_the_rest(session, dock, qtbot):
    session.select(add(session).id)

    for height in (820, 760, 1000):
        dock.resize(312, height)
        assert dock.keypoints.height() == dock.keypoints.wanted_height()
    qtbot.waitUntil(lambda: not dock.keypoints.table.verticalScrollBar().isVisible())
    assert dock.instances.height() > dock.instances.wanted_height()


def test_many_keypoints_leave_room_for_instances(tmp_path, show):
    session = open_session(tmp_path / "whole.annotator", WHOLE)
    for _ in range(9):
        add(session, [VISIBLE], WHOLE)
    dock = show(RightDock(session), QSize(312, 656))

    assert dock.instances.height() >= 150
    assert dock.keypoints.table.verticalScrollBar().isVisible()
    session.close()


def test_a_line_drawn_by_hand_stays(session, dock):
    grip = dock._parts.handle(1)
    before = dock.keypoints.height()

    QTest.mousePress(grip, Qt.MouseButton.LeftButton, pos=QPoint(100, 2))
    QTest.mouseMove(grip, QPoint(100, -98))
    QTest.mouseRelease(grip, Qt.MouseButton.LeftButton, pos=QPoint(100, -98))
    drawn = dock.keypoints.height()
    session.select(add(session).id)

    assert drawn < before
    assert dock.keypoints.height() == drawn


@pytest.mark.parametrize("percent", [90, 115, 130])
def test_the_dock_follows_the_text_size_and_scrolls_rather_than_clips(session, dock, dark, percent):
    session.select(add(session).id)

    apply_theme(dark, ThemeChoice.LIGHT, percent)
    dock.resize(dock.sizeHint().width(), 640)

    table = dock.keypoints.table
    assert table.row_rect(1).height() == table.row_rect(2).y() - table.row_rect(1).y()
    assert table.part_rect(0).height() < table.row_height
    columns = table.columns(table.row_rect(0).toRectF())
    assert columns.name.width() >= table.name_width
    assert dock.guide.height() >= dock.guide.sizeHint().height()
    assert dock.instances.table.height() >= 2 * dock.instances.table.row_height
    dock.grab()


def test_a_low_window_scrolls_the_whole_dock_under_its_head(session, dock):
    dock.resize(312, 260)

    assert dock.guide.height() == dock.guide.sizeHint().height()
    assert dock.guide.mapTo(dock, QPoint(0, 0)).y() == dock.head.height()
    assert dock.instances.mapTo(dock, QPoint(0, 0)).y() > 260


def test_other_side_colours_reach_every_part(session, dock):
    session.select(add(session).id)

    dock.set_sides(SIDES[SideColours.TRITANOPIA])

    glyph = (
        dock.keypoints.table.viewport().grab().toImage().pixelColor(20, dock.keypoints.table.row_rect(2).center().y())
    )
    assert near(glyph, SIDES[SideColours.TRITANOPIA].right)
    figure = dock.guide.figure
    dot = figure.grab().toImage().pixelColor(figure.position_of(14).toPoint())
    assert near(dot, SIDES[SideColours.TRITANOPIA].right)


def test_the_button_asks_to_close_the_dock(session, dock):
    asked = []
    session.asked.connect(asked.append)
    close = next(button for button in dock.head.findChildren(type(dock.instances._new)))

    QTest.mouseClick(close, Qt.MouseButton.LeftButton)

    assert asked == [Ask.RIGHT_DOCK]


def test_an_undone_instance_leaves_the_lists(session, dock):
    add(session)
    session.select(session.content.instances[0].id)

    run(session, "edit.undo")

    assert dock.instances.rows == ()
    assert all(row.mark is Mark.TO_DO for row in dock.keypoints.rows)


def test_a_dock_that_is_gone_no_longer_listens(session, qtbot, dark):
    listeners = len(session.selection_changed._listeners)
    dock = RightDock(session)
    with qtbot.waitSignal(dock.destroyed):
        dock.deleteLater()

    session.select(add(session).id)

    assert len(session.selection_changed._listeners) == listeners
