"""Energies, cycles and areas worked out by hand, on the worked example of ``docs/model.md``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accelsim.arch.records import Architecture, Fanout, Holding, Memory, Place
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.prices import resolve
from accelsim.evaluation.records import Evaluation
from accelsim.mapping.records import Block, Mapping, Spread
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.workload.records import Layer
from tests.evaluation.machines import (
    ALL,
    ARRAY,
    BUFFER,
    DRAM,
    MAC,
    MAPPING,
    REGISTER,
    WEIGHTS,
    loops,
    machine,
    priced,
    row,
    table,
    tensor,
)

FREE = priced()


def example(
    arch: Architecture | None = None,
    prices: EnergyTable = FREE,
    layer: Layer | None = None,
    accounting: Accounting = Accounting("default"),  # noqa: B008
) -> Evaluation:
    return evaluate(layer or row(), arch or machine(), MAPPING, prices, accounting)


# --- energy ---------------------------------------------------------------------------------------


def test_energy_of_the_example() -> None:
    found = example(
        prices=priced(
            dram={"access": 100.0},
            buffer={"read": 6.0, "update": 7.0, "fill": 0.25, "drain": 0.5},
            register_file={"access": 1.0},
            array={"deliver": 2.0, "collect": 0.1, "reduce": 4.0},
            mac={"mac": 3.0},
        )
    )
    assert found.energy.by("level") == pytest.approx(
        {
            # Reads 16 + 12 + 12, updates 24.
            ("dram",): 64 * 100,
            # Reads 48 + 36 + 12; updates 24; fills 16 + 12; drains 24.  (The weights pass by: the
            # register keeps them, and the buffer too, 12 fills.)
            ("buffer",): 96 * 6 + 24 * 7 + 40 * 0.25 + 24 * 0.5,
            ("array",): (72 + 72 + 12) * 2 + 24 * 0.1 + 48 * 4,
            # 72 fills and 72 reads of weights.
            ("register",): 144,
            ("mac",): 72 * 3,
        }
    )
    assert found.energy_total == pytest.approx(6400 + 766 + 506.4 + 144 + 216)
    assert found.leakage == 0.0
    assert found.energy_per_operation == pytest.approx(8032.4 / 72)


def test_words_are_priced_by_their_bits() -> None:
    found = example(prices=priced(dram={"access": 1.0}), layer=row(8, 4, 32))
    # 16 inputs of 4 bits, 12 weights of 8, 12 + 24 sums of 32, against a word of 16.
    assert found.energy_total == pytest.approx(16 / 4 + 12 / 2 + 36 * 2)


def test_a_level_holds_sums_in_a_width_of_its_own() -> None:
    """Sums of 24 b in the buffer, 16 b elsewhere; 32 b on the way through the array."""
    found = example(
        machine(
            buffer=replace(BUFFER, widths={"Outputs": 24}, shared_words_per_cycle=1.0),
            array=replace(ARRAY, widths={"Outputs": 32}),
        ),
        priced(
            dram={"access": 1.0},
            buffer={"access": 1.0},
            array={"deliver": 0.0, "collect": 1.0, "reduce": 1.0},
        ),
    )
    energy = found.energy.by("level", "tensor")
    # 12 + 24 sums at the DRAM; 12 reads, 24 updates, 12 fills and 24 drains at the buffer.
    assert energy["dram", "Outputs"] == 36
    assert energy["buffer", "Outputs"] == 72 * 24 / 16
    assert energy["array", "Outputs"] == (24 + 48) * 2
    assert energy["buffer", "Inputs"] == 48 + 16
    # The buffer's tile: 4 inputs and 6 weights of 16 b, 4 sums of 24 b.
    assert found.capacity_bits["buffer"][0] == 10 * 16 + 4 * 24
    # Inputs 48 + 16 words, weights 36 + 12 of 16 b, sums 72 of 24 b, through 16 b a cycle.
    assert found.port_cycles["buffer"] == 64 + 48 + 72 * 24 / 16


def test_values_in_lanes_waste_what_is_left_of_a_word() -> None:
    """Of a 64-bit word, 24 bits take 32 (two a word), 5 take 8, 16 as they are."""
    packed = replace(DRAM, word_bits=64, block_bits=128, packing="lanes")
    found = example(machine(dram=packed), priced(dram={"access": 1.0}), row(5, 16, 24))
    widths = {"Weights": 8, "Inputs": 16, "Outputs": 32}
    words = {"Weights": 12, "Inputs": 16, "Outputs": 12}
    assert found.capacity_bits["dram"][0] == sum(words[t] * widths[t] for t in words)
    # Blocks of 16 weights, 8 inputs and 4 sums: two sweeps of 3 visits for inputs, 2 visits for
    # weights, 6 for sums, 3 of which take sums back.
    energy = found.energy.by("level", "tensor")
    assert energy["dram", "Inputs"] == 6 * 128 / 16
    assert energy["dram", "Weights"] == 2 * 128 / 16
    assert energy["dram", "Outputs"] == 9 * 128 / 16


def test_a_first_read_costs_only_what_a_table_says() -> None:
    assert example(prices=priced(dram={"access": 1.0})).energy_total == 64
    # The 12 sums that start from zero at the DRAM.
    assert example(prices=priced(dram={"access": 1.0, "first_read": 10.0})).energy_total == 184


def test_prices_of_a_level_win_over_the_table() -> None:
    arch = machine(
        dram=replace(DRAM, energy={"access": 2.0, "update": 3.0}),
        array=replace(ARRAY, energy={"reduce": 5.0}),
        mac=replace(MAC, energy={"mac": 7.0}),
    )
    found = example(arch, priced(dram={"access": 100.0}, array={"deliver": 1.0}))
    assert found.energy.by("level") == {
        ("dram",): 40 * 2 + 24 * 3,
        ("buffer",): 0,
        ("array",): 156 + 48 * 5,
        ("register",): 0,
        ("mac",): 72 * 7,
    }


def test_an_accounting_weighs_actions_and_roles() -> None:
    weights = {"dram": {"read": 0.5, "read.Outputs": 0.0}, "array": {"deliver.Weights": 3.0}}
    found = example(
        prices=priced(dram={"access": 1.0}, array={"deliver": 1.0}),
        accounting=Accounting("some", weights),
    )
    assert found.energy.by("level")["dram",] == (16 + 12) * 0.5 + 24
    assert found.energy.by("level")["array",] == 72 + 3 * 72 + 12


def one_operation(op: str, *bits: int, word_bits: int = 16) -> float:
    """Return the energy of one operation on operands of some widths, at a price of 1."""
    inputs = [tensor(f"X{i}", "Inputs", bits=width) for i, width in enumerate(bits)]
    layer = Layer(
        "one",
        "einsum",
        (("A", 1),),
        (*inputs, tensor("Z", "Outputs", bits=48)),
        op="alu" if op == "alu" else "mac",
    )
    prices = table({**FREE_ALL, "mac": {"mac": 1.0, "alu": 1.0}}, word_bits=word_bits)
    empty = Mapping(
        (
            Block("dram", (), frozenset(t.name for t in layer.tensors)),
            Block("buffer"),
            Spread("array"),
            Block("register"),
        )
    )
    return evaluate(layer, machine(), empty, prices).energy_total


FREE_ALL = {
    component: {action: price.energy for action, price in actions.items()}
    for component, actions in FREE.prices.items()
}


@pytest.mark.parametrize(
    ("bits", "word_bits", "energy"),
    [
        ((16, 16), 16, 1.0),
        ((8, 8), 16, 1 / 4),
        ((8, 4), 16, 1 / 8),
        ((8, 8), 8, 1.0),
        ((24, 16), 8, 6.0),
        ((8,), 16, 1 / 4),
        # Of 4, 8 and 16 bits the geometric mean is 8, which squared is 64: a quarter of 16 * 16.
        ((4, 8, 16), 16, 1 / 4),
        ((8, 8, 8), 16, 1 / 4),
    ],
)
def test_a_multiplication_grows_with_the_product_of_its_operands(
    bits: tuple[int, ...], word_bits: int, energy: float
) -> None:
    assert one_operation("mac", *bits, word_bits=word_bits) == pytest.approx(energy, rel=1e-12)


@pytest.mark.parametrize(
    ("bits", "energy"), [((16,), 1.0), ((8,), 0.5), ((8, 24), 1.5), ((4, 4), 0.25)]
)
def test_a_cheap_operation_is_as_wide_as_its_widest_operand(
    bits: tuple[int, ...], energy: float
) -> None:
    assert one_operation("alu", *bits) == pytest.approx(energy, rel=1e-12)


# --- blocks ---------------------------------------------------------------------------------------


def test_a_block_is_paid_whole() -> None:
    # Blocks of 4 words.  Inputs: 2 sweeps of 4 + 2 + 2 words, 3 blocks each; weights: 6 + 6
    # words, 2 blocks each.  Sums: 6 visits of 4 words leave, 3 of them come back: 9 blocks.
    found = example(machine(dram=replace(DRAM, block_bits=64)), priced(dram={"access": 1.0}))
    assert found.accesses[0].sum() - 3 == 6 + 4 + 3 + 6  # 3 visits start from zero
    assert found.energy_total == (6 + 4 + 3 + 6) * 4
    assert found.words[0].sum() - 12 == 64


def test_a_block_as_wide_as_a_word_is_a_word() -> None:
    wide = replace(DRAM, word_bits=64, block_bits=64)
    found = example(machine(dram=wide), priced(dram={"access": 1.0}))
    assert found.energy_total == 64


def test_a_block_holds_more_words_of_fewer_bits() -> None:
    # Words of 8 bits: a block of 32 holds 4, and costs as much as 4 of them, or 2 of 16 bits.
    arch = machine(dram=replace(DRAM, block_bits=32))
    found = example(arch, priced(dram={"access": 1.0}), row(8, 8, 8))
    assert found.energy_total == (6 + 4 + 3 + 6) * 2


# --- time -----------------------------------------------------------------------------------------


def test_compute_alone_takes_its_steps() -> None:
    found = example()
    assert (found.cycles, found.compute_cycles, found.bound) == (12, 12, "compute")
    assert found.utilization == 1.0
    assert found.port_cycles == {}
    assert found.seconds == pytest.approx(12e-9)


def test_several_operations_per_cycle() -> None:
    found = example(machine(mac=replace(MAC, ops_per_cycle=5)))
    assert found.cycles == 3  # 12 steps / 5, rounded up
    assert found.utilization == pytest.approx(72 / (6 * 5 * 3))


def test_idle_lanes_lower_the_utilization() -> None:
    found = example(machine(array=replace(ARRAY, mesh_x=4, mesh_y=4)))
    assert found.utilization == pytest.approx(72 / (16 * 12))
    assert found.instances["register"] == (6, 16)


def test_ports_in_words_of_the_memory() -> None:
    """40 words are read from the DRAM and 24 written to it."""
    cycles = {
        field: example(machine(dram=replace(DRAM, **{field: 1.0}))).port_cycles  # type: ignore[arg-type]
        for field in ("read_words_per_cycle", "write_words_per_cycle", "shared_words_per_cycle")
    }
    assert [one["dram"] for one in cycles.values()] == [40, 24, 64]
    slow = example(machine(dram=replace(DRAM, read_words_per_cycle=3.0)))
    assert slow.port_cycles == {"dram": 14}  # 40 / 3, rounded up
    assert (slow.cycles, slow.bound) == (14, "dram")
    assert slow.utilization == pytest.approx(72 / (6 * 14))


def test_a_port_moves_bits() -> None:
    # 16 inputs of 4 bits, 12 weights of 8, 12 sums of 32: 544 bits read; 24 sums of 32 written.
    layer = row(8, 4, 32)
    for word, read, written in ((16, 34, 48), (64, 9, 12), (100, 6, 8)):
        dram = replace(DRAM, word_bits=word, read_words_per_cycle=1.0)
        assert example(machine(dram=dram), layer=layer).port_cycles == {"dram": read}
        dram = replace(DRAM, word_bits=word, write_words_per_cycle=1.0)
        assert example(machine(dram=dram), layer=layer).port_cycles == {"dram": written}


def test_a_register_is_as_busy_as_its_busiest_instance() -> None:
    # Each of 6 registers is filled 12 times and read 12 times.
    register = replace(REGISTER, shared_words_per_cycle=0.5)
    assert example(machine(register=register)).port_cycles == {"register": 48}


def test_a_network_moves_what_it_delivers_and_collects() -> None:
    # 72 + 72 + 12 words delivered and 24 collected; reductions take no time.
    found = example(machine(array=replace(ARRAY, words_per_cycle=2.0)))
    assert (found.port_cycles, found.cycles, found.bound) == ({"array": 90}, 90, "array")
    wide = example(machine(array=replace(ARRAY, words_per_cycle=2.0, word_bits=64)))
    assert wide.port_cycles == {"array": 23}  # 22.5
    # 72 inputs of 4 bits, 72 weights of 8, 36 sums of 32.
    narrow = example(machine(array=replace(ARRAY, words_per_cycle=1.0)), layer=row(8, 4, 32))
    assert narrow.port_cycles == {"array": (72 * 4 + 72 * 8 + 36 * 32) // 16}


def test_transfers_that_do_not_overlap_are_waited_for() -> None:
    dram = replace(DRAM, shared_words_per_cycle=4.0, overlap=False)  # 16 cycles
    buffer = replace(BUFFER, read_words_per_cycle=4.0)  # 96 + 24 words: 30 cycles
    for first in (dram, replace(dram, overlap=True)):
        found = example(machine(dram=first, buffer=buffer))
        assert found.port_cycles == {"dram": 16, "buffer": 30}
        assert found.cycles == (30 if first.overlap else 46)
        assert found.bound == "buffer"
    both = example(machine(dram=dram, buffer=replace(buffer, overlap=False)))
    assert both.cycles == 12 + 16 + 30


def test_returned_sums_go_to_one_lane() -> None:
    """Three lanes share each sum; one of them gets all the returned ones, not a third each."""
    # R over 3 lanes, sums in registers; P and then C outside, so that sums leave and come back.
    layer = row()
    mapping = Mapping(
        (
            Block("dram", loops("C2 P6"), ALL),
            Block("buffer", (), frozenset()),
            Spread("array", y=loops("R3")),
            Block("register", loops("M2"), frozenset({"Outputs"})),
        )
    )
    register = replace(REGISTER, write_words_per_cycle=1.0)
    found = evaluate(layer, machine(register=register), mapping, FREE)
    # Fills: 12 words come back, all to lane 0.  Each of 24 operations of a lane writes a sum.
    assert found.traffic.by("level", "action")["register", "fill"] == 12
    assert found.port_cycles == {"register": 12 + 24}


# --- leakage, area, absence -----------------------------------------------------------------------


def test_what_leaks() -> None:
    # 2 mW at 1 GHz is 2 pJ per cycle; 12 cycles.
    array = replace(ARRAY, mesh_x=4, mesh_y=4)
    register = replace(REGISTER, leakage_mw=2.0)
    assert example(machine(array=array, register=register)).leakage == pytest.approx(2 * 12 * 16)
    gated = replace(register, gates_unused=True)
    assert example(machine(array=array, register=gated)).leakage == pytest.approx(2 * 12 * 6)
    slow = machine(array=array, register=register, clock_hz=2e8)
    assert example(slow).leakage == pytest.approx(2 * 12 * 16 * 5)
    both = example(machine(buffer=replace(BUFFER, leakage_mw=0.5), array=array, register=gated))
    assert both.leakage == pytest.approx(0.5 * 12 + 2 * 12 * 6)
    assert both.energy_total == pytest.approx(both.leakage)
    assert both.energy.total == 0.0


def test_area() -> None:
    arch = machine(
        dram=replace(DRAM, area_um2=1e9),
        buffer=replace(BUFFER, area_um2=2e6),
        register=replace(REGISTER, area_um2=1000.0),
        array=replace(ARRAY, mesh_x=4, mesh_y=4),
        mac=replace(MAC, area_um2=500.0),
    )
    assert example(arch).area_mm2 == pytest.approx(2 + 16 * 0.0015)
    assert example(replace(arch, memories=(*arch.memories[:2], REGISTER))).area_mm2 is None


def test_the_area_of_a_memory_with_two_places_counts_once() -> None:
    arch = machine(
        buffer=replace(BUFFER, area_um2=2e6),
        register=replace(REGISTER, area_um2=0.0),
        mac=replace(MAC, area_um2=0.0),
    )
    again = Place("buffer_sums", (Holding("buffer", frozenset(), frozenset({"Outputs"})),))
    first = Place("buffer", (Holding("buffer", frozenset(), ALL - {"Outputs"}),))
    nodes = (arch.nodes[0], first, again, *arch.nodes[2:])
    mapping = Mapping(
        (
            MAPPING.steps[0],
            Block("buffer", loops("M2"), ALL - {"Outputs"}),
            Block("buffer_sums", (), frozenset({"Outputs"})),
            *MAPPING.steps[2:],
        )
    )
    found = evaluate(row(), replace(arch, nodes=nodes), mapping, FREE)
    assert found.area_mm2 == pytest.approx(2.0)


def test_an_absent_memory_costs_nothing_and_needs_no_price() -> None:
    absent = Memory("register", "unheard_of", size_bits=0, leakage_mw=5.0)
    arch = machine(
        buffer=replace(BUFFER, area_um2=2e6), register=absent, mac=replace(MAC, area_um2=0.0)
    )
    mapping = Mapping((*MAPPING.steps[:3], Block("register")))
    found = evaluate(row(), arch, mapping, priced(mac={"mac": 1.0}))
    assert (found.leakage, found.energy_total, found.area_mm2) == (0.0, 72.0, 2.0)
    assert ("register", "read") not in resolve(arch, FREE, Accounting("default")).by_level
    # Nor is its leakage a reason to refuse a table that is not in pJ.
    relative = replace(FREE, unit="MAC")
    assert evaluate(row(), arch, mapping, relative).leakage == 0.0


def test_an_array_in_two_parts_is_built_once() -> None:
    rows = Fanout("rows", "array", "array", 2, 3, reduces=False)
    lanes = Fanout("lanes", "array", "array", 2, 3)
    arch = machine(register=replace(REGISTER, leakage_mw=1.0))
    arch = replace(arch, nodes=(*arch.nodes[:2], rows, lanes, *arch.nodes[3:]))
    mapping = Mapping(
        (
            *MAPPING.steps[:2],
            Spread("rows", y=loops("R3")),
            Spread("lanes", x=loops("P2")),
            Block("register", (), WEIGHTS),
        )
    )
    found = evaluate(row(), arch, mapping, FREE)
    assert found.instances["register"] == (6, 6)
    assert found.utilization == 1.0
    assert found.leakage == pytest.approx(6 * 12)
