"""A finished result under another energy table: nothing is searched or counted again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from accelsim.errors import Problem, UsageError
from accelsim.evaluation.evaluate import reprice as reprice_evaluation
from accelsim.network.records import NetworkResult
from accelsim.report.export import price_key
from accelsim.report.folder import read_folder
from accelsim.report.fronts import LayerFront, NetworkFront
from accelsim.report.results import Comparison, NetworkRun
from accelsim.report.settings import FoundUnder, Repricing
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.verbs.words import ReadFrom, Rules, Technology, as_accounting, as_energy_table


def reprice(
    result: str | Path | Comparison | NetworkRun,
    technology: Technology | None = None,
    accounting: Rules | None = None,
) -> Comparison | NetworkRun:
    """Return a result with the energies of another table or other accounting rules.

    The mappings stay those that were best under the old prices, which the result's settings and
    notes name.

    Parameters
    ----------
    result : a result of compare or run, or the folder that it was written to
    technology : energy table; left out, the machine's own
    accounting : accounting rules; left out, those of the result

    Raises
    ------
    SpecError
        If there are no results in the folder, or the table lacks a price that a machine needs.
    UsageError
        If the result is a front.
    """
    found = read_folder(Path(result)) if isinstance(result, str | Path) else result
    if isinstance(found, LayerFront | NetworkFront):
        raise UsageError(
            Problem(
                "a front cannot be priced anew: under other prices, other mappings are on it",
                hint="search it under the other prices",
            )
        )
    rows = tuple(_reprice_row(row, technology, accounting) for row in found.rows)
    settings = replace(found.settings, repriced=_repricing(found, technology, accounting))
    return replace(found, rows=rows, settings=settings)


def _repricing(
    result: Comparison | NetworkRun, technology: Technology | None, accounting: Rules | None
) -> Repricing:
    """Return what is asked for, and what the mappings were found under before any repricing."""
    earlier = result.settings.repriced
    found_under = tuple(
        FoundUnder(row.label, row.technology, row.accounting, price_key(row)) for row in result.rows
    )
    return Repricing(
        technology=technology.name
        if isinstance(technology, EnergyTable)
        else str(technology or ""),
        accounting=accounting.name if isinstance(accounting, Accounting) else str(accounting or ""),
        found_under=found_under if earlier is None else earlier.found_under,
    )


def _reprice_row(
    row: NetworkResult, technology: Technology | None, accounting: Rules | None
) -> NetworkResult:
    table = as_energy_table(technology, row.arch, ReadFrom())
    rules = None if accounting is None else as_accounting(accounting)
    layers = tuple(
        entry
        if entry.evaluation is None
        else replace(
            entry,
            evaluation=reprice_evaluation(entry.evaluation, table, rules),
            apart=entry.apart and reprice_evaluation(entry.apart, table, rules),
        )
        for entry in row.layers
    )
    return replace(
        row,
        layers=layers,
        technology=table.name,
        accounting=row.accounting if rules is None else rules.name,
    )
