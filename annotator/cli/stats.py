"""`annotator stats`: how much a project holds, counted by the database and over columns."""

from typing import TYPE_CHECKING, Any

from annotator.cli.arguments import OK, JsonOption, ProjectArgument, open_for_reading
from annotator.cli.output import Output, counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annotator.store.project import Project

STATES = ("unlabeled", "occluded", "visible", "absent")
"""In the order of `Visibility`."""


def stats(project: ProjectArgument, as_json: JsonOption = False) -> int:
    """Count frames, instances, keypoints, members and changes."""
    output = Output(as_json)
    with open_for_reading(project) as opened:
        facts = project_facts(opened)
    output.say(f"{facts['name']}: {counted(facts['frames'], 'frame')}, {counted(facts['instances'], 'instance')}")
    output.say()
    output.table(("frames", ""), list(facts["frames_by_state"].items()))
    for skeleton in facts["skeletons"]:
        output.say()
        output.say(f"{skeleton['name']} ({skeleton['id']}): {counted(skeleton['instances'], 'instance')}")
        rows = [(keypoint["name"], *(keypoint[state] for state in STATES)) for keypoint in skeleton["keypoints"]]
        output.table(("keypoint", *STATES), rows)
    output.say()
    output.table(("instances decided by", ""), list(facts["instances_by_source"].items()))
    output.say()
    output.table(("member", "changes"), [(each["name"], each["changes"]) for each in facts["members"]])
    output.say()
    output.say(
        f"{counted(facts['predictions'], 'prediction')} to decide, {counted(facts['changes'], 'change')} in the "
        f"history, {facts['bytes'] / 1e6:.1f} MB on disk"
    )
    output.result(facts)
    return OK


def project_facts(project: "Project") -> dict[str, Any]:
    """Return all counts of a project."""
    counts, rows = project.counts(), project.reader.rows
    states = visibility_counts(project)
    return {
        "name": project.name,
        "project": str(project.path.absolute()),
        "frames": counts.frames,
        "frames_by_state": dict(
            rows("SELECT state, count(*) FROM frame WHERE deleted = 0 GROUP BY state ORDER BY count(*) DESC")
        ),
        "instances": counts.instances,
        "instances_by_source": dict(
            rows(
                "SELECT i.source, count(*) FROM instance i JOIN frame f ON f.id = i.frame "
                "WHERE i.deleted = 0 AND f.deleted = 0 GROUP BY i.source ORDER BY count(*) DESC"
            )
        ),
        "predictions": counts.predictions,
        "skeletons": [
            {
                "id": skeleton.id,
                "name": skeleton.name,
                "instances": int(states[skeleton.id][0].sum()),
                "keypoints": [
                    {"name": name, **dict(zip(STATES, row, strict=True))}
                    for name, row in zip(skeleton.names, states[skeleton.id].tolist(), strict=True)
                ],
            }
            for skeleton in project.skeletons.values()
        ],
        "members": [
            {"name": name, "changes": changes}
            for name, changes in rows(
                "SELECT m.name, count(c.id) FROM member m LEFT JOIN change c ON c.member = m.id "
                "WHERE m.name <> '' GROUP BY m.id ORDER BY m.id"
            )
        ],
        "changes": rows("SELECT count(*) FROM change")[0][0],
        "bytes": project.path.stat().st_size,
    }


def visibility_counts(project: "Project") -> "dict[str, NDArray[Any]]":
    """Return, by skeleton id, how many instances have each keypoint in each state: (K, 4) int."""
    import numpy as np

    counts = {id_: np.zeros((len(skeleton), len(STATES)), int) for id_, skeleton in project.skeletons.items()}
    for batch in project.batches():
        for state in range(len(STATES)):
            counts[batch.skeleton_id][:, state] += (batch.visibility == state).sum(axis=0)
    return counts
