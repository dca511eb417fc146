"""Object keypoint similarity and percentage of correct keypoints."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def oks(
    truth: ArrayLike,
    truth_visibility: ArrayLike,
    guess: ArrayLike,
    sigmas: ArrayLike,
    area: float,
) -> float:
    """Return the object keypoint similarity of two poses, 0..1; NaN without a labeled keypoint.

    Source: COCO keypoint evaluation; mean of exp(-d^2 / (2 (2 sigma)^2 area)) over the keypoints with v > 0.

    Args:
        truth: (K, 2) image pixels.
        truth_visibility: (K,) of COCO's v, or `Visibility`; 0 and ABSENT do not count.
        guess: (K, 2) image pixels; NaN counts as infinitely far.
        sigmas: (K,) of the skeleton.
        area: of the subject's segment, in square pixels.
    """
    visibility = np.asarray(truth_visibility)
    labeled = (visibility == 1) | (visibility == 2)
    if not labeled.any():
        return float("nan")
    similarity = keypoint_similarity(truth, guess, sigmas, area)
    return float(similarity[labeled].mean())


def keypoint_similarity(truth: ArrayLike, guess: ArrayLike, sigmas: ArrayLike, area: ArrayLike) -> NDArray[np.float64]:
    """Return (..., K) similarities of (..., K, 2) poses; 0 where either is NaN."""
    difference = np.asarray(truth, float) - np.asarray(guess, float)
    squared = (difference**2).sum(axis=-1)
    variance = (2 * np.asarray(sigmas, float)) ** 2
    scale = np.asarray(area, float)[..., None] if np.ndim(area) else float(np.asarray(area))
    exponent = squared / (2 * variance * (scale + np.spacing(1)))
    similarity: NDArray[np.float64] = np.nan_to_num(np.exp(-exponent), nan=0.0)
    return similarity


def pck(truth: ArrayLike, truth_visibility: ArrayLike, guess: ArrayLike, reference: float, share: float = 0.2) -> float:
    """Return the share of labeled keypoints within `share` x `reference` pixels; NaN without one.

    Source: Yang and Ramanan, PCK; with the head size as `reference` and 0.5 it is PCKh (MPII).
    """
    visibility = np.asarray(truth_visibility)
    labeled = (visibility == 1) | (visibility == 2)
    if not labeled.any():
        return float("nan")
    distance = np.linalg.norm(np.asarray(truth, float) - np.asarray(guess, float), axis=-1)
    return float((distance[labeled] <= share * reference).mean())
