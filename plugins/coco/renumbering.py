"""Tell which ids of an import a COCO export could not keep: the exact mapping, for the report."""

from annotator.plugin import ExportOptions, Project, Renumbered, exported_frames, exported_pages

from .records import AnnotationIds
from .texts import kept
from .writer import picture_ids


def renumbered(project: Project, options: ExportOptions) -> list[Renumbered]:
    """Return the pictures, then the annotations, whose imported id is another one in the files."""
    frames = exported_frames(project, options)
    imported = kept(frames.extras).ids
    found = [
        Renumbered("image", name, int(before), after)
        for name, before, after in zip(frames.names, imported, picture_ids(frames.numbers, imported), strict=True)
        if before.lstrip(b"-").isdigit() and int(before) != after
    ]
    ids = AnnotationIds(project)
    if ids.keeps:
        return found
    names = dict(zip(frames.keys, frames.names, strict=True))
    for page in exported_pages(project, options, details=False):
        for batch in page:
            before_after = zip(batch.frames.tolist(), kept(batch.extras).ids, ids.own(batch.ids), strict=True)
            found += [
                Renumbered("annotation", names[frame], int(before), after)
                for frame, before, after in before_after
                if before.lstrip(b"-").isdigit() and int(before) != after
            ]
    return found
