"""What a mapping file says that it is for, and how that differs from what a call names."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from accelsim import yamldoc
from accelsim.arch.records import Architecture
from accelsim.errors import Problem, SpecError, UsageError
from accelsim.mapping.spec import MadeFrom, read_made_from
from accelsim.specs.overrides import override_seen_from
from accelsim.specs.references import seen_from
from accelsim.verbs.overrides import split_overrides
from accelsim.verbs.words import as_architecture, as_network, one_layer
from accelsim.workload.records import Layer


def read_made_for(path: Path) -> MadeFrom:
    """Read what a mapping file is for; paths in it are relative to it, and returned as seen here.

    Raises
    ------
    SpecError
        If the file cannot be read.
    """
    written = read_made_from(path)
    return replace(
        written,
        architecture=seen_from(written.architecture, path.parent, Path()),
        layer=seen_from(written.layer, path.parent, Path()),
        overrides=tuple(
            override_seen_from(words, path.parent, Path()) for words in written.overrides
        ),
    )


def made_for_others(
    path: Path,
    arch: Architecture,
    layer: Layer,
    for_machine: Sequence[str],
    for_layer: Sequence[str],
) -> list[Problem]:
    """Return how what a mapping file is for differs from the machine and the layer of a call.

    Parameters
    ----------
    for_machine, for_layer : the overrides that the machine and the layer were read with
    """
    made_for = read_made_for(path)
    if _equal(lambda: read_machine_and_layer(made_for), (arch, layer)):
        return []
    document = yamldoc.load(path)
    problems = []
    words = ["accelsim", "evaluate", made_for.architecture, made_for.layer, str(path)]
    words += (word for override in made_for.overrides for word in ("--set", override))
    as_made = f"as it was made: {shlex.join(words)}" if all(words) else ""
    machine, workload = made_for.architecture, made_for.layer
    if machine and not _equal(lambda: as_architecture(machine, for_machine), arch):
        what = f"the mapping is for the machine '{machine}', which is not the '{arch.name}' here"
        problems.append(Problem(what, document.where(("architecture",)), hint=as_made))
    if workload and not _equal(lambda: _layer(workload, for_layer), layer):
        what = f"the mapping is for the layer '{workload}', which is not the '{layer.name}' here"
        problems.append(Problem(what, document.where(("layer",)), hint=as_made))
    given_here = {override_seen_from(its, Path(), None) for its in (*for_machine, *for_layer)}
    lacking = [
        words
        for words in made_for.overrides
        if override_seen_from(words, Path(), None) not in given_here
    ]
    if lacking:
        given = " ".join(f"--set {shlex.quote(words)}" for words in lacking)
        what = f"the mapping is for a machine or layer changed by {given}, which is not set here"
        problems.append(Problem(what, document.where(("overrides",))))
    return problems


def _equal(read: Callable[[], object], wanted: object) -> bool:
    """Tell whether what can be read, if it can, is what is wanted."""
    try:
        return read() == wanted
    except (SpecError, UsageError):
        return False


def read_machine_and_layer(made_for: MadeFrom) -> tuple[Architecture, Layer]:
    """Read what a mapping is for, with its overrides.

    Raises
    ------
    SpecError, UsageError
        If it cannot be read, or is not one layer.
    """
    machine, workload = made_for.architecture, made_for.layer
    (for_machine,), rest = split_overrides(made_for.overrides, [machine], workload)
    return as_architecture(machine, for_machine), _layer(workload, rest)


def _layer(workload: str, overrides: Sequence[str]) -> Layer:
    (only,) = one_layer(as_network(workload, overrides), workload).layers
    return only
