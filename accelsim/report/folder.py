"""Results read back from the folder that they were written to.

The mappings in ``results.json`` are counted and priced again; nothing is searched.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accelsim.arch.records import Architecture
from accelsim.errors import Problem, SpecError, Where
from accelsim.evaluation.evaluate import evaluate
from accelsim.mapper.contract import Certificate
from accelsim.mapper.infeasible import Infeasibility
from accelsim.mapping.records import Mapping
from accelsim.network.records import LayerResult, NetworkResult, RunInfo
from accelsim.report.json_text import SCHEMA
from accelsim.report.records_json import from_data
from accelsim.report.results import Comparison, NetworkRun
from accelsim.report.settings import Settings
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.workload.records import Network

RESULTS = "results.json"

MAX_BYTES = 256 * 2**20


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
        return _rebuild(_read_json(file))
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


def _rebuild(data: dict[str, Any]) -> Comparison | NetworkRun:
    try:
        settings = from_data(Settings, data["settings"], "settings")
        rows = tuple(_row(row, data["specs"], settings) for row in data["rows"])
        if "what" in data:
            return Comparison(rows, settings, str(data["what"]))
        return NetworkRun(rows, settings)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration) as fault:
        raise SpecError([Problem(f"not in the form that results have ({fault!r})")]) from None


def _row(data: dict[str, Any], specs: dict[str, Any], settings: Settings) -> NetworkResult:
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
    return NetworkResult(
        label=data["row"],
        network=network,
        arch=arch,
        dataflow=data["dataflow"],
        technology=data["technology"],
        accounting=data["accounting"],
        objective=settings.objective,
        layers=_layers(data["layers"], arch, network, prices),
        run=RunInfo(seconds=0.0, threads=1),
    )


def _layers(
    entries: Sequence[dict[str, Any]],
    arch: Architecture,
    network: Network,
    prices: tuple[EnergyTable, Accounting] | None,
) -> tuple[LayerResult, ...]:
    results = []
    for layer, entry in zip(network.layers, entries, strict=True):
        where = f"layer {layer.name}"
        evaluation = None
        if entry["mapping"] is not None and prices is not None:
            mapping = from_data(Mapping, entry["mapping"], f"{where}, mapping")
            evaluation = evaluate(layer, arch, mapping, *prices)
        results.append(
            LayerResult(
                layer,
                evaluation,
                _optional(Certificate, entry["certificate"], f"{where}, certificate"),
                _optional(Infeasibility, entry["infeasible"], f"{where}, infeasible"),
                entry["same_as"],
            )
        )
    return tuple(results)


def _optional(kind: type[Any], data: object, where: str) -> Any:
    return None if data is None else from_data(kind, data, where)
