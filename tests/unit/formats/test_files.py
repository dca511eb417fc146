"""Files of an export appear all together, whole, or not at all."""

import pytest

from annotator.formats.files import NewFiles


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "new folder" / "labels.json"
    path.parent.mkdir()
    path.write_bytes(b"old")

    with NewFiles({"": path}) as files:
        for n in range(100):
            files.write("", b"%d," % n)
        assert path.read_bytes() == b"old"
        assert files.publish() == [path]

    assert path.read_bytes() == b"".join(b"%d," % n for n in range(100))
    assert list(path.parent.iterdir()) == [path]


def test_what_is_not_published_leaves_the_old_files_and_no_litter(tmp_path):
    paths = {name: tmp_path / f"{name}.json" for name in ("train", "val")}
    for path in paths.values():
        path.write_bytes(b"old")

    with NewFiles(paths) as files:
        files.write("train", b"new")

    assert sorted(tmp_path.iterdir()) == sorted(paths.values())
    assert {path.read_bytes() for path in paths.values()} == {b"old"}


def test_what_the_disk_refuses_is_raised_where_it_can_be_told(tmp_path):
    (tmp_path / "a.json.new").mkdir()

    with NewFiles({"": tmp_path / "a.json"}) as files:
        files.write("", b"new")
        with pytest.raises(OSError, match=r"a\.json\.new"):
            files.publish()
        (tmp_path / "a.json.new").rmdir()
