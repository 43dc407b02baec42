"""The figure of a sweep's energies: a stack by level for each of its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from accelsim.errors import Problem, UsageError
from accelsim.explore.records import Row
from accelsim.report.figures import LOOKS, house_style
from accelsim.report.level_classes import LEAKAGE
from accelsim.report.quantities import plural
from accelsim.report.sensitivity_figure import values_axis
from accelsim.report.sweep_points import WORKLOAD, Measure, Points, choice, said

MOST_BARS = 40
"""Of more points, a surface is drawn instead of bars."""

MOST_LABELLED = 24
"""Bars that find room for the values of a point below them."""

FIGURES = ("energy", "energy_per_mac")

PARTS = (*LOOKS, ("#D55E00", "|||"), ("#56B4E9", "//\\\\"))
"""Colour and hatch of as many levels as machines seldom exceed."""


@dataclass(frozen=True)
class Stack:
    """The energies of one point by level, outermost first, in the unit of a measure."""

    label: str
    parts: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())


def stack_of(row: Row, label: str, measure: Measure) -> Stack:
    """Return the parts of a point's energy; what no level takes leaks."""
    its = row.figures
    scale = measure.scale / (its["macs"] if measure.name == "energy_per_mac" else 1)
    levels = {name: value * scale for name, value in its["energy_by_level"].items() if value}
    leaks = (its["energy"] - sum(its["energy_by_level"].values())) * scale
    if leaks > 1e-9 * its["energy"] * scale:
        levels[LEAKAGE] = leaks
    return Stack(label, levels)


def stacks_of(points: Points, measure: Measure, along: str = "") -> tuple[Stack, ...]:
    """Return the points from the best on, or the best point for each value of a parameter.

    Raises
    ------
    UsageError
        If the parameter is not varied.
    """
    rows = points.with_figure(measure)
    if not along:
        return tuple(stack_of(row, said(row, points.names), measure) for row in rows)
    values = points.values(along)
    best = dict[str | None, Row]()
    for row in rows:
        best.setdefault(choice(row, along), row)
    empty = {value: Stack(value, {}) for value in values}
    found = {value: stack_of(best[value], value, measure) for value in values if value in best}
    return tuple((empty | found)[value] for value in values)


def stack_figure(points: Points, figure: str = "", along: Sequence[str] = ()) -> Figure:
    """Draw the energy of points by level: all of them, sorted, or along one parameter.

    Parameters
    ----------
    figure : "energy", or "energy_per_mac", which stands where workloads differ
    along : one parameter at most; each value then has the stack of its best point

    Raises
    ------
    UsageError
        If it is not varied, or the figure is none of these.
    """
    figure = figure or FIGURES[WORKLOAD in points.names]
    if figure not in FIGURES:
        text = f"'{figure}' has no parts to stack"
        raise UsageError(Problem(text, expected=" or ".join(FIGURES)))
    if len(along) > 1:
        text = f"a stack along {plural(len(along), 'parameter')}"
        raise UsageError(Problem(text, expected="one, or none for all points sorted"))
    measure = points.measure(figure, along)
    stacks = stacks_of(points, measure, along[0] if along else "")
    names = list(dict.fromkeys(name for stack in stacks for name in stack.parts))
    if LEAKAGE in names:
        names = [*(name for name in names if name != LEAKAGE), LEAKAGE]
    labelled = len(stacks) <= MOST_LABELLED
    with house_style():
        wide = 2.4 + (max(1.8, 0.36 * len(stacks)) if len(stacks) <= MOST_BARS else 4.4)
        drawn = Figure(figsize=(min(wide, 9.0), 3.8 if labelled else 3.2), layout="constrained")
        FigureCanvasAgg(drawn)
        ax = drawn.subplots()
        (_bars if len(stacks) <= MOST_BARS else _surface)(ax, stacks, names)
        if along:
            values_axis(ax, [stack.label for stack in stacks], MOST_LABELLED)
            ax.set_xlabel(f"{along[0]} (the best point of each)")
        elif labelled:
            ax.set_xticks(
                range(len(stacks)),
                [stack.label for stack in stacks],
                rotation=35 if len(stacks) > 1 else 0,
                ha="right" if len(stacks) > 1 else "center",
                rotation_mode="anchor" if len(stacks) > 1 else "default",
            )
            ax.set_xlabel(", ".join(points.names))
        else:
            ax.set_xlabel(f"{plural(len(stacks), 'point')}, the best first")
        ax.set_ylabel(measure.label)
        ax.set_title(points.title, fontsize=9)
        ax.margins(y=0.05)
        ax.spines[["top", "right"]].set_visible(False)
        handles, labels = ax.get_legend_handles_labels()
        ax.legend(  # from the top down, as the parts stand
            handles[::-1],
            labels[::-1],
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            frameon=False,
            fontsize=8,
        )
    return drawn


def _look(number: int) -> tuple[str, str]:
    """Return colour and hatch of a part; beyond the first few, the pairs are others."""
    again, place = divmod(number, len(PARTS))
    return PARTS[place][0], PARTS[(place + again) % len(PARTS)][1]


def _bars(ax: Axes, stacks: Sequence[Stack], names: Sequence[str]) -> None:
    bottoms = [0.0] * len(stacks)
    for number, name in enumerate(names):
        colour, hatch = _look(number)
        heights = [stack.parts.get(name, 0.0) for stack in stacks]
        ax.bar(
            range(len(stacks)),
            heights,
            bottom=bottoms,
            width=0.75,
            color=colour,
            hatch=hatch,
            edgecolor="black",
            linewidth=0.4,
            label=name,
        )
        bottoms = [low + height for low, height in zip(bottoms, heights, strict=True)]
    for place, stack in enumerate(stacks):
        if not stack.parts:
            ax.annotate(
                "none done",
                (place, 0),
                (0, 3),
                textcoords="offset points",
                ha="center",
                rotation=90,
                fontsize=6,
            )
    middle, half = (len(stacks) - 1) / 2, max(len(stacks), 2.6) / 2 + 0.1
    ax.set_xlim(middle - half, middle + half)


def _surface(ax: Axes, stacks: Sequence[Stack], names: Sequence[str]) -> None:
    """Draw the parts of many points as bands, as pixels, so that the file stays small."""
    tops = [[*accumulate(stack.parts.get(name, 0.0) for name in names)] for stack in stacks]
    lows = [0.0] * len(stacks)
    for number, name in enumerate(names):
        colour, hatch = _look(number)
        highs = [its[number] for its in tops]
        ax.fill_between(
            range(len(stacks)),
            lows,
            highs,
            step="mid",
            color=colour,
            hatch=hatch,
            edgecolor="black",
            linewidth=0.0,
            label=name,
            rasterized=True,
        )
        lows = highs
    ax.set_xlim(0, len(stacks) - 1)
