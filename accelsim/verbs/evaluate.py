"""What a given mapping costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from accelsim import shipped
from accelsim.arch.records import Architecture
from accelsim.errors import Problem, SpecError
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.evaluate import evaluate as evaluate_mapping
from accelsim.interchange.timeloop.direct import timeloop_mapping
from accelsim.interchange.timeloop.sources import looks_like_timeloop
from accelsim.mapping.records import Mapping
from accelsim.mapping.spec import read_mapping
from accelsim.mapspace.binding import binding, own_rules
from accelsim.mapspace.kept import broken_rules
from accelsim.network.records import LayerResult, NetworkResult, RunInfo
from accelsim.report.results import LayerRun
from accelsim.report.settings import Origin, Settings
from accelsim.technology.records import Accounting
from accelsim.verbs.made_for import made_for_others
from accelsim.verbs.overrides import pattern_remarks, split_overrides
from accelsim.verbs.words import (
    Machine,
    ReadFrom,
    Rules,
    Technology,
    Work,
    as_accounting,
    as_architecture,
    as_energy_table,
    as_network,
    called,
    one_layer,
    see_that_formats_hold,
    word_of,
)
from accelsim.workload.records import Layer


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
    mapping : name or path of a mapping, or a record
        A file that says it is for another machine or layer is counted if it can be; the result's
        settings then hold a remark.
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
    arch = as_architecture(machine, for_machine, lambda: as_network(layer, rest))
    network = one_layer(as_network(layer, rest), layer)
    (only,) = network.layers
    read_from = ReadFrom(word_of(machine), tuple(for_machine))
    table, rules = as_energy_table(technology, arch, read_from), as_accounting(accounting)
    see_that_formats_hold(arch, network, read_from)
    others: list[Problem] = []
    left_out: list[str] = []
    path = mapping if isinstance(mapping, Mapping | Path) else shipped.find("mapping", mapping)
    foreign = not isinstance(path, Mapping) and looks_like_timeloop(path)
    if not isinstance(path, Mapping) and not foreign:
        others = made_for_others(path, arch, only, for_machine, rest)
    try:
        if isinstance(path, Mapping):
            loops = path
        elif foreign:
            loops, left_out = timeloop_mapping(path, arch, only)
        else:
            loops = read_mapping(path, arch, only)
        _keep_to_constraints(only, arch, loops, rules)
        entry = LayerResult(only, evaluate_mapping(only, arch, loops, table, rules))
    except SpecError as fault:
        raise SpecError([*others, *fault.problems]) from None
    except IllegalMappingError as fault:
        raise IllegalMappingError("; ".join([str(fault), *map(str, others)])) from None
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
    origin = Origin(arch.name, word_of(machine), word_of(layer), (*for_machine, *rest))
    settings = Settings(
        words,
        tuple(overrides),
        objective="",
        origins=(origin,),
        remarks=(
            *pattern_remarks([for_machine], [machine], rest, layer),
            *(f"{replace(problem, hint='')}." for problem in others),
            *(f"{note}." for note in left_out),
        ),
    )
    return LayerRun((result,), settings)


def _keep_to_constraints(
    layer: Layer, arch: Architecture, its: Mapping, accounting: Accounting
) -> None:
    """Refuse a mapping that breaks constraints of the machine, as Timeloop does.

    Raises
    ------
    IllegalMappingError
        Naming each of them.
    """
    rules = binding(own_rules(arch, of_search=False), arch)
    broken = broken_rules(its, layer, arch, rules, accounting.conventions.tiles == "box")
    if broken:
        said = "; ".join(f"{one.rule.because or one.name}: {what}" for one, what in broken)
        raise IllegalMappingError(f"the mapping breaks constraints of {arch.name}: {said}")
