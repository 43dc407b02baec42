"""A machine, a layer and a mapping as files of another program."""

from __future__ import annotations

from collections.abc import Mapping as KeysAndValues
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from accelsim.errors import Problem, SpecError, UsageError
from accelsim.interchange.accelergy import ReferenceTables, reference_tables
from accelsim.interchange.timeloop.writing.inputs import (
    architecture_text,
    mapping_text,
    problem_text,
)
from accelsim.interchange.timeloop.writing.outputs import map_text, map_yaml, stats_text
from accelsim.interchange.timeloop.writing.parts import chain_of
from accelsim.interchange.timeloop.writing.prices import level_tables
from accelsim.mapping.records import Mapping
from accelsim.mapspace.binding import own_rules
from accelsim.specs.fields import one_of
from accelsim.verbs.evaluate import evaluate
from accelsim.verbs.words import (
    Machine,
    ReadFrom,
    Rules,
    Technology,
    Work,
    as_architecture,
    as_energy_table,
    word_of,
)

FORMATS = ("timeloop", "accelergy")

PREFIX = "timeloop-model"
"""With which Timeloop begins the names of its outputs."""


@dataclass(frozen=True, slots=True)
class Exported:
    """Texts by the names of the files that they are for, and what they do not say."""

    texts: KeysAndValues[str, str]
    notes: tuple[str, ...] = ()


def export(
    format: str,
    machine: Machine,
    layer: Work | None = None,
    mapping: str | Path | Mapping | None = None,
    *,
    technology: Technology | None = None,
    accounting: Rules | None = "timeloop",
    overrides: Sequence[str] = (),
) -> Exported:
    """Write a mapping of a layer onto a machine, or its prices, as files of another program.

    Parameters
    ----------
    format : ``"timeloop"`` or ``"accelergy"``
        Accelergy's tables are those of a machine alone, without a layer and a mapping.
    machine, layer, mapping, technology, overrides
        As for :func:`accelsim.evaluate`.
    accounting : rules under which the statistics are counted

    Returns
    -------
    Exported
        Of Accelergy ``ERT.yaml`` and ``ART.yaml``; of Timeloop ``problem.yaml``, ``arch.yaml``
        and ``mapping.yaml`` of generation 0.4 with the prices of their levels in ``ERT.yaml`` and
        ``ART.yaml``, and the outputs ``timeloop-model.map.yaml``, ``.map.txt`` and ``.stats.txt``.

    Raises
    ------
    SpecError
        If a spec cannot be read, or the other program has no words for it.
    IllegalMappingError
        If the mapping breaks a rule of the machine or of the layer.
    UsageError
        If the format is not known, what it needs is not given, or the energies are not in pJ.
    """
    if format not in FORMATS:
        raise UsageError(Problem(f"unknown format '{format}'", expected=one_of(FORMATS)))
    if format == "accelergy":
        if layer is not None or mapping is not None:
            what = "Accelergy's tables are those of a machine alone"
            raise UsageError(Problem(what, expected="no layer and no mapping"))
        return _accelergy(machine, technology, overrides)
    if layer is None or mapping is None:
        what = f"files of {format} are those of a mapping"
        raise UsageError(Problem(what, expected="a machine, a layer and a mapping"))
    run = evaluate(
        machine, layer, mapping, technology=technology, accounting=accounting, overrides=overrides
    )
    (entry,) = run.rows[0].layers
    found = entry.evaluation
    assert found is not None
    if found.energy_unit != "pJ":
        raise _no_picojoules(run.rows[0].technology, found.energy_unit)
    if found.layer.residents:
        maps = ", ".join(one.layer for one in found.layer.residents)
        what = f"the files of {format} have no words for maps that stay on the chip ({maps})"
        raise SpecError([Problem(what, hint="--set stay_on_chip=[] takes them back")])
    boxes = found.prices.accounting.conventions.tiles == "box"
    written = chain_of(found.arch, found.layer, found.mapping, boxes=boxes)
    tables = level_tables(written, found)
    texts = {
        "problem.yaml": problem_text(found.layer),
        "arch.yaml": architecture_text(written),
        "mapping.yaml": mapping_text(written),
        f"{PREFIX}.map.yaml": map_yaml(written),
        f"{PREFIX}.map.txt": map_text(written),
        f"{PREFIX}.stats.txt": stats_text(written, found),
        **_price_texts(tables),
    }
    limited = [f"the constraints of {found.arch.name} are left out"] * bool(own_rules(found.arch))
    return Exported(texts, tuple(dict.fromkeys([*written.notes, *tables.notes, *limited])))


def _accelergy(
    machine: Machine, technology: Technology | None, overrides: Sequence[str]
) -> Exported:
    arch = as_architecture(machine, overrides)
    table = as_energy_table(technology, arch, ReadFrom(word_of(machine), tuple(overrides)))
    if table.unit != "pJ":
        raise _no_picojoules(table.name, table.unit)
    written = reference_tables(arch, table)
    return Exported(_price_texts(written), written.notes)


def _price_texts(tables: ReferenceTables) -> dict[str, str]:
    return {"ERT.yaml": tables.ert} | ({"ART.yaml": tables.art} if tables.art else {})


def _no_picojoules(name: str, unit: str) -> UsageError:
    what = f"the table '{name}' counts in {unit}"
    return UsageError(Problem(what, expected="one in pJ: --technology"))
