"""Pictures as predictors see them: pixels are read when they are asked for, and no finer than they are needed."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from annotator.errors import MediaError
from annotator.store.media import Pixels, probe, read_reduced


class Picture:
    """A displayed (EXIF-upright) picture, of a file or of pixels at hand. It serves one thread.

    Args:
        source: a file, or (H, W, 3) uint8 RGB pixels, upright.

    Attributes:
        size: width and height.

    Raises:
        MediaError: the file is missing or no picture, or the pixels are not of that kind.
    """

    def __init__(self, source: Path | Pixels) -> None:
        self._last: tuple[Pixels, int] | None = None
        if isinstance(source, Path):
            facts = probe(source)
            self.size = (facts.width, facts.height)
            self._read: Callable[[float], tuple[Pixels, int]] = partial(read_reduced, source)
        else:
            if source.ndim != 3 or source.shape[2] != 3 or source.dtype != np.uint8 or 0 in source.shape:
                raise MediaError(f"models take (H, W, 3) uint8 pictures, this one is {source.shape} {source.dtype}")
            self.size = (source.shape[1], source.shape[0])
            self._read = lambda step: (source, 1)

    @property
    def pixels(self) -> Pixels:
        """(H, W, 3) uint8 RGB.

        Raises:
            MediaError: damaged, truncated or over 300 megapixels.
        """
        return self.reduced(1)[0]

    def reduced(self, step: float) -> tuple[Pixels, int]:
        """Return pixels for a look that needs no more than one in every `step` of a row, and their factor.

        Each stands for a square of `factor` pixels, at most `step`, of the picture; those at the right and at the
        lower edge for what is left there. What was read last is kept, and read anew only where it is too coarse.

        Raises:
            MediaError: damaged, truncated or over 300 megapixels.
        """
        if self._last is None or self._last[1] > max(step, 1):
            self._last = self._read(step)
        return self._last
