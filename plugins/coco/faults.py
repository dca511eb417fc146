"""Word what is wrong with a list of numbers that could not be read with the others."""

import math

import msgspec

from annotator.plugin import Skeleton

from .strict import shown

_AXES = ("x", "y", "v")
_SIDES = ("x", "y", "width", "height")
_items = msgspec.json.Decoder(list[msgspec.Raw])


def fault_of(raw: msgspec.Raw, field: str, width: int, skeleton: Skeleton) -> str:
    """Return why `raw` is not a list of `width` finite numbers, with the remedy; "" when it is one.

    Args:
        field: "keypoints", of `skeleton`, or "bbox".
    """
    try:
        items = _items.decode(raw)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        return f"{field!r} is {shown(bytes(raw))}: it must be a list of {width} numbers"
    if len(items) != width:
        each = f", three for each of the {len(skeleton)} keypoints" if field == "keypoints" else ""
        return f"{field!r} has {len(items)} numbers: expected {width}{each}"
    for n, item in enumerate(items):
        try:
            value = msgspec.json.decode(item, type=float)
        except (msgspec.DecodeError, msgspec.ValidationError):
            value = math.nan
        if not math.isfinite(value):
            where = (
                f"{skeleton.names[n // 3]} has {_AXES[n % 3]}" if field == "keypoints" else f"{field!r} has {_SIDES[n]}"
            )
            return f"{where} = {shown(bytes(item))}: it must be a finite number"
    return ""
