"""Lint specs: every problem of every file, and what each file assumes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from accelsim.arch.records import SELECTORS, Architecture
from accelsim.arch.schema import ArchitectureSpec
from accelsim.errors import Problem, SpecError, UsageError, Where
from accelsim.mapping.schema import MappingSpec
from accelsim.mapping.spec import read_made_from, read_mapping
from accelsim.mapspace.records import Dataflow
from accelsim.mapspace.schema import DataflowSpec
from accelsim.specs.join import SpecModel
from accelsim.study import Study, StudySpec
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.technology.schema import AccountingSpec, TechnologySpec
from accelsim.verbs.load import Loaded, load
from accelsim.verbs.words import (
    KINDS,
    as_accounting,
    as_architecture,
    as_dataflow,
    as_energy_table,
    as_network,
    kind_of,
    one_layer,
    split_overrides,
)
from accelsim.workload.records import Network
from accelsim.workload.schema import WorkloadSpec

MODELS: dict[str, type[SpecModel]] = {
    "architecture": ArchitectureSpec,
    "workload": WorkloadSpec,
    "dataflow": DataflowSpec,
    "technology": TechnologySpec,
    "accounting": AccountingSpec,
    "study": StudySpec,
    "mapping": MappingSpec,
}
"""Kind of spec -> the model of its file."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What linting one file found.

    ``assumed`` lists, one line each, what the spec takes for granted: what is marked ``assumed:``,
    assumptions written out, and levels that only some machines have.
    """

    file: str
    kind: str
    problems: tuple[Problem, ...] = ()
    assumed: tuple[str, ...] = ()


def check(*files: str | Path) -> tuple[Checked, ...]:
    """Read specs and say everything that is wrong with them.

    Parameters
    ----------
    files : paths, or names of shipped specs

    Raises
    ------
    UsageError
        If no file is named.
    """
    if not files:
        raise UsageError(Problem("no file to check", expected="accelsim check FILE..."))
    return tuple(_check_one(str(file)) for file in files)


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of spec, for editors.

    Raises
    ------
    UsageError
        If there is no such kind.
    """
    if kind not in MODELS:
        expected = "one of " + ", ".join(MODELS)
        raise UsageError(Problem(f"no schema of '{kind}'", expected=expected))
    return MODELS[kind].model_json_schema()


def _check_one(file: str) -> Checked:
    kind = ""
    try:
        kind = kind_of(file, KINDS)
        if kind == "mapping":
            _check_mapping(Path(file))
            return Checked(file, kind)
        spec = load(file, kind=kind)
        if isinstance(spec, Study):
            _check_rows(spec, file)
        return Checked(file, kind, assumed=tuple(_assumed(spec)))
    except (SpecError, UsageError) as fault:
        return Checked(file, kind, tuple(fault.problems))


def _check_mapping(path: Path) -> None:
    """Read a mapping against the machine and the layer that it names."""
    made_from = read_made_from(path)
    machine, layer = made_from.architecture, made_from.layer
    if not machine or not layer:
        raise SpecError(
            [
                Problem(
                    "a mapping is checked against a machine and a layer",
                    Where(str(path)),
                    expected="'architecture:' and 'layer:' in the file",
                    hint="or use: accelsim evaluate MACHINE LAYER MAPPING",
                )
            ]
        )
    try:
        (for_machine,), rest = split_overrides(made_from.overrides, [machine], layer)
        (only,) = one_layer(as_network(layer, rest), layer).layers
        arch = as_architecture(machine, for_machine)
    except (SpecError, UsageError) as fault:
        named = f"named in {path}, as seen from the directory of the call that wrote it"
        raise SpecError(
            replace(p, hint=p.hint or named) if p.where else replace(p, where=Where(str(path)))
            for p in fault.problems
        ) from None
    read_mapping(path, arch, only)


def _check_rows(study: Study, file: str) -> None:
    """Read everything that the rows of a study name."""
    problems: dict[Problem, None] = {}
    for row in study.rows:
        try:
            arch = as_architecture(row.architecture)
            as_energy_table(row.technology or None, arch)
            for flow in row.dataflows:
                as_dataflow(flow)
            as_accounting(row.accounting)
        except (SpecError, UsageError) as fault:
            for problem in fault.problems:
                where = problem.where or Where(file)
                what = f"row {row.label}: {problem.what}"
                problems[replace(problem, what=what, where=where)] = None
    if problems:
        raise SpecError(problems)


def _assumed(spec: Loaded) -> Iterator[str]:
    if isinstance(spec, Architecture | Network | Dataflow | EnergyTable | Accounting | Study):
        yield from spec.assumptions
    if isinstance(spec, Dataflow):
        needed = {rule.at for rule in spec.rules if rule.required}
        for at in dict.fromkeys(rule.at for rule in spec.rules if rule.at not in SELECTORS):
            elsewhere = "others are refused" if at in needed else "on others, its rules say nothing"
            yield f"machines have a level '{at}'; {elsewhere}"
    if isinstance(spec, Network):
        for layer in spec.layers:
            for text in layer.assumptions:
                yield f"{layer.name}: {text}"
    if isinstance(spec, EnergyTable):
        for component, actions in spec.prices.items():
            for action, price in actions.items():
                if price.assumed:
                    yield f"{component}.{action} = {price.energy:g} {spec.unit}: {price.source}"
