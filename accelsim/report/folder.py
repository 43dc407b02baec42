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
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.records import Evaluation
from accelsim.mapper.contract import Certificate
from accelsim.mapper.infeasible import Infeasibility
from accelsim.mapper.objectives import OBJECTIVES
from accelsim.mapping.records import Mapping
from accelsim.network.records import LayerResult, NetworkResult, RunInfo
from accelsim.records_json import from_data
from accelsim.report.files import RESULTS, settings_seen_from
from accelsim.report.fronts import LayerFront, NetworkFront
from accelsim.report.json_text import SCHEMA
from accelsim.report.results import Comparison, NetworkRun
from accelsim.report.settings import Settings
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.workload.records import Layer, Network

MAX_BYTES = 256 * 2**20


def read_folder(path: Path) -> Comparison | NetworkRun | LayerFront:
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
    apart: tuple[Mapping | None, ...]
    """Of layers that find maps on the chip, the mappings without these."""
    fronts: tuple[tuple[Mapping, ...], ...]
    """The points of each layer; none of a layer that is equal to an earlier one."""
    prices: tuple[EnergyTable, Accounting] | None


@dataclass(frozen=True)
class _Stored:
    rows: tuple[_StoredRow, ...]
    settings: Settings
    kind: type[Comparison | NetworkRun | LayerFront]
    what: str = ""
    """What a row of a comparison is."""


def _stored(data: dict[str, Any], folder: Path) -> _Stored:
    """Take the data apart; here, and only here, it may turn out to have any form."""
    try:
        settings = from_data(Settings, data["settings"], "settings")
        settings = settings_seen_from(settings, folder, Path())
        kind = _kind(data)
        front = data.get("front", {})
        rows = tuple(_row(row, data["specs"], settings, front) for row in data["rows"])
        what = str(data.get("what", ""))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as fault:
        raise SpecError([Problem(f"not in the form that results have ({fault!r})")]) from None
    if not rows:
        raise SpecError([Problem("holds no rows")])
    problems = [p for stored in rows for p in structural_problems(stored.row.arch)]
    if kind is Comparison and settings.objective not in OBJECTIVES:
        expected = "one of " + ", ".join(OBJECTIVES)
        problems.append(Problem(f"unknown objective '{settings.objective}'", expected=expected))
    if problems:
        raise SpecError(problems)
    return _Stored(rows, settings, kind, what)


def _kind(data: dict[str, Any]) -> type[Comparison | NetworkRun | LayerFront]:
    if "what" in data:
        return Comparison
    if "front" not in data:
        return NetworkRun
    return NetworkFront if "layers" in data["front"] else LayerFront


def _row(
    data: dict[str, Any], specs: dict[str, Any], settings: Settings, front: dict[str, Any]
) -> _StoredRow:
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
    layers, mappings, apart = _layers(data["layers"], network)
    row = NetworkResult(
        label=from_data(str, data["row"], "row"),
        network=network,
        arch=arch,
        dataflow=from_data(str, data["dataflow"], "dataflow"),
        technology=from_data(str, data["technology"], "technology"),
        accounting=from_data(str, data["accounting"], "accounting"),
        objective=settings.objective,
        layers=layers,
        run=RunInfo(0.0, threads=1, stopped_by=from_data(str, data.get("stopped_by", ""), "row")),
    )
    return _StoredRow(row, mappings, apart, _fronts(front, network), prices)


def _fronts(front: dict[str, Any], network: Network) -> tuple[tuple[Mapping, ...], ...]:
    """Return the points' mappings by layer; those of a single layer stand in ``front`` itself."""
    if not front:
        return ((),) * len(network.layers)
    pairs = zip(network.layers, front.get("layers", [front]), strict=True)
    return tuple(
        tuple(
            from_data(Mapping, point["mapping"], f"layer {layer.name}, point {number}")
            for number, point in enumerate(entry["points"], start=1)
        )
        for layer, entry in pairs
    )


def _layers(
    entries: Sequence[dict[str, Any]], network: Network
) -> tuple[tuple[LayerResult, ...], tuple[Mapping | None, ...], tuple[Mapping | None, ...]]:
    results = []
    mappings = []
    apart = []
    for layer, entry in zip(network.layers, entries, strict=True):
        where = f"layer {layer.name}"
        stored = entry["mapping"]
        mappings.append(_optional(Mapping, stored, f"{where}, mapping"))
        alone = (entry.get("apart") or {}).get("mapping")
        apart.append(_optional(Mapping, alone, f"{where}, apart"))
        results.append(
            LayerResult(
                layer,
                None,
                _optional(Certificate, entry["certificate"], f"{where}, certificate"),
                _optional(Infeasibility, entry["infeasible"], f"{where}, infeasible"),
                from_data(str, entry["same_as"], f"{where}, same_as"),
            )
        )
    return tuple(results), tuple(mappings), tuple(apart)


def _counted(stored: _Stored) -> Comparison | NetworkRun | LayerFront:
    """Count and price the mappings."""
    rows = tuple(map(_counted_row, stored.rows))
    if issubclass(stored.kind, Comparison):
        return stored.kind(rows, stored.settings, stored.what)
    return stored.kind(rows, stored.settings)


def _counted_row(stored: _StoredRow) -> NetworkResult:
    layers = list[LayerResult]()
    fronts = dict[str, tuple[Evaluation, ...]]()
    entries = zip(stored.row.layers, stored.mappings, stored.apart, stored.fronts, strict=True)
    for entry, mapping, apart, points in entries:
        name = entry.layer.name
        if mapping is not None and stored.prices is not None:
            found = _evaluated(stored, entry.layer, mapping, "mapping")
            entry = replace(entry, evaluation=found)
        if apart is not None:
            alone = replace(entry.layer, residents=())
            entry = replace(entry, apart=_evaluated(stored, alone, apart, "apart"))
        front = tuple(
            _evaluated(stored, entry.layer, point, f"point {number}")
            for number, point in enumerate(points, start=1)
        )
        if entry.same_as in fronts:
            front = tuple(replace(its, layer=entry.layer) for its in fronts[entry.same_as])
        fronts[name] = front
        layers.append(replace(entry, front=front))
    return replace(stored.row, layers=tuple(layers))


def _evaluated(stored: _StoredRow, layer: Layer, mapping: Mapping, what: str) -> Evaluation:
    if stored.prices is None:
        raise SpecError([Problem(f"layer {layer.name}, {what}: the result holds no prices")])
    try:
        return evaluate(layer, stored.row.arch, mapping, *stored.prices)
    except IllegalMappingError as fault:
        raise SpecError([Problem(f"layer {layer.name}, {what}: {fault}")]) from None
    except SpecError as fault:
        raise SpecError(
            replace(problem, what=f"layer {layer.name}, {what}: {problem.what}")
            for problem in fault.problems
        ) from None


def _optional(kind: type[Any], data: object, where: str) -> Any:
    return None if data is None else from_data(kind, data, where)
