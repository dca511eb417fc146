"""Adding pictures to a project: folders become roots, files become frames; sizes are read afterwards."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from annotator.errors import AnnotatorError, CommandError, MediaError
from annotator.jobs import Job
from annotator.model.frame import Frame, FrameKey
from annotator.model.ids import new_ids
from annotator.store.media import PICTURE_SUFFIXES, list_pictures, probe
from annotator.store.project import Project

SIZE_BATCH = 200

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """Pictures of one folder.

    Attributes:
        folder: absolute.
        paths: relative to it, in the order to show them.
    """

    folder: Path
    paths: tuple[str, ...]


def find_pictures(sources: Iterable[Path]) -> list[Found]:
    """Find the pictures in folders and among files; files of one folder belong together.

    Raises:
        CommandError: there is no picture in any of them.
    """
    # A picture that is named twice, or beside its whole folder, comes in once.
    folders: dict[Path, dict[str, None]] = {}
    for source in sources:
        source = source.absolute()
        if source.is_dir():
            folders[source] = dict.fromkeys(list_pictures(source)) | folders.get(source, {})
        elif source.suffix.lower() in PICTURE_SUFFIXES:
            folders.setdefault(source.parent, {})[source.name] = None
    found = [Found(folder, tuple(paths)) for folder, paths in folders.items() if paths]
    if not found:
        raise CommandError("no picture was found there: choose JPEG, PNG, TIFF, WebP or BMP files, or their folder")
    return found


def add_pictures(project: Project, found: Sequence[Found]) -> list[FrameKey]:
    """Add pictures as new frames in one change and return their keys; those in the project already are passed over.

    The change shows at once; it is committed in the background.
    """
    frames: list[Frame] = []
    for one in found:
        root = root_of(project, one.folder)
        known = known_paths(project, root)
        fresh = [path for path in one.paths if path not in known]
        keys = new_ids(max(len(fresh), 1))
        frames += [Frame(key, root, path) for key, path in zip(keys, fresh, strict=False)]
    if not frames:
        return []
    name = f"Add {len(frames):,} pictures" if len(frames) > 1 else f"Add {frames[0].name}"
    with project.transaction(name) as transaction:
        transaction.add_frames(frames)
    return [frame.key for frame in frames]


def known_paths(project: Project, root: str) -> set[str]:
    """Return the paths of a root that the project shows. One that was removed can be added again, as a new frame."""
    return {
        path
        for (path,) in project.reader.rows(
            "SELECT m.path FROM media m JOIN frame f ON f.media = m.id AND f.deleted = 0 "
            "JOIN root r ON r.id = m.root WHERE r.name = ?",
            (root,),
        )
    }


def root_of(project: Project, folder: Path) -> str:
    """Return the name of the root for a folder, made when the project has none for it."""
    names = [str(row[0]) for row in project.reader.rows("SELECT name FROM root ORDER BY id")]
    for name in names:
        if project.roots.folder(name) == folder:
            return name
    name, n = folder.name or "pictures", 2
    while name in names:
        name, n = f"{folder.name} {n}", n + 1
    project.set_root_hint(name, folder)
    project.roots.set_folder(name, folder)
    return name


def read_sizes(project: Project, keys: Sequence[FrameKey], job: Job) -> list[str]:
    """Read the sizes of pictures that have none yet, in batches; nobody's change. Return what could not be read.

    Runs on the thread that writes to the project; `probe_sizes` is the part for a worker.
    """
    problems: list[str] = []
    for start in range(0, len(keys), SIZE_BATCH):
        job.check()
        frames = [project.content(key).frame for key in keys[start : start + SIZE_BATCH]]
        sized, bad = probe_sizes(project, [frame for frame in frames if not frame.width])
        problems += bad
        note_sizes(project, sized)
        job.report(min(start + SIZE_BATCH, len(keys)), len(keys), "Reading sizes")
    return problems


def probe_sizes(project: Project, frames: Sequence[Frame]) -> tuple[list[Frame], list[str]]:
    """Return the frames with the sizes their files have, and sentences about those that cannot be read."""
    sized, problems = [], []
    for frame in frames:
        path = project.path_of(frame)
        if path is None:
            problems.append(f"{frame.name}: its folder is not on this computer")
            continue
        try:
            facts = probe(path)
        except MediaError as error:
            problems.append(str(error))
            continue
        if facts.pages > 1:
            _log.warning("%s holds %d pictures: the first one is labeled; save the others as files", path, facts.pages)
        sized.append(replace(frame, width=facts.width, height=facts.height, orientation=facts.orientation))
    return sized, problems


def note_sizes(project: Project, frames: Sequence[Frame]) -> None:
    """Write sizes that were read; nobody's change, so nobody's undo takes it back."""
    if project.is_read_only or not frames:
        return
    with project.transaction("Read picture sizes", undoable=False) as transaction:
        for sized in frames:
            try:
                current = project.content(sized.key).frame
            except AnnotatorError:
                continue  # removed meanwhile
            transaction.set_frame(
                replace(current, width=sized.width, height=sized.height, orientation=sized.orientation)
            )
