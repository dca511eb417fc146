"""Counts are those of the rows."""


def test_frames_instances_and_states_are_counted(run, birds):
    facts = run("stats", birds, "--json").json

    assert facts["frames"] == 3
    assert sum(facts["frames_by_state"].values()) == 3
    assert facts["instances"] == 2
    assert facts["instances_by_source"] == {"person": 2}
    assert facts["predictions"] == 0
    (bird,) = facts["skeletons"]
    assert bird["instances"] == 2
    assert bird["keypoints"] == [
        {"name": "beak", "unlabeled": 0, "occluded": 0, "visible": 2, "absent": 0},
        {"name": "left_wing", "unlabeled": 0, "occluded": 1, "visible": 1, "absent": 0},
        {"name": "right_wing", "unlabeled": 0, "occluded": 0, "visible": 1, "absent": 1},
        {"name": "tail", "unlabeled": 2, "occluded": 0, "visible": 0, "absent": 0},
    ]
    assert facts["members"] == [{"name": "ann", "changes": 2}]
    assert facts["bytes"] == birds.stat().st_size


def test_people_read_a_table(run, birds):
    printed = run("stats", birds).out

    assert "birds: 3 frames, 2 instances" in printed
    assert any(line.split() == ["left_wing", "0", "1", "1", "0"] for line in printed.splitlines())


def test_the_ending_of_the_name_may_be_left_out(run, birds):
    assert run("stats", "birds").code == 0
