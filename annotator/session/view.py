"""The view: which part of the picture the canvas shows, as plain numbers.

Screen coordinates are logical pixels of the canvas, origin at its top-left corner.
"""

from dataclasses import dataclass, replace

MIN_SCALE, MAX_SCALE = 0.01, 64.0


@dataclass(frozen=True, slots=True)
class View:
    """A zoom and a position: screen = image * scale + offset.

    Attributes:
        scale: screen pixels per image pixel.
        x, y: where the picture's top-left corner is on the screen.
    """

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def to_screen(self, xy: tuple[float, float]) -> tuple[float, float]:
        return xy[0] * self.scale + self.x, xy[1] * self.scale + self.y

    def to_image(self, xy: tuple[float, float]) -> tuple[float, float]:
        return (xy[0] - self.x) / self.scale, (xy[1] - self.y) / self.scale

    def panned(self, dx: float, dy: float) -> "View":
        """Return the view moved by screen pixels."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def zoomed(self, factor: float, at: tuple[float, float]) -> "View":
        """Return the view zoomed so that the image point under the screen point `at` stays there."""
        scale = min(max(self.scale * factor, MIN_SCALE), MAX_SCALE)
        ratio = scale / self.scale
        return View(scale, at[0] - (at[0] - self.x) * ratio, at[1] - (at[1] - self.y) * ratio)


def fit(
    box: tuple[float, float, float, float],
    screen: tuple[float, float],
    margin: float = 0.02,
    limit: float = MAX_SCALE,
) -> View:
    """Return the view that shows an image box (x, y, width, height) whole and centred.

    Args:
        screen: (width, height) of the canvas.
        margin: share of the canvas left free on each side.
        limit: largest scale to use.
    """
    x, y, width, height = box
    free = 1 - 2 * margin
    scale = min(screen[0] * free / max(width, 1e-6), screen[1] * free / max(height, 1e-6), limit)
    scale = min(max(scale, MIN_SCALE), MAX_SCALE)
    return View(scale, screen[0] / 2 - (x + width / 2) * scale, screen[1] / 2 - (y + height / 2) * scale)
