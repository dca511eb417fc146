"""Names cannot steer the terminal, and Ctrl+C asks before it ends."""

import logging
import os
import signal

import pytest

from annotator.cli.output import Output, counted, log_on_stderr, printable
from annotator.errors import JobCancelled


def test_control_characters_of_names_are_not_printed(capsys):
    Output(as_json=False).say("bird\x1b[2J\x07.png")
    Output(as_json=False).table(("name",), [("a\x1b]0;title\x07b",)])

    printed = capsys.readouterr().out

    assert "\x1b" not in printed
    assert "\x07" not in printed


def test_markup_in_names_is_plain_text(capsys):
    Output(as_json=False).table(("name",), [("[red]robin[/red]",)])

    assert "[red]robin[/red]" in capsys.readouterr().out


def test_a_table_that_is_piped_keeps_whole_lines(capsys):
    Output(as_json=False).table(("name",), [("x" * 500,)])

    assert "x" * 500 in capsys.readouterr().out


def test_names_that_are_no_unicode_are_printable():
    assert printable("bird\udcff.png").encode() == "bird\ufffd.png".encode()


def test_json_stands_alone(capsys):
    output = Output(as_json=True)
    output.say("a line")
    output.table(("name",), [("robin",)])
    output.result({"birds": 1})

    assert capsys.readouterr().out == '{\n  "birds": 1\n}\n'


def test_a_warning_of_the_core_is_a_line_without_its_traceback(capsys):
    log = logging.getLogger("annotator.some.module")
    with log_on_stderr():
        try:
            raise ValueError("no such model")
        except ValueError:
            log.exception("plugin %s cannot be loaded", "birds")

    assert capsys.readouterr().err == "plugin birds cannot be loaded: no such model\n"


def test_counts_agree_with_their_noun():
    assert counted(1, "picture") == "1 picture"
    assert counted(1200, "picture") == "1,200 pictures"
    assert counted(0, "person", "people") == "0 people"


def test_the_first_ctrl_c_cancels_and_the_second_ends():
    with Output(as_json=True).job("Count") as job:
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(JobCancelled):
            job.check()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_after_a_job_ctrl_c_means_what_it_meant_before():
    before = signal.getsignal(signal.SIGINT)

    with Output(as_json=True).job("Count"):
        assert signal.getsignal(signal.SIGINT) != before

    assert signal.getsignal(signal.SIGINT) == before
