"""The exceptions that a person can mend, each with one sentence that says how.

AnnotatorError
  + ModelError          a value breaks a rule of the domain: which thing, which rule, the remedy
  + FormatError         a file is not what it claims: path, record, expected, remedy
  + MediaError          a picture is missing, damaged or too large
  + PredictorError      a model cannot load or run here
  + StoreError          a project file cannot be opened, read or written
      + ReadOnlyError     the project was opened for reading only
      + ProjectInUseError another program has it open
      + NotSavedError     earlier changes wait to be saved; nothing may be exported before
  + CommandError        a command does not apply now: what it needs
JobCancelled            raised inside a job when the person pressed Cancel (not an error)
"""


class AnnotatorError(Exception):
    """Something a person can mend; `str()` is the sentence to show, on one line whatever the data that it quotes."""

    def __str__(self) -> str:
        return " ".join(super().__str__().splitlines())


class ModelError(AnnotatorError, ValueError):
    """A value breaks a rule of the domain."""


class FormatError(AnnotatorError):
    """A file is not what it claims to be."""


class MediaError(AnnotatorError):
    """A picture is missing, damaged or too large."""


class PredictorError(AnnotatorError):
    """A model cannot load or run here."""


class StoreError(AnnotatorError):
    """A project file cannot be opened, read or written."""


class ReadOnlyError(StoreError):
    """The project was opened for reading only."""


class ProjectInUseError(StoreError):
    """Another program has the project open for writing."""


class NotSavedError(StoreError):
    """Changes wait in memory because the last save failed."""


class CommandError(AnnotatorError):
    """A command does not apply now; the sentence says what it needs."""


class JobCancelled(Exception):  # noqa: N818 - a request, not an error
    """The person pressed Cancel; what is finished is kept by the caller."""
