"""Where the values of a figure stand, so that a page can show each under the pointer.

Read off the figure itself: bars, marked lines, scattered points and cells of heat maps.  A figure
needs to do nothing for it; what it knows besides, as the name of each point, is given by the label
of the series.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from accelsim.report.quantities import digits, whole

SIGNIFICANT = 4

MOST_WHOLE = 1e15

COLOUR_BAR = "<colorbar>"
"""How matplotlib labels the axes of a scale of colours."""

Place = Sequence[float] | np.ndarray

Names = Mapping[str, Sequence[str]]
"""Label of a series -> what each of its points is called, in lines; ``()`` leaves it out."""


@dataclass(frozen=True, slots=True)
class Target:
    """A rectangle of a figure, or a point (without width), and what is said there.

    In the units of the figure's SVG, from its upper left corner.
    """

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class Side:
    """What an axis says: its label, and the names of places, where they are not numbers."""

    label: str
    named: Mapping[float, str]

    def at(self, place: float) -> str:
        """Return what is said of a place: its name, if it has one."""
        name = self.named.get(_near(place))
        return self.said(_number(place)) if name is None else self.said(name)

    def said(self, value: str) -> str:
        return f"{self.label}: {value}" if self.label else value


def targets(figure: Figure, names: Names) -> Iterator[Target]:
    """Yield what can be pointed at in a figure that has been drawn, in the order of its artists.

    Raises
    ------
    ValueError
        If a series has other than as many names as points.
    """
    for ax in figure.axes:
        if ax.get_label() == COLOUR_BAR:
            continue
        yield from _bars(ax)
        yield from _points(ax, names)
        yield from _cells(ax)


def _bars(ax: Axes) -> Iterator[Target]:
    sides = _side(ax.xaxis), _side(ax.yaxis)
    for container in ax.containers:
        if not isinstance(container, BarContainer):
            continue
        lying = container.orientation == "horizontal"
        across, along = sides if lying else sides[::-1]
        for patch in container.patches:
            left, low = patch.get_x(), patch.get_y()
            width, height = patch.get_width(), patch.get_height()
            length = width if lying else height
            if not length or not np.isfinite(length):
                continue
            name = along.named.get(_near(low + height / 2 if lying else left + width / 2), "")
            head = ", ".join(filter(None, (name, _label(container))))
            text = _lines(head, across.said(_number(length)))
            yield _box(ax, (left, low), (left + width, low + height), text)


def _points(ax: Axes, names: Names) -> Iterator[Target]:
    series: list[tuple[Line2D | PathCollection, np.ndarray]] = [
        (line, np.column_stack([np.ravel(its) for its in line.get_data(orig=False)]))
        for line in ax.lines
        if line.get_marker() not in (None, "None", "", " ")
    ]
    for its in ax.collections:
        if isinstance(its, PathCollection):
            series.append((its, np.asarray(its.get_offsets(), dtype=float)))
    across, up = _side(ax.xaxis), _side(ax.yaxis)
    for artist, points in series:
        called = names.get(str(artist.get_label()))
        if called == ():
            continue
        if called is not None and len(called) != len(points):
            raise ValueError(f"{len(points)} points and {len(called)} names")
        for number, (x, y) in enumerate(points):
            where = _place(ax, (x, y))
            if np.isfinite(where).all():
                head = _label(artist) if called is None else called[number]
                yield Target(
                    float(where[0]), float(where[1]), 0.0, 0.0, _lines(head, across.at(x), up.at(y))
                )


def _cells(ax: Axes) -> Iterator[Target]:
    across, up = _side(ax.xaxis), _side(ax.yaxis)
    for values, corners in _grids(ax):
        for row, column in np.argwhere(np.isfinite(values)).tolist():
            low, high = corners[row, column], corners[row + 1, column + 1]
            x, y = (low + high) / 2
            text = _lines(across.at(x), up.at(y), _number(float(values[row, column])))
            yield _box(ax, low, high, text)


def _grids(ax: Axes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield values[row, column], NaN where there is none, and corners[row, column, (x, y)]."""
    for mesh in ax.collections:
        if isinstance(mesh, QuadMesh):
            corners = np.asarray(mesh.get_coordinates())
            rows, columns = corners.shape[0] - 1, corners.shape[1] - 1
            yield _values(mesh.get_array()).reshape(rows, columns), corners
    for image in ax.images:
        values = _values(image.get_array())
        if values.ndim == 2:
            left, right, low, high = image.get_extent()
            if image.origin == "upper":
                low, high = high, low
            xs = np.linspace(left, right, values.shape[1] + 1)
            ys = np.linspace(low, high, values.shape[0] + 1)
            yield values, np.stack(np.meshgrid(xs, ys), axis=-1)


def _values(found: object) -> np.ndarray:
    return np.ma.filled(np.ma.asarray(found, dtype=float), np.nan)


def _box(ax: Axes, low: Place, high: Place, text: str) -> Target:
    (x0, y0), (x1, y1) = _place(ax, low).tolist(), _place(ax, high).tolist()
    return Target(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0), text)


def _place(ax: Axes, point: Place) -> np.ndarray:
    """Return where a point stands in the SVG."""
    x, y = ax.transData.transform(point)
    figure = ax.get_figure(root=True)
    assert figure is not None
    return np.array([x, figure.bbox.height - y])


def _side(axis: Axis) -> Side:
    labels = [" ".join(text.get_text().split()) for text in axis.get_ticklabels()]
    named = {
        _near(place): label
        for place, label in zip(axis.get_ticklocs(), labels, strict=False)
        if label and not _is_number(label)
    }
    return Side(" ".join(axis.get_label_text().split()), named)


def _near(place: float) -> float:
    return round(float(place), 6)


def _is_number(text: str) -> bool:
    """Tell whether a label of a tick is a number, or mathematics that stands for one."""
    return "$" in text or text.replace("−", "").replace(".", "").isdecimal()


def _number(value: float) -> str:
    if float(value).is_integer() and abs(value) < MOST_WHOLE:
        return whole(value)
    return digits(float(value), SIGNIFICANT)


def _label(artist: Artist | BarContainer) -> str:
    """Return the label of a series; empty for those that matplotlib names."""
    label = str(artist.get_label())
    return "" if label.startswith("_") else label


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))
