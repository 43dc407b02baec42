"""A machine's prices as Accelergy's energy and area reference tables (ERT, ART).

Each component class of the machine is a table, named by the machine and the class, so that the
machine finds its prices again when the tables are read.  Levels of one class with other prices
(they differ in size, or state prices of their own) get tables by their own names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accelsim.arch.records import Architecture, Compute, Fanout, Memory
from accelsim.evaluation.area import area_um2
from accelsim.evaluation.prices import (
    DEFAULT_ACCOUNTING,
    NO_GATED_PRICE,
    Prices,
    attributes_of,
    gated_actions,
    priced_parts,
    resolve,
    stated_price,
)
from accelsim.technology.accelergy import ART, ERT
from accelsim.technology.estimators.contract import Attributes
from accelsim.technology.estimators.macs import operation_factor
from accelsim.technology.records import EnergyTable

VERSION = 0.4

OPERAND_BITS = 16
"""Widths of operands and sum of an operation whose energy a table states."""

NAMES: Mapping[str, str] = {"fill": "write", "deliver": "transfer", "mac": "compute"}
"""Action here -> the name that Accelergy's users know it by."""

GATED: Mapping[str, str] = {
    "read.gated": "read_gated",
    "update.gated": "update_gated",
    "mac.gated": "mac_gated",
}
"""What is switched off -> the name of its action."""

UNSAID: Mapping[str, str] = {"drain": "read", "first_read": "", "address": "", "update": "fill"}
"""Action that goes without saying -> the action whose price it has then; empty: it is free."""


@dataclass(frozen=True, slots=True)
class ReferenceTables:
    """An ERT and an ART as text, and what they do not say."""

    ert: str
    art: str
    notes: tuple[str, ...]


def reference_tables(arch: Architecture, table: EnergyTable) -> ReferenceTables:
    """Return the prices of a machine, in pJ an access of its full width, and areas in um2.

    Raises
    ------
    SpecError
        If the table does not price the machine.
    """
    prices = resolve(arch, table, DEFAULT_ACCOUNTING)
    energies: dict[str, dict[str, float]] = {}
    areas: dict[str, float] = {}
    notes: list[str] = []
    for part, actions in priced_parts(arch):
        each = {action: _energy(prices, part, action) for action in actions}
        each = {NAMES.get(name, name): it for name, it in each.items() if not _goes(name, each)}
        gated = {
            GATED[action]: _energy(prices, part, action)
            for action in gated_actions(part)
            if prices.by_level[part.name, action] != NO_GATED_PRICE
        }
        name = part.component
        known = energies.get(name, each)
        plain = {action: it for action, it in known.items() if action not in GATED.values()}
        if plain != each or any(known.get(action, it) != it for action, it in gated.items()):
            known = each
            name = part.name
            what = f"'{part.component}' has other prices at {name}: its table is called '{name}'"
            notes.append(f"{what} (--set {name}.component={name} finds it)")
        energies[name] = {**known, **gated}
        if part.energy:
            notes.append(f"'{part.name}' states prices of its own, which win over a table's")
        each_price = (prices.by_level[part.name, action] for action in actions)
        if any(0 < its.fixed < its.energy for its in each_price):
            what = f"accesses of '{part.name}' cost something whatever their bits"
            notes.append(f"{what}, which the tables cannot say")
        area = None if isinstance(part, Fanout) else area_um2(part, table)
        if area is not None:
            areas[name] = area
        if isinstance(part, Memory) and part.leakage_mw:
            notes.append(f"the leakage of '{part.name}' is left out")
    if any(table.macs.values()):
        notes.append(f"an operation is one of {OPERAND_BITS}-bit operands")
    return ReferenceTables(ert_text(arch.name, energies), art_text(arch.name, areas), tuple(notes))


def _energy(prices: Prices, part: Memory | Fanout | Compute, action: str) -> float:
    """Return the energy of an access of full width, or of an operation."""
    table, price = prices.table, prices.by_level[part.name, action]
    if not isinstance(part, Compute):
        bits = attributes_of(part).access_bits or table.word_bits
        return price.at(bits, table.word_bits)
    operands = (OPERAND_BITS,) * 2
    if stated_price(part, action) is not None:
        return price.energy * operation_factor(action, operands, table.word_bits)
    widths = Attributes(operand_bits=operands, sum_bits=OPERAND_BITS)
    found = table.estimate(part.component, widths, action)
    assert found is not None
    return found.energy


def _goes(action: str, energies: Mapping[str, float]) -> bool:
    """Tell whether an action goes without saying: its energy is that which a reader takes."""
    if action not in UNSAID:
        return False
    return energies[action] == (energies[UNSAID[action]] if UNSAID[action] else 0)


def ert_text(name: str, energies: Mapping[str, Mapping[str, float]]) -> str:
    """Write energies of actions by component, in pJ, as an ERT of a machine."""
    lines = [f"{ERT}:", f"  version: {VERSION}", "  tables:"]
    for part, actions in energies.items():
        lines += [f"  - name: {name}.{part}", "    actions:"]
        lines += [
            f"    - {{name: {action}, arguments: {{}}, energy: {energy!r}}}"
            for action, energy in actions.items()
        ]
    return "".join(f"{line}\n" for line in lines)


def art_text(name: str, areas: Mapping[str, float]) -> str:
    """Write areas by component, in um2, as an ART of a machine; nothing if none is known."""
    if not areas:
        return ""
    tables = [f"  - {{name: {name}.{part}, area: {area!r}}}" for part, area in areas.items()]
    lines = [f"{ART}:", f"  version: {VERSION}", "  tables:"]
    return "".join(f"{line}\n" for line in [*lines, *tables])
