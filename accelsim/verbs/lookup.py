"""The best mapping of a layer, for loops that ask thousands of times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from accelsim import shipped
from accelsim.evaluation.priced_machine import PricedMachine
from accelsim.evaluation.records import Evaluation
from accelsim.files_read import Noted, Version, file_version, files_read
from accelsim.mapper.results_cache import users_cache
from accelsim.mapspace.records import Dataflow
from accelsim.network.plan import Plan, priced
from accelsim.network.records import LayerResult
from accelsim.network.run import run_layer
from accelsim.recent import Recent
from accelsim.specs.references import parse_reference
from accelsim.verbs.search import Search, single_plan
from accelsim.verbs.words import (
    Flow,
    Machine,
    ReadFrom,
    Rules,
    Technology,
    Word,
    as_architecture,
    as_network,
    one_layer,
    timeloop_file,
    word_of,
)
from accelsim.workload.records import Layer, Network
from accelsim.workload.spec import read_layer

MOST_RESULTS = 4_096
"""Kept in memory, some ten kilobytes each."""

MOST_DESKS = 256

SETTLED_NS = 100_000_000
"""The clock of a file system may go in steps of some milliseconds."""


@dataclass(frozen=True, eq=False)
class _Desk:
    """What layers are looked up under: read once, as long as nothing that it was read from changes.

    ``files`` tells the files that it was read from by what :func:`_trusted` says of them.
    """

    plan: Plan
    machine: PricedMachine
    files: tuple[tuple[Path, object], ...]

    @property
    def valid(self) -> bool:
        return all(file_version(path) == version for path, version in self.files)


_desks = Recent[object, _Desk](MOST_DESKS)
_results = Recent[object, LayerResult](MOST_RESULTS)


def lookup(
    layer: Layer | Mapping[str, object] | Word,
    arch: Machine,
    *,
    dataflow: Flow | Sequence[Flow] = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    search: Search = Search(),  # noqa: B008  (an immutable record)
) -> LayerResult:
    """Find the best mapping of one layer on a machine, at once if it was asked for before.

    The result is that of :func:`accelsim.map`, without what it takes to show it.  It is kept in
    memory, and its mapping in the user's cache, so that another process need not search either.  A
    file that was changed since is read again.

    Parameters
    ----------
    layer : a record, the keys of a layer as in a workload file, or words
        ``{"shape": "conv", "M": 64, "C": 3, "P": 112, "Q": 112, "R": 7, "S": 7, "stride": 2}``.
        Words (``"alexnet:conv3"``) are read at every call; a loop is faster with a record.
    arch : name, path or record
    dataflow, technology, accounting, search
        As for :func:`accelsim.run`.

    Returns
    -------
    LayerResult
        ``evaluation`` has everything that is counted, its arrays read-only; it is None where there
        is no legal mapping, and ``infeasible`` then says why.  ``certificate`` says whether the
        mapping is proved to be the best.

    Raises
    ------
    SpecError
        If a spec cannot be read, or the layer is none.
    UsageError
        If an option has no sense.

    Examples
    --------
    >>> import accelsim as acs
    >>> eyeriss = acs.load("eyeriss")
    >>> for m in (16, 32, 64):
    ...     layer = {"shape": "conv", "M": m, "C": 16, "P": 14, "Q": 14, "R": 3, "S": 3}
    ...     found = acs.lookup(layer, eyeriss, dataflow="ws")
    ...     assert found.evaluation is not None
    ...     print(m, found.evaluation.operations, found.certificate.optimal)
    16 451584 True
    32 903168 True
    64 1806336 True
    """
    if isinstance(layer, str | Path):
        (layer,) = one_layer(as_network(layer), layer).layers
    elif not isinstance(layer, Layer):
        layer = _read(json.dumps(layer, default=_number))
    flows = (dataflow,) if isinstance(dataflow, str | Path | Dataflow) else tuple(dataflow)
    named = (
        *map(_identity, (arch, technology, accounting, *flows)),
        search,
        _seen(layer, arch, flows),
    )
    desk = _desks.get(named)
    if desk is None or not desk.valid:
        desk = _made(layer, arch, flows, technology, accounting, search)
        _desks.put(named, desk)
    alike = (desk, layer.identity)
    found = _results.get(alike)
    if found is None:
        found = run_layer(layer, desk.plan, desk.machine, users_cache())
        if found.evaluation is not None:
            _freeze(found.evaluation)
        if found.certificate is not None and found.certificate.reproducible:
            _results.put(alike, found)
    return _of(layer, found)


def _made(
    layer: Layer,
    machine: Machine,
    flows: Sequence[Flow],
    technology: Technology | None,
    accounting: Rules | None,
    search: Search,
) -> _Desk:
    network = Network(layer.name, (layer,))
    with files_read() as files:
        arch = as_architecture(machine, (), lambda: network)
        read_from = ReadFrom(word_of(machine))
        plan = single_plan(arch, flows, technology, accounting, search, read_from, network)
    return _Desk(plan, priced(plan), tuple((path, _trusted(its)) for path, its in files.items()))


def _seen(layer: Layer, machine: Machine, flows: Sequence[Flow]) -> object:
    """Return what Timeloop's files may name of a layer; nothing if none of them is asked for."""
    words = [str(word) for word in (machine, *flows) if isinstance(word, Word)]
    paths = [parse_reference(word).name for word in words]
    for word, path in zip(words, paths, strict=True):
        if shipped.is_path(path) and _is_timeloop(word, file_version(Path(path))):
            return layer.dims, layer.tensors
    return None


@lru_cache(MOST_DESKS)
def _is_timeloop(word: str, _: Version | None) -> bool:
    """Tell whether a word means one of Timeloop's files, as long as the file is the same."""
    return timeloop_file(word) is not None


def _identity(spec: object) -> object:
    """Return what tells a spec from others: a word, or the place of a record that a desk keeps."""
    return spec if spec is None or isinstance(spec, Word) else id(spec)


def _trusted(noted: Noted) -> object:
    """Return the version of a file that was read.

    It is equal to nothing if the file was so young that it could change once more without a sign of
    it.
    """
    version = noted.version
    if version is not None and noted.since - version.changed_ns < SETTLED_NS:
        return object()
    return version


def _number(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a layer cannot say a {type(value).__name__}")


@lru_cache(MOST_RESULTS)
def _read(keys: str) -> Layer:
    return read_layer(json.loads(keys))


def _freeze(evaluation: Evaluation) -> None:
    for array in (
        evaluation.words,
        evaluation.accesses,
        evaluation.energy_array,
        evaluation.tile_words,
    ):
        array.setflags(write=False)


def _of(layer: Layer, found: LayerResult) -> LayerResult:
    """Return the result for a layer that may differ in name, with dictionaries of its own."""
    evaluation, infeasible = found.evaluation, found.infeasible
    if evaluation is not None:
        evaluation = replace(
            evaluation,
            layer=layer,
            capacity_bits=dict(evaluation.capacity_bits),
            instances=dict(evaluation.instances),
            port_cycles=dict(evaluation.port_cycles),
            port_bits=dict(evaluation.port_bits),
            moved_bits=dict(evaluation.moved_bits),
        )
    if infeasible is not None:
        infeasible = infeasible.named(layer.name, infeasible.arch)
    return replace(found, layer=layer, evaluation=evaluation, infeasible=infeasible)
