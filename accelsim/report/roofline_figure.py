"""The roofline of finished results: rates reached over operational intensity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from accelsim.arch.records import Architecture
from accelsim.evaluation.packing import outermost_place
from accelsim.evaluation.timing import roofline
from accelsim.network.records import NetworkResult
from accelsim.report.figures import LINES, house_style, logarithmic
from accelsim.report.numbered import numbered

MARKERS = "os^DvP"


@dataclass(frozen=True)
class Series:
    """The layers of one memory or one row: (operations per byte, operations per cycle) of each."""

    label: str
    points: tuple[tuple[float, float], ...]
    layers: tuple[str, ...]


def series_of(rows: Sequence[NetworkResult]) -> tuple[Series, ...]:
    """Return a series for each memory of a row, or, of several, for each row's outermost memory."""
    if len(rows) > 1:
        return tuple(_series(row.label, row, 0) for row in rows)
    (row,) = rows
    found = (_series(memory.name, row, index) for index, memory in enumerate(row.arch.memories))
    return tuple(series for series in found if series.points)


def _series(label: str, row: NetworkResult, memory: int) -> Series:
    reached = [*_reached(row, memory)]
    return Series(label, tuple(point for _, point in reached), tuple(name for name, _ in reached))


def _reached(row: NetworkResult, memory: int) -> Iterator[tuple[str, tuple[float, float]]]:
    name = row.arch.memories[memory].name
    for entry in row.layers:
        if entry.evaluation is None:
            continue
        measured = roofline(entry.evaluation)
        for point in measured.points:
            if point.level == name:
                yield entry.layer.name, (point.operations_per_byte, measured.reached)


def bandwidths(arch: Architecture) -> dict[str, float]:
    """Return the bytes per cycle of all ports of every memory with a limit, all instances."""
    found = {}
    for memory in arch.memories:
        apart = (memory.read_words_per_cycle, memory.write_words_per_cycle)
        widths = [memory.shared_words_per_cycle] if memory.shared_words_per_cycle else apart
        if all(widths):
            words = sum(width or 0.0 for width in widths)
            copies = arch.instances(outermost_place(arch, memory))
            found[memory.name] = words * memory.word_bits / 8 * copies
    return found


def roofline_figure(rows: Sequence[NetworkResult], title: str) -> Figure:
    """Draw the rate of every layer over its operations per byte, under the roofs of the machine.

    Of a single row the layers have numbers at the outermost memory, as far as there is room.

    Sloped roofs are the bandwidths of memories that state them, the flat one is what all that is
    built can compute.
    """
    drawn = series_of(rows)
    arch = rows[0].arch
    peak = float(arch.instances(arch.compute) * arch.compute.ops_per_cycle)
    with house_style():
        figure = Figure(figsize=(6.8, 3.8), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.subplots()
        for index, series in enumerate(drawn):
            colour, marker = LINES[index % len(LINES)], MARKERS[index % len(MARKERS)]
            xs, ys = zip(*series.points, strict=True) if series.points else ((), ())
            ax.plot(xs, ys, marker, color=colour, markersize=4, label=series.label)
        intensities = [x for series in drawn for x, _ in series.points]
        if all(row.arch == arch for row in rows):
            _roofs(ax, arch, peak, min(intensities), max(intensities))
        logarithmic(ax, "x")
        logarithmic(ax, "y")
        what = "the memory" if len(rows) == 1 else f"{arch.memories[0].name}"
        ax.set_xlabel(f"operations per byte through {what}")
        ax.set_ylabel("operations per cycle")
        ax.set_title(title, fontsize=9)
        ax.spines[["top", "right"]].set_visible(False)
        handles, labels = ax.get_legend_handles_labels()
        if len(rows) == 1:
            outermost = sorted(zip(drawn[0].points, drawn[0].layers, strict=True))
            points, layers = zip(*outermost, strict=True)
            more_handles, more_labels = numbered(figure, ax, points, layers)
            handles, labels = [*handles, *more_handles], labels + more_labels
        ax.legend(
            handles,
            labels,
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            frameon=False,
            fontsize=7,
        )
    return figure


def _roofs(ax: Axes, arch: Architecture, peak: float, left: float, right: float) -> None:
    ends = (left / 2, right * 2)
    ax.plot(ends, (peak, peak), color="black", linewidth=1.0, label="compute")
    for name, width in bandwidths(arch).items():
        knee = min(max(peak / width, ends[0]), ends[1])
        line = ((ends[0], knee), (ends[0] * width, knee * width))
        ax.plot(*line, color="black", linewidth=0.8, linestyle="--")
        ax.annotate(
            f"{name} bandwidth",
            (line[0][1], line[1][1]),
            (-14, -4),
            textcoords="offset points",
            fontsize=6,
            ha="right",
            va="top",
        )
