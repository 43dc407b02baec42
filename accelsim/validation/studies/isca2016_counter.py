"""The dataflow study of ISCA 2016 by this package's counter and mapper, beside the paper's rules.

*Narrow*: the nest that the paper's rules find best, counted by the general rules (remainders, and
forwarding between neighbours where the study has it), or what the mapper finds under the dataflow
file of that nest.  *Wide*: the mapper chooses buffer tiles and the order at the DRAM.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial

from accelsim.arch.spec import read_architecture
from accelsim.conventions import Conventions
from accelsim.evaluation.evaluate import IllegalMappingError, evaluate
from accelsim.evaluation.records import Evaluation
from accelsim.mapper.contract import Budget
from accelsim.mapper.drivers import driver_named
from accelsim.mapper.objectives import objective_named
from accelsim.mapper.results_cache import users_cache
from accelsim.mapspace.spec import read_dataflow
from accelsim.network.run import Plan, run_network
from accelsim.published.isca2016 import DATAFLOWS, best
from accelsim.published.isca2016_nests import forwarding, machine_of, nest, shape_of
from accelsim.technology.spec import read_accounting, read_technology
from accelsim.validation.published import Figure, read_figures
from accelsim.validation.records import (
    Case,
    Study,
    Tolerance,
    around,
    at_least,
    at_most,
    between,
    times,
    within,
)
from accelsim.validation.studies.isca2016_rules import BATCHES, KINDS, PES
from accelsim.workload.spec import read_workload

OTHERS = tuple(DATAFLOWS)[1:]

CANDIDATES = 20
"""Choices of the paper's rules, the best first, of which the first legal nest is counted."""

PLAIN = Conventions()
NOTHING_STAYS = Conventions(reuse="none")
"""The paper's output stationary machines fetch a tile whole whenever it changes."""

NARROW_NOTES = {
    "RS": "the last write of a sum in a PE is charged, the paper elides it",
    "WS": "inputs are read from the buffer, which the paper does not count; the rest agrees",
    "OSA": "inputs pass between neighbours: counted as a FIFO that holds the window",
    "OSB": "inputs pass between neighbours: counted as a FIFO that holds the window",
    "OSC": "",
    "NLR": "a tile that the next step needs again stays, the paper fetches it anew",
}

WIDE_NOTES = {
    "WS": "the narrow nest, with remainders: the mapper has only the order at the DRAM to choose",
    "OSA": "the better of the mapper's, without forwarding, and the narrow nest with it",
    "OSB": "free tiles and order: the DRAM does not give inputs again for every filter row; the "
    "better of the mapper's, without forwarding, and the narrow nest with it",
    "OSC": "free tiles and order: the DRAM does not give inputs again for every weight of a filter",
    "NLR": "free tiles and order hardly matter: operands come from the buffer at every step",
}
"""Where it differs from the paper, and why."""


@dataclass(frozen=True)
class Total:
    """Layers of a kind under one dataflow: energy per operation by level, or why there is none."""

    levels: dict[str, float]
    refused: str = ""

    @property
    def energy(self) -> float:
        return sum(self.levels.values())


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
def counted(dataflow: str, pes: int, batch: int, conventions: Conventions) -> Total | None:
    """Count the nests that the paper's rules find best for CONV; None if one cannot run."""
    arch = forwarding(read_architecture(f"isca2016_{dataflow.lower()}_{pes}"))
    machine, table = machine_of(arch), read_technology("eyeriss-relative")
    rules = replace(read_accounting(accounting_of(dataflow)), conventions=conventions)
    evaluations = []
    for layer in read_workload(f"alexnet:{KINDS['CONV']},batch={batch}").layers:
        for choice in best(dataflow, shape_of(layer), machine, CANDIDATES):
            loops = nest(dataflow, layer, arch, dict(choice.parameters))
            try:
                evaluations.append(evaluate(layer, arch, loops, table, rules))
                break
            except IllegalMappingError:
                continue  # the paper's rules bound room by formulas, not by tiles
        else:
            return None
    return total(evaluations)


@cache
def searched(
    dataflow: str, pes: int, kind: str, batch: int, conventions: Conventions, variant: str = ""
) -> Total:
    """Search the layers of a kind under a dataflow of the study, or a variant of it."""
    name = f"isca2016_{dataflow.lower()}"
    machine = f"{name}_unpinned_{pes}" if variant == "_unpinned" else f"{name}_{pes}"
    plan = Plan(
        label=dataflow,
        arch=read_architecture(machine),
        table=read_technology("eyeriss-relative"),
        accounting=replace(read_accounting(accounting_of(dataflow)), conventions=conventions),
        dataflows=(read_dataflow(f"{name}{variant}"),),
        objective=objective_named("energy"),
        budget=Budget(),
        driver=driver_named("auto"),
    )
    network = read_workload(f"alexnet:{KINDS[kind]},batch={batch}")
    result = run_network(network, plan, cache=users_cache())
    evaluations = []
    for entry in result.layers:
        if entry.evaluation is None:
            why = entry.infeasible.refusals[0].what if entry.infeasible else "no mapping"
            return Total({}, f"{entry.layer.name}: {why}")
        evaluations.append(entry.evaluation)
    return total(evaluations)


@dataclass(frozen=True)
class SetUp:
    """One number of PEs and images, with what was found for CONV under every dataflow."""

    pes: int
    batch: int

    @property
    def group(self) -> str:
        return f"CONV, {self.pes} PEs, N {self.batch}"

    def narrow(self, dataflow: str) -> Total | None:
        return counted(dataflow, self.pes, self.batch, conventions_of(dataflow))

    def least_narrow(self, dataflow: str) -> float:
        """Return the least energy known under the narrow dataflow."""
        nests, its = self.narrow(dataflow), conventions_of(dataflow)
        mapped = searched(dataflow, self.pes, "CONV", self.batch, its, "_narrow").energy
        return min(nests.energy, mapped) if nests else mapped

    def wide(self, dataflow: str) -> Total:
        """Return the best known under the wide dataflow: of the mapper's, and the narrow nests.

        The mapper's is proved best of perfect factors, nests may have remainders.
        """
        mapped = searched(dataflow, self.pes, "CONV", self.batch, PLAIN)
        nests = counted(dataflow, self.pes, self.batch, PLAIN)
        both = [its for its in (mapped, nests) if its and not its.refused]
        return min(both, key=lambda its: its.energy) if both else mapped


SET_UPS = tuple(SetUp(pes, batch) for pes in PES for batch in BATCHES)


def all_narrow() -> Iterator[Case]:
    """Yield every set-up under the paper's nests."""
    figures = read_figures("isca2016")
    for set_up in SET_UPS:
        yield from narrow_cases(figures["rules_restated"], set_up)
    yield from _shares(figures["rs_shares"], SetUp(256, 16))


def one_wide(set_up: SetUp) -> Iterator[Case]:
    """Yield one set-up as the mapper would have it."""
    yield from wide_cases(read_figures("isca2016"), set_up)


def other_layers_and_machines() -> Iterator[Case]:
    """Yield FC, and the machine that OSA must not be."""
    figures = read_figures("isca2016")
    yield from _fully_connected(figures["rules_restated"])
    yield from _unpinned(figures["osa_registers_free"])


def narrow_cases(figure: Figure, set_up: SetUp) -> Iterator[Case]:
    """Yield the energy of each dataflow's nest, and how far its levels are from the paper's."""
    group = f"{set_up.group}: narrow, energy/MAC"
    apart: dict[str, float] = {}
    for dataflow in DATAFLOWS:
        theirs, ours = figure.branch(set_up.group, dataflow), set_up.narrow(dataflow)
        if theirs is None or ours is None:
            mapped = searched(dataflow, set_up.pes, "CONV", set_up.batch, PLAIN, "_narrow")
            yield figure.case(group, dataflow, None if ours is None else ours.energy,
                              None if theirs is None else sum(theirs.values()), None,
                              mapped.refused)  # fmt: skip
            continue
        published = sum(theirs.values())
        surplus = dataflow == "WS"
        share = 0.1 if surplus else 0.02
        yield figure.case(group, dataflow, ours.energy, published, within(published, share),
                          NARROW_NOTES[dataflow])  # fmt: skip
        # What weight stationary needs more is in the buffer, and only there.
        levels = [level for level in theirs if not (surplus and level == "buffer")]
        for level in levels:
            apart[f"{dataflow}, {level}"] = abs(ours.levels[level] - theirs[level])
    worst = max(apart, key=lambda name: apart[name])
    name = "largest difference of a level"
    yield figure.case(group, name, apart[worst], 0.0, at_most(0.1), f"{worst}; WS buffer left out")


def _shares(figure: Figure, set_up: SetUp) -> Iterator[Case]:
    ours = set_up.narrow("RS")
    assert ours is not None
    for level in ("RF", "DRAM"):
        share = 100 * ours.levels[level] / ours.energy
        theirs = figure[level]
        group = f"{set_up.group}: narrow, share of RS"
        yield figure.case(group, level, share, theirs, around(theirs, 2))


def wide_cases(figures: Mapping[str, Figure], set_up: SetUp) -> Iterator[Case]:
    """Yield row stationary beside the paper's, and the others beside row stationary."""
    figure = figures["rules_restated"]
    group = f"{set_up.group}: wide"
    rules = {name: figure.branch(set_up.group, name) for name in DATAFLOWS}
    base, theirs = set_up.wide("RS"), rules["RS"]
    assert theirs is not None
    paper = sum(theirs.values())
    note = "free tiles and order at the DRAM"
    yield figure.case(group, "RS, energy/MAC", base.energy, paper, times(paper, 0.95, 1.01), note)
    runs = {name: its for name in OTHERS if not (its := set_up.wide(name)).refused}
    least = min(runs, key=lambda name: runs[name].energy)
    rivals = [sum(known.values()) for name in OTHERS if (known := rules[name])]
    yield figure.case(group, "cheapest other / RS", runs[least].energy / base.energy,
                      min(rivals) / paper, at_least(1), least, unit="x RS")  # fmt: skip
    for dataflow in OTHERS:
        one_image = (dataflow, set_up.batch) == ("OSC", 1)
        key = "wide_range_one_image" if one_image else "wide_ranges"
        room, judged = _judged(figures[key], dataflow)
        ours, rule = set_up.wide(dataflow), rules[dataflow]
        yield figure.case(
            group,
            f"{dataflow} / RS",
            None if ours.refused else ours.energy / base.energy,
            None if rule is None else sum(rule.values()) / paper,
            room,
            ours.refused or f"{judged}; {WIDE_NOTES[dataflow]}",
            unit="x RS",
        )
    dearer = {name: its.energy / set_up.least_narrow(name) for name, its in runs.items()}
    dearer["RS"] = base.energy / set_up.least_narrow("RS")
    worst = max(dearer, key=lambda name: dearer[name])
    name = "wide / narrow, at most"
    yield figure.case(group, name, dearer[worst], 1.0, at_most(1), worst, unit="x narrow")
    if set_up.pes == 256:
        for level in ("RF", "DRAM"):
            share = 100 * base.levels[level] / base.energy
            room, judged = _judged(figures["wide_shares"], level)
            yield figure.case(group, f"share of RS, {level}", share, 100 * theirs[level] / paper,
                              room, judged, unit="%")  # fmt: skip


def _judged(ranges: Figure, name: str) -> tuple[Tolerance, str]:
    """Return a range that was set beforehand, and the note that it is what is judged."""
    its = ranges.branch(name)
    assert its is not None
    middle = f"{its['closed form']:g} by " if "closed form" in its else ""
    note = f"judged is the range, not the number beside it: {middle}{ranges.source}"
    return between(its["least"], its["most"]), note


def _fully_connected(figure: Figure) -> Iterator[Case]:
    for pes in PES:
        for batch in (16, 64):
            group = f"FC, {pes} PEs, N {batch}"
            base = searched("RS", pes, "FC", batch, PLAIN)
            ours = {name: searched(name, pes, "FC", batch, PLAIN) for name in OTHERS}
            ratios = {n: its.energy / base.energy for n, its in ours.items() if not its.refused}
            least = min(ratios, key=lambda name: ratios[name])
            rules = [figure.branch(group, name) for name in DATAFLOWS]
            energies = [sum(its.values()) for its in rules if its]
            yield figure.case(f"{group}: wide", "cheapest other / RS", ratios[least],
                              min(energies[1:]) / energies[0], at_least(1), least,
                              unit="x RS")  # fmt: skip


def _unpinned(figure: Figure) -> Iterator[Case]:
    base = searched("RS", 256, "CONV", 16, PLAIN)
    ours = searched("OSA", 256, "CONV", 16, PLAIN, "_unpinned")
    theirs = figure["OSA"]
    group = "CONV, 256 PEs, N 16: OSA, registers free"
    note = (
        "not judged: theirs is ours in closed form; a PE that keeps many sums is another machine "
        "than the paper's, whose ratio is 1.40"
    )
    yield figure.case(group, "OSA / RS", ours.energy / base.energy, theirs, None, note)


STUDY = Study(
    name="isca2016_counter",
    title="Dataflow study, by the general counter and mapper, beside the paper's rules",
    source=(
        'Chen, Emer, Sze, "Eyeriss: A Spatial Architecture for Energy-Efficient Dataflow for '
        'Convolutional Neural Networks", ISCA 2016'
    ),
    parts=(
        all_narrow,
        *(partial(one_wide, set_up) for set_up in SET_UPS),
        other_layers_and_machines,
    ),
)
