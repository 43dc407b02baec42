"""The dataflow study of ISCA 2016 by its own counting rules, beside what it says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import inf

from accelsim.arch.spec import read_architecture
from accelsim.published.isca2016 import DATAFLOWS, Best, best
from accelsim.published.isca2016_nests import machine_of, shape_of
from accelsim.validation.published import Figure, read_figures
from accelsim.validation.records import Case, Study, around, at_most, within
from accelsim.workload.records import Layer
from accelsim.workload.spec import read_workload

PES = (256, 512, 1024)
BATCHES = (1, 16, 64)
KINDS = {"CONV": "conv*", "FC": "fc*"}

LEVELS = ("DRAM", "buffer", "array", "RF", "ALU")

FROZEN_DIGITS = 1e-4
"""What rounding to six digits may take from a level of less than 100 per operation."""


@cache
def layers(kind: str, batch: int) -> tuple[Layer, ...]:
    """Return the layers of AlexNet of a kind."""
    return read_workload(f"alexnet:{KINDS[kind]},batch={batch}").layers


@cache
def found(dataflow: str, pes: int, kind: str, batch: int) -> tuple[Best, ...] | None:
    """Return the best choice for each layer by the study's rules; None if a layer cannot run."""
    machine = machine_of(read_architecture(f"isca2016_{dataflow.lower()}_{pes}"))
    bests = [best(dataflow, shape_of(layer), machine) for layer in layers(kind, batch)]
    return tuple(one for (one,) in bests) if all(bests) else None


def by_level(bests: tuple[Best, ...]) -> dict[str, float]:
    """Return energy per operation by level, all layers together."""
    operations = sum(one.alu for one in bests)
    sums = {
        "DRAM": sum(one.dram for one in bests),
        "buffer": sum(one.buffer for one in bests),
        "array": sum(one.array for one in bests),
        "RF": sum(one.rf for one in bests),
        "ALU": operations,
    }
    return {level: energy / operations for level, energy in sums.items()}


def per_mac(dataflow: str, pes: int, kind: str, batch: int) -> float | None:
    """Return energy per operation; None if the dataflow cannot run."""
    bests = found(dataflow, pes, kind, batch)
    return None if bests is None else sum(by_level(bests).values())


def why_not(pes: int, batch: int) -> str:
    """Say why weight stationary cannot run: the first layer whose sums the buffer cannot hold."""
    room = machine_of(read_architecture(f"isca2016_ws_{pes}")).buffer_words
    for layer in layers("CONV", batch):
        shape = shape_of(layer)
        sums = shape.batch * shape.output_side**2
        if sums > room:
            return f"{layer.name} needs {sums:,} words for the sums of a filter, has {room:,}"
    return ""


def cases() -> Iterator[Case]:
    """Yield the table for 256 PEs, the claims of the abstract, and row stationary by layer."""
    figures = read_figures("isca2016")
    figure = figures["energy_per_mac"]
    for kind in KINDS:
        for batch in BATCHES:
            yield from _table(figure, kind, batch)
    yield from restated_cases(figures["rules_restated"])
    yield from _claims(figures["claims"])
    yield from _layers(figures["rs_per_layer"])


def _table(figure: Figure, kind: str, batch: int) -> Iterator[Case]:
    """Yield row stationary's energy and the others' ratio to it."""
    group = f"{kind}, 256 PEs, N {batch}"
    base, theirs = per_mac("RS", 256, kind, batch), figure[kind, f"N {batch}", "RS"]
    yield figure.case(group, "RS, energy/MAC", base, theirs, within(theirs, 0.05))
    assert base is not None
    for dataflow in list(DATAFLOWS)[1:]:
        ours = per_mac(dataflow, 256, kind, batch)
        published = figure.values[kind, f"N {batch}", dataflow]
        ratio = None if published is None else published / theirs
        yield figure.case(
            group,
            f"{dataflow} / RS",
            None if ours is None else ours / base,
            ratio,
            None if ratio is None else within(ratio, 0.05),
            "" if ours is not None else why_not(256, batch),
            unit="x RS",
        )


def restated_cases(figure: Figure) -> Iterator[Case]:
    """Yield, for each set-up, how far the rules as minimised now are from those that were frozen.

    A dataflow that only one of the two can run is infinitely far.
    """
    for group in dict.fromkeys(keys[0] for keys in figure.values):
        kind, pes, batch = group.replace(" PEs", "").replace("N ", "").split(", ")
        apart: dict[str, float] = {}
        for dataflow in DATAFLOWS:
            bests, theirs = (
                found(dataflow, int(pes), kind, int(batch)),
                figure.branch(group, dataflow),
            )
            if bests is None or theirs is None:
                apart[dataflow] = 0.0 if bests is None and theirs is None else inf
                continue
            for level, ours in by_level(bests).items():
                apart[f"{dataflow}, {level}"] = abs(ours - theirs[level])
        worst = max(apart, key=lambda name: apart[name])
        name = "largest difference of a level"
        yield figure.case(group, name, apart[worst], 0.0, at_most(FROZEN_DIGITS), worst)


def _claims(figure: Figure) -> Iterator[Case]:
    """Yield the abstract's claims, which it rounds to one digit after the point."""

    def ratios(kind: str, batches: tuple[int, ...]) -> list[float]:
        found = []
        for pes in PES:
            for batch in batches:
                base = per_mac("RS", pes, kind, batch)
                others = (per_mac(dataflow, pes, kind, batch) for dataflow in DATAFLOWS)
                found += [its / base for its in others if its and base and its != base]
        return found

    conv, fc = ratios("CONV", BATCHES), ratios("FC", (16, 64))
    for name, ours in (
        ("CONV least", min(conv)),
        ("CONV most", max(conv)),
        ("FC least", min(fc)),
    ):
        theirs = figure[name]
        yield figure.case("others / RS, all set-ups", name, ours, theirs, around(theirs, 0.05))


def _layers(figure: Figure) -> Iterator[Case]:
    """Yield row stationary layer by layer; the reference counts four accesses of the RF per MAC."""
    group = "RS, 256 PEs, N 16, by layer"
    for kind in KINDS:
        bests = found("RS", 256, kind, 16)
        assert bests is not None
        for number, one in enumerate(bests, start=1):
            layer = f"{kind}{number}"
            for level, ours, share in (("DRAM", one.dram, 0.12), ("RF", one.rf, 0.06)):
                theirs = figure[layer, level]
                name = f"{layer}, {level}"
                yield figure.case(group, name, ours / 1e9, theirs, within(theirs, share))


STUDY = Study(
    name="isca2016_rules",
    title="Dataflow study, by the paper's own counting rules",
    source=(
        'Chen, Emer, Sze, "Eyeriss: A Spatial Architecture for Energy-Efficient Dataflow for '
        'Convolutional Neural Networks", ISCA 2016'
    ),
    parts=(cases,),
)
