"""What each action costs on one machine: every price, looked up once, and where it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import Architecture, Compute, Fanout, Memory
from accelsim.errors import Problem, SpecError
from accelsim.frozen import FrozenDict
from accelsim.kept import kept_with
from accelsim.specs.fields import one_of, suggestion
from accelsim.technology.estimators.contract import ANY, Attributes, Price
from accelsim.technology.records import (
    ADDRESS_ACTIONS,
    COMPUTE_ACTIONS,
    FANOUT_ACTIONS,
    MEMORY_ACTIONS,
    MESH_ACTIONS,
    Accounting,
    EnergyTable,
)

Floats = npt.NDArray[np.float64]

MULTIPLY = "mac"
"""The operation that zeros can spare."""

DEFAULT_ACCOUNTING = Accounting("default")


@dataclass(frozen=True)
class Charges:
    """A table and an accounting, which say together what a part charges."""

    table: EnergyTable
    accounting: Accounting


@kept_with
def charges_of(table: EnergyTable, accounting: Accounting) -> Charges:
    """Return both as one record, as long as they stay."""
    return Charges(table, accounting)


@dataclass(frozen=True)
class Prices:
    """Every price that a machine needs, by (level, action), before accounting and bit widths."""

    table: EnergyTable
    accounting: Accounting
    by_level: Mapping[tuple[str, str], Price]

    @cached_property
    def charges(self) -> Charges:
        return charges_of(self.table, self.accounting)

    @property
    def assumed(self) -> tuple[str, ...]:
        """Return the prices that are assumed rather than sourced, one line each."""
        return tuple(
            f"{level}.{action} = {price.energy:g} {self.table.unit}: {price.source}"
            for (level, action), price in self.by_level.items()
            if price.assumed
        )


def resolve(arch: Architecture, table: EnergyTable, accounting: Accounting) -> Prices:
    """Look up the price of every action that ``arch`` can need.

    Raises
    ------
    SpecError
        With the problems of :func:`price_problems`.
    """
    problems = price_problems(arch, table)
    if problems:
        raise SpecError(problems.values())
    found: dict[tuple[str, str], Price] = {}
    for part, _ in priced_parts(arch):
        for action, price in _looked_up(part, table).items():
            assert price is not None
            found[part.name, action] = price
    return Prices(table, accounting, found)


@kept_with
def _looked_up(part: Memory | Fanout | Compute, table: EnergyTable) -> Mapping[str, Price | None]:
    """Return the price of every action that a part may perform; None if there is none."""
    found = {action: _price(part, action, table) for action in priced_actions(part)}
    for action in gated_actions(part):
        found[action] = _price(part, action, table) or NO_GATED_PRICE
    return found


@kept_with
def price_problems(arch: Architecture, table: EnergyTable) -> Mapping[str, Problem]:
    """Return what keeps a table from pricing a machine; empty if it does.

    Returns
    -------
    path of what is at fault, as ``--set`` names it (``glb.component``) -> the problem
        One problem for each level that the table cannot price, or whose own prices are in the unit
        of another table, and for each that leaks power under a table that cannot price power.
    """
    problems: dict[str, Problem] = {}
    for part, actions in priced_parts(arch):
        stated = any(part.energy.values())  # 0 is 0 in any unit
        if stated and arch.technology and table.name != arch.technology:
            problems[f"{part.name}.energy"] = Problem(
                f"level '{part.name}' of {arch.name} states energies in the unit of table "
                f"'{arch.technology}', which '{table.name}' need not share",
                hint=f"move them into a table, or evaluate under {arch.technology}",
            )
            continue
        known = _looked_up(part, table)
        missing = [action for action in actions if known[action] is None]
        if missing:
            problems[f"{part.name}.component"] = _unpriced(part, missing, actions, arch, table)
    for memory in present_memories(arch):
        if memory.leakage_mw and table.unit != "pJ":
            problems[f"{memory.name}.leakage"] = Problem(
                f"level '{memory.name}' of {arch.name} leaks power, which table '{table.name}' in "
                f"units of {table.unit} cannot price"
            )
    return FrozenDict(problems)


def priced_parts(
    arch: Architecture,
) -> Iterator[tuple[Memory | Fanout | Compute, tuple[str, ...]]]:
    """Yield what a machine pays for: each part with the actions that it may perform."""
    parts: tuple[Memory | Fanout | Compute, ...] = (*present_memories(arch), *arch.fanouts)
    for part in (*parts, arch.compute):
        yield part, priced_actions(part)


def priced_actions(part: Memory | Fanout | Compute) -> tuple[str, ...]:
    """Return the actions that a part may perform."""
    if isinstance(part, Memory):
        return MEMORY_ACTIONS + ADDRESS_ACTIONS
    if isinstance(part, Fanout):
        return FANOUT_ACTIONS + (MESH_ACTIONS if part.network else ())
    return COMPUTE_ACTIONS


NO_GATED_PRICE = Price(0.0, "what is gated costs nothing, as no price is stated", assumed=True)


def gated_actions(part: Memory | Fanout | Compute) -> tuple[str, ...]:
    """Return what a part may be asked to do and is switched off for, as ``read.gated``."""
    if isinstance(part, Compute):
        return tuple(f"{MULTIPLY}.gated" for _ in [part.gating] if part.gating)
    if not isinstance(part, Memory) or not part.gating:
        return ()
    sums = "Outputs" in part.gating
    return ("read.gated", "update.gated") if sums else ("read.gated",)


def _price(part: Memory | Fanout | Compute, action: str, table: EnergyTable) -> Price | None:
    return stated_price(part, action) or table.estimate(part.component, attributes_of(part), action)


def attributes_of(part: Memory | Fanout | Compute) -> Attributes:
    """Return what an estimator may know of one instance of a part of a machine."""
    if isinstance(part, Memory):
        return Attributes(part.size_bits, max(part.block_bits, part.word_bits))
    return Attributes(access_bits=part.word_bits) if isinstance(part, Fanout) else ANY


def _unpriced(
    part: Memory | Fanout | Compute,
    missing: Sequence[str],
    actions: Sequence[str],
    arch: Architecture,
    table: EnergyTable,
) -> Problem:
    """Return the problem of a level that a table lacks prices for."""
    needed = ", ".join(f"'{action}'" for action in missing)
    level = f"level '{part.name}' of {arch.name}"
    attributes = attributes_of(part)
    if part.component in table.components:
        why = table.gap(part.component, attributes, missing[0])
        remedy = f"add what is missing to the table, or state an `energy:` for {part.name}"
        return Problem(
            f"energy table '{table.name}' has no price for {needed} of component "
            f"'{part.component}', which {level} needs",
            got=part.component,
            hint=f"{why}; {remedy}" if why else remedy,
        )
    fitting = [
        name
        for name in table.components
        if all(table.estimate(name, attributes, action) is not None for action in actions)
    ]
    remedy = f"add it to the table, or state an `energy:` for {part.name}"
    hint = suggestion(part.component, fitting) or remedy
    if table.per_access and part.name in table.components:
        known = f"it knows '{part.name}' by its own name, as an ERT does"
        hint = f"{known}: give both in one file, or import them together"
    return Problem(
        f"energy table '{table.name}' has no component '{part.component}': {level} needs its "
        f"prices for {needed}",
        got=part.component,
        expected=one_of(fitting or table.components),
        hint=hint,
    )


def stated_price(part: Memory | Fanout | Compute, action: str) -> Price | None:
    """Return the price that a part states itself; None if it states none."""
    stated = part.energy.get("gated" if action.endswith(".gated") else action)
    if stated is None and action in ("read", "fill", "update", "drain"):
        stated = part.energy.get("access")
    if stated is None:
        return None
    width = part.energy_bits if isinstance(part, Memory) else None
    return Price(stated, part.source or "stated in the architecture", width_bits=width)


def present_memories(arch: Architecture) -> tuple[Memory, ...]:
    """Return the memories that are built: one of size 0 is absent and costs nothing."""
    return tuple(memory for memory in arch.memories if memory.size_bits != 0)
