"""Random work on a project: undo all is how it began, redo all is how it ended, also after reopening."""

import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from store_values import batch, dump, dump_of_file, frames, pose, prediction, with_keypoint

from annotator.model.frame import Frame, FrameKey, FrameState
from annotator.model.ids import new_id
from annotator.model.instance import Instance, Visibility
from annotator.model.skeleton import Skeleton, skeleton_from_names
from annotator.store import history
from annotator.store.bulk import BulkWriter
from annotator.store.change import PROJECT_KEY, ChangeKind
from annotator.store.integrity import check_project
from annotator.store.project import create_project, open_project
from annotator.store.transaction import Transaction

ROUNDS = int(os.environ.get("ANNOTATOR_MACHINE_ROUNDS", "25"))
picks = st.integers(0, 10_000)


class ProjectMachine(RuleBasedStateMachine):
    """Works on one project; `undo_names` and `redo_names` are what the person expects to find."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.undo_names: list[str] = []
        self.redo_names: list[str] = []
        self.count = 0

    @initialize()
    def begin(self) -> None:
        skeleton = skeleton_from_names("bird", "Bird", ["beak", "left_wing", "right_wing"])
        self.project = create_project(Path(self.folder.name) / "p.annotator", [skeleton], member="ann")
        self.initial = dump(self.project)

    # What the rules choose from ------------------------------------------------------------------------------

    def keys(self) -> list[FrameKey]:
        waiting = dict(
            self.project._memory.frames.waiting
        )  # before the disk is read: what is saved meanwhile is in one of both
        keys = (set(self.project.frame_keys()) | set(waiting)) - {key for key, held in waiting.items() if held is None}
        return sorted(keys)

    def key(self, pick: int) -> FrameKey:
        keys = self.keys()
        return keys[pick % len(keys)]

    def skeleton(self, pick: int) -> Skeleton:
        skeletons = list(self.project.skeletons.values())
        return skeletons[pick % len(skeletons)]

    def instance(self, pick: int) -> tuple[FrameKey, Instance] | None:
        found = [(key, instance) for key in self.keys() for instance in self.project.content(key).instances]
        return found[pick % len(found)] if found else None

    def do(self, write: Callable[[Transaction], object]) -> None:
        self.count += 1
        name = f"Step {self.count}"
        changed: list[object] = []
        self.project.changed.connect(changed.append)
        with self.project.transaction(name) as transaction:
            write(transaction)
        self.project.changed.disconnect(changed.append)
        if changed:
            self.undo_names.append(name)
            self.redo_names.clear()

    def bulk(self, write: Callable[[BulkWriter], object], meanwhile: Callable[[], object] | None = None) -> None:
        """Write in bulk; `meanwhile` runs while the writer thread is busy with it."""
        self.count += 1
        name = f"Bulk {self.count}"
        entered, may_end = threading.Event(), threading.Event()
        written: list[bool] = []

        def fill(bulk: BulkWriter) -> None:
            entered.set()
            assert may_end.wait(10)
            write(bulk)
            written.append(bool(bulk._work) or not bulk.is_empty)

        thread = threading.Thread(target=lambda: self.project.bulk(name, fill))
        thread.start()
        assert entered.wait(10)
        place = len(self.undo_names)
        if meanwhile:
            meanwhile()
        may_end.set()
        thread.join()
        self.project.flush()
        if written == [True]:
            # The log has it below what was done meanwhile.
            self.undo_names.insert(place, name)
            self.redo_names.clear()

    # Rules ---------------------------------------------------------------------------------------------------

    @rule(count=st.integers(1, 4))
    def add_frames(self, count: int) -> None:
        added = frames(count, root=f"r{self.count}")
        self.do(lambda t: t.add_frames(added))

    @rule(pick=picks)
    def add_removed_again(self, pick: int) -> None:
        self.project.flush()
        live = {(f.root, f.path) for f in self.project.frames()}
        known = self.project.reader.rows(
            "SELECT r.name, m.path FROM media m JOIN root r ON r.id = m.root ORDER BY m.id"
        )
        gone = [picture for picture in known if tuple(picture) not in live]
        if gone:
            root, path = gone[pick % len(gone)]
            self.do(lambda t: t.add_frames([Frame(new_id(), root, path, note="again")]))

    @precondition(lambda self: self.keys())
    @rule(pick=picks)
    def place(self, pick: int) -> None:
        key, skeleton = self.key(pick), self.skeleton(pick)
        self.do(lambda t: t.add(key, pose(skeleton, pick)))

    @rule(pick=picks, state=st.sampled_from(Visibility), k=st.integers(0, 2))
    def move(self, pick: int, state: Visibility, k: int) -> None:
        if found := self.instance(pick):
            key, instance = found
            self.do(lambda t: t.replace(key, instance.with_point(k, (pick / 7, 3.0), state)))

    @rule(pick=picks)
    def remove(self, pick: int) -> None:
        if found := self.instance(pick):
            key, instance = found
            self.do(lambda t: t.remove(key, instance.id))

    @precondition(lambda self: self.keys())
    @rule(pick=picks, state=st.sampled_from(FrameState), split=st.sampled_from(["", "train", "val"]))
    def edit_frame(self, pick: int, state: FrameState, split: str) -> None:
        frame = self.project.content(self.key(pick)).frame
        self.do(lambda t: t.set_frame(replace(frame, state=state, split=split, tags=(split,) if split else ())))

    @precondition(lambda self: self.keys())
    @rule(pick=picks)
    def read_size(self, pick: int) -> None:
        frame = self.project.content(self.key(pick)).frame
        with self.project.transaction("Read picture sizes", undoable=False) as transaction:
            transaction.set_frame(replace(frame, width=100 + pick, height=50))

    @precondition(lambda self: self.keys())
    @rule(pick=picks)
    def predict(self, pick: int) -> None:
        key, skeleton = self.key(pick), self.skeleton(pick)
        self.do(lambda t: t.add_prediction(key, prediction(skeleton, pick)))

    @precondition(lambda self: self.keys())
    @rule(pick=picks, keep=st.booleans())
    def accept(self, pick: int, keep: bool) -> None:
        key = self.key(pick)
        found = self.project.content(key).predictions
        if not found:
            return
        proposed = found[pick % len(found)]
        accepted = pose(self.project.skeletons[proposed.skeleton_id], pick)

        def write(t: Transaction) -> None:
            t.add(key, accepted)
            if keep:
                t.replace_prediction(key, replace(proposed, instance_id=accepted.id))
            else:
                t.remove_prediction(key, proposed.id)

        self.do(write)

    @rule(pick=picks)
    def add_keypoint(self, pick: int) -> None:
        skeleton = self.skeleton(pick)
        self.do(lambda t: t.put_skeleton(with_keypoint(skeleton, f"k{self.count}")))

    @rule(pick=picks)
    def rename_skeleton(self, pick: int) -> None:
        skeleton = self.skeleton(pick)
        self.do(lambda t: t.put_skeleton(skeleton.renamed(f"Name {pick}")))

    @precondition(lambda self: self.keys())
    @rule(pick=picks)
    def new_skeleton_with_instance(self, pick: int) -> None:
        key, skeleton = self.key(pick), skeleton_from_names(f"s{self.count}", "New", ["a", "b", "c"])

        def write(t: Transaction) -> None:
            t.set_frame(replace(t.content(key).frame, note=f"n{pick}"))
            t.put_skeleton(skeleton)
            t.add(key, pose(skeleton, pick))

        self.do(write)

    @rule(low=st.booleans())
    def set_rule(self, low: bool) -> None:
        self.do(lambda t: t.set_settings(replace(self.project.settings, low_means_occluded=low)))

    @rule(pick=picks, count=st.integers(1, 3), new_skeleton=st.booleans())
    def import_labels(self, pick: int, count: int, new_skeleton: bool) -> None:
        added = frames(count, root=f"b{self.count}")
        skeleton = skeleton_from_names(f"i{self.count}", "I", ["x", "y", "z"]) if new_skeleton else self.skeleton(pick)
        old = self.keys()[:2]

        def write(bulk: BulkWriter) -> None:
            bulk.put_skeleton(skeleton)
            bulk.add_frames(added)
            bulk.add_instances(batch(skeleton, [*(frame.key for frame in added), *old], pick))

        self.bulk(write)

    @precondition(lambda self: self.keys())
    @rule(pick=picks)
    def prelabel_while_placing(self, pick: int) -> None:
        keys, skeleton = self.keys()[:3], self.skeleton(pick)

        def write(bulk: BulkWriter) -> None:
            for key in keys:
                bulk.add_predictions(key, [prediction(skeleton, pick), prediction(skeleton, pick + 1)])

        self.bulk(write, lambda: self.do(lambda t: t.add(keys[0], pose(skeleton, pick))))

    @rule(pick=picks)
    def import_while_undoing(self, pick: int) -> None:
        added = frames(1 + pick % 2, root=f"u{self.count}")
        self.project.flush()
        if not self.undo_names or self.project.undo_is_bulk or self.project.undo_name == "":
            return

        def write(bulk: BulkWriter) -> None:
            bulk.add_frames(added)

        def meanwhile() -> None:
            stack = self.project._steps._done
            if stack and PROJECT_KEY not in stack[-1].entries:  # those wait for the disk
                assert self.project.undo() is not None
                undone.append(self.undo_names.pop())

        undone: list[str] = []
        self.bulk(write, meanwhile)
        if undone:
            self.redo_names[:] = undone  # the undo stands above the bulk change in the log

    @precondition(lambda self: self.keys())
    @rule(pick=picks, what=st.sampled_from(["instances", "predictions", "frames"]))
    def remove_many(self, pick: int, what: str) -> None:
        keys = self.keys()[: 1 + pick % 3]
        contents = [self.project.content(key) for key in keys]

        def write(bulk: BulkWriter) -> None:
            if what == "frames":
                bulk.remove_frames(keys)
            for content in contents:
                if what == "instances":
                    bulk.remove_instances([(content.frame.key, instance.id) for instance in content.instances])
                elif what == "predictions":
                    bulk.remove_predictions(content.frame.key, [p.id for p in content.predictions])

        self.project.flush()
        self.bulk(write)

    @rule()
    def undo(self) -> None:
        done = self.project.undo()
        assert (done.name if done else None) == (self.undo_names[-1] if self.undo_names else None)
        if done:
            self.redo_names.append(self.undo_names.pop())

    @rule()
    def redo(self) -> None:
        done = self.project.redo()
        assert (done.name if done else None) == (self.redo_names[-1] if self.redo_names else None)
        if done:
            self.undo_names.append(self.redo_names.pop())

    @rule()
    def reopen(self) -> None:
        before = dump(self.project)
        self.project.close()
        self.project = open_project(self.project.path, member="ann")
        assert dump(self.project) == before

    @rule()
    def flush(self) -> None:
        self.project.flush()

    # What must always hold -----------------------------------------------------------------------------------

    @invariant()
    def menus_say_what_comes_next(self) -> None:
        if not hasattr(self, "project"):
            return
        for names, shown in ((self.undo_names, self.project.undo_name), (self.redo_names, self.project.redo_name)):
            assert shown == (names[-1] if names else "")

    @invariant()
    def stacks_equal_the_log(self) -> None:
        if not hasattr(self, "project") or not self.project._writer.is_idle:
            return
        for kind, names in ((ChangeKind.UNDO, self.undo_names), (ChangeKind.REDO, self.redo_names)):
            logged = history.next_change(self.project.reader, "ann", kind)
            assert (logged.name if logged else "") == (names[-1] if names else "")

    def teardown(self) -> None:
        try:
            if hasattr(self, "project"):
                self.check_whole_history()
        finally:
            if hasattr(self, "project"):
                self.project.close(lose_unsaved=True)
            self.folder.cleanup()

    def check_whole_history(self) -> None:
        final, steps = dump(self.project), len(self.undo_names)
        self.project.close()
        final_file = dump_of_file(self.project.path)
        assert check_project(self.project.path) == []

        self.project = open_project(self.project.path, member="ann")
        while self.project.undo():
            pass
        assert dump(self.project) == self.initial
        self.project.close()
        self.project = open_project(self.project.path, member="ann")
        for _ in range(steps):
            assert self.project.redo()
        assert dump(self.project) == final
        self.project.close()
        assert dump_of_file(self.project.path) == final_file
        assert check_project(self.project.path) == []


@pytest.mark.usefixtures("user_folders")
class TestProjectMachine(ProjectMachine.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(
        max_examples=ROUNDS, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
