"""The sums of a network are those of its evaluations, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from accelsim.evaluation.moved import compulsory_words, words_by_level
from accelsim.explore.executors import Stop
from accelsim.network.records import NetworkResult
from accelsim.network.run import Searched, evaluated, search_network
from accelsim.network.sums import Sums, sums_of
from accelsim.report.sources import Priced, lines_of, source_lines
from accelsim.verbs.search import Search, plan
from accelsim.verbs.words import ReadFrom, as_architecture, as_network

SAMPLED = Search(driver="sampling", samples=300)

CASES: dict[str, tuple[str, str, list[str], list[str], dict[str, Any]]] = {
    "shapes": ("eyeriss_shared", "alexnet:conv3,pool5,fc8",
        ["technology=horowitz-45nm", "glb.leakage=3mW"], [], {}),
    "equal layers": ("tpu_like", "resnet18:*layer1*conv*", ["array.mesh_x=20"], [],
        {"search": SAMPLED}),
    "bandwidths": (
        "eyeriss_shared",
        "alexnet:conv2,pool2,fc7",
        ["glb.read_bandwidth=2words/cycle", "dram.shared_bandwidth=1words/cycle", "glb.block=64b",
         "array.bandwidth=4words/cycle", "array.fill_cycles=10"],
        [],
        {"search": Search(objective="edp", driver="sampling", samples=300)},
    ),
    "addresses": (
        "eyeriss_shared",
        "alexnet:conv2,pool1",
        ["glb.energy.address=0.1", "psum_spad.size=0B", "array.forwards.Inputs=[Q]"],
        [],
        {"search": SAMPLED},
    ),
    "zeros": (
        "eyeriss_shared",
        "alexnet:conv3,pool5,fc7",
        ["mac.skipping=[Inputs]", "ifmap_spad.gating={Inputs: [Weights]}",
         "dram.format.Inputs=bitmask"],
        ["*.density.inputs=0.3", "*.density.weights=0.5"],
        {"search": SAMPLED},
    ),
    "uneven": (
        "eyeriss_shared", "alexnet:conv1,pool1,fc8", [], [],
        {"search": Search(uneven="glb", samples=300)},
    ),
    "remainders": (
        "eyeriss_shared", "alexnet:conv2,pool5", ["array.mesh_x=8"], [],
        {"search": Search(remainders=True, samples=300)},
    ),
    "timeloop": (
        "simba_like", "alexnet:conv2,fc8", [], [],
        {"accounting": "timeloop", "search": Search(samples=300)},
    ),
    "zigzag": (
        "shidiannao_like", "alexnet:conv2,pool5", [], [],
        {"accounting": "zigzag", "search": Search(samples=300)},
    ),
    "isca2016": ("isca2016_rs_256", "alexnet:conv1,fc8", [], [], {"accounting": "isca2016"}),
}  # fmt: skip
"""Machine, network, what is set of each, and the rest of the plan."""


def searched(
    machine: str, work: str, of_machine: list[str], of_work: list[str], more: dict[str, Any]
) -> Searched:
    arch = as_architecture(machine, tuple(of_machine))
    rules = {"accounting": None, "search": Search(), **more}
    its = plan(arch.name, arch, (), None, rules["accounting"], rules["search"], ReadFrom())
    return search_network(as_network(work, tuple(of_work)), its)


def added_one_by_one(found: NetworkResult) -> Sums:
    """Add up what a result tells of its layers."""
    total = found.total
    evaluations = [its.evaluation for its in found.layers if its.evaluation is not None]
    words: dict[str, int] = {}
    for evaluation in evaluations:
        for level, count in words_by_level(evaluation).items():
            words[level] = words.get(level, 0) + count
    return Sums(
        energy_total=total.energy_total,
        cycles=total.cycles,
        operations=total.operations,
        macs=total.macs,
        utilization=total.utilization,
        energy_by_level=total.energy.over("level"),
        words_by_level=words,
        compulsory_words=sum(map(compulsory_words, evaluations)),
        area_mm2=evaluations[0].area_mm2,
        proved=all(its.certificate and its.certificate.optimal for its in found.layers),
        happens=np.array([its.happens for its in evaluations]),
    )


@pytest.mark.parametrize("case", CASES)
def test_sums_are_those_of_the_evaluations(case: str) -> None:
    its = searched(*CASES[case])
    assert its.complete
    sums, found = sums_of(its), evaluated(its)
    apart = added_one_by_one(found)
    assert np.array_equal(sums.happens, apart.happens)
    # Floats in words have all their digits.
    assert repr(replace(sums, happens=apart.happens)) == repr(apart)
    prices = its.machine.prices
    layers = [Priced(its.plan.arch, prices, happens) for happens in sums.happens]
    assert lines_of(layers) == source_lines([found])


def test_a_network_that_was_stopped_is_not_complete() -> None:
    arch = as_architecture("eyeriss_shared")
    its = plan(arch.name, arch, (), None, None, SAMPLED, ReadFrom())
    network = as_network("alexnet:conv1,fc8")
    for turns in range(3):
        found = search_network(network, its, stop=stopping_after(turns))
        assert not found.complete
        assert not evaluated(found).complete


def stopping_after(turns: int) -> Stop:
    asked = iter(range(turns))
    return lambda: next(asked, None) is None
