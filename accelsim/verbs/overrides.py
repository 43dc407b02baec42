"""``--set PATH=VALUE``: whom a setting is for, and what a pattern in it matched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from difflib import get_close_matches
from fnmatch import fnmatchcase

from accelsim.arch import paths as arch_paths
from accelsim.arch import spec as arch_spec
from accelsim.arch.records import Architecture, node_answers_to
from accelsim.arch.schema import LevelSpec
from accelsim.errors import Problem, SpecError, UsageError, Where
from accelsim.evaluation.energies import level_names
from accelsim.explore.parameters import Parameter
from accelsim.specs.fields import suggestion
from accelsim.specs.join import models_in
from accelsim.specs.overrides import is_pattern, parse_override
from accelsim.specs.references import open_spec, parse_reference
from accelsim.verbs.words import Machine, Work, as_architecture, as_network, called, open_work
from accelsim.workload import paths as work_paths
from accelsim.workload import spec as workload_spec
from accelsim.workload.records import Network
from accelsim.workload.schema import LayerSpec
from accelsim.yamldoc import Keys

MOST_NAMED = 12
"""Levels or layers that a remark names."""


def split_overrides(
    overrides: Sequence[str], machines: Sequence[Machine], work: Work
) -> tuple[list[list[str]], list[str]]:
    """Tell ``PATH=VALUE`` of machines from those of the workload, by who knows the path.

    Returns
    -------
    overrides of each machine, overrides of the workload

    Raises
    ------
    SpecError
        If a path means nothing to any of them.
    """
    per_machine: list[list[str]] = [[] for _ in machines]
    for_work: list[str] = []
    problems = []
    for words in overrides:
        path = parse_override(words).path
        takers = [i for i, machine in enumerate(machines) if _machine_knows(machine, path)]
        if not takers and _work_knows(work, path):
            for_work.append(words)
            continue
        # A level with a key that does not exist: the machine's reader says which do.
        takers = takers or [i for i, machine in enumerate(machines) if _has_level(machine, path)]
        for i in takers:
            per_machine[i].append(words)
        if not takers:
            problems.append(_meaningless(words, path, machines, work))
    if problems:
        raise SpecError(problems)
    return per_machine, for_work


def _machine_knows(machine: Machine, path: str) -> bool:
    return not isinstance(machine, Architecture) and arch_spec.knows_path(machine, path)


def _work_knows(work: Work, path: str) -> bool:
    if isinstance(work, Network):
        return False
    return workload_spec.knows_path(open_work(parse_reference(work)), path)


def _has_level(machine: Machine, path: str) -> bool:
    head = path.split(".")[0]
    return any(node_answers_to(node, head) for node in as_architecture(machine).nodes)


def _meaningless(words: str, path: str, machines: Sequence[Machine], work: Work) -> Problem:
    head, key = _cut(path)
    levels = [name for machine in machines for name in level_names(as_architecture(machine))]
    layers = [layer.name for layer in as_network(work).layers]
    owners = ", ".join(called(machine) for machine in machines)
    if is_pattern(head) and any(fnmatchcase(name, head) for name in [*levels, *layers]):
        models = [*models_in(LevelSpec), *models_in(LayerSpec)]
        keys = list(dict.fromkeys(known for its in models for known in its.keys()))  # noqa: SIM118
        return Problem(
            f"no level of {owners} and no layer of {called(work)} that '{head}' matches has"
            f" '{key}'",
            Where(f"--set {words}"),
            got=key,
            hint=suggestion(key, keys),
        )
    return Problem(
        f"'{head}' is neither a level of {owners} nor a layer of {called(work)}",
        Where(f"--set {words}"),
        got=head,
        hint=suggestion(head, [*dict.fromkeys(levels), *layers]) or _closest(head, layers),
    )


def _cut(path: str) -> tuple[str, str]:
    """Cut a path into whom it is for and the key; names of layers may have dots themselves."""
    parts = path.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        if any(model.knows(parts[cut:]) for model in models_in(LayerSpec)):
            return ".".join(parts[:cut]), ".".join(parts[cut:])
    head, _, key = path.partition(".")
    return head, key


def _closest(name: str, layers: Sequence[str]) -> str:
    """Return the layers that are most like a name or pattern, however little."""
    plain = "".join(sign for sign in name if sign not in "*?[]")
    found = get_close_matches(plain, layers, n=3, cutoff=0.0)
    return f"closest layers: {', '.join(found)}" if len(layers) > 1 else ""


def places_of(
    path: str, owners: Sequence[Machine | Work], machines: bool
) -> set[tuple[str | int, ...]]:
    """Return what a path means in specs: keys of a machine's file, or a layer and its keys."""
    places = set[tuple[str | int, ...]]()
    for number, owner in enumerate(owners):
        if isinstance(owner, Architecture | Network):
            continue
        reference = parse_reference(owner)
        if machines:
            found = arch_paths.resolve_path(open_spec("architecture", reference), path)
            its: Iterable[Keys] = () if isinstance(found, Problem) else found
        else:
            document = open_work(reference)
            found = work_paths.resolve_path(document, path)
            keys = () if isinstance(found, Problem) else found
            names = workload_spec.changed_names(document, reference, path)
            tails = {place[2:] for place in keys if place[0] == "layers"}
            its = [(name, *tail) for name in names for tail in tails]
            its = [*its, *(place for place in keys if place[0] != "layers")]
        places |= {(number, *place) for place in its}
    return places


def refuse_what_has_no_effect(
    machines: Sequence[Machine],
    workloads: Sequence[Work],
    varied: Sequence[Parameter],
    overrides: Sequence[str],
    of_machine: Set[str],
) -> None:
    """Refuse a setting of which nothing is left, as what is varied comes after it.

    Raises
    ------
    UsageError
        Naming both.
    """
    fixed = [(parse_override(words).path, Where(f"--set {words}")) for words in overrides]
    moved = [(path, its.where) for its in varied for path in its.paths]
    places = {
        path: places_of(path, machines if path in of_machine else workloads, path in of_machine)
        for path, _ in [*fixed, *moved]
    }
    problems = []
    for before, (path, where) in enumerate([*fixed, *moved]):
        for later, its_where in moved[max(0, before + 1 - len(fixed)) :]:
            over = [any(its[: len(by)] == by for by in places[later]) for its in places[path]]
            if over and all(over):
                problems.append(
                    Problem(
                        f"'{path}' has no effect: '{later}' comes after it and means the same",
                        where,
                        hint=f"drop it, or {its_where}",
                    )
                )
                break
    if problems:
        raise UsageError(*problems)


def pattern_remarks(
    per_machine: Sequence[Sequence[str]],
    machines: Sequence[Machine],
    for_work: Sequence[str],
    work: Work,
) -> list[str]:
    """Say of each setting with a pattern what it changed; settings as they were split."""
    said = dict[str, None]()
    for its, machine in zip(per_machine, machines, strict=True):
        for words in its:
            names = arch_spec.changed_names(str(machine), parse_override(words).path)
            said |= dict.fromkeys(_remark(words, names, machine))
    reference = parse_reference(called(work))
    for words in for_work:
        path = parse_override(words).path
        names = workload_spec.changed_names(open_work(reference), reference, path)
        said |= dict.fromkeys(_remark(words, names, work))
    return list(said)


def _remark(words: str, names: Sequence[str], owner: Machine | Work) -> list[str]:
    if not is_pattern(parse_override(words).path):
        return []
    if not names:
        return [f"--set {words} changed nothing of {called(owner)}."]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return [f"--set {words} changed {', '.join(names[:MOST_NAMED])}{more} of {called(owner)}."]
