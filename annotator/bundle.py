"""Locate the files that ship beside the code: plugins/, resources/, schemas/.

A wheel carries them inside the package, as `annotator/_bundle/`. A checkout, installed with
`pip install -e .` or not at all, has them at its root.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOT = _PACKAGE / "_bundle" if (_PACKAGE / "_bundle").is_dir() else _PACKAGE.parent


def bundled(*parts: str) -> Path:
    """Return the path of a shipped file or folder.

    Raises:
        FileNotFoundError: the installation lacks it.
    """
    path = _ROOT.joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"{'/'.join(parts)} is missing from this installation ({_ROOT})")
    return path
