"""The prices of an evaluation as the ERT and ART that Timeloop takes beside an architecture.

A table for each level by its name: Timeloop reads ``read``, ``write`` (of what is filled),
``update`` and ``leak``, each for an access of a whole block, and ``compute`` for an operation.
"""

from __future__ import annotations

from accelsim.arch.records import Memory
from accelsim.evaluation.packing import leakage_per_cycle
from accelsim.evaluation.prices import attributes_of
from accelsim.evaluation.records import Evaluation
from accelsim.interchange.accelergy import ReferenceTables, art_text, ert_text
from accelsim.interchange.timeloop.writing.parts import Level, Written

ACTIONS = {"read": "read", "fill": "write", "update": "update"}
"""What an access of a memory is -> Timeloop's action that prices it."""


def level_tables(written: Written, found: Evaluation) -> ReferenceTables:
    """Return what accesses of the levels cost, in pJ, and their areas in um2."""
    energies: dict[str, dict[str, float]] = {}
    areas: dict[str, float] = {}
    notes: list[str] = []
    stated: set[str] = set()
    table = found.prices.table
    for part in written.parts:
        if not isinstance(part, Level) or part.memory is None or part.memory.size_bits == 0:
            continue
        memory = part.memory
        energies[part.name] = {
            name: _block_energy(found, memory, action) for action, name in ACTIONS.items()
        }
        if _block_energy(found, memory, "drain") != energies[part.name]["read"]:
            notes.append(f"{part.name}: Timeloop charges what leaves for outside as a read")
        if memory.name in stated:
            continue
        stated.add(memory.name)
        if memory.leakage_mw:
            energies[part.name]["leak"] = leakage_per_cycle(memory, written.arch)
        area = table.area(memory.component, attributes_of(memory))
        if memory.area_um2 is not None:
            areas[part.name] = memory.area_um2
        elif area is not None:
            areas[part.name] = area.um2
    for fanout in written.arch.fanouts:
        prices = [found.prices.by_level[fanout.name, it] for it in ("deliver", "collect", "reduce")]
        if any(price.energy for price in prices):
            notes.append(f"{fanout.name}: Timeloop charges its networks for hops only")
    compute = written.compute.name
    operations = found.energy.over("level")[compute]
    energies[compute] = {"compute": operations / found.operations}
    name = written.arch.name
    return ReferenceTables(ert_text(name, energies), art_text(name, areas), tuple(notes))


def _block_energy(found: Evaluation, memory: Memory, action: str) -> float:
    """Return the energy of an access of a whole block."""
    price = found.prices.by_level[memory.name, action]
    return price.at(memory.block_bits, found.prices.table.word_bits)
