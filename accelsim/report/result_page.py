"""A result as a page: totals, every layer, figures, how far to trust it, every mapping."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from accelsim.mapping.text import loop_nest
from accelsim.network.records import LayerResult, NetworkResult
from accelsim.report import notes, quantities
from accelsim.report.fronts import LayerFront, NetworkFront
from accelsim.report.hover import Names
from accelsim.report.inline_svg import inline_svg
from accelsim.report.page import (
    Drawn,
    Facts,
    Folded,
    Lines,
    Page,
    Part,
    Section,
    Verbatim,
    grids,
    lines,
)
from accelsim.report.quantities import digits, percent, plural, whole
from accelsim.report.results import Comparison, LayerRun, NetworkRun
from accelsim.report.settings import Settings
from accelsim.report.sources import source_lines
from accelsim.report.tables import NOTHING, Table, energy_table, layers_table
from accelsim.workload.records import without_graph

Shown = Comparison | NetworkRun | LayerRun


@dataclass(frozen=True)
class Picture:
    """A figure of a result, under a heading; ``names`` says what the points of its series are."""

    title: str
    figure: Figure
    caption: str
    names: Names


def result_page(result: Shown, title: str, pictures: Iterable[Picture]) -> Page:
    """Return the page of a result.

    Parameters
    ----------
    pictures : its figures, in the order in which they stand
    """
    sections = [
        *_figures_of(result),
        *(_drawn(picture, f"f{number}") for number, picture in enumerate(pictures, start=1)),
        *_rows(result),
        *_mappings(result),
        *_notes(result),
    ]
    return Page(title, _lead(result), _facts(result), tuple(sections))


def _lead(result: Shown) -> str:
    if isinstance(result, Comparison):
        best = result.best()
        said = f"Comparison of {plural(len(result.rows), result.what)}"
        return f"{said}; best for {result.settings.objective}: {best.label}" if best else said
    (row,) = result.rows
    total = row.total
    if not total.layers:
        return "No layer has a mapping"
    energy, unit = quantities.in_joules(total.energy_total, total.energy.unit)
    per = "MAC" if total.macs else "operation"
    each = quantities.with_unit(total.energy_per_mac, total.energy.unit)
    return (
        f"{quantities.with_unit(energy, unit)} ({each} per {per}), "
        f"{whole(total.cycles)} cycles = {quantities.with_unit(total.seconds, 's')}, "
        f"utilisation {percent(total.utilization)}"
    )


def _facts(result: Shown) -> Facts:
    its = result.settings
    rows = result.rows
    several = len(rows) > 1

    def each(text: Callable[[NetworkResult], str]) -> str:
        return ", ".join(dict.fromkeys(map(text, rows)))

    searched = [f"least {its.objective}", f"driver {its.driver}", f"seed {its.seed}"]
    searched += [f"{its.samples:,} samples"] if its.samples is not None else []
    searched += [f"{its.seconds:g} s for each layer"] if its.seconds is not None else []
    searched += [f"uneven {its.uneven}"] if its.uneven else []
    searched += ["with remainders"] if its.remainders else []
    layers = each(lambda row: plural(len(row.layers), "layer"))
    found = [
        ("specs", [" ".join(its.words)]),
        ("machine", [each(lambda row: row.arch.name)]),
        (
            "workload",
            [f"{each(lambda row: row.network.name)}, {layers}"],
        ),
        (
            "rows" if several else "dataflow",
            [each(lambda row: row.label if several else row.dataflow) or "none"],
        ),
        ("technology", [each(lambda row: row.technology)]),
        ("accounting", [each(lambda row: row.accounting)]),
        ("searched for", [", ".join(searched)]),
        ("set", its.overrides),
    ]
    facts = tuple((name, tuple(values)) for name, values in found if values and any(values))
    return Facts(facts, code=frozenset({"specs", "set"}))


def _figures_of(result: Shown) -> Iterator[Section]:
    """Yield what the result shows of itself first: its totals, or its front."""
    if isinstance(result, Comparison):
        yield Section("Totals", grids(result.tables()))
        return
    if isinstance(result, LayerFront | NetworkFront) and result.points:
        yield Section("Front", grids(result.tables()))
    (row,) = result.rows
    if row.total.layers:
        yield Section("Totals", grids([totals_table(row)]))
    shown = NetworkRun.tables(result) if isinstance(result, NetworkRun) else [layers_table(row)]
    yield Section("Layers", grids(shown))


def totals_table(row: NetworkResult) -> Table:
    """Return the sums over each group of layers, and over all where there are several."""
    groups: list[str | None] = [*row.groups]
    if len(groups) > 1:
        groups.append(None)
    totals = [row.totals(group) for group in groups]
    scaled, unit = quantities.in_joules(1.0, row.total.energy.unit)
    energy = quantities.shared_exponent(its.energy_total * scaled for its in totals)
    time = quantities.shared_exponent(its.seconds for its in totals)
    edp = quantities.shared_exponent(its.edp * scaled for its in totals)
    rows = tuple(
        (
            its.label,
            f"{len(its.layers)}",
            whole(its.operations),
            digits(its.energy_total * scaled / 10.0**energy) if its.layers else NOTHING,
            digits(its.energy_per_mac) if its.layers else NOTHING,
            whole(its.cycles),
            digits(its.seconds / 10.0**time),
            percent(its.utilization),
            digits(its.edp * scaled / 10.0**edp),
        )
        for its in totals
    )
    per = "MAC" if row.total.macs else "op"
    priced = "" if row.total.energy.unit == "MAC" else row.total.energy.unit
    return Table(
        title="by group of layers",
        headings=(
            "group",
            "layers",
            "operations",
            f"energy\n{quantities.scaled_unit(unit, energy)}",
            f"energy\n{priced}/{per}",
            "cycles",
            f"time\n{quantities.scaled_unit('s', time)}",
            "util.",
            f"EDP\n{quantities.scaled_unit(f'{unit} s', edp)}",
        ),
        rows=rows,
        strong=frozenset({len(groups) - 1}) if len(groups) > 1 else frozenset(),
        foot=1 if len(groups) > 1 else 0,
    )


def _drawn(picture: Picture, key: str) -> Section:
    svg = inline_svg(picture.figure, key, picture.names)
    return Section(picture.title, (Drawn(svg, picture.caption),))


def _rows(result: Shown) -> Iterator[Section]:
    """Yield the layers of every row of a comparison."""
    if not isinstance(result, Comparison):
        return
    parts = list[Part]()
    for row in result.rows:
        total = row.total
        shown = [layers_table(row)]
        if total.layers:
            per = "MAC" if total.macs else "op"
            operations = total.macs or total.operations
            shown.append(energy_table(total.energy, total.leakage, operations, per))
        parts.append(Folded(row.label, grids(shown)))
    yield Section(f"Layers of each {result.what}", tuple(parts))


def _mappings(result: Shown) -> Iterator[Section]:
    """Yield the mapping of every layer, folded."""
    one = len(result.rows) == 1
    parts = list[Part]()
    for row in result.rows:
        folded = tuple(_mapping(row, entry, result.settings, tables=one) for entry in row.layers)
        parts += folded if one else (Folded(row.label, folded),)
    yield Section("Mappings", tuple(parts))


def _mapping(row: NetworkResult, entry: LayerResult, settings: Settings, *, tables: bool) -> Part:
    """Return the mapping of a layer, what is said of it, and on request all of its tables."""
    evaluation = entry.evaluation
    name = entry.layer.name
    if evaluation is None:
        return Folded(f"{name}: no mapping", lines([notes.why_unmapped(entry)]))
    share = evaluation.energy_total / (row.total.energy_total or 1.0)
    summary = (
        f"{name}: {percent(share)} of the energy, {whole(evaluation.cycles)} cycles, "
        f"bound by {evaluation.bound}"
    )
    layer = LayerRun(
        (replace(row, network=without_graph(row.network, (entry.layer,)), layers=(entry,)),),
        settings,
    )
    said = [line for line in layer.notes() if line != notes.energy_note(layer.rows)]
    if entry.same_as:
        said.append(f"Equal to {entry.same_as}, whose search answered for this layer too.")
    nest = Verbatim(loop_nest(evaluation.mapping, row.arch, entry.layer))
    more = grids(layer.tables()) if tables and not entry.same_as else ()
    return Folded(summary, (nest, Lines(tuple(said)), *more))


def _notes(result: Shown) -> Iterator[Section]:
    said = NetworkRun.notes(result) if isinstance(result, NetworkRun) else result.notes()
    yield Section("How to read this", lines([line for line in said if line]))
    sources = source_lines(result.rows)
    if sources:
        yield Section("Sources of the energies", lines(sources, listed=True))
    assumed = result.assumptions()
    if assumed:
        yield Section("What is assumed", lines(assumed, listed=True))
