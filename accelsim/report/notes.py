"""The sentences that stand with a table: what its numbers mean and how far to trust them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accelsim.arch.zeros import minds_zeros
from accelsim.evaluation.area import unknown_areas
from accelsim.evaluation.records import Evaluation
from accelsim.evaluation.timing import lift
from accelsim.network.records import LayerResult, NetworkResult
from accelsim.report import quantities
from accelsim.report.level_classes import CLASSES, levels_of
from accelsim.report.quantities import plural
from accelsim.report.rows import unmapped
from accelsim.report.settings import FoundUnder
from accelsim.report.zeros import zeros_assumed_of_machine, zeros_assumed_of_network

FIRST_FEW = 3
"""Assumptions that a text shows unless it is asked for all."""

STOPPED = "stopped before a mapping was found"


def why_unmapped(entry: LayerResult) -> str:
    """Return why a layer has no mapping, in one line."""
    return "; ".join(entry.infeasible.sentences()) if entry.infeasible else STOPPED


def unmapped_reasons(rows: Iterable[NetworkResult]) -> list[str]:
    """Say for each row which layers have no mapping and why, without a full stop."""
    said = []
    for row in rows:
        reasons: dict[str, list[str]] = {}
        for entry in unmapped(row):
            reasons.setdefault(why_unmapped(entry), []).append(entry.layer.name)
        for reason, layers in reasons.items():
            said.append(f"{row.label}: no mapping for {', '.join(layers)}: {reason}")
    return said


def unmapped_notes(rows: Iterable[NetworkResult]) -> list[str]:
    """Say which layers have no mapping and why, and what that means for the rows."""
    notes = [f"{reason}." for reason in unmapped_reasons(rows)]
    if notes:
        notes.append("Rows that lack layers sum only what they could map, and are not ranked.")
    return notes


def evaluations(rows: Iterable[NetworkResult]) -> list[Evaluation]:
    """Return the evaluations of all layers that have a mapping."""
    return [entry.evaluation for row in rows for entry in row.layers if entry.evaluation]


def energy_note(rows: Sequence[NetworkResult]) -> str:
    """Say in what unit energies are, from which table, under which accounting rules."""
    prices = [evaluation.prices for evaluation in evaluations(rows)]
    tables = sorted({(its.table.name, its.table.unit) for its in prices})
    units = {
        "one 16-bit multiply-accumulate is 1" if unit == "MAC" else f"in {unit}"
        for _, unit in tables
    }
    said = f"Energy: {', '.join(sorted(units))}; table {', '.join(name for name, _ in tables)}"
    accountings = sorted({its.accounting.name for its in prices})
    if accountings != ["default"]:
        said += f"; accounting {', '.join(accountings)}"
    return f"{said}."


def meaning_notes(rows: Sequence[NetworkResult]) -> list[str]:
    """Say what energies, shares, cycles and EDP are."""
    if not evaluations(rows):
        return []
    return [
        energy_note(rows),
        f"Shares are of the row's energy: {class_sentence(rows)}.",
        (
            "Cycles: layers run one after another. util.: operations done / operations that all "
            "multipliers could have done in these cycles. EDP: energy x seconds."
        ),
    ]


def cost_note(evaluation: Evaluation) -> str:
    """Return one layer's energy, time and what bounds it, in a sentence."""
    energy, unit = quantities.in_joules(evaluation.energy_total, evaluation.energy_unit)
    edp, _ = quantities.in_joules(evaluation.edp, evaluation.energy_unit)
    said = (
        f"{quantities.with_unit(energy, unit)} for "
        f"{quantities.plural(evaluation.operations, 'operation')}; "
        f"{quantities.whole(evaluation.cycles)} cycles = "
        f"{quantities.with_unit(evaluation.seconds, 's')}, bound by {lift(evaluation).text}; "
        f"utilisation {quantities.percent(evaluation.utilization)}; "
        f"EDP {quantities.with_unit(edp, f'{unit} s')}"
    )
    if evaluation.area_mm2 is not None:
        said += f"; {quantities.digits(evaluation.area_mm2)} mm2"
    return f"{said}."


def area_note(evaluation: Evaluation) -> list[str]:
    """Say why the area is not known where that of some parts is."""
    unknown = unknown_areas(evaluation.arch, evaluation.prices.table)
    return [f"Area: not known, for want of that of {'; '.join(unknown)}."] if unknown else []


def class_sentence(rows: Sequence[NetworkResult]) -> str:
    """Say which levels of the machines each heading adds up."""
    parts = []
    for name in CLASSES:
        levels = dict.fromkeys(level for row in rows for level in levels_of(name, row.arch))
        if levels:
            parts.append(f"{name} = {' + '.join(levels)}")
    return ", ".join(parts)


def search_note(rows: Iterable[NetworkResult], objective: str, seed: int) -> str:
    """Say how the mappings were found and whether they are proved to be the best."""
    # A layer of the same shape as an earlier one was not searched again.
    certificates = [
        entry.certificate
        for row in rows
        for entry in row.layers
        if entry.certificate is not None and not entry.same_as
    ]
    if not certificates:
        return "Mappings were given, not searched."
    considered = sum(certificate.considered for certificate in certificates)
    optimal = sum(certificate.optimal for certificate in certificates)
    drivers = ", ".join(sorted({certificate.driver for certificate in certificates}))
    proved = f"{optimal} of {plural(len(certificates), 'search')[:-1]}es proved optimal"
    if len(certificates) == 1:
        proved = "proved optimal" if optimal else "not proved optimal"
    early = sum(its.stopped_by in ("seconds", "stop") for its in certificates)
    if early:
        proved += f"; {early} ended early, so that another run may find another mapping"
    return (
        f"Mapper: {drivers}, for least {objective}, seed {seed}; "
        f"{plural(considered, 'mapping')} considered; {proved}."
    )


def repriced_notes(found_under: Iterable[FoundUnder]) -> list[str]:
    """Say of rows whose prices changed which they were searched under."""
    rows_by_prices: dict[str, list[str]] = {}
    for its in found_under:
        prices = f"table {its.technology}, accounting {its.accounting}"
        rows_by_prices.setdefault(prices, []).append(its.row)
    if not rows_by_prices:
        return []
    before = "; ".join(f"{prices} ({', '.join(rows)})" for prices, rows in rows_by_prices.items())
    return [
        (
            f"Repriced: the mappings were the best found under other prices: {before}."
            " Under these prices, others may be better."
        )
    ]


def assumptions(rows: Iterable[NetworkResult], others: Iterable[str] = ()) -> list[str]:
    """Return everything that the results assume, each once: specs, layers, prices.

    ``others`` are those that the rows do not know of (of a study, of dataflows).
    """
    found: dict[str, None] = dict.fromkeys(others)
    for row in rows:
        for text in row.network.assumptions:
            found[f"{row.network.name}: {text}"] = None
        for text in zeros_assumed_of_network(row.network) if minds_zeros(row.arch) else ():
            found[f"{row.network.name}: {text}"] = None
        for entry in row.layers:
            for text in entry.layer.assumptions:
                found[f"{row.network.name}:{entry.layer.name}: {text}"] = None
        for text in (*row.arch.assumptions, *zeros_assumed_of_machine(row.arch)):
            found[f"{row.arch.name}: {text}"] = None
        for evaluation in evaluations([row]):
            for spec in (evaluation.prices.table, evaluation.prices.accounting):
                for text in spec.assumptions:
                    found[f"{spec.name}: {text}"] = None
            for text in evaluation.prices.assumed:
                found[f"{row.arch.name}: {text}"] = None
    return list(found)


def assumptions_note(every: Sequence[str], shown: int) -> list[str]:
    """Return assumptions in short: how many, and the first few."""
    if not every:
        return []
    more = " (all of them: -v, --json)" if len(every) > shown else ""
    lines = [f"Assumes {plural(len(every), 'thing')}{more}:"]
    lines += [f"  - {text}" for text in every[:shown]]
    if len(every) > shown:
        lines.append(f"  - and {len(every) - shown} more")
    return lines
