"""Which problems the exact driver answers."""

from __future__ import annotations

from math import prod

from accelsim.counter.general.layout import needs_general
from accelsim.evaluation.packing import PriceArrays
from accelsim.kept import kept
from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.lattice import active_dims, lattice_points
from accelsim.mapper.exact.layout import (
    MAX_DIVISORS,
    MAX_JOINTS,
    MAX_MARKS,
    MAX_SHEETS,
    MAX_TENSORS,
)
from accelsim.mapper.exact.pattern import keep_choices
from accelsim.mapper.exact.sheets import limited_sheets
from accelsim.mapper.exact.slots import joint_limits, node_slots
from accelsim.mapspace.factors import divisors_of

MAX_POINTS = 1_000_000
"""Points of the lattice; every one takes some 300 bytes."""

MAX_PATTERNS = 4096

MAX_OUTLOOKS = 1 << 24
"""Patterns times points; every one takes some 25 bytes."""


@kept
def covers(problem: MappingProblem) -> str:
    """Return why the exact driver cannot answer; empty if it can, a front of all trade-offs too."""
    return (
        refuses_conventions(problem)
        or refuses_prices(problem)
        or refuses_size(problem)
        or refuses_limits(problem)
    )


def refuses_conventions(problem: MappingProblem) -> str:
    """Look at how movement is counted."""
    conventions = problem.conventions
    if not conventions.plain:
        return f"other conventions than its own ({conventions})"
    if needs_general(problem.machine, conventions):
        return "lanes that pass words on to neighbours"
    return ""


def refuses_prices(problem: MappingProblem) -> str:
    """Look at what things cost."""
    prices, machine = problem.price_arrays, problem.machine
    reason = refuses_terms(prices)
    if reason:
        return reason
    if (machine.place_block[:, problem.layer_arrays.output] > 1).any():
        return "blocks wider than a word that hold outputs"
    for memory in {sheet.memory for sheet in limited_sheets(problem)} - {-1}:
        places = (machine.place_memory == memory).any(axis=1).nonzero()[0]
        inside = machine.fanout_inside
        if len(places) and ((inside > places[0]) & (inside <= places[-1])).any():
            return "a port of limited bandwidth on both sides of a fanout"
    networks = [int(f) for f in prices.fanout_bits.nonzero()[0]]
    for fanout in networks:
        if (machine.fanout_inside == machine.fanout_inside[fanout]).sum() > 1:
            return "a network of limited bandwidth beside another fanout"
        if len(machine.fanout_inside) > 1 and not sums_stop_around(problem, fanout):
            return "a network of limited bandwidth whose sums cross several fanouts"
    return ""


@kept
def refuses_terms(prices: PriceArrays) -> str:
    """Look at what is charged at all, whatever the layer."""
    if prices.gated_leakage.any():
        return "leakage of memories that are switched off where unused"
    if prices.address_energy.any():
        return "energy of addresses"
    if prices.latency_cycles > 0:
        return "latencies of networks"
    if any((a < 0).any() for a in (prices.place_energy, prices.fanout_energy)):
        return "negative prices"
    return ""


def sums_stop_around(problem: MappingProblem, fanout: int) -> bool:
    """Return whether sums are always kept between a fanout and its neighbours."""
    inside = problem.machine.fanout_inside
    must = problem.space.arrays.keep_must
    output = problem.layer_arrays.output
    for other in range(len(inside)):
        low, high = sorted((int(inside[fanout]), int(inside[other])))
        between = [p for p in range(low, high) if int(must[p]) >> output & 1]
        if other != fanout and not between:
            return False
    return True


def refuses_size(problem: MappingProblem) -> str:
    """Look at how much there is of everything."""
    layer = problem.layer_arrays
    if len(layer.relevant) > MAX_TENSORS:
        return f"more than {MAX_TENSORS} tensors"
    points, choices = lattice_points(problem), prod(map(len, keep_choices(problem)))
    if points > MAX_POINTS:
        return f"more than {MAX_POINTS:,} vectors of extents"
    if any(len(divisors_of(int(b))) > MAX_DIVISORS for b in layer.bounds):
        return f"bounds of more than {MAX_DIVISORS} divisors"
    two_terms = layer.rank_dim[:, 1] >= 0
    if two_terms.any() and int(layer.rank_extent[two_terms].max()) > 64 * (MAX_MARKS - 1):
        return f"windows over more than {64 * (MAX_MARKS - 1):,} words"
    if len(limited_sheets(problem)) >= MAX_SHEETS:
        return f"more than {MAX_SHEETS - 1} ports of limited bandwidth"
    if choices > MAX_PATTERNS:
        return f"more than {MAX_PATTERNS:,} choices of what to keep"
    if choices * points > MAX_OUTLOOKS:
        return f"{choices:,} choices of what to keep for {points:,} vectors of extents"
    return ""


def refuses_limits(problem: MappingProblem) -> str:
    """Look at limits on products over several levels."""
    _, across = joint_limits(problem)
    masks = [int(m) for m in problem.space.arrays.joint_slots]
    for mask in masks:
        nodes = [of for of in node_slots(problem) if any(mask >> s & 1 for s in of)]
        halves = [of for of in nodes if len(of) == 2 and sum(mask >> s & 1 for s in of) == 1]
        if len(nodes) > 1 and halves:
            return "a limit on the product of one axis of several fanouts"
    longest = max((int(problem.layer_arrays.bounds[d]) for d in active_dims(problem)), default=1)
    if len(across) > MAX_JOINTS or (across and longest >= 1 << 20):
        return f"more than {MAX_JOINTS} limits on products over several levels"
    return ""
