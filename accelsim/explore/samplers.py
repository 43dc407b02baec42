"""Which point of a space a search tries next: at random, or as Optuna's samplers suggest.

A sampler is asked for a point and told what came of it.  What it answers depends on its seed, the
number of the question and what it was told: one that is told the same anew goes on the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

from accelsim.errors import Problem, UsageError
from accelsim.explore.measures import Verdict
from accelsim.explore.parameters import Parameter, quantity
from accelsim.explore.points import Space, choices_at
from accelsim.interchange.extras import optional

EXTRA = "opt"

RANDOM, TPE, NSGA2 = SAMPLERS = ("random", "tpe", "nsga2")

POPULATION = 20
"""Of NSGA-II: ten generations in two hundred trials."""

STARTUP = 20
"""Random trials before TPE models anything."""

Choices = tuple[int, ...]
"""One number for each side of a space."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A point that a sampler suggests; ``ticket`` is what the sampler knows it by."""

    choices: Choices
    ticket: Any = None


class Sampler(Protocol):
    """A way to choose."""

    def ask(self, number: int, given: Choices | None = None) -> Asked:
        """Return what to try as question ``number``: what is given, or what the sampler thinks."""

    def tell(self, asked: Asked, verdict: Verdict | None) -> None:
        """Say what came of it; None if that is not known."""


def sampler_named(name: str, space: Space, measures: int, seed: int) -> Sampler:
    """Return a sampler of a space that makes so many measures small.

    Raises
    ------
    UsageError
        If there is none of that name.
    MissingExtraError
        If it is one of Optuna's, which is not installed.
    """
    if name == RANDOM:
        return RandomSampler(space.sides, seed)
    if name not in SAMPLERS:
        raise UsageError(
            Problem(f"unknown sampler '{name}'", expected="one of " + ", ".join(SAMPLERS))
        )
    return OptunaSampler(name, space, measures, seed)


def shuffled(sides: Sequence[int], seed: str) -> Iterator[Choices]:
    """Yield every point of a space once, in an order that follows from the seed.

    (Fisher's and Yates's shuffle; only what was moved is kept.)

    >>> sorted(shuffled((2, 2), "x"))
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    rng = random.Random(seed)
    moved: dict[int, int] = {}
    for last in range(prod(sides) - 1, -1, -1):
        pick = rng.randrange(last + 1)
        number = moved.get(pick, pick)
        moved[pick] = moved.pop(last, last)
        yield choices_at(number, sides)


class RandomSampler:
    """Every point at most once, all equally likely."""

    def __init__(self, sides: Sequence[int], seed: int) -> None:
        self._order = shuffled(sides, f"random {seed}")
        self._tried: set[Choices] = set()

    def ask(self, number: int, given: Choices | None = None) -> Asked:  # noqa: ARG002
        """See :class:`Sampler`."""
        choices = given or next(its for its in self._order if its not in self._tried)
        self._tried.add(choices)
        return Asked(choices)

    def tell(self, asked: Asked, verdict: Verdict | None) -> None:
        """See :class:`Sampler`."""


class OptunaSampler:
    """TPE or NSGA-II.

    TPE models all parameters together (``multivariate``) once :data:`STARTUP` points are known;
    NSGA-II keeps a population of :data:`POPULATION`.  The rest is as Optuna has it.  Values that
    are numbers in order are whole numbers to it, others are categories.
    """

    def __init__(self, name: str, space: Space, measures: int, seed: int) -> None:
        self._optuna = optional("optuna", EXTRA)
        self._name, self._seed = name, seed
        axes = [False, False, False, *map(in_order, space.parameters)]
        self._distributions = {
            f"{number:03}": self._distribution(side, ordered)
            for number, (side, ordered) in enumerate(zip(space.sides, axes, strict=True))
        }
        logs = self._optuna.logging
        before = logs.get_verbosity()
        logs.set_verbosity(logs.WARNING)
        try:
            self._study = self._optuna.create_study(directions=["minimize"] * measures)
        finally:
            logs.set_verbosity(before)

    def ask(self, number: int, given: Choices | None = None) -> Asked:
        """See :class:`Sampler`."""
        study = self._study
        study.sampler = self._sampler(number)
        if given is not None:
            study.sampler = _Given(
                study.sampler, dict(zip(self._distributions, given, strict=True))
            )
        trial = study.ask(self._distributions)
        return Asked(tuple(trial.params[name] for name in self._distributions), trial)

    def tell(self, asked: Asked, verdict: Verdict | None) -> None:
        """See :class:`Sampler`."""
        if verdict is None:
            self._study.tell(asked.ticket, state=self._optuna.trial.TrialState.FAIL)
            return
        for number, violation in enumerate(verdict.violations):
            asked.ticket.set_constraint(str(number), violation)
        worst = [float("inf")] * len(self._study.directions)
        self._study.tell(asked.ticket, worst if verdict.values is None else list(verdict.values))

    def _sampler(self, number: int) -> Any:
        """Return a sampler that knows nothing but what the study has been told."""
        seed = random.Random(f"{self._name} {self._seed} {number}").getrandbits(32)
        samplers = self._optuna.samplers
        if self._name == NSGA2:
            return samplers.NSGAIISampler(population_size=POPULATION, seed=seed)
        return samplers.TPESampler(n_startup_trials=STARTUP, multivariate=True, seed=seed)

    def _distribution(self, side: int, ordered: bool) -> Any:
        its = self._optuna.distributions
        if ordered:
            return its.IntDistribution(0, side - 1)
        return its.CategoricalDistribution(tuple(range(side)))


class _Given:
    """A sampler of Optuna's that notes what it would of a trial, and answers what is given."""

    def __init__(self, sampler: Any, values: Mapping[str, int]) -> None:
        self._sampler, self._values = sampler, values

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sampler, name)

    def sample_relative(self, study: Any, trial: Any, space: Any) -> dict[str, Any]:
        self._sampler.sample_relative(study, trial, space)
        return {}

    def sample_independent(self, study: Any, trial: Any, name: str, its: Any) -> int:  # noqa: ARG002
        return self._values[name]


def in_order(parameter: Parameter) -> bool:
    """Tell whether the values of a parameter are numbers, of the first path, that rise or fall."""
    worths = [quantity(values[0]) for values in parameter.values]
    known = [worth for worth in worths if worth is not None]
    return len(known) == len(worths) and sorted(known) in (known, known[::-1])
