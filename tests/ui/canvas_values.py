"""Small scenes and pictures for the canvas tests."""

import numpy as np
from PySide6.QtGui import QColor, QImage

from annotator.model.instance import Instance, Prediction, Visibility
from annotator.model.sides import Side
from annotator.model.skeleton import Keypoint, Skeleton
from annotator.ui.canvas.picture import DisplayPicture

ROD = Skeleton(
    "rod",
    "Rod",
    (
        Keypoint("l", "left_end", side=Side.LEFT, partner="r"),
        Keypoint("r", "right_end", side=Side.RIGHT, partner="l"),
        Keypoint("m", "middle"),
    ),
    (("l", "m"), ("m", "r")),
)
SKELETONS = {"rod": ROD}
GREY = QColor(90, 90, 90)
LEFT, RIGHT, CENTRE = QColor("#56B4E9"), QColor("#E69F00"), QColor("#009E73")


def plain(width=400, height=300, color=GREY):
    """A picture of one colour."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(color)
    return DisplayPicture(width, height, (image,))


def noise(width=400, height=300, seed=0):
    """A picture in which no two places look alike."""
    values = np.random.default_rng(seed).integers(0, 2**24, (height, width), np.uint32)
    image = QImage(values.data, width, height, width * 4, QImage.Format.Format_RGB32).copy()
    half = image.scaled(width // 2, height // 2)
    return DisplayPicture(width, height, (image, half))


def rod(id_, x=100.0, y=100.0, states=(Visibility.VISIBLE,) * 3, length=60.0, **fields):
    """Three keypoints on a level line: left end, right end, middle."""
    points = np.array([(x, y), (x + 2 * length, y), (x + length, y)])
    return Instance(id_, "rod", points, np.array(states, np.uint8), **fields)


def guess(id_, x=100.0, y=100.0, scores=(0.9, 0.9, 0.9), length=60.0, instance_id=None):
    points = np.array([(x, y), (x + 2 * length, y), (x + length, y)])
    box = (x - 10, y - 10, 2 * length + 20, 20.0)
    return Prediction(id_, "rod", points, np.array(scores), box, 0.9, 1, instance_id)


def pixel(image: QImage, x: float, y: float) -> QColor:
    return image.pixelColor(round(x), round(y))


def is_near(color: QColor, other: QColor, tolerance: int = 12) -> bool:
    pairs = zip(color.getRgb()[:3], other.getRgb()[:3], strict=True)
    return all(abs(a - b) <= tolerance for a, b in pairs)


def pixels(image: QImage) -> np.ndarray:
    """(H, W, 3) int of an image."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.width(), 4)
    return rows[:, :, :3].astype(int)
