"""The figure of a sweep's "ski slope": words that a level moves over the size of a buffer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from accelsim.errors import Problem, UsageError
from accelsim.explore.parameters import quantity
from accelsim.explore.records import Row
from accelsim.report.figures import LINES, house_style, logarithmic
from accelsim.report.quantities import shared_exponent
from accelsim.report.roofline_figure import MARKERS
from accelsim.report.sweep_export import COMPULSORY, IDENTITY
from accelsim.report.sweep_points import Points, choice
from accelsim.specs.fields import one_of, suggestion
from accelsim.units import SIZE, split_unit

MOST_TICKS = 12


@dataclass(frozen=True)
class Slope:
    """The words that one workload moves on one machine, by the size of a buffer.

    Attributes
    ----------
    points : tuple of (size as it is written, what that is worth, words moved)
        By growing size; of points of equal size, the fewest words.
    floor : int or None
        Words that the level cannot but move: every word of every tensor once.  None for an inner
        level, and where points do not say or differ.
    """

    label: str
    points: tuple[tuple[str, float, int], ...]
    floor: int | None


def slopes_of(points: Points, path: str, level: str = "") -> tuple[Slope, ...]:
    """Return a slope for each workload, machine and dataflow.

    Parameters
    ----------
    path : of the size
    level : whose words; those of the outermost memory if left out

    Raises
    ------
    UsageError
        If the path is not varied or is no size, or there is no such level.
    """
    sizes = points.values(path)
    if not all(map(_is_size, sizes)):
        other = next(value for value in sizes if not _is_size(value))
        text = f"'{path}' is not the size of a buffer: {other}"
        raise UsageError(Problem(text, expected=SIZE.accepted))
    if len({split_unit(value)[1] == "words" for value in sizes}) > 1:
        text = f"'{path}' is stated in words here and in bytes there"
        raise UsageError(Problem(text, expected="one of both"))
    known = list(dict.fromkeys(name for row in points.done for name in _words(row)))
    if level and level not in known:
        text = f"no point has a level '{level}'"
        raise UsageError(Problem(text, expected=one_of(known), hint=suggestion(level, known)))
    apart = [name for name in IDENTITY if name in points.names]
    groups = dict[tuple[str, ...], list[Row]]()
    for row in points.done:
        if choice(row, path) is not None and (not level or level in _words(row)):
            groups.setdefault(tuple(row.identity[name] for name in apart), []).append(row)
    slopes = []
    for names, rows in sorted(groups.items()):
        fewest = dict[str, int]()
        for row in rows:
            words = _words(row)[level or _outermost(row)]
            size = choice(row, path) or ""
            fewest[size] = min(words, fewest.get(size, words))
        floors = {row.figures.get(COMPULSORY) for row in rows}
        inner = any(level not in ("", _outermost(row)) for row in rows)
        slopes.append(
            Slope(
                ", ".join(name or "unconstrained" for name in names),
                tuple((size, _worth(size), fewest[size]) for size in sizes if size in fewest),
                None if inner or len(floors) > 1 else floors.pop(),
            )
        )
    return tuple(slopes)


def slope_figure(points: Points, along: Sequence[str] = (), level: str = "") -> Figure:
    """Draw the words that a level moves over the size of a buffer, both logarithmic.

    The dashed line is the floor: every word of every tensor moved once.

    Parameters
    ----------
    along : the path of the size; if left out, the only one that varies

    Raises
    ------
    UsageError
        If it is not one size that varies, or there is no such level.
    """
    if not along:
        along = [name for name in points.varied if all(map(_is_size, points.values(name)))]
    if len(along) != 1:
        found = ", ".join(along) or "none"
        what = Problem(
            f"a slope is drawn over the size of one buffer; there is {found}",
            expected="--along PATH, of a size that the sweep varies",
        )
        raise UsageError(what)
    (path,) = along
    slopes = slopes_of(points, path, level)
    if not slopes:
        raise UsageError(Problem(f"nothing to draw: no point that is done sets '{path}'"))
    exponent = shared_exponent(words for slope in slopes for *_, words in slope.points)
    with house_style():
        figure = Figure(figsize=(6.0, 3.4), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.subplots()
        handles = []
        for number, slope in enumerate(slopes):
            colour = LINES[number % len(LINES)]
            marker = MARKERS[number % len(MARKERS)]
            size = max(
                3.0, 6.5 - 1.5 * number
            )  # what stands at one place is seen one inside the other
            xs = [worth for _, worth, _ in slope.points]
            ys = [words / 10**exponent for *_, words in slope.points]
            handles += ax.plot(
                xs,
                ys,
                color=colour,
                marker=marker,
                markersize=size,
                linewidth=size / 4,
                label=slope.label or "moved",
            )
            if slope.floor is not None:
                ax.axhline(slope.floor / 10**exponent, color=colour, linestyle="--", linewidth=0.8)
        if any(slope.floor is not None for slope in slopes):
            label = "each word of each tensor once"
            handles.append(Line2D([], [], color="black", linestyle="--", lw=0.8, label=label))
        ax.set_xscale("log", base=2)
        logarithmic(ax, "y")
        _ticks(ax, slopes)
        ax.set_xlabel(path)
        scale = f" (10^{exponent})" if exponent else ""
        ax.set_ylabel(f"words that {level or _outermost(points.done[0])} moves{scale}")
        ax.set_title(points.title, fontsize=9)
        ax.margins(y=0.1)
        ax.grid(axis="y", linewidth=0.3, color="#CCCCCC")
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            frameon=False,
            fontsize=7,
        )
    return figure


def _ticks(ax: Axes, slopes: Sequence[Slope]) -> None:
    """Write sizes as the sweep does; of many, some."""
    written = {worth: size for slope in slopes for size, worth, _ in slope.points}
    worths = sorted(written)
    shown = worths[:: ceil(len(worths) / MOST_TICKS)]
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(shown, [written[worth] for worth in shown], rotation=35, ha="right")


def _words(row: Row) -> Mapping[str, int]:
    words: Mapping[str, int] = row.figures["words_by_level"]
    return words


def _outermost(row: Row) -> str:
    return next(iter(_words(row)))


def _is_size(value: str) -> bool:
    return split_unit(value)[1] in SIZE.units and _worth(value) > 0


def _worth(size: str) -> float:
    return float(quantity(size) or 0)
