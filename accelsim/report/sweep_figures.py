"""The figures of a sweep by their kind, with what each may be asked for."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure

from accelsim.errors import Problem, UsageError
from accelsim.report.heatmap_figure import heatmap_figure
from accelsim.report.quantities import plural
from accelsim.report.sensitivity_figure import sensitivity_figure
from accelsim.report.slope_figure import slope_figure
from accelsim.report.stack_figure import stack_figure
from accelsim.report.sweep_front_figure import FIGURES, sweep_front_figure
from accelsim.report.sweep_points import Points

FRONT, SENSITIVITY, HEATMAP, SLOPE, STACK = KINDS = (
    "front",
    "sensitivity",
    "heatmap",
    "slope",
    "stack",
)


@dataclass(frozen=True)
class Asked:
    """What a figure of a sweep shows.

    Parameters
    ----------
    figures : of points, as ``sweep show --by`` names them: two for a front (up and across; energy
        and cycles if left out), one for others (energy if left out), none for a slope
    along : the parameters: two for a heat map, the size of a buffer for a slope, one or none for a
        stack, any for a sensitivity, none for a front
    level : whose words a slope shows; the outermost memory's if left out
    """

    figures: tuple[str, ...] = ()
    along: tuple[str, ...] = ()
    level: str = ""


def sweep_figure(points: Points, kind: str, asked: Asked = Asked()) -> Figure:
    """Draw points of a sweep.

    Raises
    ------
    UsageError
        If there is no such kind, or the points do not have what is asked for.
    """
    if kind not in KINDS:
        expected = "one of " + ", ".join(KINDS)
        raise UsageError(Problem(f"unknown kind '{kind}' of a sweep", expected=expected))
    if asked.level and kind != SLOPE:
        raise UsageError(Problem(f"a {kind} has no level", hint=f"'level' is for {SLOPE}"))
    if asked.along and kind == FRONT:
        text = "a front is drawn over all parameters"
        raise UsageError(Problem(text, hint="'along' is for the other figures of a sweep"))
    if asked.figures and kind == SLOPE:
        raise UsageError(Problem("a slope shows words", expected="no figure, but a level"))
    if kind == FRONT:
        return sweep_front_figure(points, asked.figures or FIGURES)
    if len(asked.figures) > 1:
        text = f"a {kind} of {plural(len(asked.figures), 'figure')}"
        raise UsageError(Problem(text, expected="one"))
    figure = asked.figures[0] if asked.figures else ""
    if kind == SLOPE:
        return slope_figure(points, asked.along, asked.level)
    if kind == STACK:
        return stack_figure(points, figure, asked.along)
    draw = sensitivity_figure if kind == SENSITIVITY else heatmap_figure
    return draw(points, figure or "energy", asked.along)
