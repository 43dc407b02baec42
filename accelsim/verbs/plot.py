"""Figures of finished results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from accelsim.errors import Problem, UsageError
from accelsim.network.proxies import Proxies, layer_proxies, network_proxies
from accelsim.report.figures import BYS, By, comparison_figure, layers_figure, save
from accelsim.report.folder import read_folder
from accelsim.report.front_figure import front_figure
from accelsim.report.fronts import LayerFront, NetworkFront
from accelsim.report.network_notes import ProxiesShown
from accelsim.report.proxies_figure import proxies_figure
from accelsim.report.results import Comparison, LayerRun, NetworkRun
from accelsim.report.roofline_figure import roofline_figure
from accelsim.report.sweep_figures import FRONT, Asked
from accelsim.report.sweep_figures import KINDS as SWEEP_KINDS
from accelsim.report.sweeps import SweepResult
from accelsim.verbs.sweep_plot import draw_sweep, is_sweep
from accelsim.verbs.words import several

RUN_KINDS = ("energy-breakdown", "pareto", "roofline", "proxies")
BREAKDOWN, PARETO, ROOFLINE, PROXIES = RUN_KINDS

KINDS = (*RUN_KINDS, *SWEEP_KINDS)

Drawn = Comparison | NetworkRun | LayerRun

Finished = str | Path | Drawn
Given = Finished | SweepResult


def plot(
    result: Given | Sequence[Given],
    *,
    kind: str = "",
    by: str | None = None,
    group: str | None = None,
    figures: Sequence[str] | str = (),
    along: Sequence[str] | str = (),
    level: str = "",
    workload: str = "",
    sweep: int | None = None,
    output: str | Path | None = None,
) -> Figure:
    """Draw a result of compare or run, or what a sweep found.

    Parameters
    ----------
    result : a result, or the folder or JSON file that it was written to; for "proxies", several; or
        what a sweep returned, or its store
    kind : of a result "energy-breakdown" (if left out), "roofline" for the rates that layers reach,
        "pareto" for the trade-offs that were searched with it, or "proxies" for MACs and weights
        against energy: of a network's layers, or of several results' networks.  Of a sweep "front"
        (if left out), "sensitivity", "heatmap", "slope" for words over the size of a buffer, or
        "stack" for energies by level
    by : "level" or "tensor"; both, side by side, if left out
    group : only the layers of this group (``conv``, ``fc``, ...)
        Neither has a meaning for a front, a roofline or proxies, or for a sweep.
    figures, along, level : of a sweep, see :class:`accelsim.report.sweep_figures.Asked`
    workload : only the points of this one
    sweep : of a store, only the points of this sweep
    output : where to write the figure, if anywhere; PDF, PNG or SVG by the ending

    Raises
    ------
    SpecError
        If there are no results there.
    UsageError
        For a kind, a group or a format that does not exist, or a result without any mapping,
        or a file that cannot be written.
    """
    if kind and kind not in KINDS:
        raise UsageError(Problem(f"unknown kind '{kind}'", expected="one of " + ", ".join(KINDS)))
    if by is not None and by not in BYS:
        expected = "one of " + ", ".join(BYS)
        raise UsageError(Problem(f"cannot stack bars by '{by}'", expected=expected))
    given = [result] if isinstance(result, Given) else [*result]
    asked = Asked(several(figures), several(along), level)
    if kind in SWEEP_KINDS or (not kind and any(map(is_sweep, given))):
        if by is not None or group is not None:
            raise UsageError(
                Problem("a sweep is drawn whole", hint=f"'by' and 'group' are for {BREAKDOWN}")
            )
        drawn = draw_sweep(given, kind or FRONT, asked, workload, sweep)
    else:
        if any(map(is_sweep, given)):
            expected = "one of " + ", ".join(SWEEP_KINDS)
            raise UsageError(Problem(f"a sweep has no figure '{kind}'", expected=expected))
        if asked != Asked() or workload or sweep is not None:
            expected = f"a sweep, and a kind of {', '.join(SWEEP_KINDS)}"
            what = "'figures', 'along', 'level', 'workload' and 'sweep' are for sweeps"
            raise UsageError(Problem(what, expected=expected))
        finished = [it for it in given if not isinstance(it, SweepResult)]  # none of them is one
        drawn = _drawn(finished, kind or BREAKDOWN, by, group)
    if output is not None:
        save(drawn, Path(output))
    return drawn


def _drawn(given: Sequence[Finished], kind: str, by: str | None, group: str | None) -> Figure:
    results = _read(given)
    if kind == PROXIES:
        return _proxies(results, by, group)
    if len(results) != 1:
        raise UsageError(
            Problem(f"{len(results)} results to draw", expected="one", hint=f"{PROXIES} takes more")
        )
    drawers = {PARETO: _front, ROOFLINE: _roofline, BREAKDOWN: _breakdown}
    return drawers[kind](results[0], by, group)


def _read(given: Sequence[Finished]) -> list[Drawn]:
    return [read_folder(Path(it)) if isinstance(it, str | Path) else it for it in given]


def _breakdown(
    result: Comparison | NetworkRun | LayerRun, by: str | None, group: str | None
) -> Figure:
    groups = result.rows[0].groups
    if group is not None and group not in groups:
        expected = "one of " + ", ".join(groups)
        raise UsageError(Problem(f"no layers of group '{group}'", expected=expected))
    if not any(row.totals(group).layers for row in result.rows):
        raise UsageError(Problem("nothing to draw: no layer has a mapping"))
    return draw(result, next((one for one in BYS if one == by), None), group)


def _roofline(
    result: Comparison | NetworkRun | LayerRun, by: str | None, group: str | None
) -> Figure:
    if by is not None or group is not None:
        raise UsageError(
            Problem("a roofline is drawn whole", hint=f"'by' and 'group' are for {BREAKDOWN}")
        )
    if not any(row.total.layers for row in result.rows):
        raise UsageError(Problem("nothing to draw: no layer has a mapping"))
    return roofline_figure(result.rows, title(result))


def proxies(result: Finished | Sequence[Finished]) -> ProxiesShown:
    """Return how well MACs and weights stand for energy, as "proxies" of :func:`plot` draws it.

    Raises
    ------
    SpecError
        If there are no results there.
    UsageError
        If there is nothing to put in order, or energies have different units.
    """
    given = [result] if isinstance(result, Finished) else [*result]
    return ProxiesShown(_proxies_of(_read(given)))


def _proxies_of(results: Sequence[Drawn]) -> tuple[Proxies, ...]:
    """Return the layers of a result, row by row, or, of several results, their networks.

    Raises
    ------
    UsageError
        If there is nothing to put in order, or energies have different units.
    """
    rows = [row for result in results for row in result.rows]
    units = {row.energy.unit for row in rows if row.total.layers}
    if len(units) > 1:
        raise UsageError(Problem(f"energies in different units: {', '.join(sorted(units))}"))
    if len(results) > 1:
        found = network_proxies(rows)
    else:
        found = tuple(its for its in map(layer_proxies, rows) if its.points)
    if not found:
        what = "no network is complete" if len(results) > 1 else "no layer has MACs and a mapping"
        raise UsageError(Problem(f"nothing to draw: {what}"))
    return found


def _proxies(results: Sequence[Drawn], by: str | None, group: str | None) -> Figure:
    if by is not None or group is not None:
        raise UsageError(
            Problem("proxies are drawn whole", hint=f"'by' and 'group' are for {BREAKDOWN}")
        )
    found = _proxies_of(results)
    machines = ", ".join(sorted({row.arch.name for result in results for row in result.rows}))
    return proxies_figure(found, title(results[0]) if len(results) == 1 else machines)


def _front(result: object, by: str | None, group: str | None) -> Figure:
    if by is not None or group is not None:
        raise UsageError(
            Problem("a front is drawn whole", hint=f"'by' and 'group' are for {BREAKDOWN}")
        )
    if not isinstance(result, LayerFront | NetworkFront):
        hint = "run and map search one with --pareto, in Python pareto=True"
        raise UsageError(Problem("this result has no front", hint=hint))
    if not result.points:
        raise UsageError(Problem("nothing to draw: the front has no points"))
    return draw_front(result)


def draw_front(result: LayerFront | NetworkFront) -> Figure:
    """Draw a front of at least one point."""
    one = f"{result.entry.layer.name} of " if isinstance(result, LayerFront) else ""
    unit = result.rows[0].total.energy.unit
    return front_figure(result.points, unit, f"{one}{title(result)}")


def draw(
    result: Comparison | NetworkRun | LayerRun,
    by: By | None = None,
    group: str | None = None,
) -> Figure:
    """Draw where the energy of a result goes: one bar per row of a comparison, else per layer."""
    heading = title(result)
    if isinstance(result, Comparison):
        return comparison_figure(result.rows, heading, result.what, by, group)
    return layers_figure(result.rows[0], heading, by, group)


def title(result: Comparison | NetworkRun | LayerRun) -> str:
    """Return a heading: which network on which machine under which dataflow."""
    first = result.rows[0]
    network = first.network
    parameters = ",".join(f"{name}={value}" for name, value in network.parameters)
    named = f"{network.name}:{parameters}" if parameters else network.name
    machines = {row.arch.name for row in result.rows}
    if len(machines) > 1:
        return named
    flow = f", {first.dataflow}" if first.dataflow and not isinstance(result, Comparison) else ""
    return f"{named} on {first.arch.name}{flow}"
