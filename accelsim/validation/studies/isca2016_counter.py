"""The dataflow study of ISCA 2016 by this package's counter and mapper, beside the paper's rules.

*Narrow*: the nest that the paper's rules find best, counted by the general rules (remainders, and
forwarding between neighbours where the study has it), or what the mapper finds under the dataflow
file of that nest.  *Wide*: the mapper chooses buffer tiles and the order at the DRAM.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from accelsim.published.isca2016 import DATAFLOWS
from accelsim.validation.dataflow_study import (
    PLAIN,
    SET_UPS,
    SetUp,
    searched,
    with_one_input,
)
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
from accelsim.validation.studies.isca2016_rules import PES

OTHERS = tuple(DATAFLOWS)[1:]

NARROW_NOTES = {
    "RS": "the last write of a sum in a PE is charged, the paper elides it",
    "WS": "inputs are read from the buffer, which the paper does not count; the rest agrees",
    "OSA": "CONV1's inputs pass between neighbours (rule 12); the FIFO holds other windows whole",
    "OSB": "CONV1's and CONV2's inputs pass between neighbours (rule 12); the FIFO holds other "
    "windows whole",
    "OSC": "",
    "NLR": "a tile that the next step needs again stays, the paper fetches it anew",
}

WIDE_NOTES = {
    "WS": "searched with remainders: the mapper has little but the order at the DRAM to choose",
    "OSA": "inputs pass between neighbours (rule 12)",
    "OSB": "inputs pass between neighbours (rule 12); free tiles and order: the DRAM does not give "
    "inputs again for every filter row",
    "OSC": "free tiles and order: the DRAM does not give inputs again for every weight of a filter",
    "NLR": "free tiles and order hardly matter: operands come from the buffer at every step",
}
"""Where it differs from the paper, and why."""


ALONE_NOTE = (
    "the paper's nest has factors that do not divide their bounds, of which the mapper looks at "
    "few under WS and at none elsewhere"
)


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
    best_known = {name: set_up.wide(name) for name in DATAFLOWS}
    base, theirs = best_known["RS"].total, rules["RS"]
    assert theirs is not None
    paper = sum(theirs.values())
    note = f"free tiles and order at the DRAM; {best_known['RS'].whose}"
    yield figure.case(group, "RS, energy/MAC", base.energy, paper, times(paper, 0.95, 1.01), note)
    runs = {name: its.total for name, its in best_known.items() if not its.total.refused}
    least = min((name for name in runs if name != "RS"), key=lambda name: runs[name].energy)
    rivals = [sum(known.values()) for name in OTHERS if (known := rules[name])]
    yield figure.case(group, "cheapest other / RS", runs[least].energy / base.energy,
                      min(rivals) / paper, at_least(1), least, unit="x RS")  # fmt: skip
    for dataflow in OTHERS:
        one_image = (dataflow, set_up.batch) == ("OSC", 1)
        key = "wide_range_one_image" if one_image else "wide_ranges"
        room, judged = _judged(figures[key], dataflow)
        ours, rule = best_known[dataflow].total, rules[dataflow]
        whose = best_known[dataflow].whose
        ratio = None if rule is None else sum(rule.values()) / paper
        yield figure.case(
            group,
            f"{dataflow} / RS",
            None if ours.refused else ours.energy / base.energy,
            ratio,
            room,
            ours.refused or f"{whose}; {judged}; {WIDE_NOTES[dataflow]}",
            unit="x RS",
        )
        if best_known[dataflow].of_nest:
            mappers = set_up.mapped(dataflow).total.energy / base.energy
            yield figure.case(group, f"{dataflow} / RS, the mapper's alone", mappers, ratio, None,
                              f"not judged: {ALONE_NOTE}", unit="x RS")  # fmt: skip
    narrow = {name: set_up.least_narrow(name) for name in runs}
    alone = {name: set_up.mapped(name).total.energy / narrow[name] for name in runs}
    worst = max(alone, key=lambda name: alone[name])
    yield figure.case(group, "the mapper's alone / narrow, at most", alone[worst], 1.0,
                      at_most(1.005), f"{worst}; {ALONE_NOTE}", unit="x narrow")  # fmt: skip
    dearer = {name: its.energy / narrow[name] for name, its in runs.items()}
    worst = max(dearer, key=lambda name: dearer[name])
    name = "wide / narrow, at most"
    yield figure.case(group, name, dearer[worst], 1.0, at_most(1),
                      f"{worst}; {best_known[worst].whose}", unit="x narrow")  # fmt: skip
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
            base = searched("RS", pes, "FC", batch, PLAIN).total
            ours = {name: searched(name, pes, "FC", batch, PLAIN).total for name in OTHERS}
            ratios = {n: its.energy / base.energy for n, its in ours.items() if not its.refused}
            least = min(ratios, key=lambda name: ratios[name])
            rules = [figure.branch(group, name) for name in DATAFLOWS]
            energies = [sum(its.values()) for its in rules if its]
            yield figure.case(f"{group}: wide", "cheapest other / RS", ratios[least],
                              min(energies[1:]) / energies[0], at_least(1), least,
                              unit="x RS")  # fmt: skip


def _unpinned(figure: Figure) -> Iterator[Case]:
    base = searched("RS", 256, "CONV", 16, PLAIN).total
    ours = searched("OSA", 256, "CONV", 16, PLAIN, "_unpinned").total
    theirs = figure["OSA"]
    group = "CONV, 256 PEs, N 16: OSA, registers free"
    note = (
        "not judged: a PE that keeps many sums is another machine than the paper's, whose ratio is "
        "1.40; theirs is ours in closed form, with one input a PE and remainders; here a PE keeps "
        "rows of inputs too, and factors divide their bounds"
    )
    yield figure.case(group, "OSA / RS", ours.energy / base.energy, theirs, None, note)
    yield figure.case(group, "OSA / RS, one input a PE, with remainders", with_one_input(), theirs,
                      within(theirs, 0.01), "the closed form's mappings")  # fmt: skip


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
