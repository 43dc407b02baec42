"""Results read back from the folder that they were written to.

The mappings in ``results.json`` are counted and priced again; nothing is searched.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from accelsim.arch.records import Architecture, structural_problems
from accelsim.errors import Problem, SpecError, Where
from accelsim.evaluation.evaluate import IllegalMappingError, evaluate
from accelsim.mapper.contract import Certificate
from accelsim.mapper.infeasible import Infeasibility
from accelsim.mapper.objectives import OBJECTIVES
from accelsim.mapping.records import Mapping
from accelsim.network.records import LayerResult, NetworkResult, RunInfo
from accelsim.records_json import from_data
from accelsim.report.files import RESULTS, settings_seen_from
from accelsim.report.json_text import SCHEMA
from accelsim.report.results import Comparison, NetworkRun
from accelsim.report.settings import Settings
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.workload.records import Network

MAX_BYTES = 256 * 2**20

WITHOUT_FRONT = "Read back without its front: these are the mappings that are each layer's best."


def read_folder(path: Path) -> Comparison | NetworkRun:
    """Read a results folder, its ``results.json``, or what ``--json`` printed.

    Nothing is searched: the mappings are counted and priced again.

    Raises
    ------
    SpecError
        If there are no results there, or not in the form that this version writes.
    """
    file = path / RESULTS if is_folder(path) else path
    try:
        return _counted(_stored(_read_json(file), file.parent))
    except SpecError as fault:
        raise SpecError(
            Problem(p.what, Where(str(file)), p.got, p.expected, p.hint) for p in fault.problems
        ) from None


def is_folder(path: Path) -> bool:
    """Tell whether a path is a folder; one that cannot be looked at is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _read_json(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise SpecError([Problem(f"larger than {MAX_BYTES >> 20} MiB")])
        data = json.loads(file.read_bytes())
    except FileNotFoundError:
        hint = "accelsim compare ... -o DIR and accelsim run ... -o DIR write results"
        raise SpecError([Problem("no results here", hint=hint)]) from None
    except OSError as fault:
        raise SpecError([Problem(f"cannot be read: {fault.strerror}")]) from None
    except (ValueError, RecursionError):
        raise SpecError([Problem("not a JSON file")]) from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise SpecError([Problem(f"not a result of the schema {SCHEMA}")])
    if not isinstance(data.get("rows"), list) or "specs" not in data:
        raise SpecError(
            [Problem("holds no results of compare or run", hint="it may say what went wrong")]
        )
    return data


@dataclass(frozen=True)
class _StoredRow:
    """A row as it is stored: nothing counted yet.  ``layers`` lack their evaluations."""

    row: NetworkResult
    mappings: tuple[Mapping | None, ...]
    prices: tuple[EnergyTable, Accounting] | None


@dataclass(frozen=True)
class _Stored:
    rows: tuple[_StoredRow, ...]
    settings: Settings
    what: str | None
    """None for a run."""


def _stored(data: dict[str, Any], folder: Path) -> _Stored:
    """Take the data apart; here, and only here, it may turn out to have any form."""
    try:
        settings = from_data(Settings, data["settings"], "settings")
        settings = settings_seen_from(settings, folder, Path())
        if "front" in data:
            settings = replace(settings, remarks=(*settings.remarks, WITHOUT_FRONT))
        rows = tuple(_row(row, data["specs"], settings) for row in data["rows"])
        what = str(data["what"]) if "what" in data else None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as fault:
        raise SpecError([Problem(f"not in the form that results have ({fault!r})")]) from None
    if not rows:
        raise SpecError([Problem("holds no rows")])
    problems = [p for stored in rows for p in structural_problems(stored.row.arch)]
    if what is not None and settings.objective not in OBJECTIVES:
        expected = "one of " + ", ".join(OBJECTIVES)
        problems.append(Problem(f"unknown objective '{settings.objective}'", expected=expected))
    if problems:
        raise SpecError(problems)
    return _Stored(rows, settings, what)


def _row(data: dict[str, Any], specs: dict[str, Any], settings: Settings) -> _StoredRow:
    keys = data["spec_keys"]
    arch = from_data(Architecture, specs["architectures"][keys["architecture"]], "architecture")
    network = from_data(Network, specs["networks"][keys["network"]], "network")
    prices = None
    if keys["prices"] is not None:
        stored = specs["prices"][keys["prices"]]
        prices = (
            from_data(EnergyTable, stored["table"], "table"),
            from_data(Accounting, stored["accounting"], "accounting"),
        )
    layers, mappings = _layers(data["layers"], network)
    row = NetworkResult(
        label=from_data(str, data["row"], "row"),
        network=network,
        arch=arch,
        dataflow=from_data(str, data["dataflow"], "dataflow"),
        technology=from_data(str, data["technology"], "technology"),
        accounting=from_data(str, data["accounting"], "accounting"),
        objective=settings.objective,
        layers=layers,
        run=RunInfo(seconds=0.0, threads=1),
    )
    return _StoredRow(row, mappings, prices)


def _layers(
    entries: Sequence[dict[str, Any]], network: Network
) -> tuple[tuple[LayerResult, ...], tuple[Mapping | None, ...]]:
    results = []
    mappings = []
    for layer, entry in zip(network.layers, entries, strict=True):
        where = f"layer {layer.name}"
        mappings.append(_optional(Mapping, entry["mapping"], f"{where}, mapping"))
        results.append(
            LayerResult(
                layer,
                None,
                _optional(Certificate, entry["certificate"], f"{where}, certificate"),
                _optional(Infeasibility, entry["infeasible"], f"{where}, infeasible"),
                from_data(str, entry["same_as"], f"{where}, same_as"),
            )
        )
    return tuple(results), tuple(mappings)


def _counted(stored: _Stored) -> Comparison | NetworkRun:
    """Count and price the mappings."""
    rows = tuple(map(_counted_row, stored.rows))
    if stored.what is None:
        return NetworkRun(rows, stored.settings)
    return Comparison(rows, stored.settings, stored.what)


def _counted_row(stored: _StoredRow) -> NetworkResult:
    layers = []
    for entry, mapping in zip(stored.row.layers, stored.mappings, strict=True):
        if mapping is not None and stored.prices is not None:
            try:
                found = evaluate(entry.layer, stored.row.arch, mapping, *stored.prices)
            except IllegalMappingError as fault:
                raise SpecError([Problem(f"layer {entry.layer.name}, mapping: {fault}")]) from None
            layers.append(replace(entry, evaluation=found))
        else:
            layers.append(entry)
    return replace(stored.row, layers=tuple(layers))


def _optional(kind: type[Any], data: object, where: str) -> Any:
    return None if data is None else from_data(kind, data, where)
