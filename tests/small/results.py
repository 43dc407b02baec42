"""Records of the small case, made without a search."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from accelsim.arch.records import Architecture
from accelsim.arch.spec import read_architecture
from accelsim.evaluation.evaluate import evaluate
from accelsim.mapper.contract import Certificate
from accelsim.mapper.infeasible import Infeasibility, Refusal
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.network.records import LayerResult, NetworkResult, RunInfo
from accelsim.report.results import Comparison, NetworkRun
from accelsim.report.settings import Settings
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.technology.spec import read_technology
from accelsim.workload.records import Layer, Network
from accelsim.workload.spec import read_workload
from tests.small import LAYER, MACHINE, MIXED, TABLE

EVERYTHING = frozenset({"Weights", "Inputs", "Outputs"})


def machine(leakage_mw: float = 0.0) -> Architecture:
    arch = read_architecture(MACHINE)
    memories = tuple(
        replace(memory, leakage_mw=leakage_mw if memory.name == "buffer" else 0.0)
        for memory in arch.memories
    )
    return replace(arch, memories=memories)


def layer() -> Layer:
    return read_workload(LAYER).layers[0]


def mapping(spread: str) -> Mapping:
    """One dim over the lanes, the other stepped through inside the buffer."""
    stepped = {"M": "C", "C": "M"}[spread]
    return Mapping(
        (
            Block("dram", (), EVERYTHING),
            Block("buffer", (Loop(stepped, 2),), EVERYTHING),
            Spread("array", x=(Loop(spread, 2),)),
        )
    )


def searched(considered: int = 10) -> Certificate:
    return Certificate("sampling", 100, considered, False, None, "samples", "energy")


def row(label: str, *entries: LayerResult, arch: Architecture | None = None) -> NetworkResult:
    layers = tuple(entry.layer for entry in entries)
    return NetworkResult(
        label=label,
        network=Network("tiny", layers, assumptions=("biases are left out",)),
        arch=arch or machine(),
        dataflow=label,
        technology="small-table",
        accounting="default",
        objective="energy",
        layers=entries,
        run=RunInfo(seconds=1.25, threads=2),
    )


def entry(
    spread: str,
    name: str = "fc",
    group: str = "fc",
    arch: Architecture | None = None,
    table: EnergyTable | None = None,
) -> LayerResult:
    """One layer of the small case, mapped with one dim over the lanes."""
    named = replace(layer(), name=name, group=group)
    prices = table or read_technology(TABLE)
    evaluation = evaluate(named, arch or machine(), mapping(spread), prices, Accounting("default"))
    return LayerResult(named, evaluation, searched())


def refused(name: str = "fc", group: str = "fc") -> LayerResult:
    """A layer without a mapping."""
    lanes = Refusal("lanes", "array", "array needs 4 lanes, has 2")
    why = Infeasibility(name, "small", (lanes,))
    return LayerResult(replace(layer(), name=name, group=group), None, searched(0), why)


def pooling() -> LayerResult:
    """The pooling layer of the mixed network, with a loop for each dim at the DRAM."""
    pool = read_workload(f"{MIXED}:pool1").layers[0]
    loops = tuple(Loop(dim, bound) for dim, bound in pool.dims if bound > 1)
    assert prod(loop.bound for loop in loops) == pool.operations
    kept = frozenset(tensor.name for tensor in pool.tensors)
    nest = Mapping((Block("dram", loops, kept), Block("buffer", (), kept), Spread("array")))
    return LayerResult(pool, evaluate(pool, machine(), nest, read_technology(TABLE)), searched())


def comparison(*rows: NetworkResult, objective: str = "energy") -> Comparison:
    """``outputs`` and ``inputs`` side by side, unless other rows are given."""
    shown = rows or (row("outputs", entry("M")), row("inputs", entry("C")))
    return Comparison(shown, Settings(("small", "tiny"), objective=objective), "dataflow")


def network_run() -> NetworkRun:
    """Two layers, one spread over outputs and one over inputs."""
    only = row("both", entry("M", "fc1"), entry("C", "fc2"))
    return NetworkRun((only,), Settings(("small", "tiny")))
