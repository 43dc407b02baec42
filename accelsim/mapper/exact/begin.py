"""What an exact search begins with: a mapping that is easily found, and those that it is given."""

from __future__ import annotations

from collections.abc import Sequence

from accelsim.errors import AccelsimError
from accelsim.evaluation.pricing import price_batch
from accelsim.mapper.contract import Budget, Candidate, MappingProblem
from accelsim.mapper.given import filled_order, given
from accelsim.mapper.infeasible import Infeasibility, first_factors
from accelsim.mapper.objectives import Objective
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapping.arrays import MappingArrays, ints, pack_mapping, unpack_mapping
from accelsim.mapping.records import Mapping
from accelsim.mapspace.enumerate import Factors
from accelsim.mapspace.space import Mapspace

FRONT_SAMPLES = 200
"""Mappings drawn before a front is searched."""


def first_candidates(
    problem: MappingProblem, start: Sequence[Mapping]
) -> tuple[Candidate, ...] | Infeasibility:
    """Price a first legal mapping, if it is found, and those to start from.

    Returns why there is no legal mapping if there is none.

    Raises
    ------
    IllegalMappingError
        If a mapping in ``start`` is not one of the problem.
    """
    space = problem.space
    for mapping in start:
        given(space, mapping)
    packed = [pack_mapping(mapping, space.layer) for mapping in start]
    factors = first_factors(space)
    if not isinstance(factors, Infeasibility):
        packed.append(least_kept(space, factors))
    elif not start:
        return factors
    mappings = [*start, *(unpack_mapping(p, space.arch, space.layer) for p in packed[len(start) :])]
    case = problem.packed.case()
    found = []
    for mapping, one in zip(mappings, packed, strict=True):
        status, energy, cycles = price_batch(*case, MappingArrays(*(array[None] for array in one)))
        if status[0]:
            raise AccelsimError(f"the counter refused a mapping to start from: {status[0]}")
        found.append(Candidate(mapping, float(energy[0]), float(cycles[0])))
    return tuple(found)


def least_kept(space: Mapspace, factors: Factors) -> MappingArrays:
    """Return the mapping of some factors that keeps no more than it must."""
    dims, bounds, ends = list[int](), list[int](), list[int]()
    for slot, place in enumerate(space.machine.slot_place.tolist()):
        of_slot = [of_dim[slot] for of_dim in factors]
        order: Sequence[int] = range(len(of_slot))
        if place >= 0 and any(bound > 1 for bound in of_slot):
            order = filled_order((), space.arrays.inside[slot].tolist())
        looped = [dim for dim in order if of_slot[dim] > 1]
        dims += looped
        bounds += [of_slot[dim] for dim in looped]
        ends.append(len(dims))
    return MappingArrays(ints(dims), ints(bounds), ints(ends), space.arrays.keep_must.copy())


def drawn(problem: MappingProblem, objective: Objective, budget: Budget) -> tuple[Candidate, ...]:
    """Return the front of a few samples: one mapping says little of what a front can leave out."""
    draws = FRONT_SAMPLES if budget.samples is None else min(FRONT_SAMPLES, budget.samples)
    return SamplingDriver().search(problem, objective, Budget(draws), front=True).front


def worth_beating(
    known: Sequence[Candidate], objective: Objective, front: bool
) -> tuple[Candidate, ...]:
    """Return the best candidate; for a front those that no other makes superfluous."""
    if not front:
        return (min(known, key=lambda c: objective.rank(c.energy, c.cycles)),)
    kept: list[Candidate] = []
    for candidate in sorted(known, key=lambda c: (c.energy, c.cycles)):
        if not kept or candidate.cycles < kept[-1].cycles:
            kept.append(candidate)
    return tuple(kept)
