import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.session.view import MAX_SCALE, MIN_SCALE, View, fit

numbers = st.floats(-1e4, 1e4)
views = st.builds(View, st.floats(MIN_SCALE, MAX_SCALE), numbers, numbers)


@given(views, st.tuples(numbers, numbers))
def test_screen_and_image_positions_are_inverse(view, xy):
    assert view.to_image(view.to_screen(xy)) == pytest.approx(xy, abs=1e-6)


@given(views, st.floats(0.1, 10), st.tuples(numbers, numbers))
def test_zooming_keeps_the_image_point_under_the_pointer(view, factor, at):
    zoomed = view.zoomed(factor, at)

    assert zoomed.to_screen(view.to_image(at)) == pytest.approx(at, abs=1e-5)


def test_zooming_stops_at_the_limits():
    assert View(1.0).zoomed(1e6, (0, 0)).scale == MAX_SCALE
    assert View(1.0).zoomed(1e-6, (0, 0)).scale == MIN_SCALE


def test_panning_moves_by_screen_pixels():
    assert View(4.0, 10, 20).panned(3, -5) == View(4.0, 13, 15)


def test_fitting_shows_the_whole_box_centred():
    view = fit((100, 50, 400, 200), (800, 600), margin=0.0)

    assert view.scale == 2
    assert view.to_screen((300, 150)) == (400, 300)
    assert view.to_screen((100, 150))[0] == 0


def test_fitting_leaves_a_margin_and_respects_the_limit():
    assert fit((0, 0, 100, 100), (100, 100), margin=0.1).scale == pytest.approx(0.8)
    assert fit((0, 0, 10, 10), (1000, 1000), limit=4).scale == 4


def test_fitting_an_empty_box_gives_a_usable_view():
    assert fit((5, 5, 0, 0), (100, 100)).scale == MAX_SCALE
