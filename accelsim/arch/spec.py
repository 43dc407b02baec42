"""Architecture specs: YAML -> :class:`~accelsim.arch.records.Architecture`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from accelsim.arch.build import Build
from accelsim.arch.paths import matched_names, path_problem, resolve_path
from accelsim.arch.records import SELECTORS, Architecture, structural_problems
from accelsim.arch.rule_spec import rules_of
from accelsim.arch.schema import (
    ArchitectureSpec,
    ComputeSpec,
    FanoutSpec,
    LevelModel,
    MemorySpec,
    SideBySideSpec,
    level_tag,
)
from accelsim.arch.zeros import SPARSITY_KEYS, sparsity_problems
from accelsim.errors import Problem, Where
from accelsim.recent import Recent
from accelsim.specs.fields import Context, one_of, suggestion
from accelsim.specs.join import Faults, SpecModel, check_kind, validate, validate_part
from accelsim.specs.overrides import overridden
from accelsim.specs.references import (
    open_spec,
    parameters_of,
    parse_reference,
    pattern_problems,
)
from accelsim.units import Quantity
from accelsim.yamldoc import Document, Keys, Node

DEFAULT_CLOCK_HZ = 1e9
DEFAULT_WORD_BITS = 16
LEVELS = "levels"
CONSTRAINTS, SEARCH_CONSTRAINTS = "constraints", "search_constraints"

LEVEL_MODELS: dict[str, type[SpecModel]] = {
    model.tag: model for model in (MemorySpec, FanoutSpec, SideBySideSpec, ComputeSpec)
}


def read_architecture(name_or_path: str | Path, overrides: Sequence[str] = ()) -> Architecture:
    """Read a machine: a shipped name, a path, either with parameters (``NAME:pes=256``).

    Parameters
    ----------
    overrides : sequence of "PATH=VALUE"
        Changes made before anything is judged: ``glb.size=64KiB``, ``array.mesh_x=8``,
        ``clock=100MHz``, or a parameter, ``pes=256``.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    reference = parse_reference(name_or_path)
    document = open_spec("architecture", reference)
    return architecture_of(document, overrides, pattern_problems(document, reference))


def architecture_of(
    document: Document, overrides: Sequence[str] = (), problems: Sequence[Problem] = ()
) -> Architecture:
    """Return the machine of a document; ``problems`` are what is known to be wrong with it.

    Raises
    ------
    SpecError
        With every problem of the document.
    """
    check_kind(document, "architecture")
    document, more = overridden(document, overrides, resolve_path)
    faults = Faults(document, [*problems, *more])
    context = parameters_of(document)
    spec = validate(ArchitectureSpec, faults, context, {LEVELS: _known_levels(document, context)})
    if spec is not None:
        _keep_levels(document, context, spec.levels)
    build = Build(document, _word_bits(spec.word if spec else None), faults.problems)
    for index, node in faults.intact_items(LEVELS):
        keys: Keys = (LEVELS, index)
        level: object = spec.levels[index] if spec else None
        if spec is None and (tag := level_tag(node.plain())):
            level = validate_part(LEVEL_MODELS[tag], document, keys, context)
        if isinstance(level, LevelModel):
            build.level(keys, level)
    if spec is None or faults:
        raise faults.error()
    arch = _assembled(spec, build)
    arch = replace(
        arch,
        constraints=rules_of(spec.constraints, document, CONSTRAINTS, faults),
        search_constraints=rules_of(spec.search_constraints, document, SEARCH_CONSTRAINTS, faults),
    )
    faults.problems += _structural(arch, build)
    faults.problems += _rules_at_no_level(arch, document)
    if faults:
        raise faults.error()
    return arch


_Parameters = tuple[tuple[str, int], ...]

_read_levels = Recent[tuple[int, _Parameters], tuple[Node, LevelModel]](128)
"""Levels of machines that were right, by the identity of their nodes, which are kept with them.

Settings leave most nodes of a document as they are.
"""


def _known_levels(document: Document, context: Context) -> dict[int, SpecModel]:
    parameters = tuple(context.parameters.items())
    known = {
        at: _read_levels.get((id(node), parameters)) for at, node in enumerate(_levels(document))
    }
    return {at: its[1] for at, its in known.items() if its is not None}


def _keep_levels(document: Document, context: Context, levels: Sequence[LevelModel]) -> None:
    parameters = tuple(context.parameters.items())
    for node, level in zip(_levels(document), levels, strict=True):
        _read_levels.put((id(node), parameters), (node, level))


def _levels(document: Document) -> list[Node]:
    listed = document.node((LEVELS,))
    return listed.value if listed is not None and isinstance(listed.value, list) else []


def knows_path(name_or_path: str | Path, path: str) -> bool:
    """Tell whether a ``--set`` path means something in this machine."""
    document = open_spec("architecture", parse_reference(name_or_path))
    return not isinstance(resolve_path(document, path), Problem)


def unknown_path(name_or_path: str | Path, path: str) -> Problem | None:
    """Return what is wrong with a ``--set`` path that no value could mend; None if nothing is."""
    return path_problem(open_spec("architecture", parse_reference(name_or_path)), path)


def changed_names(name_or_path: str | Path, path: str) -> tuple[str, ...]:
    """Return the names of the levels, or parts of them, that a ``--set`` path changes."""
    return matched_names(open_spec("architecture", parse_reference(name_or_path)), path)


def where_stated(name_or_path: str | Path, overrides: Sequence[str], path: str) -> Where:
    """Return where a machine states what a ``--set`` path means: a place of its file, or an option.

    What a part of an array does not state itself, the array states.
    """
    document = open_spec("architecture", parse_reference(name_or_path))
    document, _ = overridden(document, overrides, resolve_path)
    found = resolve_path(document, path)
    places: list[Keys] = [] if isinstance(found, Problem) else found
    places = [*(keys[:2] + keys[-1:] for keys in places), *places]
    stated = [keys for keys in places if document.node(keys)]
    return document.where(stated[-1] if stated else ())


def _assembled(spec: ArchitectureSpec, build: Build) -> Architecture:
    assumptions = [*spec.assumptions, *build.assumptions]
    if spec.assumed:
        assumptions.insert(0, spec.assumed)
    if spec.clock is None:
        assumptions.append("clock: 1 GHz, as the spec states none")
    return Architecture(
        name=spec.name,
        nodes=tuple(build.nodes),
        memories=tuple(build.memories),
        clock_hz=float(spec.clock.worth()) if spec.clock else DEFAULT_CLOCK_HZ,
        technology=spec.technology or "",
        source=spec.source or "",
        parameters=tuple(spec.parameters.items()),
        assumptions=tuple(assumptions),
    )


def _structural(arch: Architecture, build: Build) -> list[Problem]:
    """Return what is wrong with the machine as a whole, at the level or key that it names."""
    problems = (*structural_problems(arch), *sparsity_problems(arch))
    return [replace(its, where=build.document.where(_named(its.what, build))) for its in problems]


def _rules_at_no_level(arch: Architecture, document: Document) -> Iterator[Problem]:
    """Yield the rules of a machine that speak of a level that it does not have."""
    known = [node.name for node in arch.nodes]
    lists = {CONSTRAINTS: arch.constraints, SEARCH_CONSTRAINTS: arch.search_constraints}
    for key, rules in lists.items():
        for index, rule in enumerate(rules):
            if rule.at not in SELECTORS and not arch.selected(rule.at):
                where = document.where((key, index, "at"))
                what = f"a rule for a level '{rule.at}', which is not there"
                hint = suggestion(rule.at, [*SELECTORS, *known])
                yield Problem(what, where, rule.at, one_of(known), hint)


def _named(what: str, build: Build) -> Keys:
    level = next((keys for name, keys in build.names.items() if f"'{name}'" in what), ("levels",))
    stated = ((*level[:-1], key) for key in SPARSITY_KEYS if f"`{key}`" in what)
    return next((keys for keys in stated if build.document.node(keys)), level)


def _word_bits(word: Quantity | None) -> int:
    return int(word.worth()) if word else DEFAULT_WORD_BITS
