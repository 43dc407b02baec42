"""The worked example of ``docs/model.md``, section 6, and what it takes to vary it."""

from __future__ import annotations

from accelsim.arch.records import Architecture, Compute, Fanout, Holding, Memory, Place
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.roles import Role
from accelsim.technology.records import EnergyTable, Price
from accelsim.workload.records import Layer, Rank, Tensor, Term

ALL = frozenset({"Weights", "Inputs", "Outputs"})
WEIGHTS = frozenset({"Weights"})


def table(
    prices: dict[str, dict[str, float]], name: str = "table", unit: str = "pJ", word_bits: int = 16
) -> EnergyTable:
    return EnergyTable(
        name,
        unit,
        {
            component: {action: Price(energy, "a test") for action, energy in actions.items()}
            for component, actions in prices.items()
        },
        word_bits,
    )


FREE = {
    "dram": {"access": 0.0},
    "buffer": {"access": 0.0},
    "register_file": {"access": 0.0},
    "array": {"deliver": 0.0, "collect": 0.0, "reduce": 0.0},
    "mac": {"mac": 0.0, "alu": 0.0},
}
"""Nothing costs anything; tests charge for what they are about."""


def priced(**prices: dict[str, float]) -> EnergyTable:
    return table({component: FREE[component] | prices.get(component, {}) for component in FREE})


def tensor(name: str, role: Role, *ranks: tuple[str, ...], bits: int = 16) -> Tensor:
    return Tensor(
        name, role, tuple(Rank("+".join(r), tuple(Term(dim) for dim in r)) for r in ranks), bits
    )


def row(weights: int = 16, inputs: int = 16, outputs: int = 16) -> Layer:
    """Return the layer of the example, with the bits of its tensors."""
    return Layer(
        "row",
        "conv",
        (("M", 2), ("C", 2), ("P", 6), ("R", 3)),
        (
            tensor("Inputs", "Inputs", ("C",), ("P", "R"), bits=inputs),
            tensor("Weights", "Weights", ("M",), ("C",), ("R",), bits=weights),
            tensor("Outputs", "Outputs", ("M",), ("P",), bits=outputs),
        ),
    )


def memory(name: str, component: str) -> Memory:
    return Memory(name, component)


DRAM, BUFFER, REGISTER = (
    memory("dram", "dram"),
    memory("buffer", "buffer"),
    memory("register", "register_file"),
)
ARRAY = Fanout("array", "array", "array", 2, 3)
MAC = Compute("mac", "mac")


def machine(
    dram: Memory = DRAM,
    buffer: Memory = BUFFER,
    register: Memory = REGISTER,
    array: Fanout = ARRAY,
    mac: Compute = MAC,
    technology: str = "",
    clock_hz: float = 1e9,
) -> Architecture:
    """Return the machine of the example, with some parts replaced."""
    nodes = (
        Place("dram", (Holding("dram", ALL),)),
        Place("buffer", (Holding("buffer", frozenset(), ALL),)),
        array,
        Place("register", (Holding("register", frozenset(), ALL),)),
        mac,
    )
    return Architecture("machine", nodes, (dram, buffer, register), clock_hz, technology)


def loops(text: str) -> tuple[Loop, ...]:
    return tuple(Loop(word[0], int(word[1:])) for word in text.split())


MAPPING = Mapping(
    (
        Block("dram", loops("C2 P3"), ALL),
        Block("buffer", loops("M2"), ALL),
        Spread("array", x=loops("P2"), y=loops("R3")),
        Block("register", (), WEIGHTS),
    )
)
