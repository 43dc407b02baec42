"""Energies of an ERT, areas of an ART, by the names of levels: what Timeloop charges an access.

Timeloop reads the actions of a storage as ``read``, ``write`` (which fills, too) and ``update``,
and ``leak`` for each cycle of an instance; an access is one of a whole block.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from accelsim.errors import SpecError
from accelsim.interchange.timeloop.sources import Sources, at
from accelsim.technology.accelergy import ART, ERT, read_reference_tables
from accelsim.technology.records import EnergyTable
from accelsim.yamldoc import Node


@dataclass
class Energies:
    """What the files say of energy; ``table`` is None if they have no ERT."""

    table: EnergyTable | None = None
    leaks: dict[str, float] = field(default_factory=dict)
    source: str = ""

    def of(self, name: str, action: str) -> float | None:
        """Return the energy of an action on a level, in pJ."""
        price = self.table.prices.get(name, {}).get(action) if self.table else None
        return None if price is None else float(price.energy)

    def area(self, name: str) -> float | None:
        """Return the area of an instance of a level, in um2."""
        found = self.table.areas.get(name) if self.table else None
        return None if found is None else found.um2


def read_energies(sources: Sources) -> Energies:
    """Read the ERT and ART of some files."""
    ert, art = sources.one(ERT), sources.one(ART)
    if ert is None:
        if art is not None:
            sources.note(art, "an ART without an ERT is left out")
        return Energies()
    inside = {ERT: ert, **({ART: art} if art is not None else {})}
    try:
        table = read_reference_tables(sources.document(Node(inside, ert.mark)))
    except SpecError as fault:
        sources.problems += fault.problems
        return Energies()
    return Energies(table, _leaks(ert), f"the ERT of {sources.where(ert).file}")


def _leaks(ert: Node) -> dict[str, float]:
    """Return the energy that an instance of each component leaks in a cycle."""
    found: dict[str, float] = {}
    for table in _listed(at(ert, "tables")):
        name = at(table, "name")
        for action in _listed(at(table, "actions")):
            called, energy = at(action, "name"), at(action, "energy")
            if name is None or called is None or energy is None or called.value != "leak":
                continue
            if isinstance(energy.value, int | float) and energy.value > 0:
                short = str(name.value).partition("[")[0].rsplit(".", 1)[-1]
                found[short] = float(energy.value)
    return found


def _listed(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []
