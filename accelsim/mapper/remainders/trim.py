"""From a mapping of a padded layer to the mapping with remainders of the layer itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.evaluate import evaluate_at
from accelsim.mapper.contract import Candidate, MappingProblem
from accelsim.mapper.given import given
from accelsim.mapper.remainders.padding import padded_problem, padding_of
from accelsim.mapping.factors import needed_factors
from accelsim.mapping.records import Block, Loop, Mapping, Spread


def factors_of(mapping: Mapping, dims: Sequence[str]) -> dict[str, list[int]]:
    """Return the bounds of the loops over each dim, outermost first."""
    found: dict[str, list[int]] = {dim: [] for dim in dims}
    for step in mapping.steps:
        for loop in step.loops if isinstance(step, Block) else (*step.y, *step.x):
            found[loop.dim].append(loop.bound)
    return found


def trimmed(problem: MappingProblem, mapping: Mapping) -> Mapping:
    """Return a mapping whose factors reach the bounds, less the turns without any position.

    It is one with remainders unless its factors then multiply to the bounds.
    """
    bounds = problem.layer.bounds
    factors = factors_of(mapping, list(bounds))
    needed = {dim: needed_factors(of_dim, bounds[dim]) for dim, of_dim in factors.items()}
    left = {dim: iter(of_dim) for dim, of_dim in needed.items()}

    def less(loops: tuple[Loop, ...]) -> tuple[Loop, ...]:
        shorter = (Loop(loop.dim, next(left[loop.dim])) for loop in loops)
        return tuple(loop for loop in shorter if loop.bound > 1)

    steps: list[Block | Spread] = []
    for step in mapping.steps:
        if isinstance(step, Block):
            steps.append(replace(step, loops=less(step.loops)))
        else:
            y = less(step.y)  # outside x
            steps.append(replace(step, x=less(step.x), y=y))
    reached = all(prod(of_dim) == bounds[dim] for dim, of_dim in needed.items())
    return Mapping(tuple(steps), remainders=not reached)


def is_legal(problem: MappingProblem, mapping: Mapping) -> bool:
    """Return whether a mapping is legal for the layer that its factors multiply to.

    Turns that are left out may break a rule that demands a factor.
    """
    try:
        _check(problem, mapping)
    except IllegalMappingError:
        return False
    return True


def start_from(problem: MappingProblem, mapping: Mapping) -> Candidate:
    """Price a mapping with remainders that a search is given.

    Raises
    ------
    IllegalMappingError
        If it is not legal.
    """
    _check(problem, mapping)
    return priced(problem, mapping)


def _check(problem: MappingProblem, mapping: Mapping) -> None:
    factors = factors_of(mapping, list(problem.layer.bounds))
    bounds = [prod(of_dim) for of_dim in factors.values()]
    whole = padded_problem(problem, padding_of(problem.layer, bounds))
    given(whole.space, replace(mapping, remainders=False))


def priced(problem: MappingProblem, mapping: Mapping) -> Candidate:
    """Price a mapping, with or without remainders, as ``evaluate`` does.

    Raises
    ------
    IllegalMappingError
        If it breaks a rule of the machine, or has turns without any position.
    """
    found = evaluate_at(problem.layer, problem.arch, mapping, problem.prices)
    return Candidate(mapping, found.energy_total, found.cycles)
