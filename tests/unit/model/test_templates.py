"""The shipped skeletons: whole, consistent with their sources, and drawn as what they are."""

import json
from math import hypot
from pathlib import Path

import pytest

from annotator.errors import AnnotatorError
from annotator.model.skeleton import Side, SigmaSource, Skeleton, side_of_name
from annotator.model.templates import Template, template_skeleton, templates

ORDER = [
    ("coco-17", 17, "Person", "COCO 17"),
    ("halpe-26", 26, "Person with feet", "Halpe 26"),
    ("coco-wholebody-133", 133, "Whole body", "COCO-WholeBody 133"),
    ("hand-21", 21, "Hand", "21, wrist first"),
    ("face-68", 68, "Face", "300W 68"),
    ("ap10k-17", 17, "Mammal", "AP-10K 17"),
    ("mouse-top-27", 27, "Mouse from above", "27"),
    ("golfer-club-22", 22, "Golfer and club", "22, two parts"),
]
FACTS = {
    "coco-17": "mmpose-coco",
    "halpe-26": "mmpose-halpe26",
    "coco-wholebody-133": "mmpose-coco_wholebody",
    "hand-21": "mmpose-coco_wholebody_hand",
    "face-68": "mmpose-300w",
    "ap10k-17": "mmpose-ap10k",
    "mouse-top-27": "deeplabcut-superanimal_topviewmouse",
}
FRONT_VIEWS = ["coco-17", "halpe-26", "coco-wholebody-133", "face-68"]

each_template = pytest.mark.parametrize("template", templates(), ids=lambda template: template.skeleton.id)


def test_the_library_lists_the_templates_in_its_order():
    assert [(t.skeleton.id, len(t.skeleton), t.title, t.subtitle) for t in templates()] == ORDER


def test_an_unknown_template_names_the_known_ones():
    with pytest.raises(AnnotatorError, match=r"no skeleton template 'coco'; known: coco-17, halpe-26"):
        template_skeleton("coco")


@each_template
def test_flipping_twice_changes_nothing(template: Template):
    flip = template.skeleton.flip_indices

    assert [flip[flip[k]] for k in range(len(flip))] == list(range(len(flip)))


@each_template
def test_sides_agree_with_the_names_that_tell_one(template: Template):
    told = [keypoint for keypoint in template.skeleton.keypoints if side_of_name(keypoint.name) is not Side.CENTRE]

    assert all(keypoint.side is side_of_name(keypoint.name) for keypoint in told)
    assert all(keypoint.partner for keypoint in told)


@each_template
def test_every_keypoint_with_a_side_has_a_partner(template: Template):
    assert all((keypoint.side is Side.CENTRE) == (not keypoint.partner) for keypoint in template.skeleton.keypoints)


@each_template
def test_parents_form_one_tree_and_mirror_with_their_children(template: Template):
    skeleton = template.skeleton
    parents = [skeleton.index(k.parent) if k.parent else -1 for k in skeleton.keypoints]
    club_roots = 1 if template.skeleton.id == "golfer-club-22" else 0

    assert parents.count(-1) == 1 + club_roots
    for k in range(len(skeleton)):
        steps = 0
        while k != -1:
            k, steps = parents[k], steps + 1
            assert steps <= len(skeleton), "the parents form a circle"
    flip = (*skeleton.flip_indices, -1)
    assert [flip[parents[flip[k]]] for k in range(len(skeleton))] == parents


@each_template
def test_edges_are_given_once_and_mirror_to_edges(template: Template):
    edges = [frozenset(edge) for edge in template.skeleton.edge_indices]
    flip = template.skeleton.flip_indices

    assert len(set(edges)) == len(edges)
    assert {frozenset(flip[k] for k in edge) for edge in edges} == set(edges)


@each_template
def test_the_first_ten_keypoints_have_the_digits(template: Template):
    assert "".join(keypoint.hotkey for keypoint in template.skeleton.keypoints) == "1234567890"


@each_template
def test_the_layout_fills_the_unit_box_and_is_centred(template: Template):
    xs, ys = zip(*template.skeleton.layout, strict=True)

    assert max(max(xs) - min(xs), max(ys) - min(ys)) == pytest.approx(1, abs=2e-4)
    assert (min(xs) + max(xs)) / 2 == pytest.approx(0.5, abs=1e-4)
    assert (min(ys) + max(ys)) / 2 == pytest.approx(0.5, abs=1e-4)


@each_template
def test_no_two_keypoints_of_a_layout_coincide(template: Template):
    layout = template.skeleton.layout

    assert min(hypot(a[0] - b[0], a[1] - b[1]) for k, a in enumerate(layout) for b in layout[:k]) > 0.004


@each_template
def test_every_template_says_where_it_comes_from_and_what_was_decided(template: Template):
    assert template.source
    assert template.notes
    assert template.group in ("People", "Hands and faces", "Animals", "Sports")
    assert template.skeleton.supercategory in ("person", "animal")


@pytest.mark.parametrize("id_", FRONT_VIEWS)
def test_a_front_view_is_symmetric_with_the_subjects_left_at_the_viewers_right(id_: str):
    skeleton = template_skeleton(id_)

    for k, partner in skeleton.pairs:
        left, right = (k, partner) if skeleton.keypoints[k].side is Side.LEFT else (partner, k)
        (x1, y1), (x2, y2) = skeleton.layout[left], skeleton.layout[right]
        assert x1 > 0.5
        assert x1 + x2 == pytest.approx(1, abs=2e-4)
        assert y1 == pytest.approx(y2, abs=2e-4)


def test_seen_from_above_the_left_of_the_mouse_is_at_the_viewers_left():
    skeleton = template_skeleton("mouse-top-27")

    for k, partner in skeleton.pairs:
        assert skeleton.keypoints[k].side is Side.LEFT
        assert skeleton.layout[k][0] < skeleton.layout[partner][0]


def test_the_whole_body_has_the_parts_that_ctrl_and_digits_show():
    skeleton = template_skeleton("coco-wholebody-133")

    assert [(part.name, len(part.keypoints)) for part in skeleton.parts] == [
        ("body", 17),
        ("face", 68),
        ("left hand", 21),
        ("right hand", 21),
        ("feet", 6),
    ]
    assert sorted(id_ for part in skeleton.parts for id_ in part.keypoints) == sorted(skeleton.names)


def test_golfer_and_club_are_parts_without_an_edge_between_them():
    skeleton = template_skeleton("golfer-club-22")
    body, club = (set(part.keypoints) for part in skeleton.parts)

    assert (len(body), len(club)) == (17, 5)
    assert body | club == set(skeleton.names)
    assert not any((a in club) != (b in club) for a, b in skeleton.edges)


@pytest.mark.parametrize("id_", FACTS)
def test_names_pairs_edges_and_sigmas_are_those_of_the_source(id_: str, shared_data: Path):
    skeleton, facts = template_skeleton(id_), _facts(shared_data, FACTS[id_])

    assert skeleton.names == tuple(keypoint["name"] for keypoint in facts["keypoints"])
    assert [list(pair) for pair in skeleton.pairs] == facts["flip_pairs"]
    assert list(skeleton.flip_indices) == facts["flip_indices"]
    if facts["edges"]:
        assert skeleton.edge_indices == tuple((edge["a_id"], edge["b_id"]) for edge in facts["edges"])
    if facts["sigmas"]:
        assert list(skeleton.sigmas) == facts["sigmas"]
        assert _sigma_sources(skeleton) <= {SigmaSource.MEASURED, SigmaSource.ADAPTED}
    else:
        assert set(skeleton.sigmas) == {0.05}
        assert _sigma_sources(skeleton) == {SigmaSource.GUESS}


def test_the_golfers_body_is_that_of_human36m(shared_data: Path):
    skeleton, facts = template_skeleton("golfer-club-22"), _facts(shared_data, "mmpose-h36m")

    assert skeleton.names[:17] == tuple(keypoint["name"] for keypoint in facts["keypoints"])
    assert [list(pair) for pair in skeleton.pairs] == facts["flip_pairs"]
    assert skeleton.edge_indices[:16] == tuple((edge["a_id"], edge["b_id"]) for edge in facts["edges"])


def _facts(shared_data: Path, name: str) -> dict:
    return json.loads((shared_data / "skeleton-facts" / f"{name}.json").read_text("utf-8"))


def _sigma_sources(skeleton: Skeleton) -> set[SigmaSource]:
    return {keypoint.sigma_source for keypoint in skeleton.keypoints}
