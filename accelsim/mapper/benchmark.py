"""How long one full evaluation takes, on mappings that the sampler draws; how long a proof takes.

A full evaluation writes the counts of every level, tensor and action, checks capacity and lanes,
and sums energy and cycles.  A proof is an exact search of one layer, from the layer, the machine
and its prices to its best mapping and certificate.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from accelsim.arch.records import Architecture
from accelsim.counter.window import BRANCHES
from accelsim.evaluation.kernel import make_case
from accelsim.evaluation.prices import Prices
from accelsim.evaluation.pricing import price_batch
from accelsim.mapper.contract import Budget, Driver, MappingProblem, Outcome, mapping_problem
from accelsim.mapper.exact import ExactDriver
from accelsim.mapper.objectives import ENERGY, Objective
from accelsim.mapper.sampling import sample_batch
from accelsim.workload.records import Layer


@dataclass(frozen=True)
class Speed:
    """Nanoseconds per mapping over several runs of one batch.

    ``marked_share`` is the share of the two-term ranks met that rule 5v had to mark word by word.
    """

    layer: str
    mappings: int
    runs_ns: tuple[float, ...]
    marked_share: float

    @property
    def median_ns(self) -> float:
        return median(self.runs_ns)

    @property
    def fastest_ns(self) -> float:
        return min(self.runs_ns)


def evaluation_speed(
    problem: MappingProblem, mappings: int = 20_000, runs: int = 7, seed: int = 0
) -> Speed:
    """Time the batch kernel on one thread; compilation and loading are not counted."""
    case, marks = make_case(problem.layer_arrays, problem.machine, problem.price_arrays)
    batch = sample_batch(problem, mappings, seed)
    price_batch(case, marks, batch)
    branches = case.counter.counts.branches
    met = int(branches.sum())
    marked = int(branches[BRANCHES.index("v marked")])
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        price_batch(case, marks, batch)
        times.append((time.perf_counter() - start) / mappings * 1e9)
    return Speed(problem.layer.name, mappings, tuple(times), marked / met if met else 0.0)


def price_many(problem: MappingProblem, mappings: int, chunk: int = 100_000) -> Iterator[int]:
    """Draw and price ``mappings`` mappings chunk by chunk; yield how many each chunk priced."""
    case, marks = make_case(problem.layer_arrays, problem.machine, problem.price_arrays)
    for seed, start in enumerate(range(0, mappings, chunk)):
        batch = sample_batch(problem, min(chunk, mappings - start), seed)
        status, _, _ = price_batch(case, marks, batch)
        assert not status.any(), f"the counter refused {status.astype(bool).sum()} sampled mappings"
        yield len(status)


@dataclass(frozen=True)
class SearchSpeed:
    """Seconds of several runs of one exact search, and what the last of them found."""

    layer: str
    runs_s: tuple[float, ...]
    outcome: Outcome

    @property
    def median_s(self) -> float:
        return median(self.runs_s)

    @property
    def fastest_s(self) -> float:
        return min(self.runs_s)

    @property
    def counts(self) -> dict[str, int]:
        """Patterns, labels and steps, by name."""
        return dict(self.outcome.certificate.details)


@dataclass(frozen=True)
class Question:
    """A search to time, from a layer and a machine at its prices to the outcome.

    ``seconds`` ends each run.
    """

    layer: Layer
    arch: Architecture
    prices: Prices
    objective: Objective = ENERGY
    front: bool = False
    seconds: float | None = None
    driver: Driver = ExactDriver()  # noqa: RUF009  (an immutable record)

    def answer(self) -> Outcome:
        """Put the problem together and search."""
        problem = mapping_problem(self.layer, self.arch, self.prices)
        budget = Budget(None, self.seconds)
        return self.driver.search(problem, self.objective, budget, front=self.front)


def search_speeds(questions: Sequence[Question], runs: int = 5) -> list[SearchSpeed]:
    """Time searches on one thread, in rounds: every question once, then every question again.

    So a phase in which the machine is slow falls on all of them, and not on one of whose runs it
    then takes most.  A first round is not counted (it loads kernels).

    Raises
    ------
    NotCoveredError
        If the driver does not cover a problem.
    """
    outcomes = [question.answer() for question in questions]
    times: list[list[float]] = [[] for _ in questions]
    for _ in range(runs):
        for at, question in enumerate(questions):
            start = time.perf_counter()
            outcomes[at] = question.answer()
            times[at].append(time.perf_counter() - start)
    return [
        SearchSpeed(question.layer.name, tuple(its_times), outcome)
        for question, its_times, outcome in zip(questions, times, outcomes, strict=True)
    ]
