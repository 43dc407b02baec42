from __future__ import annotations

from accelsim.arch.records import Architecture, Compute, Fanout, Holding, Memory, Place
from accelsim.report.level_classes import by_class, classes_of, levels_of

ALL = frozenset({"Weights", "Inputs", "Outputs"})


def place(name: str) -> Place:
    return Place(name, (Holding(name, ALL),))


def machine(*nodes: Place | Fanout | Compute) -> Architecture:
    held = [h.memory for node in nodes if isinstance(node, Place) for h in node.holdings]
    memories = tuple(Memory(name, "any") for name in dict.fromkeys(held))
    return Architecture("m", nodes, memories)


def test_only_what_is_inside_the_last_array_is_a_register_file() -> None:
    arch = machine(
        place("dram"),
        place("glb"),
        Fanout("pes", "pes", "any", 4),
        place("pe_buffer"),
        Fanout("lanes", "lanes", "any", 4),
        place("registers"),
        place("latch"),
        Compute("mac", "any"),
    )
    assert classes_of(arch) == {
        "dram": "DRAM",
        "glb": "buffer",
        "pes": "network",
        "pe_buffer": "buffer",
        "lanes": "network",
        "registers": "RF",
        "latch": "RF",
        "mac": "MAC",
    }
    assert levels_of("network", arch) == ("pes", "lanes")


def test_without_an_array_there_are_no_register_files() -> None:
    arch = machine(place("dram"), place("glb"), Compute("mac", "any"))
    assert classes_of(arch) == {"dram": "DRAM", "glb": "buffer", "mac": "MAC"}


def test_memories_side_by_side_and_a_memory_with_several_places() -> None:
    spads = Place(
        "spads", (Holding("w_spad", frozenset({"Weights"})), Holding("i_spad", frozenset()))
    )
    outer = Place("glb_sums", (Holding("glb", frozenset({"Outputs"})),))
    inner = Place("glb_inputs", (Holding("glb", frozenset({"Inputs"})),))
    array = Fanout("array", "array", "any", 4)
    arch = machine(place("dram"), outer, inner, array, spads, Compute("mac", "any"))
    assert levels_of("buffer", arch) == ("glb",)
    assert levels_of("RF", arch) == ("w_spad", "i_spad")


def test_sums_by_class_keep_every_heading() -> None:
    arch = machine(place("dram"), place("a"), place("b"), Compute("mac", "any"))
    sums = by_class({"dram": 1.0, "a": 2.0, "b": 3.0, "mac": 4.0}, arch)
    assert sums == {"DRAM": 1.0, "buffer": 5.0, "network": 0.0, "RF": 0.0, "MAC": 4.0}
