"""What is not evaluated, and in which words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accelsim.arch.records import EVERY_DIM, Architecture, Compute, Fanout, Memory
from accelsim.conventions import Conventions
from accelsim.errors import SpecError
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.prices import price_problems, resolve
from accelsim.mapper.contract import mapping_problem
from accelsim.mapping.arrays import pack_layer
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.technology.records import Accounting, EnergyTable
from tests.evaluation.machines import (
    ALL,
    ARRAY,
    BUFFER,
    DRAM,
    MAC,
    MAPPING,
    REGISTER,
    loops,
    machine,
    priced,
    row,
    table,
)
from tests.mapspace.cases import gemm

STEPS = MAPPING.steps
FREE = priced()
DEFAULT = Accounting("default")


# --- mappings that are not of this machine or layer -----------------------------------------------

MISFITS = {
    "no steps": (),
    "a step is missing": STEPS[:3],
    "a step too many": (*STEPS, Block("register")),
    "steps in another order": (STEPS[1], STEPS[0], *STEPS[2:]),
    "another name": (*STEPS[:3], Block("registers")),
    "a block for a fanout": (*STEPS[:2], Block("array"), STEPS[3]),
    "a fanout for a block": (*STEPS[:3], Spread("register")),
    "a dim that the layer lacks": (Block("dram", loops("C2 P3 K2"), ALL), *STEPS[1:]),
    "a dim that the layer lacks, on lanes": (
        *STEPS[:2],
        Spread("array", x=loops("Z2"), y=loops("R3")),
        STEPS[3],
    ),
    "a tensor that the layer lacks": (*STEPS[:3], Block("register", (), frozenset({"Biases"}))),
    "no turns": (Block("dram", (*loops("C2 P3"), Loop("M", 0)), ALL), *STEPS[1:]),
    "turns below zero": (Block("dram", (*loops("C2 P3"), Loop("M", -1)), ALL), *STEPS[1:]),
    "two negatives make a bound": (
        Block("dram", (Loop("C", -2), Loop("C", -1), *loops("P3")), ALL),
        *STEPS[1:],
    ),
}


@pytest.mark.parametrize("steps", MISFITS.values(), ids=MISFITS.keys())
def test_a_mapping_of_something_else(steps: tuple[Block | Spread, ...]) -> None:
    with pytest.raises(SpecError):
        evaluate(row(), machine(), Mapping(steps), FREE)


def test_a_loop_of_one_turn_over_a_known_dim_is_no_misfit() -> None:
    steps = (Block("dram", loops("M1 C2 R1 P3"), ALL), *STEPS[1:])
    assert evaluate(row(), machine(), Mapping(steps), FREE).cycles == 12


@pytest.mark.parametrize(
    ("arch", "steps", "words"),
    [
        (
            machine(),
            (Block("dram", loops("C2"), ALL), *STEPS[1:]),
            "the loops over P multiply to 2; the layer's bound is 6",
        ),
        (
            machine(),
            (Block("dram", loops("C2 P3"), ALL - {"Inputs"}), *STEPS[1:]),
            "dram must keep Inputs on machine",
        ),
        (
            machine(array=replace(ARRAY, mesh_x=3, mesh_y=2)),
            STEPS,
            "array spreads 3 lanes over its y axis, which has 2",
        ),
        (
            # 4 inputs, 6 weights and 4 sums.
            machine(buffer=replace(BUFFER, size_bits=13 * 16)),
            STEPS,
            "buffer needs 14 words for its tiles, has 13",
        ),
        (
            machine(buffer=replace(BUFFER, size_bits=27 * 16, buffering=2)),
            STEPS,
            "buffer needs 14 words for its tiles, has 13",
        ),
    ],
)
def test_an_illegal_mapping_is_put_into_words(
    arch: Architecture, steps: tuple[Block | Spread, ...], words: str
) -> None:
    with pytest.raises(IllegalMappingError) as raised:
        evaluate(row(), arch, Mapping(steps), FREE)
    assert str(raised.value) == words


def test_a_memory_of_size_zero_keeps_nothing() -> None:
    arch = machine(register=replace(REGISTER, size_bits=0))
    with pytest.raises(IllegalMappingError, match="register needs 1 words for its tiles, has 0"):
        evaluate(row(), arch, MAPPING, FREE)


def test_a_layer_too_large_to_be_counted() -> None:
    """2^27 x 2^27 words of 16 bits and their like: within 2^58 bits no longer."""
    fits = gemm(M=2**26, K=2**26)
    pack_layer(fits)
    for layer in (gemm(M=2**27, K=2**28), gemm(M=2**30, N=2**30)):
        with pytest.raises(SpecError, match=layer.name):
            pack_layer(layer)


# --- prices ---------------------------------------------------------------------------------------


def test_every_missing_price_is_named() -> None:
    prices = table({"dram": {"read": 1.0}, "array": {"deliver": 1.0}, "mac": {"mac": 1.0}})
    with pytest.raises(SpecError) as raised:
        resolve(machine(), prices, DEFAULT)
    missing = {
        (action, level)
        for problem in raised.value.problems
        for level in ("dram", "buffer", "array", "register", "mac")
        for action in ("read", "update", "fill", "drain", "deliver", "collect", "reduce", "alu")
        if f"'{action}'" in problem.what and f"level '{level}'" in problem.what
    }
    accesses = ("read", "update", "fill", "drain")
    assert missing == {
        *((action, "dram") for action in accesses[1:]),
        *((action, level) for action in accesses for level in ("buffer", "register")),
        *((action, "array") for action in ("collect", "reduce")),
        ("alu", "mac"),
    }


def test_what_a_table_lacks_stays_what_it_is() -> None:
    arch, prices = machine(), table({"dram": {"read": 1.0}})
    found = price_problems(arch, prices)
    before = dict(found)
    with pytest.raises(TypeError, match="cannot be changed"):
        found.clear()  # type: ignore[attr-defined]
    assert price_problems(arch, prices) == before != {}


def stating(part: Memory | Fanout | Compute) -> Architecture:
    parts = {"dram": DRAM, "buffer": BUFFER, "register": REGISTER, "array": ARRAY, "mac": MAC}
    return machine(**(parts | {part.name: part}), technology="own")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "part",
    [
        replace(BUFFER, energy={"read": 1.0}),
        replace(ARRAY, energy={"deliver": 1.0}),
        replace(MAC, energy={"mac": 1.0}),
    ],
    ids=lambda part: part.name,
)
def test_stated_energies_are_in_the_unit_of_the_machines_table(
    part: Memory | Fanout | Compute,
) -> None:
    arch = stating(part)
    own = replace(FREE, name="own", unit="MAC")
    evaluate(row(), arch, MAPPING, own)
    with pytest.raises(SpecError, match=f"'{part.name}'"):
        evaluate(row(), arch, MAPPING, replace(FREE, name="other", unit="pJ"))


def test_a_machine_that_states_nothing_takes_any_table() -> None:
    for unit in ("MAC", "pJ"):
        other = replace(FREE, name="other", unit=unit)
        assert evaluate(row(), machine(technology="own"), MAPPING, other).energy_unit == unit


def test_power_has_no_price_in_macs() -> None:
    arch = machine(register=replace(REGISTER, leakage_mw=1.0))
    relative: EnergyTable = replace(FREE, unit="MAC")
    with pytest.raises(SpecError, match="leaks"):
        evaluate(row(), arch, MAPPING, relative)


# --- ports whose busiest instance is not known ----------------------------------------------------

TIMELOOP = Accounting(
    "timeloop", conventions=Conventions(reuse="timeloop", tiles="box", multicast="equal")
)
PASSING = replace(ARRAY, mesh_y=1, mesh_x=3, forwards={"Inputs": EVERY_DIM})
HANDED_ON = Mapping(
    (
        Block("dram", loops("M2 C2"), ALL),
        Block("buffer", loops("P6"), ALL),
        Spread("array", x=loops("R3")),
        Block("register", (), ALL),
    )
)
"""Lane r holds input p + r: at the next p each takes its neighbour's."""
LIMITED = {
    "read_bandwidth": replace(REGISTER, read_words_per_cycle=1.0),
    "write_bandwidth": replace(REGISTER, write_words_per_cycle=1.0),
    "shared_bandwidth": replace(REGISTER, shared_words_per_cycle=1.0),
}


def limited(key: str, array: Fanout = PASSING) -> Architecture:
    return machine(register=LIMITED[key], array=array)


@pytest.mark.parametrize("key", ["read_bandwidth", "shared_bandwidth"])
def test_lanes_that_read_for_neighbours_may_not_limit_their_reads(key: str) -> None:
    arch = limited(key)
    with pytest.raises(SpecError) as fault:
        evaluate(row(), arch, HANDED_ON, FREE, TIMELOOP)
    assert str(fault.value) == (
        "'register' of machine limits its reads, and under `reuse: timeloop` 'array' lets it read "
        "Inputs for neighbours: how many the busiest instance reads is not known; no "
        f"`{key}` of 'register', no `forwards` of 'array', or an accounting with "
        "`reuse: window`"
    )
    with pytest.raises(SpecError, match="how many the busiest instance reads is not known"):
        mapping_problem(row(), arch, resolve(arch, FREE, TIMELOOP))


@pytest.mark.parametrize(
    ("arch", "accounting"),
    [
        (limited("read_bandwidth"), DEFAULT),
        (limited("read_bandwidth", replace(PASSING, forwards={})), TIMELOOP),
        (limited("write_bandwidth"), TIMELOOP),
        (machine(buffer=replace(BUFFER, read_words_per_cycle=1.0), array=PASSING), TIMELOOP),
    ],
    ids=["window", "nobody forwards", "writes", "outside"],
)
def test_ports_whose_busiest_instance_is_known_may_be_limited(
    arch: Architecture, accounting: Accounting
) -> None:
    assert evaluate(row(), arch, HANDED_ON, FREE, accounting).port_cycles
    mapping_problem(row(), arch, resolve(arch, FREE, accounting))


def test_a_mapping_that_hands_nothing_on_may_be_limited() -> None:
    """The same lanes keep no inputs: nobody reads a register for a neighbour."""
    *outside, register = HANDED_ON.steps
    assert isinstance(register, Block)
    without = Mapping((*outside, replace(register, keep=ALL - {"Inputs"})))
    arch = limited("read_bandwidth")
    assert evaluate(row(), arch, without, FREE, TIMELOOP).port_cycles
