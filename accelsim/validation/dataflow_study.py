"""What the dataflow study of ISCA 2016 counts and searches, by set-up, dataflow and layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from accelsim.arch.records import Architecture
from accelsim.arch.spec import read_architecture
from accelsim.conventions import Conventions
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.records import Evaluation
from accelsim.mapper.contract import Budget
from accelsim.mapper.drivers import driver_named
from accelsim.mapper.objectives import objective_named
from accelsim.mapper.results_cache import users_cache
from accelsim.mapspace.records import Dataflow, Limit
from accelsim.mapspace.spec import read_dataflow
from accelsim.network.plan import Plan
from accelsim.network.run import run_network
from accelsim.published.isca2016 import best
from accelsim.published.isca2016_nests import (
    FORWARDED,
    endless_fifo,
    forwarding,
    handed_over,
    machine_of,
    nest,
    shape_of,
)
from accelsim.technology.records import Accounting
from accelsim.technology.spec import read_accounting, read_technology
from accelsim.validation.studies.isca2016_rules import BATCHES, KINDS, PES
from accelsim.workload.spec import read_workload

CANDIDATES = 20
"""Choices of the paper's rules, the best first, of which the first legal nest is counted."""

ROUNDING = 1e-9
"""Of energies, relatively: sums of the same terms in another order differ by much less."""

PLAIN = Conventions()
NOTHING_STAYS = Conventions(reuse="none")
"""The paper's output stationary machines fetch a tile whole whenever it changes."""


@dataclass(frozen=True)
class Total:
    """Layers of a kind under one dataflow: energy per operation by level, or why there is none."""

    levels: dict[str, float]
    refused: str = ""

    @property
    def energy(self) -> float:
        return sum(self.levels.values())


@dataclass(frozen=True)
class Nested:
    """A nest of the paper's, counted by the default conventions and by ``reuse: none``."""

    parameters: dict[str, int]
    stays: Evaluation
    fetched_anew: Evaluation


LEVELS = {
    "dram": "DRAM",
    "buffer": "buffer",
    "array": "array",
    "rows": "array",
    "lanes": "array",
    "registers": "RF",
    "fifo": "RF",
    "sum_register": "RF",
    "mac": "ALU",
}
"""Level of a machine -> level of the paper."""


def total(evaluations: list[Evaluation]) -> Total:
    """Add up layers."""
    operations = sum(one.operations for one in evaluations)
    levels = dict.fromkeys(("DRAM", "buffer", "array", "RF", "ALU"), 0.0)
    for one in evaluations:
        for level, energy in one.energy.over("level").items():
            levels[LEVELS[level]] += energy / operations
    return Total(levels)


def accounting_of(dataflow: str) -> str:
    """Return the accounting file of a dataflow of the study."""
    return "isca2016_nlr" if dataflow == "NLR" else "isca2016"


def conventions_of(dataflow: str) -> Conventions:
    """Return the paper's conventions, which hold for narrow nests."""
    return NOTHING_STAYS if dataflow in ("OSA", "OSB", "OSC") else PLAIN


@cache
def nests(dataflow: str, pes: int, batch: int) -> tuple[Nested, ...] | None:
    """Count the nests that the paper's rules find best for CONV; None if one cannot run."""
    arch = forwarding(read_architecture(f"isca2016_{dataflow.lower()}_{pes}"), dataflow)
    machine, table = machine_of(arch), read_technology("eyeriss-relative")
    rules = read_accounting(accounting_of(dataflow))
    found = []
    for layer in read_workload(f"alexnet:{KINDS['CONV']},batch={batch}").layers:
        for choice in best(dataflow, shape_of(layer), machine, CANDIDATES):
            chosen = dict(choice.parameters)
            loops = nest(dataflow, layer, arch, chosen)
            try:
                stays, anew = (
                    evaluate(layer, arch, loops, table, replace(rules, conventions=its))
                    for its in (PLAIN, NOTHING_STAYS)
                )
                found.append(Nested(chosen, stays, anew))
                break
            except IllegalMappingError:
                continue  # the paper's rules bound room by formulas, not by tiles
        else:
            return None
    return tuple(found)


def counted(dataflow: str, pes: int, batch: int) -> Total | None:
    """Count the paper's nests by the paper's conventions; None if one cannot run.

    Its output stationary machines fetch a buffer's tile whole whenever it changes, while PEs pass
    inputs on inside: what the DRAM gives is counted by the one convention, the rest by the other.
    """
    found = nests(dataflow, pes, batch)
    if found is None:
        return None
    its = total([one.stays for one in found])
    if dataflow not in ("OSA", "OSB", "OSC"):
        return its
    anew = total([one.fetched_anew for one in found])
    return Total(its.levels | {"DRAM": anew.levels["DRAM"]})


def plan_of(
    arch: Architecture, dataflow: Dataflow, rules: Accounting, remainders: bool = False
) -> Plan:
    """Say how a dataflow is searched: for least energy."""
    return Plan(
        label=dataflow.name,
        arch=arch,
        table=read_technology("eyeriss-relative"),
        accounting=rules,
        dataflows=(dataflow,),
        objective=objective_named("energy"),
        budget=Budget(1) if remainders else Budget(),  # of samples: padded bounds are solved
        driver=driver_named("auto", remainders=remainders),
    )


@dataclass(frozen=True)
class Found:
    """What the mapper found for the layers of a kind, or why nothing."""

    layers: tuple[Evaluation, ...]
    refused: str = ""

    @property
    def total(self) -> Total:
        return Total({}, self.refused) if self.refused else total(list(self.layers))


@cache
def searched(
    dataflow: str, pes: int, kind: str, batch: int, conventions: Conventions, variant: str = ""
) -> Found:
    """Search the layers of a kind under a dataflow of the study, or a variant of it.

    Wide convolutions are searched with remainders under weight stationary, and where PEs pass
    inputs on with a FIFO that stands for it; what is found is counted on the machine itself.
    """
    name = f"isca2016_{dataflow.lower()}"
    its = read_architecture(f"{name}_unpinned_{pes}" if variant == "_unpinned" else f"{name}_{pes}")
    wide = kind == "CONV" and not variant
    passes_on = wide and dataflow in FORWARDED
    plan = plan_of(
        endless_fifo(its) if passes_on else its,
        read_dataflow(f"{name}{variant}"),
        replace(read_accounting(accounting_of(dataflow)), conventions=conventions),
        remainders=wide and dataflow == "WS",
    )
    network = read_workload(f"alexnet:{KINDS[kind]},batch={batch}")
    result = run_network(network, plan, cache=users_cache())
    evaluations = []
    for entry in result.layers:
        one = entry.evaluation
        if one is None:
            why = entry.infeasible.refusals[0].what if entry.infeasible else "no mapping"
            return Found((), f"{entry.layer.name}: {why}")
        if passes_on:
            loops = handed_over(dataflow, one.mapping, entry.layer, its)
            linked = forwarding(its, dataflow)
            one = evaluate(entry.layer, linked, loops, plan.table, plan.accounting)
        evaluations.append(one)
    return Found(tuple(evaluations))


@dataclass(frozen=True)
class Wide:
    """The best known under a wide dataflow, and the layers whose mapping is the paper's nest."""

    total: Total
    of_nest: tuple[str, ...]

    @property
    def whose(self) -> str:
        return f"the paper's nest: {', '.join(self.of_nest)}" if self.of_nest else "the mapper's"


@dataclass(frozen=True)
class SetUp:
    """One number of PEs and images, with what was found for CONV under every dataflow."""

    pes: int
    batch: int

    @property
    def group(self) -> str:
        return f"CONV, {self.pes} PEs, N {self.batch}"

    def narrow(self, dataflow: str) -> Total | None:
        return counted(dataflow, self.pes, self.batch)

    def least_narrow(self, dataflow: str) -> float:
        """Return the least energy known under the narrow dataflow."""
        nests, its = self.narrow(dataflow), conventions_of(dataflow)
        mapped = searched(dataflow, self.pes, "CONV", self.batch, its, "_narrow").total
        return min(nests.energy, mapped.energy) if nests else mapped.energy

    def mapped(self, dataflow: str) -> Found:
        """Return what the mapper finds under the wide dataflow."""
        return searched(dataflow, self.pes, "CONV", self.batch, PLAIN)

    def wide(self, dataflow: str) -> Wide:
        """Return the best known under the wide dataflow: of the mapper's and the paper's nests."""
        mapped, nested = self.mapped(dataflow), nests(dataflow, self.pes, self.batch)
        if mapped.refused or nested is None:
            return Wide(mapped.total, ())
        layers = [
            min(ours, theirs.stays, key=lambda one: one.energy_total)
            for ours, theirs in zip(mapped.layers, nested, strict=True)
        ]
        of_nest = tuple(
            one.layer.name
            for one, ours in zip(layers, mapped.layers, strict=True)
            if one.energy_total < ours.energy_total * (1 - ROUNDING)
        )
        return Wide(total(layers), of_nest)


SET_UPS = tuple(SetUp(pes, batch) for pes in PES for batch in BATCHES)


def with_one_input() -> float:
    """Return OSA / RS at 256 PEs and 16 images, with remainders, if a PE keeps one input.

    Its sums are as many as its registers have room for.
    """
    free = read_dataflow("isca2016_osa_unpinned")
    sums_alone = tuple(
        replace(rule, axis="temporal", limits=(("M", Limit()),), others_free=False)
        if rule.at == "registers"
        else rule
        for rule in free.rules
    )
    energies = []
    for machine, dataflow in (
        ("isca2016_osa_unpinned_256", replace(free, rules=sums_alone)),
        ("isca2016_rs_256", read_dataflow("isca2016_rs")),
    ):
        rules = read_accounting(accounting_of("OSA"))
        plan = plan_of(read_architecture(machine), dataflow, rules, remainders=True)
        network = read_workload(f"alexnet:{KINDS['CONV']},batch=16")
        result = run_network(network, plan, cache=users_cache())
        assert result.complete
        energies.append(total([entry.evaluation for entry in result.layers if entry.evaluation]))
    return energies[0].energy / energies[1].energy
