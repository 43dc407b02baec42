"""Finding the studies, and running them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pkgutil import iter_modules

from accelsim.errors import Problem, UsageError
from accelsim.specs.fields import one_of, suggestion
from accelsim.validation import studies as room
from accelsim.validation.records import Study, StudyResult, Validation

STUDIES: dict[str, Study] = {
    study.name: study
    for module in sorted(found.name for found in iter_modules(room.__path__))
    for study in [import_module(f"{room.__name__}.{module}").STUDY]
}
"""Every study by name: a module in ``accelsim/validation/studies`` with a ``STUDY``."""

OnStudy = Callable[[Study, int, int], None]
"""Told of each study before it runs, with its number and how many there are."""


def run_studies(names: Sequence[str], progress: OnStudy) -> Validation:
    """Run studies by name, all of them if none is named.

    Raises
    ------
    UsageError
        If there is no such study.
    """
    for name in names:
        if name not in STUDIES:
            raise UsageError(
                Problem(
                    f"no study '{name}' to validate",
                    got=name,
                    expected=one_of(STUDIES),
                    hint=suggestion(name, STUDIES),
                )
            )
    wanted = [STUDIES[name] for name in names or STUDIES]
    results = []
    for number, study in enumerate(wanted, start=1):
        progress(study, number, len(wanted))
        started = time.perf_counter()
        cases = tuple(study.cases())
        seconds = time.perf_counter() - started
        results.append(StudyResult(study.name, study.title, study.source, cases, seconds))
    return Validation(tuple(results))
