"""Problems as records: what is wrong, where, and what would mend it.

A reader never stops at the first fault.  It collects :class:`Problem` records and raises them
together in one :class:`SpecError`.  How a problem is printed is decided elsewhere
(:mod:`accelsim.report`), so that the same record serves a terminal, JSON and a notebook.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What a process says as it ends; documented in ``docs/commands.md``."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    BAD_SPEC = 3
    NO_MAPPING = 4
    MISSING_EXTRA = 5
    BUDGET = 6
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a text.  Lines and columns count from 1; 0 means "the file as a whole"."""

    file: str
    line: int = 0
    column: int = 0
    length: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a spec.

    ``what`` says the fault in a few words, ``got`` and ``expected`` the two sides of it, ``hint``
    the mend.  ``where`` may be missing for faults of the command line.
    """

    what: str
    where: Where | None = None
    got: str = ""
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        sentence = self.what
        if self.expected:
            sentence += f"; expected {self.expected}"
        if self.hint:
            sentence += f"; {self.hint}"
        return f"{self.where}: {sentence}" if self.where else sentence


class AccelsimError(Exception):
    """The root of all errors that this package raises on purpose."""

    exit_code = ExitCode.INTERNAL


class SpecError(AccelsimError):
    """A spec that cannot be read; carries every problem found, not only the first."""

    exit_code = ExitCode.BAD_SPEC

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class UsageError(AccelsimError):
    """A command or call whose words do not fit together."""

    exit_code = ExitCode.USAGE

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class MissingExtraError(AccelsimError):
    """An optional package is needed and absent."""

    exit_code = ExitCode.MISSING_EXTRA

    def __init__(self, package: str, extra: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(f"this needs {package}; `pip install 'accelsim[{extra}]'` brings it")
