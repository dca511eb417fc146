import pytest

from annotator.errors import JobCancelled
from annotator.jobs import Job


def test_a_cancelled_job_stops_at_its_next_check():
    job = Job("Count")
    job.check()

    job.cancel()

    with pytest.raises(JobCancelled):
        job.check()


def test_cancelling_stops_what_is_at_work():
    job, stopped = Job(), []

    with job.stopping(lambda: stopped.append("outer")), job.stopping(lambda: stopped.append("inner")):
        job.cancel()

    assert stopped == ["outer", "inner"]


def test_what_begins_after_the_cancelling_is_stopped_at_once():
    job, stopped = Job(), []
    job.cancel()

    with job.stopping(lambda: stopped.append("late")):
        assert stopped == ["late"]


def test_what_has_ended_is_not_stopped():
    job, stopped = Job(), []

    with job.stopping(lambda: stopped.append("ended")):
        pass
    job.cancel()

    assert stopped == []
