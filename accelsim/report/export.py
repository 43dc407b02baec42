"""Results as data: one JSON object, and tidy tables (one row per layer, level, tensor, action)."""

from __future__ import annotations

import csv
import platform
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

import numpy as np

from accelsim.evaluation.records import COMPUTE, Evaluation
from accelsim.evaluation.timing import lift, limits, roofline
from accelsim.keys import content_key
from accelsim.network.proxies import layer_proxies
from accelsim.network.records import LayerResult, NetworkResult
from accelsim.network.staying import staying_maps
from accelsim.records_json import to_data
from accelsim.report import notes
from accelsim.report.level_classes import by_class, classes_of
from accelsim.report.network_notes import activations_data, proxies_data
from accelsim.report.settings import Settings
from accelsim.report.sources import STATED, source_text
from accelsim.report.zeros import zeros_data
from accelsim.technology.records import Price

ENERGY_COLUMNS = (
    "row",
    "architecture",
    "network",
    "dataflow",
    "layer",
    "group",
    "level",
    "class",
    "tensor",
    "action",
    "words",
    "accesses",
    "energy",
    "energy_unit",
    "energy_source",
)

LAYER_COLUMNS = (
    "row",
    "architecture",
    "network",
    "dataflow",
    "layer",
    "group",
    "operations",
    "energy",
    "energy_unit",
    "energy_per_operation",
    "leakage",
    "cycles",
    "seconds",
    "utilization",
    "edp",
    "bound",
    "area_mm2",
    "technology",
    "accounting",
)


def result_data(rows: Sequence[NetworkResult], settings: Settings) -> dict[str, Any]:
    """Return the deterministic part of a result: rows with everything counted, and their specs."""
    return {
        "settings": to_data(settings),
        "rows": [row_data(row) for row in rows],
        "assumptions": notes.assumptions(rows, settings.assumptions),
        "specs": specs_data(rows),
    }


def run_data(rows: Iterable[NetworkResult]) -> dict[str, Any]:
    """Return facts of the execution, which may differ from run to run."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "rows": [
            {
                "row": row.label,
                "seconds": round(row.run.seconds, 3),
                "threads": row.run.threads,
                "stopped_by": row.run.stopped_by,
                "cached": row.run.cached,
            }
            for row in rows
        ],
    }


def row_data(row: NetworkResult) -> dict[str, Any]:
    """Return one network on one machine."""
    evaluations = notes.evaluations([row])
    return {
        "row": row.label,
        "architecture": row.arch.name,
        "network": row.network.name,
        "dataflow": row.dataflow,
        "technology": row.technology,
        "accounting": row.accounting,
        "energy_unit": evaluations[0].energy_unit if evaluations else None,
        "energy_sources": energy_sources(evaluations[0]) if evaluations else [],
        "spec_keys": spec_keys(row),
        "stopped_by": row.run.stopped_by,
        "complete": row.complete,
        "no_mapping": [
            {"layer": entry.layer.name, "why": notes.why_unmapped(entry)}
            for entry in row.layers
            if entry.evaluation is None
        ],
        "totals": {
            name or "all": totals_data(row, name)
            for name in [*row.groups, None]
            if row.totals(name).layers
        },
        "stay_on_chip": [
            {
                "layer": its.map.layer,
                "memory": its.memory.name,
                "words": its.map.words,
                "bits": its.bits,
                "until": row.network.layers[its.last].name,
            }
            for its in staying_maps(row.network, row.arch)
        ],
        "activations": activations_data(row.network),
        "proxies": proxies_data(layer_proxies(row)),
        "layers": [_layer_entry(entry, row) for entry in row.layers],
    }


def energy_sources(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return every price that a result may use, with its source; then power that leaks."""
    unit = evaluation.energy_unit
    priced = [
        {"level": level, "action": action, "unit": unit, **to_data(price)}
        for (level, action), price in evaluation.prices.by_level.items()
    ]
    leaks = [
        {
            "level": memory.name,
            "action": "leakage",
            "unit": "mW",
            **to_data(Price(memory.leakage_mw, memory.source or STATED)),
        }
        for memory in evaluation.arch.memories
        if memory.leakage_mw
    ]
    return priced + leaks


def totals_data(row: NetworkResult, group: str | None) -> dict[str, Any]:
    """Return the sums over one group of layers, or over all."""
    totals = row.totals(group)
    return {
        "layers": list(totals.layers),
        "operations": totals.operations,
        "macs": totals.macs,
        "energy": totals.energy_total,
        "energy_per_mac": totals.energy_per_mac if totals.macs else None,
        "energy_per_operation": totals.energy_total / totals.operations,
        "energy_by_class": by_class(totals.energy.over("level"), row.arch),
        "energy_by_level": totals.energy.over("level"),
        "energy_by_tensor": totals.energy.over("tensor"),
        "leakage": totals.leakage,
        "cycles": totals.cycles,
        "seconds": totals.seconds,
        "utilization": totals.utilization,
        "edp": totals.edp,
    }


def _layer_entry(entry: LayerResult, row: NetworkResult) -> dict[str, Any]:
    evaluation = entry.evaluation
    return {
        "layer": entry.layer.name,
        "group": entry.layer.group,
        "operations": entry.layer.operations,
        "same_as": entry.same_as,
        "evaluation": None if evaluation is None else evaluation_data(evaluation, row),
        "mapping": None if evaluation is None else to_data(evaluation.mapping),
        "certificate": to_data(entry.certificate),
        "infeasible": to_data(entry.infeasible),
        "apart": None
        if entry.apart is None
        else {
            "evaluation": evaluation_data(entry.apart, row),
            "mapping": to_data(entry.apart.mapping),
        },
    }


def evaluation_data(evaluation: Evaluation, row: NetworkResult) -> dict[str, Any]:
    """Return one evaluation; ``actions`` lists every count with its energy."""
    tiles = evaluation.tile_words
    return {
        "energy": evaluation.energy_total,
        "energy_per_operation": evaluation.energy_per_operation,
        "leakage": evaluation.leakage,
        "energy_by_class": by_class(evaluation.energy.over("level"), row.arch),
        "cycles": evaluation.cycles,
        "compute_cycles": evaluation.compute_cycles,
        "port_cycles": evaluation.port_cycles,
        "seconds": evaluation.seconds,
        "utilization": evaluation.utilization,
        "bound": evaluation.bound,
        "time": {
            "bound_by": lift(evaluation).text,
            "lift": to_data(lift(evaluation)),
            "limits": to_data(limits(evaluation)),
            "roofline": to_data(roofline(evaluation)),
        },
        "edp": evaluation.edp,
        "area_mm2": evaluation.area_mm2,
        "instances": {
            name: {"in_use": in_use, "built": built}
            for name, (in_use, built) in evaluation.instances.items()
        },
        "capacity_bits": {
            name: {"in_use": in_use, "usable": usable}
            for name, (in_use, usable) in evaluation.capacity_bits.items()
        },
        "tile_words": {
            level: {
                tensor.name: int(tiles[i, t])
                for t, tensor in enumerate(evaluation.layer.tensors)
                if tiles[i, t]
            }
            for i, level in enumerate(evaluation.levels)
            if tiles[i].any()
        },
        "zeros": zeros_data(evaluation),
        "actions": [
            {
                "level": level,
                "tensor": tensor,
                "action": action,
                "words": words,
                "accesses": accesses,
                "energy": energy,
            }
            for level, tensor, action, words, accesses, energy in _actions(evaluation)
        ],
    }


def _actions(evaluation: Evaluation) -> Iterator[tuple[str, str, str, int, int, float]]:
    """Yield what is not zero."""
    labels = evaluation.energy.labels
    for i, t, a in np.argwhere(evaluation.words | evaluation.accesses):
        yield (
            labels["level"][i],
            labels["tensor"][t],
            labels["action"][a],
            int(evaluation.words[i, t, a]),
            int(evaluation.accesses[i, t, a]),
            float(evaluation.energy_array[i, t, a]),
        )


def specs_data(rows: Iterable[NetworkResult]) -> dict[str, Any]:
    """Return the machines, networks and prices of the rows, whole, each once under its key."""
    specs: dict[str, dict[str, Any]] = {"architectures": {}, "networks": {}, "prices": {}}
    for row in rows:
        specs["architectures"][content_key(row.arch)] = to_data(row.arch)
        specs["networks"][content_key(row.network)] = to_data(row.network)
        prices = _prices(row)
        if prices is not None:
            specs["prices"][content_key(prices)] = prices
    return specs


def spec_keys(row: NetworkResult) -> dict[str, str | None]:
    """Return the content keys of what a row was made from; equal keys, equal specs."""
    prices = _prices(row)
    return {
        "architecture": content_key(row.arch),
        "network": content_key(row.network),
        "prices": None if prices is None else content_key(prices),
    }


def price_key(row: NetworkResult) -> str:
    """Return the content key of a row's prices, wherever they come from; empty without any."""
    evaluations = notes.evaluations([row])
    if not evaluations:
        return ""
    prices = evaluations[0].prices
    return content_key((prices.table, prices.accounting), omit=("source", "assumptions"))


def _prices(row: NetworkResult) -> dict[str, Any] | None:
    """Return the energy table and the accounting, None where no layer was priced."""
    evaluations = notes.evaluations([row])
    if not evaluations:
        return None
    prices = evaluations[0].prices
    return {"table": to_data(prices.table), "accounting": to_data(prices.accounting)}


def energy_csv(rows: Iterable[NetworkResult]) -> str:
    """Return the tidy table of counts and energies; what never happens is left out.

    Leakage and operations belong to no tensor: their ``tensor`` is ``compute``.
    """

    def lines() -> Iterator[tuple[object, ...]]:
        for row in rows:
            classes = classes_of(row.arch)
            for entry in row.layers:
                if entry.evaluation is None:
                    continue
                head = (*_row_names(row), entry.layer.name, entry.layer.group)
                unit = entry.evaluation.energy_unit
                prices = entry.evaluation.prices.by_level
                for level, tensor, action, words, accesses, energy in _actions(entry.evaluation):
                    its = (words, accesses, energy, unit, source_text(prices[level, action]))
                    yield (*head, level, classes[level], tensor, action, *its)
                if entry.evaluation.leakage:
                    leak = (COMPUTE, "leakage", "", "", entry.evaluation.leakage, unit, STATED)
                    yield (*head, "", "leakage", *leak)

    return _csv(ENERGY_COLUMNS, lines())


def layers_csv(rows: Iterable[NetworkResult]) -> str:
    """Return one line per row and layer; a layer without mapping has empty figures."""

    def lines() -> Iterator[tuple[object, ...]]:
        for row in rows:
            for entry in row.layers:
                e = entry.evaluation
                head = (*_row_names(row), entry.layer.name, entry.layer.group)
                if e is None:
                    empty = len(LAYER_COLUMNS) - len(head) - 3
                    its = (row.technology, row.accounting)
                    yield (*head, entry.layer.operations, *[""] * empty, *its)
                    continue
                yield (
                    *head,
                    e.operations,
                    e.energy_total,
                    e.energy_unit,
                    e.energy_per_operation,
                    e.leakage,
                    e.cycles,
                    e.seconds,
                    e.utilization,
                    e.edp,
                    e.bound,
                    "" if e.area_mm2 is None else e.area_mm2,
                    row.technology,
                    row.accounting,
                )

    return _csv(LAYER_COLUMNS, lines())


def _row_names(row: NetworkResult) -> tuple[str, str, str, str]:
    return row.label, row.arch.name, row.network.name, row.dataflow


def _csv(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(lines)
    return text.getvalue()
