"""Energy tables and accountings: YAML -> :mod:`accelsim.technology.records`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from accelsim.conventions import Conventions, convention_problems
from accelsim.errors import Problem
from accelsim.records_json import from_data
from accelsim.roles import ROLES
from accelsim.specs.fields import one_of, suggestion
from accelsim.specs.join import Faults, check_kind, validate
from accelsim.specs.references import open_spec, parse_reference, pattern_problems
from accelsim.technology.records import (
    ACTIONS,
    ADDRESS_ACTIONS,
    COMPUTE_ACTIONS,
    FANOUT_ACTIONS,
    MEMORY_ACTIONS,
    MESH_ACTIONS,
    Accounting,
    EnergyTable,
    Price,
)
from accelsim.technology.schema import AccountingSpec, PriceSpec, TechnologySpec
from accelsim.units import Quantity
from accelsim.yamldoc import Document, Keys

DEFAULT_WORD_BITS = 16

IN_ACCESS = ("read", "update", "fill", "drain")
"""What ``access`` stands for."""

KNOWN_ACTIONS = ("access", *ACTIONS)


def read_technology(name_or_path: str | Path) -> EnergyTable:
    """Read an energy table.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    reference = parse_reference(name_or_path)
    document = open_spec("technology", reference)
    check_kind(document, "technology")
    faults = Faults(document, pattern_problems(document, reference))
    faults.problems += _unknown_actions(document, "prices", narrowed=False)
    spec = validate(TechnologySpec, faults)
    if spec is None:
        raise faults.error()
    prices = {
        component: {
            action: _price(spec, price, document, ("prices", component, action), faults.problems)
            for action, price in actions.items()
        }
        for component, actions in spec.prices.items()
    }
    if faults:
        raise faults.error()
    return EnergyTable(
        name=spec.name,
        unit=spec.unit,
        prices=prices,
        word_bits=int(spec.word.worth()) if spec.word else DEFAULT_WORD_BITS,
        source=spec.source or "",
        assumptions=(spec.assumed,) if spec.assumed else (),
    )


def _price(
    spec: TechnologySpec,
    price: PriceSpec,
    document: Document,
    keys: Keys,
    problems: list[Problem],
) -> Price:
    energy = price.energy
    if isinstance(energy, Quantity):
        if spec.unit != "pJ":
            problems.append(
                Problem(
                    f"an energy in {energy.unit} in a table whose unit is {spec.unit}",
                    document.where(keys),
                    expected="a plain number, relative to one MAC",
                )
            )
        energy = float(energy.worth())
    source = price.source or price.assumed or spec.source or spec.assumed
    if source is None:
        problems.append(
            Problem(
                f"the price of {keys[-2]}.{keys[-1]} has no source",
                document.where(keys),
                expected="`source:` (or `assumed: reason`) beside it or at the top of the file",
            )
        )
    assumed = price.assumed is not None or (price.source is None and spec.source is None)
    if price.source and price.assumed:
        source = f"{price.source}; {price.assumed}"
    return Price(energy, source or "", assumed)


def read_accounting(name_or_path: str | Path) -> Accounting:
    """Read an accounting; its ``access`` is spelt out as the actions that it stands for.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    reference = parse_reference(name_or_path)
    document = open_spec("accounting", reference)
    check_kind(document, "accounting")
    faults = Faults(document, pattern_problems(document, reference))
    faults.problems += _unknown_actions(document, "weights", narrowed=True)
    spec = validate(AccountingSpec, faults)
    if spec is None or faults:
        raise faults.error()
    weights = {component: _spelt_out(actions) for component, actions in spec.weights.items()}
    conventions = from_data(Conventions, spec.conventions.model_dump(), "conventions")
    for name, problem in convention_problems(conventions).items():
        keys: Keys = ("conventions", name)
        where = document.where(keys if document.node(keys) else ("conventions", "reuse"))
        faults.problems.append(replace(problem, where=where))
    if faults:
        raise faults.error()
    assumptions = (spec.assumed,) if spec.assumed else ()
    return Accounting(spec.name, weights, spec.source or "", assumptions, conventions)


def _spelt_out(actions: Mapping[str, float]) -> dict[str, float]:
    spelt = {name: weight for name, weight in actions.items() if name.split(".")[0] != "access"}
    for name, weight in actions.items():
        action, dot, role = name.partition(".")
        if action == "access":
            for part in IN_ACCESS:
                spelt.setdefault(part + dot + role, weight)
    return spelt


def _unknown_actions(document: Document, key: str, *, narrowed: bool) -> list[Problem]:
    """Return a problem for every action (``action.Role`` if ``narrowed``) that does not exist."""
    problems = []
    components = document.node((key,))
    if components is None or not isinstance(components.value, dict):
        return []
    for component, actions in components.value.items():
        if not isinstance(actions.value, dict):
            continue
        for written in actions.value:
            action, dot, role = written.partition(".") if narrowed else (written, "", "")
            where = document.where_key((key, component, written))
            if action not in KNOWN_ACTIONS:
                known = _likely_actions(list(actions.value))
                what = f"unknown action '{action}' of component '{component}'"
                hint = suggestion(action, KNOWN_ACTIONS)
                problems.append(Problem(what, where, action, one_of(known), hint))
            elif dot and role not in ROLES:
                what = f"unknown tensor '{role}' in '{written}'"
                problems.append(Problem(what, where, role, one_of(ROLES), suggestion(role, ROLES)))
    return problems


def _likely_actions(written: list[str]) -> tuple[str, ...]:
    """Return the actions of the sort of component that the other actions speak of."""
    for actions in (
        ("access", *MEMORY_ACTIONS, *ADDRESS_ACTIONS),
        (*FANOUT_ACTIONS, *MESH_ACTIONS),
        COMPUTE_ACTIONS,
    ):
        if any(action.split(".")[0] in actions for action in written):
            return actions
    return KNOWN_ACTIONS
