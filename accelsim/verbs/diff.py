"""Why one layer costs something else there: two mappings, dataflows or machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from accelsim import shipped
from accelsim.arch.records import Architecture
from accelsim.errors import Problem, UsageError
from accelsim.mapper.contract import never
from accelsim.mapping.records import Mapping
from accelsim.mapspace.records import Dataflow
from accelsim.report.difference import LayerDifference
from accelsim.report.results import LayerRun
from accelsim.verbs.evaluate import evaluate
from accelsim.verbs.map import map as map_layer
from accelsim.verbs.overrides import split_overrides
from accelsim.verbs.rows import UNCONSTRAINED
from accelsim.verbs.search import OnStep, Search, Stop, refuse_search, silent
from accelsim.verbs.words import (
    Flow,
    Machine,
    Rules,
    Technology,
    Work,
    called,
    kind_of,
)
from accelsim.workload.records import Network

Way = Flow | Mapping
"""How a layer is mapped: a dataflow, a mapping, or the file of one."""

AS_IN = "as in: accelsim diff eyeriss alexnet:conv3 rs ws"


@dataclass
class _Sorted:
    """The words of a call by kind, in their order; ``None`` is the mapping under no constraint."""

    machines: list[Machine] = field(default_factory=list)
    layers: list[Work] = field(default_factory=list)
    ways: list[Way | None] = field(default_factory=list)


@dataclass(frozen=True)
class _Side:
    label: str
    machine: Machine
    way: Way | None


def diff(
    *what: Machine | Work | Way | LayerRun,
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] = (),
    search: Search = Search(),  # noqa: B008  (an immutable record)
    stop: Stop = never,
    progress: OnStep = silent,
) -> LayerDifference:
    """Say which boundary makes the difference between two mappings of one layer, and why.

    Parameters
    ----------
    what : names, paths or records: one layer and

        - one machine and two ways to map it: dataflows or mappings, of either kind;
        - one machine and one way: against the best mapping under no constraint;
        - two machines, each with the way that is given (one for both, or one each), or with its
          best mapping under no constraint;

        or two results of :func:`accelsim.map`, :func:`accelsim.evaluate`, :func:`accelsim.explain`.
    technology, accounting, overrides, search, stop, progress
        As for :func:`accelsim.map`; for both sides.

    Returns
    -------
    LayerDifference
        Its ``difference`` holds every boundary of both once, the largest difference first.  They
        add up to the whole.

    Raises
    ------
    SpecError
        If a spec cannot be read.
    UsageError
        If the words do not make two sides, or these are of different layers.
    IllegalMappingError
        If a given mapping breaks a rule of the machine or of the layer.
    """
    results = [word for word in what if isinstance(word, LayerRun)]
    if results:
        if len(results) != 2 or len(what) != 2:
            raise UsageError(Problem("a result is compared with one other", expected="two results"))
        names = [result.rows[0].label for result in results]
        labels = (
            names if names[0] != names[1] else [f"{name} ({i})" for i, name in enumerate(names, 1)]
        )
        return _put_together(results, labels)
    words = _sort([word for word in what if not isinstance(word, LayerRun)])
    (layer,) = words.layers
    sides = _sides(words)
    if all(side.way is not None and _is_mapping(side.way) for side in sides):
        refuse_search(search, "both mappings are given")
    machines = list(dict.fromkeys(words.machines))
    per_machine, for_layer = split_overrides(overrides, machines, layer)
    its = dict(zip(machines, per_machine, strict=True))
    runs = []
    for side in sides:
        given = [*its[side.machine], *for_layer]
        if side.way is not None and _is_mapping(side.way):
            assert not isinstance(side.way, Dataflow)
            runs.append(
                evaluate(
                    side.machine,
                    layer,
                    side.way,
                    technology=technology,
                    accounting=accounting,
                    overrides=given,
                )
            )
            continue
        assert not isinstance(side.way, Mapping)
        runs.append(
            map_layer(
                side.machine,
                layer,
                dataflow=() if side.way is None else side.way,
                technology=technology,
                accounting=accounting,
                overrides=given,
                search=search,
                stop=stop,
                progress=progress,
            )
        )
    return _put_together(runs, [side.label for side in sides])


def _sort(what: Sequence[Machine | Work | Way]) -> _Sorted:
    words = _Sorted()
    for word in what:
        if isinstance(word, Architecture):
            words.machines.append(word)
        elif isinstance(word, Network):
            words.layers.append(word)
        elif isinstance(word, Dataflow | Mapping):
            words.ways.append(word)
        elif word == UNCONSTRAINED:
            words.ways.append(None)
        else:
            kind = kind_of(word, ("architecture", "workload", "dataflow", "mapping"))
            if kind == "architecture":
                words.machines.append(word)
            elif kind == "workload":
                words.layers.append(word)
            else:
                words.ways.append(word)
    _check(words)
    return words


def _check(words: _Sorted) -> None:
    """Refuse words that do not make two sides."""
    counts = {
        "layer": (len(words.layers), 1, 1, "one"),
        "machine": (len(words.machines), 1, 2, "one or two"),
        "dataflow or mapping": (len(words.ways), 0, 2, "two at most"),
    }
    for noun, (count, least, most, expected) in counts.items():
        if not least <= count <= most:
            number = f"{count} {noun.replace(' or ', 's or ')}s" if count else f"no {noun}"
            raise UsageError(Problem(f"{number} to compare", expected=expected, hint=AS_IN))
    if len(words.machines) == 1 and not words.ways:
        raise UsageError(
            Problem(
                f"one side only: '{called(words.machines[0])}' under no constraint",
                expected="two dataflows, mappings or machines",
                hint=AS_IN,
            )
        )


def _sides(words: _Sorted) -> list[_Side]:
    """Pair machines with ways; what is named once holds for both sides."""
    machines, ways = words.machines, words.ways
    if len(machines) == 1 and len(ways) == 1:
        ways = [*ways, None]
    ways = ways or [None]
    pairs = [(machines[i % len(machines)], ways[i % len(ways)]) for i in range(2)]
    for named in (_short, _in_full):
        labels = [
            " ".join(
                [
                    *([named(machine)] if len(machines) == 2 else []),
                    *([named(way)] if len(ways) == 2 else []),
                ]
            )
            for machine, way in pairs
        ]
        if labels[0] != labels[1]:
            return [_Side(label, *pair) for label, pair in zip(labels, pairs, strict=True)]
    raise UsageError(Problem(f"'{labels[0]}' is compared with itself", expected="two that differ"))


def _in_full(word: Machine | Way | None) -> str:
    if word is None:
        return UNCONSTRAINED
    return "mapping" if isinstance(word, Mapping) else called(word)


def _short(word: Machine | Way | None) -> str:
    """Name a file without its folder and ending."""
    name = _in_full(word)
    return Path(name).stem if shipped.is_path(name) else name


def _is_mapping(way: Way) -> bool:
    if isinstance(way, Mapping):
        return True
    return not isinstance(way, Dataflow) and kind_of(way, ("dataflow", "mapping")) == "mapping"


def _put_together(runs: Sequence[LayerRun], labels: Sequence[str]) -> LayerDifference:
    before, after = (run.settings for run in runs)
    rows = [replace(run.rows[0], label=label) for run, label in zip(runs, labels, strict=True)]
    settings = replace(
        before,
        words=tuple(dict.fromkeys([*before.words, *after.words])),
        overrides=tuple(dict.fromkeys([*before.overrides, *after.overrides])),
        dataflow_keys=tuple(dict.fromkeys([*before.dataflow_keys, *after.dataflow_keys])),
        assumptions=tuple(dict.fromkeys([*before.assumptions, *after.assumptions])),
        origins=tuple(
            replace(origin, row=label)
            for its, label in zip((before, after), labels, strict=True)
            for origin in its.origins
        ),
        remarks=tuple(
            f"{label}: {remark}"
            for its, label in zip((before, after), labels, strict=True)
            for remark in its.remarks
        ),
    )
    return LayerDifference(tuple(rows), settings)
