"""What the words of a call stand for: shipped names, paths, or records that are ready."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from accelsim import shipped, yamldoc
from accelsim.arch import spec as arch_spec
from accelsim.arch.records import Architecture
from accelsim.errors import Problem, SpecError, UsageError, Where
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, price_problems
from accelsim.interchange.scalesim.direct import open_scalesim, scalesim_kinds
from accelsim.interchange.timeloop.direct import (
    open_timeloop,
    timeloop_constraints,
    timeloop_kinds,
    timeloop_machine,
)
from accelsim.interchange.timeloop.sources import looks_like_timeloop
from accelsim.interchange.workloads import is_foreign, open_foreign
from accelsim.interchange.zigzag.direct import open_zigzag
from accelsim.interchange.zigzag.reading import zigzag_kind
from accelsim.mapping.forms import format_problems
from accelsim.mapspace.records import Dataflow
from accelsim.mapspace.spec import dataflow_of, read_dataflow
from accelsim.specs.fields import one_of
from accelsim.specs.references import (
    Reference,
    also_open,
    open_spec,
    parse_reference,
    pattern_problems,
)
from accelsim.technology.accelergy import is_reference_table
from accelsim.technology.csv_table import CSV_SUFFIX
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.technology.spec import read_accounting, read_technology
from accelsim.workload import spec as workload_spec
from accelsim.workload.records import Network
from accelsim.yamldoc import Document

Word = str | Path
Machine = Word | Architecture
Work = Word | Network
Flow = Word | Dataflow
Technology = Word | EnergyTable
Rules = Word | Accounting

KINDS = ("architecture", "workload", "dataflow", "technology", "accounting", "study", "mapping")

also_open(open_timeloop)
also_open(open_scalesim)
also_open(open_zigzag)


def kind_of(word: Word, allowed: Sequence[str]) -> str:
    """Return the kind of spec that a word names: the kind of a shipped name, or a file's ``kind:``.

    Raises
    ------
    UsageError
        If it is none of the kinds that are allowed here.
    SpecError
        If it is a file that cannot be read.
    """
    found = kinds_of(word)
    if not found:
        raise SpecError([_unknown(parse_reference(word).name, allowed)])
    fitting = [kind for kind in found if kind in allowed]
    if len(fitting) == 1:
        return fitting[0]
    wanted = " or ".join(allowed)
    if not fitting:
        raise UsageError(
            Problem(f"'{word}' is of kind '{found[0]}', which has no place here", expected=wanted)
        )
    raise UsageError(
        Problem(f"'{word}' names several specs: {', '.join(fitting)}", hint="say which with --kind")
    )


def kinds_of(word: Word) -> list[str]:
    """Return the kinds of spec that a word may name; none if nothing is called so.

    Raises
    ------
    SpecError
        If it is a file that cannot be read.
    """
    name = parse_reference(word).name
    if shipped.is_path(name) or (shipped.is_folder(name) and not shipped.kinds(name)):
        return _kinds_of_file(Path(name))
    return [*shipped.kinds(name)]


def _kinds_of_file(path: Path) -> list[str]:
    if is_foreign(path.name):
        return ["workload"]
    several = scalesim_kinds(path) or timeloop_kinds(path)
    if zigzag_kind(path):
        return [zigzag_kind(path)]
    if several:
        return [*several]
    if path.suffix == CSV_SUFFIX:
        return ["technology"]
    document = yamldoc.load(path)
    if is_reference_table(document):
        return ["technology"]
    kind = document.data.get("kind")
    if kind not in KINDS:
        where = document.where(("kind",)) if "kind" in document.data else Where(document.file)
        what = f"unknown kind '{kind}'" if "kind" in document.data else "no 'kind:'"
        raise SpecError([Problem(what, where, expected="one of " + ", ".join(KINDS))])
    return [str(kind)]


def _unknown(name: str, allowed: Sequence[str]) -> Problem:
    """Return the problem of a name that is shipped as nothing; close names of any kind help."""
    kinds = [kind for kind in allowed if kind in shipped.FOLDERS]
    apart = _written_together(name, kinds)
    if apart:
        hint = f"write them apart: {' '.join(apart)}"
        return Problem(f"no {' or '.join(kinds)} '{name}'", got=name, hint=hint)
    problems = [shipped.unknown(kind, name) for kind in kinds]
    close = [problem for problem in problems if "did you mean" in problem.hint]
    if close:
        return close[0]
    lists = ", ".join(f"accelsim list {shipped.LIST_WORDS[kind]}" for kind in kinds)
    files = [problem.hint for problem in problems if "for the file" in problem.hint]
    hint = files[0].partition(" (")[0] if files else lists
    return Problem(f"no {' or '.join(kinds)} '{name}'", got=name, hint=hint)


def _written_together(words: str, kinds: Sequence[str]) -> list[str]:
    """Return the names of a list with commas, as ``rs,ws``, if one of them is shipped."""
    names = [name.strip() for name in words.split(",")]
    known = {name for kind in kinds for name in shipped.names(kind)}
    return names if len(names) > 1 and known & {*names} else []


def as_architecture(
    machine: Machine,
    overrides: Sequence[str] = (),
    network: Callable[[], Network] | None = None,
) -> Architecture:
    """Read a machine, unless it is one already.

    Timeloop's files may name tensors of the ``network`` of the call.
    """
    if isinstance(machine, Architecture):
        _refuse_overrides(overrides, machine.name)
        return machine
    path = timeloop_file(machine)
    if path is not None:
        document = timeloop_machine(path, None if network is None else network().layers)
        problems = pattern_problems(document, parse_reference(machine))
        return arch_spec.architecture_of(document, overrides, problems)
    return arch_spec.read_architecture(machine, overrides)


def as_network(work: Work, overrides: Sequence[str] = ()) -> Network:
    """Read a network, unless it is one already."""
    if isinstance(work, Network):
        _refuse_overrides(overrides, work.name)
        return work
    reference = parse_reference(work)
    return workload_spec.network_of(open_work(reference), reference, overrides)


def open_work(reference: Reference) -> Document:
    """Read the file of a reference to a workload, one of ours or one in a foreign format."""
    if is_foreign(reference.name):
        return open_foreign(reference)
    return open_spec("workload", reference)


def _refuse_overrides(overrides: Sequence[str], name: str) -> None:
    if overrides:
        raise UsageError(
            Problem(
                f"'{overrides[0]}' cannot change '{name}', which is a record already",
                hint="set it where the spec is read: accelsim.load(NAME, overrides=...)",
            )
        )


def timeloop_file(word: Word) -> Path | None:
    """Return the path of a word that means one of Timeloop's files."""
    name = parse_reference(word).name if word else ""
    found = shipped.is_path(name) and looks_like_timeloop(Path(name))
    return Path(name) if found else None


def as_dataflows(
    flows: Sequence[Flow], network: Network | None, arch: Architecture | None
) -> list[Dataflow]:
    """Read dataflows; files of Timeloop's are read as one, and for a machine and a network."""
    words = [flow for flow in flows if not isinstance(flow, Dataflow)]
    paths = [path for path in map(timeloop_file, words) if path is not None]
    if not paths or len(paths) < len(flows):
        return [as_dataflow(flow, network, arch) for flow in flows]
    layers = network.layers if network else ()
    return [dataflow_of(timeloop_constraints(paths, layers, arch))]


def as_dataflow(
    flow: Flow, network: Network | None = None, arch: Architecture | None = None
) -> Dataflow:
    """Read a dataflow, unless it is one already; Timeloop's is for a machine and a network."""
    if isinstance(flow, Dataflow):
        return flow
    path = timeloop_file(flow)
    if path is not None:
        layers = network.layers if network else ()
        return dataflow_of(timeloop_constraints([path], layers, arch))
    apart = _written_together(str(flow), ("dataflow",))
    if apart:
        hint = "write them apart: " + " ".join(f"--dataflow {name}" for name in apart)
        raise SpecError([Problem(f"no dataflow '{flow}'", got=str(flow), hint=hint)])
    return read_dataflow(flow)


@dataclass(frozen=True, slots=True)
class ReadFrom:
    """The word and the overrides that a machine was read from; no word for a record."""

    word: str = ""
    overrides: tuple[str, ...] = ()

    def located(self, problem: Problem, path: str) -> Problem:
        """Return a problem at the place that states ``path`` (``glb.component``), if it has none.

        A record has no places.
        """
        if problem.where is not None or not self.word:
            return problem
        where = arch_spec.where_stated(self.word, self.overrides, path)
        return replace(problem, where=where)


def as_energy_table(
    technology: Technology | None, arch: Architecture, read_from: ReadFrom
) -> EnergyTable:
    """Read an energy table, the one asked for or else the machine's, and see that it prices all.

    Raises
    ------
    UsageError
        If neither is given.
    SpecError
        If it cannot be read, or lacks a price that the machine needs; a problem is located where
        the machine names the table, or the component without a price.
    """
    table = _energy_table(technology, arch, read_from)
    problems = price_problems(arch, table)
    if problems:
        raise SpecError(read_from.located(problem, path) for path, problem in problems.items())
    return table


def _energy_table(
    technology: Technology | None, arch: Architecture, read_from: ReadFrom
) -> EnergyTable:
    if isinstance(technology, EnergyTable):
        return technology
    if technology is None and not arch.technology:
        raise UsageError(
            Problem(
                f"'{arch.name}' names no energy table",
                hint="choose one with --technology (accelsim list technologies)",
            )
        )
    word = technology or arch.technology
    name, known = parse_reference(word).name, shipped.names("technology")
    if shipped.is_path(name) or name in known:
        return read_technology(word)
    problem = replace(shipped.unknown("technology", name), expected=one_of(known))
    raise SpecError([problem if technology else read_from.located(problem, "technology")])


def see_that_formats_hold(arch: Architecture, network: Network, read_from: ReadFrom) -> None:
    """See that a machine's formats can hold the tensors of a network.

    Raises
    ------
    SpecError
        If one cannot; a problem is located where the machine states the format.
    """
    problems = format_problems(arch, network)
    if problems:
        raise SpecError(read_from.located(problem, path) for path, problem in problems.items())


def as_accounting(rules: Rules | None) -> Accounting:
    """Read accounting rules; by default everything that is counted is charged."""
    if rules is None:
        return DEFAULT_ACCOUNTING
    return rules if isinstance(rules, Accounting) else read_accounting(rules)


def called(word: Machine | Work | Flow) -> str:
    """Return how a spec was called: its word, or the name of a record."""
    return word.name if isinstance(word, Architecture | Network | Dataflow) else str(word)


def several(words: Sequence[str] | str) -> tuple[str, ...]:
    """Return one text or several as several."""
    return (words,) if isinstance(words, str) else tuple(words)


def word_of(spec: Machine | Work) -> str:
    """Return the word that a spec can be read by again; empty for a record."""
    return "" if isinstance(spec, Architecture | Network) else str(spec)


def one_layer(network: Network, word: Work) -> Network:
    """Return the network if it has one layer.

    Raises
    ------
    UsageError
        Naming the layers otherwise.
    """
    if len(network.layers) == 1:
        return network
    names = [layer.name for layer in network.layers]
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    raise UsageError(
        Problem(
            f"'{called(word)}' selects {len(names)} layers: {shown}",
            expected="one layer",
            hint=f"name one, as {re.split('[:,]', called(word))[0]}:{names[0]}",
        )
    )
