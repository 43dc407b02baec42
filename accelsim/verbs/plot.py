"""Figures of finished results."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from accelsim.errors import Problem, UsageError
from accelsim.report import figures
from accelsim.report.folder import read_folder
from accelsim.report.front_figure import front_figure
from accelsim.report.fronts import LayerFront, NetworkFront
from accelsim.report.results import Comparison, LayerRun, NetworkRun
from accelsim.report.roofline_figure import roofline_figure

BREAKDOWN, PARETO, ROOFLINE = KINDS = ("energy-breakdown", "pareto", "roofline")


def plot(
    result: str | Path | Comparison | NetworkRun | LayerRun,
    *,
    kind: str = BREAKDOWN,
    by: str | None = None,
    group: str | None = None,
    output: str | Path | None = None,
) -> Figure:
    """Draw a result of compare or run.

    Parameters
    ----------
    result : a result, or the folder or JSON file that it was written to
    kind : "energy-breakdown", "roofline" for the rates that layers reach, or "pareto" for the
        trade-offs that were searched with it
    by : "level" or "tensor"; both, side by side, if left out
    group : only the layers of this group (``conv``, ``fc``, ...)
        Neither has a meaning for a front or a roofline.
    output : where to write the figure, if anywhere; PDF, PNG or SVG by the ending

    Raises
    ------
    SpecError
        If there are no results there.
    UsageError
        For a kind, a group or a format that does not exist, or a result without any mapping,
        or a file that cannot be written.
    """
    if kind not in KINDS:
        raise UsageError(Problem(f"unknown kind '{kind}'", expected="one of " + ", ".join(KINDS)))
    if by is not None and by not in figures.BYS:
        expected = "one of " + ", ".join(figures.BYS)
        raise UsageError(Problem(f"cannot stack bars by '{by}'", expected=expected))
    if isinstance(result, str | Path):
        result = read_folder(Path(result))
    drawers = {PARETO: _front, ROOFLINE: _roofline, BREAKDOWN: _breakdown}
    drawn = drawers[kind](result, by, group)
    if output is not None:
        try:
            figures.save(drawn, Path(output))
        except OSError as fault:
            reason = fault.strerror or str(fault)
            raise UsageError(Problem(f"cannot write '{output}': {reason}")) from None
    return drawn


def _breakdown(
    result: Comparison | NetworkRun | LayerRun, by: str | None, group: str | None
) -> Figure:
    groups = result.rows[0].groups
    if group is not None and group not in groups:
        expected = "one of " + ", ".join(groups)
        raise UsageError(Problem(f"no layers of group '{group}'", expected=expected))
    if not any(row.totals(group).layers for row in result.rows):
        raise UsageError(Problem("nothing to draw: no layer has a mapping"))
    return draw(result, next((one for one in figures.BYS if one == by), None), group)


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
    by: figures.By | None = None,
    group: str | None = None,
) -> Figure:
    """Draw where the energy of a result goes: one bar per row of a comparison, else per layer."""
    heading = title(result)
    if isinstance(result, Comparison):
        return figures.comparison_figure(result.rows, heading, result.what, by, group)
    return figures.layers_figure(result.rows[0], heading, by, group)


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
