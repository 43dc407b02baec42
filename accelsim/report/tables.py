"""Tables of results, as data: headings, cells already written out, notes.

How a table looks on a terminal or in a notebook is decided in :mod:`accelsim.report.text` and
:mod:`accelsim.report.html`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from accelsim.evaluation.records import COMPUTE, Breakdown, Evaluation
from accelsim.evaluation.timing import limits, roofline
from accelsim.mapper.objectives import objective_named
from accelsim.network.records import NetworkResult, Totals
from accelsim.report import quantities
from accelsim.report.level_classes import CLASSES, LEAKAGE, by_class
from accelsim.report.quantities import digits, percent
from accelsim.report.rows import best, layers_of, measure, unmapped

NOTHING = "–"


@dataclass(frozen=True)
class Table:
    """Rows of text under headings; the first ``names`` columns are names, the others numbers.

    ``strong`` holds the indices of rows to stress, ``foot`` says how many of the last rows sum up
    those above.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1
    strong: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    foot: int = 0


def under(dataflow: str, shown: Sequence[Table]) -> list[Table]:
    """Return tables of which the first names the dataflow, if there is one."""
    if not (dataflow and shown):
        return [*shown]
    first, *others = shown
    return [replace(first, title=f"{first.title}, dataflow {dataflow}"), *others]


def group_tables(rows: Sequence[NetworkResult], objective: str, what: str) -> list[Table]:
    """Return one comparison per group of layers, and one for all where there are several."""
    groups: list[str | None] = list(rows[0].groups)
    if len(groups) > 1:
        groups.append(None)
    return [comparison_table(rows, group, objective, what) for group in groups]


def comparison_table(
    rows: Sequence[NetworkResult], group: str | None, objective: str, what: str
) -> Table:
    """Put the rows of a comparison side by side, for one group of layers or all of them.

    Parameters
    ----------
    rows : results of the same network, in energies of the same unit
    group : name of a group, or None for all layers
    objective : what "best" means
    what : heading of the first column (``dataflow``, ``machine``)
    """
    totals = [row.totals(group) for row in rows]
    winner = best(rows, group, objective)
    per = "MAC" if any(its.macs for its in totals) else "operation"
    unit = next((its.energy.unit for its in totals if its.energy.unit), "")
    leaks = any(its.leakage for its in totals)
    edps, edp_unit = _edps(totals)
    exponent = quantities.shared_exponent(its.cycles for its in totals)
    # Cycles of different clocks cannot be compared: seconds stand beside them.
    clocks = len({row.arch.clock_hz for row in rows}) > 1
    time_exponent = quantities.shared_exponent(its.seconds for its in totals)
    headings = (
        what,
        f"energy\n{'' if unit == 'MAC' else unit}/{per}",
        f"{objective_named(objective).measure}\nvs best",
        *CLASSES,
        *([LEAKAGE] if leaks else []),
        f"cycles\n10^{exponent}" if exponent else "cycles",
        *([f"time\n{quantities.scaled_unit('s', time_exponent)}"] if clocks else []),
        "util.",
        f"EDP\n{edp_unit}",
    )
    cells = []
    for index, (row, its) in enumerate(zip(rows, totals, strict=True)):
        label = row.label
        missing = unmapped(row, group)
        if missing:
            label += f" ({len(its.layers)}/{len(layers_of(row, group))} layers)"
        if not its.layers:
            cells.append((label, *[NOTHING] * (len(headings) - 1)))
            continue
        relative = NOTHING
        if winner is not None and not missing:
            floor = measure(totals[winner], objective)
            ratio = f"{measure(its, objective) / floor:.2f}" if floor else "1.00"
            relative = "best" if index == winner else ratio
        cells.append(
            (
                label,
                digits(its.energy_per_mac),
                relative,
                *_shares(its, row, leaks),
                digits(its.cycles / 10.0**exponent),
                *([digits(its.seconds / 10.0**time_exponent)] if clocks else []),
                percent(its.utilization),
                digits(edps[index]),
            )
        )
    first = next(
        (its for row, its in zip(rows, totals, strict=True) if not unmapped(row, group)), None
    )
    done = f", {quantities.whole(first.macs)} MACs" if first and first.macs else ""
    layers = quantities.plural(len(layers_of(rows[0], group)), "layer")
    return Table(
        title=f"{group or 'all'} ({layers}{done})",
        headings=headings,
        rows=tuple(cells),
        strong=frozenset() if winner is None else frozenset({winner}),
    )


def _shares(totals: Totals, row: NetworkResult, with_leakage: bool) -> list[str]:
    whole = totals.energy_total or 1.0
    shares = [*by_class(totals.energy.over("level"), row.arch).values()]
    if with_leakage:
        shares.append(totals.leakage)
    return [percent(share / whole) for share in shares]


def _edps(totals: Sequence[Totals]) -> tuple[list[float], str]:
    unit = next((its.energy.unit for its in totals if its.energy.unit), "")
    _, named = quantities.in_joules(0.0, unit)
    edps = [quantities.in_joules(its.edp, unit)[0] for its in totals]
    exponent = quantities.shared_exponent(edps)
    return [edp / 10.0**exponent for edp in edps], quantities.scaled_unit(f"{named} s", exponent)


def layers_table(result: NetworkResult) -> Table:
    """Show every layer of a network: energy and where it goes, time and what bounds it."""
    total = result.total
    leaks = bool(total.leakage)
    headings = (
        "layer",
        "group",
        f"energy\n{'' if total.energy.unit == 'MAC' else total.energy.unit}/op",
        "share of\nenergy",
        *CLASSES,
        *([LEAKAGE] if leaks else []),
        "cycles",
        "util.",
        "bound by",
    )
    cells: list[tuple[str, ...]] = []
    for entry in result.layers:
        evaluation = entry.evaluation
        if evaluation is None:
            blanks = [NOTHING] * (len(headings) - 3)
            cells.append((entry.layer.name, entry.layer.group, *blanks, "no mapping"))
            continue
        whole = evaluation.energy_total or 1.0
        shares = [*by_class(evaluation.energy.over("level"), result.arch).values()]
        if leaks:
            shares.append(evaluation.leakage)
        cells.append(
            (
                entry.layer.name,
                entry.layer.group,
                digits(evaluation.energy_per_operation),
                percent(evaluation.energy_total / (total.energy_total or 1.0)),
                *(percent(share / whole) for share in shares),
                quantities.whole(evaluation.cycles),
                percent(evaluation.utilization),
                evaluation.bound,
            )
        )
    if len(result.layers) > 1 and total.layers:
        cells.append(
            (
                "all" if result.complete else f"{len(total.layers)}/{len(result.layers)} layers",
                "",
                digits(total.energy_total / total.operations),
                "100 %",
                *_shares(total, result, leaks),
                quantities.whole(total.cycles),
                percent(total.utilization),
                "",
            )
        )
    return Table(
        title="by layer",
        headings=headings,
        rows=tuple(cells),
        names=2,
        strong=frozenset({len(result.layers)}),
        foot=len(cells) - len(result.layers),
    )


def energy_table(energy: Breakdown, leaked: float, operations: int, per: str) -> Table:
    """Show energy by level and tensor; with the share of the total and per operation."""
    cells = energy.by("level", "tensor")
    levels, tensors = energy.labels["level"], energy.labels["tensor"]
    total = energy.total + leaked
    scaled, unit = quantities.in_joules(1.0, energy.unit)
    exponent = quantities.shared_exponent([total * scaled])
    scale = scaled / 10.0**exponent
    rows = []
    for level in levels:
        values = [cells[level, tensor] for tensor in tensors]
        rows.append(_energy_row(level, values, total, operations, scale))
    if leaked:
        blanks = [0.0] * (len(tensors) - 1)
        rows.append(_energy_row(LEAKAGE, [*blanks, leaked], total, operations, scale))
    sums = [sum(cells[level, tensor] for level in levels) for tensor in tensors]
    sums[-1] += leaked
    rows.append(_energy_row("total", sums, total, operations, scale))
    return Table(
        title=f"energy by level and tensor, {quantities.scaled_unit(unit, exponent)}",
        headings=(
            "level",
            *tensors,
            "total",
            "share",
            f"{energy.unit}\n/{per}" if energy.unit != per else f"x {per}",
        ),
        rows=tuple(rows),
        strong=frozenset({len(rows) - 1}),
        foot=1,
    )


def _energy_row(
    name: str, values: Sequence[float], total: float, operations: int, scale: float
) -> tuple[str, ...]:
    its = sum(values)
    return (
        name,
        *(digits(value * scale) if value else NOTHING for value in values),
        digits(its * scale),
        percent(its / total if total else 0.0),
        digits(its / operations) if operations else NOTHING,
    )


def accesses_table(evaluation: Evaluation) -> Table:
    """Show the accesses of every level, tensor and action, so that a sum can be redone by hand."""
    performed = evaluation.performed.values
    used = [a for a in range(performed.shape[2]) if performed[:, :, a].any()]
    actions = evaluation.energy.labels["action"]
    rows = []
    for i, level in enumerate(evaluation.levels):
        for t, tensor in enumerate(evaluation.tensors):
            counts = [float(performed[i, t, a]) for a in used]
            if any(counts):
                shown = tensor if tensor != COMPUTE else ""
                rows.append((level, shown, *map(_times, counts)))
    return Table(
        title="accesses",
        headings=("level", "tensor", *(actions[a].replace("_", " ") for a in used)),
        rows=tuple(rows),
        names=2,
    )


def _times(count: float) -> str:
    """Write how often something was done; a word may make half a hop."""
    if not count:
        return NOTHING
    return quantities.whole(count) if count.is_integer() else f"{count:,.7g}"


def use_table(evaluation: Evaluation) -> Table:
    """Show what every level holds, how many instances work, and how long its port is busy."""
    rows = []
    tiles = evaluation.tile_words
    for i, level in enumerate(evaluation.levels):
        bits, usable = evaluation.capacity_bits.get(level, (0, None))
        in_use, built = evaluation.instances.get(level, (0, 0))
        held = [
            f"{tensor.name} {quantities.whole(int(tiles[i, t]))}"
            for t, tensor in enumerate(evaluation.layer.tensors)
            if tiles[i, t]
        ]
        port = evaluation.port_cycles.get(level)
        rows.append(
            (
                level,
                ", ".join(held) or NOTHING,
                percent(bits / usable) if usable else NOTHING,
                f"{in_use}/{built}" if built else NOTHING,
                NOTHING if port is None else quantities.whole(port),
            )
        )
    rows[-1] = (*rows[-1][:-1], quantities.whole(evaluation.compute_cycles))
    return Table(
        title="what is in use",
        headings=("level", "words held", "full", "instances", "cycles"),
        rows=tuple(rows),
        names=2,
    )


def time_table(evaluation: Evaluation) -> Table:
    """Show what limits the time: how long each port is busy, and the rate that a level allows."""
    allowed = {point.level: point for point in roofline(evaluation).points}
    rows = []
    for limit in limits(evaluation):
        point = allowed.get(limit.level)
        rows.append(
            (
                limit.level,
                limit.port or NOTHING,
                quantities.whole(limit.cycles),
                percent(limit.busy),
                quantities.whole(limit.slack_cycles) if limit.overlaps else "adds",
                digits(point.operations_per_byte) if point else NOTHING,
                digits(point.operations_per_cycle) if point else NOTHING,
            )
        )
    return Table(
        title="time",
        headings=("level", "port", "cycles", "busy", "slack", "op/byte", "op/cycle\nallowed"),
        rows=tuple(rows),
        names=2,
    )
