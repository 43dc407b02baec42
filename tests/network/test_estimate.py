"""The estimation method, by hand on the small case, and what it must keep to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.errors import SpecError
from accelsim.evaluation.evaluate import evaluate
from accelsim.network.estimate import (
    LayerEstimate,
    estimate_layer,
    estimate_network,
    mac_energy,
    share_done,
)
from accelsim.roles import ROLES, Role
from accelsim.technology.records import EnergyTable, Price
from accelsim.technology.spec import read_technology
from accelsim.workload.records import Layer
from tests.evaluation import machines
from tests.small import TABLE
from tests.small.results import entry, layer, machine, mapping, pooling, refused, row

DENSITIES = {"Weights": 0.5, "Inputs": 0.25, "Outputs": 0.75}


def with_zeros(layer: Layer, densities: dict[str, float]) -> Layer:
    return replace(
        layer,
        tensors=tuple(replace(t, density=densities.get(t.role, 1.0)) for t in layer.tensors),
    )


def with_bits(layer: Layer, bits: int) -> Layer:
    return replace(layer, tensors=tuple(replace(t, bits=bits) for t in layer.tensors))


def scaled(table: EnergyTable, factor: float) -> EnergyTable:
    return replace(
        table,
        prices={
            component: {a: replace(p, energy=factor * p.energy) for a, p in actions.items()}
            for component, actions in table.prices.items()
        },
    )


def estimated(its: Layer, table: EnergyTable | None = None) -> LayerEstimate:
    found = evaluate(its, machine(), mapping("M"), table or read_technology(TABLE))
    return estimate_layer(found, mac_energy(found.prices, found.arch))


def test_without_zeros_by_hand() -> None:
    """The counts of ``outputs`` (tests/small): DRAM 100, buffer 10, array 1, MAC 1."""
    found = estimated(layer())
    assert found.computation == 4
    # 4 words from the DRAM into the buffer, 4 reads of it, 4 deliveries.
    assert found.data["Weights"] == 4 * 100 + 4 * 10 + 4 * 10 + 4
    # 2 words into the buffer, 2 reads, 4 deliveries.
    assert found.data["Inputs"] == 2 * 100 + 2 * 10 + 2 * 10 + 4
    # 4 updates and 2 reads of the buffer, 4 sums collected and 2 delivered; 2 drained to the DRAM.
    assert found.data["Outputs"] == 2 * 100 + 2 * 10 + (4 + 2) * 10 + 4 + 2
    assert found.total == 1018


def test_with_zeros_by_hand() -> None:
    """Half of the weights and a quarter of the inputs are not zero: 1 of 8 MACs is done.

    What serves a MAC (reads of the buffer, the array, updates) is done with it; what else moves is
    compressed to the non-zeros of its tensor; sums are dense but for the two that are finished.
    """
    found = estimated(with_zeros(layer(), DENSITIES))
    assert share_done(found.layer) == 0.125
    assert found.computation == 4 / 8
    assert found.data["Weights"] == 0.5 * (400 + 40) + (40 + 4) / 8
    assert found.data["Inputs"] == 0.25 * (200 + 20) + (20 + 4) / 8
    assert found.data["Outputs"] == 0.75 * 200 + 20 + (60 + 6) / 8
    assert [found.density(role) for role in ROLES] == [0.5, 0.25, 0.75]
    assert [found.non_zeros(role) for role in ROLES] == [2, 0.5, 1.5]


def test_cheap_operations_are_never_skipped() -> None:
    pool = pooling()
    assert pool.evaluation is not None
    its = with_zeros(pool.layer, {"Inputs": 0.0})
    found = evaluate(its, machine(), pool.evaluation.mapping, read_technology(TABLE))
    estimate = estimate_layer(found, 1.0)
    assert estimate.computation == its.operations
    assert estimate.data["Weights"] == 0
    assert estimate.density("Weights") is None
    assert estimate.data["Inputs"] < estimate_layer(pool.evaluation, 1.0).data["Inputs"]


def test_a_network_is_the_sum_of_what_could_be_mapped() -> None:
    found = estimate_network(row("tiny", entry("M", "fc1"), entry("C", "fc2"), refused("fc3")))
    assert [its.layer.name for its in found.layers] == ["fc1", "fc2"]
    assert found.total == 1018 + 996
    assert (found.computation, found.macs, found.non_zeros("Weights")) == (8, 8, 8)
    assert found.total == found.computation + sum(found.data.values())
    assert estimate_network(row("tiny", refused())).total == 0


def test_partial_sums_in_registers_and_a_dram_that_takes_sums_back() -> None:
    """The worked example of docs/model.md: weights in registers, sums to the buffer and beyond.

    24 sums (4 at each of 6 visits) go to the DRAM; 12 of these are finished ones.
    """
    prices = machines.priced(dram={"access": 1.0}, mac={"mac": 1.0})
    dense = evaluate(machines.row(), machines.machine(), machines.MAPPING, prices)
    assert dense.energy.by("level", "tensor")["dram", "Outputs"] == 24 + 12
    its = with_zeros(machines.row(), {"Outputs": 0.5})
    found = evaluate(its, machines.machine(), machines.MAPPING, prices)
    assert estimate_layer(found, 1.0).data["Outputs"] == 24 + 12 - 12 * 0.5


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_fewer_zeros_never_cost_less(weights: float, inputs: float, outputs: float) -> None:
    densities = {"Weights": weights, "Inputs": inputs, "Outputs": outputs}
    few, more = estimated(layer()), estimated(with_zeros(layer(), densities))
    assert more.computation <= few.computation
    assert all(more.data[role] <= few.data[role] + 1e-9 for role in ROLES)
    halved = estimated(with_zeros(layer(), densities | {"Weights": weights / 2}))
    assert halved.computation == pytest.approx(more.computation / 2)
    assert halved.data["Weights"] == pytest.approx(more.data["Weights"] / 2)


@given(st.floats(1e-3, 1e3))
def test_the_unit_of_the_table_does_not_matter(factor: float) -> None:
    table = read_technology(TABLE)
    one, other = estimated(layer(), table), estimated(layer(), scaled(table, factor))
    assert other.total == pytest.approx(one.total)
    assert other.data == pytest.approx(one.data)


def test_half_the_bits_are_half_the_data_and_a_quarter_of_the_multipliers() -> None:
    wide, narrow = estimated(layer()), estimated(with_bits(layer(), 8))
    assert narrow.computation == wide.computation / 4
    assert narrow.data == {role: energy / 2 for role, energy in wide.data.items()}


def test_a_mac_that_costs_nothing_is_no_unit() -> None:
    table = read_technology(TABLE)
    free = {"mac": Price(0.0, "a test"), "alu": Price(0.0, "a test")}
    table = replace(table, prices={**table.prices, "mac": free})
    with pytest.raises(SpecError, match="a MAC costs nothing under 'small-table'"):
        estimate_network(row("tiny", entry("M", table=table)))


INPUTS: frozenset[Role] = frozenset({"Inputs"})


def test_zeros_are_not_spared_twice() -> None:
    arch = machine()
    gated = replace(arch, nodes=(*arch.nodes[:-1], replace(arch.compute, gating=INPUTS)))
    with pytest.raises(SpecError, match="'small' gates, skips or compresses zeros"):
        estimate_network(row("tiny", refused(), arch=gated))
