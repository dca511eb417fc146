"""The sample pictures that ship."""

from annotator.model.templates import template_skeleton
from annotator.session.samples import shipped_samples


def test_every_sample_has_its_cover_and_a_skeleton():
    samples = shipped_samples()

    assert {sample.id for sample in samples} == {"people", "cat", "hand"}
    for sample in samples:
        assert sample.cover.is_file()
        assert sample.cover.parent == sample.folder
        assert len(template_skeleton(sample.skeleton_id)) > 0


def test_the_summary_counts_the_pictures():
    summaries = {sample.id: sample.summary for sample in shipped_samples()}

    assert summaries["hand"] == "1 picture"
    assert summaries["people"].endswith(" pictures")
