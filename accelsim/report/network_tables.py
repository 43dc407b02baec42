"""Tables of a whole network: where most goes, and what stays on the chip."""

from __future__ import annotations

from collections.abc import Sequence

from accelsim.evaluation.records import Evaluation
from accelsim.network.records import NetworkResult
from accelsim.network.staying import staying_maps
from accelsim.report import quantities
from accelsim.report.quantities import digits, percent, whole
from accelsim.report.tables import NOTHING, Table
from accelsim.technology.records import ACTIONS

TOP = 10
"""Layers of the table of those that take most; a network of few more has none."""

MOVED = [ACTIONS.index(action) for action in ("read", "update")]


def top_table(result: NetworkResult) -> list[Table]:
    """Show the layers that take most energy, most first, where a network has many."""
    found = [entry.evaluation for entry in result.layers if entry.evaluation is not None]
    if len(found) < TOP + 3:
        return []
    total = result.total
    ordered = sorted(found, key=lambda its: -its.energy_total)
    rows, so_far = [], 0.0
    scale, unit = _scale(total.energy_total, total.energy.unit)
    for its in ordered[:TOP]:
        so_far += its.energy_total
        rows.append(
            (
                its.layer.name,
                digits(its.energy_total * scale),
                percent(its.energy_total / total.energy_total),
                percent(so_far / total.energy_total),
                percent(its.layer.operations / total.operations),
                percent(its.cycles / total.cycles),
                its.bound,
            )
        )
    return [
        Table(
            title=f"most energy: {TOP} of {quantities.plural(len(found), 'layer')}",
            headings=(
                "layer", f"energy\n{unit}", "share", "with those\nabove", "share of\noperations",
                "share of\ncycles", "bound by",
            ),
            rows=tuple(rows),
        )
    ]  # fmt: skip


def _scale(energy: float, unit: str) -> tuple[float, str]:
    """Return what an energy is multiplied by to be written in the unit that goes with it."""
    scaled, named = quantities.in_joules(1.0, unit)
    exponent = quantities.shared_exponent([energy * scaled])
    return scaled / 10.0**exponent, quantities.scaled_unit(named, exponent)


def staying_tables(result: NetworkResult) -> list[Table]:
    """Show the maps that stay on the chip and what they spare; empty if none do."""
    maps = staying_maps(result.network, result.arch)
    if not maps:
        return []
    layers = [layer.name for layer in result.network.layers]
    rows = []
    for its in maps:
        size = its.memory.size_bits
        rows.append(
            (
                its.map.layer,
                its.memory.name,
                whole(its.map.words),
                percent(its.bits / size) if size else NOTHING,
                layers[its.first],
                layers[its.last],
            )
        )
    headings = ("map", "memory", "words", "share of it", "from", "to")
    shown = [Table("maps that stay on the chip", headings, tuple(rows), names=2)]
    return [*shown, *_apart_table(result)]


def _apart_table(result: NetworkResult) -> list[Table]:
    """Show what the layers that find maps on the chip take, and would without them."""
    pairs = [
        (entry.evaluation, entry.apart)
        for entry in result.layers
        if entry.evaluation is not None and entry.apart is not None
    ]
    if not pairs:
        return []
    outside = [held.memory for held in result.arch.places[0].holdings]
    scale, unit = _scale(max(apart.energy_total for _, apart in pairs), result.energy.unit)
    rows = [_apart_row(now.layer.name, [(now, apart)], outside, scale) for now, apart in pairs]
    if len(pairs) > 1:
        rows.append(_apart_row("together", pairs, outside, scale))
    return [
        Table(
            title=f"what that spares; words that {' and '.join(outside)} read or write",
            headings=(
                "layer", "words\napart", "words\nnow", "spared", f"energy\napart, {unit}",
                "energy\nnow", "spared",
            ),
            rows=tuple(rows),
            strong=frozenset({len(pairs)}),
            foot=1,
        )
    ]  # fmt: skip


def _apart_row(
    name: str, pairs: Sequence[tuple[Evaluation, Evaluation]], outside: Sequence[str], scale: float
) -> tuple[str, ...]:
    before, after = (sum(words_moved(pair[i], outside) for pair in pairs) for i in (1, 0))
    apart, now = (sum(pair[i].energy_total for pair in pairs) for i in (1, 0))
    return (
        name,
        whole(before),
        whole(after),
        percent((before - after) / before) if before else NOTHING,
        digits(apart * scale),
        digits(now * scale),
        percent((apart - now) / apart),
    )


def words_moved(evaluation: Evaluation, levels: Sequence[str]) -> int:
    """Return the words that some levels read and write for what is further in."""
    rows = [evaluation.levels.index(level) for level in levels]
    return int(evaluation.words[rows][:, :, MOVED].sum())
