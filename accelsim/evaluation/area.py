"""The area of a chip: what a machine states of its parts, or its table knows."""

from __future__ import annotations

from accelsim.arch.records import Architecture, Compute, Memory
from accelsim.evaluation.packing import outermost_place
from accelsim.evaluation.prices import attributes_of, present_memories
from accelsim.technology.records import EnergyTable


def unknown_areas(arch: Architecture, table: EnergyTable) -> list[str]:
    """Return the parts whose areas are not known, with why; none where no part has an area."""
    parts: list[Memory | Compute] = [
        *(m for m in present_memories(arch) if outermost_place(arch, m) is not arch.places[0]),
        arch.compute,
    ]
    unknown = [part for part in parts if area_um2(part, table) is None]
    if len(unknown) == len(parts) and not any(p.component in table.area_curves for p in parts):
        return []
    said = []
    for part in unknown:
        curve = table.area_curves.get(part.component)
        why = curve.gap(attributes_of(part).size_bits) if curve else "nothing states it"
        said.append(f"{part.name} ({why})")
    return said


def area_mm2(arch: Architecture, table: EnergyTable) -> float | None:
    """Return the area of the chip, all instances, or None if that of a part is not known.

    What the machine does not state, the table may know.

    The outermost memory is off the chip; a memory of size 0 is absent.
    """
    parts: tuple[Memory | Compute, ...] = (*present_memories(arch), arch.compute)
    total = 0.0
    for part in parts:
        place = outermost_place(arch, part) if isinstance(part, Memory) else part
        if place is arch.places[0]:
            continue
        each = area_um2(part, table)
        if each is None:
            return None
        total += each * arch.instances(place)
    return total / 1e6


def area_um2(part: Memory | Compute, table: EnergyTable) -> float | None:
    """Return the area of one instance: what the machine states, or else what the table knows."""
    if part.area_um2 is not None:
        return part.area_um2
    found = table.area(part.component, attributes_of(part))
    return None if found is None else found.um2
