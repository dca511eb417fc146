"""What the canvas paints, and that it paints no more than it must."""

import numpy as np
import pytest
from canvas_values import (
    CENTRE,
    GREY,
    LEFT,
    RIGHT,
    SKELETONS,
    guess,
    is_near,
    noise,
    pixel,
    pixels,
    plain,
    rod,
)
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QRegion
from PySide6.QtWidgets import QApplication

from annotator.model.instance import Instance, Visibility
from annotator.model.skeleton import Keypoint, Part, Skeleton
from annotator.session.scene import Callout, Labels, Scene, Target, Tool
from annotator.session.settings import SideColours
from annotator.session.view import View
from annotator.ui.canvas import canvas as canvas_module
from annotator.ui.canvas import frame_cache
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.picture import DisplayPicture
from annotator.ui.canvas.stage import Stage
from annotator.ui.theme import DARK, SIDES

VISIBLE, OCCLUDED, ABSENT, UNLABELED = (
    Visibility.VISIBLE,
    Visibility.OCCLUDED,
    Visibility.ABSENT,
    Visibility.UNLABELED,
)
SIZE = QSize(400, 300)


class Regions(QObject):
    """Collects what a widget is asked to paint."""

    def __init__(self, widget):
        super().__init__(widget)
        self.region = QRegion()
        widget.installEventFilter(self)
        self.take()

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.region += event.region()
        return False

    def take(self):
        QApplication.sendPostedEvents()
        QApplication.processEvents()
        taken, self.region = self.region, QRegion()
        return taken


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Keep the labels on a loaded computer too: a view that takes long to follow would drop them for a moment."""
    monkeypatch.setattr(canvas_module, "_FRAME_BUDGET_S", 60.0)


@pytest.fixture
def canvas(qtbot):
    return make_canvas(qtbot)


def make_canvas(qtbot, picture=None):
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(SIZE)
    canvas.set_picture(picture or plain())
    with qtbot.waitExposed(canvas):
        canvas.show()
    return canvas


def shot(canvas):
    canvas.finish_rendering()
    return canvas.grab().toImage()


def scene(*instances, **fields):
    return Scene(skeletons=SKELETONS, instances=instances, **fields)


# States --------------------------------------------------------------------------------------------------------


def test_visible_is_filled_and_occluded_is_hollow(canvas):
    canvas.set_scene(scene(rod(1, states=(VISIBLE, OCCLUDED, VISIBLE)), selected=1))
    image = shot(canvas)

    assert is_near(pixel(image, 100, 100), LEFT)
    assert is_near(pixel(image, 160, 100), CENTRE)
    assert not is_near(pixel(image, 220, 100), RIGHT, 60)
    assert is_near(pixel(image, 220, 105), RIGHT, 40)


@pytest.mark.parametrize("state", [ABSENT, UNLABELED])
def test_absent_and_unlabeled_are_not_drawn(canvas, state):
    canvas.set_scene(scene(rod(1, states=(state, VISIBLE, VISIBLE))))
    image = shot(canvas)

    assert is_near(pixel(image, 100, 100), GREY, 2)
    assert is_near(pixel(image, 125, 100), GREY, 2)
    assert is_near(pixel(image, 190, 100), RIGHT, 60)


def test_a_prediction_is_a_diamond_and_hollow_below_the_threshold(canvas):
    canvas.set_scene(
        Scene(skeletons=SKELETONS, predictions=(guess(9, scores=(1.0, 0.2, 1.0)),), selected=9, threshold=0.3)
    )
    image = shot(canvas)

    assert is_near(pixel(image, 100, 100), LEFT, 40)
    assert not is_near(pixel(image, 220, 100), RIGHT, 60)
    corner, beside = pixel(image, 107, 100), pixel(image, 105, 105)
    assert is_near(corner, LEFT, 60)
    assert not is_near(beside, LEFT, 60)


def test_less_sure_is_fainter(canvas):
    images = []
    for score in (1.0, 0.4):
        canvas.set_scene(Scene(skeletons=SKELETONS, predictions=(guess(9, scores=(score,) * 3),), selected=9))
        images.append(pixel(shot(canvas), 100, 100))

    assert images[0].blue() > images[1].blue() > GREY.blue()


def test_an_occluded_end_dashes_the_limb(canvas):
    canvas.set_scene(scene(rod(1, states=(VISIBLE, OCCLUDED, VISIBLE)), selected=1))
    row = pixels(shot(canvas))[100]

    def gaps(first, last):
        return int((np.abs(np.diff((row[first:last, 2] > 100).astype(int)))).sum())

    assert gaps(112, 148) == 0
    assert gaps(172, 208) >= 4


def test_the_next_keypoint_is_a_dotted_circle_and_a_line_leads_to_the_pointer(canvas):
    instance = rod(1, states=(UNLABELED, VISIBLE, VISIBLE))
    ghost = np.array([[100.0, 160.0], [np.nan, np.nan], [np.nan, np.nan]])
    before = scene(instance, selected=1, tool=Tool.PLACE)
    canvas.set_scene(before)
    plainly = pixels(shot(canvas))
    canvas.set_scene(scene(instance, selected=1, tool=Tool.PLACE, next_k=0, ghost=ghost, pointer=(90.0, 120.0)))
    changed = np.abs(pixels(shot(canvas)) - plainly).sum(axis=2) > 30

    assert changed[153:168, 93:108].sum() > 40
    assert changed[105:115, 110:140].any()  # the ghost limb from the middle to the pointer
    assert changed[120, 80:86].all()  # an arm of the cross
    assert not changed[119:122, 88:92].all()  # open in the middle


def test_labels_name_the_hovered_keypoint_and_none_hides_them(canvas):
    images = {}
    for labels in Labels:
        canvas.set_scene(scene(rod(1), selected=1, hovered=Target(1, k=0), labels=labels))
        images[labels] = pixels(shot(canvas))
    named = np.abs(images[Labels.THESE] - images[Labels.NONE]).sum(axis=2) > 30
    all_named = np.abs(images[Labels.ALL] - images[Labels.NONE]).sum(axis=2) > 30

    assert named.sum() > 300
    assert all_named.sum() > 2 * named.sum()


def test_nothing_is_drawn_over_the_picture_while_overlays_are_off(canvas):
    canvas.set_scene(scene(rod(1), rod(2, y=200), selected=1, hovered=Target(2, k=0), overlays=False))

    assert np.array_equal(pixels(shot(canvas)), pixels(shot_of_picture(canvas)))


def shot_of_picture(canvas):
    canvas.set_scene(Scene())
    return shot(canvas)


def test_hidden_instances_are_not_drawn(canvas):
    canvas.set_scene(scene(rod(1), rod(2, y=200), hidden=frozenset({1})))
    image = shot(canvas)

    assert is_near(pixel(image, 100, 100), GREY, 2)
    assert is_near(pixel(image, 100, 200), LEFT, 30)


def test_a_crowd_is_drawn_as_limbs_and_the_hovered_one_with_its_points(canvas):
    crowd = [rod(i, 10 + 40 * (i % 9), 10 + 28 * (i // 9), length=15) for i in range(90)]
    canvas.set_scene(scene(*crowd, hovered=Target(40, k=0)))
    image = shot(canvas)

    x, y = crowd[41].points[0]
    assert not is_near(pixel(image, x - 2, y), LEFT, 60)
    x, y = crowd[40].points[0]
    assert is_near(pixel(image, x - 2, y), LEFT, 30)


def test_small_dense_parts_are_boxes_and_large_ones_are_drawn(canvas):
    ids = [f"h{k}" for k in range(21)]
    hand = Skeleton(
        "hand",
        "Hand",
        tuple(Keypoint(id_, id_) for id_ in ids),
        tuple((ids[k], ids[k + 1]) for k in range(20)),
        tuple((k % 5 / 4, k // 5 / 4) for k in range(21)),
        parts=(Part("hand", tuple(ids)),),
    )
    points = np.array(hand.layout) * 40 + 100
    instance = Instance(1, "hand", points, np.full(21, VISIBLE))
    canvas.set_scene(Scene(skeletons={"hand": hand}, instances=(instance,)))

    assert is_near(pixel(shot(canvas), *points[6]), GREY, 2)
    canvas.set_view(View(6.0, -500, -500))
    x, y = canvas.view.to_screen(tuple(points[6]))
    assert is_near(pixel(shot(canvas), x, y), CENTRE, 30)


# Picture -------------------------------------------------------------------------------------------------------


def test_pixels_are_sharp_above_400_percent_and_smooth_below_200(canvas):
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(QColor("black"))
    for x in range(0, 40, 2):
        for y in range(30):
            image.setPixelColor(x, y, QColor("white"))
    canvas.set_picture(DisplayPicture(40, 30, (image,)))
    canvas.set_view(View(8.0, 0, 0))
    assert {pixel(shot(canvas), x, 100).red() for x in range(10, 300)} == {0, 255}
    canvas.set_view(View(1.7, 0, 0))
    assert len({pixel(shot(canvas), x, 20).red() for x in range(5, 60)}) > 4


def test_every_pixel_is_where_the_view_says(qtbot):
    picture = noise(40, 30)
    canvas = make_canvas(qtbot, picture)
    canvas.set_view(View(10.0, -7, -13))
    image = shot(canvas)

    for x, y in ((3, 4), (25, 17), (38, 20), (12, 28)):
        sx, sy = canvas.view.to_screen((x + 0.5, y + 0.5))
        assert is_near(pixel(image, sx, sy), picture.levels[0].pixelColor(x, y), 2)


def test_far_out_in_a_large_picture_pixels_are_still_exact(qtbot):
    picture = noise(9000, 40)
    canvas = make_canvas(qtbot, picture)
    canvas.set_view(View(37.0, -37.0 * 8980, -37.0 * 20))
    image = shot(canvas)

    for x, y in ((8981, 21), (8985, 25), (8989, 26)):
        sx, sy = canvas.view.to_screen((x + 0.5, y + 0.25))
        assert is_near(pixel(image, sx, sy), picture.levels[0].pixelColor(x, y), 2)


def test_the_pixel_grid_appears_above_1600_percent(canvas):
    counts = []
    for scale in (15.0, 17.0):
        canvas.set_view(View(scale, 0, 0))
        counts.append(len({pixel(shot(canvas), x, 5).rgb() for x in range(5, 100)}))

    assert counts == [1, 2]


def test_without_a_picture_there_is_the_background(canvas):
    canvas.set_picture(None)

    assert is_near(pixel(shot(canvas), 50, 50), DARK.canvas, 0)


def test_labels_are_never_drawn_without_their_picture(canvas):
    canvas.set_picture(None)
    canvas.set_scene(scene(rod(1), rod(2, y=200), selected=1, hovered=Target(2, k=0)))
    assert len(np.unique(pixels(shot(canvas)).reshape(-1, 3), axis=0)) == 1

    canvas.set_picture(plain())
    assert is_near(pixel(shot(canvas), 100, 100), LEFT)
    assert is_near(pixel(shot(canvas), 100, 200), LEFT, 40)


# Economy -------------------------------------------------------------------------------------------------------


def test_the_same_scene_repaints_nothing(canvas):
    canvas.set_scene(scene(rod(1), rod(2, y=200), selected=1))
    shot(canvas)
    regions = Regions(canvas)
    instances = canvas.scene.instances

    canvas.set_scene(Scene(skeletons=SKELETONS, instances=tuple(instances), selected=1))

    assert regions.take().isEmpty()


def test_a_drag_repaints_only_around_the_instance(canvas):
    still, moving = rod(1), rod(2, y=220)
    canvas.set_scene(scene(still, moving, selected=2))
    shot(canvas)
    regions = Regions(canvas)

    canvas.set_scene(scene(still, drafted=moving.with_point(0, (110, 230)), selected=2))

    region = regions.take()
    assert not region.isEmpty()
    assert region.boundingRect().top() > 150
    canvas.set_scene(scene(still, drafted=moving.with_point(0, (112, 231)), selected=2))
    assert regions.take().boundingRect().top() > 150


def test_moving_the_pointer_while_placing_repaints_the_cross_and_not_the_instance(canvas):
    instance = rod(1, y=250, states=(VISIBLE, VISIBLE, VISIBLE))
    canvas.set_scene(scene(instance, selected=1, tool=Tool.PLACE, pointer=(50, 50)))
    shot(canvas)
    regions = Regions(canvas)

    canvas.set_scene(scene(instance, selected=1, tool=Tool.PLACE, pointer=(60, 55)))

    region = regions.take()
    assert region.contains(QPoint(50, 38))
    assert region.contains(QPoint(60, 43))
    assert region.boundingRect().bottom() < 120


def test_a_pan_within_the_margin_renders_nothing_anew(canvas):
    canvas.set_scene(scene(*[rod(i, 10 + 4 * i, 20 + 3 * i) for i in range(80)]))
    shot(canvas)

    canvas.set_view(canvas.view.panned(60, 40))

    assert canvas._stage.is_fresh


# Truth ---------------------------------------------------------------------------------------------------------


def rects_apart(count, rng):
    """Return instances that do not touch each other, so that the order of painting does not matter."""
    places = [(20.0 + 95 * (i % 4), 25.0 + 32 * (i // 4)) for i in range(32)]
    chosen = rng.permutation(len(places))[:count]
    return [
        rod(int(i) + 1, *places[i], states=rng.choice([VISIBLE, OCCLUDED, ABSENT], 3), length=30)
        for i in sorted(chosen)
    ]


def change(rng, state):
    """Change something at random, as a session would."""
    kind = rng.choice(["pan", "zoom", "select", "hover", "drag", "drop", "remove", "hide", "overlays", "predict"])
    instances = state["instances"]
    match kind:
        case "pan":
            wander = rng.integers(-220, 220, 2)
            state["view"] = View(state["view"].scale, *(float(v) for v in wander))
        case "zoom":
            factor, at = float(rng.choice([0.5, 0.8, 1.25, 2.0])), tuple(rng.integers(0, 300, 2).tolist())
            zoomed = state["view"].zoomed(factor, at)
            state["view"] = View(min(max(zoomed.scale, 0.4), 3.0), round(zoomed.x), round(zoomed.y))
        case "select" if instances:
            state["selected"] = int(rng.choice([instance.id for instance in instances]))
        case "hover" if instances:
            state["hovered"] = Target(int(rng.choice([instance.id for instance in instances])), k=int(rng.integers(3)))
        case "drag" if instances:
            chosen = state["drafted"] or instances[int(rng.integers(len(instances)))]
            state["drafted"] = chosen.with_points(chosen.points + rng.integers(-9, 9, 2))
            state["selected"] = chosen.id
        case "drop" if state["drafted"] is not None:
            drafted, state["drafted"] = state["drafted"], None
            state["instances"] = [drafted if i.id == drafted.id else i for i in instances]
        case "remove" if len(instances) > 2 and state["drafted"] is None:
            del instances[int(rng.integers(len(instances)))]
        case "hide" if instances:
            state["hidden"] = frozenset({int(rng.choice([instance.id for instance in instances]))})
        case "overlays":
            state["overlays"] = not state["overlays"]
        case "predict":
            state["predictions"] = () if state["predictions"] else (guess(900, 30, 290, length=20),)


def scene_of(state):
    drafted = state["drafted"]
    ids = {instance.id for instance in state["instances"]}
    selected = state["selected"] if state["selected"] in ids else None
    return Scene(
        skeletons=SKELETONS,
        instances=tuple(i for i in state["instances"] if drafted is None or i.id != drafted.id),
        predictions=state["predictions"],
        drafted=drafted,
        selected=drafted.id if drafted is not None else selected,
        hovered=state["hovered"] if state["hovered"] is not None and state["hovered"].id in ids else None,
        hidden=state["hidden"] - {drafted.id if drafted is not None else 0},
        overlays=state["overlays"],
    )


def start(count, rng):
    return {
        "instances": rects_apart(count, rng),
        "predictions": (),
        "drafted": None,
        "selected": None,
        "hovered": None,
        "hidden": frozenset(),
        "overlays": True,
        "view": View(),
    }


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("cheap_work", [1200, 0])
def test_whatever_happened_the_canvas_shows_what_a_new_one_would(qtbot, monkeypatch, seed, cheap_work):
    monkeypatch.setattr(frame_cache, "_CHEAP_WORK", cheap_work)  # at 0 everything waits for an idle moment
    rng = np.random.default_rng(seed)
    picture = noise()
    old = make_canvas(qtbot, picture)
    state = start([2, 12, 30][seed % 3], rng)
    for _ in range(6):
        for _ in range(int(rng.integers(1, 8))):
            change(rng, state)
            old.set_scene(scene_of(state))
            old.set_view(state["view"])
            if rng.random() < 0.5:
                QApplication.processEvents()
        new = make_canvas(qtbot, picture)
        new.set_view(state["view"])
        new.set_scene(scene_of(state))
        difference = np.abs(pixels(shot(old)) - pixels(shot(new)))
        # Qt smooths the picture in fixed point, which depends a little on where an area begins.
        assert difference.max() <= 2, np.argwhere(difference.max(axis=2) > 2)[:5]


@pytest.mark.parametrize("seed", range(6))
def test_all_that_changes_is_repainted(qtbot, seed):
    rng = np.random.default_rng(100 + seed)
    canvas = make_canvas(qtbot, noise())
    state = start([3, 15, 30][seed % 3], rng)
    regions = Regions(canvas)
    shown = pixels(canvas.grab().toImage())
    regions.take()
    for _ in range(40):
        change(rng, state)
        canvas.set_scene(scene_of(state))
        canvas.set_view(state["view"])
        qtbot.waitUntil(lambda: canvas._stage.is_fresh)
        region = regions.take()
        truth = pixels(canvas.grab().toImage())
        regions.region = QRegion()
        for y, x in np.argwhere(np.abs(shown - truth).max(axis=2) > 2)[::7].tolist():
            assert region.contains(QPoint(x, y))
        shown = truth


def test_panning_far_and_back_shows_every_place_anew(qtbot):
    canvas = make_canvas(qtbot, noise(1600, 1200))
    instances = [rod(i + 1, 30.0 + 190 * (i % 8), 40.0 + 60 * (i // 8)) for i in range(150)]
    canvas.set_scene(scene(*instances))
    step = np.array([-37, -29])
    for turn in range(30):
        canvas.set_view(canvas.view.panned(*(step if turn < 15 else -step).tolist()))
        painted = pixels(canvas.grab().toImage())
        if turn % 3 == 0:
            QApplication.processEvents()
        if turn % 5 == 4:
            canvas._stage.finish()
            canvas.set_picture(canvas.picture)
            assert np.abs(pixels(shot(canvas)) - painted).max() <= 2


def test_a_heavy_scene_is_shown_at_once_and_refined_while_idle(qtbot):
    rng = np.random.default_rng(2)
    crowd = [rod(i + 1, *rng.uniform(0, 300, 2).tolist(), length=20) for i in range(2500)]
    canvas = make_canvas(qtbot, noise())
    canvas.set_scene(scene(*crowd))
    canvas.set_view(View(1.3, -20, -30))
    QApplication.sendPostedEvents()
    assert not canvas._stage.is_fresh

    qtbot.waitUntil(lambda: canvas._stage.is_fresh)

    refined = pixels(canvas.grab().toImage())
    canvas.set_picture(canvas.picture)
    assert np.array_equal(refined, pixels(shot(canvas)))


def test_another_picture_never_shows_through(qtbot):
    rng = np.random.default_rng(2)
    crowd = [rod(i + 1, *rng.uniform(0, 300, 2).tolist(), length=20) for i in range(2500)]
    canvas = make_canvas(qtbot, plain(color=QColor("white")))
    canvas.set_scene(scene(*crowd))
    shot(canvas)

    canvas.set_picture(plain(color=QColor("black")))
    canvas.set_scene(Scene())

    assert pixels(canvas.grab().toImage()).max() == 0


@pytest.mark.parametrize("ratio", [1.0, 2.0, 1.5])
def test_dense_screens_show_the_same_in_more_pixels(qtbot, ratio):
    stage = Stage(DARK.canvas, DARK.accent, SIDES[SideColours.OKABE_ITO])
    stage.set_picture(plain())
    size = QSize(round(400 * ratio), round(300 * ratio))
    stage.set_scene(scene(rod(1, states=(VISIBLE, OCCLUDED, VISIBLE)), rod(2, y=200), selected=1))
    stage.set_view(View(1.0, 10, 20), ratio, size)
    image = QImage(size, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    stage.finish()
    stage.paint(painter, QRegion(QRect(QPoint(), size)))
    painter.end()

    assert is_near(pixel(image, 110 * ratio, 120 * ratio), LEFT)
    assert is_near(pixel(image, 230 * ratio, 125 * ratio), RIGHT, 60)
    assert is_near(pixel(image, 110 * ratio, 220 * ratio), LEFT, 40)


def test_other_colours_are_worn_at_once(canvas):
    canvas.set_scene(scene(rod(1), selected=1))
    shot(canvas)

    canvas.set_colours(QColor("red"), DARK.accent, SIDES[SideColours.TRITANOPIA])
    canvas.set_view(View(1.0, 20, 0))
    image = shot(canvas)

    assert is_near(pixel(image, 5, 5), QColor("red"), 0)
    assert is_near(pixel(image, 240, 100), QColor("#D55E00"))


def test_the_callout_keeps_off_the_pointer_and_the_expected_places(canvas):
    ghost = np.array([[150.0, 120.0], [np.nan, np.nan], [np.nan, np.nan]])
    instance = rod(1, 200, 150, states=(UNLABELED, VISIBLE, VISIBLE))
    callout = Callout("left_end", "left", "1 of 3", (("Click", "visible"),))
    fields = {"selected": 1, "tool": Tool.PLACE, "next_k": 0, "ghost": ghost, "pointer": (170.0, 140.0)}
    canvas.set_scene(scene(instance, **fields))
    without = pixels(shot(canvas))
    canvas.set_scene(scene(instance, callout=callout, **fields))
    with_card = np.abs(pixels(shot(canvas)) - without).sum(axis=2) > 20

    assert with_card.sum() > 62 * 100
    assert not with_card[115:126, 145:156].any()
    assert not with_card[138:143, 168:173].any()


@pytest.mark.parametrize("far", [1e9, 1e16, -1e100, 1e300])
@pytest.mark.parametrize("selected", [None, 1])
def test_a_keypoint_far_off_every_picture_is_no_obstacle(canvas, far, selected):
    person = rod(1).with_point(1, (far, -far))
    canvas.set_scene(scene(person, rod(2, y=200), selected=selected))
    image = shot(canvas)

    assert is_near(pixel(image, 100, 200), LEFT, 30)
