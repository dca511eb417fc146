"""`annotator skeleton`: list, show, make, check and draw skeletons."""

from dataclasses import replace
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotator.cli.arguments import FINDINGS, OK, JsonOption, skeleton_named
from annotator.cli.output import Output, counted
from annotator.errors import CommandError, FormatError, ModelError

if TYPE_CHECKING:
    from annotator.model.skeleton import Skeleton
    from annotator.model.templates import Template

skeletons = typer.Typer(help="List, show, make, check and draw skeletons.", rich_markup_mode=None)

WordsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[WORDS]...", help="Of a title, a group or keypoints; all must be found.")
]
SkeletonArgument = Annotated[str, typer.Argument(metavar="ID|FILE.json", help="A template or a skeleton file.")]


@skeletons.command("list")
def list_templates(words: WordsArgument = None, as_json: JsonOption = False) -> int:
    """List the skeletons that come with Annotator, or those that some words find.

    Example: annotator skeleton list animals tail
    """
    output = Output(as_json)
    rows = [
        (each.id, each.title, each.subtitle, each.group, len(each.names), len(each.skeleton.edges))
        for each in _found(words)
    ]
    output.table(("id", "title", "", "group", "keypoints", "edges"), rows)
    keys = ("id", "title", "subtitle", "group", "keypoints", "edges")
    output.result({"skeletons": [dict(zip(keys, row, strict=True)) for row in rows]})
    return OK


@skeletons.command("show")
def show(skeleton: SkeletonArgument, as_json: JsonOption = False) -> int:
    """Show the keypoints, edges and pairs of a skeleton."""
    output = Output(as_json)
    shown = skeleton_named(skeleton)
    names = shown.names
    output.say(f"{shown.name} ({shown.id}): {counted(len(shown), 'keypoint')}, {counted(len(shown.edges), 'edge')}")
    output.table(
        ("", "keypoint", "side", "partner", "key", "sigma", "sigma is"),
        [
            (
                k + 1,
                keypoint.name,
                keypoint.side.value,
                names[shown.index(keypoint.partner)] if keypoint.partner else "",
                keypoint.hotkey,
                keypoint.sigma,
                keypoint.sigma_source.value,
            )
            for k, keypoint in enumerate(shown.keypoints)
        ],
    )
    output.say("Edges: " + ", ".join(f"{names[a]}-{names[b]}" for a, b in shown.edge_indices))
    output.result(_as_object(shown))
    return OK


@skeletons.command("new")
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="The file to write; it must not exist.")],
    names: Annotated[str, typer.Option(help='Keypoint names, in order: "nose, left_eye, right_eye".')],
    edge: Annotated[
        list[str] | None, typer.Option(metavar="NAME,NAME", help="Two keypoints to connect; may be repeated.")
    ] = None,
    name: Annotated[str, typer.Option(help="Of the subject; by default the file's name.")] = "",
    as_json: JsonOption = False,
) -> int:
    """Make a skeleton from names; sides, pairs and keys follow from them.

    Example: annotator skeleton new fish.json --names "mouth, left_fin, right_fin, tail" --edge mouth,tail
    """
    from annotator.model.skeleton import skeleton_from_names

    output = Output(as_json)
    made = skeleton_from_names(file.stem, name or file.stem, names.split(","))
    made = replace(made, edges=tuple(_edge(made, text) for text in edge or ()))
    _write(file, made)
    output.say(f"Wrote {file}: {counted(len(made), 'keypoint')}, {counted(len(made.pairs), 'pair')}.")
    output.result({"file": str(file.absolute()), **_as_object(made)})
    return OK


@skeletons.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="A skeleton file.")], as_json: JsonOption = False
) -> int:
    """Check a skeleton file against every rule; exit code 1 when it breaks one."""
    from annotator.model.skeleton_file import decode_skeleton

    output = Output(as_json)
    text = file.read_bytes()
    try:
        skeleton = decode_skeleton(text, file.name)
    except (FormatError, ModelError) as error:
        output.say(str(error))
        output.result({"findings": [str(error)]})
        return FINDINGS
    output.say(
        f"{file.name} is a sound skeleton: {counted(len(skeleton), 'keypoint')}, "
        f"{counted(len(skeleton.edges), 'edge')}, {counted(len(skeleton.pairs), 'pair')}."
    )
    output.result({"findings": []})
    return OK


@skeletons.command("sheet")
def sheet(
    picture: Annotated[Path, typer.Argument(metavar="OUT.png", help="The picture to write.")],
    words: WordsArgument = None,
    as_json: JsonOption = False,
) -> int:
    """Draw every template, or those that some words find, into one picture."""
    from annotator.cli.pictures import template_sheet

    output = Output(as_json)
    if picture.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise CommandError(f"{picture} does not end like a picture: name it .png, .jpg or .webp")
    found = _found(words)
    if not found:
        raise CommandError(f"no skeleton has {' '.join(words or ())!r}: use other words, or none to draw all")
    template_sheet(found, columns=round(sqrt(2 * len(found)))).save(picture)
    output.say(f"Drew {counted(len(found), 'skeleton')} into {picture}.")
    output.result({"picture": str(picture.absolute()), "skeletons": len(found)})
    return OK


def _found(words: list[str] | None) -> "list[Template]":
    from annotator.model.templates import find_templates, templates

    return find_templates(templates(), " ".join(words or ()))


def _edge(skeleton: "Skeleton", text: str) -> tuple[str, str]:
    ends = [end.strip() for end in text.split(",")]
    if len(ends) != 2:
        raise CommandError(f"the edge {text!r} does not name two keypoints: write it as nose,left_eye")
    for end in ends:
        if skeleton.index_of_name(end) is None:
            raise CommandError(f"the edge {text!r} names {end!r}, which is not among the keypoint names: correct it")
    return ends[0], ends[1]


def _write(file: Path, skeleton: "Skeleton") -> None:
    import msgspec

    from annotator.model.skeleton_file import encode_skeleton

    try:
        with file.open("xb") as target:
            target.write(msgspec.json.format(encode_skeleton(skeleton), indent=2) + b"\n")
    except FileExistsError as error:
        raise CommandError(f"{file} exists already: choose another name, or remove it first") from error


def _as_object(skeleton: "Skeleton") -> dict[str, Any]:
    """Return a skeleton as its file holds it."""
    import msgspec

    from annotator.model.skeleton_file import encode_skeleton

    fields: dict[str, Any] = msgspec.json.decode(encode_skeleton(skeleton))
    return fields
