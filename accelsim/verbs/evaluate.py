"""What a given mapping costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from accelsim.evaluation.evaluate import evaluate as evaluate_mapping
from accelsim.mapping.records import Mapping
from accelsim.mapping.spec import read_mapping
from accelsim.network.records import LayerResult, NetworkResult, RunInfo
from accelsim.report.results import LayerRun
from accelsim.report.settings import Settings
from accelsim.verbs.words import (
    Machine,
    Rules,
    Technology,
    Work,
    as_accounting,
    as_architecture,
    as_energy_table,
    as_network,
    called,
    one_layer,
    split_overrides,
)


def evaluate(
    machine: Machine,
    layer: Work,
    mapping: str | Path | Mapping,
    *,
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] = (),
) -> LayerRun:
    """Count and price a given mapping of one layer; nothing is searched.

    Parameters
    ----------
    machine : name, path or record
    layer : a workload that selects one layer (``alexnet:conv3``), or a network of one layer
    mapping : path of a mapping, or a record
    technology, accounting, overrides
        As for :func:`accelsim.run`.

    Raises
    ------
    SpecError
        If a spec or the mapping cannot be read.
    IllegalMappingError
        If the mapping breaks a rule of the machine or of the layer.
    """
    (for_machine,), rest = split_overrides(overrides, [machine], layer)
    arch = as_architecture(machine, for_machine)
    network = one_layer(as_network(layer, rest), layer)
    (only,) = network.layers
    loops = mapping if isinstance(mapping, Mapping) else read_mapping(mapping, arch, only)
    table, rules = as_energy_table(technology, arch), as_accounting(accounting)
    entry = LayerResult(only, evaluate_mapping(only, arch, loops, table, rules))
    result = NetworkResult(
        label=arch.name,
        network=network,
        arch=arch,
        dataflow="",
        technology=table.name,
        accounting=rules.name,
        objective="",
        layers=(entry,),
        run=RunInfo(seconds=0.0, threads=1),
    )
    given = "a record" if isinstance(mapping, Mapping) else str(mapping)
    words = (called(machine), called(layer), given)
    return LayerRun((result,), Settings(words, tuple(overrides), objective=""))
