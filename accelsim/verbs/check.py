"""Lint specs: every problem of every file, and what each file assumes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
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
from accelsim.interchange.workloads import is_foreign
from accelsim.interchange.zigzag.reading import zigzag_kind
from accelsim.mapping.forms import format_problems
from accelsim.mapping.spec import read_mapping
from accelsim.mapspace.binding import binding_rules
from accelsim.mapspace.records import Dataflow
from accelsim.report import schemas
from accelsim.report.idle_settings import (
    idle_prices,
    idle_settings_of_machine,
    idle_settings_of_network,
    idle_settings_of_pair,
)
from accelsim.report.idle_zeros import empty_lists, idle_zeros_of_machine, idle_zeros_of_pair
from accelsim.report.network_notes import activations_note
from accelsim.report.zeros import zeros_assumed_of_machine, zeros_assumed_of_network
from accelsim.specs.references import named_at, open_spec, parse_reference
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
    Technology,
    as_architecture,
    as_energy_table,
    as_network,
    kind_of,
    kinds_of,
    one_layer,
)
from accelsim.workload.records import Layer, Network


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


def check(*files: str | Path, technology: Technology | None = None) -> tuple[Checked, ...]:
    """Read specs and say everything that is wrong with them.

    Where machines and networks are among them, a network has the problems of the two together, and
    its notes say what one of them says that the other makes nothing of.

    Parameters
    ----------
    files : paths, or names of shipped specs
    technology : an energy table that must price the machines; left out: the one that each names

    Raises
    ------
    UsageError
        If no file is named, or none that an energy table could price.
    """
    if not files:
        raise UsageError(Problem("no file to check", expected="accelsim check FILE..."))
    layers = _layers_of(files)
    found = [_check_one(str(file), technology, layers) for file in files]
    if technology and not any("architecture" in its.kind or its.problems for its, _ in found):
        what = f"no machine among the files for the energy table '{technology}' to price"
        raise UsageError(Problem(what, expected="accelsim check MACHINE --technology NAME"))
    machines = [(ReadFrom(its.file), spec) for its, spec in found if isinstance(spec, Architecture)]
    return tuple(_beside(machines, its, spec) for its, spec in found)


def _beside(
    machines: list[tuple[ReadFrom, Architecture]], its: Checked, spec: Loaded | None
) -> Checked:
    """Return what was found of a file with what it is beside machines."""
    if not isinstance(spec, Network):
        return its
    problems, notes = [*its.problems], [*its.notes]
    for read_from, machine in machines:
        for path, problem in format_problems(machine, spec).items():
            problems.append(read_from.located(problem, path))
        notes += idle_zeros_of_pair(machine, spec)
        notes += idle_settings_of_pair(machine, spec)
    return replace(its, problems=tuple(problems), notes=tuple(notes))


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of spec, for editors.

    Raises
    ------
    UsageError
        If there is no such kind.
    """
    return schemas.schema(kind)


def _layers_of(files: Sequence[str | Path]) -> list[Layer]:
    """Return the layers of files, whose data-spaces a machine of Timeloop's may name.

    What is wrong with a file is said where it is checked.
    """
    found: list[Layer] = []
    for file in files:
        with suppress(SpecError, UsageError):
            if "workload" in kinds_of(file):
                found += as_network(file).layers
    return found


def _check_one(
    file: str, technology: Technology | None, layers: Sequence[Layer]
) -> tuple[Checked, Loaded | None]:
    """Check a file; return what it says, if it is one of our specs and nothing is wrong.

    Parameters
    ----------
    layers : those of all files
    """
    kind = ""
    try:
        if looks_like_timeloop(Path(file)):
            bundle = read_bundle([Path(file)], layers=layers, any_name=True)
            kind = ", ".join(bundle.kinds)
            texts(bundle)
            notes = tuple(str(note) for note in bundle.sources.notes)
            return _foreign(Checked(file, kind, assumed=notes), technology), None
        if scalesim_kinds(Path(file)):
            kind = ", ".join(scalesim_kinds(Path(file)))
            notes = import_("scalesim", file).notes
            return _foreign(Checked(file, kind, assumed=notes), technology), None
        if zigzag_kind(Path(file)):
            kind = zigzag_kind(Path(file))
            notes = import_("zigzag", file).notes
            return _foreign(Checked(file, kind, assumed=notes), technology), None
        kind = kind_of(file, KINDS)
        if kind == "mapping":
            _check_mapping(shipped.find("mapping", file))
            return Checked(file, kind), None
        spec = load(file, kind=kind)
        priced: tuple[str, ...] = ()
        if isinstance(spec, Architecture) and (technology or spec.technology):
            table = as_energy_table(technology, spec, ReadFrom(file))
            priced = resolve(spec, table, DEFAULT_ACCOUNTING).assumed
        if isinstance(spec, Architecture):
            binding_rules((), spec)
        if isinstance(spec, Study):
            study_rows(file, spec, [()] * len(spec.rows))
        assumed = (*_assumed(spec, technology), *priced)
        return Checked(file, kind, assumed=assumed, notes=tuple(_notes(file, spec))), spec
    except (SpecError, UsageError) as fault:
        return Checked(file, kind, tuple(fault.problems)), None


def _foreign(its: Checked, technology: Technology | None) -> Checked:
    """Return what was found of a file in a foreign format; raise if a table cannot price it."""
    if technology is not None and "architecture" in its.kind.split(", "):
        as_energy_table(technology, as_architecture(its.file), ReadFrom(its.file))
    return its


def _notes(file: str, spec: Loaded) -> Iterator[str]:
    if isinstance(spec, Network):
        yield from activations_note(spec)
        if not is_foreign(file):
            document = open_spec("workload", parse_reference(file))
            yield from idle_settings_of_network(document, spec)
    if isinstance(spec, EnergyTable):
        yield from idle_prices(spec)
    if isinstance(spec, Architecture):
        yield from empty_lists(open_spec("architecture", parse_reference(file)))
        yield from idle_zeros_of_machine(spec)
        yield from idle_settings_of_machine(spec)


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


def _assumed(spec: Loaded, technology: Technology | None) -> Iterator[str]:
    if isinstance(spec, Architecture | Network | Dataflow | EnergyTable | Accounting | Study):
        yield from spec.assumptions
    if isinstance(spec, Architecture):
        yield from zeros_assumed_of_machine(spec)
    if isinstance(spec, Network):
        yield from zeros_assumed_of_network(spec)
    if isinstance(spec, Architecture) and not (technology or spec.technology):
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
