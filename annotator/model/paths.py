"""Paths of pictures as files and projects name them: relative to a folder, with "/"."""

import re

_LEADS_OUT = re.compile(r"[/\\]|[A-Za-z]:|.*://|(?:.*[/\\])?\.\.(?:[/\\]|$)|.*\0", re.DOTALL)


def leads_out(path: str) -> bool:
    """Return whether a path would leave its folder on any system: absolute, with a drive, an address, or a ".."."""
    return _LEADS_OUT.match(path) is not None
