"""Addresses, latencies and throttling, by hand, on the worked example of ``docs/model.md``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accelsim.arch.records import Architecture
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.packing import pack
from accelsim.evaluation.prices import resolve
from accelsim.evaluation.pricing import case_of, price_batch
from accelsim.evaluation.records import Evaluation
from accelsim.mapper.contract import mapping_problem
from accelsim.mapper.exact.covers import covers
from accelsim.mapping.arrays import MappingArrays, pack_layer, pack_mapping
from accelsim.mapping.machine_arrays import pack_machine
from accelsim.technology.records import Accounting, EnergyTable
from tests.evaluation.machines import (
    ARRAY,
    BUFFER,
    DRAM,
    MAPPING,
    REGISTER,
    machine,
    priced,
    row,
)

FREE = priced()


def example(
    arch: Architecture, prices: EnergyTable = FREE, accounting: Accounting | None = None
) -> Evaluation:
    return evaluate(row(), arch, MAPPING, prices, accounting or Accounting("default"))


def searched(arch: Architecture, prices: EnergyTable = FREE) -> tuple[float, float]:
    """Return the energy and cycles that a search sees."""
    layer = row()
    arrays = pack(resolve(arch, prices, Accounting("default")), arch, layer)
    case, scratch = case_of(pack_layer(layer), pack_machine(arch, layer), arrays)
    one = MappingArrays(*(part.reshape(1, -1) for part in pack_mapping(MAPPING, layer)))
    status, energy, cycles = price_batch(case, scratch, one)
    assert status.tolist() == [0]
    return float(energy[0]), float(cycles[0])


# --- addresses ------------------------------------------------------------------------------------


def addresses(found: Evaluation) -> dict[str, list[int]]:
    """Return level -> of Inputs, Weights, Outputs."""
    return dict(zip(found.levels, found.addresses.tolist(), strict=True))


def test_every_word_that_is_accessed_needs_an_address() -> None:
    found = addresses(example(machine()))
    # Reads 16 and 12, updates 24: the 12 sums that are read are updated under the same address.
    assert found["dram"] == [16, 12, 24]
    # Fills 16, 12, 12; reads 48, 36; updates 24; drains 24.
    assert found["buffer"] == [64, 48, 60]
    # Fills and reads of weights.
    assert found["register"] == [0, 144, 0]
    assert found["array"] == found["mac"] == [0, 0, 0]


def test_what_is_not_charged_needs_no_address() -> None:
    no_drains = Accounting("no drains", {"buffer": {"drain": 0.0, "fill.Weights": 0.0}})
    assert addresses(example(machine(), accounting=no_drains))["buffer"] == [64, 36, 36]


def test_what_addresses_cost() -> None:
    prices = priced(dram={"address": 3.0}, buffer={"address": 0.5})
    found = example(machine(), prices)
    by_action = found.energy.by("level", "action")
    assert by_action["dram", "address"] == 3.0 * 52
    assert by_action["buffer", "address"] == 0.5 * 172
    assert found.energy_total == searched(machine(), prices)[0] == 3.0 * 52 + 0.5 * 172
    half = Accounting("half", {"dram": {"address": 0.5}})
    assert example(machine(), prices, half).energy_total == 1.5 * 52 + 0.5 * 172


def test_a_level_may_state_what_an_address_costs() -> None:
    arch = machine(register=replace(REGISTER, energy={"address": 0.25}))
    assert example(arch).energy_total == 0.25 * 144


def test_wide_blocks_and_wide_words_have_an_address_for_each_word() -> None:
    blocks = machine(buffer=replace(BUFFER, block_bits=64))
    prices = priced(buffer={"address": 1.0})
    assert example(blocks, prices).energy_total == searched(blocks, prices)[0] == 172.0
    wide = evaluate(row(32, 32, 32), machine(), MAPPING, prices)
    assert wide.energy_total == 172.0


# --- latencies ------------------------------------------------------------------------------------


def test_networks_fill_and_drain_once() -> None:
    arch = machine(array=replace(ARRAY, fill_cycles=5, drain_cycles=2))
    found = example(arch)
    assert (found.cycles, found.compute_cycles, found.bound) == (19.0, 12.0, "compute")
    assert found.utilization == 72 / (6 * 19)
    assert searched(arch) == (0.0, 19.0)


def test_nothing_leaks_while_networks_fill() -> None:
    slow = replace(ARRAY, fill_cycles=5)
    leaky = replace(REGISTER, leakage_mw=1.0)  # 1 pJ a cycle
    assert example(machine(array=slow, register=leaky)).energy_total == 6 * 12
    assert searched(machine(array=slow, register=leaky)) == (72.0, 17.0)


def test_parts_of_an_array_fill_together() -> None:
    slow = replace(ARRAY, fill_cycles=5)
    arch = machine(array=slow)
    at = arch.nodes.index(slow)
    inner = replace(slow, name="inner")
    twice = replace(arch, nodes=(*arch.nodes[: at + 1], inner, *arch.nodes[at + 1 :]))
    assert arch.latency_cycles == twice.latency_cycles == 5


# --- throttling -----------------------------------------------------------------------------------


def test_how_much_ports_slow_the_compute() -> None:
    # The DRAM's port moves 88 words (test_by_hand), the array 228; the compute takes 12 cycles.
    arch = machine(
        dram=replace(DRAM, shared_words_per_cycle=4.0),
        array=replace(ARRAY, words_per_cycle=100.0),
    )
    found = example(arch)
    slow = found.port_cycles["dram"]
    assert slow > 12
    assert found.throttling == {"dram": 12 / slow, "array": 1.0}
    assert example(machine()).throttling == {}


# --- the exact mapper -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arch", "prices", "reason"),
    [
        (machine(), priced(dram={"address": 1.0}), "energy of addresses"),
        (machine(array=replace(ARRAY, drain_cycles=1)), FREE, "latencies of networks"),
        (machine(), FREE, ""),
    ],
)
def test_what_the_exact_mapper_does_not_cover(
    arch: Architecture, prices: EnergyTable, reason: str
) -> None:
    problem = mapping_problem(row(), arch, resolve(arch, prices, Accounting("default")))
    assert covers(problem) == reason
