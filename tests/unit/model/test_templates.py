"""The shipped skeletons: whole, consistent with their sources, and drawn as what they are."""

import json
from collections import defaultdict
from math import hypot
from pathlib import Path

import pytest

from annotator.errors import AnnotatorError
from annotator.model.sides import Side
from annotator.model.skeleton import SigmaSource, Skeleton, side_of_name
from annotator.model.templates import (
    GROUPS,
    Template,
    by_group,
    find_templates,
    own_template,
    template_skeleton,
    templates,
)
from annotator.predict.contract import match_names

LIBRARY = [
    ("coco-17", 17, "Person", "COCO 17"),
    ("halpe-26", 26, "Person with feet", "Halpe 26"),
    ("coco-wholebody-133", 133, "Whole body", "COCO-WholeBody 133"),
    ("hand-21", 21, "Hand", "21, wrist first"),
    ("face-68", 68, "Face", "300W 68"),
    ("ap10k-17", 17, "Mammal", "AP-10K 17"),
    ("mouse-top-27", 27, "Mouse from above", "27"),
    ("golfer-club-22", 22, "Golfer and club", "22, two parts"),
    ("cyclist-bike-25", 25, "Cyclist and bike", "25, two parts"),
    ("halpe-136", 136, "Whole body with neck", "Halpe 136"),
    ("crowdpose-14", 14, "Person in a crowd", "CrowdPose 14"),
    ("mpii-16", 16, "Person, head to pelvis", "MPII 16"),
    ("aic-14", 14, "Person, right side first", "AI Challenger 14"),
    ("blazepose-33", 33, "Person, hands, feet", "BlazePose 33"),
    ("body-25", 25, "Person, neck and feet", "OpenPose BODY_25"),
    ("openpose-18", 18, "Person with a neck", "OpenPose COCO 18"),
    ("posetrack-17", 17, "Person in video", "PoseTrack 18, 21"),
    ("jhmdb-15", 15, "Person in action", "JHMDB 15"),
    ("h36m-17", 17, "Person, hips first", "Human3.6M 17"),
    ("humanart-17", 17, "Person in art", "Human-Art 17"),
    ("humanart-21", 21, "Person in art, with tips", "Human-Art 21"),
    ("mediapipe-hand-21", 21, "Hand, joints named", "MediaPipe 21"),
    ("interhand-21", 21, "Hand, tips first", "InterHand 21, wrist last"),
    ("rhd-21", 21, "Hand, tips first", "RHD 21, wrist first"),
    ("interhand-42", 42, "Two hands", "InterHand 42"),
    ("face-98", 98, "Face, 98 points", "WFLW 98"),
    ("face-468", 468, "Face mesh", "MediaPipe 468"),
    ("quadruped-39", 39, "Four-legged animal", "SuperAnimal 39"),
    ("animalpose-20", 20, "Pet or farm animal", "Animal-Pose 20"),
    ("animal-kingdom-23", 23, "Any animal", "Animal Kingdom 23"),
    ("horse10-22", 22, "Horse", "Horse-10 22"),
    ("macaque-17", 17, "Monkey", "MacaquePose 17"),
    ("atrw-15", 15, "Tiger", "ATRW 15"),
    ("zebra-9", 9, "Zebra", "DeepPoseKit 9"),
    ("bird-42", 42, "Bird", "SuperAnimal 42"),
    ("fly-32", 32, "Fly from above", "DeepPoseKit 32"),
    ("locust-35", 35, "Locust from above", "DeepPoseKit 35"),
    ("horse-rider-49", 49, "Horse and rider", "49, with stirrups"),
    ("tennis-22", 22, "Tennis player", "22, with racket"),
    ("badminton-22", 22, "Badminton player", "22, with racket"),
    ("table-tennis-22", 22, "Table tennis player", "22, with racket"),
    ("baseball-21", 21, "Baseball batter", "21, with bat"),
    ("cricket-21", 21, "Cricket batter", "21, with bat"),
    ("ice-hockey-30", 30, "Ice hockey player", "30, with stick"),
    ("field-hockey-21", 21, "Field hockey player", "21, with stick"),
    ("alpine-ski-25", 25, "Alpine skier", "25, with skis, poles"),
    ("cross-country-ski-25", 25, "Cross-country skier", "25, with skis, poles"),
    ("sculler-23", 23, "Sculler", "23, with two oars"),
    ("rower-20", 20, "Rower", "20, with one oar"),
    ("weightlifter-22", 22, "Weightlifter", "22, with barbell"),
    ("swimmer-21", 21, "Swimmer", "21, with tips"),
]
COMMON = 9

FACTS = {
    "coco-17": "mmpose-coco",
    "halpe-26": "mmpose-halpe26",
    "halpe-136": "mmpose-halpe",
    "coco-wholebody-133": "mmpose-coco_wholebody",
    "crowdpose-14": "mmpose-crowdpose",
    "mpii-16": "mmpose-mpii",
    "aic-14": "mmpose-aic",
    "blazepose-33": "mediapipe-pose",
    "posetrack-17": "mmpose-posetrack18",
    "jhmdb-15": "mmpose-jhmdb",
    "openpose-18": "mmpose-coco_openpose",
    "h36m-17": "mmpose-h36m",
    "humanart-17": "mmpose-humanart",
    "humanart-21": "mmpose-humanart21",
    "hand-21": "mmpose-coco_wholebody_hand",
    "mediapipe-hand-21": "mediapipe-hand",
    "interhand-21": "mmpose-interhand2d",
    "rhd-21": "mmpose-rhd2d",
    "interhand-42": "mmpose-interhand3d",
    "face-68": "mmpose-300w",
    "face-98": "mmpose-wflw",
    "ap10k-17": "mmpose-ap10k",
    "animalpose-20": "mmpose-animalpose",
    "animal-kingdom-23": "mmpose-ak",
    "horse10-22": "mmpose-horse10",
    "macaque-17": "mmpose-macaque",
    "atrw-15": "mmpose-atrw",
    "zebra-9": "mmpose-zebra",
    "fly-32": "mmpose-fly",
    "locust-35": "mmpose-locust",
    "quadruped-39": "deeplabcut-superanimal_quadruped",
    "bird-42": "deeplabcut-superanimal_bird",
    "mouse-top-27": "deeplabcut-superanimal_topviewmouse",
}
MENDED_SIGMAS = {"animalpose-20": {"L_EarBase": 0.035, "R_EarBase": 0.035, "Nose": 0.026}}
"""Where a template departs from the published values; its notes say why."""
OWN_PAIRS = {"horse10-22"}
OWN_SIGMAS = {"blazepose-33", "openpose-18"}

FRONT_VIEWS = [
    *("coco-17", "halpe-26", "halpe-136", "coco-wholebody-133", "crowdpose-14", "mpii-16", "aic-14", "blazepose-33"),
    *(
        "body-25",
        "openpose-18",
        "posetrack-17",
        "jhmdb-15",
        "h36m-17",
        "interhand-42",
        "face-68",
        "face-98",
        "face-468",
    ),
    *("sculler-23", "weightlifter-22"),
]
TOP_VIEWS = ["mouse-top-27", "fly-32", "locust-35"]
FEET_SEEN_FROM_THE_RIGHT = {
    "ap10k-17": ("L_F_Paw", "L_B_Paw"),
    "animalpose-20": ("L_F_Paw", "L_B_Paw"),
    "animal-kingdom-23": ("Wrist_Left", "Ankle_Left"),
    "horse10-22": ("Nearfrontfoot", "Nearhindfoot"),
    "macaque-17": ("left_wrist", "left_ankle"),
    "atrw-15": ("left_front_paw", "left_back_paw"),
    "zebra-9": ("forelegL1", "hindlegL1"),
    "quadruped-39": ("front_left_paw", "back_left_paw"),
    "horse-rider-49": ("horse_L_F_Paw", "horse_L_B_Paw", "left_stirrup"),
}
PIECES = {
    "golfer-club-22": 2,
    "cyclist-bike-25": 2,
    "interhand-42": 2,
    "horse-rider-49": 4,
    "tennis-22": 2,
    "badminton-22": 2,
    "table-tennis-22": 2,
    "baseball-21": 2,
    "cricket-21": 2,
    "ice-hockey-30": 2,
    "field-hockey-21": 2,
    "alpine-ski-25": 5,
    "cross-country-ski-25": 5,
    "sculler-23": 3,
    "rower-20": 2,
    "weightlifter-22": 2,
}
"""Things that move by themselves; all other templates are one piece."""
ATHLETES = ["swimmer-21", *(id_ for id_ in PIECES if id_ not in ("golfer-club-22", "interhand-42"))]
CONTACTS = {
    "golfer-club-22": [("right_wrist", "shaft")],
    "cyclist-bike-25": [
        ("left_wrist", "left_handlebar"),
        ("right_wrist", "right_handlebar"),
        ("left_ankle", "left_pedal"),
        ("right_ankle", "right_pedal"),
        ("right_hip", "saddle"),
    ],
    "horse-rider-49": [("left_big_toe", "left_stirrup"), ("right_big_toe", "right_stirrup")],
    "tennis-22": [("right_wrist", "racket_butt")],
    "badminton-22": [("right_wrist", "racket_butt")],
    "table-tennis-22": [("right_wrist", "racket_butt")],
    "baseball-21": [("left_wrist", "bat_knob"), ("right_wrist", "bat_knob")],
    "cricket-21": [("left_wrist", "bat_top"), ("right_wrist", "bat_top")],
    "ice-hockey-30": [("left_wrist", "stick_butt"), ("right_wrist", "stick_lower_hand")],
    "field-hockey-21": [("left_wrist", "stick_butt"), ("right_wrist", "stick_lower_hand")],
    "alpine-ski-25": [("left_wrist", "left_pole_grip"), ("right_wrist", "right_pole_grip")],
    "cross-country-ski-25": [("left_wrist", "left_pole_grip"), ("right_wrist", "right_pole_grip")],
    "sculler-23": [("left_wrist", "left_oar_handle"), ("right_wrist", "right_oar_handle")],
    "rower-20": [("left_wrist", "oar_handle"), ("right_wrist", "oar_handle")],
}
SAME_NAMES = [
    {"coco-17", "humanart-17", "macaque-17"},
    {"hand-21", "interhand-21", "rhd-21"},
    {"alpine-ski-25", "cross-country-ski-25"},
    {"tennis-22", "badminton-22", "table-tennis-22"},
]

each_template = pytest.mark.parametrize("template", templates(), ids=lambda template: template.id)


def test_the_library_lists_the_templates_in_its_order():
    assert [(t.id, len(t.names), t.title, t.subtitle) for t in templates()] == LIBRARY


def test_the_common_templates_come_first_then_one_group_after_the_other():
    library = templates()

    assert [template.is_common for template in library] == [True] * COMMON + [False] * (len(library) - COMMON)
    others = [template.group for template in library[COMMON:]]
    assert others == sorted(others, key=GROUPS.index)


def test_every_template_stands_in_one_group():
    groups = by_group(templates())

    assert [group for group, _ in groups] == list(GROUPS)
    assert sorted(t.id for _, members in groups for t in members) == sorted(t.id for t in templates())
    assert by_group([]) == []


@each_template
def test_what_the_list_shows_is_what_the_skeleton_has(template: Template):
    assert template.id == template.skeleton.id
    assert template.names == template.skeleton.names
    assert template.skeleton is template.skeleton


def test_the_list_makes_no_skeleton():
    templates.cache_clear()

    assert [template.id for template in templates() if "skeleton" in vars(template)] == []


def test_an_unknown_template_names_the_known_ones():
    with pytest.raises(AnnotatorError, match=r"no skeleton template 'coco'; known: coco-17, halpe-26"):
        template_skeleton("coco")


def test_words_find_titles_subtitles_groups_and_keypoints():
    def found(query: str) -> list[str]:
        return [template.id for template in find_templates(templates(), query)]

    assert found("Whole 133") == ["coco-wholebody-133"]
    assert found("sports ski") == ["alpine-ski-25", "cross-country-ski-25"]
    assert found("racket_tip") == ["tennis-22", "badminton-22", "table-tennis-22"]
    assert found(" ") == [id_ for id_, *_ in LIBRARY]
    assert found("no such") == []


def test_what_is_found_by_its_heading_comes_before_what_is_found_by_a_keypoint():
    found = [template.id for template in find_templates(templates(), "hand")]

    assert found[0] == "hand-21"
    assert found.index("interhand-42") < found.index("coco-wholebody-133")


def test_a_skeleton_of_ones_own_is_shown_with_its_name_and_size():
    skeleton = template_skeleton("zebra-9")

    own = own_template(skeleton)

    assert (own.title, own.subtitle, own.names) == ("zebra", "9 keypoints", skeleton.names)
    assert own.skeleton is skeleton


def test_only_templates_known_to_have_the_same_names_have_them():
    by_names = defaultdict(set)
    for template in templates():
        by_names[frozenset(template.names)].add(template.id)

    assert sorted((ids for ids in by_names.values() if len(ids) > 1), key=min) == sorted(SAME_NAMES, key=min)
    assert len({template.id for template in templates()}) == len(LIBRARY)
    assert len({(template.title, template.subtitle) for template in templates()}) == len(LIBRARY)


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
def test_every_keypoint_says_where_exactly_it_lies(template: Template):
    assert [keypoint.name for keypoint in template.skeleton.keypoints if not keypoint.where] == []


@each_template
def test_parents_form_one_tree_per_piece_and_mirror_with_their_children(template: Template):
    skeleton = template.skeleton
    parents = [skeleton.index(k.parent) if k.parent else -1 for k in skeleton.keypoints]

    assert parents.count(-1) == PIECES.get(template.id, 1)
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
    digits = "1234567890"[: len(template.names)]

    assert "".join(keypoint.hotkey for keypoint in template.skeleton.keypoints) == digits
    assert [keypoint.hotkey for keypoint in template.skeleton.keypoints[:10]] == list(digits)


@each_template
def test_parts_hold_every_keypoint_once(template: Template):
    parts = template.skeleton.parts
    held = [id_ for part in parts for id_ in part.keypoints]

    assert sorted(held) == (sorted(keypoint.id for keypoint in template.skeleton.keypoints) if parts else [])
    assert len({part.name for part in parts}) == len(parts)


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
    assert "(" in template.source, "the source stands with its licence or its terms"
    assert template.notes
    assert template.group in GROUPS
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


@pytest.mark.parametrize("id_", TOP_VIEWS)
def test_seen_from_above_the_left_of_an_animal_is_at_the_viewers_left(id_: str):
    skeleton = template_skeleton(id_)

    for k, partner in skeleton.pairs:
        left, right = (k, partner) if skeleton.keypoints[k].side is Side.LEFT else (partner, k)
        (x1, y1), (x2, y2) = skeleton.layout[left], skeleton.layout[right]
        assert x1 < x2
        assert x1 + x2 == pytest.approx(1, abs=2e-4)
        assert y1 == pytest.approx(y2, abs=2e-4)


@pytest.mark.parametrize(("id_", "left_feet"), FEET_SEEN_FROM_THE_RIGHT.items())
def test_an_animal_that_faces_right_stands_with_its_right_feet_nearer(id_: str, left_feet: tuple[str, ...]):
    skeleton = template_skeleton(id_)

    for name in left_feet:
        left = skeleton.names.index(name)
        right = skeleton.flip_indices[left]
        assert skeleton.layout[right][1] > skeleton.layout[left][1], name


@pytest.mark.parametrize(("id_", "names"), [("coco-wholebody-133", 133), ("halpe-136", 136)])
def test_the_whole_body_has_the_parts_that_ctrl_and_digits_show(id_: str, names: int):
    skeleton = template_skeleton(id_)
    body = names - 68 - 42 - 6

    assert [(part.name, len(part.keypoints)) for part in skeleton.parts] == [
        ("body", body),
        ("face", 68),
        ("left hand", 21),
        ("right hand", 21),
        ("feet", 6),
    ]


@pytest.mark.parametrize("id_", PIECES)
def test_no_edge_joins_a_body_to_its_equipment(id_: str):
    skeleton = template_skeleton(id_)
    part_of = {id_: part.name for part in skeleton.parts for id_ in part.keypoints}

    crossing = {frozenset((part_of[a], part_of[b])) for a, b in skeleton.edges if part_of[a] != part_of[b]}

    assert crossing <= {frozenset(("body", "skates"))}


@pytest.mark.parametrize(("id_", "contacts"), CONTACTS.items())
def test_equipment_lies_where_hands_and_feet_hold_it(id_: str, contacts: list[tuple[str, str]]):
    skeleton = template_skeleton(id_)
    place = dict(zip(skeleton.names, skeleton.layout, strict=True))

    for body, equipment in contacts:
        (x1, y1), (x2, y2) = place[body], place[equipment]
        assert hypot(x1 - x2, y1 - y2) < 0.1, (body, equipment)


@pytest.mark.parametrize("id_", FACTS)
def test_names_pairs_edges_and_sigmas_are_those_of_the_source(id_: str, shared_data: Path):
    skeleton, facts = template_skeleton(id_), _facts(shared_data, FACTS[id_])

    assert skeleton.names == tuple(keypoint["name"] for keypoint in facts["keypoints"])
    if id_ not in OWN_PAIRS:
        assert [list(pair) for pair in skeleton.pairs] == facts["flip_pairs"]
    if facts["edges"]:
        assert skeleton.edge_indices == tuple((edge["a_id"], edge["b_id"]) for edge in facts["edges"])
    if id_ in OWN_SIGMAS:
        assert SigmaSource.MEASURED not in _sigma_sources(skeleton)
    elif facts["sigmas"]:
        published = dict(zip(skeleton.names, facts["sigmas"], strict=True))
        assert dict(zip(skeleton.names, skeleton.sigmas, strict=True)) == published | MENDED_SIGMAS.get(id_, {})
    else:
        assert set(skeleton.sigmas) == {0.05}
        assert _sigma_sources(skeleton) == {SigmaSource.GUESS}


@pytest.mark.parametrize(("id_", "mended"), MENDED_SIGMAS.items())
def test_a_mended_sigma_was_wrong_at_its_source(id_: str, mended: dict[str, float], shared_data: Path):
    facts = _facts(shared_data, FACTS[id_])
    published = {k["name"]: sigma for k, sigma in zip(facts["keypoints"], facts["sigmas"], strict=True)}

    assert {name for name, sigma in mended.items() if published[name] != sigma} == {"L_EarBase", "Nose"}
    assert any("Mended here" in note for note in _template(id_).notes)


@pytest.mark.parametrize("id_", ["body-25", *sorted(OWN_SIGMAS)])
def test_where_the_source_has_no_usable_sigmas_a_keypoint_has_that_of_coco_by_name(id_: str):
    known = {keypoint.id: keypoint.sigma for keypoint in template_skeleton("coco-17").keypoints}

    shared = [keypoint for keypoint in template_skeleton(id_).keypoints if keypoint.id in known]

    assert len(shared) == 17
    assert all((k.sigma, k.sigma_source) == (known[k.id], SigmaSource.ADAPTED) for k in shared)


@each_template
def test_only_a_data_sets_own_sigmas_count_as_measured(template: Template):
    measured = {"coco-17", "coco-wholebody-133", "hand-21", "aic-14", "atrw-15"}

    assert (SigmaSource.MEASURED in _sigma_sources(template.skeleton)) == (template.id in measured)


def test_near_and_off_legs_of_the_horse_are_pairs():
    skeleton = template_skeleton("horse10-22")

    assert {(skeleton.names[a], skeleton.names[b]) for a, b in skeleton.pairs} == {
        (f"Near{leg}", f"Off{leg}")
        for leg in ("knee", "frontfetlock", "frontfoot", "hindhock", "hindfetlock", "hindfoot")
    }


@pytest.mark.parametrize("id_", ATHLETES)
def test_the_body_of_an_athlete_is_one_that_models_know(id_: str):
    skeleton = template_skeleton(id_)
    known = template_skeleton("halpe-26" if "nose" in skeleton.names and "neck" in skeleton.names else "coco-17")

    body = skeleton.keypoints[: len(known)]

    assert [keypoint.id for keypoint in body] == [keypoint.id for keypoint in known.keypoints]
    assert skeleton.edges[: len(known.edges)] == known.edges
    assert skeleton.sigmas[: len(known)] == known.sigmas
    assert {keypoint.sigma_source for keypoint in body} == {SigmaSource.ADAPTED}
    equipment = [keypoint for keypoint in skeleton.keypoints[len(known) :] if "horse" not in keypoint.name]
    assert {(keypoint.sigma, keypoint.sigma_source) for keypoint in equipment} == {(0.03, SigmaSource.GUESS)}


@pytest.mark.parametrize(
    ("names_of", "ids"),
    [
        ("coco-17", [*ATHLETES, "body-25", "openpose-18", "blazepose-33", "halpe-136", "humanart-21"]),
        ("ap10k-17", ["horse-rider-49"]),
        ("hand-21", ["mediapipe-hand-21", "interhand-21", "rhd-21"]),
    ],
)
def test_a_model_that_knows_a_common_skeleton_drafts_the_others_that_hold_it(names_of: str, ids: list[str]):
    names = template_skeleton(names_of).names

    for id_ in ids:
        assert sorted(n for n in match_names(names, template_skeleton(id_)) if n >= 0) == list(range(len(names))), id_


def test_the_golfers_body_is_that_of_human36m(shared_data: Path):
    skeleton, facts = template_skeleton("golfer-club-22"), _facts(shared_data, "mmpose-h36m")

    assert skeleton.names[:17] == tuple(keypoint["name"] for keypoint in facts["keypoints"])
    assert [list(pair) for pair in skeleton.pairs] == facts["flip_pairs"]
    assert skeleton.edge_indices[:16] == tuple((edge["a_id"], edge["b_id"]) for edge in facts["edges"])


def test_where_the_two_sources_of_the_fly_differ_left_and_right_are_paired_by_number(shared_data: Path):
    skeleton, other = template_skeleton("fly-32"), _facts(shared_data, "deepposekit-fly")
    names = skeleton.names

    assert skeleton.names == tuple(keypoint["name"] for keypoint in other["keypoints"])
    differing = {tuple(pair) for pair in other["flip_pairs"]} ^ set(skeleton.pairs)
    assert {(names[a], names[b]) for a, b in differing} == {("midlegR3", "midlegL2")}


def _template(id_: str) -> Template:
    return next(template for template in templates() if template.id == id_)


def _facts(shared_data: Path, name: str) -> dict:
    return json.loads((shared_data / "skeleton-facts" / f"{name}.json").read_text("utf-8"))


def _sigma_sources(skeleton: Skeleton) -> set[SigmaSource]:
    return {keypoint.sigma_source for keypoint in skeleton.keypoints}
