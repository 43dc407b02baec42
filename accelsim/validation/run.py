"""Finding the studies, and running them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import zip_longest
from pkgutil import iter_modules

from accelsim.errors import Problem, UsageError
from accelsim.explore.executors import Executor, InProcess, Lost, NotBegun, Stop
from accelsim.specs.fields import one_of, suggestion
from accelsim.validation import studies as room
from accelsim.validation.records import Case, Part, Study, StudyResult, Validation

STUDIES: dict[str, Study] = {
    study.name: study
    for module in sorted(found.name for found in iter_modules(room.__path__))
    for study in [import_module(f"{room.__name__}.{module}").STUDY]
}
"""Every study by name: a module in ``accelsim/validation/studies`` with a ``STUDY``."""

OnStudy = Callable[[Study, int, int], None]
"""Told of each study before it begins, with its number and how many there are."""


@dataclass(frozen=True, slots=True)
class Task:
    """One part of a study: the study by number, and the part by its own."""

    study: int
    number: int
    part: Part


@dataclass(frozen=True, slots=True)
class Found:
    """The cases of a part, and the seconds that finding them took."""

    cases: tuple[Case, ...]
    seconds: float


def find(task: Task, _stop: Stop) -> Found:
    """Find the cases of a part."""
    started = time.perf_counter()
    cases = tuple(task.part())
    return Found(cases, time.perf_counter() - started)


def in_order(studies: Sequence[Study]) -> Iterator[Task]:
    """Yield the last part of each study, then the last but one: most parts first.

    Studies have little in common, so that workers who begin with one each seldom compile the same.
    """
    by_parts = sorted(range(len(studies)), key=lambda study: -len(studies[study].parts))
    columns = [
        [Task(study, number, part) for number, part in enumerate(studies[study].parts)][::-1]
        for study in by_parts
    ]
    for row in zip_longest(*columns):
        yield from filter(None, row)


def run_studies(
    names: Sequence[str],
    progress: OnStudy,
    executor: Executor = InProcess(),  # noqa: B008  (an immutable record)
) -> Validation:
    """Run studies by name, all of them if none is named.

    Raises
    ------
    UsageError
        If there is no such study, or a process of the executor's was lost again and again.
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
    tasks = in_order(wanted)
    begun: set[int] = set()

    def take(_most: int) -> list[Task]:
        task = next(tasks, None)
        if task is None:
            return []
        if task.study not in begun:
            begun.add(task.study)
            progress(wanted[task.study], len(begun), len(wanted))
        return [task]

    found: dict[tuple[int, int], Found] = {}
    for batch in executor.run(find, take, lambda: False):
        for task, its in batch:
            if isinstance(its, Lost):
                raise UsageError(Problem(f"{wanted[task.study].name}: {its.reason}"))
            assert not isinstance(its, NotBegun), "it was taken alone"
            found[task.study, task.number] = its
    return Validation(
        tuple(
            _result(study, [found[number, part] for part in range(len(study.parts))])
            for number, study in enumerate(wanted)
        )
    )


def _result(study: Study, parts: Sequence[Found]) -> StudyResult:
    cases = tuple(case for part in parts for case in part.cases)
    seconds = sum(part.seconds for part in parts)
    return StudyResult(study.name, study.title, study.source, cases, seconds)
