"""The five headings under which every machine's energy is shown, however many levels it has."""

from __future__ import annotations

from accelsim.arch.records import Architecture, Fanout, Place

DRAM, BUFFER, NETWORK, REGISTERS, COMPUTE = CLASSES = ("DRAM", "buffer", "network", "RF", "MAC")
"""The outermost memory; memories outside the last array; arrays; memories inside it; compute."""

LEAKAGE = "leakage"


def classes_of(arch: Architecture) -> dict[str, str]:
    """Return level name -> class, outermost first.

    A memory with several places belongs to the class of its outermost one.
    """
    last_fanout = max(
        (i for i, node in enumerate(arch.nodes) if isinstance(node, Fanout)),
        default=len(arch.nodes),
    )
    classes: dict[str, str] = {}
    for index, node in enumerate(arch.nodes):
        if isinstance(node, Place):
            for held in node.holdings:
                name = DRAM if index == 0 else REGISTERS if index > last_fanout else BUFFER
                classes.setdefault(held.memory, name)
        elif isinstance(node, Fanout):
            classes[node.name] = NETWORK
        else:
            classes[node.name] = COMPUTE
    return classes


def by_class(levels: dict[str, float], arch: Architecture) -> dict[str, float]:
    """Add up a quantity per level into one per class; every class is there, in order."""
    classes = classes_of(arch)
    sums = dict.fromkeys(CLASSES, 0.0)
    for level, value in levels.items():
        sums[classes[level]] += value
    return sums


def levels_of(name: str, arch: Architecture) -> tuple[str, ...]:
    """Return the levels of one class."""
    return tuple(level for level, its in classes_of(arch).items() if its == name)
