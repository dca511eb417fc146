"""Gather everything that is wrong with a file, so that a person learns of it at once and not one by one."""

from pathlib import Path
from types import TracebackType

import platformdirs

from annotator.errors import FormatError

SHOWN_PROBLEMS = 20
"""The first ones are shown; all of them are in the report."""


class ProblemsError(FormatError):
    """Several records of a file are wrong.

    Attributes:
        source: the file.
        problems: one sentence each, in the order of the file.
    """

    def __init__(self, source: Path, problems: tuple[str, ...]) -> None:
        super().__init__(f"{source.name} has {len(problems):,} problems: correct them, then import it again")
        self.source = source
        self.problems = problems


class Problems:
    """What is wrong with the records of a file, one sentence each.

    As a context it keeps the `FormatError` of one record, so that the next one is looked at:

        for record in records:
            with problems:
                check(record)
        problems.refuse(path)
    """

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if kind is not FormatError:  # a question to the person, or nothing that a record can be blamed for
            return False
        self.sentences.append(str(error))
        return True

    def add(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def refuse(self, source: Path) -> None:
        """Refuse the file if anything was wrong with it.

        Raises:
            FormatError: the sentence, when it is one.
            ProblemsError: there are several.
        """
        if len(self.sentences) == 1:
            raise FormatError(self.sentences[0])
        if self.sentences:
            raise ProblemsError(source, tuple(self.sentences))


def report_problems(error: ProblemsError) -> Path | None:
    """Write all problems into a report and return where it is; None where none can be written.

    A later report about a file of the same name takes its place.
    """
    path = Path(platformdirs.user_state_dir("annotator", appauthor=False)) / "problems" / f"{error.source.stem}.txt"
    text = "\n".join((f"{error}", f"{error.source.absolute()}", "", *error.problems, ""))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError:
        return None
    return path


def first_problems(error: ProblemsError, report: Path | None, count: int = SHOWN_PROBLEMS) -> list[str]:
    """Return the first problems, and a last line that says where all of them are."""
    rest = [f"all {len(error.problems):,} are listed in {report}"] if report is not None else []
    return [*error.problems[:count], *rest]
