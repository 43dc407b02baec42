"""An evaluation in the terms of a reference case: per average instance in use, in its names.

Timeloop's statistics are of one instance, rounded to whole words, and its time is a quotient in
floating point, rounded up; both are redone here on our counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from accelsim.evaluation.mesh import MeshTraffic
from accelsim.evaluation.records import COMPUTE, Evaluation
from accelsim.interchange.reference.case import (
    LevelCase,
    NetworkCase,
    ReferenceCase,
    TensorStats,
)
from accelsim.interchange.reference.lowering import network_name
from accelsim.interchange.reference.quantities import (
    KINDS,
    Name,
    Quantities,
    histogram,
    value,
)
from accelsim.technology.records import ACTIONS

WHOLE = 1e-9
"""What a quotient of words and instances may be off a whole number and still be one."""


AT_LEVEL = (*TensorStats.model_fields.keys() & KINDS.keys(),)


def rounded(average: float) -> int:
    """Round half away from zero, as C's ``round`` does."""
    return int(average + 0.5)


@dataclass(frozen=True)
class _Account:
    case: ReferenceCase
    evaluation: Evaluation

    def words(self, level: str, tensor: str, action: str) -> int:
        its = self.evaluation
        at = its.levels.index(level), its.tensors.index(tensor), ACTIONS.index(action)
        return int(its.words[at])

    def instances(self, level: str) -> int:
        return self.evaluation.instances[level][0]

    def is_void(self, level: str, tensor: str) -> bool:
        """Tell whether a tensor comes from further in than a level, or the network below it."""
        at = [step.level for step in self.case.mapping].index(level)
        return at < self.case.outermost_keeper(tensor)

    @property
    def is_plain(self) -> bool:
        """Whether our sums are those of the case.

        Not if some tensor bypasses the outermost level, or some instance moves, on average, no
        whole number of words, which Timeloop rounds before it prices them.
        """
        tensors = [tensor.name for tensor in self.case.problem.tensors]
        return all(self.case.outermost_keeper(tensor) == 0 for tensor in tensors) and not any(
            self.words(level.name, tensor, action) % self.instances(level.name)
            for level in self.case.arch.levels
            for tensor in tensors
            for action in ("read", "fill", "update")
        )


def account(case: ReferenceCase, evaluation: Evaluation) -> Quantities:
    """Return what an evaluation says of every quantity that a valid case may state.

    ``evaluation`` is of the case as lowered, under the accounting ``timeloop``.
    """
    its = _Account(case, evaluation)
    found: Quantities = {}
    energies: dict[str, float] = {}
    compute_cycles = int(evaluation.compute_cycles)
    slowest = compute_cycles
    for level in case.arch.levels:
        of_level, cycles, energy = _level(its, level, compute_cycles)
        found |= of_level
        energies[level.name] = energy
        slowest = max(slowest, cycles)
    for outer, inner in zip(case.arch.levels, case.arch.inner, strict=True):
        network = network_name(outer, inner)
        of_network, energy = _network(its, network, outer.network_to_child)
        found |= of_network
        energies[f"{network} network"] = energy
    compute = case.arch.compute.name
    by_level = evaluation.energy.over("level")
    energies[compute] = by_level[compute]
    cycles = slowest + evaluation.arch.latency_cycles
    total = sum(energies.values())
    if its.is_plain:
        total = evaluation.energy_total
        leaks = {level.name: _leaked(its, level) for level in case.arch.levels}
        for component in energies:
            level_name = component.removesuffix(" network")
            energies[component] = by_level[level_name] + leaks.get(component, 0.0)
        if abs(cycles - evaluation.cycles) > 1:  # more than a quotient's rounding
            cycles = int(evaluation.cycles)
    for component, energy in energies.items():
        found[Name(component, "", "energy_pJ")] = value("energy_pJ", energy)
    operations = evaluation.layer.operations
    busy = operations / case.arch.compute.instances / cycles
    found[Name("", "", "total_cycles")] = value("total_cycles", cycles)
    found[Name("", "", "utilization")] = value("utilization", busy)
    found[Name("", "", "compute_operations")] = value("compute_operations", operations)
    found[Name("", "", "total_energy_pJ")] = value("total_energy_pJ", total)
    done = int(evaluation.words[-1, -1, ACTIONS.index(evaluation.layer.op)])
    for quantity, number in (
        ("utilized_instances", its.instances(compute)),
        ("computes", done),
        ("cycles", compute_cycles),
    ):
        found[Name("compute", "", quantity)] = value(quantity, number)
    return found


def _leaked(its: _Account, level: LevelCase) -> float:
    """Return what the instances of a level in use leak before latencies; an absent one nothing."""
    if level.capacity_words == 0:
        return 0.0
    cycles = its.evaluation.cycles - its.evaluation.arch.latency_cycles
    return level.leak_pJ_per_instance_cycle * its.instances(level.name) * cycles


def _level(its: _Account, level: LevelCase, compute_cycles: int) -> tuple[Quantities, int, float]:
    """Return (quantities, cycles, energy) of a memory."""
    found: Quantities = {}
    name, instances = level.name, its.instances(level.name)
    step = next(step for step in its.case.mapping if step.level == name)
    energy = leaked = _leaked(its, level)
    read_rates, write_rates = [], []
    moved: dict[str, tuple[int, int]] = {}
    for tensor in its.case.problem.tensors:
        if tensor.name not in step.keep:
            found |= {
                Name(name, tensor.name, quantity): value(quantity, 0) for quantity in AT_LEVEL
            }
            continue
        averages = {
            action: its.words(name, tensor.name, action) / instances
            for action in ("read", "fill", "update")
        }
        if its.case.mapping[its.case.outermost_keeper(tensor.name)] is step:
            averages["fill"] = 0.0
        counts = {action: rounded(average) for action, average in averages.items()}
        accessed = sum(
            ceil(count / level.block_words) * getattr(level.energy_pJ_per_block_access, action)
            for action, count in counts.items()
        )
        rises = tensor.role == "output"
        addresses = counts["fill"] + counts["update" if rises else "read"]
        addressing = addresses * level.address_generation_energy_pJ * instances
        energy += accessed * instances + addressing
        at = its.evaluation.levels.index(name), its.evaluation.tensors.index(tensor.name)
        moved[tensor.name] = counts["read"], counts["fill"] + counts["update"]
        read_rates.append(moved[tensor.name][0] / compute_cycles)
        write_rates.append(moved[tensor.name][1] / compute_cycles)
        for quantity, number in {
            "utilized_capacity_words": int(its.evaluation.tile_words[at]),
            "utilized_instances_max": instances,
            "utilized_instances_avg": instances,
            "reads_per_instance": averages["read"],
            "fills_per_instance": averages["fill"],
            "updates_per_instance": averages["update"],
            "temporal_reductions_per_instance": averages["read"] if rises else 0,
            "address_generations_per_instance": averages["fill"]
            + averages["update" if rises else "read"],
            "access_energy_pJ_per_instance": accessed,
            "access_energy_pJ_total": accessed * instances,
            "address_generation_energy_pJ_total": addressing,
        }.items():
            found[Name(name, tensor.name, quantity)] = value(quantity, number)
    speed = slowdown(level, sum(read_rates), sum(write_rates))
    cycles = ceil(compute_cycles / speed)
    for tensor_name, (read, written) in moved.items():
        for quantity, words in (
            ("avg_read_bandwidth_words_per_cycle", read),
            ("avg_write_bandwidth_words_per_cycle", written),
        ):
            rate = words / compute_cycles * speed
            found[Name(name, tensor_name, quantity)] = value(quantity, rate)
    for quantity, amount in (
        ("cycles", cycles),
        ("bandwidth_throttling_factor", speed),
        ("leakage_energy_pJ_total", leaked),
    ):
        found[Name(name, "", quantity)] = value(quantity, amount)
    return found, cycles, energy


def slowdown(level: LevelCase, read_rate: float, write_rate: float) -> float:
    """Return the share of its speed that the compute keeps on the ports of a memory.

    Rates are words per cycle of a compute that never waits.
    """
    speed = 1.0
    for rate, width in (
        (read_rate, level.read_bandwidth_words_per_cycle),
        (write_rate, level.write_bandwidth_words_per_cycle),
        (read_rate + write_rate, level.shared_bandwidth_words_per_cycle),
    ):
        if width is not None and width < rate:
            speed = min(speed, width / rate)
    return speed


def _network(its: _Account, network: str, costs: NetworkCase) -> tuple[Quantities, float]:
    """Return (quantities, energy) of a network."""
    found: Quantities = {}
    energy = 0.0
    outer = network.split("->")[0]
    parents = its.instances(outer)
    for tensor in its.case.problem.tensors:
        mesh = its.evaluation.meshes[network, tensor.name]
        reductions = its.words(network, tensor.name, "reduce")
        if its.is_void(outer, tensor.name):
            mesh, reductions = MeshTraffic(()), 0
        link = costs.energy_pJ_per_hop_per_word + 2 * costs.router_energy_pJ
        linking = mesh.linked * link
        entering = (mesh.hops - mesh.linked) * costs.energy_pJ_per_hop_per_word
        entering += (mesh.routed - 2 * mesh.linked) * costs.router_energy_pJ
        entries = [(e.multicast, e.scatter, e.words / parents) for e in mesh.entries]
        energy += entering + linking
        for quantity, number in {
            "ingresses_per_parent_instance": mesh.words / parents,
            "link_transfers": mesh.linked / parents,
            "spatial_reductions": reductions / parents,
            "average_hops": mesh.average_hops,
            "energy_pJ_total": entering,
            "link_energy_pJ_total": linking,
            "spatial_reduction_energy_pJ_total": 0.0,
        }.items():
            found[Name(network, tensor.name, quantity)] = value(quantity, number)
        name = Name(network, tensor.name, "multicast_histogram")
        found[name] = value("multicast_histogram", *histogram(entries))
    return found, energy


def account_exactly(case: ReferenceCase, evaluation: Evaluation) -> Quantities:
    """Return the counts of all instances together, and the words that tiles hold."""
    its = _Account(case, evaluation)
    found: Quantities = {}
    operations = evaluation.words[-1, -1, ACTIONS.index(evaluation.layer.op)]
    found[Name("", "", "compute_operations")] = value("computes", operations)
    for t, tensor in enumerate(evaluation.tensors):
        for level_index, level in enumerate(evaluation.levels):
            if tensor != COMPUTE and evaluation.tile_words[level_index, t]:
                quantity = "utilized_capacity_words"
                words = int(evaluation.tile_words[level_index, t])
                found[Name(level, tensor, quantity)] = value(quantity, words)
    outside: dict[str, str] = {}
    for outer, inner, step in zip(case.arch.levels, case.arch.inner, case.mapping, strict=True):
        network = network_name(outer, inner)
        for tensor_case in case.problem.tensors:
            name = tensor_case.name
            if tensor_case.role == "output":
                arriving = its.words(network, name, "collect")
                leaving = arriving + its.words(network, name, "reduce")
            else:
                leaving = its.words(network, name, "deliver")
                arriving = (
                    its.words(outer.name, name, "read")
                    if name in step.keep
                    else its.words(outside[name], name, "deliver")
                )
            outside[name] = network
            for quantity, words in (
                ("parent_accesses_total_after_multicast", arriving),
                ("words_delivered_to_children_total", leaving),
            ):
                found[Name(network, name, quantity)] = value(quantity, words)
    return found
