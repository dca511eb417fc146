"""Pictures with poses drawn on them: overlays, contact sheets, and the sheet of skeleton templates."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from annotator.bundle import bundled
from annotator.cli.strokes import SIDE_RGB, Shape, capsule, disc, figure_shapes, paint, rgb
from annotator.model.figure import Figure, instance_figure, open_proposal, prediction_figure
from annotator.model.instance import Instance, Prediction
from annotator.model.sides import SIDE_CODES
from annotator.model.skeleton import Skeleton
from annotator.model.sketch import sketch
from annotator.model.templates import Template

if TYPE_CHECKING:
    from PIL import Image, ImageFont

_WINDOW, _PANEL, _LINE = "#15171B", "#1B1E23", "#2B3038"
_TEXT, _TEXT2 = "#E8EAED", "#A4ACB8"

_FULL_SIZE_EXTENT = 240.0
"""An instance of this many pixels is drawn as on the canvas; a smaller one with smaller markers."""
_PICTURE_EXTENT = 1100.0
"""Pictures larger than this get larger markers, since they are looked at reduced."""

_CARD = (336, 500)
_TILE_DOT, _TILE_LINE = 4.4, 3.2


def draw_pose(image: "Image.Image", figure: Figure, scale: float = 1.0) -> None:
    """Draw a figure onto an RGB picture, in place.

    Args:
        scale: of radii and widths; 1 is the canvas at 100 %. Markers shrink where neighbours are near.
    """
    paint(image, figure_shapes(figure, scale))


def overlay(
    picture: NDArray[np.uint8],
    instances: Sequence[Instance],
    predictions: Sequence[Prediction],
    skeletons: Mapping[str, Skeleton],
    threshold: float = 0.3,
) -> "Image.Image":
    """Return the picture with everything that was decided or is proposed drawn on it.

    Args:
        picture: (H, W, 3) uint8 RGB, upright.
        skeletons: by id.
        threshold: predicted scores below it are low confidence.
    """
    from PIL import Image

    image = Image.fromarray(picture)
    figures = [
        instance_figure(skeletons[instance.skeleton_id], instance.points[None], instance.visibility[None])
        for instance in instances
    ]
    by_id = {instance.id: instance for instance in instances}
    for prediction in predictions:
        linked = None if prediction.instance_id is None else by_id.get(prediction.instance_id)
        points, undecided = open_proposal(prediction, linked)
        figures.append(
            prediction_figure(
                skeletons[prediction.skeleton_id], points[None], prediction.scores[None], threshold, undecided[None]
            )
        )
    shapes: list[Shape] = []
    for figure in figures:
        shapes += figure_shapes(figure, _fitting_scale(figure, max(image.size)))
    paint(image, shapes)
    return image


def contact_sheet(images: Sequence["Image.Image"], captions: Sequence[str], columns: int = 4) -> "Image.Image":
    """Return all pictures as tiles of one picture, each with its caption beneath."""
    from PIL import Image, ImageDraw, ImageOps

    width, height, gap, foot = 360, 270, 16, 28
    columns = max(1, min(columns, len(images)))
    rows = -(-len(images) // columns)
    size = (gap + columns * (width + gap), gap + rows * (height + foot + gap))
    sheet = Image.new("RGB", size, _WINDOW)
    draw, font = ImageDraw.Draw(sheet), _font(14, "Regular")
    for number, (image, caption) in enumerate(zip(images, captions, strict=True)):
        row, column = divmod(number, columns)
        left, top = gap + column * (width + gap), gap + row * (height + foot + gap)
        tile = ImageOps.pad(image.convert("RGB"), (width, height), Image.Resampling.LANCZOS, color=_PANEL)
        sheet.paste(tile, (left, top))
        draw.text((left, top + height + 6), _elided(caption, font, width), fill=_TEXT2, font=font)
    return sheet


def template_sheet(templates: Sequence[Template], columns: int = 4) -> "Image.Image":
    """Return one picture with the figure, title and subtitle of every template."""
    from PIL import Image, ImageDraw

    (width, height), gap = _CARD, 20
    columns = max(1, min(columns, len(templates)))
    rows = -(-len(templates) // columns)
    sheet = Image.new("RGB", (gap + columns * (width + gap), gap + rows * (height + gap)), _WINDOW)
    draw = ImageDraw.Draw(sheet)
    title_font, subtitle_font = _font(24, "SemiBold"), _font(22, "Regular")
    shapes: list[Shape] = []
    for number, template in enumerate(templates):
        row, column = divmod(number, columns)
        left, top = gap + column * (width + gap), gap + row * (height + gap)
        draw.rounded_rectangle((left, top, left + width, top + height), 16, fill=_PANEL, outline=_LINE, width=2)
        draw.text((left + 22, top + height - 82), template.title, fill=_TEXT, font=title_font)
        draw.text((left + 22, top + height - 46), template.subtitle, fill=_TEXT2, font=subtitle_font)
        shapes += _tile_shapes(template.skeleton, (left + 32, top + 34, width - 64, height - 142))
    paint(sheet, shapes)
    return sheet


def _tile_shapes(skeleton: Skeleton, area: tuple[float, float, float, float]) -> list[Shape]:
    """Return the layout as the Welcome page's tiles show it, in an (x, y, width, height) area."""
    x, y, width, height = area
    drawing = sketch(skeleton, width, height, _TILE_DOT, _TILE_LINE)
    lines = [
        Shape(
            capsule(np.array([x + line.x1, y + line.y1]), np.array([x + line.x2, y + line.y2]), line.width / 2),
            SIDE_RGB[SIDE_CODES[line.side]],
        )
        for line in drawing.lines
    ]
    dots = []
    for dot in drawing.dots:
        centre = np.array([x + dot.x, y + dot.y])
        dots.append(Shape(disc(centre, dot.radius * 1.35), rgb(_PANEL)))
        dots.append(Shape(disc(centre, dot.radius), SIDE_RGB[SIDE_CODES[dot.side]]))
    return lines + dots


def _fitting_scale(figure: Figure, picture_extent: int) -> float:
    """Return the scale at which markers suit the size of the instance and of the picture."""
    if not len(figure.marker_xy):
        return 1.0
    extent = float(np.ptp(figure.marker_xy, axis=0).max())
    picture = max(picture_extent / _PICTURE_EXTENT, 1.0)
    return picture * min(max(extent / (_FULL_SIZE_EXTENT * picture), 0.35), 1.0)


def _font(size: int, weight: Literal["Regular", "SemiBold"]) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    """Return the shipped typeface, or Pillow's own where it is missing."""
    from PIL import ImageFont

    try:
        return ImageFont.truetype(bundled("resources", "fonts", f"Inter-{weight}.ttf"), size)
    except OSError:
        return ImageFont.load_default(size)


def _elided(text: str, font: "ImageFont.FreeTypeFont | ImageFont.ImageFont", width: int) -> str:
    """Return the text, or its two ends, so that it fits into a width in pixels."""
    kept = len(text)
    shown = text
    while font.getlength(shown) > width and kept > 2:
        kept -= 1
        shown = f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"
    return shown
