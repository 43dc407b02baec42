"""Lint specs: every problem of every file, and what each file assumes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelsim import shipped, yamldoc
from accelsim.arch.records import SELECTORS, Architecture
from accelsim.errors import Problem, SpecError, UsageError, Where
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, resolve
from accelsim.interchange.scalesim.direct import scalesim_kinds
from accelsim.interchange.timeloop.bundle import read_bundle
from accelsim.interchange.timeloop.sources import looks_like_timeloop
from accelsim.interchange.timeloop.texts import texts
from accelsim.interchange.zigzag.reading import zigzag_kind
from accelsim.mapping.spec import read_mapping
from accelsim.mapspace.records import Dataflow
from accelsim.report import schemas
from accelsim.report.network_notes import activations_note
from accelsim.report.zeros import zeros_assumed_of_machine, zeros_assumed_of_network
from accelsim.study import Study
from accelsim.technology.assumed import assumed_numbers
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.verbs.import_ import import_
from accelsim.verbs.load import Loaded, load
from accelsim.verbs.made_for import read_machine_and_layer, read_made_for
from accelsim.verbs.rows import study_rows
from accelsim.verbs.words import (
    KINDS,
    ReadFrom,
    as_architecture,
    as_energy_table,
    as_network,
    kind_of,
    named_at,
    one_layer,
)
from accelsim.workload.records import Network


@dataclass(frozen=True, slots=True)
class Checked:
    """What linting one file found.

    ``assumed`` lists, one line each, what the spec takes for granted: what is marked ``assumed:``,
    assumptions written out, prices of a machine's own table that are assumed, and levels that only
    some machines have.  ``notes`` says what follows from the spec alone.
    """

    file: str
    kind: str
    problems: tuple[Problem, ...] = ()
    assumed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


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
    return schemas.schema(kind)


def _check_one(file: str) -> Checked:
    kind = ""
    try:
        if looks_like_timeloop(Path(file)):
            bundle = read_bundle([Path(file)])
            kind = ", ".join(bundle.kinds)
            texts(bundle)
            return Checked(file, kind, assumed=tuple(str(note) for note in bundle.sources.notes))
        if scalesim_kinds(Path(file)):
            kind = ", ".join(scalesim_kinds(Path(file)))
            return Checked(file, kind, assumed=import_("scalesim", file).notes)
        if zigzag_kind(Path(file)):
            return Checked(file, zigzag_kind(Path(file)), assumed=import_("zigzag", file).notes)
        kind = kind_of(file, KINDS)
        if kind == "mapping":
            _check_mapping(shipped.find("mapping", file))
            return Checked(file, kind)
        spec = load(file, kind=kind)
        priced: tuple[str, ...] = ()
        if isinstance(spec, Architecture) and spec.technology:
            table = as_energy_table(None, spec, ReadFrom(file))
            priced = resolve(spec, table, DEFAULT_ACCOUNTING).assumed
        if isinstance(spec, Study):
            study_rows(file, spec, [()] * len(spec.rows))
        said = activations_note(spec) if isinstance(spec, Network) else []
        return Checked(file, kind, assumed=(*_assumed(spec), *priced), notes=tuple(said))
    except (SpecError, UsageError) as fault:
        return Checked(file, kind, tuple(fault.problems))


def _check_mapping(path: Path) -> None:
    """Read a mapping against the machine and the layer that it names."""
    made_for = read_made_for(path)
    machine, layer = made_for.architecture, made_for.layer
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
    document = yamldoc.load(path)
    with named_at(document, ("architecture",)):
        as_architecture(machine)
    with named_at(document, ("layer",)):
        one_layer(as_network(layer), layer)
    with named_at(document, ("overrides",)):
        arch, only = read_machine_and_layer(made_for)
    read_mapping(path, arch, only)


def _assumed(spec: Loaded) -> Iterator[str]:
    if isinstance(spec, Architecture | Network | Dataflow | EnergyTable | Accounting | Study):
        yield from spec.assumptions
    if isinstance(spec, Architecture):
        yield from zeros_assumed_of_machine(spec)
    if isinstance(spec, Network):
        yield from zeros_assumed_of_network(spec)
    if isinstance(spec, Architecture) and not spec.technology:
        yield "a call chooses the energy table (--technology), as this names none"
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
        yield from assumed_numbers(spec)
