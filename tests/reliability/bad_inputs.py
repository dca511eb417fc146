"""Makes inputs that are damaged, odd or meant to do harm: one function per case, grouped by the row they belong to.

Each function writes a label file, and whatever goes with it, into an empty folder and returns what to import. The rows
are those of the bad-input catalogue: J of JSON and COCO, F of file names and paths.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

Document = dict[str, Any]
Make = Callable[[Path], object]

ANNOTATION = "annotations[0] (id 11)"
"""How a message names the first annotation of `document`."""


@dataclass(frozen=True, slots=True)
class Case:
    """One input and what must come of it.

    Attributes:
        id: name of the function that makes it.
        row: of the catalogue.
        code: exit code of `annotator import`.
        words: all of these stand in what is said.
        options: further arguments of the command.
        make: writes `labels.json` into a folder, or returns another path to import.
    """

    id: str
    row: str
    code: int
    words: tuple[str, ...]
    options: tuple[str, ...]
    make: Make


CASES: list[Case] = []


def case(row: str, code: int, *words: str, options: tuple[str, ...] = ()) -> Callable[[Make], Make]:
    """Enter a function into the catalogue; it returns a document, text or bytes to write, or a path to import."""

    def enter(make: Make) -> Make:
        CASES.append(Case(make.__name__, row, code, words, options, make))
        return make

    return enter


def reject(row: str, *words: str, options: tuple[str, ...] = ()) -> Callable[[Make], Make]:
    return case(row, 2, *words, options=options)


def accept(row: str, *words: str, options: tuple[str, ...] = ()) -> Callable[[Make], Make]:
    """Enter an input that is taken; `words` stand in the notes, and without any there are none."""
    return case(row, 0, *words, options=options)


def written(case: Case, folder: Path) -> Path:
    """Write a case into an empty folder, with the picture that it names, and return the file to import."""
    Image.new("RGB", (60, 40), (90, 60, 30)).save(folder / "a.png")
    made = case.make(folder)
    if isinstance(made, Path):
        return made
    path = folder / "labels.json"
    if isinstance(made, bytes):
        path.write_bytes(made)
    else:
        path.write_text(made if isinstance(made, str) else json.dumps(made), encoding="utf-8")
    return path


def document(**changes: Any) -> Document:
    """Return a sound document: one picture, three keypoints, one annotation; top-level parts replaced by `changes`."""
    return {
        "info": {"description": "test"},
        "images": [{"id": 7, "file_name": "a.png", "width": 60, "height": 40}],
        "categories": [
            {"id": 3, "name": "thing", "keypoints": ["left_end", "middle", "right_end"], "skeleton": [[1, 2], [2, 3]]}
        ],
        "annotations": [
            {
                "id": 11,
                "image_id": 7,
                "category_id": 3,
                "keypoints": [5.5, 6.25, 2, 20, 21, 1, 0, 0, 0],
                "num_keypoints": 2,
                "bbox": [4, 5, 20, 20],
                "area": 300,
                "iscrowd": 0,
            }
        ],
        **changes,
    }


def annotation(**changes: Any) -> Document:
    """Return the document with fields of its annotation replaced."""
    made = document()
    made["annotations"][0].update(changes)
    return made


def image(**changes: Any) -> Document:
    made = document()
    made["images"][0].update(changes)
    return made


def category(**changes: Any) -> Document:
    made = document()
    made["categories"][0].update(changes)
    return made


def without(part: str, field: str) -> Document:
    made = document()
    del made[part][0][field]
    return made


def spelled(made: Document, before: str, after: str) -> str:
    """Return a document as text in which one spelling is replaced: for what `json.dumps` cannot write."""
    text = json.dumps(made)
    assert before in text
    return text.replace(before, after, 1)


# J1: what is no JSON ---------------------------------------------------------------------------------------------


@reject("J1", "is empty")
def empty_file(folder: Path) -> str:
    return ""


@reject("J1", "is empty")
def blank_file(folder: Path) -> str:
    return " \n\t\n"


@reject("J1", "line 1, column")
def truncated(folder: Path) -> str:
    return json.dumps(document())[:200]


@reject("J1", "line 2, column 12")
def truncated_on_a_later_line(folder: Path) -> str:
    return '{"images":\n        [],'


@reject("J1", "line 1, column 1")
def binary(folder: Path) -> bytes:
    return (folder / "a.png").read_bytes()


@reject("J1", "UTF-16")
def utf16(folder: Path) -> bytes:
    return json.dumps(document()).encode("utf-16")


@reject("J1", "UTF-16")
def utf16_without_a_mark(folder: Path) -> bytes:
    return json.dumps(document()).encode("utf-16-le")


@reject("J1", "images[0]", "UTF-8")
def latin1(folder: Path) -> bytes:
    return json.dumps(image(file_name="caf\xe9.png"), ensure_ascii=False).encode("latin-1")


@reject("J1", "images[0]", "UTF-8")
def latin1_in_a_field_nobody_knows(folder: Path) -> bytes:
    return json.dumps(image(place="caf\xe9"), ensure_ascii=False).encode("latin-1")


@reject("J1", "line 1, column 1")
def not_json(folder: Path) -> str:
    return "hello"


@reject("J1", "is not a COCO file")
def html_page(folder: Path) -> str:
    return "<!DOCTYPE html><html><body>404 Not Found</body></html>"


@reject("J1", "is not a COCO file", "object")
def top_level_list(folder: Path) -> str:
    return json.dumps([document()])


@reject("J1", "is not a COCO file", "object")
def top_level_null(folder: Path) -> str:
    return "null"


@reject("J1", "line 1, column")
def text_after_the_end(folder: Path) -> str:
    return json.dumps(document()) + " {}"


@reject("J1", "line 1, column")
def comma_before_the_end(folder: Path) -> str:
    return spelled(document(), "}]}", "},]}")


@reject("J1", "line 1, column")
def single_quotes(folder: Path) -> str:
    return json.dumps(document()).replace('"', "'")


@reject("J1", "images[0]")
def control_letter_inside_a_text(folder: Path) -> str:
    return spelled(document(), "a.png", "a\n.png")


@reject("J1", "does not exist")
def no_such_file(folder: Path) -> Path:
    return folder / "nothing.json"


@reject("J1", "is a folder")
def a_folder(folder: Path) -> Path:
    (folder / "labels.json").mkdir()
    return folder / "labels.json"


@reject("J1", "'images' must be a list")
def images_are_an_object(folder: Path) -> Document:
    return document(images={"7": {"id": 7, "file_name": "a.png"}})


@reject("J1", "annotations[0] must be an object")
def annotation_is_a_number(folder: Path) -> Document:
    return document(annotations=[5])


# J2: a byte-order mark -------------------------------------------------------------------------------------------


@accept("J2")
def bom(folder: Path) -> bytes:
    return b"\xef\xbb\xbf" + json.dumps(document()).encode()


# J3: numbers that are none ---------------------------------------------------------------------------------------


@reject("J3", "annotations[0]", "NaN", "line 1, column")
def nan(folder: Path) -> str:
    return spelled(document(), "5.5", "NaN")


@reject("J3", "annotations[0]", "Infinity", "line 1, column")
def inf(folder: Path) -> str:
    return spelled(document(), "5.5", "Infinity")


@reject("J3", "annotations[0]", "-Infinity", "line 1, column")
def minus_inf(folder: Path) -> str:
    return spelled(document(), "5.5", "-Infinity")


@reject("J3", ANNOTATION, "left_end", "1e999")
def overflow(folder: Path) -> str:
    return spelled(document(), "5.5", "1e999")


@reject("J3", ANNOTATION, "'bbox'", "1e999")
def overflow_in_a_box(folder: Path) -> str:
    return spelled(annotation(bbox=[4.5, 5, 20, 20]), "4.5", "1e999")


@reject("J3", ANNOTATION, "'area'", "1e999")
def overflow_in_an_area(folder: Path) -> str:
    return spelled(annotation(area=300.5), "300.5", "1e999")


@reject("J3", "annotations[0]", "NaN", "line 1, column")
def nan_in_a_field_nobody_knows(folder: Path) -> str:
    return spelled(annotation(mood=1.5), "1.5", "NaN")


@reject("J3", "images[0]", "'width'", "1e999")
def overflow_in_a_width(folder: Path) -> str:
    return spelled(document(), '"width": 60', '"width": 1e999')


@reject("J3", "'info'", "out of range")
def overflow_in_the_info(folder: Path) -> str:
    return spelled(document(info={"year": 1.5}), "1.5", "1e999")


@reject("J3", "'categories'", "out of range")
def overflow_in_a_category_without_instances(folder: Path) -> str:
    idle = {"id": 9, "name": "idle", "keypoints": ["a"], "age": 1.5}
    return spelled(document(categories=[*document()["categories"], idle]), "1.5", "1e999")


# J4: too deep, too large -----------------------------------------------------------------------------------------


@reject("J4", "annotations[0]", "nested too deeply")
def deep_nesting(folder: Path) -> str:
    return spelled(annotation(mood=1.5), "1.5", "[" * 100_000 + "]" * 100_000)


@reject("J4", "is not a COCO file")
def deep_nesting_at_the_top(folder: Path) -> str:
    return "[" * 100_000 + "]" * 100_000


@reject("J4", "nested too deeply")
def deep_nesting_in_a_part_nobody_knows(folder: Path) -> str:
    return spelled(document(mood=1.5), "1.5", "[" * 100_000 + "]" * 100_000)


@reject("J4", "nested too deeply")
def deep_nesting_in_keypoints(folder: Path) -> str:
    return spelled(document(), "5.5", "[" * 100_000 + "]" * 100_000)


@reject("J4", "nested too deeply")
def deep_nesting_of_objects(folder: Path) -> str:
    return spelled(annotation(mood=1.5), "1.5", '{"a":' * 20_000 + "1" + "}" * 20_000)


@reject("J4", ANNOTATION, "left_end")
def huge_int(folder: Path) -> str:
    return spelled(document(), "5.5", "9" * 5_000)


@reject("J4", "annotations[0]", "'id'")
def huge_int_as_an_id(folder: Path) -> str:
    return spelled(document(), '"id": 11', '"id": ' + "9" * 5_000)


@reject("J4", "annotations[0]", "'id'", "64 bits")
def id_over_int64(folder: Path) -> Document:
    return annotation(id=2**63)


@reject("J4", "images[0]", "'id'", "64 bits")
def image_id_over_int64(folder: Path) -> Document:
    return document(images=[{"id": 2**64, "file_name": "a.png", "width": 60, "height": 40}])


@reject("J4", "categories[0]", "'id'", "64 bits")
def category_id_over_int64(folder: Path) -> Document:
    return category(id=-(2**63) - 1)


@reject("J4", ANNOTATION, "'num_keypoints'", "64 bits")
def count_over_int64(folder: Path) -> Document:
    return annotation(num_keypoints=2**70)


@accept("J4", "outside")
def coordinate_of_two_to_the_63(folder: Path) -> Document:
    return annotation(keypoints=[2**63, 6.25, 2, 20, 21, 1, 0, 0, 0])


@reject("J4", "images[0]", "size")
def picture_of_a_billion_pixels_across(folder: Path) -> Document:
    return image(width=10**9)


@accept("J4")
def box_beyond_any_picture(folder: Path) -> Document:
    return annotation(bbox=[1, 2.5, 1e308, 20])


@accept("J4")
def box_beyond_any_picture_without_an_area(folder: Path) -> Document:
    made = annotation(bbox=[1, 2.5, 1e308, 20])
    del made["annotations"][0]["area"]
    return made


# J5: a key that stands twice -------------------------------------------------------------------------------------


@reject("J5", "annotations[0]", "'num_keypoints' twice")
def duplicate_json_key(folder: Path) -> str:
    return spelled(document(), '"num_keypoints": 2', '"num_keypoints": 2, "num_keypoints": 3')


@reject("J5", "images[0]", "'id' twice")
def duplicate_key_in_an_image(folder: Path) -> str:
    return spelled(document(), '"id": 7', '"id": 7, "id": 8')


@reject("J5", "categories[0]", "'name' twice")
def duplicate_key_in_a_category(folder: Path) -> str:
    return spelled(document(), '"name": "thing"', '"name": "thing", "name": "other"')


@reject("J5", "'images' twice")
def duplicate_key_at_the_top(folder: Path) -> str:
    return spelled(document(), '"categories"', '"images": [], "categories"')


@reject("J5", "annotations[0]", "'a' twice")
def duplicate_key_inside_a_field_nobody_knows(folder: Path) -> str:
    return spelled(annotation(mood=1.5), "1.5", '{"a": 1, "a": 2}')


@reject("J5", "annotations[0]", "'area' twice")
def duplicate_key_in_another_spelling(folder: Path) -> str:
    return spelled(document(), '"iscrowd"', '"\\u0061rea": 7, "iscrowd"')


@reject("J5", "'description' twice")
def duplicate_key_in_the_info(folder: Path) -> str:
    return spelled(document(), '"description"', '"description": 1, "description"')


# J7: keypoints and boxes that are none ---------------------------------------------------------------------------


@reject("J7", ANNOTATION, "'keypoints' has 8 numbers", "expected 9")
def short_keypoints(folder: Path) -> Document:
    return annotation(keypoints=[5.5, 6.25, 2, 20, 21, 1, 0, 0])


@reject("J7", ANNOTATION, "'keypoints' has 12 numbers", "expected 9")
def long_keypoints(folder: Path) -> Document:
    return annotation(keypoints=[5.5, 6.25, 2, 20, 21, 1, 0, 0, 0, 1, 1, 1])


@reject("J7", ANNOTATION, "middle", '"20"', "x")
def string_coordinate(folder: Path) -> Document:
    return annotation(keypoints=[5.5, 6.25, 2, "20", 21, 1, 0, 0, 0])


@reject("J7", ANNOTATION, "middle", "null", "y")
def null_coordinate(folder: Path) -> Document:
    return annotation(keypoints=[5.5, 6.25, 2, 20, None, 1, 0, 0, 0])


@reject("J7", ANNOTATION, "middle", "true", "v")
def bool_visibility(folder: Path) -> Document:
    return annotation(keypoints=[5.5, 6.25, 2, 20, 21, True, 0, 0, 0])


@reject("J7", ANNOTATION, "left_end", "v = 3")
def visibility_of_three(folder: Path) -> Document:
    return annotation(keypoints=[5.5, 6.25, 3, 20, 21, 1, 0, 0, 0])


@reject("J7", ANNOTATION, "left_end", "v = -1")
def visibility_below_zero(folder: Path) -> Document:
    return annotation(keypoints=[5.5, 6.25, -1, 20, 21, 1, 0, 0, 0])


@reject("J7", ANNOTATION, "middle", "v = 0.5")
def fractional_visibility(folder: Path) -> Document:
    return annotation(keypoints=[5.5, 6.25, 2, 20, 21, 0.5, 0, 0, 0])


@reject("J7", ANNOTATION, "'keypoints'")
def keypoints_in_triples(folder: Path) -> Document:
    return annotation(keypoints=[[5.5, 6.25, 2], [20, 21, 1], [0, 0, 0]])


@reject("J7", ANNOTATION, "'keypoints'")
def keypoints_as_an_object(folder: Path) -> Document:
    return annotation(keypoints={"left_end": [5.5, 6.25, 2]})


@reject("J7", ANNOTATION, "'keypoints'")
def keypoints_as_text(folder: Path) -> Document:
    return annotation(keypoints="5.5 6.25 2")


@reject("J7", ANNOTATION, "'bbox' has 3 numbers")
def box_of_three_numbers(folder: Path) -> Document:
    return annotation(bbox=[4, 5, 20])


@reject("J7", ANNOTATION, "'bbox'")
def box_as_an_object(folder: Path) -> Document:
    return annotation(bbox={"x": 4})


@reject("J7", ANNOTATION, "'bbox'", "-20")
def box_of_negative_size(folder: Path) -> Document:
    return annotation(bbox=[24, 25, -20, -20])


@reject("J7", ANNOTATION, "'iscrowd'")
def crowd_of_two(folder: Path) -> Document:
    return annotation(iscrowd=2)


@reject("J7", ANNOTATION, "'area'")
def area_as_text(folder: Path) -> Document:
    return annotation(area="large")


@reject("J7", "images[0]", "'width'")
def width_as_text(folder: Path) -> Document:
    return image(width="60")


@reject("J7", "images[0]", "-60")
def negative_width(folder: Path) -> Document:
    return image(width=-60)


@reject("J7", "categories[0]", "'keypoints'")
def keypoint_names_are_numbers(folder: Path) -> Document:
    return category(keypoints=[1, 2, 3])


@reject("J7", "categories[0]", "middle")
def a_keypoint_name_twice(folder: Path) -> Document:
    return category(keypoints=["middle", "middle", "right_end"])


@reject("J7", "categories[0]")
def an_empty_keypoint_name(folder: Path) -> Document:
    return category(keypoints=["left_end", "", "right_end"])


@reject("J7", "categories[0]", "'skeleton'")
def edges_are_names(folder: Path) -> Document:
    return category(skeleton=[["left_end", "middle"]])


@accept("J7")
def keypoints_are_null(folder: Path) -> Document:
    return annotation(keypoints=None, num_keypoints=0)


# J8: odd, but often seen in real sets ----------------------------------------------------------------------------


@accept("J8", "1 keypoint", "outside", "a.png")
def negative_keypoint(folder: Path) -> Document:
    return annotation(keypoints=[-5.5, 6.25, 2, 20, 21, 1, 0, 0, 0])


@accept("J8", "1 keypoint", "outside", "a.png")
def far_outside(folder: Path) -> Document:
    return annotation(keypoints=[5.5, 6.25, 2, 20, 40_000, 1, 0, 0, 0])


@accept("J8", "num_keypoints", "counted anew")
def wrong_num_keypoints(folder: Path) -> Document:
    return annotation(num_keypoints=17)


@accept("J8", "exactly 0, 0")
def labeled_at_the_origin(folder: Path) -> Document:
    return annotation(keypoints=[0, 0, 2, 20, 21, 1, 0, 0, 0])


@accept("J8")
def unlabeled_outside(folder: Path) -> Document:
    return annotation(keypoints=[5.5, 6.25, 2, 20, 21, 1, -1, -1, 0])


# J9: ids that clash or lead nowhere ------------------------------------------------------------------------------


@accept("J9", "stood twice", "annotations[1]: 11 became 12")
def duplicate_annotation_id(folder: Path) -> Document:
    made = document()
    made["annotations"].append(made["annotations"][0] | {"keypoints": [1, 2, 2, 3, 4, 2, 5, 6, 2], "num_keypoints": 3})
    return made


@accept("J9", "missing", "annotations[0]: none became 1")
def annotation_without_id(folder: Path) -> Document:
    return without("annotations", "id")


@reject("J9", "images[1]", "id 7")
def duplicate_image_id(folder: Path) -> Document:
    return document(images=[*document()["images"], {"id": 7, "file_name": "b.png", "width": 60, "height": 40}])


@reject("J9", "images[1]", "'a.png'")
def duplicate_file_name(folder: Path) -> Document:
    return document(images=[*document()["images"], {"id": 8, "file_name": "a.png", "width": 60, "height": 40}])


@reject("J9", "categories[1]", "id 3")
def duplicate_category_id(folder: Path) -> Document:
    return document(categories=[*document()["categories"], {"id": 3, "name": "other", "keypoints": ["a"]}])


@reject("J9", "categories[1]", "'thing'")
def duplicate_category_name(folder: Path) -> Document:
    return document(categories=[*document()["categories"], {"id": 4, "name": "thing", "keypoints": ["a"]}])


@reject("J9", ANNOTATION, "picture 99")
def orphan_image_id(folder: Path) -> Document:
    return annotation(image_id=99)


@reject("J9", ANNOTATION, "category 99")
def orphan_category_id(folder: Path) -> Document:
    return annotation(category_id=99)


@reject("J9", "no categories")
def no_categories(folder: Path) -> Document:
    return document(categories=[])


@reject("J9", "no 'categories'")
def no_list_of_categories(folder: Path) -> Document:
    made = document()
    del made["categories"]
    return made


@reject("J9", "no 'images'")
def no_list_of_images(folder: Path) -> Document:
    made = document()
    del made["images"]
    return made


@reject("J9", "no 'annotations'")
def no_list_of_annotations(folder: Path) -> Document:
    made = document()
    del made["annotations"]
    return made


@reject("J9", "images[0]", "no 'id'")
def image_without_id(folder: Path) -> Document:
    return without("images", "id")


@reject("J9", "images[0]", "no 'file_name'")
def image_without_name(folder: Path) -> Document:
    return without("images", "file_name")


@reject("J9", ANNOTATION, "no 'image_id'")
def annotation_without_image(folder: Path) -> Document:
    return without("annotations", "image_id")


@reject("J9", ANNOTATION, "no 'category_id'")
def annotation_without_category(folder: Path) -> Document:
    return without("annotations", "category_id")


@reject("J9", "categories[0]", "no 'name'")
def category_without_name(folder: Path) -> Document:
    return without("categories", "name")


@reject("J9", "categories[0] (thing)", "--skeleton")
def category_without_keypoints(folder: Path) -> Document:
    return without("categories", "keypoints")


@accept("J9", "edges of thing", "outside 1 to 3")
def edge_out_of_range(folder: Path) -> Document:
    return category(skeleton=[[1, 2], [2, 40]])


@accept("J9", "count from 0")
def edges_from_zero(folder: Path) -> Document:
    return category(skeleton=[[0, 1], [1, 2]])


# J10, J11: pictures that are not there or not as told ------------------------------------------------------------


@accept("J10", "1 picture was not found")
def missing_image(folder: Path) -> Document:
    return image(file_name="gone.png")


@accept("J11", "another size", "a.png")
def wrong_size(folder: Path) -> Document:
    return image(width=120, height=80)


@accept("J11", "a.png", "swapped", "EXIF orientation")
def swapped_size(folder: Path) -> Document:
    return image(width=40, height=60)


@reject("J11", "a.jpg", "EXIF orientation 6", "--coordinates")
def stored_size_of_a_turned_picture(folder: Path) -> Document:
    turned_picture(folder / "a.jpg")
    return image(file_name="a.jpg")


@accept("J11", "turned upright", options=("--coordinates", "stored"))
def stored_size_of_a_turned_picture_with_the_answer(folder: Path) -> Document:
    turned_picture(folder / "a.jpg")
    return image(file_name="a.jpg")


@accept("J11")
def displayed_size_of_a_turned_picture(folder: Path) -> Document:
    turned_picture(folder / "a.jpg")
    return image(file_name="a.jpg", width=40, height=60)


def turned_picture(path: Path) -> None:
    """Write a picture of 60 x 40 stored pixels that is shown upright as 40 x 60."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (60, 40), (90, 60, 30)).save(path, exif=exif)


# F1: names that lead out -----------------------------------------------------------------------------------------


@reject("F1", "images[0]", "../a.png", "leads out")
def path_parent(folder: Path) -> Document:
    return image(file_name="../a.png")


@reject("F1", "images[0]", "leads out")
def path_parent_inside(folder: Path) -> Document:
    return image(file_name="pictures/../../a.png")


@reject("F1", "images[0]", "leads out")
def path_absolute(folder: Path) -> Document:
    return image(file_name=str(folder / "a.png"))


@reject("F1", "images[0]", "leads out")
def path_drive(folder: Path) -> Document:
    return image(file_name="C:\\pictures\\a.png")


@reject("F1", "images[0]", "leads out")
def path_drive_with_slashes(folder: Path) -> Document:
    return image(file_name="c:/pictures/a.png")


@reject("F1", "images[0]", "leads out")
def path_unc(folder: Path) -> Document:
    return image(file_name="\\\\server\\share\\a.png")


@reject("F1", "images[0]", "only Windows understands")
def path_backslash(folder: Path) -> Document:
    return image(file_name="pictures\\a.png")


@reject("F1", "images[0]", "leads out")
def path_parent_with_backslash(folder: Path) -> Document:
    return image(file_name="..\\a.png")


@reject("F1", "images[0]")
def path_nul(folder: Path) -> Document:
    return image(file_name="a\0.png")


@reject("F1", "images[0]", "leads out")
def path_url(folder: Path) -> Document:
    return image(file_name="https://example.org/a.png")


@reject("F1", "images[0]", "leads out")
def path_file_url(folder: Path) -> Document:
    return image(file_name="file:///etc/passwd")


@reject("F1", "images[0]", "empty")
def path_empty(folder: Path) -> Document:
    return image(file_name="")


@reject("F1", "images[0]", "names no picture")
def path_blank(folder: Path) -> Document:
    return image(file_name="   ")


@reject("F1", "images[0]")
def path_dot(folder: Path) -> Document:
    return image(file_name=".")


@reject("F1", "images[0]", "empty part")
def path_dot_inside(folder: Path) -> Document:
    return image(file_name="pictures/./a.png")


@reject("F1", "images[0]", "empty part")
def path_ends_with_a_slash(folder: Path) -> Document:
    return image(file_name="a.png/")


@accept("F1", "not found")
def path_home(folder: Path) -> Document:
    return image(file_name="~/a.png")


# F2: links -------------------------------------------------------------------------------------------------------


@reject("F2", "images[0]", "link", "a.png")
def path_link_out(folder: Path) -> Document:
    outside = folder.parent / "outside.png"
    (folder / "a.png").rename(outside)
    (folder / "a.png").symlink_to(outside)
    return document()


@reject("F2", "images[0]", "link", "inner/a.png")
def path_linked_folder_out(folder: Path) -> Document:
    outside = folder.parent / "outside"
    outside.mkdir()
    (folder / "a.png").rename(outside / "a.png")
    (folder / "inner").symlink_to(outside, target_is_directory=True)
    return image(file_name="inner/a.png")


@accept("F2")
def path_link_inside(folder: Path) -> Document:
    (folder / "a.png").rename(folder / "b.png")
    (folder / "a.png").symlink_to("b.png")
    return document()


# F3: names that clash or cannot be everywhere --------------------------------------------------------------------


def two_names(first: str, second: str) -> Document:
    images = [
        {"id": 7, "file_name": first, "width": 60, "height": 40},
        {"id": 8, "file_name": second, "width": 60, "height": 40},
    ]
    return document(images=images)


@accept("F3", "bird.png", "Bird.png", "upper and lower case")
def case_clash(folder: Path) -> Document:
    return two_names("bird.png", "Bird.png")


@accept("F3", "same letters")
def nfc_nfd_clash(folder: Path) -> Document:
    return two_names("caf\xe9.png", "cafe\u0301.png")


@accept("F3", "CON.png", "Windows")
def path_windows_reserved(folder: Path) -> Document:
    return image(file_name="CON.png")


@accept("F3", "Windows")
def path_ends_with_a_dot(folder: Path) -> Document:
    return image(file_name="pictures./a.png")


@accept("F3", "Windows")
def path_with_a_question_mark(folder: Path) -> Document:
    return image(file_name="what?.png")


@accept("F3", "255")
def path_too_long(folder: Path) -> Document:
    return image(file_name="a" * 300 + ".png")


@accept("F3", "\\u202e")
def path_right_to_left(folder: Path) -> Document:
    return image(file_name="harmless\u202egnp.exe.png")


@reject("F3", "images[0]")
def path_with_a_line_break(folder: Path) -> Document:
    return image(file_name="a\nb.png")


@reject("F3", "images[0]")
def path_with_an_escape(folder: Path) -> Document:
    return image(file_name="\x1b[31ma.png")


@accept("F3", "not found")
def path_emoji(folder: Path) -> Document:
    return image(file_name="\U0001f40e.png")


@accept("F3", "not found")
def path_like_an_option(folder: Path) -> Document:
    return image(file_name="-rf.png")


# F4: lone surrogates ---------------------------------------------------------------------------------------------


@reject("F4", "images[0]")
def surrogate_name(folder: Path) -> Document:
    return image(file_name="a\ud800.png")


@reject("F4", "categories[0]")
def surrogate_category(folder: Path) -> Document:
    return category(name="thing\udfff")


@reject("F4", "categories[0]")
def surrogate_keypoint(folder: Path) -> Document:
    return category(keypoints=["left_end", "middle\ud800", "right_end"])


@reject("F4", "annotations[0]")
def surrogate_in_a_field_nobody_knows(folder: Path) -> Document:
    return annotation(mood="\udc00")
