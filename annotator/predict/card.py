"""Model cards: what a predictor must know about its files before it may run them.

A card is a JSON file beside the model files. `schemas/model-card.json` is generated from the types below, and a
test keeps the two equal. A card may come from anybody, so its files are plain names in its own folder, and a file
runs only while its SHA-256 is the card's.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from annotator.bundle import bundled
from annotator.errors import AnnotatorError, FormatError, PredictorError

Name = Annotated[str, msgspec.Meta(min_length=1)]
FileName = Annotated[str, msgspec.Meta(pattern=r"^[^/\\:]*[^/\\:.][^/\\:]*$")]
Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Size = Annotated[int, msgspec.Meta(ge=1)]


class ModelInput(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a picture becomes the input of a network: resized, padded, then (value * scale - mean) / std.

    Attributes:
        name: of the graph's input.
        size_wh: fixed width and height, or None where any multiple of `multiple_of` will do.
        longest_sides: lengths that the picture's longer side is resized to, one pass each.
        box_padding: side of the crop over the longer side of the subject's box.
    """

    name: Name
    layout: Literal["NCHW", "NHWC", "CHW"]
    dtype: Literal["float32", "float16", "uint8", "int32"]
    color: Literal["rgb", "bgr", "gray"]
    resize: Literal[
        "letterbox_center",
        "letterbox_topleft",
        "stretch",
        "affine_crop",
        "affine_crop_udp",
        "roi_rotated",
        "pad_right_bottom",
        "none",
    ]
    size_wh: tuple[Size, Size] | None = None
    multiple_of: Size = 1
    longest_sides: tuple[Size, ...] = ()
    box_padding: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    pad_value: int = 0
    scale: float = 1.0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


class ModelFile(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One network of a predictor.

    Attributes:
        role: what the predictor uses it for, "pose" where there is only one.
        file: a plain name, in the card's folder.
        sha256: of the file.
        outputs: names of the graph's outputs, in the order that the predictor asks for them.
    """

    role: Name
    file: FileName
    sha256: Digest
    input: ModelInput
    outputs: tuple[Name, ...]


class ModelKeypoints(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the model locates, in the order of its output.

    Attributes:
        skeleton: id of the shipped template with these keypoints, or "".
    """

    names: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    skeleton: str = ""


class Thresholds(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where the model's scores become decisions.

    Attributes:
        instance: a subject below it is not proposed.
        keypoint: a keypoint below it is of low confidence.
        nms_oks: of two poses more alike than this, the better one is kept.
    """

    instance: Share = 0.25
    keypoint: Share = 0.30
    nms_oks: Share = 0.5


class ModelCard(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A predictor's files, what they take and give, and on which terms they may be used.

    Attributes:
        card: version of this format.
        name: short and permanent; runs are recorded under it.
        title: what people read in menus and messages.
        family: name of the predictor that runs it.
        licence: SPDX id or text.
        changes: what was done to the files since their source.
        inferred: fields that were guessed and not read.
    """

    card: Literal[1]
    name: Name
    title: Name
    family: Name
    files: Annotated[tuple[ModelFile, ...], msgspec.Meta(min_length=1)]
    keypoints: ModelKeypoints
    licence: Name
    thresholds: Thresholds = msgspec.field(default_factory=Thresholds)
    licence_note: str = ""
    source: str = ""
    changes: str = ""
    inferred: tuple[str, ...] = ()

    def file(self, role: str) -> ModelFile:
        """Return the network with this role.

        Raises:
            PredictorError: the card names none.
        """
        for file in self.files:
            if file.role == role:
                return file
        raise PredictorError(f"the card of {self.title} names no file with the role {role!r}: add it")

    @property
    def hash(self) -> str:
        """SHA-256 that stands for all files together; that of the file where there is one."""
        if len(self.files) == 1:
            return self.files[0].sha256
        return hashlib.sha256("\n".join(file.sha256 for file in self.files).encode()).hexdigest()


def read_card(path: Path) -> ModelCard:
    """Read a model card.

    Raises:
        FormatError: unreadable, not JSON, or a field that is missing, unknown or out of range.
    """
    try:
        card = msgspec.json.decode(path.read_bytes(), type=ModelCard)
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"{path} is not a model card: {error}") from error
    for kind, names in (("keypoint", card.keypoints.names), ("role", tuple(file.role for file in card.files))):
        for name in names:
            if names.count(name) > 1:
                raise FormatError(f"{path} names the {kind} {name!r} twice: rename one of them")
    return card


def read_model(folder: Path, file: ModelFile) -> bytes:
    """Return the content of a model file that is exactly the one its card describes.

    Raises:
        PredictorError: missing, unreadable or changed.
    """
    path = folder / file.file
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise PredictorError(f"the model file {path} is missing: put it beside its card, or reinstall") from error
    except OSError as error:
        raise PredictorError(f"the model file {path} cannot be read: {error.strerror or error}") from error
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise PredictorError(
            f"the model file {path} is not the one its card describes (its SHA-256 differs): "
            "put the original back, or write a new card for it"
        )
    return content


def bundled_card_path(name: str) -> Path:
    """Return the card of a shipped model.

    Raises:
        AnnotatorError: there is none; the sentence lists the known names.
    """
    folder = bundled("resources", "models")
    known = sorted(path.stem for path in folder.glob("*.json"))
    if name not in known:
        raise AnnotatorError(f"there is no model {name!r}; known: {', '.join(known) or 'none'}")
    return folder / f"{name}.json"
