"""What a person does to a pose as a whole: swap its sides, mirror, turn, scale, copy, fit its box."""

from dataclasses import replace

import numpy as np

from annotator.errors import CommandError
from annotator.model.geometry import mirror, swap_sides, turned_about
from annotator.model.ids import new_id
from annotator.model.instance import Instance
from annotator.session.editing import write_instance
from annotator.session.session import Session


def aimed_pose(session: Session) -> tuple[Instance, list[int] | None, str]:
    """Return the selected instance, its selected keypoints (None for all), and what to call them.

    Raises:
        CommandError: no instance is selected.
    """
    instance = session.selected_instance
    if instance is None:
        raise CommandError("select an instance first")
    ks = sorted(session.selected.keypoints)
    if not ks:
        return instance, None, f"instance {session.number_of(instance.id)}"
    names = session.skeletons[instance.skeleton_id].names
    return instance, ks, names[ks[0]] if len(ks) == 1 else f"{len(ks)} keypoints"


def swap(session: Session) -> None:
    """Exchange the names left and right of the selected keypoints, else of the whole instance."""
    instance, ks, what = aimed_pose(session)
    skeleton = session.skeletons[instance.skeleton_id]
    if not any(ks is None or a in ks or b in ks for a, b in skeleton.pairs):
        raise CommandError(f"{what} has no left and right to swap")
    write_instance(session, f"Swap left and right of {what}", swap_sides(instance, skeleton, ks), is_new=False)


def mirror_pose(session: Session) -> None:
    """Mirror the selected keypoints, else the whole instance, across the middle of the instance."""
    instance, ks, what = aimed_pose(session)
    mirrored = mirror(instance, session.skeletons[instance.skeleton_id], ks)
    if mirrored is instance:
        raise CommandError(f"{what} has no points to mirror")
    write_instance(session, f"Mirror {what}", mirrored, is_new=False)


def turn(session: Session, instance: Instance, degrees: float) -> None:
    """Turn an instance about its middle, clockwise on the screen; a box set by hand stays upright where it is."""
    _write_turned(session, instance, "Turn", np.radians(degrees), 1.0)


def scale(session: Session, instance: Instance, factor: float) -> None:
    """Scale an instance about its middle, with its box."""
    _write_turned(session, instance, "Scale", 0.0, factor)


def _write_turned(session: Session, instance: Instance, verb: str, angle: float, factor: float) -> None:
    bounds = instance.bounds()
    if bounds is None:
        raise CommandError(f"instance {session.number_of(instance.id)} has no points yet: place some first")
    x, y, width, height = bounds
    centre = np.array([x + width / 2, y + height / 2])
    after = instance.with_points(turned_about(instance.points, centre, angle, factor))
    if after.box is not None and factor != 1.0:
        low = turned_about(np.array([after.box[:2]]), centre, 0.0, factor)[0].tolist()
        after = replace(after, box=(*low, after.box[2] * factor, after.box[3] * factor))
    write_instance(session, f"{verb} instance {session.number_of(instance.id)}", after, is_new=False)


def copy_pose(session: Session) -> None:
    """Remember the selected instance's pose."""
    instance = session.selected_instance
    if instance is None:
        raise CommandError("select an instance to copy its pose")
    session.clipboard = instance
    session.say("Pose copied", "V pastes it here, or in another frame.")


def paste_pose(session: Session) -> None:
    """Put the copied pose onto the selected instance of the same skeleton, or make a new one."""
    copied = session.clipboard
    if copied is None:
        raise CommandError("copy a pose first, with C")
    target = session.selected_instance
    if target is not None and target.skeleton_id == copied.skeleton_id and target.id != copied.id:
        pasted = replace(target, points=copied.points, visibility=copied.visibility)
        write_instance(session, "Paste pose", pasted, is_new=False)
        return
    # Only the pose: the rest says of the copied one where it came from, such as its number in an imported file.
    pasted = Instance(new_id(), copied.skeleton_id, copied.points, copied.visibility)
    write_instance(session, "Paste pose", pasted, is_new=True)


def toggle_auto_box(session: Session) -> None:
    """Let the box follow the points, or fix it where it is."""
    instance = session.selected_instance
    if instance is None:
        raise CommandError("select an instance first")
    if instance.box_by_hand:
        write_instance(session, "Fit box to points", instance.with_box(None, by_hand=False), is_new=False)
    else:
        write_instance(session, "Keep box", instance.with_box(instance.shown_box(), by_hand=True), is_new=False)
