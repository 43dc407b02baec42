"""Energy tables and accountings: YAML -> :mod:`accelsim.technology.records`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from accelsim import shipped, yamldoc
from accelsim.conventions import Conventions, convention_problems
from accelsim.errors import Problem, SpecError
from accelsim.records_json import from_data
from accelsim.roles import ROLES
from accelsim.specs.fields import one_of, suggestion
from accelsim.specs.join import Faults, check_kind, validate
from accelsim.specs.references import named_at, open_spec, parse_reference, pattern_problems
from accelsim.technology.accelergy import is_reference_table, read_reference_tables
from accelsim.technology.contradictions import contradictions, without
from accelsim.technology.csv_table import CSV_SUFFIX, read_csv
from accelsim.technology.estimators.contract import KINDS
from accelsim.technology.estimators.scaled import Scaled
from accelsim.technology.estimators.stated import IN_ACCESS
from accelsim.technology.records import (
    ACTIONS,
    ADDRESS_ACTIONS,
    COMPUTE_ACTIONS,
    FANOUT_ACTIONS,
    MEMORY_ACTIONS,
    MESH_ACTIONS,
    PRIMITIVE_ACTIONS,
    Accounting,
    EnergyTable,
)
from accelsim.technology.scaling import scaled_table
from accelsim.technology.schema import AccountingSpec, TechnologySpec
from accelsim.technology.tables import TableReader
from accelsim.yamldoc import Document, Keys, Node

DEFAULT_WORD_BITS = 16

KNOWN_ACTIONS = ("access", *ACTIONS)

T = TypeVar("T")


def read_technology(name_or_path: str | Path) -> EnergyTable:
    """Read an energy table: a shipped name, a spec, a CSV file, or a table of Accelergy's.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    return _read(name_or_path, ())


def _read(name_or_path: str | Path, chain: tuple[Path, ...]) -> EnergyTable:
    """Read a table from which those of the files in ``chain`` start."""
    reference = parse_reference(name_or_path)
    path = Path(reference.name)
    if path.suffix == CSV_SUFFIX:
        return read_csv(path)
    document = open_spec("technology", reference)
    if is_reference_table(document):
        return read_reference_tables(document)
    check_kind(document, "technology")
    faults = Faults(document, pattern_problems(document, reference))
    for key in ("prices", "curves", "macs"):
        faults.problems += _unknown_actions(document, (key,), kinds=True)
    spec = validate(TechnologySpec, faults)
    if spec is None:
        raise faults.error()
    for name in spec.compounds:
        keys = ("compounds", name)
        faults.problems += _unknown_actions(document, keys, ("actions",), kinds=True)
    faults.problems += contradictions(document)
    reader = TableReader(spec, document, faults.problems)
    start = _start(spec, reader, (*chain, Path(document.file).resolve()))
    table = _table(spec, reader, start)
    if faults:
        raise faults.error()
    return table


def _table(spec: TechnologySpec, reader: TableReader, start: EnergyTable) -> EnergyTable:
    """Return the table of a file, laid over the one that it starts from."""
    if spec.unit != start.unit:
        what = f"a table in {spec.unit} that starts from one in {start.unit}"
        reader.fault(("unit",), what, start.unit)
    word_bits = int(spec.word.worth()) if spec.word else start.word_bits
    if start.components and (start.per_access or word_bits != start.word_bits):
        reader.width_bits, word_bits = word_bits, start.word_bits
    prices, curves, macs = reader.prices(), reader.curves(), reader.macs()
    fixed, area_curves = reader.areas()
    own = replace(
        start,
        name=spec.name,
        prices=_laid_over(without(start.prices, prices, curves, macs, spec.compounds), prices),
        curves=_laid_over(without(start.curves, curves, prices, macs, spec.compounds), curves),
        macs=_laid_over(without(start.macs, macs, prices, curves, spec.compounds), macs),
    )
    compounds = reader.compounds(own.components)
    if not own.components:
        reader.fault(("name",), f"table '{spec.name}' prices nothing", "`prices:`")
    return replace(
        own,
        word_bits=word_bits,
        source="; ".join(filter(None, (spec.source, start.source))),
        assumptions=(*((spec.assumed,) if spec.assumed else ()), *start.assumptions),
        compounds={**start.compounds, **compounds},
        areas={**_but(start.areas, area_curves), **fixed},
        area_curves={**_but(start.area_curves, fixed), **area_curves},
        node_nm=spec.node_nm or start.node_nm,
    )


def _laid_over(
    below: Mapping[str, Mapping[str, T]], above: Mapping[str, Mapping[str, T]]
) -> dict[str, Mapping[str, T]]:
    return {name: {**below.get(name, {}), **above.get(name, {})} for name in {**below, **above}}


def _but(below: Mapping[str, T], above: Mapping[str, object]) -> dict[str, T]:
    return {name: its for name, its in below.items() if name not in above}


def _start(spec: TechnologySpec, reader: TableReader, chain: tuple[Path, ...]) -> EnergyTable:
    """Return the table that a file starts from: another, scaled, or Accelergy's; else none.

    ``chain`` are the files that start from each other, this one last.
    """
    folder = Path(reader.document.file).parent
    if spec.accelergy:
        with named_at(reader.document, ("accelergy", "ert")):
            ert = yamldoc.load(folder / spec.accelergy.ert)
        with named_at(reader.document, ("accelergy", "art")):
            art = yamldoc.load(folder / spec.accelergy.art) if spec.accelergy.art else None
        return read_reference_tables(ert, art)
    if spec.scaling is None:
        return EnergyTable(spec.name, spec.unit, {}, DEFAULT_WORD_BITS)
    scaling = spec.scaling
    base = _base(scaling.table, reader, chain)
    rule = reader.rule(scaling)
    factor = rule.factor(base.node_nm, scaling.to_nm) if base.node_nm and not reader.problems else 1
    if base.node_nm is None:
        reader.fault(("scaling", "table"), f"table '{base.name}' does not say its `node_nm`")
    elif factor is None:
        nodes = [f"{node:g}" for node, _ in rule.energies]
        what = f"the rule says nothing of {base.node_nm:g} nm and {scaling.to_nm:g} nm"
        known = f"nodes from {nodes[0]} to {nodes[-1]} nm"
        inside = rule.energies[0][0] <= base.node_nm <= rule.energies[-1][0]
        reader.fault(("scaling", "to_nm" if inside else "energies"), what, known)
    if spec.node_nm not in (None, scaling.to_nm):
        what = f"the prices are scaled to {scaling.to_nm:g} nm, not those of {spec.node_nm:g} nm"
        reader.fault(("node_nm",), what, f"{scaling.to_nm:g}, or no `node_nm` beside `scaling`")
    for index, component in enumerate(scaling.unscaled):
        if component not in base.components:
            keys: Keys = ("scaling", "unscaled", index)
            reader.fault(keys, f"no component '{component}'", one_of(base.components))
        elif component in base.compounds:
            parts = sorted({part.component for part in base.compounds[component].parts.values()})
            what = f"compound '{component}' scales as its parts do"
            reader.fault(("scaling", "unscaled", index), what, one_of(parts))
    said = f"x {factor or 1:.4g} from {base.node_nm or 0:g} to {scaling.to_nm:g} nm ({rule.source})"
    scaled = Scaled(base, factor or 1.0, said, rule.assumed, frozenset(scaling.unscaled))
    return replace(scaled_table(base, scaled), node_nm=scaling.to_nm)


def _base(words: str, reader: TableReader, chain: tuple[Path, ...]) -> EnergyTable:
    """Read the table that another names, and say of what keeps it from being read who named it."""
    folder, keys = Path(reader.document.file).parent, ("scaling", "table")
    name = str(folder / words) if shipped.is_path(words) else words
    with named_at(reader.document, keys):
        if shipped.find("technology", parse_reference(name).name).resolve() in chain:
            reader.fault(keys, f"table '{reader.spec.name}' starts from itself")
            raise SpecError(reader.problems)
        return _read(name, chain)


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
    faults.problems += _unknown_actions(document, ("weights",))
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


def _unknown_actions(
    document: Document, keys: Keys, within: Keys = (), *, kinds: bool = False
) -> list[Problem]:
    """Return a problem for every action that does not exist.

    Under ``kinds`` an action may have a kind, as ``read.gated``, and be one of a primitive; without
    it, it may be narrowed to a role, as ``read.Weights``.
    """
    problems = []
    components = document.node((*keys, *within))
    if components is None or not isinstance(components.value, dict):
        return []
    described: dict[str, Node] = components.value
    if within:
        described = {str(keys[-1]): components}
    for component, actions in described.items():
        if not isinstance(actions.value, dict):
            continue
        for written in actions.value:
            action, dot, narrowed = written.partition(".")
            place = (*keys, *within) if within else (*keys, component)
            where = document.where_key((*place, written))
            if action not in KNOWN_ACTIONS and not (kinds and action in PRIMITIVE_ACTIONS):
                known = _likely_actions(list(actions.value))
                what = f"unknown action '{action}' of component '{component}'"
                hint = suggestion(action, KNOWN_ACTIONS)
                problems.append(Problem(what, where, action, one_of(known), hint))
                continue
            narrower = KINDS if kinds else ROLES
            if dot and narrowed not in narrower:
                noun = "kind" if kinds else "tensor"
                what = f"unknown {noun} '{narrowed}' in '{written}'"
                hint = suggestion(narrowed, narrower)
                problems.append(Problem(what, where, narrowed, one_of(narrower), hint))
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
