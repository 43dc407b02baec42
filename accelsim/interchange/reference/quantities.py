"""Quantities by name, so that two accounts of one mapping can be laid side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from accelsim.interchange.reference.case import ExactWalk, NetworkStats, Stats, TensorStats

Kind = Literal["count", "exact", "energy", "ratio"]
"""How closely two values must agree: see :data:`TOLERANCES`."""

RELATIVE = 1e-6

TOLERANCES: dict[Kind, str] = {
    "count": "equal; 1 where the average is no whole number",
    "exact": "equal",
    "energy": f"{RELATIVE:g} of it",
    "ratio": f"{RELATIVE:g} of it",
}


class Name(NamedTuple):
    """What a value is of; level and tensor are empty where it is of all."""

    level: str
    tensor: str
    quantity: str


@dataclass(frozen=True, slots=True)
class Value:
    """A number, or a list of numbers that belong together, and how closely it is to be met."""

    numbers: tuple[float, ...]
    kind: Kind


Quantities = dict[Name, Value]

KINDS: dict[str, Kind] = {
    "utilized_capacity_words": "exact",
    "utilized_instances_max": "exact",
    "utilized_instances_avg": "exact",
    "reads_per_instance": "count",
    "fills_per_instance": "count",
    "updates_per_instance": "count",
    "temporal_reductions_per_instance": "count",
    "address_generations_per_instance": "count",
    "access_energy_pJ_per_instance": "energy",
    "access_energy_pJ_total": "energy",
    "address_generation_energy_pJ_total": "energy",
    "avg_read_bandwidth_words_per_cycle": "ratio",
    "avg_write_bandwidth_words_per_cycle": "ratio",
    "cycles": "exact",
    "bandwidth_throttling_factor": "ratio",
    "leakage_energy_pJ_total": "energy",
    "ingresses_per_parent_instance": "count",
    "multicast_histogram": "count",
    "link_transfers": "count",
    "spatial_reductions": "count",
    "average_hops": "ratio",
    "energy_pJ_total": "energy",
    "link_energy_pJ_total": "energy",
    "spatial_reduction_energy_pJ_total": "energy",
    "utilized_instances": "exact",
    "computes": "exact",
    "energy_pJ": "energy",
    "total_cycles": "exact",
    "utilization": "ratio",
    "compute_operations": "exact",
    "total_energy_pJ": "energy",
    "parent_accesses_total_after_multicast": "exact",
    "words_delivered_to_children_total": "exact",
}
"""Every quantity that is compared, by the name that a case gives it."""


def value(quantity: str, *numbers: float) -> Value:
    """Return the value of a quantity, to be met as closely as its kind says."""
    return Value(tuple(map(float, numbers)), KINDS[quantity])


def stated(stats: Stats) -> Quantities:
    """Return what a case expects of a valid mapping."""
    found: Quantities = {}

    def put(level: str, tensor: str, quantity: str, *numbers: float | None) -> None:
        known = [number for number in numbers if number is not None]
        if len(known) == len(numbers):
            found[Name(level, tensor, quantity)] = value(quantity, *known)

    for quantity in ("total_cycles", "utilization", "compute_operations", "total_energy_pJ"):
        if quantity in stats.model_fields_set:
            put("", "", quantity, getattr(stats, quantity))
    for component, energy in stats.energy_pJ_by_component.items():
        put(component, "", "energy_pJ", energy)
    for level, its in stats.levels.items():
        for quantity in ("cycles", "bandwidth_throttling_factor", "leakage_energy_pJ_total"):
            put(level, "", quantity, getattr(its, quantity))
        for tensor, tensor_stats in its.tensors.items():
            for quantity in TensorStats.model_fields:
                if quantity in KINDS:
                    put(level, tensor, quantity, getattr(tensor_stats, quantity))
    for network, tensors in stats.networks.items():
        for tensor, sent in tensors.items():
            for quantity in NetworkStats.model_fields:
                if quantity != "multicast_histogram":
                    put(network, tensor, quantity, getattr(sent, quantity))
            if sent.multicast_histogram is not None:
                entries = [(e.multicast, e.scatter, e.accesses) for e in sent.multicast_histogram]
                put(network, tensor, "multicast_histogram", *histogram(entries))
    if stats.compute:
        for quantity in ("utilized_instances", "computes", "cycles"):
            put("compute", "", quantity, getattr(stats.compute, quantity))
    return found


def histogram(entries: list[tuple[int, int, float]]) -> Iterator[float]:
    """Yield the entries that carry words, in order."""
    for entry in sorted(entries):
        if entry[2]:
            yield from entry


def walked(walk: ExactWalk, capacities: Stats) -> Quantities:
    """Return what a case knows of a mapping that Timeloop counts inexactly."""
    found: Quantities = {Name("", "", "compute_operations"): value("computes", walk.operations)}
    for level, its in capacities.levels.items():
        for tensor, stats in its.tensors.items():
            quantity = "utilized_capacity_words"
            found[Name(level, tensor, quantity)] = value(quantity, stats.utilized_capacity_words)
    for network, tensors in walk.per_boundary.items():
        for tensor, boundary in tensors.items():
            for quantity, number in boundary:
                found[Name(network, tensor, quantity)] = value(quantity, number)
    return found
