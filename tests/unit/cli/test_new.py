"""A project from pictures and skeletons, whole or not at all."""

from annotator.model.skeleton import skeleton_from_names
from annotator.model.skeleton_file import encode_skeleton
from annotator.store.project import open_project


def test_a_project_has_the_pictures_with_their_sizes_and_the_skeleton(run, tmp_path, pictures):
    outcome = run("new", "people", "--skeleton", "hand-21", "--pictures", pictures, "--name", "My hands")

    assert outcome.code == 0
    assert "3 pictures" in outcome.out
    with open_project(tmp_path / "people.annotator") as project:
        assert project.name == "My hands"
        assert list(project.skeletons) == ["hand-21"]
        assert [(f.name, f.width, f.height) for f in project.frames()] == [
            ("bird0.png", 40, 30),
            ("bird1.png", 41, 30),
            ("bird2.png", 42, 30),
        ]


def test_single_files_follow_the_option(run, tmp_path, pictures):
    outcome = run("new", "some", "--pictures", pictures / "bird0.png", pictures / "bird2.png", "--json")

    assert outcome.json["pictures"] == 2
    with open_project(tmp_path / "some.annotator") as project:
        assert [frame.name for frame in project.frames()] == ["bird0.png", "bird2.png"]


def test_skeletons_come_from_templates_and_files(run, tmp_path):
    (tmp_path / "fish.json").write_bytes(encode_skeleton(skeleton_from_names("fish", "Fish", ["mouth", "tail"])))

    outcome = run("new", "zoo", "--skeleton", "coco-17", "--skeleton", "fish.json", "--json")

    assert outcome.json["skeletons"] == ["coco-17", "fish"]
    with open_project(tmp_path / "zoo.annotator") as project:
        assert project.skeletons["fish"].names == ("mouth", "tail")


def test_the_same_skeleton_twice_is_refused(run, tmp_path):
    outcome = run("new", "zoo", "--skeleton", "coco-17", "--skeleton", "coco-17")

    assert outcome.code == 2
    assert "'coco-17' is given twice" in outcome.err
    assert not (tmp_path / "zoo.annotator").exists()


def test_a_damaged_picture_is_a_finding_and_stops_nothing(run, tmp_path, pictures):
    (pictures / "bird1.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")

    outcome = run("new", "people", "--pictures", pictures, "--json")

    assert outcome.code == 1
    assert outcome.json["pictures"] == 3
    assert len(outcome.json["problems"]) == 1
    assert "bird1.png" in outcome.json["problems"][0]
    assert "bird1.png" in outcome.err


def test_the_member_is_remembered_in_the_history(run, tmp_path, pictures):
    run("new", "people", "--pictures", pictures, "--member", "berta")

    with open_project(tmp_path / "people.annotator") as project:
        assert {row.member for row in project.history() if row.member} == {"berta"}


def test_an_existing_project_is_left_as_it_is(run, birds):
    before = birds.read_bytes()

    outcome = run("new", birds)

    assert outcome.code == 2
    assert birds.read_bytes() == before
