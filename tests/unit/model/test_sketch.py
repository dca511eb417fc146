"""The numpy-free drawing of layouts, and the sides it shares with figures."""

import subprocess
import sys
from dataclasses import replace

import pytest

from annotator.model.sides import Side, limb_sides
from annotator.model.skeleton import Keypoint, Skeleton
from annotator.model.sketch import sketch
from annotator.model.templates import template_skeleton, templates


def test_a_wide_layout_fills_the_width_and_is_centred_in_the_height():
    skeleton = Skeleton("s", "s", (Keypoint("a", "a"), Keypoint("b", "b")), layout=((0.0, 0.4), (1.0, 0.6)))

    a, b = sketch(skeleton, 100, 100).dots

    assert (a.x, a.y) == pytest.approx((0, 40))
    assert (b.x, b.y) == pytest.approx((100, 60))


def test_a_single_keypoint_stands_in_the_middle():
    skeleton = Skeleton("s", "s", (Keypoint("a", "a"),))

    (dot,) = sketch(skeleton, 80, 40, radius=3).dots

    assert (dot.x, dot.y, dot.radius) == (40, 20, 3)


def test_lines_and_dots_have_their_sides_and_numbers():
    drawing = sketch(template_skeleton("coco-17"), 140, 200)

    assert [line.side for line in drawing.lines] == list(limb_sides(template_skeleton("coco-17")))
    assert [dot.k for dot in drawing.dots] == list(range(17))
    assert drawing.dots[5].side is Side.LEFT
    assert drawing.dots[5].x > drawing.dots[6].x


@pytest.mark.parametrize("k", [0, 5])
def test_retired_keypoints_are_left_out_with_their_lines(k: int):
    skeleton = template_skeleton("coco-17")
    keypoints = list(skeleton.keypoints)
    keypoints[k] = replace(keypoints[k], retired=True)

    drawing = sketch(replace(skeleton, keypoints=tuple(keypoints)), 140, 200)

    assert [dot.k for dot in drawing.dots] == [other for other in range(17) if other != k]
    assert len(drawing.lines) == sum(k not in edge for edge in skeleton.edge_indices)


@pytest.mark.parametrize("skeleton", [template.skeleton for template in templates()], ids=lambda s: s.id)
def test_dots_stay_inside_and_apart_at_tile_size(skeleton: Skeleton):
    dots = sketch(skeleton, 140, 160).dots

    assert all(-1e-6 <= dot.x <= 140 + 1e-6 and -1e-6 <= dot.y <= 160 + 1e-6 for dot in dots)
    for number, a in enumerate(dots):
        for b in dots[:number]:
            assert (a.x - b.x) ** 2 + (a.y - b.y) ** 2 > (a.radius + b.radius) ** 2


def test_tiles_are_drawn_without_numpy():
    program = (
        "import sys\n"
        "from annotator.model.templates import templates\n"
        "from annotator.model.sketch import sketch\n"
        "assert all(sketch(template.skeleton, 140, 160).dots for template in templates())\n"
        "assert 'numpy' not in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
