"""The page of plots of a validation: ours over theirs, logarithmic, with the line of equals."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from accelsim.report.figures import LOOKS, house_style
from accelsim.validation.records import StudyResult, Validation, Verdict

MARKS: dict[Verdict, tuple[str, str]] = {
    "holds": ("o", LOOKS[0][0]),
    "shown": ("x", LOOKS[5][0]),
    "fails": ("^", LOOKS[1][0]),
}
"""Verdict -> marker and colour."""

WIDTH, HEIGHT = 3.6, 3.7
"""Of one panel, in inches."""


def validation_figure(validation: Validation) -> Figure:
    """Draw a panel for each study that has a case with two positive numbers."""
    drawn = [study for study in validation.studies if _points(study)]
    with house_style():
        figure = Figure(figsize=(WIDTH * max(1, len(drawn)), HEIGHT), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, max(1, len(drawn)), squeeze=False)[0]
        for ax, study in zip(axes, drawn, strict=False):
            _panel(ax, study)
    return figure


def _points(study: StudyResult) -> list[tuple[Verdict, float, float]]:
    """Return verdict, published and ours of what a logarithmic axis can show."""
    found: list[tuple[Verdict, float, float]] = []
    for case in study.cases:
        if case.points:
            found += [("holds", published, ours) for published, ours in case.points]
        elif case.ours and case.published and case.ours > 0 and case.published > 0:
            found.append((case.verdict, case.published, case.ours))
    return found


def _panel(ax: Axes, study: StudyResult) -> None:
    points = _points(study)
    for verdict, (marker, colour) in MARKS.items():
        chosen = [(theirs, ours) for its, theirs, ours in points if its == verdict]
        if chosen:
            x, y = zip(*chosen, strict=True)
            label = f"{verdict} ({len(chosen)})"
            ax.plot(x, y, marker, color=colour, markersize=4, linestyle="none", label=label)
    numbers = [number for _, *pair in points for number in pair]
    ends = (min(numbers) / 1.5, max(numbers) * 1.5)
    ax.plot(ends, ends, color="black", linewidth=0.7, label="equal", zorder=0)
    ax.set(xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal")
    ax.set_title(study.name, fontsize=9)
    ax.set_xlabel("published (units of each case)")
    ax.set_ylabel("accelsim")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=7, frameon=False)
