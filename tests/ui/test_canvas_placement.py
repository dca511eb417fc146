import numpy as np

from annotator.ui.canvas.placement import place_callout, place_labels

SCREEN = (400.0, 300.0)
NONE = np.empty((0, 2))


def place(anchors, keypoints=NONE, taken=(), forced=None, size=(60.0, 18.0)):
    anchors = np.array(anchors, float)
    sizes = np.tile(size, (len(anchors), 1))
    return place_labels(anchors, sizes, np.array(keypoints, float).reshape(-1, 2), taken, SCREEN, forced=forced)


def test_a_label_stands_to_the_right_of_its_keypoint():
    assert place([(100, 100)]) == [(113, 91)]


def test_a_label_covers_no_keypoint():
    ((x, y),) = place([(100, 100)], keypoints=[(140, 100), (150, 115)])

    assert x + 60 < 100
    assert y == 91


def test_labels_do_not_cover_each_other():
    (first, second) = place([(100, 100), (104, 104)])

    assert abs(first[1] - second[1]) >= 18 or abs(first[0] - second[0]) >= 60


def test_labels_keep_off_what_is_taken():
    ((x, _),) = place([(100, 100)], taken=[(110, 80, 80, 60)])

    assert x + 60 <= 110


def test_labels_stay_on_the_canvas():
    ((x, y),) = place([(395, 2)])

    assert 0 <= x <= 340
    assert 0 <= y <= 282
    assert not (x <= 395 <= x + 60 and y <= 2 <= y + 18)


def test_without_room_only_the_forced_label_shows():
    crowd = [(x, y) for x in range(0, 400, 12) for y in range(0, 300, 12)]

    assert place([(100, 100), (200, 100)], keypoints=crowd) == [None, None]
    shown = place([(100, 100), (200, 100)], keypoints=crowd, forced=0)
    assert shown[0] is not None
    assert shown[1] is None


def test_no_labels_need_no_room():
    assert place_labels(NONE, NONE, NONE, (), SCREEN) == []


def test_the_callout_is_on_the_side_away_from_the_instance():
    x, y = place_callout((200, 150), (120, 62), (260, 200), NONE, SCREEN)

    assert x + 120 < 200
    assert y + 62 < 150


def test_the_callout_gives_way_to_expected_keypoints():
    free = place_callout((200, 150), (120, 62), (260, 200), NONE, SCREEN)
    covered = np.array([(free[0] + 60, free[1] + 30)])
    x, y = place_callout((200, 150), (120, 62), (260, 200), covered, SCREEN)

    assert not (x <= covered[0, 0] <= x + 120 and y <= covered[0, 1] <= y + 62)


def test_the_callout_never_covers_the_pointer_even_in_a_corner():
    for pointer in ((0, 0), (399, 0), (0, 299), (399, 299), (200, 2)):
        x, y = place_callout(pointer, (240, 62), (200, 150), NONE, SCREEN)
        assert 0 <= x <= 160
        assert 0 <= y <= 238
        assert not (x <= pointer[0] <= x + 240 and y <= pointer[1] <= y + 62)
