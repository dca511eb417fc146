"""The command line: every command by name, and how errors leave it."""

import sys
from typing import Annotated

import typer
from typer.main import get_command

from annotator import __version__
from annotator.cli.arguments import BAD_INPUT, INTERRUPTED, OK
from annotator.cli.check import check
from annotator.cli.demo import demo
from annotator.cli.doctor import doctor
from annotator.cli.exchange import export_labels, import_labels
from annotator.cli.labels import accept, prelabel
from annotator.cli.merge import merge
from annotator.cli.new import new
from annotator.cli.output import log_on_stderr, printable
from annotator.cli.plugins import plugins
from annotator.cli.skeletons import skeletons
from annotator.cli.stats import stats
from annotator.errors import AnnotatorError, JobCancelled
from annotator.formats.problems import ProblemsError, first_problems, report_problems
from annotator.model.text import without_passwords

HELP = """Label keypoints in pictures, from the command line.

Without a command the window opens; PROJECT.annotator opens that project.
Exit codes: 0 fine, 1 there are findings, 2 the input is wrong.
"""

app = typer.Typer(help=HELP, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"annotator {__version__}")
        raise typer.Exit


def _start_without_plugins(wanted: bool) -> None:
    if wanted:
        from annotator.session.plugins import PLUGINS

        PLUGINS.leaves_others_out = True


@app.callback()
def _start(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    _no_plugins: Annotated[
        bool,
        typer.Option("--no-plugins", callback=_start_without_plugins, help="Load only what comes with Annotator."),
    ] = False,
) -> None:
    pass


app.command()(demo)
app.command()(new)
app.command("import")(import_labels)
app.command()(prelabel)
app.command()(accept)
app.command("export")(export_labels)
app.command()(check)
app.command()(merge)
app.command()(stats)
app.add_typer(skeletons, name="skeleton")
app.add_typer(plugins, name="plugin")
app.command()(doctor)


def run_cli(argv: list[str]) -> int:
    """Run a command and return the exit code; what a person can mend is told in one sentence on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")  # a console that lacks a letter still shows the rest
    with log_on_stderr():
        return _run(argv)


def _run(argv: list[str]) -> int:
    try:
        code = get_command(app).main(args=list(argv), prog_name="annotator", standalone_mode=False)
    except (JobCancelled, KeyboardInterrupt):
        return _refuse("stopped", argv, INTERRUPTED)
    except ProblemsError as error:
        return _refuse_all(error, argv)
    except AnnotatorError as error:
        return _refuse(str(error), argv, BAD_INPUT)
    except MemoryError:
        return _refuse("there is not enough memory for this: close other programs and try again", argv, BAD_INPUT)
    except OSError as error:
        return _refuse(f"{error.filename or 'the file'} cannot be used: {error.strerror or error}", argv, BAD_INPUT)
    except typer.TyperException as error:
        return _refuse(_usage_sentence(error), argv, BAD_INPUT)
    return code if isinstance(code, int) else OK


def _refuse(sentence: str, argv: list[str], code: int) -> int:
    if "--json" in argv:
        import json

        print(json.dumps({"error": without_passwords(sentence)}))
    print(printable(sentence), file=sys.stderr)
    return code


def _refuse_all(error: ProblemsError, argv: list[str]) -> int:
    """Refuse a file with several problems: the first ones are printed, all of them are in a report."""
    report = report_problems(error)
    if "--json" in argv:
        import json

        print(json.dumps({"error": str(error), "problems": error.problems, "report": str(report) if report else None}))
    for sentence in (str(error), *first_problems(error, report)):
        print(printable(sentence), file=sys.stderr)
    return BAD_INPUT


def _usage_sentence(error: typer.TyperException) -> str:
    """Return what is wrong with the arguments, and where to read on."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "annotator"
    message = error.format_message().strip().rstrip(".")
    return f"{message[:1].lower()}{message[1:]}: `{command} --help` lists what it takes"
