"""Plugins of others, as files: in a user's plugin folder, and as an installed package."""

from pathlib import Path

GOOD = '''
"""Exports nothing. Twice."""

from annotator.plugin import exporter

__version__ = "1.2"


@exporter("{name}", title="Nothing", loses="everything")
def write(project, options, job):
    return []
'''


def put(folder: Path, name: str, source: str = "") -> Path:
    """Write a plugin of one file; by default one that registers an exporter under its own name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(source or GOOD.format(name=name))
    return path


def install(site: Path, modules: dict[str, str], distribution: str = "labeltools", version: str = "3.1") -> Path:
    """Lay out what pip would: modules, and the metadata that name each of them as an entry point."""
    for name, source in modules.items():
        put(site, name, source)
    metadata = site / f"{distribution}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    points = "".join(f"{name} = {name}\n" for name in modules)
    (metadata / "entry_points.txt").write_text(f"[annotator.plugins]\n{points}")
    return metadata
