"""What this tool finds beside what was published or measured."""

from __future__ import annotations

from pathlib import Path

from accelsim.explore.executors import InProcess
from accelsim.explore.processes import Processes
from accelsim.report.validation import ValidationRun
from accelsim.validation.records import Study
from accelsim.validation.run import OnStudy, run_studies
from accelsim.verbs.search import usable_threads


def silent(_study: Study, _number: int, _of: int) -> None:
    """Say nothing."""


def validate(
    *studies: str, output: str | Path | None = None, progress: OnStudy = silent
) -> ValidationRun:
    """Put this tool's numbers beside published and measured ones, each with a tolerance.

    Parameters
    ----------
    studies : names of studies; all of them if none is named
    output : folder for ``validation.json`` and a page of plots
    progress : told of each study before it begins

    Several studies run in as many processes as there are processors.

    Raises
    ------
    UsageError
        If there is no such study, a process was lost, or the folder cannot be written.
    """
    several = usable_threads() > 1 and len(studies) != 1
    executor = Processes(usable_threads()) if several else InProcess()
    result = ValidationRun(run_studies(studies, progress, executor))
    if output is not None:
        result.save(Path(output))
    return result
