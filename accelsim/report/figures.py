"""Figures of results: stacked bars of energy by level and by tensor.

Figures are plain :class:`matplotlib.figure.Figure` objects: no window, no global state, and the
same bytes from the same result.  Colours are Okabe and Ito's, which colour-blind readers can tell
apart; every part has its own hatch too, for print.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from accelsim.errors import Problem, UsageError
from accelsim.evaluation.records import COMPUTE, Breakdown
from accelsim.network.records import NetworkResult
from accelsim.report.level_classes import CLASSES, LEAKAGE, by_class
from accelsim.report.quantities import digits
from accelsim.report.rows import layers_of, unmapped
from accelsim.report.writing import whole
from accelsim.roles import ROLES

By = Literal["level", "tensor"]
BYS: tuple[By, ...] = ("level", "tensor")

PARTS: dict[By, tuple[str, ...]] = {
    "level": (*CLASSES, LEAKAGE),
    "tensor": (*ROLES, COMPUTE, LEAKAGE),
}

# Okabe & Ito, "Color universal design" (2008); order chosen for contrast between neighbours.
LOOKS = (
    ("#0072B2", ""),
    ("#E69F00", "///"),
    ("#009E73", "+++"),
    ("#F0E442", "\\\\\\"),
    ("#CC79A7", "xxx"),
    ("#999999", "---"),
)
"""Colour and hatch of the parts of a bar, from the bottom up."""

LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours of lines and marks: Okabe and Ito's without yellow, which is faint on white."""

FORMATS = ("pdf", "png", "svg")

DECADES = 300.0
"""Of values that differ by more than this factor, a logarithmic axis names the powers of ten."""

_UNDATED = {
    "pdf": {"CreationDate": None, "Creator": "accelsim"},
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": "accelsim"},
}
"""Metadata without dates and versions, so that the same result gives the same bytes."""


@dataclass(frozen=True)
class Bar:
    """One bar: its parts from the bottom up; ``faint`` where it lacks some layers."""

    label: str
    parts: dict[str, float]
    faint: bool = False

    @property
    def total(self) -> float:
        return sum(self.parts.values())


@dataclass(frozen=True)
class Panel:
    """One set of axes: bars side by side, ``what`` says what a bar is."""

    title: str
    axis: str
    what: str
    bars: tuple[Bar, ...]


def comparison_panel(rows: Sequence[NetworkResult], group: str | None, by: By, what: str) -> Panel:
    """Return one bar per row: energy per MAC of one group of layers, or of all (None)."""
    bars = []
    per, unit = "MAC", ""
    for row in rows:
        totals = row.totals(group)
        missing = unmapped(row, group)
        label = row.label
        if missing:
            label += f"\n{len(totals.layers)}/{len(layers_of(row, group))} layers"
        if not totals.layers:
            bars.append(Bar(label, dict.fromkeys(PARTS[by], 0.0), faint=True))
            continue
        per = "MAC" if totals.macs else "operation"
        unit = totals.energy.unit
        operations = totals.macs or totals.operations
        parts = _parts(totals.energy, totals.leakage, row, by, operations)
        bars.append(Bar(label, parts, faint=bool(missing)))
    return Panel(f"{group or 'all layers'}, by {by}", _axis(per, unit), what, tuple(bars))


def layers_panel(result: NetworkResult, group: str, by: By) -> Panel:
    """Return one bar per layer of ``group``: its energy per MAC, or per operation without any."""
    entries = layers_of(result, group)
    bars = []
    for entry in entries:
        evaluation = entry.evaluation
        if evaluation is None:
            bars.append(Bar(entry.layer.name, dict.fromkeys(PARTS[by], 0.0), faint=True))
            continue
        energy = _by_role(evaluation.energy, result)
        parts = _parts(energy, evaluation.leakage, result, by, evaluation.operations)
        bars.append(Bar(entry.layer.name, parts))
    per = "MAC" if all(entry.layer.op == "mac" for entry in entries) else "operation"
    return Panel(f"{group}, by {by}", _axis(per, result.energy.unit), "layer", tuple(bars))


def _axis(per: str, unit: str) -> str:
    return f"energy per {per} ({'one 16-bit MAC = 1' if unit == 'MAC' else unit})"


def _by_role(energy: Breakdown, result: NetworkResult) -> Breakdown:
    """Name the tensors of a layer by role, so that layers stand beside each other."""
    role = {tensor.name: tensor.role for entry in result.layers for tensor in entry.layer.tensors}
    tensors = tuple(role.get(name, name) for name in energy.labels["tensor"])
    return Breakdown(energy.values, energy.labels | {"tensor": tensors}, energy.unit)


def _parts(
    energy: Breakdown, leaked: float, row: NetworkResult, by: By, operations: int
) -> dict[str, float]:
    if by == "level":
        parts = by_class(energy.over("level"), row.arch)
    else:
        sums = dict.fromkeys(PARTS[by], 0.0)
        axis = list(energy.labels).index("tensor")
        others = tuple(i for i in range(energy.values.ndim) if i != axis)
        along = energy.values.sum(axis=others)
        for tensor, value in zip(energy.labels["tensor"], along, strict=True):
            sums[tensor] += float(value)
        parts = sums
    parts = dict.fromkeys(PARTS[by], 0.0) | parts | {LEAKAGE: leaked}
    return {name: parts[name] / operations for name in PARTS[by]}


def draw(panels: Sequence[Sequence[Panel]], title: str) -> Figure:
    """Draw rows of panels of stacked bars; panels of one column have equally many bars."""
    with house_style():
        # Inches: a bar takes the same room in every panel, its legend and the axis come on top.
        widths = [max(3.2, 1.6 + 0.62 * len(panel.bars)) for panel in panels[0]]
        figure = Figure(figsize=(sum(widths), 0.5 + 3.4 * len(panels)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(len(panels), len(widths), squeeze=False, width_ratios=widths)
        for row, of_row in zip(panels, axes, strict=True):
            for panel, ax in zip(row, of_row, strict=True):
                _stack(ax, panel)
        figure.suptitle(title)
    return figure


def _stack(ax: Axes, panel: Panel) -> None:
    places = range(len(panel.bars))
    bottoms = [0.0] * len(panel.bars)
    names = list(panel.bars[0].parts) if panel.bars else []
    for name, (colour, hatch) in zip(names, LOOKS, strict=False):
        heights = [bar.parts[name] for bar in panel.bars]
        if not any(heights):
            continue
        drawn = ax.bar(
            places,
            heights,
            bottom=bottoms,
            width=0.7,
            color=colour,
            hatch=hatch,
            edgecolor="black",
            linewidth=0.5,
            label=name,
        )
        for patch, bar in zip(drawn, panel.bars, strict=True):
            patch.set_alpha(0.4 if bar.faint else 1.0)
        bottoms = [low + height for low, height in zip(bottoms, heights, strict=True)]
    for place, bar in zip(places, panel.bars, strict=True):
        shown = digits(bar.total) if bar.total else "no mapping"
        ax.annotate(
            shown, (place, bar.total), (0, 2), textcoords="offset points", ha="center", fontsize=7
        )
    crowded = len(panel.bars) > 6 or any(len(bar.label) > 9 for bar in panel.bars)
    ax.set_xticks(
        list(places),
        [bar.label for bar in panel.bars],
        rotation=35 if crowded else 0,
        ha="right" if crowded else "center",
        rotation_mode="anchor" if crowded else "default",
    )
    ax.set_title(panel.title, fontsize=9)
    ax.set_xlabel(panel.what)
    ax.set_ylabel(panel.axis)
    # A few bars stand in the middle, no wider than many do.
    middle, half = (len(panel.bars) - 1) / 2, max(len(panel.bars), 2.6) / 2 + 0.1
    ax.set_xlim(middle - half, middle + half)
    ax.margins(y=0.12)
    ax.spines[["top", "right"]].set_visible(False)
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        # From the top down, as the parts stand.
        ax.legend(
            handles[::-1],
            labels[::-1],
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            frameon=False,
            fontsize=8,
        )


def comparison_figure(
    rows: Sequence[NetworkResult],
    title: str,
    what: str,
    by: By | None = None,
    group: str | None = None,
) -> Figure:
    """Draw the energy of the rows of a comparison: by level and by tensor unless ``by`` says one.

    One row of panels for each group of layers and one for all, as the tables have it, or for
    ``group`` alone.  ``what`` says what a row of the comparison is.
    """
    shown = (by,) if by else BYS
    groups: list[str | None] = [group] if group else list(rows[0].groups)
    if len(groups) > 1:
        groups.append(None)
    panels = [[comparison_panel(rows, name, each, what) for each in shown] for name in groups]
    return draw(panels, title)


def layers_figure(
    result: NetworkResult, title: str, by: By | None = None, group: str | None = None
) -> Figure:
    """Draw the energy of every layer of one network, by level and by tensor.

    One column of panels for each group of layers, since their energies differ by far.
    """
    shown = (by,) if by else BYS
    groups = [group] if group else result.groups
    return draw([[layers_panel(result, name, each) for name in groups] for each in shown], title)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PDF, PNG or SVG, by the ending of the name.

    Raises
    ------
    UsageError
        For another ending, or if it cannot be written.
    """
    expected = "a name that ends in " + ", ".join(f".{known}" for known in FORMATS)
    if path.is_dir():
        hint = f"as in '{path / 'figure.svg'}'"
        raise UsageError(Problem(f"'{path}' is a folder", expected=expected, hint=hint))
    ending = path.suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise UsageError(Problem(f"cannot write a figure as '{path.name}'", expected=expected))
    with house_style(), whole(path) as beside:
        figure.savefig(beside, format=ending, dpi=200, metadata=_UNDATED[ending])


def logarithmic(ax: Axes, which: Literal["x", "y"]) -> None:
    """Let an axis be logarithmic, with plain numbers at few round values."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    few_round_values(axis, *axis.get_data_interval())


def few_round_values(axis: Axis, low: float, high: float) -> None:
    """Write plain numbers at few round values of a logarithmic axis that reaches from and to."""
    if high / low > DECADES:
        steps: tuple[float, ...] = (1.0,)
    elif high / low > 5:
        steps = (1.0, 2.0, 5.0)
    else:
        steps = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))


@contextmanager
def house_style() -> Iterator[None]:
    """Shield figures from the reader's own matplotlib settings, which would change their bytes."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.size": 8,
                "hatch.linewidth": 0.5,
                "pdf.fonttype": 42,
                "svg.fonttype": "path",
                "svg.hashsalt": "accelsim",
            }
        )
        yield
