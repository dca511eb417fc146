"""Saving a whole copy of an open project under another name."""

from contextlib import closing
from pathlib import Path

from annotator.errors import StoreError
from annotator.jobs import Job
from annotator.store.copying import copy_database
from annotator.store.location import refuse_open
from annotator.store.project import Project
from annotator.store.roots import hint_for
from annotator.store.sqlite import Connection


def save_a_copy(project: Project, target: Path, job: Job | None = None) -> None:
    """Write the whole project, history too, to another file, which takes the place of one that is there.

    Raises:
        StoreError: the target is open, cannot be written, or the project's file is damaged.
        NotSavedError: changes wait that cannot be saved.
        JobCancelled: nothing was changed.
    """
    target = target.absolute()
    if target.resolve() == project.path.resolve():
        raise StoreError(f"{target.name} is the project itself: choose another name")
    refuse_open(target)
    project.flush()
    with closing(project.connect()) as source:
        roots = [row[0] for row in source.execute("SELECT name FROM root")]
        hints = {
            root: hint_for(folder, target.parent)
            for root in roots
            if (folder := project.roots.folder(root)) is not None
        }

        def set_hints(copy: Connection) -> None:
            copy.executemany("UPDATE root SET hint = ? WHERE name = ?", [(hint, root) for root, hint in hints.items()])

        copy_database(source, target, project.path, job or Job(), set_hints)
